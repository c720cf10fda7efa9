# SPDX-License-Identifier: MIT
"""Bad days of the world around: strange homes, siblings that stopped, clocks that jump, servers
with troubles of their own.

Each has a clear answer: the right token, or an exit code with one line that says what is wrong;
nothing is lost, nothing hangs.
"""
import json
import os
import signal
import subprocess
import time
import unittest

import harness
from badday import ROOT, STRANGER, BadDay
from flows import FAKETIME
from herd import LockHolder
from scene import preloaded


class World(BadDay):
    def test_homes(self):
        file = self.home.write("a-file", "")
        for home in (self.home.path / "missing", file, "relative/home", ""):
            with self.subTest(home=home):
                result = self.home.run("bfabric", "token", env=self.home.env(HOME=home))
                self.assertIn(result.status, (1, 3), repr(result))
                self.assertClear(result, result.status)
                self.assertFalse((self.home.path / "missing").exists())

    def test_no_runtime_directory(self):
        for value in (None, "", "relative", self.home.path / "missing", "/dev/null"):
            with self.subTest(value=value):
                self.expire()
                result = self.home.run("bfabric", "token", env=self.home.env(XDG_RUNTIME_DIR=value))
                self.assertExit(result, 0)

    @unittest.skipUnless(ROOT, "needs root to be root")
    def test_root_with_the_home_of_a_user(self):
        """sudo keeps HOME: what root wrote there would lock the user out of his own login."""
        self.anew()
        for folder, folders, files in os.walk(self.home.path):
            for name in folders + files + ["."]:
                os.chown(os.path.join(folder, name), STRANGER, STRANGER, follow_symlinks=False)
        before = {p: p.read_bytes() for p in self.home.home.rglob("*") if p.is_file()}
        for arguments in (["token"], ["token", "--force-refresh"],
                          ["auth", "device-code", self.server.base_url, "--scope", "api:read",
                           "--env", "NEW"]):
            with self.subTest(command=arguments[0]):
                result = self.home.run("bfabric", *arguments)
                self.assertClear(result, 1, "sudo", str(STRANGER))
        after = {p: p.read_bytes() for p in self.home.home.rglob("*") if p.is_file()}
        self.assertEqual(after, before)
        self.assertEqual(self.server.log("device_authorization"), [])
        self.assertEqual({p.stat().st_uid for p in self.home.home.rglob("*")}, {STRANGER})

    def test_umask(self):
        for umask in (0, 0o777):
            with self.subTest(umask=oct(umask)):
                self.expire()
                result = harness.run(["sh", "-c", f'umask {umask:o}; exec "$@"', "sh",
                                      *self.home.command("bfabric", "token")], self.home.env())
                self.assertExit(result, 0)
                self.assertEqual({p.stat().st_mode & 0o777 for p in self.home.tokens.iterdir()},
                                 {0o600})

    def test_nowhere_to_write(self):
        self.expire()
        for redirection in (">&-", ">/dev/full", "<&- >/dev/full", ">/dev/full 2>/dev/full",
                            ">&- 2>&- <&-"):
            with self.subTest(redirection=redirection):
                self.expire()
                result = harness.run(["sh", "-c", f'"$@" {redirection}', "sh",
                                      *self.home.command("bfabric", "token")], self.home.env())
                self.assertExit(result, 1)
                self.assertLessEqual(result.err.count("\n"), 1)
        self.assertAlive()
        closed = harness.run(["sh", "-c", '"$@" | true', "sh",
                              *self.home.command("bfabric", "token", "--force-refresh")],
                             self.home.env())
        self.assertExit(closed, 0)
        self.assertAlive()

    # ---- a sibling that does not move ----

    def test_lock_held(self):
        self.anew()
        asked = len(self.server.refreshes())
        with LockHolder(self.place(".json.lock")):
            began = time.monotonic()
            result = self.home.run("bfabric", "token", "--timeout", "3")
            self.assertClear(result, 7, self.place(".json.lock"))
            self.assertLess(time.monotonic() - began, 25)  # without being told, half a minute
            # A token that can still be used is not withheld.
            content = self.home.read_cache(self.server.base_url)
            content["expires_at"] = int(time.time()) + 30
            self.home.write(self.place(), json.dumps(content))
            result = self.home.run("bfabric", "token")
            self.assertEqual(result.out.strip(), content["access_token"])
        self.assertEqual(len(self.server.refreshes()), asked)
        self.assertAlive()

    def test_lock_holder_is_stopped(self):
        """A real sibling, stopped in the middle of its request, and one that inherits a lock."""
        self.anew()
        self.server.control("fault", endpoint="token", kind="hang", count=1)
        sibling = self.home.start("bfabric", "token", "--timeout", "30")
        try:
            harness.wait_for(lambda: self.server.state()["in_flight"] > 0)
            os.killpg(sibling.pid, signal.SIGSTOP)
            self.assertClear(self.home.run("bfabric", "token", "--timeout", "2"), 7)
        finally:
            os.killpg(sibling.pid, signal.SIGKILL)
            harness.finish(sibling)
        self.assertExit(self.home.run("bfabric", "token"), 0)
        self.expire()
        with LockHolder(self.place(".json.lock")) as lock:
            child = subprocess.Popen(["sleep", "1000"], pass_fds=[lock.fd])
            lock.release()
            try:
                self.assertClear(self.home.run("bfabric", "token", "--timeout", "2"), 7)
            finally:
                child.kill()
                child.wait()
        self.assertAlive()

    # ---- the clock ----

    @unittest.skipUnless(FAKETIME, "faketime is not installed")
    def test_clock_jumps(self):
        """Forwards and back again; the token that comes out is one that the server takes."""
        # The library alone: its program refuses to start where a killed one of the same number
        # left a semaphore behind.
        for jump in ("+400d", "+0", "-400d", "+0", "+3y", "-10y", "+9h", "+0", "-9h"):
            with self.subTest(jump=jump):
                result = self.home.run("bfabric", "token", env={
                    **preloaded(self.home, FAKETIME), "FAKETIME": jump})
                self.assertExit(result, 0)
                status, _ = self.server.fetch(
                    self.server.base_url + "/rest/whoami",
                    headers={"Authorization": "Bearer " + result.out.strip()})
                self.assertEqual(status, 200)
        self.assertLessEqual(len(self.server.refreshes()), 9)
        self.assertAlive()

    # ---- a server that has a bad day ----

    def test_faults(self):
        """None of the answers that are no answer costs the login."""
        self.server.control("set", rotation="off")
        for kind, arg in (("status", "500"), ("status", "502"), ("status", "503"), ("reset", None),
                          ("retry-after", "2"), ("html404", None), ("redirect", "http://127.0.0.1:1/"),
                          ("huge", str(3 << 20)), ("deep", None), ("wrong-types", None),
                          ("not-json", None), ("empty", None), ("nul", None),
                          ("control-chars", None), ("truncated", None), ("reset-after", None)):
            with self.subTest(fault=kind, arg=arg):
                self.anew()
                self.server.control("fault", endpoint="token", kind=kind, **(
                    {"arg": arg} if arg else {}))
                result = self.home.run("bfabric", "token", timeout=45)
                self.assertIn(result.status, (1, 4) if kind == "control-chars" else (1, 5),
                              repr(result))
                self.assertClear(result, result.status)
                self.assertFalse(any(ord(c) < 32 and c != "\n" or 0x202a <= ord(c) <= 0x202e
                                     for c in result.err), repr(result.err))
                self.server.control("clear")
                self.assertExit(self.home.run("bfabric", "token"), 0)
        self.server.stop()
        self.expire()
        self.assertClear(self.home.run("bfabric", "token"), 5, self.server.base_url, "127.0.0.1")


if __name__ == "__main__":
    harness.main()
