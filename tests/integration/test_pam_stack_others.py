# SPDX-License-Identifier: MIT
"""Root, lockers and display managers: who must not be hindered, and before whom nobody sits."""
import unittest

import pam_machine
from pam_machine import (ACCOUNT, ACQUIRE, DEFAULT, PASSWORD, PRIMARY, PROGRAMS, REST, SECOND,
                         SESSION, requests)

pam_machine.enter()

import harness  # noqa: E402  (a machine of our own first)
from terminal import Terminal  # noqa: E402

STACKS = {"default": (DEFAULT, REST + SESSION), "acquire": (ACQUIRE, REST + SESSION),
          "primary": (PRIMARY, REST + SESSION), "second": (SECOND, ACCOUNT + REST + SESSION)}


class Others(harness.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.machine = pam_machine.machine()
        cls.server = cls.enterClassContext(harness.Sandbox(interval=1))

    def setUp(self):
        self.user = self.machine.user()

    def call(self, service, mood, *names, person=None, input=PASSWORD + "\n", **ids):
        """What pam_call said, and the results of its calls."""
        result = harness.run([PROGRAMS / "pam_call", service, person or self.user.name, mood,
                              *names], input=input, cwd="/", **ids)
        self.assertExit(result, 0)
        return result.out, {name: int(result.fields()[name]) for name in names}


@unittest.skipIf(pam_machine.WHY_NOT, pam_machine.WHY_NOT)
class Root(Others):
    def console(self):
        with Terminal(["/bin/login", "root"], harness.base_environment()) as console:
            console.expect("Password: ")
            console.type(PASSWORD + "\n")
            console.expect(r"[#$] $")
            self.assertNotIn("B-Fabric", console.text)
            console.type("id -u; exit\n")
            console.expect(r"\n0\n")
            self.assertEqual(console.status(), 0)

    def test_is_never_locked_out(self):
        """A configuration that is not to be trusted, one that is not there, and no server."""
        def untrusted():
            self.machine.configure(self.server, mode=0o664)

        def absent():
            pam_machine.CONFIGURATION.unlink()

        def down():
            self.machine.configure("http://127.0.0.1:1/bfabric")

        self.machine.login_defs(FAIL_DELAY=0)
        for break_it in (untrusted, absent, down):
            for name, stack in STACKS.items():
                with self.subTest(stack=name, broken=break_it.__name__):
                    self.machine.configure(self.server)
                    self.machine.stack("login", *stack)
                    break_it()
                    self.console()

    def test_gets_in_by_password_alone(self):
        """Nobody else's password, and no login of B-Fabric, opens it."""
        self.machine.configure(self.server, claim="sub", same_names="yes")
        for name, stack in STACKS.items():
            self.machine.stack("login", *stack)
            with self.subTest(stack=name):
                _, results = self.call("login", "type", "authenticate", person="root", input="no\n")
                self.assertNotEqual(results["authenticate"], 0)
        self.assertEqual(requests(self.server), [])


@unittest.skipIf(pam_machine.WHY_NOT, pam_machine.WHY_NOT)
class Lockers(Others):
    """A locker runs as the user: it is none of ours."""

    def test_unlocks_with_every_stack(self):
        self.machine.configure(self.server, services="xlock", claim="sub", same_names="yes")
        self.user.login(self.server)
        self.user.expire(self.server)
        before = len(self.server.log())
        for name, stack in STACKS.items():
            self.machine.stack("xlock", *stack)
            with self.subTest(stack=name):
                said, results = self.call("xlock", "type", "authenticate", "acct", "reinitialize",
                                          **self.user.ids())
                self.assertEqual(results, {"authenticate": 0, "acct": 0, "reinitialize": 0}, said)
                self.assertNotIn("B-Fabric", said)
                _, results = self.call("xlock", "type", "authenticate", input="wrong\n",
                                       **self.user.ids())
                self.assertNotEqual(results["authenticate"], 0)
        self.assertEqual(requests(self.server, before), [])

    def test_alone_it_neither_admits_nor_fails(self):
        self.machine.configure(self.server, services="xlock")
        self.machine.stack("xlock", "auth required @", "account required @\n")
        _, results = self.call("xlock", "type", "authenticate", **self.user.ids())
        self.assertNotEqual(results["authenticate"], 0)  # nobody said yes
        _, results = self.call("xlock", "type", "reinitialize", "refresh", **self.user.ids())
        self.assertEqual(set(results.values()), {0}, results)


@unittest.skipIf(pam_machine.WHY_NOT, pam_machine.WHY_NOT)
class DisplayManagers(Others):
    def test_unlocking_refreshes(self):
        """gdm runs as root and unlocks by setcred, without a session."""
        self.machine.configure(self.server)
        self.machine.default("gdm-password")
        self.user.login(self.server)
        self.user.expire(self.server)
        said, results = self.call("gdm-password", "type", "authenticate", "acct", "reinitialize")
        self.assertEqual(set(results.values()), {0}, said)
        self.assertNotIn("B-Fabric", said)
        self.assertEqual(len(self.server.refreshes()), 1)
        self.assertEqual(self.user.cache(self.server).stat().st_uid, self.user.uid)
        self.assertTrue(self.user.token(self.server))

    def test_nobody_is_asked_where_text_is_dropped(self):
        """lightdm after authentication: messages vanish, questions are answered with nothing."""
        self.machine.configure(self.server)
        before = len(self.server.log())
        self.machine.stack("lightdm", "auth required pam_permit.so\nauth optional @ mark\n",
                           REST + SESSION)
        _, results = self.call("lightdm", "drop", "authenticate", "acct", "establish", "open",
                               "close", "delete")
        self.assertEqual(set(results.values()), {0}, results)
        self.assertEqual(requests(self.server, before), [])
        self.machine.stack("lightdm-autologin", "auth required pam_permit.so\nauth optional @\n",
                           REST + SESSION)
        self.user.login(self.server)
        self.user.expire(self.server)
        _, results = self.call("lightdm-autologin", "drop", "authenticate", "open")
        self.assertEqual(set(results.values()), {0}, results)
        self.assertEqual(requests(self.server, before), [])


if __name__ == "__main__":
    harness.main()
