# SPDX-License-Identifier: MIT
"""The keyring and the person at the terminal: locked, unlocked, and what waits for it."""
import json
import time
import unittest

import harness
import secret_service
from dbus_wire import Variant
from secret_fake import FakeProvider
from store_program import keyring_missing
from terminal import Terminal

MISSING = keyring_missing()
ASKED = "your desktop asks for its password now"


class Willing(FakeProvider):
    """Its person knows the password."""

    def on_Prompt(self, message):
        self.bus.answer(message)
        self.is_locked = False
        self.bus.signal(message.path, "org.freedesktop.Secret.Prompt", "Completed", "bv", False,
                        Variant("ao", ["/org/freedesktop/secrets/collection/login"]))


@unittest.skipIf(MISSING, MISSING)
class Case(harness.TestCase):
    settings = {"interval": 1, "auto_approve": 0}

    def setUp(self):
        self.server = self.enterContext(harness.Sandbox(**self.settings))
        self.home = self.enterContext(harness.Home())

    def use(self, desktop):
        self.desktop = self.enterContext(desktop)
        return self.desktop

    def env(self, **more):
        return self.home.env(**self.desktop.env(), **more)

    def bfabric(self, *arguments, status=0, **more):
        result = self.home.run("bfabric", *arguments, env=self.env(**more))
        self.assertExit(result, status)
        return result

    def terminal(self, *arguments, columns=80):
        return Terminal(self.home.command("bfabric", *arguments), self.env(), columns=columns,
                        cwd=self.home.home)

    def configure(self):
        self.home.write_config(self.server.base_url, own={"store": "keyring"})

    def log_in(self):
        self.bfabric("auth", "device-code", self.server.base_url, "--scope", "api:read", "--env",
                     "SANDBOX", "--store", "keyring")

    def document(self):
        return json.loads(self.desktop.item(service="bfabric").secret())


class Unlock(Case):
    def test_already(self):
        self.use(secret_service.GnomeKeyring())
        self.configure()
        self.assertIn("unlocked already", self.bfabric("auth", "unlock").err)
        self.assertIn("unlocked already", self.bfabric("auth", "unlock", "SANDBOX").err)

    def test_a_person_does(self):
        self.use(Willing())
        self.configure()
        result = self.bfabric("auth", "unlock")
        self.assertIn(ASKED, " ".join(result.err.split()))
        self.assertIn("The keyring is unlocked.", result.err)

    def test_a_person_does_not(self):
        self.use(FakeProvider())
        self.configure()
        result = self.bfabric("auth", "unlock", status=6)
        self.assertIn("dismissed", result.err)

    def test_a_person_thinks_and_gives_up(self):
        self.use(FakeProvider(prompt="ignore"))
        self.configure()
        with self.terminal("auth", "unlock") as terminal:
            terminal.expect("minute at most")
            terminal.type("\x03")
            self.assertEqual(terminal.status(), 130, terminal.text)

    def interrupt(self, *verb):
        """Control-C while the keyring is looked at. None: the machine stood still for so long that
        the look, which may take two seconds, was over before."""
        self.desktop.called.clear()
        began = time.monotonic()
        with self.terminal("auth", *verb) as terminal:
            harness.wait_for(lambda: "ReadAlias" in self.desktop.called)
            terminal.type("\x03")
            in_time = time.monotonic() - began < 1.2
            status = terminal.status()
        return (status, terminal.text) if in_time else None

    def test_interrupted(self):
        """While the keyring is looked at, too."""
        self.use(FakeProvider(hang="ReadAlias"))
        self.configure()
        for verb in (("unlock",), ("store", "file"), ("device-code",)):
            status, text = harness.wait_for(lambda verb=verb: self.interrupt(*verb), 120)
            self.assertEqual(status, 130, text)

    def test_nothing_to_unlock(self):
        self.use(secret_service.NoBus())
        self.home.write_config(self.server.base_url)
        self.assertIn("nothing to unlock", self.bfabric("auth", "unlock").err)
        self.assertIn("SANDBOX keeps", self.bfabric("auth", "unlock", "SANDBOX").err)
        self.bfabric("auth", "unlock", "OTHER", status=2)
        self.home.config_file.write_text("SANDBOX:\n  base_url: nonsense\n")
        self.home.config_file.chmod(0o600)
        self.assertNotIn("nothing to unlock", self.bfabric("auth", "unlock", status=1).err)

    def test_for_a_login_that_is_to_come(self):
        """What a locked keyring tells helps before anything is in it, too."""
        self.use(Willing())
        advice = "run 'bfabric auth unlock'"
        self.assertIn(advice, self.bfabric("auth", "device-code", self.server.base_url, "--scope",
                                           "api:read", "--store", "keyring", status=6).err)
        self.assertIn("The keyring is unlocked.", self.bfabric("auth", "unlock").err)
        self.desktop.is_locked = True
        self.home.login(self.server)
        self.assertIn(advice, self.bfabric("auth", "store", "keyring", status=6).err)
        self.assertIn("The keyring is unlocked.", self.bfabric("auth", "unlock").err)

    def test_no_keyring(self):
        self.use(secret_service.NoBus())
        self.configure()
        self.assertIn("no keyring", self.bfabric("auth", "unlock", status=6).err)


