# SPDX-License-Identifier: MIT
"""What the tests of a login with `store: keyring` share: the login, and where its secret lies."""
import contextlib
import json
import time

import harness
import secret_service as ss

KEYRING = harness.BUILD / "keyring" / "bfabric-keyring"
# A call that may ask nobody takes two seconds at most. On a machine that is as busy as it may be it is
# still told from one that hangs: libsecret itself waits 25 seconds, D-Bus for a service two minutes.
PATIENCE = 20
UNAVAILABLE = 6

missing = ss.needed("gnome-keyring-daemon", "dbus-daemon") or (
    None if KEYRING.exists() else "bfabric-keyring is not built")


class KeyringCase(harness.TestCase):
    """A sandbox that notices a spent token, a home, and (open_store) a secret store."""

    settings = {"rotation": "on"}
    store = None

    def setUp(self):
        self.server = self.enterContext(harness.Sandbox(**self.settings))
        self.home = self.enterContext(harness.Home())

    def open_store(self, store=None):
        self.store = self.enterContext(store or ss.GnomeKeyring())
        return self.store

    def env(self, place=None, **more):
        """The environment on this desktop, or on that of another `place`."""
        place = place or self.store
        return self.home.env(**(place.env() if place else {}), **more)

    def bfabric(self, *arguments, place=None, env=None, program="bfabric", **more):
        return self.home.run(program, *arguments, env=self.env(place, **(env or {})), **more)

    def token(self, *arguments, **more):
        result = self.bfabric("token", *arguments, **more)
        self.assertExit(result, 0)
        return result.out.strip()

    # ---- the login ----

    def log_in(self, store="keyring", lifetime=28800):
        """As somebody has it who has used it for a while: config, record, cache and item."""
        self.reply = self.home.login(self.server, own={"store": store} if store else None)
        self.server.control("set", token_lifetime=lifetime)
        self.token("--force-refresh")
        return self.reply

    def place(self, suffix=".json"):
        return self.home.place(self.server.base_url, suffix)

    def cache(self):
        return self.home.read_cache(self.server.base_url)

    def record(self):
        return self.home.read_record(self.server.base_url)

    def expire(self, seconds=-1):
        """Cache and record say that the token expires then."""
        for suffix in (".json", ".session"):
            with contextlib.suppress(FileNotFoundError):
                content = json.loads(self.place(suffix).read_text())
                token = (content.get("token") if suffix == ".session" else content) or {}
                token["expires_at"] = int(time.time()) + seconds
                self.home.write(self.place(suffix), json.dumps(content))

    forgiven = 0  # so many requests were made before the login that counts

    def forgive(self):
        """A login was lost where nobody could help: what was refused so far is no fault."""
        self.forgiven = len(self.server.refreshes())

    def refreshes(self, *statuses):
        lines = self.server.refreshes()[self.forgiven:]
        return [line for line in lines if not statuses or line["status"] in statuses]

    # ---- where the secret lies ----

    def items(self):
        return self.store.items(service="bfabric", username=self.home.environment)

    def item(self):
        return self.store.item(service="bfabric", username=self.home.environment)

    def document(self):
        """What lies in the store."""
        return json.loads(self.item().secret())

    def files_text(self):
        return "\n".join((self.home.path / name).read_text(errors="replace")
                         for name in self.home.files()) + self.home.config_file.read_text()

    def assertApart(self):
        """One item has the refresh token, and no file has."""
        refresh = self.document()["refresh_token"]
        self.assertTrue(refresh)
        self.assertNotIn("refresh_token", self.cache())
        self.assertFalse((self.record().get("token") or {}).get("refresh_token"))
        self.assertNotIn(refresh, self.files_text())
        return refresh

    def assertAlive(self):
        """The login lives: a refresh works, and no request was ever refused."""
        self.token("--force-refresh")
        self.assertEqual(self.refreshes(400), [])
        self.assertApart()

    def assertUnavailable(self, result, *words):
        """Exit 6, no answer, one line that contains all these words and no secret."""
        self.assertExit(result, UNAVAILABLE)
        self.assertEqual(result.out, "", repr(result))
        self.assertEqual(result.err.count("\n"), 1, repr(result))
        for word in words:
            self.assertRegex(result.err, word)
        self.assertNoSecret(result, self.reply, {"access_token": self.cache()["access_token"]})
