# SPDX-License-Identifier: MIT
"""Managing environments and logins: list, activate, logout, remove, pat, service-account."""
import json
import os
import re
import signal
import socket
import termios
import time

import bfabricpy
import harness
from sandbox_client import SERVICE, service_sandbox
from terminal import Terminal

CANARY = "canary-personal-token-4711"


class Verbs(harness.TestCase):
    def setUp(self):
        self.home = self.enterContext(harness.Home())

    def sandbox(self, **settings):
        return self.enterContext(harness.Sandbox(**settings))

    def auth(self, *arguments, status=0, **more):
        result = self.home.run("bfabric", "auth", *arguments, **more)
        self.assertExit(result, status)
        self.assertNotIn(CANARY, result.out + result.err)
        return result

    def terminal(self, *arguments, columns=80, **env):
        return Terminal(self.home.command("bfabric", "auth", *arguments), self.home.env(**env),
                        columns=columns, cwd=self.home.home)

    def config(self):
        return self.home.config_file.read_text()

    def two(self, server):
        """SANDBOX, logged in and the default; OTHER, a personal access token."""
        reply = self.home.login(server)
        self.home.config_file.write_text(
            self.config() + "# a comment\nOTHER:\n  base_url: https://other.example.org/bfabric\n"
            f"  auth_method: pat\n  pat: {CANARY}\n")
        return reply

    def assertNothingLeft(self, server, reply):
        for name in self.home.files():
            text = (self.home.path / name).read_text(errors="replace")
            for token in (reply["access_token"], reply["refresh_token"]):
                self.assertNotIn(token, text, name)


