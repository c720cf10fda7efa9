# SPDX-License-Identifier: MIT
"""bfabric token, bfabric auth status, help and usage: every answer, every error, every exit code."""
import json
import os
import shutil
import time

import harness

FULL = harness.BUILD / "helper" / "bfabric-full"
FAR = 4102444800  # 2100
URL = "https://b.lab.org/bfabric"


class Case(harness.TestCase):
    def failed(self, result, status, *said):
        self.assertExit(result, status)
        self.assertEqual(result.out, "")
        self.assertEqual(result.err.count("\n"), 1, repr(result))
        self.assertTrue(result.err.startswith("bfabric: "), repr(result))
        for text in said:
            self.assertIn(text, result.err)


class Token(Case):
    def setUp(self):
        self.home = self.enterContext(harness.Home())

    def cached(self, token="tok", **more):
        self.home.write_config(URL)
        self.home.write_cache(URL, {"access_token": token, "expires_at": FAR, **more})

    def both(self, *arguments, **more):
        """By the front, which has no full program to run, and by the full program."""
        alone = self.home.env(BFABRIC_LIBEXEC=self.home.path / "nothing-here")
        front = self.home.run("bfabric", *arguments, env=alone, **more)
        full = self.home.run("bfabric", *arguments, executable=FULL, **more)
        self.assertEqual((front.status, front.out, front.err), (full.status, full.out, full.err))
        return front

    def test_forms(self):
        self.cached()
        for arguments, wanted in (
                ([], "tok\n"), (["--format", "plain"], "tok\n"),
                (["--format=header"], "Authorization: Bearer tok\n"),
                (["--format=env"], "export BFABRIC_TOKEN='tok'\n"),
                (["--format=env", "--shell=csh"], "setenv BFABRIC_TOKEN 'tok'\n"),
                (["--format=env", "--shell=fish"], "set -gx BFABRIC_TOKEN 'tok'\n"),
                (["--format=curl"], 'header = "Authorization: Bearer tok"\n')):
            result = self.both("token", *arguments)
            self.assertEqual((result.status, result.out, result.err), (0, wanted, ""))
        found = self.both("token", "--format", "json").json()
        self.assertEqual(found, {"version": 1, "access_token": "tok", "token_type": "Bearer",
                                 "expires_at": FAR, "environment": "SANDBOX", "base_url": URL})

    def test_shells_read_back_what_was_quoted(self):
        odd = "a'b\"c$HOME`id`\\!*?;|&<>(){}[]~#%^=+-_.,:@/"
        self.cached(odd)
        for shell, program in (("sh", "sh"), ("sh", "bash"), ("csh", "csh"), ("fish", "fish")):
            if not shutil.which(program):
                continue
            line = self.both("token", "--format=env", f"--shell={shell}").out
            got = self.home.run(program, "-c", line + 'printenv BFABRIC_TOKEN\n')
            self.assertEqual(got.out, odd + "\n", program)

    def test_a_token_that_could_end_a_line_is_not_printed(self):
        for bad in ("a\nb", "a b", "a\u001b[2J", "caf\u00e9"):
            self.cached(bad)
            for form in ("plain", "header", "env", "curl"):
                result = self.home.run("bfabric", "token", "--format", form)
                self.assertEqual(result.out, "")
                self.assertNotEqual(result.status, 0)
                self.assertNotIn(bad, result.err)

    def test_choosing_the_environment(self):
        self.home.write_config(URL, extra="B:\n  base_url: https://x.org/bfabric\n"
                               "  auth_method: oauth\n  client_id: CLI\n")
        self.home.write_cache(URL, {"access_token": "A", "expires_at": FAR})
        self.home.write_cache("https://x.org/bfabric", {"access_token": "B", "expires_at": FAR},
                              environment="B")
        self.assertEqual(self.both("token").out, "A\n")
        self.assertEqual(self.both("token", "--env", "B").out, "B\n")
        self.assertEqual(self.both("token", "--config-env=B").out, "B\n")
        env = self.home.env(BFABRICPY_CONFIG_ENV="B")
        self.assertEqual(self.home.run("bfabric", "token", env=env).out, "B\n")
        self.assertEqual(self.home.run("bfabric", "token", "--env=SANDBOX", env=env).out, "A\n")
        self.failed(self.home.run("bfabric", "token", "--env", "C"), 1, "C", "SANDBOX")

    def test_other_file(self):
        self.cached()
        other = self.home.config_file.rename(self.home.home / "other.yml")
        self.assertEqual(self.both("token", "-f", other).out, "tok\n")
        self.assertEqual(self.both("token", f"--config-file={other}").out, "tok\n")
        self.failed(self.home.run("bfabric", "token"), 3, "bfabric login")

    def test_personal_access_token(self):
        self.home.write_config(URL, auth_method="pat", pat="abc", client_id=None, scope=None)
        self.assertEqual(self.home.run("bfabric", "token").out, "abc\n")
        self.assertIsNone(self.home.run("bfabric", "token", "--format=json").json()["expires_at"])

    def test_password(self):
        self.home.write_config(URL, auth_method="password", login="me", password="p" * 32,
                               client_id=None, scope=None)
        result = self.home.run("bfabric", "token")
        self.failed(result, 1, "password")
        self.assertNotIn("pppp", result.err)

    def test_no_login(self):
        self.failed(self.home.run("bfabric", "token"), 3, "bfabric login")
        self.home.write_config(URL)
        self.failed(self.home.run("bfabric", "token"), 3, "bfabric login --env SANDBOX")

    def test_broken_files(self):
        self.home.write_config(text="A: [\n")
        self.failed(self.home.run("bfabric", "token"), 1, ".bfabricpy.yml")
        self.home.write_config(URL)
        self.home.write(self.home.place(URL), "{")
        result = self.home.run("bfabric", "token")
        self.assertEqual(result.out, "")
        self.assertIn(result.status, (1, 3))
        self.assertIn(str(self.home.place(URL)), result.err)

    def test_usage(self):
        for arguments, said in ((["--frob"], "--frob"), (["--formt", "x"], "mean --format"),
                                (["--format", "xml"], "plain|header"), (["--min-ttl"], "needs a value"),
                                (["--timeout", "0"], "1 to 3600"), (["x"], "\"x\"")):
            self.failed(self.home.run("bfabric", "token", *arguments), 2, said)

    def test_no_full_program(self):
        self.home.write_config(URL)
        env = self.home.env(BFABRIC_LIBEXEC=self.home.path / "nothing-here")
        self.failed(self.home.run("bfabric", "token", env=env), 1, "nothing-here/bfabric-full")

    def test_verbs_of_another_program(self):
        """Verbs for records: the full program explains them, and gets the other one to do them."""
        for words in (["api", "read", "--help"], ["help", "api", "read"], ["--help", "api", "read"],
                      ["api", "help", "read"]):
            texts = {self.home.run(program, *words).out for program in (FULL, "bfabric")}
            self.assertEqual(len(texts), 1, words)
            self.assertIn("usage: bfabric api read ", texts.pop())
        self.failed(self.home.run("bfabric", "api", "raed"), 2, "did you mean api read?")
        self.home.write_config(URL)
        self.home.write("lib/bfabric-api", "#!/bin/sh\necho \"$@\"\n", 0o700)
        env = self.home.env(BFABRIC_LIBEXEC=self.home.home / "lib")
        for program in (FULL, "bfabric"):
            result = self.home.run(program, "api", "read", "sample", "--limit", "7", env=env)
            self.assertEqual((result.status, result.out), (0, "api read sample --limit 7\n"))
        env = self.home.env(BFABRIC_LIBEXEC=self.home.path / "nothing-here")
        for program in (FULL, "bfabric"):
            self.failed(self.home.run(program, "api", "read", "sample", env=env), 1,
                        "nothing-here/bfabric-api: ", "installed completely?")

    def test_stdout_that_takes_nothing(self):
        self.cached()
        for program in ("bfabric token", f"exec -a bfabric {FULL} token"):
            for where in (">/dev/full", ">&-"):
                result = self.home.run("bash", "-c", f"{program} {where}")
                self.failed(result, 1, "stdout")

    def test_stdin_is_left_alone(self):
        self.cached()
        result = self.home.run("sh", "-c", "bfabric token >/dev/null; bfabric token >/dev/null "
                               "--force-refresh 2>&1; cat", input="mine\n")
        self.assertEqual(result.out, "mine\n")

    def test_core_limit_and_umask_are_given_back(self):
        """What the front changed of itself must not reach the full program's children."""
        self.home.write_config(URL)
        log = self.home.home / "limits"
        self.home.write("lib/bfabric-full", f"#!/bin/sh\n{{ ulimit -c; umask; }} > {log}\n", 0o700)
        env = self.home.env(BFABRIC_LIBEXEC=self.home.home / "lib")
        env["ASAN_OPTIONS"] = env.get("ASAN_OPTIONS", "") + ":disable_coredump=0"
        self.home.run("sh", "-c", "ulimit -S -c 0; umask 027; bfabric token", env=env)
        zero = log.read_text().split()
        self.home.run("sh", "-c", "ulimit -S -c $(ulimit -H -c); umask 022; bfabric token", env=env)
        free = log.read_text().split()
        self.assertEqual((zero, free[1]), (["0", "0027"], "0022"))
        hard = self.home.run("sh", "-c", "ulimit -H -c").out.strip()
        self.assertEqual(free[0], hard)


