# SPDX-License-Identifier: MIT
"""What other programs do to the item of a login: deleted, changed, doubled, too new, too large.

Each has a clear answer, no token that is spent is sent again, and nothing that a later version or
another program wrote is lost.
"""
import json
import unittest

import harness
import stored_case
import secret_service as ss
from stored_case import KeyringCase

LARGEST = 60 << 10  # bytes that a store takes


class _Items(KeyringCase):
    binary = [b"\xff\xfe", b"a\0b"]

    def log_in(self, **more):
        super().log_in(**more)
        self.refresh = self.document()["refresh_token"]
        self.expire()
        self.asked = len(self.refreshes())

    def change(self, **members):
        """Another program writes these members into the document; None takes one out."""
        document = {**self.document(), **members}
        text = json.dumps({k: v for k, v in document.items() if v is not None})
        self.item().change(text.encode())
        return text

    def assertUntouched(self):
        self.assertEqual(len(self.refreshes()), self.asked, "a token was sent")

    # ---- deleted ----

    def check_deleted(self):
        self.item().delete()
        self.assertUnavailable(self.bfabric("token"), "log in")
        self.assertUntouched()
        # A login by bfabricPy is a login again, and so is ours.
        reply = self.server.mint(client_id="CLI", lifetime=1)
        self.home.write_cache(self.server.base_url, reply)
        harness.wait_until(self.cache()["expires_at"])
        self.token()
        self.assertAlive()

    # ---- changed ----

    def check_damaged(self):
        good = self.item().secret()
        for secret in (b"", b"nonsense", good[:-2], b"[]", b"{}", good + b"\n" + good,
                       "\u202e\0\x1b".encode(), *self.binary,
                       good.replace(b'"version":1', b'"version":"1"')):
            with self.subTest(secret=secret[:20]):
                self.item().change(secret)
                self.assertUnavailable(self.bfabric("token"))
                self.assertEqual(self.item().secret(), secret)
        self.assertUntouched()
        self.item().change(good)
        self.token()
        self.assertAlive()

    def check_old_copy(self):
        """A backup of the keyring brings a spent token back: the server would end the login for it."""
        old = self.item().secret()
        self.token()
        self.item().change(old)
        self.expire()
        self.asked = len(self.refreshes())
        result = self.bfabric("token")
        self.assertIn(result.status, (4, 6), repr(result))
        self.assertUntouched()
        self.assertEqual(self.refreshes(400), [])


@unittest.skipIf(stored_case.missing, stored_case.missing)
class Gnome(_Items):
    def setUp(self):
        super().setUp()
        self.open_store()
        self.log_in()

    def test_deleted(self):
        self.check_deleted()

    def test_damaged(self):
        self.check_damaged()

    def test_old_copy(self):
        self.check_old_copy()

    def test_future_version(self):
        """What a later version of us wrote is neither used nor overwritten."""
        text = self.change(version=2, something="new")
        self.assertUnavailable(self.bfabric("token"), "version|newer")
        self.assertEqual(self.item().secret().decode(), text)
        self.assertUntouched()
        self.change(version=1)
        self.token()
        self.assertEqual(self.document()["something"], "new")
        self.assertAlive()

    def test_unknown_members_are_kept(self):
        self.change(note="of another program", more={"a": [1, None]})
        for _ in range(2):
            self.token("--force-refresh")
        self.assertEqual(self.document()["note"], "of another program")
        self.assertEqual(self.document()["more"], {"a": [1, None]})
        self.assertAlive()

    def test_large(self):
        """Up to the bound it comes and goes whole; beyond it the answer is clear and it stays."""
        room = LARGEST - len(self.item().secret()) - 2048  # what a new token may take more
        self.change(ballast="x" * room)
        self.token()
        self.assertEqual(self.document()["ballast"], "x" * room)
        self.assertGreater(len(self.item().secret()), LARGEST - 4096)
        self.assertAlive()
        self.expire()
        self.asked = len(self.refreshes())
        text = self.change(ballast="x" * (LARGEST + 4096))
        self.assertUnavailable(self.bfabric("token"), "large|long|bytes|KiB|fit")
        self.assertEqual(self.item().secret().decode(), text)
        self.assertUntouched()
        self.change(ballast=None)
        self.assertAlive()

    def test_two_items_match(self):
        """Somebody added one with more attributes, which matches what we look for, too."""
        ours = self.item()
        attributes = {k: v for k, v in ours.attributes().items() if not k.startswith("xdg:")}
        other = self.store.add(b"of another program", label="B-Fabric login", more="yes",
                               **attributes)
        self.token()
        self.assertEqual(other.secret(), b"of another program")
        self.assertEqual(json.loads(ours.secret())["login"], self.record()["login"])
        self.assertEqual(len(self.items()), 2)
        other.delete()
        self.assertAlive()

    def test_two_environments(self):
        """Items of two environments of one server, and of one name on two servers, stay apart."""
        with harness.Sandbox(rotation="on") as second:
            text = self.home.config_file.read_text()
            self.home.write_config(text=text + f"OTHER:\n  base_url: {second.base_url}\n"
                                   "  auth_method: oauth\n  client_id: CLI\n  scope: api:read\n"
                                   "  libbfabric:\n    store: keyring\n")
            reply = second.mint(client_id="CLI", lifetime=28800)
            self.home.write_cache(second.base_url, reply, environment="OTHER")
            for environment in ("OTHER", self.home.environment) * 2:
                self.token("--force-refresh", "--env", environment)
            self.assertEqual(len(self.store.items(service="bfabric")), 2)
            self.assertEqual(len(self.store.items(service="bfabric", username="OTHER")), 1)
            self.assertNotIn(400, {line["status"] for line in second.refreshes()})
        self.assertAlive()

    def test_logout_removes_the_item(self):
        self.assertExit(self.bfabric("auth", "logout"), 0)
        self.assertEqual(self.items(), [])
        self.assertExit(self.bfabric("token"), 3)