class Logout(Verbs):
    def test_revokes_and_removes(self):
        server = self.sandbox()
        reply = self.home.login(server)
        result = self.auth("logout")
        self.assertEqual(result.out, "")
        self.assertIn("Logged out of SANDBOX", result.err)
        self.assertIn("Revoked at the server: refresh token, access token.", result.err)
        self.assertNotIn("warning", result.err)
        self.assertEqual([line["outcome"] for line in server.log("revoke")], ["revoked"] * 2)
        self.assertNothingLeft(server, reply)
        self.assertExit(self.home.run("bfabric", "token"), 3)
        self.assertIn("was not logged in", self.auth("logout").err)
        self.assertEqual(len(server.log("revoke")), 2)

    def test_what_servers_answer(self):
        for revoke, said in ((404, "does not offer revocation"), (501, "does not offer revocation"),
                             (503, "503")):
            with self.subTest(revoke=revoke), harness.Sandbox(revoke=revoke) as server:
                reply = self.home.login(server)
                result = self.auth("logout")
                words = " ".join(result.err.split())
                self.assertIn("warning: the tokens were not revoked and may be valid until ", words)
                self.assertIn(said, words)
                self.assertNothingLeft(server, reply)
                self.assertExit(self.home.run("bfabric", "token"), 3)

    def test_server_is_down(self):
        with harness.Sandbox() as server:
            reply = self.home.login(server)
        began = time.monotonic()
        result = self.auth("logout")
        self.assertLess(time.monotonic() - began, 20)
        self.assertIn("warning: the tokens were not revoked", " ".join(result.err.split()))
        self.assertNothingLeft(server, reply)

    def test_server_does_not_speak(self):
        """Ten seconds for the server, and Control-C before that changes nothing."""
        with socket.create_server(("127.0.0.1", 0)) as listener:
            url = f"http://127.0.0.1:{listener.getsockname()[1]}/bfabric"
            self.home.write_config(url)
            cache = self.home.write_cache(url, {"access_token": "AT", "refresh_token": "RT",
                                                "expires_in": 3600})
            with self.terminal("logout") as t:
                with listener.accept()[0] as connection:
                    connection.recv(1)  # the request came
                    t.type("\x03")
                    self.assertEqual(t.status(), 130)
            self.assertTrue(cache.exists())
            self.assertIn("warning", self.auth("logout").err)
            self.assertFalse(cache.exists())

    def test_all(self):
        server = self.sandbox()
        self.two(server)
        self.home.config_file.write_text(self.config() + "BROKEN:\n  base_url: nonsense\n")
        result = self.auth("logout", "--all", status=1)
        self.assertIn("Logged out of SANDBOX", result.err)
        self.assertIn("Logged out of OTHER", result.err)
        self.assertIn("1 of 3 environments could not be logged out", result.err)
        self.assertNotIn(CANARY, self.config())
        self.assertIn("auth_method: pat", self.config())
        self.assertIn("# a comment", self.config())

    def test_usage(self):
        server = self.sandbox()
        self.two(server)
        self.auth("logout", "OTHER", "--all", status=2)
        self.auth("logout", "OTHER", "--env", "SANDBOX", status=2)
        self.assertIn("did you mean SANDBOX?", self.auth("logout", "SANDBX", status=2).err)
        for verb in ("logout", "activate", "remove"):
            override = self.home.env(BFABRICPY_CONFIG_OVERRIDE="{}")
            self.auth(verb, "SANDBOX", status=8, env=override)
        self.assertExit(self.home.run("bfabric", "token"), 0)

    def test_while_another_process_refreshes(self):
        """Whoever comes first: afterwards nobody is logged in, and no token of it is valid."""
        server = self.sandbox()
        for _ in range(harness.scaled(20, 3)):
            self.home.login(server)
            others = [self.home.start("bfabric", "token", "--force-refresh") for _ in range(3)]
            self.auth("logout")
            for other in others:
                self.assertIn(harness.finish(other).status, (0, 3))
            self.assertExit(self.home.run("bfabric", "token"), 3)
            alive = [f for f in server.state()["families"] if not f["refresh_revoked"]]
            self.assertEqual(alive, [])

    @bfabricpy.needed
    def test_bfabricpy_beside(self):
        server = self.sandbox()
        self.home.login(server)
        self.assertExit(bfabricpy.run(self.home, bfabricpy.PRINT_TOKEN), 0)
        self.auth("logout")
        self.assertNotEqual(bfabricpy.run(self.home, bfabricpy.PRINT_TOKEN).status, 0)
        self.home.login(server)
        self.assertExit(self.home.run("bfabric", "token"), 0)
        cli = bfabricpy.PYTHON.parent / "bfabric-cli"
        self.assertExit(harness.run([cli, "auth", "logout"], bfabricpy.environment(self.home)), 0)
        self.assertExit(self.home.run("bfabric", "token"), 3)


class List(Verbs):
    def test_table(self):
        server = self.sandbox()
        self.two(server)
        lines = self.auth("list").out.splitlines()
        self.assertEqual(len(lines), 3)
        self.assertRegex(lines[1], rf"^\* SANDBOX +{server.base_url} +oauth +logged in +\d+ h")
        self.assertRegex(lines[2], r"^  OTHER +https://other.example.org/bfabric +pat +logged in$")
        self.assertIn("* OTHER", self.auth("list", env=self.home.env(BFABRICPY_CONFIG_ENV="OTHER")).out)
        self.assertIn("* OTHER", self.auth("list", "--env", "OTHER").out)

    def test_json(self):
        server = self.sandbox()
        reply = self.two(server)
        result = self.auth("list", "--json")
        report = json.loads(result.out)
        self.assertEqual((report["version"], report["active"], report["default"]),
                         (1, "SANDBOX", "SANDBOX"))
        self.assertEqual([(e["environment"], e["active"], e["usable"], e["token_state"])
                          for e in report["environments"]],
                         [("SANDBOX", True, True, "fresh"), ("OTHER", False, True, "static")])
        self.assertNotIn(reply["access_token"], result.out)

    def test_broken_and_empty(self):
        self.assertEqual(json.loads(self.auth("list", "--json").out)["environments"], [])
        result = self.auth("list")
        self.assertEqual(result.out, "")
        self.assertIn("bfabric login", result.err)
        self.home.write_config(text="BROKEN:\n  base_url: nonsense\n")
        result = self.auth("list")
        self.assertIn("not valid", result.out)
        self.assertIn("BROKEN", result.err)

    def test_status_of_one(self):
        server = self.sandbox()
        self.two(server)
        self.assertIn("OTHER (--env)", self.auth("status", "OTHER").out)
        self.assertEqual(json.loads(self.auth("status", "OTHER", "--json").out)["auth_method"], "pat")
        self.auth("status", "OTHER", "--env", "SANDBOX", status=2)
        self.auth("logout", "OTHER")
        self.assertIn("bfabric auth pat --env OTHER", self.auth("status", "OTHER", status=3).err)

    def test_narrow(self):
        server = self.sandbox()
        self.two(server)
        for columns in (40, 60):
            with self.terminal("list", columns=columns) as t:
                self.assertEqual(t.status(), 0)
                lines = t.text.splitlines()
            self.assertIn(server.base_url, lines)
            self.assertIn("https://other.example.org/bfabric", lines)
            self.assertLessEqual(max(map(len, lines)), columns)


