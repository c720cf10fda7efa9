# SPDX-License-Identifier: MIT
"""The store is lost while a token is being refreshed: the server has rotated, and the only copy of the
new refresh token cannot go where it belongs.

It survives as a rescue copy, the answer is served with a warning, and the next run with the store
back puts it there: the login lives.
"""
import json
import random
import unittest

import harness
import stored_case
import secret_service as ss
from stored_case import KeyringCase
from scene import at
from test_crash import KILLAT


@unittest.skipIf(stored_case.missing, stored_case.missing)
class Lost(KeyringCase):
    def setUp(self):
        super().setUp()
        self.open_store()
        self.log_in()
        self.old = self.assertApart()
        self.expire()

    def rescues(self):
        return [self.home.path / name for name in self.home.files() if "rescue" in name]

    def refresh_while(self, disturb, env=None):
        """A refresh whose reply is on its way while the store is disturbed."""
        self.server.control("fault", endpoint="token", kind="delay-after", arg="3", count="1")
        process = self.home.start("bfabric", "token", env=self.env(**(env or {})))
        harness.wait_for(lambda: self.server.state()["in_flight"] > 0)
        disturb()
        result = harness.finish(process)
        self.assertExit(result, 0)
        self.assertEqual(result.out.strip(), self.cache()["access_token"])
        self.assertEqual(result.err.count("\n"), 1, repr(result))
        self.assertNoSecret(result, {"refresh_token": self.old})
        return result

    def assertRescued(self, below):
        (rescue,) = self.rescues()
        self.assertTrue(rescue.is_relative_to(below), rescue)
        self.assertEqual(rescue.stat().st_mode & 0o777, 0o600)
        self.assertEqual(rescue.parent.stat().st_mode & 0o077, 0)
        token = json.loads(rescue.read_text())["token"]["refresh_token"]
        self.assertNotEqual(token, self.old)
        self.assertNotIn("refresh_token", self.cache())
        return token

    def assertRestored(self):
        self.assertEqual(self.rescues(), [])
        self.assertAlive()

    def test_stopped(self):
        self.refresh_while(self.store.stop)
        self.assertRescued(self.home.runtime)
        self.store.cont()
        self.expire()
        self.token()
        self.assertRestored()

    def test_killed(self):
        said = self.refresh_while(self.store.kill)
        self.assertRescued(self.home.runtime)
        self.assertRegex(said.err, r"keyring|secret")
        # While it is away, the access token is served, and the rescue copy waits.
        for _ in range(2):
            self.token()
            self.assertEqual(len(self.rescues()), 1)
        self.store.start()
        self.token("--force-refresh")
        self.assertRestored()

    def test_no_runtime_directory(self):
        """Then beside the record, which is still better than nowhere."""
        self.refresh_while(self.store.kill, env={"XDG_RUNTIME_DIR": None})
        self.assertRescued(self.home.tokens)
        self.store.start()
        self.expire()
        self.token(env={"XDG_RUNTIME_DIR": None})
        self.assertRestored()

    def test_twice(self):
        """The rescue copy itself is spent while the store is still away: the newest one counts."""
        self.refresh_while(self.store.kill)
        first = self.assertRescued(self.home.runtime)
        self.expire()
        result = self.bfabric("token")
        self.assertIn(result.status, (0, 6), repr(result))
        self.store.start()
        self.expire()
        self.token()
        self.assertRestored()
        self.assertNotEqual(self.document()["refresh_token"], first)

    def test_new_login_meanwhile(self):
        """A rescue copy of an earlier login is not brought back over a later one."""
        self.refresh_while(self.store.kill)
        rescued = self.assertRescued(self.home.runtime)
        self.store.start()
        reply = self.server.mint(client_id="CLI", lifetime=28800)
        self.home.write_cache(self.server.base_url, reply)
        self.expire()
        self.token()
        self.assertNotEqual(self.assertApart(), reply["refresh_token"])
        self.assertNotIn(rescued, self.files_text())
        self.assertAlive()

    def test_status_tells(self):
        self.refresh_while(self.store.kill)
        result = self.bfabric("auth", "status")
        self.assertRegex(result.out + result.err, "rescue|waits|not yet")


@unittest.skipIf(stored_case.missing, stored_case.missing)
class Killed(KeyringCase):
    """Our own programs are killed just before their n-th system call, those of the keyring too."""

    def run_until(self, n):
        told = self.home.path / "killat.json"
        result = harness.run([KILLAT, told, str(n), *self.home.command("bfabric", "token")],
                             self.env(), cwd=self.home.home)
        return json.loads(told.read_text()), result

    def outlives(self, n):
        """Does the login live on after a refresh that was cut off there?"""
        self.expire()
        asked, held = len(self.refreshes()), self.document()["refresh_token"]
        self.run_until(n)
        after = self.bfabric("token", "--force-refresh")
        if after.status == 0:
            self.assertNotEqual(self.assertApart(), held)
            self.assertEqual(len(self.items()), 1)
            return True
        # Only where the server had rotated, and the token died with the program.
        self.assertExit(after, 4)
        self.assertEqual(self.refreshes()[asked]["status"], 200, repr(after))
        self.log_in()
        return False

    def test_refresh(self):
        self.open_store()
        self.log_in()
        self.expire()
        counted, result = self.run_until(0)
        self.assertExit(result, 0)
        step = max(1, counted["calls"] // harness.scaled(120, at_least=12))
        fates = ""
        for n in range(random.randint(1, step), counted["calls"], step):
            with at(call=n):
                fates += "." if self.outlives(n) else "L"
        # Only while the reply is on its way: as soon as it is there, a copy outlives us.
        self.assertLessEqual(fates.count("L"), 2 + len(fates) // 20, fates)
        self.assertEqual([name for name in self.home.files() if name.endswith(".tmp")], [])
        print(f"# killed before each {step}th of {counted['calls']} calls, logins lost (L): {fates}",
              flush=True)


if __name__ == "__main__":
    harness.main()
