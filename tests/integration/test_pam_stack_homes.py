# SPDX-License-Identifier: MIT
"""Homes that nobody would wish for: the session opens, and root writes nothing there.

Every system call with a path is watched (strace), and so is which process has become the user.
"""
import os
import re
import shutil
import time
import unittest

import pam_machine

pam_machine.enter()

import harness  # noqa: E402  (a machine of our own first)

# Whose effect is written somewhere; `open` by its flags.
WRITES = re.compile(r"^(mkdir|mknod|rename|link|symlink|unlink|rmdir|truncate|creat|chmod|fchmod|"
                    r"chown|lchown|fchown|utime|setxattr|lsetxattr|removexattr)")
OPENS_TO_WRITE = re.compile(r"^open.*O_(WRONLY|RDWR|CREAT|TRUNC|TMPFILE)")
LINE = re.compile(r"^(\d+) +(.*)$")
RESUMED = re.compile(r"^<\.\.\. \w+ resumed>")
UNFINISHED = " <unfinished ...>"


def calls(text):
    """(process, call) in order of their ends, those that others interrupted in one piece."""
    begun = {}
    for pid, call in (found.groups() for found in map(LINE.match, text.splitlines()) if found):
        if call.endswith(UNFINISHED):
            begun[pid] = call[:-len(UNFINISHED)]
        else:
            yield pid, RESUMED.sub(begun.get(pid, ""), call, count=1)


class Trace:
    """Lines of `strace -f -y`: what was done before and after a process became the user."""

    def __init__(self, text, uid):
        self.root, self.user = [], []
        became = set()
        for pid, call in calls(text):
            if re.match(rf"setresuid\({uid}, {uid}, {uid}\) += 0", call):
                became.add(pid)
            child = re.match(r"(?:clone3?|v?fork)\(.* = (\d+)", call)
            if child and pid in became:
                became.add(child[1])
            (self.user if pid in became else self.root).append(call)

    @staticmethod
    def writes(lines, path):
        return [call for call in lines if path in call
                and (WRITES.match(call) or OPENS_TO_WRITE.match(call))]


@unittest.skipIf(pam_machine.WHY_NOT, pam_machine.WHY_NOT)
@unittest.skipUnless(shutil.which("strace"), "strace is not installed")
class Homes(harness.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.machine = pam_machine.machine()
        cls.machine.stack("login", "auth required pam_permit.so\nauth optional @ mark",
                          "session optional @\n")
        cls.server = cls.enterClassContext(harness.Sandbox(interval=1, auto_approve=0))

    def setUp(self):
        self.user = self.machine.user()
        self.machine.configure(self.server)

    def open(self, wrapper=()):
        """A session opens; returns the trace of all processes that had to do with it."""
        file = pam_machine.TOP / f"trace-{self.user.name}"
        begin = time.monotonic()
        result = harness.run(
            ["strace", "-f", "-y", "-qq", "-o", file, "-e", "trace=%file,%process,fchmod,fchown,"
             "ftruncate,setresuid,setgroups,setresgid", *wrapper,
             pam_machine.PROGRAMS / "pam_call", "login", self.user.name, "type",
             "authenticate", "open", "close"], timeout=100)
        self.assertExit(result, 0)
        self.assertIn("open=0\n", result.out)
        self.assertLess(time.monotonic() - begin, 60)
        self.said = result.out
        trace = Trace(file.read_text(errors="replace"), self.user.uid)
        # Not even a look: what is there may never answer.
        self.assertEqual([call for call in trace.root if str(self.user.home) in call], [])
        return trace

    def test_an_ordinary_one(self):
        """The trace sees what is written, and by whom: else the others would show nothing."""
        trace = self.open()
        self.assertIn("B-Fabric login stored", self.said)
        self.assertTrue(trace.writes(trace.user, str(self.user.home)))
        self.assertEqual(len(self.user.written()), 3)

    def test_missing(self):
        self.user.home.rmdir()
        self.open()
        self.assertFalse(self.user.home.exists())

    def test_read_only(self):
        pam_machine.mount("--bind", self.user.home, self.user.home)
        pam_machine.mount("-o", "remount,bind,ro", self.user.home)
        self.addCleanup(pam_machine.unmount, self.user.home)
        self.open()
        self.assertEqual(self.user.written(), [])

    def test_full(self):
        pam_machine.mount("-t", "tmpfs", "-o", f"size=4k,mode=700,uid={self.user.uid}", "tmpfs",
                          self.user.home)
        self.addCleanup(pam_machine.unmount, self.user.home)
        (self.user.home / "all").write_bytes(bytes(4096))
        self.open()
        self.assertEqual((self.user.home / "all").stat().st_size, 4096)

    def test_a_link_to_a_folder_of_root(self):
        victim = pam_machine.TOP / f"victim-{self.user.name}"
        victim.mkdir(mode=0o755)
        (self.user.home / ".bfabric").symlink_to(victim)
        trace = self.open()
        self.assertEqual(list(victim.iterdir()), [])
        self.assertEqual(trace.writes(trace.root, str(victim)), [])

    def test_a_link_to_a_folder_that_all_may_write(self):
        victim = pam_machine.TOP / f"victim-{self.user.name}"
        victim.mkdir()
        victim.chmod(0o777)
        (self.user.home / ".bfabric").symlink_to(victim)
        trace = self.open()
        self.assertEqual(trace.writes(trace.root, str(victim)), [])
        for path in victim.rglob("*"):
            self.assertEqual(path.lstat().st_uid, self.user.uid)

    def test_pipes(self):
        os.mkfifo(self.user.home / ".bfabric")
        os.mkfifo(self.user.home / ".bfabricpy.yml")
        self.user.own()
        self.open()

    def test_of_somebody_else(self):
        os.chown(self.user.home, 4999, 4999)
        self.open()
        self.assertEqual(self.user.written(), [])

    def test_all_may_write(self):
        self.user.home.chmod(0o777)
        (self.user.home / ".bfabric").mkdir()
        (self.user.home / ".bfabric").chmod(0o777)
        self.user.own()
        self.open()
        for path in self.user.home.rglob("*"):
            self.assertEqual(path.stat().st_uid, self.user.uid)
            if path.is_file():
                self.assertEqual(path.stat().st_mode & 0o077, 0, path)

    @unittest.skipUnless(os.path.exists("/dev/fuse"), "there is no FUSE here")
    def test_a_network_home_that_hangs(self):
        self.machine.configure(self.server, timeout=5)
        with pam_machine.HungHome(self.user.home):
            # strace would wait for the children that hang
            begin = time.monotonic()
            result = harness.run([pam_machine.PROGRAMS / "pam_call", "login", self.user.name,
                                  "type", "authenticate", "open", "close"], timeout=100)
            self.assertExit(result, 0)
            self.assertIn("open=0\n", result.out)
            self.assertLess(time.monotonic() - begin, 30)
        harness.wait_for(lambda: not pam_machine.processes("bfabric-full"))
        harness.wait_for(lambda: not pam_machine.processes("bfabric-pam-login"))
        self.assertEqual(self.user.written(), [])


if __name__ == "__main__":
    harness.main()