class Activate(Verbs):
    def test_by_name(self):
        server = self.sandbox()
        self.two(server)
        self.auth("activate", "OTHER")
        self.assertIn("default_config: OTHER\n", self.config())
        self.assertIn("# a comment", self.config())
        result = self.auth("activate", "SANDBOX", env=self.home.env(BFABRICPY_CONFIG_ENV="OTHER"))
        self.assertIn("BFABRICPY_CONFIG_ENV names OTHER", result.err)
        self.auth("activate", "NONE", status=2)
        self.assertIn("SANDBOX, OTHER", self.auth("activate", status=2).err)

    def test_pick(self):
        server = self.sandbox()
        self.two(server)
        for answer in ("2", "OTHER"):
            self.auth("activate", "SANDBOX")
            with self.terminal("activate", columns=40) as t:
                t.expect(r"1\* SANDBOX")
                t.expect(r"number or name \[1\]: ")
                t.type("7\r")
                t.expect(r"One of 1 to 2, or a name \[1\]: ")
                t.type(answer + "\r")
                self.assertEqual(t.status(), 0)
                self.assertLessEqual(max(map(len, t.text.splitlines()[:2])), 40)
            self.assertIn("default_config: OTHER\n", self.config())

    def test_pick_is_left(self):
        server = self.sandbox()
        self.two(server)
        before = self.config()
        for keys in ("\x03", "\x04"):
            with self.terminal("activate") as t:
                t.expect(r"\[1\]: ")
                t.type(keys)
                self.assertEqual(t.status(), 130)
            self.assertEqual(self.config(), before)


class Remove(Verbs):
    def test_without_terminal(self):
        server = self.sandbox()
        reply = self.two(server)
        self.assertIn("--no-confirm", self.auth("remove", "SANDBOX", status=2).err)
        self.assertExit(self.home.run("bfabric", "token"), 0)
        result = self.auth("remove", "SANDBOX", "--no-confirm")
        self.assertIn("Revoked at the server", result.err)
        self.assertIn("No default environment is left", result.err)
        self.assertNotIn("SANDBOX", self.config())
        self.assertIn("# a comment", self.config())
        self.assertNothingLeft(server, reply)
        self.assertFalse(self.home.place(server.base_url, ".session").exists())

    def test_question(self):
        server = self.sandbox()
        self.two(server)
        with self.terminal("remove", "SANDBOX") as t:
            t.expect(r"and delete it, the default\? \[y/N\] ")
            t.type("\r")
            self.assertEqual(t.status(), 130)
        self.assertIn("SANDBOX:", self.config())
        with self.terminal("remove") as t:
            t.expect(r"Environment to remove, number or name \[1\]: ")
            t.type("2\r")
            t.expect(r"\[y/N\] ")
            t.type("y\r")
            self.assertEqual(t.status(), 0)
        self.assertNotIn("OTHER:", self.config())

    def test_one_that_is_not_valid(self):
        self.home.write_config(text="BROKEN:\n  base_url: nonsense\nFINE:\n"
                                    "  base_url: https://b.example.org/bfabric\n")
        self.auth("remove", "BROKEN", "--no-confirm")
        self.assertNotIn("BROKEN", self.config())


