# SPDX-License-Identifier: MIT
"""bfabricPy's commands for clients: they work on what we registered, and ours on what they did."""
import bfabricpy
import harness
from bfabricpy_worker import Worker
from client_case import URI, Case


@bfabricpy.needed
class BfabricPy(Case):
    settings = {"registration_takes_all": True}

    def setUp(self):
        super().setUp()
        self.python = self.enterContext(Worker())
        self.python.use(self.home)

    def cli(self, *arguments):
        got = self.python.cli("auth", *arguments)
        return harness.Result(["bfabric-cli", "auth", *arguments], got["status"], got["out"].encode(),
                              got["err"].encode())

    def test_theirs_on_ours_and_ours_on_theirs(self):
        for name, service in (("BOT", "robot7"), ("WEB", None)):
            self.ready(name, service=service)
            shown = self.cli("client-show", "--config-env", name)
            self.assertExit(shown, 0)
            self.assertExit(self.cli("client-update", "--config-env", name, "--client-name",
                                     "by Python"), 0)
            self.works(name)
            self.assertExit(self.run_auth("client-update", "--env", name, "--name", "by us"), 0)
            self.works(name)
            self.assertExit(self.cli("client-update", "--config-env", name, "--client-name",
                                     "by Python again"), 0)
            self.assertEqual(self.works(name)["client_name"], "by Python again")
            self.assertIn("by Python again", self.run_auth("client-show", "--env", name).out)
            self.assertExit(self.cli("client-delete", "--config-env", name, "--no-confirm"), 0)

    def test_registered_by_them(self):
        for name, user in (("BOT", ("--service-user", "robot7")), ("WEB", ("--no-service-user",))):
            got = self.cli("register", "theirs", URI, *user, "--save-env", name)
            self.assertExit(got, 0)
            self.assertExit(self.run_auth("client-update", "--env", name, "--name", "ours"), 0)
            self.works(name)
            self.assertExit(self.run_auth("client-delete", "--env", name, "--no-confirm"), 0)
            self.assertExit(self.cli("list"), 0)


if __name__ == "__main__":
    harness.main()
