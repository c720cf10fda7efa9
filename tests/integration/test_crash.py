# SPDX-License-Identifier: MIT
"""Crash: killed at the n-th system call for all n, and at random moments.

Afterwards each file is whole, and old or new; the next call succeeds and leaves no litter. With
rotation a login is lost only where the server's log shows that it had rotated.
"""
import json
import os
import random
import signal
import time

import harness
from harness import BUILD
from herd import Herd, git_request
from scene import Scene, at, preloaded

KILLAT = BUILD / "tests" / "tools" / "killat"
HURRY = BUILD / "tests" / "tools" / "libhurry.so"
CALLS_MAX = 20000  # no program of ours comes near


def moments():
    """Every n; in a reduced run every k-th, from a random one on."""
    step = max(1, round(1 / harness.SCALE))
    return range(random.randint(1, step), CALLS_MAX, step)


class Killed(harness.TestCase):
    def setUp(self):
        self.server = self.enterContext(harness.Sandbox(interval=0))
        self.home = self.enterContext(harness.Home())
        self.scene = Scene(self, self.server, self.home)
        self.result = self.home.path / "killat.json"

    def kill(self, n, program, *arguments, input=None, env=None):
        """Runs it and kills it before its n-th system call. None: it ended before."""
        command = [KILLAT, self.result, str(n), *self.home.command(program, *arguments)]
        result = harness.run(command, env or self.home.env(), input, cwd=self.home.home)
        told = json.loads(self.result.read_text())
        if told["killed"]:
            return result
        self.assertExit(result, 0)
        return None

    def refresh_at_each_call(self, rotation):
        self.server.control("set", rotation=rotation)
        self.scene.begin()
        kills = 0
        for n in moments():
            with at(call=n):
                before = self.scene.expire()
                asked = len(self.scene.log.lines)
                if self.kill(n, "bfabric", "token") is None:
                    break
                killed_at = time.time()
                kills += 1
                self.scene.assertWhole(before)
                self.scene.recover(asked, killed_at)
        self.assertGreater(kills, 2)
        print(f"# rotation {rotation}: killed at {kills} of {n - 1} calls; logins lost: "
              f"{self.scene.summary()}", flush=True)

    def test_refresh_without_rotation(self):
        self.refresh_at_each_call("off")
        self.assertEqual(sum(self.scene.lost.values()), 0)

    def test_refresh_with_rotation(self):
        self.refresh_at_each_call("on")

    def test_erase(self):
        self.scene.begin()
        kills = 0
        for n in moments():
            with at(call=n):
                # An hour old, so that erasing it is believed.
                before = self.scene.shift(time.time() + 7200, expires_in=10800)
                token = json.loads(before[".json"])["access_token"]
                asked = len(self.scene.log.lines)
                request = git_request(self.server, username="__oauth__", password=token)
                if self.kill(n, "git-credential-bfabric", "erase", input=request) is None:
                    break
                kills += 1
                self.scene.assertWhole(before)
                self.assertEqual(self.scene.snapshot(), before)
                marker = self.scene.read(".rejected")
                self.assertIn(None if marker is None else (len(marker), marker[-1:]),
                              (None, (65, b"\n")))
                self.assertTrue(self.scene.recover(asked))
        self.assertGreater(kills, 2)
        print(f"# killed at {kills} calls", flush=True)

    # ---- logout ----

    def test_logout(self):
        """Killed anywhere, another logout finishes it: no token is left, none is still valid."""
        kills = 0
        for n in moments():
            with at(call=n):
                self.scene.begin()
                if self.kill(n, "bfabric", "auth", "logout") is None:
                    break
                kills += 1
                for content in self.scene.snapshot().values():
                    self.assertIsInstance(json.loads(content or b"{}"), dict)
                self.assertExit(self.home.run("bfabric", "auth", "logout"), 0)
                self.scene.assertTidy()
                self.assertIsNone(self.scene.read(".json"))
                self.assertNotIn(b"access_token", self.scene.read(".session") or b"")
                self.assertExit(self.home.run("bfabric", "token"), 3)
        alive = [f for f in self.server.state()["families"] if not f["refresh_revoked"]]
        self.assertEqual(alive, [])
        self.assertGreater(kills, 2)
        print(f"# killed at {kills} calls", flush=True)

    # ---- login ----

    LOGIN = ("auth", "device-code")
    CONFIG = "# the lab's own\nOTHER:\n  base_url: https://other.example.org/bfabric/\n"

    def hurried(self):
        return preloaded(self.home, HURRY)

    def login_arguments(self):
        return (*self.LOGIN, self.server.base_url, "--client-id", "CLI", "--scope", "api:read",
                "--env", "SANDBOX")

    def test_first_login(self):
        """The configuration, too, is whole: as it was, or with the environment appended."""
        self.server.control("set", auto_approve=0)
        env = self.hurried()
        self.home.write_config(text=self.CONFIG)
        self.assertExit(self.home.run("bfabric", *self.login_arguments(), env=env), 0)
        whole = self.home.config_file.read_bytes()
        self.assertTrue(whole.startswith(self.CONFIG.encode()))
        kills = 0
        for n in moments():
            with at(call=n):
                for suffix in (".json", ".session"):
                    self.scene.path(suffix).unlink(missing_ok=True)
                before = self.scene.snapshot()
                self.home.write_config(text=self.CONFIG)
                if self.kill(n, "bfabric", *self.login_arguments(), env=env) is None:
                    break
                kills += 1
                self.scene.assertWhole(before, others=[".bfabricpy.yml.tmp"])
                config = self.home.config_file.read_bytes()
                self.assertIn(config, (self.CONFIG.encode(), whole))
                if config == whole:
                    # Logged in or not, but nothing in between, and no request is wasted on it.
                    status = self.home.run("bfabric", "token").status
                    self.assertIn(status, (0, 3))
                    if self.scene.read(".json") is not None:
                        self.assertEqual(status, 0)
                again = self.home.run("bfabric", *self.login_arguments(), env=env)
                self.assertExit(again, 0)
                self.scene.assertTidy()
                self.assertEqual(self.home.config_file.read_bytes(), whole)
                self.assertExit(self.home.run("bfabric", "token"), 0)
        self.assertGreater(kills, 2)
        print(f"# killed at {kills} calls", flush=True)

    def test_login_again(self):
        """Killed in the middle of a second login, one of the two remains."""
        self.server.control("set", auto_approve=0)
        env = self.hurried()
        self.home.write_config(text=self.CONFIG)
        self.assertExit(self.home.run("bfabric", *self.login_arguments(), env=env), 0)
        self.scene.log.new()
        kills = 0
        for n in moments():
            with at(call=n):
                before = self.scene.snapshot()
                config = self.home.config_file.read_bytes()
                asked = len(self.scene.log.lines)
                if self.kill(n, "bfabric", *self.login_arguments(), env=env) is None:
                    break
                kills += 1
                self.scene.assertWhole(before, others=[".bfabricpy.yml.tmp"])
                self.assertEqual(self.home.config_file.read_bytes(), config)
                self.assertTrue(self.scene.recover(asked))
        self.assertGreater(kills, 2)
        print(f"# killed at {kills} calls", flush=True)


