# SPDX-License-Identifier: MIT
"""Canaries in a login with `store: keyring`: the secret is in the item's secret and nowhere else.

Not in attributes or labels, command lines, environments, what our programs say with every trace on,
files, core files, and not readable on the bus for who listens there.
"""
import os
import resource
import signal
import unittest

import harness
import stored_case
import secret_service as ss
from stored_case import KeyringCase
from scene import preloaded
from test_canary import Watch
from wiretap import Wiretap


@unittest.skipIf(stored_case.missing, stored_case.missing)
class Canary(KeyringCase):
    settings = {"discovery": "absent", "interval": 1}

    def setUp(self):
        super().setUp()
        self.tap = self.enterContext(Wiretap(self.server))
        self.said, self.known = [], set()

    def log_in(self):
        self.home.write_config(self.tap.base_url, own={"store": "keyring"})
        self.place = lambda suffix=".json": self.home.place(self.tap.base_url, suffix)
        self.cache = lambda: self.home.read_cache(self.tap.base_url)
        self.record = lambda: self.home.read_record(self.tap.base_url)
        reply = self.server.mint(client_id="CLI", lifetime=28800)
        self.known.update((reply["access_token"], reply["refresh_token"]))
        self.home.write_cache(self.tap.base_url, reply)
        self.assertExit(self.traced("token", "--force-refresh"), 0)

    def traced(self, *arguments, place=None, **more):
        result = self.bfabric(*arguments, place=place, env={
            "BFABRIC_TRACE": "1", "G_MESSAGES_DEBUG": "all", "G_DBUS_DEBUG": "all",
            "SECRET_DEBUG": "all"}, **more)
        self.said.append((arguments, result.err + (result.out if result.status else "")))
        return result

    def canaries(self):
        found = self.tap.secrets() | self.known
        self.assertGreater(len(found), 2)
        return found

    def assertUnseen(self, text, where):
        for one in self.canaries():
            own = one.rsplit(".", 1)[-1]  # of a JWT: other tokens of its user are alike before that
            half = len(own) // 2
            for piece in (own[half:half + 24], own[-24:]) if len(own) > 80 else (own,):
                if piece in text:
                    at = text.index(piece)
                    self.fail(f"{where}: {piece} in {text[max(0, at - 500):at + 100]!r}")

    def assertNothingSaid(self):
        for arguments, text in self.said:
            self.assertUnseen(text, arguments)

    def everything(self):
        """Each way in which the programs handle the secret."""
        for _ in range(harness.scaled(10, at_least=2)):
            self.assertExit(self.traced("token", "--force-refresh", "-v"), 0)
        self.traced("auth", "status")
        self.said.append(("status", self.traced("auth", "status", "--json").out))
        self.said.append(("doctor", self.traced("doctor").out))
        # Adopted from a login of bfabricPy, and moved.
        reply = self.server.mint(client_id="CLI", lifetime=28800)
        self.known.update((reply["access_token"], reply["refresh_token"]))
        self.home.write_cache(self.tap.base_url, reply)
        self.traced("auth", "refresh", "--pending", "-v")
        self.assertExit(self.traced("token", "--force-refresh"), 0)
        with ss.NoBus() as place:
            self.traced("token", "--force-refresh", "-v", place=place)
        self.store.lock()
        self.traced("token", "--force-refresh", "-v")
        self.store.unlock()

    def check(self, store):
        self.open_store(store)
        with self.store.monitor() as monitor, Watch() as watch:
            self.log_in()
            self.everything()
        # From here on we look at the item ourselves, in clear.
        self.assertApart()
        self.assertGreater(watch.looks, 100)
        self.assertTrue(any(b"bfabric-keyring" in text for text in watch.seen))
        self.assertUnseen(watch.text(), "/proc")
        self.assertNothingSaid()
        # Who listens on the bus sees the calls, and the secrets encrypted.
        self.assertIn("SearchItems", monitor.calls())
        self.assertUnseen(monitor.text(), "the bus")
        for item in self.store.items():
            about = " ".join([item.label(), *(part for pair in item.attributes().items()
                                              for part in pair)])
            self.assertUnseen(about, "attributes")

    def test_gnome_keyring(self):
        self.check(ss.GnomeKeyring())

    @unittest.skipIf(ss.needed("keepassxc"), "KeePassXC is not installed")
    def test_keepassxc(self):
        self.check(ss.KeePassXC())

    def test_files(self):
        """The files of the home and of the keyring: an item at rest is encrypted."""
        self.open_store()
        self.log_in()
        refresh = self.assertApart()
        for root in (self.home.path, self.store.path):
            for path in root.rglob("*"):
                if path.is_file():
                    self.assertNotIn(refresh.encode(), path.read_bytes(), path)

    def test_no_core(self):
        """bfabric-keyring is killed by a signal that would leave a core, with the secret in it."""
        if resource.getrlimit(resource.RLIMIT_CORE)[1] == 0:
            self.skipTest("the hard limit forbids cores anyway")
        self.open_store()
        self.log_in()
        request = (f"protocol=bfabric\nhost={self.tap.host}\npath=CLI\n"
                   f"username={self.home.environment}\nbase_url={self.tap.base_url}\n"
                   "password=" + "c" * 100 + "\n\n")
        cores = self.home.path / "cores"
        cores.mkdir()
        with ss.DeafBus() as deaf:
            for number in (signal.SIGSEGV, signal.SIGABRT, signal.SIGQUIT):
                status = self._die(number, deaf, request, cores)
                self.assertEqual(os.WTERMSIG(status), number)
                self.assertFalse(os.WCOREDUMP(status))
        self.assertEqual([p.name for p in cores.iterdir() if "keyring" in p.name], [])

    def _die(self, number, deaf, request, cores):
        reading, writing = os.pipe()
        os.write(writing, request.encode())
        os.close(writing)
        came = deaf.accepted
        pid = os.fork()
        if pid == 0:
            limit = resource.RLIM_INFINITY if os.geteuid() == 0 else resource.getrlimit(
                resource.RLIMIT_CORE)[1]
            resource.setrlimit(resource.RLIMIT_CORE, (limit,) * 2)
            os.chdir(cores)
            os.dup2(reading, 0)
            null = os.open("/dev/null", os.O_RDWR)
            os.dup2(null, 1)
            os.dup2(null, 2)
            env = {**preloaded(self.home, sanitizer="handle_segv=0:handle_abort=0"), **deaf.env()}
            os.execve(stored_case.KEYRING, ["bfabric-keyring", "store"], env)
        os.close(reading)
        harness.wait_for(lambda: deaf.accepted > came)
        os.kill(pid, number)
        return os.waitpid(pid, 0)[1]


if __name__ == "__main__":
    harness.main()
