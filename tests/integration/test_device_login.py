# SPDX-License-Identifier: MIT
"""bfabric auth device-code: a person, a server, and what is written in the end."""
import re
import signal

import harness
from terminal import Terminal


class Case(harness.TestCase):
    settings = {"interval": 1, "auto_approve": 0}

    def setUp(self):
        self.server = self.enterContext(harness.Sandbox(**self.settings))
        self.home = self.enterContext(harness.Home())

    def login(self, *arguments, **more):
        return self.home.run("bfabric", "auth", "device-code", *arguments, **more)

    def failed(self, result, status, *said):
        self.assertExit(result, status)
        self.assertEqual(result.out, "")
        last = result.err.splitlines()[-1]
        self.assertTrue(last.startswith("bfabric: "), repr(result))
        for text in said:
            self.assertIn(text, last)

    def untouched(self):
        """Nothing was written; a lock file may be left."""
        self.assertFalse(self.home.config_file.exists())
        left = [name for name in self.home.files() if not name.endswith(".lock")]
        self.assertEqual(left, [])


class Login(Case):
    def test_first_login(self):
        result = self.login(self.server.base_url, "--scope", "api:read", "--env", "LAB")
        self.assertExit(result, 0)
        self.assertEqual(result.out, "")
        self.assertRegex(result.err, rf"(?m)^{re.escape(self.server.base_url)}/device$")
        self.assertRegex(result.err, r"(?m)^and enter this code: \S+$")
        self.assertRegex(result.err, r"(?m)^logged in as scientist$")
        self.assertNotIn("\x1b", result.err)
        text = self.home.config_file.read_text()
        self.assertIn("default_config: LAB", text)
        self.assertEqual(self.home.config_file.stat().st_mode & 0o777, 0o600)
        for name in self.home.tokens.iterdir():
            self.assertEqual(name.stat().st_mode & 0o777, 0o600, name)
        got = self.home.run("bfabric", "token", env=self.home.env(BFABRIC_LIBEXEC="/nonexistent"))
        self.assertExit(got, 0)
        self.assertNotIn(got.out.strip(), result.err)
        self.assertEqual(self.server.state()["families"][0]["refresh_revoked"], False)

    def test_name_from_the_host_and_scope_presets(self):
        for preset, scope in (("read-only", "api:read"), ("read-write", "api:write"),
                              ("upload", "api:write tus")):
            with harness.Home() as home:
                result = home.run("bfabric", "auth", "device-code", self.server.base_url, "--scope",
                                  preset)
                self.assertExit(result, 0)
                found = home.run("bfabric", "auth", "status", "--json").json()
                self.assertEqual(found["environment"], f"127-0-0-1-{self.server.port}")
                self.assertEqual(found["scope_requested"], scope)

    def test_again_without_arguments(self):
        self.login(self.server.base_url, "--scope", "read-write", "--env", "LAB")
        config = self.home.config_file.read_bytes()
        before = self.home.run("bfabric", "token").out
        self.assertExit(self.login(), 0)
        self.assertEqual(self.home.config_file.read_bytes(), config)
        self.assertNotEqual(self.home.run("bfabric", "token").out, before)
        found = self.home.run("bfabric", "auth", "status", "--json").json()
        self.assertEqual((found["environment"], found["scope_requested"], found["scope_granted"]),
                         ("LAB", "api:write", "api:write"))
        self.assertExit(self.login(self.server.base_url + "/"), 0)  # the same server, spelt otherwise
        self.assertExit(self.login("--env", "LAB"), 0)
        self.assertEqual(self.home.config_file.read_bytes(), config)

    def test_second_environment_and_the_default(self):
        self.login(self.server.base_url, "--scope", "read-only", "--env", "A")
        with open(self.home.config_file, "a") as file:
            file.write("# a comment of mine\n")
        for name, option, default in (("B", None, "A"), ("C", "--no-set-default", "A"),
                                      ("D", "--set-default", "D")):
            self.assertExit(self.login(self.server.base_url, "--scope", "read-only", "--env", name,
                                       *([option] if option else [])), 0)
            self.assertRegex(self.home.config_file.read_text(),
                             rf'(?m)^  default_config: "?{default}"?$')
        self.assertIn("# a comment of mine\n", self.home.config_file.read_text())
        self.assertExit(self.home.run("bfabric", "token", "--env", "B"), 0)

    def test_other_file(self):
        other = self.home.home / "other.yml"
        self.assertExit(self.login(self.server.base_url, "--scope", "read-only", "-f", other), 0)
        self.assertFalse(self.home.config_file.exists())
        self.assertExit(self.home.run("bfabric", "token", "-f", other), 0)

    def test_site_file(self):
        site = self.home.write("site.yml", f"GENERAL:\n  default_config: LAB\nLAB:\n  base_url: "
                               f"{self.server.base_url}\n  client_id: CLI\n  scope: api:write\n"
                               "  auth_method: oauth\n", 0o644)
        if site.stat().st_uid != 0:
            self.skipTest("a site file belongs to root")
        env = self.home.env(BFABRIC_SITE_CONFIG=site)
        self.assertExit(self.login(env=env), 0)
        self.assertIn("LAB:", self.home.config_file.read_text())
        self.assertExit(self.home.run("bfabric", "token"), 0)

    def test_site_settings_are_not_hidden_by_a_login(self):
        site = self.home.write("site.yml", f"LAB:\n  base_url: {self.server.base_url}\n"
                               "  client_id: CLI\n  scope: api:write\n  auth_method: oauth\n"
                               "  libbfabric:\n    hosts: [files.lab.org]\n", 0o644)
        if site.stat().st_uid != 0:
            self.skipTest("a site file belongs to root")
        env = self.home.env(BFABRIC_SITE_CONFIG=site)
        result = self.login(env=env)
        self.assertExit(result, 0)
        self.assertIn("files.lab.org", self.home.config_file.read_text())
        got = self.home.run("git-credential-bfabric", "get", env=env,
                            input="protocol=https\nhost=files.lab.org\n\n")
        self.assertIn("password=", got.out)

    def test_another_scope_is_written_into_the_environment(self):
        self.home.write_config(text=f"# mine\nGENERAL: {{default_config: LAB}}\nLAB: # ours\n"
                               f"  base_url: {self.server.base_url}\n  client_id: CLI\n"
                               "  scope: api:read # for now\n  auth_method: oauth\n")
        before = self.home.config_file.read_text()
        self.assertExit(self.login("--scope", "read-write"), 0)
        self.assertEqual(self.home.config_file.read_text(),
                         before.replace("scope: api:read", "scope: api:write"))

    def test_two_spellings_of_options(self):
        result = self.login("--client-id=CLI", "--scope=api:read", "--config-env=X", "--timeout", "30",
                            "--", self.server.base_url)
        self.assertExit(result, 0)
        self.assertExit(self.home.run("bfabric", "token", "--env", "X"), 0)


