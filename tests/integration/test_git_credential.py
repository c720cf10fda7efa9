# SPDX-License-Identifier: MIT
"""git-credential-bfabric: requests as files, by front and full program, and git itself.

A case is a folder in tests/data/git-credential: `request` is stdin, `expect` is stdout; optional are
`args`, `stderr` (must be said, in one line; otherwise stderr is empty), `status` (0) and `full` (the
front alone cannot answer it). All share config.yml.
"""
import json
import re
import shlex
import time

import harness

CASES = harness.SOURCE / "tests" / "data" / "git-credential"
FULL = harness.BUILD / "helper" / "bfabric-full"
FAR = 4102444800  # 2100
LOGGED_IN = {"LAB": "https://b.lab.org/bfabric", "PORT": "https://p.lab.org:8443/bfabric",
             "TWIN1": "https://twin.lab.org/bfabric", "TWIN2": "https://twin.lab.org/bfabric",
             "LOOP": "http://127.0.0.1:9/bfabric"}


def optional(path, default=""):
    return path.read_text().strip() if path.exists() else default


class Cases(harness.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.home = harness.Home()
        cls.home.__enter__()
        cls.addClassCleanup(cls.home.__exit__)
        cls.home.write_config(text=(CASES / "config.yml").read_text())
        for name, url in LOGGED_IN.items():
            cls.home.write_cache(url, {"access_token": f"token-of-{name}", "expires_at": FAR,
                                       "token_type": "Bearer", "refresh_token": f"canary-{name}"},
                                 environment=name)

    def check(self, case, result):
        said = optional(case / "stderr")
        self.assertExit(result, int(optional(case / "status", "0")))
        self.assertEqual(result.out, (case / "expect").read_text(), repr(result))
        if said:
            self.assertIn(said, result.err)
            self.assertEqual(result.err.count("\n"), 1, repr(result))
            self.assertTrue(result.err.startswith("bfabric: "), repr(result))
        else:
            self.assertEqual(result.err, "")
        self.assertNotIn("canary", result.out + result.err)

    def one(self, case):
        arguments = [*shlex.split(optional(case / "args")), "get"]
        request = (case / "request").read_bytes()
        env = self.home.env()
        with self.subTest("full program"):
            self.check(case, self.home.run("git-credential-bfabric", *arguments, input=request,
                                           env=env, executable=FULL))
        if not (case / "full").exists():
            env["BFABRIC_LIBEXEC"] = str(self.home.path / "nothing-here")
        with self.subTest("front"):
            self.check(case, self.home.run("git-credential-bfabric", *arguments, input=request,
                                           env=env))


def add_case(case):
    setattr(Cases, "test_" + case.name.replace("-", "_"), lambda self: self.one(case))


for found in sorted(CASES.iterdir()):
    if found.is_dir():
        add_case(found)


class Operations(harness.TestCase):
    def both(self, *arguments, input=""):
        with harness.Home() as home:
            env = home.env(BFABRIC_LIBEXEC=home.path / "nothing-here")
            yield home.run("git-credential-bfabric", *arguments, input=input, env=env)
            yield home.run("git-credential-bfabric", *arguments, input=input, executable=FULL)

    def test_capability(self):
        for result in self.both("capability"):
            self.assertEqual((result.status, result.err), (0, ""))
            self.assertEqual(result.out, "version 0\ncapability authtype\ncapability state\n")

    def test_store_and_unknown_operations_are_ignored(self):
        request = "protocol=https\nhost=h\nusername=u\npassword=canary\n\n"
        for operation in ("store", "frobnicate"):
            for result in self.both(operation, input=request):
                self.assertEqual((result.status, result.out, result.err), (0, "", ""))

    def test_nothing_configured_is_silence(self):
        for operation in ("get", "erase"):
            for result in self.both(operation, input="protocol=https\nhost=h\n\n"):
                self.assertEqual((result.status, result.out, result.err), (0, "", ""))

    def test_usage(self):
        with harness.Home() as home:
            for arguments in ([], ["get", "get"], ["--frob", "get"], ["--min-ttl", "x", "get"]):
                result = home.run("git-credential-bfabric", *arguments, input="")
                self.assertExit(result, 2)
                self.assertEqual(result.out, "")
            result = home.run("git-credential-bfabric", "--help")
            self.assertExit(result, 0)
            self.assertIn("usage: git-credential-bfabric", result.out)
            self.assertIn("bfabric 0", home.run("git-credential-bfabric", "--version").out)

    def test_broken_configuration(self):
        """Whose host it is cannot be known: no answer, no quit, one line."""
        with harness.Home() as home:
            home.write_config(text="A: [\n")
            result = home.run("git-credential-bfabric", "get", input="protocol=https\nhost=h\n\n")
            self.assertExit(result, 1)
            self.assertEqual(result.out, "")
            self.assertIn(".bfabricpy.yml", result.err)

    def test_a_request_longer_than_a_pipe_is_handed_over(self):
        with harness.Sandbox() as server, harness.Home() as home:
            home.write_config(server.base_url)
            more = "".join(f"x{i}={'a' * 60000}\n" for i in range(15))
            result = home.run("git-credential-bfabric", "get",
                              input=f"{more}protocol={server.scheme}\nhost={server.host}\n\n")
            self.assertExit(result, 3)
            self.assertEqual(result.out, "quit=1\n")

    def test_stdin_closed(self):
        with harness.Home() as home:
            result = home.run("sh", "-c", "git-credential-bfabric get <&-")
            self.assertNotEqual(result.status, 0)
            self.assertEqual(result.out, "")
            self.assertTrue(result.err.startswith("bfabric: "), repr(result))


class Trouble(harness.TestCase):
    """Ours, but there is no token to give: quit=1 and one line that names a command."""

    def ask(self, home, server, timeout=60):
        return home.run("git-credential-bfabric", "get", timeout=timeout,
                        input=f"protocol={server.scheme}\nhost={server.host}\n\n")

    def check(self, result, status, *said):
        self.assertExit(result, status)
        self.assertEqual(result.out, "quit=1\n")
        self.assertEqual(result.err.count("\n"), 1, repr(result))
        for text in said:
            self.assertIn(text, result.err)

    def test_refused(self):
        with harness.Sandbox() as server, harness.Home() as home:
            reply = home.login(server, mint={"lifetime": 1})
            server.control("revoke-family", refresh_token=reply["refresh_token"])
            time.sleep(1.1)
            result = self.ask(home, server)
            self.check(result, 4, "bfabric login --env SANDBOX")
            self.assertNoSecret(result, reply)
            self.check(self.ask(home, server), 4, "bfabric login --env SANDBOX")
            self.assertEqual(len(server.refreshes()), 1)

    def test_unreachable(self):
        with harness.Sandbox() as server, harness.Home() as home:
            home.login(server, mint={"lifetime": 1})
            server.stop()
            time.sleep(1.1)
            self.check(self.ask(home, server), 5, "see: bfabric doctor --env SANDBOX")

    def test_no_full_program(self):
        with harness.Sandbox() as server, harness.Home() as home:
            home.write_config(server.base_url)
            env = home.env(BFABRIC_LIBEXEC=home.path / "nothing-here")
            result = home.run("git-credential-bfabric", "get", env=env,
                              input=f"protocol={server.scheme}\nhost={server.host}\n\n")
            self.assertExit(result, 1)
            self.assertEqual(result.out, "")
            self.assertIn("nothing-here/bfabric-full", result.err)

    def test_environment_with_an_odd_name_and_another_file(self):
        with harness.Sandbox() as server, harness.Home() as home:
            other = home.write("my config.yml", f'"a b\'c":\n  base_url: {server.base_url}\n'
                               "  auth_method: oauth\n  client_id: CLI\n")
            result = home.run("git-credential-bfabric", "-f", other, "get",
                              input=f"protocol={server.scheme}\nhost={server.host}\n\n")
            self.check(result, 3)
            words = shlex.split(result.err.partition("run: ")[2])
            self.assertEqual(words, ["bfabric", "login", "--env", "a b'c",
                                     "--config-file", str(other)])


class Git(harness.TestCase):
    """The real thing."""

    def setUp(self):
        self.server = self.enterContext(harness.Sandbox(git=True))
        self.home = self.enterContext(harness.Home())
        self.url = self.server.repository()

    def configure(self, *arguments):
        result = self.home.run("bfabric", "configure", "git", *arguments)
        self.assertExit(result, 0)
        return result

    def git(self, *arguments, status=0):
        result = self.home.run("git", *arguments)
        self.assertExit(result, status)
        return result

    def test_clone_and_fetch_across_expiry(self):
        self.home.login(self.server)
        self.configure()
        self.git("clone", "--quiet", self.url, "work")
        self.assertEqual(self.server.refreshes(), [])
        # Both sides find that it is over.
        cache = self.home.read_cache(self.server.base_url)
        self.home.write_cache(self.server.base_url, {**cache, "expires_at": int(time.time()) - 1})
        self.server.control("advance", seconds=cache["expires_in"])
        made = self.server.commit()
        self.git("-C", "work", "fetch", "--quiet")
        self.assertEqual(self.git("-C", "work", "rev-parse", "origin/main").out.strip(), made)
        self.assertEqual(len(self.server.refreshes()), 1)

    def test_logged_out(self):
        self.home.write_config(self.server.base_url)
        self.configure()
        result = self.git("clone", "--quiet", self.url, "work", status=128)
        self.assertIn("bfabric login --env SANDBOX", result.err)
        self.assertNotIn("Username", result.err)

    def test_a_refused_token_is_replaced_at_the_next_use(self):
        self.home.login(self.server)
        self.configure()
        cache = self.home.read_cache(self.server.base_url)
        cache["expires_at"] -= 60  # obtained a minute ago: not too young to be refused
        self.home.write_cache(self.server.base_url, cache)
        self.server.control("advance", seconds=cache["expires_in"])  # the server alone finds it old
        self.git("clone", "--quiet", self.url, "work", status=128)
        self.git("clone", "--quiet", self.url, "work")
        self.assertEqual(len(self.server.refreshes()), 1)

    def test_no_other_helper_gets_the_token(self):
        reply = self.home.login(self.server)
        stolen = self.home.home / "stolen"
        thief = self.home.write("thief", f"#!/bin/sh\ncat >> {shlex.quote(str(stolen))}\n", 0o700)
        self.git("config", "--global", "credential.helper", str(thief))
        self.git("config", "--global", f"credential.{self.server.scheme}://{self.server.host}.helper",
                 str(thief))
        result = self.configure()
        self.assertIn("were replaced", result.err)
        self.git("clone", "--quiet", self.url, "work")
        self.assertFalse(stolen.exists())
        self.assertNotIn(reply["access_token"], (self.home.home / "work/.git/config").read_text())

    def test_git_asks_another_host_without_us(self):
        self.home.login(self.server)
        self.configure()
        result = self.home.run("git", "credential", "fill", input="protocol=https\nhost=evil.org\n\n")
        self.assertExit(result, 128)
        self.assertEqual(result.out, "")


class Configure(harness.TestCase):
    def setUp(self):
        self.home = self.enterContext(harness.Home())
        self.home.write_config("https://b.lab.org:8443/bfabric",
                               own={"hosts": "[files.lab.org, 'x.lab.org:444']"})
        self.gitconfig = self.home.home / ".gitconfig"

    def values(self, host):
        got = self.home.run("git", "config", "--global", "-z", "--get-all",
                            f"credential.https://{host}.helper")
        return got.out.split("\0")[:-1]

    def test_twice_changes_nothing(self):
        first = self.home.run("bfabric", "configure", "git")
        self.assertExit(first, 0)
        self.assertIn("now has", first.err)
        before = self.gitconfig.read_bytes()
        for host in ("b.lab.org:8443", "files.lab.org", "x.lab.org:444"):
            self.assertEqual(self.values(host)[0], "")
            self.assertRegex(self.values(host)[1], r"^/.*/git-credential-bfabric$")
            self.assertEqual(len(self.values(host)), 2)
        again = self.home.run("bfabric", "configure", "git", "--global")
        self.assertExit(again, 0)
        self.assertIn("already has", again.err)
        self.assertEqual(self.gitconfig.read_bytes(), before)

    def test_the_rest_of_the_file_stays(self):
        self.gitconfig.write_text("# mine\n[user]\n\tname = A Scientist\n")
        self.assertExit(self.home.run("bfabric", "configure", "git"), 0)
        self.assertTrue(self.gitconfig.read_text().startswith("# mine\n[user]\n\tname = A"))

    def test_print_is_what_git_reads(self):
        printed = self.home.run("bfabric", "configure", "git", "--print", "--env", "SANDBOX")
        self.assertExit(printed, 0)
        self.assertEqual(printed.err, "")
        self.assertFalse(self.gitconfig.exists())
        self.gitconfig.write_text(printed.out)
        by_hand = {host: self.values(host) for host in ("b.lab.org:8443", "files.lab.org")}
        self.gitconfig.unlink()
        self.home.run("bfabric", "configure", "git", "--env", "SANDBOX")
        for host, values in by_hand.items():
            self.assertEqual(values, self.values(host))
            self.assertTrue(values[1].endswith(" --env SANDBOX"))

    def test_odd_names_reach_the_helper(self):
        """git hands the value to sh: spaces, quotes and dollars must arrive as they are."""
        name, token = "L'AB $(touch pwned) \"x\"", "token-of-LAB"
        other = self.home.write("my $HOME config.yml", json.dumps(
            {name: {"base_url": "https://b.lab.org/bfabric", "auth_method": "oauth",
                    "client_id": "CLI"}}))
        self.home.write_cache("https://b.lab.org/bfabric", {"access_token": token, "expires_at": FAR},
                              environment=name)
        libexec = self.home.path / "a b"
        libexec.mkdir()
        (libexec / "git-credential-bfabric").symlink_to(harness.FRONT)
        done = self.home.run("bfabric", "configure", "git", "--env", name, "-f", other,
                             env=self.home.env(BFABRIC_LIBEXEC=libexec), executable=FULL)
        self.assertExit(done, 0)
        got = self.home.run("git", "credential", "fill", input="protocol=https\nhost=b.lab.org\n\n")
        self.assertExit(got, 0)
        self.assertEqual(got.fields()["password"], token)
        self.assertFalse((self.home.home / "pwned").exists())

    def test_errors(self):
        with harness.Home() as empty:
            self.assertExit(empty.run("bfabric", "configure", "git"), 3)
        no_git = self.home.run("bfabric", "configure", "git", executable=FULL,
                               env=self.home.env(PATH="relative:/nonexistent"))
        self.assertExit(no_git, 1)
        self.assertIn("git is not installed", no_git.err)
        self.gitconfig.mkdir()
        failed = self.home.run("bfabric", "configure", "git")
        self.assertExit(failed, 1)
        self.assertRegex(failed.err, re.compile(r"bfabric: .*git config failed"))


if __name__ == "__main__":
    harness.main()
