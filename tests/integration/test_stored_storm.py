# SPDX-License-Identifier: MIT
"""Storm with `store: keyring`: a crowd at the moment of expiry, one request, one item.

The server rotates and logs everybody out when a spent token comes back. The store is read and
written by the one who refreshes; the others get the token from the cache.
"""
import unittest

import harness
import stored_case
import secret_service as ss
from herd import Herd, git_request
from stored_case import KeyringCase
from scene import at

CROWD = harness.scaled(200, at_least=30)
ROUNDS = harness.scaled(20, at_least=3)


class _Storm(KeyringCase):
    def expiring(self, lifetime=2):
        self.server.control("set", token_lifetime=lifetime)
        self.token("--force-refresh")
        self.server.control("set", token_lifetime=28800)
        return self.cache()["expires_at"]

    def crowd(self, herd, size=CROWD):
        for i in range(size):
            if i % 2:
                herd.add("git-credential-bfabric", "get",
                         input=git_request(self.server, **{"capability[]": "authtype"}))
            else:
                herd.add("bfabric", "token")

    def storm(self, expires_at, size=CROWD, tries=3):
        """A machine so busy that the keyring does not answer in its two seconds costs nobody the
        login: the crowd comes again."""
        before = len(self.refreshes())
        old, held = self.cache()["access_token"], self.document()["refresh_token"]
        with Herd(self.home, self.env()) as herd:
            self.crowd(herd, size)
            harness.wait_until(expires_at)
            herd.release()
            results = herd.results()
        if tries > 1 and any(r.status == 6 and "in time" in r.err for r in results):
            print("# the keyring took longer than its two seconds", flush=True)
            self.assertLessEqual(len(self.refreshes()) - before, 1)
            return self.storm(0, size, tries - 1)
        for result in results:
            self.assertExit(result, 0)
            self.assertEqual(result.err, "")
        self.assertEqual([line["status"] for line in self.refreshes()[before:]], [200])
        new = self.cache()["access_token"]
        self.assertNotEqual(new, old)
        self.assertEqual({r.fields().get("credential") or r.out.strip() for r in results}, {new})
        self.assertNotEqual(self.assertApart(), held)
        self.assertEqual(len(self.items()), 1)

    def rounds(self, count, size=CROWD):
        self.log_in()
        for number in range(count):
            with at(round=number):
                self.storm(self.expiring(), size)
        self.assertAlive()


@unittest.skipIf(stored_case.missing, stored_case.missing)
class Gnome(_Storm):
    def test_one_request_and_one_item(self):
        self.open_store()
        self.rounds(ROUNDS)

    def test_forced_refreshes(self):
        """Everybody insists: each gets a token that was obtained after it had begun."""
        self.open_store()
        self.log_in()
        with Herd(self.home, self.env()) as herd:
            for _ in range(harness.scaled(40, at_least=10)):
                herd.add("bfabric", "token", "--force-refresh")
            herd.release()
            for result in herd.results():
                self.assertExit(result, 0)
        self.assertEqual(self.refreshes(400), [])
        self.assertEqual(len(self.items()), 1)
        self.assertAlive()

    def test_locked_while_everybody_asks(self):
        """One answer for all, and nobody is logged out."""
        self.open_store()
        self.log_in()
        expires_at = self.expiring(1)
        before = len(self.refreshes())
        self.store.lock()
        with Herd(self.home, self.env()) as herd:
            for _ in range(CROWD):
                herd.add("bfabric", "token")
            harness.wait_until(expires_at)
            herd.release()
            results = herd.results()
        for result in results:
            self.assertUnavailable(result, "locked")
        self.assertEqual(len(self.refreshes()), before)
        self.store.unlock()
        self.storm(0)
        self.assertAlive()


@unittest.skipIf(stored_case.missing or ss.needed("keepassxc"), "KeePassXC is not installed")
class KeePass(_Storm):
    def test_one_request_and_one_item(self):
        self.open_store(ss.KeePassXC())
        self.rounds(harness.scaled(5, at_least=1), size=harness.scaled(100, at_least=20))


if __name__ == "__main__":
    harness.main()
