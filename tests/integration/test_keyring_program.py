# SPDX-License-Identifier: MIT
"""bfabric-keyring on good days: what it keeps, where, and who finds it."""
import contextlib
import os
import unittest

import harness
import keyring_program
import secret_service as ss
from keyring_program import ATTRIBUTES, GITS, LATER, OURS, PROGRAM

_missing = keyring_program.missing() or ss.needed("gnome-keyring-daemon", "dbus-daemon")
LARGEST = 60 << 10


def setUpModule():
    if _missing:
        raise unittest.SkipTest(_missing)


class Store(keyring_program.Case):
    """One service for all tests of a class; each leaves it empty."""

    kind = ss.GnomeKeyring

    @classmethod
    def setUpClass(cls):
        cls.store = cls.enterClassContext(cls.kind())

    def tearDown(self):
        for item in self.store.items():
            item.delete()

    def keep(self, secret, **changes):
        self.assertAnswer(self.ask(self.store, "store", password=secret, **changes), "ok")

    def assertKept(self, secret, **changes):
        name = changes.get("username", "PROD")
        self.assertAnswer(self.ask(self.store, "get", **changes), "ok", username=name,
                          password=secret)


class Ours(Store):
    def test_kept_read_changed_and_forgotten(self):
        self.assertAnswer(self.ask(self.store, "get"), "not-found")
        self.keep('{"version":1}')
        self.assertKept('{"version":1}')
        self.keep('{"version":1,"b":2}')
        self.assertKept('{"version":1,"b":2}')
        self.assertEqual(self.store.item(service="bfabric").secret(), b'{"version":1,"b":2}')
        self.assertAnswer(self.ask(self.store, "erase"), "ok")
        self.assertAnswer(self.ask(self.store, "erase"), "not-found")
        self.assertEqual(self.store.items(service="bfabric"), [])

    def test_what_an_item_is(self):
        self.keep("first")
        item = self.store.item(service="bfabric", username="PROD")
        self.assertLessEqual(
            {**ATTRIBUTES, "xdg:schema": "org.freedesktop.Secret.Generic"}.items(),
            item.attributes().items())
        self.assertEqual(item.label(), "B-Fabric login PROD (b.example.org)")
        self.keep("second", username="NONE", path=None, base_url=None)
        item = self.store.item(service="bfabric", username="NONE")
        self.assertNotIn("client_id", item.attributes())
        self.assertEqual(item.attributes()["base_url"], "https://b.example.org")

    def test_names_in_any_language(self):
        self.keep("ä\"\\ and more", username="Prüfung 试验 '\"")
        self.assertKept("ä\"\\ and more", username="Prüfung 试验 '\"")

    def test_environments_and_hosts_are_apart(self):
        self.keep("one")
        self.keep("two", username="TEST")
        self.keep("three", host="c.example.org", base_url="https://c.example.org/bfabric")
        self.keep("four", host="b.example.org:8443", base_url="https://b.example.org:8443/bfabric")
        self.assertEqual(len(self.store.items(service="bfabric")), 4)
        self.assertKept("one")
        self.assertKept("two", username="TEST")
        self.assertKept("three", host="c.example.org", base_url=None)
        self.assertAnswer(self.ask(self.store, "erase"), "ok")
        self.assertEqual(len(self.store.items(service="bfabric")), 3)
        self.assertKept("four", host="b.example.org:8443", base_url=None)

    def test_another_base_url_or_client_replaces(self):
        self.keep("first")
        self.keep("second", base_url="https://b.example.org/elsewhere")
        self.assertEqual(self.store.item(service="bfabric").secret(), b"second")
        # A refresh token of one client is of no use to another.
        self.assertAnswer(self.ask(self.store, "get", path="OTHER"), "not-found")
        self.assertAnswer(self.ask(self.store, "erase", path="OTHER"), "not-found")
        self.keep("third", path="OTHER")
        self.assertEqual(self.store.item(service="bfabric").secret(), b"third")
        self.keep("fourth", path=None)
        self.assertEqual(self.store.item(service="bfabric").secret(), b"fourth")
        self.assertKept("fourth", path="ANY")

    def test_two_that_match(self):
        """The one with just our attributes counts, then the one that changed last; one is left."""
        self.store.add(b"older", **{**ATTRIBUTES, "base_url": "https://b.example.org/older"})
        self.store.add(b"exact", **ATTRIBUTES)
        self.assertKept("exact")
        self.keep("exact")
        self.assertEqual(self.store.item(service="bfabric").secret(), b"exact")

    def test_somebody_elses_are_left_alone(self):
        self.store.add(b"another's", service="bfabric", username="PROD", application="Python")
        self.store.add(b"host", **{**ATTRIBUTES, "base_url": "https://evil.org/?b.example.org"})
        self.assertAnswer(self.ask(self.store, "get"), "not-found")
        self.keep("ours")
        self.store.add(b"more", **ATTRIBUTES, purpose="its own")
        self.assertKept("ours")
        self.keep("changed")
        self.assertKept("changed")
        self.assertEqual(len(self.store.items(service="bfabric", username="PROD")), 4)

    def test_changed_and_deleted_by_another_program(self):
        self.keep("ours")
        self.store.item(**ATTRIBUTES).change(b"theirs")
        self.assertKept("theirs")
        self.store.item(**ATTRIBUTES).change(b"two\nlines")
        self.assertAnswer(self.ask(self.store, "get"), "error", "a line of text")
        self.keep("ours again")
        self.assertKept("ours again")
        self.store.item(**ATTRIBUTES).delete()
        self.assertAnswer(self.ask(self.store, "get"), "not-found")

    def test_large_secrets(self):
        secret = os.urandom(LARGEST // 2).hex()
        self.keep(secret)
        self.assertKept(secret)
        self.assertAnswer(self.ask(self.store, "store", password=secret + "x"), "error",
                          "larger than 61440")
        self.assertAnswer(self.ask(self.store, "store", password="x" * 70000), "error", "longer")
        self.assertKept(secret)
        self.store.item(**ATTRIBUTES).change(b"x" * 70000)
        self.assertAnswer(self.ask(self.store, "get"), "error", "does not fit")

    def test_no_memory_may_be_locked(self):
        """Where RLIMIT_MEMLOCK is small the secret is handled all the same."""
        secret = os.urandom(LARGEST // 2).hex()
        for operation, more in (("store", f"password={secret}\n"), ("get", "")):
            text = keyring_program.message(OURS).rstrip("\n") + "\n" + more + "\n"
            result = harness.run(["prlimit", "--memlock=0:0", PROGRAM, operation],
                                 self.environment(self.store), text)
            self.assertExit(result, 0)
            self.assertIn("status=ok\n", result.out)
            self.assertEqual(result.err, "")

    def test_is_written_only_when_it_changes(self):
        """Each write costs gnome-keyring its whole file."""
        self.keep("first")
        for secret, written in (("first", False), ("second", True)):
            with self.store.monitor() as monitor:
                self.keep(secret)
            calls = monitor.calls()
            self.assertIn("GetSecret", calls)
            self.assertEqual("SetSecret" in calls, written)
            self.assertNotIn("CreateItem", calls)

    def test_lookup_takes_few_calls(self):
        self.keep("first")
        with self.store.monitor() as monitor:
            self.assertKept("first")
        self.assertEqual([name for name in monitor.calls() if name != "AddMatch"],
                         ["SearchItems", "GetAll", "OpenSession", "GetSecret"])

    def test_secret_is_seen_nowhere(self):
        """Not on the bus, not in what GLib prints when it is told to print all."""
        canary = "canary-" + os.urandom(8).hex()
        loud = {"G_DBUS_DEBUG": "all", "G_MESSAGES_DEBUG": "all", "G_DEBUG": "fatal-warnings"}
        with self.store.monitor() as monitor:
            stored = self.ask(self.store, "store", env=loud, password=canary)
            got = self.ask(self.store, "get", env=loud)
            again = self.ask(self.store, "erase", env=loud, password=canary)
        self.assertAnswer(stored, "ok")
        self.assertAnswer(got, "ok", username="PROD", password=canary)
        self.assertAnswer(again, "ok")
        self.assertNotIn(canary, monitor.text())
        self.assertIn("SearchItems", monitor.calls())

    def test_erase_minds_the_password(self):
        self.keep("ours")
        self.assertAnswer(self.ask(self.store, "erase", password="other"), "ok")
        self.assertKept("ours")
        self.assertAnswer(self.ask(self.store, "erase", password="ours"), "ok")
        self.assertEqual(self.store.items(service="bfabric"), [])

    def test_probe(self):
        self.keep("ours")
        result = self.ask(self.store, "probe")
        self.assertAnswer(result, "ok")
        steps = dict(step.split(": ", 1) for step in result.fields()["step[]"])
        self.assertEqual(list(steps), ["backend", "bus", "connection", "service", "keyring",
                                       "session", "items"])
        self.assertRegex(steps["bus"], "DBUS_SESSION_BUS_ADDRESS: unix:")
        self.assertRegex(steps["service"], r"running: \S+, process \d+ \(\d+\.\d ms\)")
        self.assertRegex(steps["keyring"], "unlocked")
        self.assertRegex(steps["session"], "aes128")
        self.assertRegex(steps["items"], "1 of this environment")
        self.assertNotIn("ours", result.out)
        for text in ("", "\n", keyring_program.message(GITS)):
            self.assertIn("status=ok" if text.strip() == "" else "step[]",
                          self.send(self.store, "probe", text).out)
        self.assertAnswer(self.send(self.store, "unlock", ""), "ok")

    def test_bus_in_the_runtime_directory(self):
        """The place where systemd has it, without any address."""
        with harness.Home() as home, ss.GnomeKeyring(socket=home.runtime / "bus") as store:
            place = {"DBUS_SESSION_BUS_ADDRESS": None, "XDG_RUNTIME_DIR": home.runtime}
            self.assertAnswer(self.ask(store, "store", env=place, password="p"), "ok")
            self.assertAnswer(self.ask(store, "get", env=place), "ok", username="PROD",
                              password="p")
            self.assertIn("XDG_RUNTIME_DIR: unix:", self.ask(store, "probe", env=place).out)


class OursInKeePassXC(Store):
    """The second implementation: adds attributes, makes prompts of everything."""

    kind = ss.KeePassXC

    @classmethod
    def setUpClass(cls):
        why = ss.needed("keepassxc", "keepassxc-cli")
        if why:
            raise unittest.SkipTest(why)
        super().setUpClass()

    @contextlib.contextmanager
    def saved(self):
        """KeePassXC 2.7 dies now and then when something changes while it saves the last change."""
        before = self.store.database.stat()
        yield
        harness.wait_for(lambda: self.store.database.stat().st_mtime_ns != before.st_mtime_ns)

    def keep(self, secret, **changes):
        with self.saved():
            super().keep(secret, **changes)

    def test_all_of_it(self):
        self.assertAnswer(self.ask(self.store, "get"), "not-found")
        self.keep("first")
        self.assertKept("first")
        self.keep("second")
        self.assertKept("second")
        self.keep("third", path="OTHER")
        self.assertEqual(self.store.item(service="bfabric").secret(), b"third")
        secret = os.urandom(LARGEST // 2).hex()
        self.keep(secret)
        self.assertKept(secret)
        self.assertAnswer(self.ask(self.store, "probe"), "ok")
        with self.saved():
            self.assertAnswer(self.ask(self.store, "erase"), "ok")
        self.assertEqual(self.store.items(service="bfabric"), [])

    def tearDown(self):
        """Empty already: it finds nothing when it is asked for everything."""

    def test_locked(self):
        """A locked database shows nothing: what looks empty is told as locked."""
        self.keep("kept")
        self.store.lock()
        for operation in ("get", "store", "erase", "probe"):
            self.assertAnswer(self.ask(self.store, operation, password="p"), "locked", "locked")
        # Its dialogue has nobody to answer it.
        self.assertAnswer(self.ask(self.store, "unlock", timeout=LATER), "timeout", "nobody answered")
        self.store.unlock()
        self.assertKept("kept")
        with self.saved():
            self.assertAnswer(self.ask(self.store, "erase"), "ok")


class Gits(Store):
    """As a helper of git, beside git-credential-libsecret's items."""

    def git(self, operation, text):
        """git itself, with this helper alone."""
        command = ["git", "-c", "credential.helper=", "-c", f"credential.helper={PROGRAM}",
                   "-c", "credential.useHttpPath=true", "credential", operation]
        env = self.environment(self.store, GIT_CONFIG_NOSYSTEM="1", GIT_CONFIG_GLOBAL="/dev/null",
                               GIT_TERMINAL_PROMPT="0", GIT_ASKPASS="/bin/false")
        return harness.run(command, env, text, cwd=str(self.store.path))

    def assertGits(self, result, **fields):
        self.assertExit(result, 0)
        self.assertEqual(result.fields(), fields, repr(result))
        self.assertEqual(result.err, "")

    def test_kept_and_found(self):
        request = keyring_program.message({**GITS, "password": "pw"})
        self.assertExit(self.git("approve", request), 0)
        item = self.store.item(protocol="https")
        self.assertEqual(item.attributes(), {
            "xdg:schema": "org.git.Password", "protocol": "https", "server": "b.example.org",
            "port": "8443", "user": "me", "object": "lab.git"})
        self.assertEqual(item.label(), "Git: https://b.example.org:8443/lab.git")
        found = self.git("fill", keyring_program.message({**GITS, "username": None}))
        self.assertExit(found, 0)
        self.assertLessEqual({"username": "me", "password": "pw"}.items(), found.fields().items())
        self.assertExit(self.git("reject", request), 0)
        self.assertEqual(self.store.items(), [])

    def test_what_else_git_learned(self):
        more = {"password": "pw", "password_expiry_utc": "99", "oauth_refresh_token": "r"}
        self.assertGits(self.ask(self.store, "store", request=GITS, **more))
        self.assertEqual(self.store.item(protocol="https").secret(),
                         b"pw\npassword_expiry_utc=99\noauth_refresh_token=r")
        self.assertGits(self.ask(self.store, "get", request=GITS), username="me", **more)
        # Another password came meanwhile: that one was not refused.
        self.assertGits(self.ask(self.store, "erase", request=GITS, password="other"))
        self.assertGits(self.ask(self.store, "erase", request=GITS, password="pw"))
        self.assertGits(self.ask(self.store, "get", request=GITS))

    def test_items_of_older_versions(self):
        """git-credential-libsecret gave them another schema until git 2.41."""
        self.store.add(b"old", user="me", protocol="https", server="old.example.org",
                       **{"xdg:schema": "org.gnome.keyring.NetworkPassword"})
        request = {"protocol": "https", "host": "old.example.org"}
        self.assertGits(self.ask(self.store, "get", request=request), username="me", password="old")
        self.ask(self.store, "store", request=request, username="me", password="new")
        self.assertEqual(self.store.item(server="old.example.org").secret(), b"new")

    def test_neither_sees_the_others(self):
        self.keep("record")
        for host in ("b.example.org", "bfabric"):
            for protocol in ("https", "http", "Bfabric", "service"):
                request = {"protocol": protocol, "host": host, "username": "PROD"}
                self.assertGits(self.ask(self.store, "get", request=request))
                self.assertGits(self.ask(self.store, "erase", request=request))
        found = self.git("fill", "protocol=https\nhost=b.example.org\nusername=PROD\n\n")
        self.assertNotIn("record", found.out + found.err)
        self.assertKept("record")
        self.ask(self.store, "store", request=GITS, password="pw")
        self.assertAnswer(self.ask(self.store, "get", username="me"), "not-found")
        self.assertAnswer(self.ask(self.store, "erase"), "ok")
        self.assertGits(self.ask(self.store, "get", request=GITS), username="me", password="pw")

    def test_patterns_that_fit_everything_are_refused(self):
        self.ask(self.store, "store", request=GITS, password="pw")
        for request in ({"protocol": "https"}, {"protocol": "https", "host": ""}):
            result = self.ask(self.store, "erase", request=request)
            self.assertExit(result, 1)
            self.assertEqual(result.out, "")
            self.assertIn("neither host nor path", result.err)
        self.assertEqual(len(self.store.items(protocol="https")), 1)


class Python(Store):
    def test_found_as_pythons_keyring_asks(self):
        """By service and username, whatever else an item has."""
        self.keep("the record")
        with contextlib.suppress(FileNotFoundError):
            found = harness.run(["secret-tool", "lookup", "service", "bfabric", "username", "PROD"],
                                self.environment(self.store))
            self.assertExit(found, 0)
            self.assertEqual(found.out, "the record")
        self.assertEqual(self.store.item(service="bfabric", username="PROD").secret(),
                         b"the record")


if __name__ == "__main__":
    harness.main()
