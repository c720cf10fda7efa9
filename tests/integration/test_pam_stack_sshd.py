# SPDX-License-Identifier: MIT
"""The default profile in the real sshd: it tells in one line, and disturbs nothing."""
import os
import pathlib
import stat
import tempfile
import unittest

import pam_machine
from pam_machine import PASSWORD, requests

pam_machine.enter()

import harness  # noqa: E402  (a machine of our own first)
from pam_ssh import BY_KEY, BY_PASSWORD, KBDINT, Sshd  # noqa: E402

SHELL = r"\$ $"
HINT = "There is no valid B-Fabric login. To make one: bfabric login"


@unittest.skipIf(pam_machine.WHY_NOT, pam_machine.WHY_NOT)
class Default(harness.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.machine = pam_machine.machine()
        cls.machine.default("sshd")
        cls.sshd = cls.enterClassContext(Sshd())
        cls.server = cls.enterClassContext(harness.Sandbox())
        cls.machine.configure(cls.server)

    def setUp(self):
        self.before = len(self.server.log())
        self.user = self.machine.user()

    def asked(self):
        return requests(self.server, self.before)

    def test_one_line_for_who_sits_there(self):
        for method in (KBDINT, BY_PASSWORD):
            with self.subTest(method=method), self.sshd.terminal(self.user, method=method) as there:
                there.expect("assword: ")
                there.type(PASSWORD + "\n")
                there.expect(SHELL)
                self.assertEqual(there.text.count("B-Fabric"), 1)
                self.assertIn(HINT, there.text)
                there.type("exit\n")
                self.assertEqual(there.status(), 0)
        self.assertEqual(self.asked(), [])

    def test_a_login_is_refreshed_and_nothing_said(self):
        self.user.login(self.server)
        for method in (KBDINT, BY_PASSWORD, BY_KEY):
            self.user.expire(self.server)
            before = len(self.server.refreshes())
            with self.subTest(method=method):
                result = self.sshd.command(self.user, "env", method=method)
                self.assertExit(result, 0)
                self.assertEqual(result.err, "")
                self.assertNotIn("BFABRIC_PAM", result.out)
                self.assertEqual(len(self.server.refreshes()), before + 1)
        for path in (self.user.cache(self.server), self.user.cache(self.server, ".session")):
            self.assertEqual((path.stat().st_uid, stat.S_IMODE(path.stat().st_mode)),
                             (self.user.uid, 0o600))
        token = harness.json.loads(self.user.cache(self.server).read_text())["access_token"]
        self.assertEqual(self.user.token(self.server), token)
        self.assertNotIn(token, result.out + self.machine.log.text())

    def test_programs_that_talk_are_not_disturbed(self):
        content = os.urandom(300_000)
        with tempfile.TemporaryDirectory() as folder:
            mine, back = pathlib.Path(folder, "mine"), pathlib.Path(folder, "back")
            mine.write_bytes(content)
            there = f"{self.sshd.where(self.user)}:file"
            for method in (KBDINT, BY_PASSWORD):
                for command in (["scp", "-q", mine, there], ["scp", "-q", there, back],
                                ["scp", "-q", "-O", there, back], ["sftp", "-q", there, back]):
                    result = self.sshd.run(*command, method=method)
                    self.assertExit(result, 0)
                    self.assertNotIn("B-Fabric", result.out + result.err)
                    if command[0] == "scp":
                        self.assertEqual(result.out + result.err, "")
                self.assertEqual(back.read_bytes(), content)
            self.assertEqual((self.user.home / "file").read_bytes(), content)
        result = self.sshd.command(self.user, "printf whole")
        self.assertEqual((result.out, result.err, result.status), ("whole", "", 0))
        self.assertEqual(self.asked(), [])

    def test_wrong_password_asks_no_server(self):
        self.user.login(self.server)
        self.user.expire(self.server)
        before = len(self.server.log())
        for method in (KBDINT, BY_PASSWORD):
            self.assertExit(self.sshd.command(self.user, "true", method=method,
                                              answers=["wrong"]), 255)
        self.assertEqual(requests(self.server, before), [])

    def test_a_key_starts_nothing(self):
        with self.sshd.terminal(self.user, method=BY_KEY) as there:
            there.expect(SHELL)
            self.assertEqual(there.text.count(HINT), 1)
        result = self.sshd.command(self.user, "printf whole", method=BY_KEY)
        self.assertEqual((result.out, result.err, result.status), ("whole", "", 0))
        self.assertEqual(self.asked(), [])
        self.assertEqual(self.user.written(), [])


if __name__ == "__main__":
    harness.main()
