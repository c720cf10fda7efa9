# SPDX-License-Identifier: MIT
"""The stacks that administrators get, word for word, with the server up and down."""
import pathlib
import unittest

import pam_machine
from pam_machine import PASSWORD, requests

pam_machine.enter()

import harness  # noqa: E402  (a machine of our own first)
from pam_ssh import Sshd  # noqa: E402
from pam_stack import CODE, SHELL, Console  # noqa: E402

BOTH = "publickey,keyboard-interactive"
LOGIN, SSHD = ("login-default", "login-primary"), ("sshd-acquire", "sshd-second")


class Examples(Console):
    system = None

    def example(self, name):
        self.machine.example(f"{self.system}-{name}", name.partition("-")[0])

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
        self.example("login-default")
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
        self.example("login-primary")
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
        self.example("sshd-acquire")
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
        self.example("sshd-second")
        sshd = self.enterContext(Sshd(AuthenticationMethods=BOTH))
        there = self.ssh(sshd, self.user, BOTH)
        self.approve(server, there)
        self.press_enter(there)
        self.mine(server)
        self.down(server)
        self.ssh(sshd, self.user, BOTH).expect("(?i)permission denied")
        # the one account that works without
        if not pathlib.Path(pam_machine.TOP, "home", "breakglass").exists():
            self.machine.user("breakglass")
        self.ssh(sshd, "breakglass", BOTH).expect(SHELL)

    def test_root_is_never_locked_out(self):
        server = self.sandbox()
        self.machine.configure(server, mode=0o664)
        for name in LOGIN:
            self.example(name)
            console = self.console("root")
            self.type_password(console)
            console.expect(r"[#$] $")
        sshd = self.enterContext(Sshd())
        for name in SSHD:
            self.example(name)
            self.assertExit(sshd.command("root", "true"), 0)
        self.assertEqual(requests(server), [])


@unittest.skipIf(pam_machine.WHY_NOT, pam_machine.WHY_NOT)
class Debian(Examples):
    system = "debian"


@unittest.skipIf(pam_machine.WHY_NOT, pam_machine.WHY_NOT)
class RedHat(Examples):
    """In the layout of RHEL; the modules are those of this machine."""

    system = "redhat"


del Examples  # it runs as one of these


if __name__ == "__main__":
    harness.main()