class BeforeALogin(Case):
    def requests(self):
        return [line["endpoint"] for line in self.server.log()
                if line["endpoint"] == "device_authorization"]

    def test_locked_and_nobody_there(self):
        """No dialogue either, which nobody might ever answer."""
        self.use(FakeProvider(prompt="ignore"))
        self.configure()
        for verb in (("device-code",), ("pkce", "--no-browser")):
            result = self.bfabric("auth", *verb, status=6)
            self.assertIn("is locked: run 'bfabric auth unlock'", result.err)
        self.assertEqual(self.requests(), [])
        self.assertNotIn("Prompt", self.desktop.called)

    def test_locked_and_not_unlocked(self):
        self.use(FakeProvider())
        self.configure()
        for columns in (40, 80):
            with self.terminal("auth", "device-code", columns=columns) as terminal:
                terminal.expect("locked")
                terminal.expect(r"(?m)^bfabric: .*dismissed")
                self.assertEqual(terminal.status(), 6)
            for line in terminal.text.splitlines():
                self.assertTrue(len(line) <= columns or line.startswith("bfabric: "), line)
        self.assertEqual(self.requests(), [])

    def test_moving_there(self):
        self.use(FakeProvider())
        self.home.login(self.server)
        with self.terminal("auth", "store", "keyring") as terminal:
            terminal.expect("locked: your desktop asks")
            self.assertEqual(terminal.status(), 6)
        self.assertIn("refresh_token", self.home.read_cache(self.server.base_url))
        self.assertNotIn("store", self.home.config_file.read_text())


class Waiting(Case):
    settings = {"interval": 1}

    def make_rescue(self):
        """The keyring is locked while the person is away with their browser."""
        with self.terminal("auth", "device-code", self.server.base_url, "--scope", "api:read",
                           "--env", "SANDBOX", "--store", "keyring") as terminal:
            terminal.expect("enter this code: ")
            self.desktop.lock()
            self.server.control("approve")
            self.assertEqual(terminal.status(), 0, terminal.text)
        return terminal.text

    def assertSettled(self):
        token = self.document()["refresh_token"]
        for name in self.home.files():
            self.assertNotIn(token, (self.home.path / name).read_text(errors="replace"), name)
        self.bfabric("token", "--force-refresh")
        self.assertNotEqual(self.document()["refresh_token"], token)

    def test_a_timer_moves_it(self):
        self.use(secret_service.GnomeKeyring())
        self.make_rescue()
        self.bfabric("token")
        self.assertIn("bfabric auth unlock", self.bfabric("auth", "status").out)
        result = self.bfabric("auth", "refresh", "--all", "--pending", status=6)
        self.assertIn("locked", result.err)
        self.desktop.unlock()
        result = self.bfabric("auth", "refresh", "--all", "--pending")
        self.assertIn("SANDBOX: the login, which had to wait, is where it belongs now", result.err)
        self.assertEqual(self.bfabric("auth", "refresh", "--all", "--pending").err, "")
        self.assertSettled()

    def test_unlock_moves_it(self):
        self.use(secret_service.GnomeKeyring())
        self.make_rescue()
        self.bfabric("auth", "unlock", status=6)
        self.desktop.unlock()
        result = self.bfabric("auth", "unlock")
        self.assertIn("unlocked already", result.err)
        self.assertIn("The login of SANDBOX, which had to wait, is in the keyring now.",
                      " ".join(result.err.split()))
        self.assertSettled()

    def test_a_refresh_takes_it(self):
        self.use(secret_service.GnomeKeyring())
        self.make_rescue()
        self.desktop.unlock()
        self.bfabric("auth", "refresh")
        self.assertSettled()


if __name__ == "__main__":
    harness.main()