class Pat(Verbs):
    URL = "https://lab.example.org/bfabric"

    def test_from_file_and_stdin(self):
        self.auth("pat", self.URL, "--env", "LAB", "--pat-file", "-", input=f"  {CANARY}\n".encode())
        self.assertIn(CANARY, self.config())
        self.assertIn("default_config: LAB", self.config())
        self.assertEqual(self.home.config_file.stat().st_mode & 0o777, 0o600)
        self.assertEqual(self.home.run("bfabric", "token").out.strip(), CANARY)
        file = self.home.write("new", "another-token\r\n")
        self.auth("pat", "--pat-file", file)
        self.assertEqual(self.home.run("bfabric", "token").out.strip(), "another-token")

    def test_what_is_refused(self):
        for text, said in ((b"", "empty"), (b" \n", "empty"), (b"x" * 32, "32 characters"),
                           (b"two words", "one word"), (b"x" * 5000, "longer"),
                           (b"tok\x00en", "one word"), ("tökén".encode(), "one word")):
            result = self.auth("pat", self.URL, "--env", "LAB", "--pat-file", "-", input=text, status=2)
            self.assertIn(said, result.err)
        self.assertIn("--pat-file", self.auth("pat", self.URL, "--env", "LAB", status=2).err)
        self.auth("pat", self.URL, "--env", "LAB", "--pat-file", "missing", status=2)
        self.auth("pat", self.URL, "extra", status=2)
        self.auth("pat", status=2)
        self.assertFalse(self.home.config_file.exists())

    def test_typed_without_echo(self):
        with self.terminal("pat", self.URL, "--env", "LAB") as t:
            t.expect(r"not shown\): ")
            self.assertFalse(termios.tcgetattr(t.fd)[3] & termios.ECHO)
            t.type(CANARY + "\r")
            self.assertEqual(t.status(), 0)
            self.assertNotIn(CANARY, t.text)
        self.assertEqual(self.home.run("bfabric", "token").out.strip(), CANARY)

    def test_terminal_is_as_it_was(self):
        """Control-C, a signal, the end of input: echo is on again."""
        for keys, number in (("\x03", None), ("", signal.SIGTERM), ("\x04", None), ("", signal.SIGHUP)):
            shell = ["/bin/sh", "-c", 'trap : INT HUP; "$@"; echo "exit=$?"; stty -a', "sh",
                     *map(str, self.home.command("bfabric", "auth", "pat", self.URL, "--env", "LAB"))]
            with Terminal(shell, self.home.env(), cwd=self.home.home) as t:
                t.expect(r"not shown\): ")
                if keys:
                    t.type(keys)
                else:
                    group = os.tcgetpgrp(t.fd)
                    for pid in filter(str.isdigit, os.listdir("/proc")):
                        try:
                            name = open(f"/proc/{pid}/comm").read().strip()
                            if os.getpgid(int(pid)) == group and name == "bfabric-full":
                                os.kill(int(pid), number)
                        except OSError:
                            pass
                t.expect("exit=130")
                t.expect(r" echo\b")
                t.status()
        self.assertFalse(self.home.config_file.exists())

    def test_another_server_or_method(self):
        server = self.sandbox()
        self.two(server)
        before = self.config()
        for url in (server.base_url, self.URL):
            result = self.auth("pat", url, "--env", "SANDBOX", "--pat-file", "-", input=b"token",
                               status=8)
            self.assertIn("--env", result.err)
        self.assertEqual(self.config(), before)
        with self.terminal("pat", self.URL, "--env", "SANDBOX", "--pat-file", "/dev/null") as t:
            t.expect(r"with method pat\? \[y/N\] ")
            t.type("n\r")
            self.assertEqual(t.status(), 130)
        file = self.home.write("token", CANARY)
        with self.terminal("pat", self.URL, "--env", "SANDBOX", "--pat-file", str(file)) as t:
            t.expect(r"\[y/N\] ")
            t.type("y\r")
            self.assertEqual(t.status(), 0)
        self.assertEqual([line["outcome"] for line in server.log("revoke")], ["revoked"] * 2)
        self.assertEqual(self.home.run("bfabric", "token").out.strip(), CANARY)

    @bfabricpy.needed
    def test_bfabricpy_takes_it(self):
        self.auth("pat", self.URL, "--env", "LAB", "--pat-file", "-", input=CANARY.encode())
        got = bfabricpy.run(self.home, bfabricpy.PRINT_TOKEN)
        self.assertEqual(got.out.strip(), CANARY, repr(got))


