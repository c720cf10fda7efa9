# SPDX-License-Identifier: MIT
"""The default profile in the real login(1) and su(1), with the real module and its children."""
import pathlib
import shutil
import os
import pathlib
import unittest

import pam_machine
from pam_machine import PASSWORD, requests

pam_machine.enter()

import harness  # noqa: E402  (a machine of our own first)
from pam_stack import CODE, SHELL, Console  # noqa: E402
from terminal import Terminal  # noqa: E402

SU = "/bin/su"


@unittest.skipIf(pam_machine.WHY_NOT, pam_machine.WHY_NOT)
class Login(Console):
    def test_code_then_quiet(self):
        server = self.sandbox()
        console = self.console(self.user.name)
        self.type_password(console)
        code = console.expect(CODE)[1]
        self.assertIn(server.base_url + "/device", console.text)
        server.control("approve", user_code=code)
        console.expect("B-Fabric login stored")
        console.expect(SHELL)
        console.type("tr '\\0' '\\n' </proc/self/environ; env; echo done-$((1+1))\n")
        console.expect("done-2")
        self.leave(console)
        token = self.mine(server)
        self.assertNotIn("BFABRIC_PAM", console.text)
        self.assertNotIn(token, console.text)
        log = self.machine.log.text()
        for secret in (token, code):
            self.assertNotIn(secret, log)
        # The next time there is nothing to say, also when it has to be refreshed.
        before = len(server.log())
        self.user.expire(server)
        console = self.console(self.user.name)
        self.type_password(console)
        console.expect(SHELL)
        self.assertNotIn("B-Fabric", console.text)
        self.leave(console)
        self.assertEqual([endpoint for endpoint in requests(server, before)
                          if endpoint != "discovery"], ["token"])
        self.assertNotEqual(self.mine(server), token)

    def test_an_account_of_several_people(self):
        """The login is there for the session, and nowhere before and after."""
        runtime = pathlib.Path("/run/user", str(self.user.uid))
        runtime.mkdir(mode=0o700, parents=True)  # as pam_systemd does
        os.chown(runtime, self.user.uid, self.user.uid)
        server = self.sandbox()
        self.machine.configure(server, shared_accounts=self.user.name)
        console = self.console(self.user.name)
        self.type_password(console)
        server.control("approve", user_code=console.expect(CODE)[1])
        console.expect("B-Fabric login stored")
        console.expect(SHELL)
        here = runtime / "bfabric" / self.user.cache(server).name
        self.assertEqual(here.stat().st_uid, self.user.uid)
        self.assertFalse(self.user.cache(server).exists())
        self.leave(console)
        self.given_back(server)
        self.assertFalse(here.exists())
        self.assertEqual(self.user.token(server), "")
        self.machine.log.wait_for("was given back with the session")

    def test_wrong_password_asks_no_server(self):
        server = self.sandbox()
        console = self.console(self.user.name)
        self.type_password(console, "wrong")
        console.expect("incorrect")
        self.assertEqual(requests(server), [])

    def test_nobody_is_waited_for_after_login_f(self):
        server = self.sandbox()
        console = self.console("-f", self.user.name)
        console.expect("bfabric login")
        console.expect(SHELL)
        self.assertEqual(server.log("device_authorization"), [])

    def test_server_hangs_and_the_alarm_is_near(self):
        server = self.sandbox(fault=["token=hang", "discovery=hang", "device_authorization=hang"])
        self.machine.login_defs(LOGIN_TIMEOUT=8)
        self.user.login(server)
        self.user.expire(server)
        console = self.console(self.user.name)
        self.type_password(console)
        console.expect(SHELL)
        self.assertNotIn("timed out", console.text)

    def test_server_down(self):
        server = self.sandbox()
        server.stop()
        console = self.console(self.user.name)
        self.type_password(console)
        console.expect("No B-Fabric login was made")
        console.expect(SHELL)

    def test_time_is_over(self):
        """Nobody enters the code; the console comes up, and there is nothing of it left."""
        server = self.sandbox()
        self.machine.configure(server, timeout=5)
        console = self.console(self.user.name)
        self.type_password(console)
        console.expect(CODE)
        console.expect(SHELL)
        self.assertEqual(self.user.written(), [])
        harness.wait_for(lambda: not pam_machine.processes("bfabric-pam-login"))

    def test_somebody_else_approves(self):
        server = self.sandbox(user="mallory")
        self.machine.configure(server, claim="sub", same_names="yes")
        console = self.console(self.user.name)
        self.type_password(console)
        server.control("approve", user_code=console.expect(CODE)[1])
        console.expect("No B-Fabric login was made")
        console.expect(SHELL)
        self.nobodys(server)


@unittest.skipIf(pam_machine.WHY_NOT, pam_machine.WHY_NOT)
class Su(Console):
    def test_says_nothing_and_asks_nobody(self):
        server = self.sandbox()
        for service in ("su", "su-l"):
            self.machine.default(service, first="auth sufficient pam_rootok.so\n")
        another = self.machine.user()
        for user in (self.user, another):
            user.login(server)
            user.expire(server)
        # by root, and by a user who types a password
        console = self.enterContext(Terminal([SU, "-", self.user.name], harness.base_environment()))
        console.expect(SHELL)
        self.assertNotIn("B-Fabric", console.text)
        console.type(f"exec {SU} {another.name}\n")
        self.type_password(console)
        console.expect(SHELL)
        console.type("id -un\n")
        console.expect(another.name)
        self.assertNotIn("B-Fabric", console.text)
        self.assertEqual(requests(server), [])


INCLUDES = "@include common-auth\n@include common-account\n@include common-session\n"


@unittest.skipIf(pam_machine.WHY_NOT, pam_machine.WHY_NOT)
@unittest.skipUnless(shutil.which("pam-auth-update"), "this is not Debian")
class Debian(Console):
    def test_profile(self):
        """Installed, it changes nothing; ticked, it does what it says; and it goes again."""
        server = self.sandbox()
        common = pathlib.Path("/etc/pam.d")
        (common / "login").write_text(INCLUDES)

        def ours():
            return {path.name for path in common.glob("common-*")
                    if "pam_bfabric" in path.read_text()}

        self.machine.pam_auth_update("--package", "--force")
        self.assertEqual(ours(), set())
        self.machine.pam_auth_update("--package", "--enable", "bfabric")
        self.assertEqual(ours(), {"common-auth", "common-session"})
        lines = [line for line in (common / "common-session").read_text().splitlines()
                 if line.startswith("session")]
        self.assertIn("pam_bfabric.so", lines[-1])
        console = self.console(self.user.name)
        self.type_password(console)
        server.control("approve", user_code=console.expect(CODE)[1])
        console.expect(SHELL)
        self.mine(server)
        self.machine.pam_auth_update("--package", "--remove", "bfabric")
        self.assertEqual(ours(), set())


if __name__ == "__main__":
    harness.main()