@unittest.skipIf(stored_case.missing or ss.needed("keepassxc"), "KeePassXC is not installed")
class KeePass(_Items):
    binary = []  # it keeps text

    def test_deleted_damaged_and_old(self):
        self.open_store(ss.KeePassXC())
        self.log_in()
        self.check_damaged()
        self.expire()
        self.asked = len(self.refreshes())
        self.check_deleted()
        self.expire()
        self.check_old_copy()


RECORDER = """#!/bin/sh
# A store that keeps each document in a file, and remembers what it was asked.
here={folder}
cat >"$here/input.$$"
echo "$* $(tr '\\n' ' ' <"$here/input.$$" | sed 's/password=.*//')" >>"$here/calls"
tr '\\0' '\\n' </proc/$$/environ >>"$here/environ"
case $1 in
get) [ ! -e "$here/kept" ] || sed 's/^/password=/' "$here/kept" ;;
store) sed -n 's/^password=//p' "$here/input.$$" >"$here/kept" ;;
erase) rm -f "$here/kept" ;;
esac
"""


class Program(KeyringCase):
    """Any program as the store: what it is asked, how often, and when it must not be run."""

    def setUp(self):
        super().setUp()
        self.folder = self.home.path / "store"
        self.folder.mkdir(mode=0o700)
        self.program = self.home.write(self.folder / "program",
                                       RECORDER.format(folder=self.folder), 0o700)
        self.log_in(store=self.program)

    def calls(self):
        path = self.folder / "calls"
        lines = path.read_text().splitlines() if path.exists() else []
        path.unlink(missing_ok=True)
        return [line.split() for line in lines]

    def test_what_it_is_asked(self):
        self.calls()
        self.token("--force-refresh")
        calls = self.calls()
        # Read before the token is spent, and again before the document is written.
        self.assertEqual([call[0] for call in calls], ["get", "get", "store"])
        for call in calls:
            fields = dict(part.split("=", 1) for part in call[1:])
            self.assertEqual(
                {k: fields.get(k) for k in ("protocol", "host", "path", "username")},
                {"protocol": "bfabric", "host": self.server.host, "path": "CLI",
                 "username": self.home.environment})
        environment = (self.folder / "environ").read_text()
        self.assertNotIn("BFABRIC", environment.replace("BFABRICPY", "BFABRIC"))
        self.assertNotIn("refresh_token", self.cache())

    def test_fresh_token_asks_nobody(self):
        self.calls()
        for _ in range(5):
            self.token()
        self.assertEqual(self.calls(), [])

    def test_written_only_on_change(self):
        """A refresh without rotation leaves the item as it is."""
        self.server.control("set", rotation="off")
        self.token("--force-refresh")
        self.calls()
        self.token("--force-refresh")
        self.assertNotIn("store", [call[0] for call in self.calls()])

    def test_unsafe_programs_are_not_run(self):
        self.expire()
        self.calls()
        for mode in (0o720, 0o702, 0o600):
            with self.subTest(mode=oct(mode)):
                self.program.chmod(mode)
                self.assertUnavailable(self.bfabric("token"), str(self.program))
        self.program.chmod(0o700)
        kept = self.home.config_file.stat().st_mode
        self.assertEqual(self.calls(), [])
        override = json.dumps({"client": {"base_url": self.server.base_url}, "client_id": "CLI",
                               "auth_method": "oauth", "env_name": self.home.environment,
                               "libbfabric": {"store": str(self.program)}})
        self.bfabric("token", env={"BFABRICPY_CONFIG_OVERRIDE": override})
        self.assertEqual(self.calls(), [])
        self.assertEqual(self.home.config_file.stat().st_mode, kept)
        self.program.unlink()
        self.assertUnavailable(self.bfabric("token"), str(self.program))
        self.assertEqual(self.refreshes(400), [])

    def test_program_that_fails(self):
        self.expire()
        for body in ("exit 3", "kill -9 $$", "echo nonsense", "echo password=", "yes",
                     "printf 'password=a\\0b\\n'", "cat /dev/zero"):
            with self.subTest(body=body):
                self.home.write(self.program, f"#!/bin/sh\n{body}\n", 0o700)
                self.assertUnavailable(self.bfabric("token"))
        self.assertEqual(self.refreshes(400), [])


if __name__ == "__main__":
    harness.main()
