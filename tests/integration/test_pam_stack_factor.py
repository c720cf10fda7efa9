# SPDX-License-Identifier: MIT
"""B-Fabric as a factor of authentication in the real login and sshd."""
import unittest

import pam_machine
from pam_machine import (ACCOUNT, PASSWORD, PRIMARY, REST, SECOND, SESSION, requests)

pam_machine.enter()

import harness  # noqa: E402  (a machine of our own first)
from pam_ssh import KBDINT, Sshd  # noqa: E402
from pam_stack import CODE, SHELL, Console  # noqa: E402

# For a server whose users come with a key, so that B-Fabric is never alone.
WITH_KEY = "auth [success=ok ignore=ignore default=die] @\nauth required pam_permit.so\n"


class Factor(Console):
    def sandbox(self, user=None, **settings):
        """Whoever approves is this user, if nobody else is named."""
        server = super().sandbox(user=user or self.user.name, **settings)
        self.machine.configure(server, claim="sub", same_names="yes", timeout=30)
        return server

    def approve(self, server, there):
        server.control("approve", user_code=there.expect(CODE)[1])

    def refused(self, console):
        console.expect("incorrect")
        self.assertEqual(self.user.written(), [])


@unittest.skipIf(pam_machine.WHY_NOT, pam_machine.WHY_NOT)
class Primary(Factor):
    """At a console: B-Fabric, and a password when it cannot be reached."""

    def setUp(self):
        super().setUp()
        self.machine.stack("login", PRIMARY, REST + SESSION)

    def test_approved(self):
        server = self.sandbox()
        console = self.console(self.user.name)
        self.approve(server, console)
        console.expect(SHELL)
        self.assertNotIn("assword", console.text)
        console.type("env; echo done-$((1+1))\n")
        console.expect("done-2")
        token = self.mine(server)
        self.assertNotIn("BFABRIC_PAM", console.text)
        self.assertNotIn(token, console.text + self.machine.log.text())
        self.leave(console)
        # It was the one that authenticated: nobody was asked twice.
        self.assertEqual(len(server.log("device_authorization")), 1)
        self.assertEqual(pam_machine.waiting(), [])

    def test_another_person(self):
        server = self.sandbox(user="mallory")
        console = self.console(self.user.name)
        self.approve(server, console)
        self.refused(console)
        self.nobodys(server)
        self.assertNotIn("Password: ", console.text.split("incorrect")[0])

    def test_refused_there(self):
        server = self.sandbox()
        console = self.console(self.user.name)
        server.control("deny", user_code=console.expect(CODE)[1])
        self.refused(console)
        self.assertEqual(server.state()["families"], [])

    def test_server_down(self):
        server = self.sandbox()
        server.stop()
        for password, came in ((PASSWORD, SHELL), ("wrong", "incorrect")):
            console = self.console(self.user.name)
            self.type_password(console, password)
            console.expect(came)
        self.assertEqual(self.user.written(), [])

    def test_server_lies(self):
        """Reachable, and wrong: no password helps then."""
        server = self.sandbox(fault=["token=not-json"])
        console = self.console(self.user.name)
        self.approve(server, console)
        self.refused(console)
        self.assertNotIn("Password: ", console.text.split("incorrect")[0])


@unittest.skipIf(pam_machine.WHY_NOT, pam_machine.WHY_NOT)
class Second(Factor):
    """Behind a password, and never without."""

    def setUp(self):
        super().setUp()
        self.machine.stack("login", SECOND, ACCOUNT + REST + SESSION)

    def test_both(self):
        server = self.sandbox()
        console = self.console(self.user.name)
        self.type_password(console)
        self.approve(server, console)
        console.expect(SHELL)
        self.mine(server)

    def test_only_one(self):
        server = self.sandbox(user="mallory")
        console = self.console(self.user.name)
        self.type_password(console, "wrong")
        self.refused(console)
        self.assertEqual(requests(server), [])
        console = self.console(self.user.name)
        self.type_password(console)
        self.approve(server, console)
        self.refused(console)
        self.nobodys(server)

    def test_server_down(self):
        server = self.sandbox()
        server.stop()
        console = self.console(self.user.name)
        self.type_password(console)
        self.refused(console)

    def test_broken_configuration(self):
        server = self.sandbox()
        self.machine.configure(server, mode=0o666, claim="sub", same_names="yes")
        console = self.console(self.user.name)
        self.type_password(console)
        self.refused(console)
        self.assertEqual(requests(server), [])


@unittest.skipIf(pam_machine.WHY_NOT, pam_machine.WHY_NOT)
class Remote(Factor):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.machine = pam_machine.machine()
        cls.sshd = cls.enterClassContext(Sshd())

    def setUp(self):
        super().setUp()
        self.machine.stack("sshd", SECOND, ACCOUNT + REST + SESSION)

    def remote(self, server, **keys):
        self.machine.configure(server, claim="sub", same_names="yes", timeout=30,
                               remote="second-factor", **keys)

    def ssh(self, sshd=None, **more):
        return self.enterContext((sshd or self.sshd).terminal(self.user, **more))

    def test_both(self):
        server = self.sandbox()
        self.remote(server)
        there = self.ssh()
        there.expect("assword: ")
        there.type(PASSWORD + "\n")
        self.approve(server, there)
        self.press_enter(there)
        there.type("tr '\\0' '\\n' </proc/self/environ; env; echo done-$((1+1))\n")
        there.expect("done-2")
        self.assertNotIn("BFABRIC_PAM", there.text)
        self.mine(server)
        self.assertEqual(pam_machine.waiting(), [])

    def test_another_person(self):
        server = self.sandbox(user="mallory")
        self.remote(server)
        there = self.ssh()
        there.expect("assword: ")
        there.type(PASSWORD + "\n")
        self.approve(server, there)
        self.press_enter(there, until="(?i)permission denied")
        self.assertEqual(there.status(), 255)
        self.nobodys(server)

    def test_only_where_it_is_allowed(self):
        server = self.sandbox()
        result = self.sshd.command(self.user, "true")
        self.assertExit(result, 255)
        self.assertEqual(self.sshd.questions()[1:], [])
        self.assertEqual(requests(server), [])
        self.machine.log.wait_for("remote=second-factor")

    def test_wrong_password(self):
        server = self.sandbox()
        self.remote(server)
        self.assertExit(self.sshd.command(self.user, "true", answers=["wrong"]), 255)
        self.assertEqual(requests(server), [])

    def test_behind_a_key(self):
        server = self.sandbox()
        self.remote(server)
        self.machine.stack("sshd", WITH_KEY, REST + SESSION)
        both = "publickey,keyboard-interactive"
        sshd = self.enterContext(Sshd(AuthenticationMethods=both))
        there = self.ssh(sshd, method=both)
        self.approve(server, there)
        self.press_enter(there)
        self.mine(server)
        # without the key, nobody is even asked
        before = len(server.log())
        self.assertExit(sshd.command(self.user, "true", method=KBDINT), 255)
        self.assertEqual(requests(server, before), [])


if __name__ == "__main__":
    harness.main()
