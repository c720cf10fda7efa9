# SPDX-License-Identifier: MIT
"""Others beside a login with its secret in a store: bfabricPy, Python's keyring, git's own helpers."""
import json
import os
import shutil
import unittest

import bfabricpy
import harness
import stored_case
import secret_service as ss
from herd import git_request
from stored_case import KeyringCase

GIT_STORE = next((path for path in ("/usr/lib/git-core/git-credential-store",
                                    "/usr/libexec/git-core/git-credential-store")
                  if os.path.exists(path)), None)


@bfabricpy.needed
@unittest.skipIf(stored_case.missing, stored_case.missing)
class BfabricPy(KeyringCase):
    def setUp(self):
        super().setUp()
        self.open_store()

    def python_login(self, lifetime=28800):
        """What a login by bfabricPy leaves: a cache with a refresh token, and none of our files."""
        reply = self.server.mint(client_id="CLI", lifetime=lifetime)
        self.home.write_cache(self.server.base_url, reply)
        return reply

    def python(self, script=bfabricpy.PRINT_TOKEN, **more):
        result = bfabricpy.run(self.home, script, **more)
        self.assertExit(result, 0)
        return result.out.strip()

    def test_its_login_is_adopted_moved_and_stripped(self):
        self.log_in()
        old = self.assertApart()
        self.server.control("set", auto_approve=0, interval=1)
        result = harness.run([bfabricpy.PYTHON.parent / "bfabric-cli", "auth", "device-code",
                              self.server.base_url, "--config-env", self.home.environment,
                              "--scope", "api:read api:write"],
                             bfabricpy.environment(self.home), timeout=120, cwd=self.home.home)
        self.assertExit(result, 0)
        theirs = self.cache()
        self.assertTrue(theirs["refresh_token"])
        # It kept our key in the configuration.
        self.assertIn("store: keyring", self.home.config_file.read_text())
        # Fresh: served as it is, by both.
        self.assertEqual(self.token(), theirs["access_token"])
        self.assertEqual(self.python(), theirs["access_token"])
        self.expire()
        new = self.token()
        self.assertNotEqual(new, theirs["access_token"])
        refresh = self.assertApart()
        self.assertNotIn(refresh, (old, theirs["refresh_token"]))
        self.assertEqual(len(self.store.items()), 1)
        # bfabricPy uses the access token that is left to it.
        self.assertEqual(self.python(), new)
        self.assertAlive()

    def test_locked_at_its_login(self):
        """Nothing of it is lost while the keyring is locked; it moves when that has changed."""
        self.log_in()
        self.store.lock()
        theirs = self.python_login(lifetime=1)
        harness.wait_until(self.cache()["expires_at"])
        self.assertExit(self.bfabric("token"), 6)
        self.assertEqual(self.cache()["refresh_token"], theirs["refresh_token"])
        self.store.unlock()
        self.token()
        self.assertAlive()

    def test_it_writes_back_what_it_had_read(self):
        """A stale cache with the token that we adopted: it is spent, and known to be."""
        self.log_in()
        theirs = self.python_login(lifetime=1)
        stale = self.place().read_bytes()
        harness.wait_until(self.cache()["expires_at"])
        new = self.token()
        self.place().write_bytes(stale)
        self.assertEqual(self.token(), new)
        self.assertNotIn("refresh_token", self.cache())
        self.assertNotEqual(self.assertApart(), theirs["refresh_token"])
        self.assertAlive()

    def test_status_says_what_it_does(self):
        """It would silently send an expired token: whoever chose the store is told so."""
        self.log_in()
        result = self.bfabric("auth", "status")
        self.assertExit(result, 0)
        self.assertRegex(result.out + result.err, "bfabricPy.*expire")

    def test_its_logout_is_ours(self):
        self.log_in()
        self.place().unlink()
        self.assertExit(self.bfabric("token"), 3)
        self.assertEqual(self.refreshes(400), [])


