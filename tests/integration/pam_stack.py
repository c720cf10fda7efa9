# SPDX-License-Identifier: MIT
"""People before a console of pam_machine.py, and what they have afterwards."""
import json
import stat

import harness
import pam_machine
from pam_machine import PASSWORD
from terminal import Terminal

CODE = r"enter this code: (\S+)\s"
SHELL = r"\$ $"


class Console(harness.TestCase):
    def setUp(self):
        self.machine = pam_machine.machine()
        self.machine.default("login")
        self.machine.login_defs(LOGIN_TIMEOUT=60, FAIL_DELAY=0)
        self.user = self.machine.user()

    def sandbox(self, **settings):
        server = self.enterContext(harness.Sandbox(**{"interval": 1, **settings}))
        self.machine.configure(server)
        return server

    def console(self, *arguments):
        return self.enterContext(Terminal(["/bin/login", *arguments], harness.base_environment()))

    def type_password(self, console, password=PASSWORD):
        console.expect("Password: ")
        console.type(password + "\n")

    def press_enter(self, there, until=SHELL):
        """After an approval. Once more where the server was not asked in time, on a busy machine."""
        there.expect("press Enter here: ")
        there.type("\n")
        if "approval" in there.expect(f"{until}|seen an approval yet")[0]:
            there.type("\n")
            there.expect(until)

    def leave(self, console):
        console.type("exit\n")
        console.status()

    def mine(self, server):
        """The login is the user's, private, and useful to git."""
        for path in (self.user.cache(server), self.user.cache(server, ".session")):
            found = path.stat()
            self.assertEqual((found.st_uid, found.st_gid), (self.user.uid, self.user.uid), path)
            self.assertEqual(stat.S_IMODE(found.st_mode), 0o600, path)
        for folder in (self.user.home / ".bfabric", self.user.cache(server).parent):
            found = folder.stat()
            self.assertEqual((found.st_uid, stat.S_IMODE(found.st_mode)), (self.user.uid, 0o700))
        token = json.loads(self.user.cache(server).read_text())["access_token"]
        self.assertEqual(self.user.token(server), token)
        return token

    def nobodys(self, server):
        """Nothing is stored, nothing waits, and what the server gave is given back."""
        self.assertEqual([path for path in self.user.written() if ".bfabric" in path], [])
        self.assertEqual(self.user.token(server), "")
        self.assertEqual(pam_machine.waiting(), [])
        self.given_back(server)

    def given_back(self, server):
        families = harness.wait_for(lambda: server.state()["families"])
        harness.wait_for(lambda: all(one["refresh_revoked"]
                                     for one in server.state()["families"]))
        self.assertTrue(families)