class AtRandom(harness.TestCase):
    """Three ask, one of them dies at some moment; its siblings go on."""

    def storm(self, rotation, rounds):
        server = self.enterContext(harness.Sandbox(rotation=rotation))
        home = self.enterContext(harness.Home())
        scene = Scene(self, server, home)
        scene.begin()
        begin = time.monotonic()
        scene.refresh()
        usual = 2 * (time.monotonic() - begin)
        for number in range(rounds):
            with at(round=number):
                before = scene.expire()
                asked = len(scene.log.lines)
                with Herd(home) as herd:
                    herd.add("bfabric", "token")
                    herd.add("bfabric", "token", "--min-ttl", "100")
                    herd.add("git-credential-bfabric", "get", input=git_request(server))
                    herd.release()
                    victim = random.choice(herd.members)
                    time.sleep(random.uniform(0, usual))
                    os.kill(victim.process.pid, signal.SIGKILL)
                    killed_at = time.time()
                    results = herd.results()
                scene.assertWhole(before)
                for member, result in zip(herd.members, results):
                    if member is not victim:
                        self.assertIn(result.status, (0,) if rotation == "off" else (0, 4),
                                      repr(result))
                scene.recover(asked, killed_at)
        print(f"# rotation {rotation}, {rounds} kills; logins lost: {scene.summary()}", flush=True)
        return scene

    def test_without_rotation(self):
        scene = self.storm("off", harness.scaled(500, at_least=20))
        self.assertEqual(sum(scene.lost.values()), 0)

    def test_with_rotation(self):
        self.storm("on", harness.scaled(500, at_least=20))


if __name__ == "__main__":
    harness.main()
