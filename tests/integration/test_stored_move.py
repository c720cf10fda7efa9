# SPDX-License-Identifier: MIT
"""`auth store`, `auth unlock` and `auth refresh --pending` with real keyrings: a login changes its place,
and nothing of it is lost on the way, wherever the move is cut off.
"""
import json
import random
import unittest

import bfabricpy
import harness
import secret_service as ss
import stored_case
from desktop_bus import seconds
from scene import at
from secret_fake import FakeProvider
from stored_case import PATIENCE, KeyringCase
from test_crash import KILLAT
from test_stored_interop import GIT_STORE


class _Move(KeyringCase):
    def move(self, store, status=0, **more):
        result = self.bfabric("auth", "store", store, **more)
        self.assertExit(result, status)
        return result

    def assertInFiles(self):
        """The refresh token is in the cache, where bfabricPy finds it too, and in no keyring."""
        self.assertEqual(self.items(), [])
        refresh = self.cache()["refresh_token"]
        self.token("--force-refresh")
        self.assertNotEqual(self.cache()["refresh_token"], refresh)
        self.assertEqual(self.refreshes(400), [])

    def there_and_back(self, store):
        self.open_store(store)
        self.log_in(store=None)
        for _ in range(2):
            old = self.cache()["refresh_token"]
            self.move("keyring")
            # Copies of the files in backups are spent.
            self.assertNotEqual(self.assertApart(), old)
            self.assertAlive()
            old = self.document()["refresh_token"]
            self.move("file")
            self.assertNotEqual(self.cache()["refresh_token"], old)
            self.assertInFiles()
        self.assertEqual(len(self.home.config_file.read_text().split("store:")), 1)


