# SPDX-License-Identifier: MIT
"""`acquire` in the real sshd: who came in by a password is asked whether they wish for a login."""
import os
import signal
import time
import unittest

import pam_machine
from pam_machine import ACQUIRE, PASSWORD, REST, SESSION, requests

pam_machine.enter()

import harness  # noqa: E402  (a machine of our own first)
from pam_ssh import BY_KEY, BY_PASSWORD, Sshd  # noqa: E402
from pam_stack import CODE, SHELL, Console  # noqa: E402

QUESTION = r"B-Fabric login\? \[Enter/n\]"
ENTER = "press Enter here: "
CHILD = "bfabric-pam-login"


@unittest.skipIf(pam_machine.WHY_NOT, pam_machine.WHY_NOT)
class Acquire(Console):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.machine = pam_machine.machine()
        cls.sshd = cls.enterClassContext(Sshd())

    def setUp(self):
        super().setUp()
        self.machine.stack("sshd", ACQUIRE, REST + SESSION)

    def sandbox(self, user=None, timeout=30, **settings):
        server = super().sandbox(user=user or self.user.name, **settings)
        self.machine.configure(server, claim="sub", same_names="yes", timeout=timeout)
        return server

    def ssh(self, sshd=None, answer=None):
        """Someone on a terminal who has typed their password, and perhaps answered the question."""
        there = self.enterContext((sshd or self.sshd).terminal(self.user))
        there.expect("assword: ")
        there.type(PASSWORD + "\n")
        if answer is not None:
            there.expect(QUESTION)
            there.type(answer + "\n")
        return there

    def nothing_is_left(self):
        """No child, and no token of theirs on its way."""
        harness.wait_for(lambda: not pam_machine.processes(CHILD), timeout=10)
        self.assertEqual(pam_machine.waiting(), [])
        self.assertEqual(self.user.written(), [])

    def vanish(self, there):
        os.kill(there.pid, signal.SIGKILL)

    def of_this_login(self, before):
        """What serves the one who is there now: sshd's processes, and ours if there is one."""
        return {pid for name in ("sshd", CHILD) for pid in pam_machine.processes(name)} - before

    def ends(self, pids):
        """All of it, long before the time of the login is over: a client that disconnects at a prompt
        is noticed at once. Within 2 s is meant, hundredths are usual; a busy machine gets more."""
        began = time.monotonic()
        harness.wait_for(lambda: not pids & self.of_this_login(set()), timeout=30)
        print(f"# ended after {time.monotonic() - began:.2f} s", flush=True)

    def test_a_token_arrives_in_the_session(self):
        server = self.sandbox()
        there = self.ssh(answer="")
        code = there.expect(CODE)[1]
        self.assertIn(server.base_url + "/device", there.text)
        server.control("approve", user_code=code)
        self.press_enter(there)
        there.type("tr '\\0' '\\n' </proc/self/environ; env; echo done-$((1+1))\n")
        there.expect("done-2")
        token = self.mine(server)
        self.assertNotIn("BFABRIC_PAM", there.text)
        self.assertNotIn("no valid B-Fabric login", there.text)
        for secret in (token, code):
            self.assertNotIn(secret, self.machine.log.text())
        self.assertNotIn(token, there.text)
        self.assertEqual(pam_machine.waiting(), [])
        self.assertFalse(server.state()["families"][0]["refresh_revoked"])
        # Whoever has one is not asked.
        again = self.ssh()
        again.expect(SHELL)
        self.assertNotIn("B-Fabric", again.text)

    def test_who_says_no_is_left_alone(self):
        server = self.sandbox()
        there = self.ssh(answer="n")
        there.expect(SHELL)
        self.assertEqual(requests(server), [])
        self.nothing_is_left()

    def test_wrong_password(self):
        server = self.sandbox()
        result = self.sshd.command(self.user, "true", answers=["wrong"])
        self.assertExit(result, 255)
        self.assertEqual(len(self.sshd.questions()), 1)
        self.assertEqual(requests(server), [])

    def test_enter_too_early_twice(self):
        server = self.sandbox(timeout=10)
        there = self.ssh(answer="")
        there.expect(ENTER)
        there.type("\n")
        there.expect("has not seen an approval yet")
        there.type("\n")
        there.expect(SHELL, timeout=60)
        self.nothing_is_left()
        self.assertEqual(server.state()["families"], [])

    def test_enter_early_and_then_approved(self):
        server = self.sandbox()
        there = self.ssh(answer="")
        code = there.expect(CODE)[1]
        there.expect(ENTER)
        there.type("\n")
        there.expect("has not seen an approval yet")
        server.control("approve", user_code=code)
        there.type("\n")
        there.expect(SHELL)
        self.mine(server)

    def test_a_client_that_vanishes(self):
        server = self.sandbox(timeout=600, interval=5)
        patient = self.enterContext(Sshd(LoginGraceTime=600))
        for pattern, answer, children in ((QUESTION, None, 0), (ENTER, "", 1)):
            before = self.of_this_login(set())
            there = self.ssh(patient, answer=answer)
            there.expect(pattern)
            pids = self.of_this_login(before)
            self.assertEqual(len(pam_machine.processes(CHILD)), children)
            self.assertGreaterEqual(len(pids), 3 + children)  # monitor, network, PAM
            self.vanish(there)
            self.ends(pids)
            self.nothing_is_left()
        self.assertEqual(server.state()["families"], [])

    def test_a_client_that_vanishes_after_the_approval(self):
        """Its token reaches nobody, and is given back."""
        server = self.sandbox()
        there = self.ssh(answer="")
        code = there.expect(CODE)[1]
        there.expect(ENTER)
        server.control("approve", user_code=code)
        harness.wait_for(lambda: server.state()["families"])
        self.vanish(there)
        self.given_back(server)
        self.nothing_is_left()

    def test_another_person(self):
        server = self.sandbox(user="mallory")
        there = self.ssh(answer="")
        code = there.expect(CODE)[1]
        server.control("approve", user_code=code)
        self.press_enter(there)
        self.nobodys(server)

    def test_server_down(self):
        server = self.sandbox()
        server.stop()
        there = self.ssh(answer="")
        there.expect(SHELL)
        self.nothing_is_left()

    def test_the_time_of_sshd_is_over(self):
        server = self.sandbox()
        sshd = self.enterContext(Sshd(LoginGraceTime=2))
        there = self.ssh(sshd, answer="")
        there.expect(ENTER)
        harness.wait_for(lambda: not pam_machine.processes(CHILD))
        there.type("\n")  # ssh looks at its connection again when it has got a line
        self.assertEqual(there.status(), 255)
        self.nothing_is_left()
        self.assertEqual(server.state()["families"], [])

    def test_a_handle_of_somebody_else(self):
        """A token waits, since its user was turned away; another user names its file as their own
        (pam_env reads ~/.pam_environment)."""
        server = self.sandbox()
        self.machine.stack("sshd", ACQUIRE, "account required pam_deny.so\n" + REST + SESSION)
        there = self.ssh(answer="")
        server.control("approve", user_code=there.expect(CODE)[1])
        self.press_enter(there, until="(?i)closed|denied")
        self.assertEqual(len(pam_machine.waiting()), 1)
        self.addCleanup((pam_machine.WAITING / pam_machine.waiting()[0]).unlink)
        thief = self.machine.user()
        (thief.home / ".pam_environment").write_text(
            f"BFABRIC_PAM_HANDLE DEFAULT={pam_machine.waiting()[0]}\n")
        thief.own()
        planted = "session required pam_env.so user_readenv=1\n"
        for session in (REST + planted + SESSION, REST + planted):
            self.machine.stack("sshd", ACQUIRE, session)
            result = self.sshd.command(thief, "env", method=BY_KEY)
            self.assertExit(result, 0)
            # It works, where we are not: else this would show nothing.
            self.assertEqual("BFABRIC_PAM_HANDLE" in result.out, SESSION not in session)
        self.assertEqual(thief.token(server), "")
        self.assertEqual([path for path in thief.written() if ".bfabric" in path], [])

    def test_where_nobody_can_be_asked(self):
        """The method `password` cannot ask a second question, and a key asks none."""
        server = self.sandbox()
        for method in (BY_PASSWORD, BY_KEY):
            with self.subTest(method=method):
                result = self.sshd.command(self.user, "printf whole", method=method)
                self.assertEqual((result.out, result.err, result.status), ("whole", "", 0))
        self.assertEqual(requests(server), [])


if __name__ == "__main__":
    harness.main()