class Refresh(Case):
    def setUp(self):
        self.server = self.enterContext(harness.Sandbox())
        self.home = self.enterContext(harness.Home())

    def test_expired(self):
        reply = self.home.login(self.server, mint={"lifetime": 1})
        time.sleep(1.1)
        result = self.home.run("bfabric", "token", "--format=json")
        self.assertExit(result, 0)
        self.assertNotEqual(result.json()["access_token"], reply["access_token"])
        self.assertEqual(len(self.server.refreshes()), 1)
        self.assertEqual(self.home.run("bfabric", "token").out.strip(), result.json()["access_token"])
        self.assertEqual(len(self.server.refreshes()), 1)

    def test_trace(self):
        """-v and BFABRIC_TRACE tell what happens, on stderr, in lines, without the tokens."""
        self.home.login(self.server)
        for arguments, variables in (["-v"], {}), ([], {"BFABRIC_TRACE": "1"}):
            result = self.home.run("bfabric", "token", "--force-refresh", *arguments,
                                   env=self.home.env(**variables))
            self.assertExit(result, 0)
            self.assertIn("trace: environment SANDBOX", result.err)
            self.assertIn("/rest/oauth/token: HTTP 200", result.err)
            self.assertIn("saved", result.err)
            self.assertTrue(all(line.startswith("bfabric: trace: ")
                                for line in result.err.splitlines()))
            for secret in (result.out.strip(),
                           self.home.read_cache(self.server.base_url)["refresh_token"]):
                self.assertNotIn(secret, result.err)
        quiet = self.home.run("bfabric", "token", env=self.home.env(BFABRIC_TRACE="0"))
        self.assertEqual(quiet.err, "")

    def test_forced_and_min_ttl(self):
        reply = self.home.login(self.server)
        self.assertEqual(self.home.run("bfabric", "token").out.strip(), reply["access_token"])
        forced = self.home.run("bfabric", "token", "--force-refresh").out
        self.assertNotEqual(forced.strip(), reply["access_token"])
        self.assertEqual(self.home.run("bfabric", "token", "--min-ttl=86400").out, forced)
        self.assertEqual(len(self.server.refreshes()), 1)

    def test_refused(self):
        reply = self.home.login(self.server, mint={"lifetime": 1})
        self.server.control("revoke-family", refresh_token=reply["refresh_token"])
        time.sleep(1.1)
        for _ in range(2):
            result = self.home.run("bfabric", "token")
            self.failed(result, 4, "bfabric login --env SANDBOX")
            self.assertNoSecret(result, reply)
        self.assertEqual(len(self.server.refreshes()), 1)

    def test_server_is_down(self):
        reply = self.home.login(self.server)
        self.server.stop()
        result = self.home.run("bfabric", "token", "--force-refresh")
        self.assertExit(result, 0)  # it is still good
        self.assertEqual(result.out.strip(), reply["access_token"])
        self.assertTrue(result.err.startswith("bfabric: "), repr(result))
        self.home.write_cache(self.server.base_url, {**reply, "expires_at": int(time.time()) - 1})
        self.failed(self.home.run("bfabric", "token"), 5, "bfabric doctor")

    def test_timeout(self):
        self.home.login(self.server, mint={"lifetime": 1})
        time.sleep(1.1)
        self.server.control("fault", endpoint="token", kind="hang")
        begun = time.monotonic()
        self.failed(self.home.run("bfabric", "token", "--timeout=1"), 5)
        self.assertLess(time.monotonic() - begun, 20)

    def test_curl_takes_its_form(self):
        self.home.login(self.server)
        for command in ("bfabric token --format=curl | curl -sf -K - ",
                        "curl -sf -H @<(bfabric token --format=header) ",
                        "eval \"$(bfabric token --format=env)\"; "
                        "curl -sf -H \"Authorization: Bearer $BFABRIC_TOKEN\" "):
            result = self.home.run("bash", "-c", command + self.server.base_url + "/rest/whoami")
            self.assertExit(result, 0)
            self.assertIn("scientist", result.out)