@unittest.skipIf(stored_case.missing, stored_case.missing)
class Gnome(_Move):
    def test_there_and_back(self):
        self.there_and_back(ss.GnomeKeyring())

    @bfabricpy.needed
    def test_bfabricpy_goes_on(self):
        """Back in files its login is bfabricPy's again, with all that belongs to it."""
        self.open_store()
        self.log_in()
        self.move("file")
        self.expire()
        before = len(self.refreshes(200))
        self.assertExit(bfabricpy.run(self.home, bfabricpy.PRINT_TOKEN), 0)
        self.assertEqual(len(self.refreshes(200)), before + 1)
        self.token("--force-refresh")
        self.assertEqual(self.refreshes(400), [])

    @unittest.skipUnless(GIT_STORE, "git-credential-store is not where it usually is")
    def test_from_store_to_store(self):
        self.open_store()
        self.log_in()
        kept = self.home.home / ".git-credentials"
        self.move(GIT_STORE)
        self.assertEqual(self.items(), [])
        self.assertEqual(len(kept.read_text().splitlines()), 1)
        self.token("--force-refresh")
        self.move("keyring")
        self.assertEqual(kept.read_text(), "")
        self.assertAlive()

    def test_nothing_changes_while_the_keyring_is_away(self):
        self.open_store()
        self.log_in(store=None)
        before = {p: p.read_bytes() for p in self.home.tokens.glob("*.[js]*")
                  if not p.name.endswith(".lock")}
        before[self.home.config_file] = self.home.config_file.read_bytes()
        asked = len(self.refreshes())

        def refused(place=None):
            took, result = seconds(self.move, "keyring", 6, place=place)
            self.assertLess(took, PATIENCE)
            self.assertEqual({p: p.read_bytes() for p in before}, before)
            self.assertEqual(len(self.refreshes()), asked)
            return result.err
        self.store.lock()
        self.assertIn("locked", refused())
        self.store.unlock()
        self.store.stop()
        self.assertIn("answer", refused())
        self.store.cont()
        self.assertIn("bus", refused(ss.NoBus()))
        with ss.NoProvider() as place:
            refused(place)
        self.assertEqual(self.items(), [])
        self.move("keyring")
        self.assertAlive()

    def test_back_while_the_keyring_is_locked(self):
        self.open_store()
        self.log_in()
        refresh = self.assertApart()
        self.store.lock()
        self.assertIn("locked", self.move("file", 6).err)
        self.store.unlock()
        self.assertEqual(self.assertApart(), refresh)
        self.move("file")
        self.assertInFiles()

    def test_cut_off(self):
        """Killed before any system call, its own and those of bfabric-keyring: the login lives, and the
        same command finishes it."""
        self.open_store()
        self.log_in(store=None)
        told = self.home.path / "killat.json"

        def run_until(n, store):
            result = harness.run([KILLAT, told, str(n),
                                  *self.home.command("bfabric", "auth", "store", store)],
                                 self.env(), cwd=self.home.home)
            return json.loads(told.read_text()), result
        lost, tried = [], 0
        for store in ("keyring", "file"):
            counted, result = run_until(0, store)
            self.assertExit(result, 0)
            self.move("file" if store == "keyring" else "keyring")
            step = max(1, counted["calls"] // harness.scaled(80, at_least=4))
            for n in range(random.randint(1, step), counted["calls"], step):
                with at(call=n, to=store):
                    tried += 1
                    run_until(n, store)
                    after = self.bfabric("token", "--force-refresh")
                    if after.status:
                        # The token was spent, and the reply was still on its way.
                        self.assertExit(after, 4)
                        self.assertEqual(self.refreshes()[-1]["status"], 400)
                        self.forgive()
                        lost.append((store, n))
                        self.log_in(store="keyring" if store == "file" else None)
                        continue
                    self.move(store)
                    if store == "keyring":
                        self.assertAlive()
                    else:
                        self.assertInFiles()
                    self.move("file" if store == "keyring" else "keyring")
        self.assertLessEqual(len(lost), 2 + tried // 20, lost)
        print(f"# killed at {tried} moments of two moves, logins lost: {lost}", flush=True)


@unittest.skipIf(stored_case.missing or ss.needed("keepassxc"), "KeePassXC is not installed")
class KeePass(_Move):
    def test_there_and_back(self):
        self.there_and_back(ss.KeePassXC())


@unittest.skipIf(stored_case.missing, stored_case.missing)
class Waiting(KeyringCase):
    def setUp(self):
        super().setUp()
        self.open_store()
        self.log_in()

    def test_unlock_without_anybody(self):
        """The command that helps says so when nobody is there to be asked."""
        self.store.lock()
        for place in (self.store, self.enterContext(FakeProvider())):
            took, result = seconds(self.bfabric, "auth", "unlock", place=place)
            self.assertExit(result, 6)
            self.assertLess(took, PATIENCE)
        self.store.unlock()
        self.assertExit(self.bfabric("auth", "unlock"), 0)

    def test_moved_by_the_unit(self):
        """A token that came while the keyring was locked goes there without the network."""
        self.server.control("fault", endpoint="token", kind="delay-after", arg="3", count="1")
        self.expire()
        process = self.home.start("bfabric", "token", env=self.env())
        harness.wait_for(lambda: self.server.state()["in_flight"] > 0)
        self.store.lock()
        self.assertExit(harness.finish(process), 0)
        for _ in range(2):
            self.assertExit(self.bfabric("auth", "refresh", "--all", "--pending"), 6)
        (rescue,) = self.home.runtime.rglob("*rescue*")
        token = json.loads(rescue.read_text())["token"]["refresh_token"]
        self.store.unlock()
        asked = len(self.refreshes())
        self.assertExit(self.bfabric("auth", "refresh", "--all", "--pending"), 0)
        self.assertEqual(len(self.refreshes()), asked)
        self.assertEqual(list(self.home.runtime.rglob("*rescue*")), [])
        self.assertEqual(self.assertApart(), token)
        self.assertAlive()

    def test_what_bfabricpy_brought(self):
        theirs = self.server.mint(client_id="CLI", lifetime=28800)
        self.home.write_cache(self.server.base_url, theirs)
        asked = len(self.refreshes())
        self.assertExit(self.bfabric("auth", "refresh", "--pending"), 0)
        self.assertEqual(self.assertApart(), theirs["refresh_token"])
        self.assertEqual(self.cache()["access_token"], theirs["access_token"])
        self.assertEqual(len(self.refreshes()), asked)
        self.assertAlive()


if __name__ == "__main__":
    harness.main()
