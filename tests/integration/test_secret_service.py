# SPDX-License-Identifier: MIT
"""The secret stores of the tests are what they say: seen through libsecret's own secret-tool.

What other tests build on: a locked store is locked, a deaf bus is deaf, a dead one is dead.
"""
import contextlib
import os
import signal
import subprocess
import threading
import unittest

import dbus_wire
import harness
import secret_service as ss
from desktop_bus import seconds
from secret_fake import DENIED, FakeProvider

SHORT = 0.7  # s; long enough for a working store to answer

_missing = ss.needed("secret-tool", "gnome-keyring-daemon", "dbus-daemon")


def tool(place, *arguments, input=None, timeout=20):
    env = {**harness.base_environment(), **place.env()}
    env = {name: value for name, value in env.items() if value is not None}
    return harness.run(["secret-tool", *arguments], env, input, timeout)


class _Case(harness.TestCase):
    def assertHangs(self, place, *arguments, check=None):
        """Still waiting after a while, at the place where it should be, and then ended."""
        env = {**harness.base_environment(), **place.env()}
        with subprocess.Popen(["secret-tool", *arguments], env=env, stdin=subprocess.DEVNULL,
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            try:
                harness.wait_for(check or (lambda: True))
                with self.assertRaises(subprocess.TimeoutExpired):
                    process.wait(SHORT)
            finally:
                process.kill()

    def assertStore(self, store):
        """Items come, are seen by everyone, change and go."""
        self.assertExit(tool(store, "store", "--label=A login", "service", "s", "username", "E",
                             input="first"), 0)
        item = store.item(service="s", username="E")
        self.assertEqual(item.secret(), b"first")
        self.assertEqual(item.label(), "A login")
        self.assertLessEqual({"service": "s", "username": "E"}.items(), item.attributes().items())
        item.change(b"by another")
        self.assertEqual(tool(store, "lookup", "service", "s").out, "by another")
        second = store.add(b"second", service="s", username="E", more="yes")
        self.assertEqual(len(store.items(service="s", username="E")), 2)
        second.delete()
        self.assertEqual(store.item(service="s").secret(), b"by another")
        large = os.urandom(30 << 10).hex().encode()
        item.change(large)
        self.assertEqual(item.secret(), large)
        store.rest()
        item.change(b"kept")
        store.rest()

    def assertLocks(self, store):
        store.lock()
        self.assertTrue(store.locked())
        self.assertEqual(tool(store, "search", "service", "s").out.count("secret = "), 0)
        store.unlock()
        self.assertFalse(store.locked())
        self.assertEqual(tool(store, "lookup", "service", "s").out, "kept")


@unittest.skipIf(_missing, _missing)
class Gnome(_Case):
    def setUp(self):
        self.store = self.enterContext(ss.GnomeKeyring())

    def test_items(self):
        self.assertStore(self.store)
        self.assertLocks(self.store)

    def test_restart_and_wrong_password(self):
        self.store.add(b"kept", service="s")
        self.store.restart()
        self.assertEqual(self.store.item(service="s").secret(), b"kept")
        self.store.restart(password="another")
        self.assertTrue(self.store.locked())
        self.store.unlock()
        self.assertEqual(self.store.item(service="s").secret(), b"kept")

    def test_nobody_logged_in(self):
        with ss.GnomeKeyring(password=None) as store:
            self.assertTrue(store.owned())
            self.assertEqual(store.collection(), "/")
            self.assertNotEqual(tool(store, "store", "--label=x", "a", "b", input="x").status, 0)

    def test_stopped_and_killed(self):
        self.store.add(b"kept", service="s")
        self.store.stop()
        self.assertHangs(self.store, "lookup", "service", "s")
        self.store.cont()
        self.assertEqual(tool(self.store, "lookup", "service", "s").out, "kept")
        self.store.kill()
        self.assertFalse(self.store.owned())
        self.assertNotEqual(tool(self.store, "lookup", "service", "s").status, 0)
        self.store.start()
        self.assertEqual(tool(self.store, "lookup", "service", "s").out, "kept")

    def test_dies_in_a_call(self):
        self.store.add(b"kept", service="s")
        with self.store.kill_in_call() as monitor:
            result = tool(self.store, "lookup", "service", "s")
        self.assertNotEqual(result.status, 0)
        self.assertTrue(monitor.calls())
        with self.assertRaisesRegex(AssertionError, "nobody"), self._idle_crash():
            pass

    def _idle_crash(self):
        self.store.start()
        return self.store.kill_in_call()

    def test_crash_while_the_test_asks(self):
        """The test's own question is asked once more, and only once."""
        item = self.store.add(b"kept", service="s")
        for locked in (False, True):
            with self.subTest(locked=locked), self.crash():
                if locked:
                    with self.assertRaisesRegex(dbus_wire.Failure, "NoReply"):
                        item.secret()
                else:
                    self.assertEqual(item.secret(), b"kept")
                    self.store.lock()
        self.assertTrue(self.store.shut)

    @contextlib.contextmanager
    def crash(self):
        """The daemon dies at the next call, by itself as it seems."""
        pid = self.store.service.pid
        self.store.stop()
        with self.store.monitor() as monitor:
            def die():
                harness.wait_for(monitor.calls)
                os.killpg(pid, signal.SIGKILL)
            thread = threading.Thread(target=die)
            thread.start()
            yield
            thread.join()

    def test_monitor_sees_what_is_said_in_clear(self):
        with self.store.monitor() as monitor:
            self.store.add(b"Said-In-Clear", service="s")
            harness.wait_for(lambda: "CreateItem" in monitor.calls())
            self.assertIn("Said-In-Clear", monitor.text())

    def test_two_at_once_know_nothing_of_each_other(self):
        with ss.GnomeKeyring() as other:
            self.store.add(b"here", service="s")
            self.assertEqual(other.items(service="s"), [])
            self.store.kill()
            self.assertTrue(other.owned())

    def test_nothing_stays(self):
        before = set(os.listdir("/proc"))
        with ss.GnomeKeyring() as store, ss.SleepingProvider() as sleeping:
            starter = threading.Thread(target=lambda: tool(sleeping, "lookup", "a", "b"))
            starter.start()
            harness.wait_for(sleeping.has_started)
            paths = (store.path, sleeping.path)
        starter.join()
        marks = [str(path).encode() for path in paths]

        def ours():
            for pid in set(os.listdir("/proc")) - before:
                try:
                    with open(f"/proc/{pid}/environ", "rb") as file:
                        text = file.read()
                except OSError:
                    continue
                if any(mark in text for mark in marks):
                    return pid
            return None
        harness.wait_for(lambda: not ours())
        self.assertFalse(any(path.exists() for path in paths))


@unittest.skipIf(_missing or ss.needed("keepassxc"), "KeePassXC is not installed")
class KeePass(_Case):
    def test_items(self):
        with ss.KeePassXC() as store, ss.KeePassXC() as other:
            self.assertStore(store)
            self.assertEqual(other.items(service="s"), [])
            self.assertLocks(store)


@unittest.skipIf(_missing, _missing)
class BadDays(_Case):
    def test_no_bus_and_stale_bus(self):
        with ss.NoBus() as none, ss.StaleBus() as stale:
            for place in (none, stale):
                self.assertNotEqual(tool(place, "lookup", "a", "b").status, 0)
            self.assertTrue(stale.socket.exists())

    def test_deaf_bus(self):
        with ss.DeafBus() as deaf:
            self.assertHangs(deaf, "lookup", "a", "b", check=lambda: deaf.accepted)

    def test_no_provider(self):
        with ss.NoProvider() as bus:
            self.assertFalse(bus.owned())
            self.assertIn("not provided", tool(bus, "lookup", "a", "b").err)

    def test_sleeping_provider(self):
        with ss.SleepingProvider() as bus:
            self.assertHangs(bus, "lookup", "a", "b", check=bus.has_started)
            self.assertFalse(bus.owned())

    def test_failing_provider(self):
        with ss.FailingProvider() as bus:
            self.assertNotEqual(tool(bus, "lookup", "a", "b").status, 0)
            self.assertEqual(bus.has_started(), 1)

    def test_bus_that_denies(self):
        with ss.GnomeKeyring(policy=f'<deny send_destination="{ss.SECRETS}"'
                             ' send_interface="org.freedesktop.Secret.Service"'
                             ' send_member="SearchItems"/>') as store:
            self.assertIn("Rejected send message", tool(store, "lookup", "a", "b").err)

    def test_prompt_dismissed_or_ignored(self):
        with FakeProvider() as fake:
            # Locked looks like empty here: the reason why we ask in another way.
            self.assertEqual(tool(fake, "lookup", "a", "b").out, "")
            self.assertIn("Prompt", fake.called)
        for prompt in ("ignore", "nonsense"):
            with FakeProvider(prompt=prompt) as fake:
                self.assertHangs(fake, "lookup", "a", "b", check=lambda: "Prompt" in fake.called)

    def test_provider_that_dies_hangs_or_refuses(self):
        with FakeProvider(crash="SearchItems") as fake:
            self.assertIn("disconnected", tool(fake, "lookup", "a", "b").err)
            self.assertEqual(fake.called[-1], "SearchItems")
            self.assertFalse(fake.owned())
        with FakeProvider(hang="SearchItems") as fake:
            self.assertHangs(fake, "lookup", "a", "b", check=lambda: "SearchItems" in fake.called)
        with FakeProvider(refuse={"SearchItems": DENIED}) as fake:
            self.assertIn("as the test wants it", tool(fake, "lookup", "a", "b").err)

    def test_fake_that_is_unlocked_answers(self):
        with FakeProvider(locked=False) as fake:
            took, result = seconds(tool, fake, "lookup", "a", "b")
            self.assertEqual(result.out, "{}", repr(result))
            self.assertLess(took, 20)


if __name__ == "__main__":
    harness.main()
