# SPDX-License-Identifier: MIT
"""The library in a program that runs for long: what asking a store leaves behind is nothing.

Whatever the program does with SIGCHLD, its own children stay its own, and the store's answers come
through: a host that ignores the signal never learns how a child ended.
"""
import json
import time
import unittest

import harness
import stored_case
import secret_service as ss
from stored_case import KeyringCase

HOST = harness.BUILD / "tests" / "tools" / "host"
MODES = ("default", "ignore", "nocldwait", "block", "reap")


@unittest.skipIf(stored_case.missing, stored_case.missing)
class Host(KeyringCase):
    def setUp(self):
        super().setUp()
        self.open_store()
        self.log_in()

    def host(self, mode, count, pause=0, place=None):
        """Lines of its calls, after what it left behind was found to be nothing."""
        result = harness.run([HOST, mode, str(count), str(pause)], self.env(place),
                             cwd=self.home.home)
        self.assertExit(result, 0)
        *calls, last = result.out.splitlines()
        left = json.loads(last)
        own = left.pop("own")
        self.assertEqual(set(left.values()), {0}, repr(result))
        # A host that ignores the signal does not learn it of its own child either.
        self.assertEqual(own, -1 if mode in ("ignore", "nocldwait") else 7, repr(result))
        self.assertEqual(len(calls), count)
        return calls

    def test_refreshes(self):
        for mode in MODES:
            with self.subTest(mode=mode):
                before = len(self.refreshes())
                self.expire()
                self.assertEqual(self.host(mode, 1), ["ok"])
                self.assertEqual(len(self.refreshes()) - before, 1)
        self.assertAlive()

    def test_refreshes_again_and_again(self):
        self.server.control("set", token_lifetime=1)
        self.token("--force-refresh")
        before = len(self.refreshes())
        harness.wait_until(self.cache()["expires_at"])
        count = harness.scaled(30, at_least=3)
        self.assertEqual(self.host("default", count, pause=1100), ["ok"] * count)
        self.assertEqual(len(self.refreshes()) - before, count)
        self.assertAlive()

    def test_store_that_is_locked(self):
        self.expire()
        self.store.lock()
        for mode in MODES:
            with self.subTest(mode=mode):
                for line in self.host(mode, harness.scaled(100, at_least=5)):
                    self.assertRegex(line, "^6 .*locked")
        self.assertEqual(self.refreshes(400), [])

    def test_store_that_hangs(self):
        """The child is killed and reaped, with everything that it had started."""
        self.expire()
        with ss.DeafBus() as place:
            for mode in ("default", "ignore", "reap"):
                with self.subTest(mode=mode):
                    began = time.monotonic()
                    self.assertRegex(self.host(mode, 1, place=place)[0], "^6 ")
                    self.assertLess(time.monotonic() - began, stored_case.PATIENCE)

    def test_program_that_leaves_children(self):
        """A store program of somebody else that starts what never ends, and ignores what it is told."""
        for body in ("sleep 1000 & sleep 1000", "sleep 1000 >/dev/null 2>&1 & exit 0",
                     "trap '' TERM HUP INT; while :; do sleep 1000; done",
                     "cat >/dev/null; kill -9 $$"):
            with self.subTest(body=body):
                mark = self.home.path / "pids"
                program = self.home.write(self.home.path / "store",
                                          f"#!/bin/sh\necho $$ >>{mark}\n{body}\n", 0o700)
                self.home.write_config(self.server.base_url, own={"store": program})
                self.expire()
                self.assertRegex(self.host("default", 1)[0], "^6 ")


if __name__ == "__main__":
    harness.main()
