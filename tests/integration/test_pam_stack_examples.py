# SPDX-License-Identifier: MIT
"""The stacks that administrators get for Debian, word for word, with the server up and down."""
import unittest

import pam_machine
from pam_machine import PASSWORD, requests

pam_machine.enter()

import harness  # noqa: E402  (a machine of our own first)
from pam_ssh import Sshd  # noqa: E402
from pam_stack import CODE, SHELL, Console  # noqa: E402

BOTH = "publickey,keyboard-interactive"
LOGIN = ("debian-login-default", "debian-login-primary")
SSHD = ("debian-sshd-acquire", "debian-sshd-second")


@unittest.skipIf(pam_machine.WHY_NOT, pam_machine.WHY_NOT)
class Examples(Console):
    def sandbox(self, **settings):
        server = super().sandbox(user=self.user.name, **settings)
        self.machine.configure(server, claim="sub", same_names="yes", timeout=30,
                               remote="second-factor")
        return server

    def down(self, server):
        self.machine.configure("http://127.0.0.1:1/bfabric", claim="sub", same_names="yes",
                               remote="second-factor")

    def approve(self, server, there):
        server.control("approve", user_code=there.expect(CODE)[1])

    def ssh(self, sshd, user, method, password=PASSWORD):
        there = self.enterContext(sshd.terminal(user, method=method))
        there.expect("assword: ")
        there.type(password + "\n")
        return there

    def test_console_default(self):
        server = self.sandbox()
        self.machine.example("debian-login-default", "login")
        for broken in (False, True):
            console = self.console(self.user.name)
            self.type_password(console)
            if not broken:
                self.approve(server, console)
            console.expect(SHELL)
            self.mine(server)
            self.down(server)

    def test_console_primary(self):
        server = self.sandbox()
        self.machine.example("debian-login-primary", "login")
        console = self.console(self.user.name)
        self.approve(server, console)
        console.expect(SHELL)
        self.mine(server)
        self.down(server)
        console = self.console(self.user.name)
        self.type_password(console)
        console.expect(SHELL)

    def test_sshd_acquire(self):
        server = self.sandbox()
        self.machine.example("debian-sshd-acquire", "sshd")
        sshd = self.enterContext(Sshd())
        there = self.ssh(sshd, self.user, "keyboard-interactive")
        there.expect("B-Fabric login")
        there.type("\n")
        self.approve(server, there)
        self.press_enter(there)
        self.mine(server)
        self.down(server)
        there = self.ssh(sshd, self.machine.user(), "keyboard-interactive")
        there.expect("B-Fabric login")
        there.type("\n")
        there.expect(SHELL)

    def test_sshd_second(self):
        server = self.sandbox()
        self.machine.example("debian-sshd-second", "sshd")
        sshd = self.enterContext(Sshd(AuthenticationMethods=BOTH))
        there = self.ssh(sshd, self.user, BOTH)
        self.approve(server, there)
        self.press_enter(there)
        self.mine(server)
        self.down(server)
        self.ssh(sshd, self.user, BOTH).expect("(?i)permission denied")
        # the one account that works without
        self.ssh(sshd, self.machine.user("breakglass"), BOTH).expect(SHELL)

    def test_root_is_never_locked_out(self):
        server = self.sandbox()
        self.machine.configure(server, mode=0o664)
        for name in LOGIN:
            self.machine.example(name, "login")
            console = self.console("root")
            self.type_password(console)
            console.expect(r"[#$] $")
        sshd = self.enterContext(Sshd())
        for name in SSHD:
            self.machine.example(name, "sshd")
            self.assertExit(sshd.command("root", "true"), 0)
        self.assertEqual(requests(server), [])


if __name__ == "__main__":
    harness.main()