class Narrowed(Case):
    settings = {**Case.settings, "narrow_scope": True}

    def test_what_was_not_granted_is_said(self):
        result = self.login(self.server.base_url, "--scope", "api:write api:read")
        self.assertExit(result, 0)
        self.assertRegex(result.err, r"(?m)^Not granted: api:write \(granted: api:read\)$")


class Refusals(Case):
    settings = {"interval": 1}

    def test_usage(self):
        self.failed(self.login(), 2, "fgcz-prod")
        self.failed(self.login(self.server.base_url), 2, "--scope")
        self.failed(self.login(self.server.base_url, "--scope", "a  b"), 2, "scope")
        self.failed(self.login("--env", "LAB"), 2, "LAB", "URL")
        self.failed(self.login("b.lab.org", "--scope", "read-only"), 2, "b.lab.org")
        self.failed(self.login("http://b.lab.org/bfabric", "--scope", "read-only"), 2, "b.lab.org")
        self.failed(self.login("https://u@b.lab.org/", "--scope", "read-only"), 2)
        self.failed(self.login(self.server.base_url, "x"), 2, "\"x\"")
        self.assertEqual(self.server.log("device_authorization"), [])
        self.untouched()

    def test_override(self):
        env = self.home.env(BFABRICPY_CONFIG_OVERRIDE="{}")
        self.failed(self.login(self.server.base_url, "--scope", "read-only", env=env), 8,
                    "BFABRICPY_CONFIG_OVERRIDE")
        self.untouched()

    def test_name_that_belongs_to_another_server(self):
        self.home.write_config("https://other.org/bfabric")
        before = self.home.config_file.read_bytes()
        result = self.login(self.server.base_url, "--env", "SANDBOX", "--scope", "read-only")
        self.failed(result, 8, "https://other.org/bfabric", self.server.base_url)
        self.assertEqual(self.home.config_file.read_bytes(), before)
        self.assertEqual(self.server.log("device_authorization"), [])

    def test_what_cannot_be_written_is_found_before_the_login(self):
        self.home.write_config(text="A: [\n")
        self.failed(self.login(self.server.base_url, "--scope", "read-only"), 1, ".bfabricpy.yml")
        self.home.write_config(text=f"SANDBOX: &s\n  base_url: {self.server.base_url}\n"
                               "OTHER:\n  <<: *s\nGENERAL: {default_config: SANDBOX}\n")
        self.failed(self.login("--scope", "read-write"), 1, "write by hand: in SANDBOX: auth_method")
        self.assertEqual(self.server.log("device_authorization"), [])

    def test_denied(self):
        process = self.home.start("bfabric", "auth", "device-code", self.server.base_url,
                                  "--scope=api:read")
        harness.wait_for(lambda: self.server.log("device_authorization"))
        self.server.control("deny")
        self.failed(harness.finish(process), 4)
        self.untouched()

    def test_expired(self):
        process = self.home.start("bfabric", "auth", "device-code", self.server.base_url,
                                  "--scope=api:read")
        harness.wait_for(lambda: self.server.log("device_authorization"))
        self.server.control("expire")
        self.failed(harness.finish(process), 5)
        self.untouched()

    def test_timeout(self):
        self.failed(self.login(self.server.base_url, "--scope=api:read", "--timeout=2"), 5)
        self.untouched()

    def test_unreachable(self):
        self.server.stop()
        self.failed(self.login(self.server.base_url, "--scope=api:read"), 5, "127.0.0.1")
        self.untouched()

    def test_interrupted(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            before = len(self.server.log("token"))
            process = self.home.start("bfabric", "auth", "device-code", self.server.base_url,
                                      "--scope=api:read")
            harness.wait_for(lambda: len(self.server.log("token")) > before)  # it waits, and polls
            process.send_signal(number)
            self.failed(harness.finish(process), 130, "cancelled")
            self.untouched()
            self.server.control("expire")


class OnATerminal(Case):
    settings = {"interval": 1}

    def terminal(self, *arguments, env=None, **size):
        command = self.home.command("bfabric", "auth", "device-code", *arguments)
        return self.enterContext(Terminal(command, env or self.home.env(), cwd=self.home.home, **size))

    def approve(self, terminal):
        code = terminal.expect(r"enter this code: (\S+)\s").group(1)
        self.assertEqual(self.server.control("approve", user_code=code), {"approved": 1})

    def test_a_login(self):
        terminal = self.terminal(self.server.base_url)
        terminal.expect(r"(?s)What may this login do\?.*\[read-only\]: ")
        terminal.type("read-write\n")
        self.approve(terminal)
        self.assertEqual(terminal.status(), 0)
        terminal.expect("\nlogged in as scientist\n|\rlogged in as scientist\n")
        self.assertIn("scope: api:write", self.home.config_file.read_text())

    def test_the_default_scope(self):
        terminal = self.terminal(self.server.base_url)
        terminal.expect(r"\[read-only\]: ")
        terminal.type("\n")
        self.approve(terminal)
        self.assertEqual(terminal.status(), 0)
        self.assertIn("scope: api:read", self.home.config_file.read_text())

    def test_qr_code_and_time(self):
        terminal = self.terminal(self.server.base_url, "--scope=api:read")
        self.approve(terminal)
        terminal.expect(r"Waiting, +9:5\d left")
        self.assertEqual(terminal.status(), 0)
        rows = [line for line in terminal.text.splitlines() if re.search("[▀▄█]", line)]
        self.assertGreater(len(rows), 12)
        self.assertLessEqual(max(map(len, rows)), 80)
        self.assertIn(b"\x1b[38;5;16;48;5;231m", terminal.raw)
        # The line is taken away before the result.
        self.assertRegex(terminal.raw.decode(), r"left \(Ctrl-C ends\)\x1b\[K\r\x1b\[Klogged in")

    def test_narrow(self):
        terminal = self.terminal(self.server.base_url, "--scope=api:read", columns=40)
        self.approve(terminal)
        self.assertEqual(terminal.status(), 0)
        lines = re.split("[\r\n]+", terminal.text)
        self.assertIn(f"{self.server.base_url}/device", lines)
        others = [line for line in lines if "http" not in line]
        self.assertLessEqual(max(map(len, others)), 40)

    def test_without_room_or_utf8_or_colours(self):
        for columns, rows, env in ((30, 40, {}), (80, 15, {}), (80, 40, {"LANG": "C"}),
                                   (80, 40, {"LC_ALL": "C"}), (80, 40, {"TERM": "dumb"})):
            terminal = self.terminal(self.server.base_url, "--scope=api:read", "--env=X",
                                     columns=columns, rows=rows, env=self.home.env(**env))
            self.approve(terminal)
            self.assertEqual(terminal.status(), 0)
            self.assertNotRegex(terminal.text, "[▀▄█]")
            if "TERM" in env:
                self.assertNotIn(b"\x1b", terminal.raw)

    def test_ctrl_c(self):
        terminal = self.terminal(self.server.base_url, "--scope=api:read")
        terminal.expect("left ")
        terminal.type("\x03")
        self.assertEqual(terminal.status(), 130)
        self.assertTrue(terminal.raw.endswith(b"\r\x1b[Kbfabric: the login was cancelled\r\n"),
                        terminal.raw[-80:])
        self.untouched()

    def test_end_of_input_at_the_question(self):
        terminal = self.terminal(self.server.base_url)
        terminal.expect(r"\[read-only\]: ")
        terminal.type("\x04")
        self.assertEqual(terminal.status(), 130)
        self.untouched()

    def test_ctrl_c_at_the_question(self):
        terminal = self.terminal(self.server.base_url)
        terminal.expect(r"\[read-only\]: ")
        terminal.type("\x03")
        self.assertEqual(terminal.status(), 130)
        self.untouched()

    def test_another_subject_needs_a_yes(self):
        self.home.login(self.server)
        self.home.run("bfabric", "token", "--force-refresh")  # the record knows who it is
        self.server.control("set", user="somebody")
        for answer, status, subject in (("n", 8, "scientist"), ("y", 0, "somebody")):
            terminal = self.terminal()
            self.approve(terminal)
            terminal.expect(r"logged in as scientist\.\s+Replace that by somebody\? \[y/N\] ")
            terminal.type(answer + "\n")
            self.assertEqual(terminal.status(), status)
            found = self.home.run("bfabric", "auth", "status", "--json").json()
            self.assertEqual(found["subject"], subject)

    def test_hostile_texts_are_cleaned(self):
        self.server.control("fault", endpoint="device_authorization", kind="control-chars")
        terminal = self.terminal(self.server.base_url, "--scope=api:read")
        self.assertNotEqual(terminal.status(), 0)
        self.assertNotIn(b"\x1b", terminal.raw)


if __name__ == "__main__":
    harness.main()
