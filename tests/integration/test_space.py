# SPDX-License-Identifier: MIT
"""No space, no permission, failing disks: no refresh token is spent that could not be saved."""
import json
import os
import random
import shutil
import subprocess
import time
import unittest

import harness
from scene import SUFFIXES, Scene, at

STEP = max(1, round(1 / harness.SCALE))


# Mounts of one's own: root needs no user namespace for them (and has none in a chroot).
UNSHARE = ["unshare", "-m"] if os.geteuid() == 0 else ["unshare", "-Urm"]


def namespaces():
    """Can this user have mounts of his own?"""
    return subprocess.run([*UNSHARE, "true"], capture_output=True).returncode == 0


class Space(harness.TestCase):
    def setUp(self):
        self.server = self.enterContext(harness.Sandbox(rotation="on"))
        self.home = self.enterContext(harness.Home())
        self.scene = Scene(self, self.server, self.home)
        self.scene.begin()

    def assertNothingLost(self, asked):
        """Whatever happened, the next call without the trouble has a token and no litter is left."""
        self.assertTrue(self.scene.recover(asked))
        self.assertEqual(sum(self.scene.lost.values()), 0)

    def assertExplained(self, result, *words):
        """One line that a person understands."""
        self.assertEqual(result.err.count("\n"), 1, repr(result))
        self.assertTrue(any(word in result.err for word in words), repr(result))

    # ---- a file system of its own ----

    def in_tmpfs(self, options, *arguments):
        """Runs `bfabric token` with ~/.bfabric/tokens on such a file system; what it leaves there is
        what the test finds in the folder afterwards."""
        script = """
            set -e
            cp -a "$TOKENS" "$KEEP"
            mount -t tmpfs -o "$OPTIONS",mode=700 tmpfs "$TOKENS"
            cp -a "$KEEP"/. "$TOKENS"/ || exit 99
            set +e
            "$@"; status=$?
            rm -rf "$KEEP"
            cp -a "$TOKENS" "$KEEP" || exit 98
            exit $status"""
        keep = self.home.path / "keep"
        env = self.home.env(TOKENS=self.home.tokens, KEEP=keep, OPTIONS=options)
        result = harness.run([*UNSHARE, "sh", "-c", script, "sh",
                              *self.home.command("bfabric", "token", *arguments)], env,
                             cwd=self.home.home)
        if result.status not in (98, 99):
            shutil.rmtree(self.home.tokens)
            keep.rename(self.home.tokens)
        else:
            shutil.rmtree(keep, ignore_errors=True)
        return result

    def try_tmpfs(self, options):
        """True: the refresh was made and saved; False: it was not made; None: no room to begin."""
        before = self.scene.expire()
        asked = len(self.scene.log.lines)
        result = self.in_tmpfs(options)
        if result.status == 99:
            return None
        self.scene.assertWhole(before)
        requests = self.scene.log.lines[asked:]
        if result.status == 0:
            self.assertEqual(len(requests), 1)
            self.assertEqual(json.loads(self.scene.read(".json"))["access_token"],
                             result.out.strip())
        else:
            self.assertExit(result, 1)
            self.assertEqual(requests, [], "a token was spent that could not be saved")
            self.assertExplained(result, str(self.home.tokens))
            self.assertEqual(self.scene.snapshot(), before)
        self.assertNothingLost(asked)
        return result.status == 0

    @unittest.skipUnless(namespaces(), "no mounts of one's own here")
    def test_disk_of_each_size(self):
        found = [self.try_tmpfs(f"size={pages * 4}k")
                 for pages in range(1 + random.randrange(STEP), 50, STEP)]
        found.append(self.try_tmpfs("size=400k"))
        self.assertIs(found[-1], True)
        found = [one for one in found if one is not None]
        # Once there is room enough there always is.
        self.assertEqual(found, sorted(found))

    @unittest.skipUnless(namespaces(), "no mounts of one's own here")
    def test_no_inodes(self):
        found = [self.try_tmpfs(f"size=1m,nr_inodes={count}") for count in range(2, 12)]
        self.assertIs(found[-1], True)
        self.assertIn(False, found)

    @unittest.skipUnless(namespaces(), "no mounts of one's own here")
    def test_read_only(self):
        script = 'mount --bind "$TOKENS" "$TOKENS" && mount -o remount,ro,bind "$TOKENS" && "$@"'

        def run():
            return harness.run([*UNSHARE, "sh", "-c", script, "sh",
                                *self.home.command("bfabric", "token")],
                               self.home.env(TOKENS=self.home.tokens), cwd=self.home.home)

        before = self.scene.expire()
        asked = len(self.scene.log.lines)
        result = run()
        self.assertExit(result, 1)
        self.assertExplained(result, str(self.home.tokens))
        # A token that can still be used is served, and the person hears why it gets old.
        before = self.scene.shift(time.time() + 20)
        result = run()
        self.assertExit(result, 0)
        self.assertEqual(result.out.strip(), json.loads(before[".json"])["access_token"])
        self.assertExplained(result, str(self.home.tokens))
        self.assertEqual(self.scene.snapshot(), before)
        self.scene.log.new()
        self.assertEqual(len(self.scene.log.lines), asked)
        self.assertNothingLost(asked)

    @unittest.skipUnless(os.geteuid() == 0 and shutil.which("chattr"), "only root may chattr")
    def test_immutable_files(self):
        for suffix in SUFFIXES:
            with self.subTest(file=suffix):
                self.scene.expire()
                asked = len(self.scene.log.lines)
                path = self.scene.path(suffix)
                if subprocess.run(["chattr", "+i", path], capture_output=True).returncode:
                    self.skipTest("this file system has no chattr")
                try:
                    result = self.home.run("bfabric", "token")
                finally:
                    subprocess.run(["chattr", "-i", path], check=True)
                # That it cannot be replaced shows only after the request: a rescue copy is made.
                self.assertExit(result, 0)
                self.assertNothingLost(asked)

    def test_file_size_limit(self):
        """`ulimit -f` is a full disk that sends a signal."""
        for blocks in (0, 1, 8, 64, 127, 129, 100000):
            with self.subTest(blocks=blocks):
                before = self.scene.expire()
                asked = len(self.scene.log.lines)
                result = harness.run(["sh", "-c", f'ulimit -f {blocks}; exec "$@"', "sh",
                                      *self.home.command("bfabric", "token")], self.home.env(),
                                     cwd=self.home.home)
                self.scene.assertWhole(before)
                requests = self.scene.log.lines[asked:]
                if result.status:
                    self.assertExit(result, 1)
                    self.assertEqual(requests, [])
                    self.assertExplained(result, str(self.home.tokens))
                else:
                    self.assertEqual(len(requests), 1)
                self.assertEqual(result.status == 0, blocks > 128)
                self.assertNothingLost(asked)

    # ---- each call fails once, or from then on ----

    CALLS = ("openat", "write", "pwrite64", "fsync", "ftruncate", "rename", "unlink", "fchmod")

    def inject(self, call, error, when):
        """A call that touches our files fails. Returns the result and whether it came to that."""
        paths = [str(self.home.tokens)] + [str(self.scene.path(suffix + tmp)) for suffix in SUFFIXES
                                           for tmp in ("", ".tmp")]
        trace = self.home.path / "trace"
        command = ["strace", "-f", "-qq", "-o", trace, *[x for p in paths for x in ("-P", p)],
                   "-e", f"trace={call}", "-e", f"inject={call}:error={error}:when={when}",
                   *self.home.command("bfabric", "token")]
        result = harness.run(command, self.home.env(), cwd=self.home.home)
        return result, "(INJECTED)" in trace.read_text()

    def fail_each(self, error, forever):
        for call in self.CALLS:
            for n in range(1, 100):
                with at(call=call, n=n, forever=forever):
                    before = self.scene.expire()
                    asked = len(self.scene.log.lines)
                    result, injected = self.inject(call, error, f"{n}+" if forever else str(n))
                    self.assertIn(result.status, (0, 1), repr(result))
                    self.assertLessEqual(result.err.count("\n"), 1, repr(result))
                    self.scene.assertWhole(before)
                    requests = self.scene.log.lines[asked:]
                    self.assertLessEqual(len(requests), 1)
                    if result.status:
                        self.assertEqual(result.out, "")
                        self.assertEqual(requests, [], repr(result))
                    self.assertNothingLost(asked)
                    if not injected:
                        break

    @unittest.skipUnless(shutil.which("strace"), "strace is not installed")
    def test_each_call_fails_once(self):
        self.fail_each("ENOSPC", forever=False)

    @unittest.skipUnless(shutil.which("strace"), "strace is not installed")
    def test_each_call_fails_from_then_on(self):
        self.fail_each("EIO", forever=True)


if __name__ == "__main__":
    harness.main()
