# SPDX-License-Identifier: MIT
"""Canaries: no secret is seen where it does not belong.

Every token, device code and client secret of a test is known (wiretap.py); none may be in what our
programs say when they fail, in their help and traces, in /proc/*/cmdline and /proc/*/environ while
they work, in a core file, or in what git tells about running us.
"""
import base64
import contextlib
import json
import os
import pathlib
import resource
import secrets
import shutil
import signal
import subprocess
import threading
import time

import harness
from herd import git_request
from scene import preloaded
from wiretap import Wiretap


class Watch:
    """Reads command lines and environments of all processes as fast as it can."""

    def __init__(self):
        self.seen, self.looks, self.stop = set(), 0, False

    def __enter__(self):
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stop = True
        self.thread.join()

    def _run(self):
        mine = str(os.getpid())
        while not self.stop:
            for pid in os.listdir("/proc"):
                if not pid.isdigit() or pid == mine:
                    continue
                for name in ("cmdline", "environ"):
                    # Not ours to read, or gone.
                    with contextlib.suppress(OSError):
                        self.seen.add(pathlib.Path(f"/proc/{pid}/{name}").read_bytes())
                        self.looks += 1

    def text(self):
        return b"\0".join(self.seen).decode("latin1")


class Canary(harness.TestCase):
    def setUp(self):
        self.server = self.enterContext(harness.Sandbox(discovery="absent", interval=1, git=True,
                                                        token_lifetime=600))
        self.tap = self.enterContext(Wiretap(self.server))
        self.home = self.enterContext(harness.Home())
        self.said = []
        self.more = set()

    def log_in(self, lifetime=600):
        self.home.write_config(self.tap.base_url)
        reply = self.server.mint(client_id="CLI", lifetime=lifetime)
        self.home.write_cache(self.tap.base_url, reply)
        self.more.update(reply[name] for name in ("access_token", "refresh_token"))
        return reply

    def place(self, suffix=".json"):
        return self.home.place(self.tap.base_url, suffix)

    def run_traced(self, *arguments, program="bfabric", input=None, env=None, timeout=60):
        """As it is, and with everything it can be made to tell; keeps what was said on stderr."""
        result = None
        for extra in ({}, {"BFABRIC_TRACE": "1"}):
            result = self.home.run(program, *arguments, input=input, timeout=timeout,
                                   env=self.home.env(**extra, **(env or {})))
            self.said.append((arguments, result.err))
            if result.status:
                self.said.append((arguments, result.out))
        return result

    def canaries(self):
        found = self.tap.secrets() | self.more
        self.assertGreater(len(found), 1)
        # Encoded as in a Basic header it is no less a secret.
        return found | {base64.b64encode(one.encode()).decode().rstrip("=") for one in self.more}

    def assertUnseen(self, text, where):
        for one in self.canaries():
            # A piece is enough to recognise it, and more than enough to be too much. Before the
            # signature of a JWT it may say the same as in another token, of another test.
            own = one.rsplit(".", 1)[-1]
            half = len(own) // 2
            for piece in (own[half:half + 24], own[-24:]) if len(own) > 80 else (own,):
                if piece in text:
                    at = text.index(piece)
                    self.fail(f"{where}: {piece} in {text[max(0, at - 500):at + 100]!r}")

    def assertAllUnseen(self):
        for arguments, text in self.said:
            self.assertUnseen(text, arguments)

    def test_failing_commands(self):
        for kind, arg in (("status", "503"), ("invalid_grant", None), ("not-json", None),
                          ("wrong-types", None), ("truncated", "700"), ("html404", None),
                          ("control-chars", None), ("nul", None), ("reset-after", None)):
            self.log_in(lifetime=1)
            time.sleep(1.05)
            self.server.control("fault", endpoint="token", kind=kind, **({"arg": arg} if arg else {}))
            request = git_request(self.server, host=self.tap.host)
            self.assertIn("trace:", self.run_traced("token", "-v").err)
            self.run_traced("get", program="git-credential-bfabric", input=request)
            self.run_traced("auth", "status")
            self.server.control("clear")
        self.assertAllUnseen()

    def test_working_commands_say_it_on_stdout_only(self):
        reply = self.log_in()
        request = git_request(self.server, host=self.tap.host)
        for form in ("plain", "header", "json", "env", "curl"):
            self.assertIn(reply["access_token"], self.run_traced("token", "--format", form).out)
        self.assertExit(self.run_traced("token", "--force-refresh"), 0)
        for operation in ("get", "store", "erase", "capability"):
            self.run_traced(operation, program="git-credential-bfabric", input=request
                            + f"username=__oauth__\npassword={reply['access_token']}\n")
        status = self.run_traced("auth", "status")
        self.said.append(("auth status", status.out))
        self.said.append(("json", self.run_traced("auth", "status", "--json").out))
        self.assertAllUnseen()

    def test_damaged_files(self):
        """An error about a file names the place, not the content."""
        self.log_in()
        good = self.place().read_text()
        for text in (good[:-9], good.replace('"expires_in"', '"expires_in" x'),
                     good.replace('": "', '": ', 1), "[" + good, good + good,
                     good.replace("access_token", "acess_token")):
            self.home.write(self.place(), text)
            self.assertNotEqual(self.run_traced("token").status, None)
        pat, secret = secrets.token_hex(20), secrets.token_hex(16)
        self.more |= {pat, secret}
        for text in (f"X:\n  base_url: {self.tap.base_url}\n  pat: {pat}\n bad\n",
                     f"X:\n  base_url: {self.tap.base_url}\n  pat: [{pat}\n",
                     f"X:\n  base_url: {self.tap.base_url}\n  login: a\n  password: {secret}\n",
                     f"X:\n  base_url: {self.tap.base_url}\n  login: a\n  password: 0{secret}\n",
                     f"X:\n  base_url: {self.tap.base_url}\n  auth_method: client_credentials\n"
                     f"  client_id: a\n  client_secret: [{secret}]\n"
                     f"{secret}\n",
                     f"X:\n  base_url: http://a:{secret}@{self.tap.host}/bfabric\n",
                     f"X:\n  base_url: {self.tap.base_url}?token={secret}\n"):
            self.home.write_config(text=text)
            for arguments in (["token", "--env", "X"], ["auth", "status", "--env", "X"]):
                result = self.run_traced(*arguments)
                if result.status == 0 and arguments[0] == "token":
                    continue  # asked for and given
                self.said.append((arguments, result.out))
        override = json.dumps({"client": {"base_url": self.tap.base_url},
                               "auth": {"login": "a", "password": secret}})
        for text in (override, override[:-1], override.replace('"a"', "5")):
            self.run_traced("token", env={"BFABRICPY_CONFIG_OVERRIDE": text})
        self.assertAllUnseen()

    def test_help(self):
        self.log_in()
        for arguments in (["--help"], ["token", "--help"], ["auth", "--help"], ["auth", "status",
                          "--help"], ["auth", "device-code", "--help"], ["configure", "git",
                          "--help"], ["--version"], ["nonsense"], ["token", "--nonsense"]):
            result = self.run_traced(*arguments)
            self.said.append((arguments, result.out))
        self.assertAllUnseen()

    def test_client_secret(self):
        """A service's secret, right or wrong, inline or in a file."""
        secret = "canary-" + secrets.token_urlsafe(30)
        self.more.add(secret)
        path = self.home.write("service.secret", secret + "\n")
        for keys in ({"own": {"client_secret_file": path}}, {"client_secret": secret}):
            self.home.write_config(self.tap.base_url, auth_method="client_credentials",
                                   client_id="sandbox-service", scope="api:read", **keys)
            with Watch() as watch:
                for fault in (None, "hang", "status"):
                    if fault:
                        self.server.control("fault", endpoint="token", kind=fault, count=2,
                                            **({"arg": 500} if fault == "status" else {}))
                    self.assertNotEqual(self.run_traced("token", "-v", "--timeout", "2").status, 0)
                    self.server.control("clear")
                self.said.append(("auth status", self.run_traced("auth", "status").out))
            self.assertUnseen(watch.text(), "/proc")
        self.assertAllUnseen()

    def test_processes(self):
        """While tokens are refreshed, git clones and a device code is waited for."""
        self.log_in()
        url = self.server.repository().replace(self.server.host, self.tap.host)
        git_config = ["-c", f"credential.{self.tap.base_url}.helper=",
                      "-c", "credential.helper=" + str(self.home.bin / "git-credential-bfabric")]
        with Watch() as watch:
            for number in range(harness.scaled(30, at_least=4)):
                self.run_traced("token", "--force-refresh")
                result = self.home.run("git", *git_config, "clone", "--quiet", url, f"c{number}",
                                       env=self.home.env(GIT_TRACE="1"))
                self.assertExit(result, 0)
                # What git itself tells about us.
                self.said.append(("git clone", result.err))
            before = len(self.server.log("token"))
            login = self.home.start("bfabric", "auth", "device-code", self.tap.base_url, "--scope",
                                    "api:read", "--env", "OTHER")
            harness.wait_for(lambda: len(self.server.log("token")) > before + 1)  # it has polled twice
            self.server.control("approve")
            result = harness.finish(login)
            self.assertExit(result, 0)
            self.said.append(("auth device-code", result.err + result.out))
        self.assertTrue(any(b"git-credential-bfabric" in text for text in watch.seen))
        self.assertGreater(watch.looks, 100)
        self.assertGreater(len(self.canaries()), 10)
        self.assertUnseen(watch.text(), "/proc")
        self.assertAllUnseen()

    def test_no_core(self):
        """Killed by a signal that would leave a core, in the middle of a request."""
        soft, hard = resource.getrlimit(resource.RLIMIT_CORE)
        if hard == 0:
            self.skipTest("the hard limit forbids cores anyway")
        where = self.home.path / "cores"
        where.mkdir()
        control = self._die(signal.SIGSEGV, ["sleep", "100"], where)
        for sig in (signal.SIGSEGV, signal.SIGABRT, signal.SIGQUIT):
            self.log_in(lifetime=1)
            time.sleep(1.05)
            self.server.control("fault", endpoint="token", kind="hang", count=1)
            status = self._die(sig, self.home.command("bfabric", "token"), where)
            self.assertEqual(os.WTERMSIG(status), sig)
            self.assertFalse(os.WCOREDUMP(status))
            self.server.control("clear")
        self.assertEqual([p.name for p in where.iterdir() if "bfabric" in p.name], [])
        print(f"# a core of sleep, for comparison: {os.WCOREDUMP(control)}", flush=True)

    def _die(self, sig, command, where):
        pid = os.fork()
        if pid == 0:
            resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY,) * 2
                               if os.geteuid() == 0 else
                               (resource.getrlimit(resource.RLIMIT_CORE)[1],) * 2)
            os.chdir(where)
            null = os.open("/dev/null", os.O_RDWR)
            for fd in (0, 1, 2):
                os.dup2(null, fd)
            # The address sanitizer would catch the signal.
            env = preloaded(self.home, sanitizer="handle_segv=0:handle_abort=0")
            os.execvpe(command[0], [str(part) for part in command], env)
        if "bfabric" in str(command[0]):
            harness.wait_for(lambda: self.server.state()["in_flight"] > 0)
        else:
            harness.wait_for(lambda: pathlib.Path(f"/proc/{pid}/comm").read_text() == "sleep\n")
        os.kill(pid, sig)
        return os.waitpid(pid, 0)[1]

    def test_not_readable_by_siblings(self):
        """Not dumpable: other processes of the user cannot read its memory (root always can)."""
        if os.geteuid() != 0 or not pathlib.Path("/usr/bin/setpriv").exists():
            self.skipTest("needs root, to become somebody else")
        self.log_in(lifetime=1)
        time.sleep(1.05)
        self.server.control("fault", endpoint="token", kind="hang", count=1)
        nobody = 54321
        for folder, folders, files in os.walk(self.home.path):
            for name in folders + files + ["."]:
                os.chown(os.path.join(folder, name), nobody, nobody, follow_symlinks=False)
        os.chmod(self.home.path, 0o755)
        # The build folder may be closed to others: what runs is a copy.
        programs = self.home.path / "programs"
        programs.mkdir()
        for program in (harness.FRONT, harness.BUILD / "helper" / "bfabric-full"):
            shutil.copy(program, programs / program.name)
        env = self.home.env(BFABRIC_LIBEXEC=programs)
        command = [str(programs / "bfabric"), "token"]
        become = ["setpriv", f"--reuid={nobody}", f"--regid={nobody}", "--clear-groups"]
        process = harness.start([*become, *command], env, cwd=self.home.home)
        try:
            harness.wait_for(lambda: self.server.state()["in_flight"] > 0)
            for name in ("environ", "maps", "mem"):
                result = harness.run([*become, "head", "-c1", f"/proc/{process.pid}/{name}"])
                self.assertNotEqual(result.status, 0, name)
                self.assertIn("ermission denied", result.err)
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            harness.finish(process)


if __name__ == "__main__":
    harness.main()
