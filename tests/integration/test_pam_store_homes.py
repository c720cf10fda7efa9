# SPDX-License-Identifier: MIT
"""pam-store and homes as they are found: missing, read-only, full, and full of traps.

A login that its home cannot take waits in the runtime directory and is put there by whoever asks
next; nothing is written anywhere else.
"""
import json
import os
import pathlib
import shutil
import stat
import subprocess
import unittest

import harness
from pam_store_case import ROOT, STRANGER, USER, PamStoreCase, owned_by

MOUNTS = ROOT and subprocess.run(["unshare", "-m", "true"], capture_output=True).returncode == 0


def picture(root, apart=()):
    """Everything below a folder but some folders: kind, owner, permissions, size, target."""
    found = {}
    for folder, folders, files in os.walk(root):
        folders[:] = [name for name in folders if pathlib.Path(folder, name) not in apart]
        for name in folders + files:
            path = os.path.join(folder, name)
            info = os.lstat(path)
            found[path] = (info.st_mode, info.st_uid, stat.S_ISREG(info.st_mode) and info.st_size,
                           os.readlink(path) if stat.S_ISLNK(info.st_mode) else None)
    return found


class Homes(PamStoreCase):
    def setUp(self):
        super().setUp()
        self.elsewhere = self.home.path / "elsewhere"
        self.elsewhere.mkdir(mode=0o700)
        owned_by(self.elsewhere)

    def own(self, path):
        return self.home.home / path

    def make(self, path="", uid=USER, mode=0o700):
        """A folder in the home."""
        made = self.own(path)
        made.mkdir(mode=0o700, parents=True, exist_ok=True)
        owned_by(self.home.home)
        if uid != USER:
            os.chown(made, uid, uid)
        made.chmod(mode)
        return made

    def pipe(self, path):
        self.make(pathlib.Path(path).parent)
        os.mkfifo(self.own(path), 0o600)
        owned_by(self.home.home)

    def link(self, path, target):
        self.make(pathlib.Path(path).parent)
        self.own(path).symlink_to(target)
        owned_by(self.home.home)

    def adopt(self, apart=None, **more):
        """Hands a login over; outside the home's own places and the runtime directory nothing
        changes."""
        apart = apart or [self.home.home / ".bfabric", self.home.runtime / "bfabric"]
        before = picture(self.home.path, apart)
        reply = self.mint()
        result = self.ask("adopt", reply, **more)
        after = picture(self.home.path, apart)
        after.pop(str(self.home.config_file), None)
        before.pop(str(self.home.config_file), None)
        self.assertEqual(after, before)
        return reply, result

    def assertWaits(self, **more):
        reply, result = self.adopt(**more)
        self.assertExit(result, 0)
        told = result.fields()
        self.assertEqual((told["status"], told["stored"]), ("OK", "waits"), repr(result))
        (rescue,) = self.rescues()
        self.assertIn(str(rescue), told["message"])
        self.assertTrue(rescue.is_relative_to(self.home.runtime), rescue)
        self.assertPrivate(rescue, rescue.parent)
        self.assertEqual(json.loads(rescue.read_text())["token"]["refresh_token"],
                         reply["refresh_token"])
        self.assertEqual(self.revoked()[0], False)
        return reply

    def assertArrives(self, reply):
        """The home is in order again: a session that begins finds the login, and so do tools."""
        self.assertEqual(self.answer("valid")["valid"], "yes")
        self.assertEqual(self.answer("refresh")["valid"], "yes")
        self.assertEqual(self.token(), reply["access_token"])
        self.assertEqual(self.rescues(), [])
        self.assertPrivate(self.place(".json"), self.place(".session"))
        self.expire()
        self.assertNotEqual(self.token(), reply["access_token"])
        self.assertEqual({line["status"] for line in self.server.refreshes()}, {200})
        self.assertNotIn("replaces", self.place(".session").read_text())

    # ---- not there ----

    def test_missing(self):
        away = self.home.path / "away"
        self.home.home.rename(away)
        reply = self.mint()
        told = self.ask("adopt", reply, run=self.outside).fields()
        self.assertEqual((told["status"], told["stored"]), ("OK", "waits"))
        self.assertFalse(self.home.home.exists())
        self.assertEqual(self.ask("valid", run=self.outside).fields()["valid"], "yes")
        away.rename(self.home.home)
        self.assertArrives(reply)

    def outside(self, *command, **more):
        """Like as_user, with another working directory than the home."""
        from process import run
        more = {**more, "env": more.pop("env", None) or self.env()}
        if ROOT:
            more.update(user=USER, group=USER, extra_groups=[])
        return run(command, cwd="/", **more)

    def test_it_arrives_by_any_tool(self):
        self.home.write_config(self.server.base_url)
        self.make(mode=0o500)
        reply = self.assertWaits()
        self.home.home.chmod(0o700)
        self.assertEqual(self.bfabric("token").out.strip(), reply["access_token"])
        self.assertArrives(reply)

    def test_it_arrives_when_asked_to(self):
        self.home.write_config(self.server.base_url)
        self.make(mode=0o500)
        reply = self.assertWaits()
        self.assertIn("rescue", self.bfabric("auth", "status").out)
        self.home.home.chmod(0o700)
        self.assertExit(self.bfabric("auth", "refresh", "--pending"), 0)
        self.assertEqual(self.rescues(), [])
        self.assertArrives(reply)

    def test_a_later_login_wins(self):
        self.home.write_config(self.server.base_url)
        self.make(mode=0o500)
        waiting = self.assertWaits()
        self.home.home.chmod(0o700)
        later = self.mint()
        self.answer("adopt", later)
        self.assertArrives(later)
        self.assertNotIn(waiting["refresh_token"], self.place(".session").read_text())

    def test_it_replaces_the_login_before(self):
        before = self.mint()
        self.answer("adopt", before)
        self.home.tokens.chmod(0o500)
        if os.access(self.home.tokens, os.W_OK) and not ROOT:
            self.skipTest("permissions stop nobody here")
        reply = self.assertWaits()
        self.home.tokens.chmod(0o700)
        self.assertArrives(reply)

    def test_logout_of_what_waits(self):
        self.home.write_config(self.server.base_url)
        self.make(mode=0o500)
        self.assertWaits()
        self.home.home.chmod(0o700)
        self.assertExit(self.bfabric("auth", "logout"), 0)
        self.assertEqual((self.rescues(), self.revoked()), ([], [True]))
        self.assertExit(self.bfabric("token"), 3)

    # ---- no room ----

    def test_read_only(self):
        self.make(".bfabric/tokens", mode=0o500)
        reply = self.assertWaits()
        self.home.tokens.chmod(0o700)
        self.assertArrives(reply)

    @unittest.skipUnless(MOUNTS, "only root can mount here")
    def test_full(self):
        """A file system without room; what fits is what a home with two files already takes."""
        self.make(".bfabric/tokens")
        script = """
            mount -t tmpfs -o size=4k,mode=700,uid=$USER_ID tmpfs "$HOME/.bfabric/tokens" || exit 99
            exec setpriv --reuid $USER_ID --regid $USER_ID --clear-groups -- "$@" """
        reply, result = self.adopt(run=self.home.run, wrapper=["unshare", "-m", "sh", "-c", script,
                                                               "sh"],
                                   env=self.env(USER_ID=USER))
        self.assertExit(result, 0)
        self.assertEqual(result.fields()["stored"], "waits", repr(result))
        self.assertArrives(reply)

    @unittest.skipUnless(MOUNTS, "only root can mount here")
    def test_mounted_read_only(self):
        self.make()
        script = """
            mount --bind "$HOME" "$HOME" && mount -o remount,ro,bind "$HOME" || exit 99
            exec setpriv --reuid $USER_ID --regid $USER_ID --clear-groups -- "$@" """
        reply, result = self.adopt(run=self.home.run, wrapper=["unshare", "-m", "sh", "-c", script,
                                                               "sh"],
                                   env=self.env(USER_ID=USER))
        self.assertEqual(result.fields()["stored"], "waits", repr(result))
        self.assertArrives(reply)

    # ---- traps ----

    def test_links_in_the_place_of_folders(self):
        for path in (".bfabric", ".bfabric/tokens"):
            with self.subTest(path):
                self.link(path, self.elsewhere)
                reply = self.assertWaits()
                self.assertEqual(list(self.elsewhere.iterdir()), [])
                self.own(path).unlink()
                self.assertArrives(reply)
                shutil.rmtree(self.own(".bfabric"))
                self.home.config_file.unlink()

    def test_links_in_the_place_of_files(self):
        """They are replaced, what they point at stays."""
        target = self.elsewhere / "target"
        target.write_text("mine")
        for suffix in (".json", ".json.tmp", ".session.tmp", ".rejected"):
            self.link(self.place(suffix).relative_to(self.home.home), target)
        owned_by(self.home.path)
        reply, result = self.adopt()
        self.assertEqual(result.fields()["stored"], "yes", repr(result))
        self.assertEqual(target.read_text(), "mine")
        self.assertArrives(reply)

    def test_links_that_are_not_replaced(self):
        target = self.elsewhere / "target"
        for suffix in (".session", ".json.lock"):
            with self.subTest(suffix):
                target.write_text("mine")
                self.link(self.place(suffix).relative_to(self.home.home), target)
                owned_by(self.home.path)
                reply = self.assertWaits()
                self.assertEqual(target.read_text(), "mine")
                self.place(suffix).unlink()
                self.assertArrives(reply)
                shutil.rmtree(self.own(".bfabric"))

    def test_pipes_in_the_place_of_files(self):
        for suffix in (".json", ".session", ".json.lock", ".session.tmp", ".rejected"):
            with self.subTest(suffix):
                self.pipe(self.place(suffix).relative_to(self.home.home))
                reply, result = self.adopt()
                self.assertExit(result, 0)
                waits = suffix in (".session", ".json.lock")
                self.assertEqual(result.fields()["stored"], "waits" if waits else "yes")
                if waits:
                    self.place(suffix).unlink()
                self.assertArrives(reply)
                shutil.rmtree(self.own(".bfabric"))

    def test_configuration_that_cannot_be_read(self):
        """Nobody knows then where the login should lie, so nothing is put into the home."""
        def pipe():
            os.mkfifo(self.home.config_file, 0o600)

        def link():
            self.home.config_file.symlink_to("/etc/passwd")

        def folder():
            self.home.config_file.mkdir()

        def damage():
            self.home.config_file.write_text("SANDBOX: [\n")

        def everybodys():
            self.home.config_file.write_text("SANDBOX: {}\n")
            self.home.config_file.chmod(0o666)

        for trap in (pipe, link, folder, damage, everybodys):
            with self.subTest(trap.__name__):
                trap()
                owned_by(self.home.home)
                reply = self.assertWaits()
                for operation in ("valid", "refresh"):
                    self.assertIn(self.ask(operation).fields()["status"],
                                  ("SYSTEM", "BAD_CONFIG"))
                self.assertFalse(self.own(".bfabric").exists())
                if trap is folder:
                    self.home.config_file.rmdir()
                else:
                    self.home.config_file.unlink()
                self.assertArrives(reply)
                shutil.rmtree(self.own(".bfabric"))
                self.home.config_file.unlink()

    def test_everybody_may_write(self):
        self.make(mode=0o777)
        self.make(".bfabric/tokens", mode=0o777)
        self.own(".bfabric").chmod(0o777)
        reply, result = self.adopt()
        self.assertEqual(result.fields()["stored"], "yes", repr(result))
        self.assertPrivate(self.own(".bfabric"), self.home.tokens)
        self.assertArrives(reply)

    @unittest.skipUnless(ROOT, "only root can give files away")
    def test_foreign(self):
        def folder():
            self.make(".bfabric", uid=STRANGER, mode=0o777)

        def tokens():
            self.make(".bfabric/tokens", uid=STRANGER, mode=0o777)

        def record():
            self.make(".bfabric/tokens")
            self.place(".session").write_text("{}")
            os.chown(self.place(".session"), STRANGER, STRANGER)

        for trap in (folder, tokens, record):
            with self.subTest(trap.__name__):
                trap()
                reply = self.assertWaits()
                shutil.rmtree(self.own(".bfabric"))
                self.assertArrives(reply)
                shutil.rmtree(self.own(".bfabric"))
                self.home.config_file.unlink()

    @unittest.skipUnless(ROOT, "only root can give files away")
    def test_foreign_home(self):
        """sudo and su leave such things behind: HOME names another user's."""
        os.chown(self.home.home, STRANGER, STRANGER)
        self.home.home.chmod(0o755)
        self.assertWaits()
        self.assertFalse(self.own(".bfabric").exists())

    # ---- and no runtime directory ----

    def test_nowhere(self):
        """It is given back, and told why."""
        def missing():
            return self.home.path / "none"

        def everybodys():
            self.home.runtime.chmod(0o777)
            return self.home.runtime

        def link():
            self.home.runtime.chmod(0o700)
            (self.home.runtime / "bfabric").symlink_to(self.elsewhere)
            owned_by(self.home.runtime)
            return self.home.runtime

        self.make(mode=0o500)
        for trap in (missing, everybodys, link):
            with self.subTest(trap.__name__):
                before = picture(self.elsewhere)
                _, result = self.adopt(env=self.env(XDG_RUNTIME_DIR=trap()))
                self.assertExit(result, 1)
                self.assertEqual(result.fields()["status"], "SYSTEM")
                self.assertIn("XDG_RUNTIME_DIR", result.fields()["message"])
                self.assertIn("revoked at the server", result.fields()["message"])
                self.assertEqual(self.revoked()[0], True)
                self.assertEqual(picture(self.elsewhere), before)


if __name__ == "__main__":
    harness.main()