class Status(Case):
    def setUp(self):
        self.home = self.enterContext(harness.Home())

    def json(self, status, *arguments):
        result = self.home.run("bfabric", "auth", "status", "--json", *arguments)
        self.assertExit(result, status)
        found = result.json()
        self.assertEqual((found["version"], found["usable"]), (1, status == 0))
        if status:
            self.assertIn(found["message"], result.err)
        else:
            self.assertEqual((found["message"], result.err), (None, ""))
        return found

    def test_nothing_configured(self):
        self.failed(self.home.run("bfabric", "auth", "status"), 3, "bfabric login")
        found = self.json(3)
        self.assertEqual((found["status"], found["environment"]), ("NOT_LOGGED_IN", None))

    def test_logged_in(self):
        with harness.Sandbox() as server:
            reply = self.home.login(server)
            found = self.json(0)
            self.assertEqual(
                {name: found[name] for name in (
                    "environment", "chosen_by", "config_line", "base_url", "auth_method", "client_id",
                    "scope_requested", "scope_granted", "subject", "token_state", "can_refresh",
                    "login_required", "store", "warnings")},
                {"environment": "SANDBOX", "chosen_by": "default_config", "config_line": 3,
                 "base_url": server.base_url, "auth_method": "oauth", "client_id": "CLI",
                 "scope_requested": "api:read api:write", "scope_granted": reply["scope"],
                 "subject": "scientist", "token_state": "fresh", "can_refresh": True,
                 "login_required": False, "store": "file", "warnings": []})
            self.assertEqual(found["config_file"], str(self.home.config_file))
            self.assertEqual(found["cache_path"], str(self.home.place(server.base_url)))
            text = self.home.run("bfabric", "auth", "status")
            self.assertExit(text, 0)
            for said in ("SANDBOX", "default_config", "line 3", server.base_url, "oauth", "CLI",
                         "scientist", "api:read api:write", "fresh", str(self.home.tokens)):
                self.assertIn(said, text.out)
            self.assertNoSecret(text, reply)
            self.assertNotIn(reply["refresh_token"], json.dumps(found))
            self.assertEqual(server.refreshes(), [])

    def test_states(self):
        self.home.write_config(URL)
        self.assertEqual(self.json(3)["token_state"], "none")
        now = int(time.time())
        for token, state, status in (
                ({"expires_at": now + 3600}, "fresh", 0),
                ({"expires_at": now + 20}, "stale", 0),
                ({"expires_at": now - 5, "refresh_token": "r"}, "expired", 0),
                ({"expires_at": now - 5}, "expired", 4)):
            self.home.write_cache(URL, {"access_token": "t", **token})
            self.assertEqual(self.json(status)["token_state"], state)
        self.failed_status(4, "has ended", "bfabric login --env SANDBOX")

    def failed_status(self, status, *said):
        """A report on stdout, and the line on stderr."""
        result = self.home.run("bfabric", "auth", "status")
        self.assertExit(result, status)
        self.assertIn("environment", result.out)
        for text in said:
            self.assertIn(text, result.err)

    def test_why_this_environment(self):
        self.home.write_config(URL, extra="B:\n  base_url: https://x.org/bfabric\n"
                               "  auth_method: pat\n  pat: canary\n")
        self.assertEqual(self.json(0, "--env", "B")["chosen_by"], "--env")
        os_env = self.home.env(BFABRICPY_CONFIG_ENV="B")
        result = self.home.run("bfabric", "auth", "status", "--json", env=os_env)
        found = result.json()
        self.assertEqual((found["chosen_by"], found["token_state"], found["auth_method"]),
                         ("BFABRICPY_CONFIG_ENV", "static", "pat"))
        self.assertNotIn("canary", result.out)

    def test_permissions_are_a_warning(self):
        self.home.write_config(URL)
        self.home.write_cache(URL, {"access_token": "t", "expires_at": FAR})
        self.home.place(URL).chmod(0o644)
        found = self.json(0)
        self.assertEqual(len(found["warnings"]), 1)
        self.assertIn("chmod", found["warnings"][0])
        text = self.home.run("bfabric", "auth", "status").out
        self.assertIn("warning", text)
        self.assertEqual(self.home.run("bfabric", "token").err, "")  # a helper does not nag

    def test_no_network_and_nothing_written(self):
        with harness.Sandbox() as server:
            self.home.login(server, mint={"lifetime": 1})
            time.sleep(1.1)
            before = {p: p.read_bytes() for p in self.home.home.rglob("*") if p.is_file()}
            self.json(0)
            self.assertEqual({p: p.read_bytes() for p in self.home.home.rglob("*") if p.is_file()},
                             before)
            self.assertEqual(server.refreshes(), [])


