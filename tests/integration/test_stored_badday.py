# SPDX-License-Identifier: MIT
"""Bad days of the secret store, met by a login whose token has expired.

Each ends within its bound, with exit code 6 and its own message, for `bfabric token`, for git's helper
and for `auth status`; nothing is spent, and when the store is back the login goes on. Before the
token expires nobody notices anything: the store is not even asked.
"""
import contextlib
import threading
import unittest

import harness
import stored_case
import secret_service as ss
from desktop_bus import seconds
from herd import git_request
from stored_case import PATIENCE, KeyringCase
from secret_fake import DENIED, FakeProvider

NO_SERVICE = r"no (secret service|session bus|keyring)|not (running|answer)|no .*(bus|service)"


class BadDay(KeyringCase):
    def setUp(self):
        super().setUp()
        self.open_store()
        self.log_in()
        self.refresh = self.assertApart()
        self.expire()
        self.asked = len(self.refreshes())

    def day(self, place, *words, back=True, env=None):
        """All faces on that day; afterwards the login lives. Returns what `bfabric token` said."""
        took, result = seconds(self.bfabric, "token", place=place, env=env)
        self.assertUnavailable(result, *words)
        self.assertLess(took, PATIENCE, repr(result))
        told = {}

        def git():
            told["git"] = seconds(
                self.bfabric, "get", place=place, env=env, program="git-credential-bfabric",
                input=git_request(self.server, **{"capability[]": "authtype"}))

        def status():
            told["status"] = seconds(self.bfabric, "auth", "status", place=place, env=env)
        threads = [threading.Thread(target=one) for one in (git, status)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for took, one in told.values():
            self.assertLess(took, PATIENCE, repr(one))
            self.assertNoSecret(one, self.reply, {"refresh_token": self.refresh})
        git, status = told["git"][1], told["status"][1]
        self.assertExit(status, 6)
        self.assertExit(git, 6)
        self.assertEqual(git.out, "quit=1\n")
        for word in words:
            self.assertRegex(git.err, word)
            self.assertRegex(status.out + status.err, word)
        self.assertEqual(len(self.refreshes()), self.asked, "a token was spent on a bad day")
        if back:
            self.token()
            self.assertAlive()
        return result.err


@unittest.skipIf(stored_case.missing, stored_case.missing)
class Days(BadDay):
    """Those that are over at once."""

    def test_no_bus(self):
        self.day(ss.NoBus(), "bus")

    def test_stale_bus(self):
        with ss.StaleBus() as place:
            self.day(place, "bus")

    def test_no_provider(self):
        with ss.NoProvider() as place:
            self.day(place, NO_SERVICE)

    def test_provider_that_fails_to_start(self):
        with ss.FailingProvider() as place:
            self.day(place)
            self.assertGreater(place.has_started(), 0)

    def test_locked(self):
        self.store.lock()
        self.day(self.store, "locked", "bfabric auth unlock", back=False)
        self.store.unlock()
        self.token()
        self.assertAlive()

    def test_no_default_collection(self):
        with ss.GnomeKeyring(password=None) as place:
            self.day(place, "default")

    def test_crash_in_the_call(self):
        for member in ("OpenSession", "ReadAlias", "SearchItems"):
            with FakeProvider(crash=member, locked=False) as place:
                result = self.bfabric("token", place=place)
                if member in place.called:
                    self.assertUnavailable(result)
        with self.store.kill_in_call():
            took, result = seconds(self.bfabric, "token")
        self.assertUnavailable(result)
        self.assertLess(took, PATIENCE)
        self.store.start()
        self.token()
        self.assertAlive()

    def test_denied(self):
        with FakeProvider(refuse={"SearchItems": DENIED}, locked=False) as place:
            self.day(place, "denied|refused|not allowed")

    def test_nonsense_in_the_environment(self):
        """libsecret waits for ever for a back end that it does not know."""
        self.day(self.store, "SECRET_BACKEND", env={"SECRET_BACKEND": "nonsense"})

    def test_messages_differ(self):
        """A person can tell by the message which day it is."""
        said = {}
        self.store.lock()
        with contextlib.ExitStack() as stack:
            for name, place in (("locked", self.store), ("none", ss.NoBus()),
                                ("stale", stack.enter_context(ss.StaleBus())),
                                ("missing", stack.enter_context(ss.NoProvider())),
                                ("alias", stack.enter_context(ss.GnomeKeyring(password=None)))):
                said[name] = self.bfabric("token", place=place).err
        self.assertEqual(len(set(said.values())), len(said), said)


@unittest.skipIf(stored_case.missing, stored_case.missing)
class SlowDays(BadDay):
    """Those that would last for 25 seconds, two minutes or for ever."""

    def test_deaf_bus(self):
        with ss.DeafBus() as place:
            self.day(place, "answer|time")
            harness.wait_for(lambda: place.accepted)

    def test_provider_that_never_appears(self):
        with ss.SleepingProvider() as place:
            self.day(place)
            harness.wait_for(place.has_started)

    def test_stopped(self):
        self.store.stop()
        self.day(self.store, "answer|time", back=False)
        self.store.cont()
        self.token()
        self.assertAlive()

    def test_hangs_in_the_call(self):
        with FakeProvider(hang="SearchItems", locked=False) as place:
            self.day(place, "answer|time")
            self.assertIn("SearchItems", place.called)


@unittest.skipIf(stored_case.missing, stored_case.missing)
class OtherDays(BadDay):
    def test_expired_soon_is_served_with_a_warning(self):
        """What can still be used is not withheld."""
        self.expire(+30)
        self.store.lock()
        result = self.bfabric("token")
        self.assertExit(result, 0)
        self.assertEqual(result.out.strip(), self.cache()["access_token"])
        self.assertRegex(result.err, "locked")
        self.assertEqual(len(self.refreshes()), self.asked)

    def test_fresh_token_touches_nothing(self):
        self.expire(+28000)
        token = self.cache()["access_token"]
        with ss.DeafBus() as deaf, ss.SleepingProvider() as sleeping, self.store.monitor() as seen:
            for place in (deaf, sleeping, self.store, ss.NoBus()):
                for _ in range(3):
                    result = self.bfabric("token", place=place)
                    self.assertExit(result, 0)
                    self.assertEqual((result.out.strip(), result.err), (token, ""))
                    result = self.bfabric("get", place=place, program="git-credential-bfabric",
                                          input=git_request(self.server))
                    self.assertEqual(result.fields()["password"], token)
                    self.assertEqual(result.err, "")
            self.assertEqual((deaf.accepted, sleeping.has_started(), seen.calls()), (0, 0, []))

    def test_the_bus_in_the_runtime_directory(self):
        """No address in the environment, as in a Slurm job or after su: the usual place is tried."""
        with ss.GnomeKeyring(socket=self.home.runtime / "bus") as store:
            document = self.item()
            store.add(document.secret(), label=document.label(), **{
                name: value for name, value in document.attributes().items()
                if not name.startswith("xdg:")})
            result = self.bfabric("token", place=ss.NoBus())
            self.assertExit(result, 0)
            self.assertEqual(len(store.items(service="bfabric")), 1)

    def test_sigkill_of_the_daemon_between_calls(self):
        for _ in range(harness.scaled(5, at_least=1)):
            self.store.kill()
            self.expire()
            self.assertUnavailable(self.bfabric("token"))
            self.store.start()
            self.token()
        self.assertAlive()


@unittest.skipIf(stored_case.missing or ss.needed("keepassxc"), "KeePassXC is not installed")
class KeePass(KeyringCase):
    def test_locked_and_back(self):
        self.open_store(ss.KeePassXC())
        self.log_in()
        self.assertApart()
        self.expire()
        self.store.lock()
        took, result = seconds(self.bfabric, "token")
        self.assertUnavailable(result, "locked")
        self.assertLess(took, PATIENCE)
        self.store.unlock()
        self.token()
        self.assertAlive()
        self.store.stop()
        self.expire()
        took, result = seconds(self.bfabric, "token")
        self.assertUnavailable(result)
        self.assertLess(took, PATIENCE)
        self.store.cont()
        self.token()
        self.assertAlive()


if __name__ == "__main__":
    harness.main()