class Service(Verbs):
    def setUp(self):
        super().setUp()
        self.server, self.secret = self.enterContext(service_sandbox())

    def service(self, *arguments, secret=None, **more):
        result = self.auth("service-account", *arguments, "--secret-file", "-",
                           input=(secret or self.secret).encode(), **more)
        self.assertNotIn(self.secret, result.out + result.err)
        return result

    def make(self, *arguments):
        return self.service(self.server.base_url, "--client-id", SERVICE, "--env", "CRON",
                            "--scope", "read-only", *arguments)

    def test_secret_in_a_file(self):
        self.assertIn("bfabricPy", self.make().err)
        file = self.home.home / ".bfabric" / "CRON.secret"
        self.assertEqual(file.stat().st_mode & 0o777, 0o600)
        self.assertNotIn(self.secret, self.config())
        self.assertIn("client_secret_file: ~/.bfabric/CRON.secret", self.config().replace('"', ""))
        self.assertExit(self.home.run("bfabric", "token"), 0)
        self.auth("logout")
        self.assertFalse(file.exists())
        self.assertExit(self.home.run("bfabric", "token"), 3)
        self.service()
        self.assertExit(self.home.run("bfabric", "token"), 0)
        self.auth("remove", "CRON", "--no-confirm")
        self.assertFalse(file.exists())
        self.assertNotIn("CRON", self.config())

    def test_somebody_elses_file_is_left(self):
        self.make()
        file = self.home.write("elsewhere", self.secret)
        self.home.config_file.write_text(
            re.sub(r"client_secret_file: .*", f"client_secret_file: {file}", self.config()))
        self.assertIn(str(file), "".join(self.auth("logout").err.split("\n")))
        self.assertTrue(file.exists())

    def test_nothing_is_written_for_a_wrong_secret(self):
        self.service(self.server.base_url, "--client-id", SERVICE, "--env", "CRON", secret="wrong",
                     status=4)
        self.assertFalse(self.home.config_file.exists())
        self.assertEqual(self.home.files(), [])

    def test_inline(self):
        self.make()
        self.service("--env", "CRON", "--inline")
        self.assertIn(self.secret, self.config())
        self.assertFalse((self.home.home / ".bfabric" / "CRON.secret").exists())
        self.auth("logout")
        self.assertNotIn(self.secret, self.config())

    def test_usage(self):
        self.assertIn("--client-id", self.service(self.server.base_url, "--env", "CRON",
                                                  status=2).err)
        self.assertIn("--secret-file", self.auth("service-account", self.server.base_url, "--env",
                                                 "CRON", "--client-id", SERVICE, status=2).err)

    @bfabricpy.needed
    def test_bfabricpy_takes_each_form(self):
        check = "print(token(Bfabric.connect()).count('.'))\n"
        self.make("--inline")
        self.assertEqual(bfabricpy.run(self.home, check).out.strip(), "2")
        cli = bfabricpy.PYTHON.parent / "bfabric-cli"
        for arguments in (("service-account", "--env", "CRON"), ("logout",)):
            if arguments[0] == "logout":
                self.auth(*arguments)
            else:
                self.service("--env", "CRON")
            listed = harness.run([cli, "auth", "list"], bfabricpy.environment(self.home))
            self.assertExit(listed, 0)
            self.assertIn("client_credentials", listed.out)


if __name__ == "__main__":
    harness.main()