class Usage(Case):
    def setUp(self):
        self.home = self.enterContext(harness.Home())

    def test_help_at_each_level(self):
        for arguments in (["--help"], ["-h"], ["help"]):
            result = self.home.run("bfabric", *arguments)
            self.assertEqual((result.status, result.err), (0, ""))
            for verb in ("token", "auth status", "auth device-code", "configure git"):
                self.assertIn(verb, result.out)
        for arguments in (["auth", "--help"], ["help", "auth"]):
            result = self.home.run("bfabric", *arguments)
            self.assertEqual((result.status, result.err), (0, ""))
            self.assertIn("auth status", result.out)
            self.assertNotIn("configure", result.out)
        for verb in ("token", "auth status", "auth device-code", "configure git"):
            direct = self.home.run("bfabric", *verb.split(), "--help")
            self.assertEqual((direct.status, direct.err), (0, ""))
            self.assertIn(f"usage: bfabric {verb} [options]", direct.out)
            self.assertIn("Examples", direct.out)
            self.assertEqual(self.home.run("bfabric", "help", *verb.split()).out, direct.out)
            self.assertLessEqual(max(map(len, direct.out.splitlines())), 80)

    def test_version(self):
        self.assertRegex(self.home.run("bfabric", "--version").out, r"^bfabric \d+\.\d+\.\d+\n$")

    def test_nothing_asked(self):
        for arguments in ([], ["auth"]):
            result = self.home.run("bfabric", *arguments)
            self.assertExit(result, 2)
            self.assertEqual(result.out, "")
            self.assertIn("usage: bfabric", result.err)

    def test_unknown_verbs(self):
        for arguments, said in ((["tokne"], "did you mean token?"), (["tokne", "--env", "X"], "token?"),
                                (["auth", "statsu"], "did you mean auth status?"),
                                (["auth", "device-cod"], "auth device-code?"),
                                (["configure", "gti"], "configure git?"),
                                (["frobnicate"], "see bfabric --help"), ([""], "see bfabric --help"),
                                (["--env", "X", "token"], "a verb comes first"),
                                (["a\nb"], "a?b"), (["help", "frob"], "frob")):
            self.failed(self.home.run("bfabric", *arguments), 2, said)

    def test_no_arguments_at_all(self):
        """execve(2) allows an empty argv."""
        code = ("import ctypes, os\nlibc = ctypes.CDLL(None)\n"
                f"libc.execv({str(harness.FRONT)!r}.encode(), (ctypes.c_char_p * 1)(None))\nos._exit(99)")
        result = self.home.run("python3", "-c", code)
        self.assertEqual(result.out, "")
        self.assertNotIn(result.status, (0, 99))
        self.assertGreater(result.status, 0)

    def test_home_that_is_missing_or_wrong(self):
        for home in ("/nonexistent/home", ""):
            result = self.home.run("bfabric", "token", env=self.home.env(HOME=home))
            self.assertEqual(result.out, "")
            self.assertIn(result.status, (1, 3))
            self.assertEqual(result.err.count("\n"), 1)

    def test_sslkeylogfile_is_not_obeyed(self):
        log = self.home.home / "keys.log"
        with harness.Sandbox(tls=True) as server:
            self.home.login(server, mint={"lifetime": 1})
            time.sleep(1.1)
            result = self.home.run("bfabric", "token", env=self.home.env(SSLKEYLOGFILE=log))
            self.assertExit(result, 0)
            self.assertEqual(len(server.refreshes()), 1)
        self.assertFalse(os.path.exists(log))


if __name__ == "__main__":
    harness.main()