@unittest.skipIf(stored_case.missing, stored_case.missing)
class PythonKeyring(KeyringCase):
    def find(self):
        program = bfabricpy.PYTHON.parent / "keyring"
        if not program.exists():
            self.skipTest("BF_VENV has no keyring")
        # A back end of that name is what a desktop chooses; chainers would hide trouble.
        env = self.env(PYTHON_KEYRING_BACKEND="keyring.backends.SecretService.Keyring")
        return harness.run([program, "get", "bfabric", self.home.environment], env)

    def check(self, store):
        self.open_store(store)
        self.log_in()
        result = self.find()
        self.assertExit(result, 0)
        self.assertEqual(json.loads(result.out), self.document())
        self.assertEqual(result.out.count("\n"), 1)

    def test_finds_the_item_in_gnome_keyring(self):
        self.check(ss.GnomeKeyring())
        attributes = self.item().attributes()
        self.assertEqual({k: v for k, v in attributes.items() if not k.startswith("xdg:")},
                         {"service": "bfabric", "username": self.home.environment,
                          "client_id": "CLI", "base_url": attributes["base_url"]})
        self.assertEqual(attributes["base_url"].rstrip("/"), self.server.base_url.rstrip("/"))
        self.assertEqual(self.item().label(),
                         f"B-Fabric login {self.home.environment} ({self.server.host})")

    @unittest.skipIf(ss.needed("keepassxc"), "KeePassXC is not installed")
    def test_finds_the_item_in_keepassxc(self):
        self.check(ss.KeePassXC())


@unittest.skipUnless(GIT_STORE, "git-credential-store is not where it usually is")
class GitStore(KeyringCase):
    """git-credential-store as the place of the secrets: any helper of git's kind will do."""

    def setUp(self):
        super().setUp()
        self.log_in(store=GIT_STORE)
        self.kept = self.home.home / ".git-credentials"

    def lines(self):
        return self.kept.read_text().splitlines()

    def test_login_lives_there(self):
        self.assertEqual(len(self.lines()), 1)
        self.assertTrue(self.lines()[0].startswith(f"bfabric://{self.home.environment}:"))
        for _ in range(3):
            self.token("--force-refresh")
            self.assertEqual(len(self.lines()), 1)
        self.assertNotIn("refresh_token", self.cache())
        self.assertFalse((self.record().get("token") or {}).get("refresh_token"))
        self.assertEqual(self.refreshes(400), [])

    def test_git_never_gets_it(self):
        """git asks for https and http, and what we keep lies under a protocol of our own."""
        helper = f"credential.helper={GIT_STORE}"
        for fields in ({"protocol": "https"}, {"protocol": "http"},
                       {"protocol": "https", "username": self.home.environment},
                       {"protocol": self.server.scheme, "username": self.home.environment,
                        "path": "CLI"}):
            text = "".join(f"{k}={v}\n" for k, v in {**fields, "host": self.server.host}.items())
            for settings in (("-c", helper), ("-c", helper, "-c", "credential.useHttpPath=true")):
                result = self.home.run("git", *settings, "credential", "fill", input=text + "\n")
                self.assertNotEqual(result.status, 0, repr(result))
                self.assertNotIn("password", result.out)
                self.assertNotIn("refresh_token", result.out + result.err)

    def test_our_helper_beside_it(self):
        """git-credential-store may be git's helper too, with its own lines in the same file."""
        self.kept.write_text(self.kept.read_text() + "https://a:b@example.org\n")
        self.token("--force-refresh")
        self.assertIn("https://a:b@example.org", self.lines())
        self.assertEqual(len(self.lines()), 2)
        self.assertExit(self.bfabric("auth", "logout"), 0)
        self.assertEqual(self.lines(), ["https://a:b@example.org"])

    def test_file_is_gone(self):
        self.kept.unlink()
        self.expire()
        asked = len(self.refreshes())
        self.assertUnavailable(self.bfabric("token"), "log in|login")
        self.assertEqual(len(self.refreshes()), asked)


@unittest.skipIf(stored_case.missing, stored_case.missing)
class GitBesideTheKeyring(KeyringCase):
    def test_git_never_gets_it(self):
        """Our own program as git's helper has git's passwords, and not the login."""
        self.open_store()
        self.log_in()
        helper = ("-c", f"credential.helper={stored_case.KEYRING}")
        text = git_request(self.server, username=self.home.environment)
        result = self.bfabric(*helper, "credential", "fill", program="git", input=text)
        self.assertNotEqual(result.status, 0, repr(result))
        self.assertNotIn("refresh_token", result.out + result.err)
        kept = git_request(self.server, username="someone", password="something")
        self.assertExit(self.bfabric(*helper, "credential", "approve", program="git", input=kept),
                        0)
        result = self.bfabric(*helper, "credential", "fill", program="git",
                              input=git_request(self.server, username="someone"))
        self.assertEqual(result.fields().get("password"), "something", repr(result))
        self.assertAlive()

    @unittest.skipUnless(shutil.which("secret-tool"), "secret-tool is not installed")
    def test_secret_tool_finds_it(self):
        self.open_store()
        self.log_in()
        result = self.bfabric("lookup", "service", "bfabric", program="secret-tool")
        self.assertEqual(json.loads(result.out), self.document())


if __name__ == "__main__":
    harness.main()
