# SPDX-License-Identifier: MIT
"""bfabricPy and we share one login at npm's oidc-provider: programs of three authors."""
import re

import bfabricpy
import harness
from provider import Case, Person, needed


@needed
@bfabricpy.needed
class Shared(Case):
    settings = {"interval": 1}

    def python_token(self):
        return bfabricpy.run(self.home, bfabricpy.PRINT_TOKEN)

    def theirs(self):
        """Token requests of bfabricPy's libraries."""
        return [line for line in self.server.log("token", ours=False)
                if line["user_agent"].startswith("python-")]

    def their_login(self):
        """bfabricPy's own command line, and a person who types what it shows."""
        path = self.home.path / "shown"
        with open(path, "wb") as file:
            process = harness.start(
                [bfabricpy.PYTHON.parent / "bfabric-cli", "auth", "device-code",
                 self.server.base_url, "--config-env", "LAB", "--scope", "api:read",
                 "--set-default"], bfabricpy.environment(self.home, PYTHONUNBUFFERED="1"),
                stdout=file, stderr=file, cwd=self.home.home)
        code = harness.wait_for(lambda: re.search(r"enter code: (\S+)\s", path.read_text()), 60)
        Person(self.server).device(self.server.base_url + "/device", code.group(1))
        self.assertExit(harness.finish(process), 0)

    def test_it_uses_our_login(self):
        self.login()
        result = self.python_token()
        self.assertExit(result, 0)
        self.assertEqual(result.out.strip(), self.token())
        self.assertEqual(self.theirs(), [])

    def test_it_cannot_refresh_here(self):
        """It authenticates by Basic with an empty secret, which B-Fabric takes and this server
        calls malformed, its own logins included. We refresh the login for it."""
        self.login()
        self.expire()
        result = self.python_token()
        self.assertNotEqual(result.status, 0)
        self.assertEqual([(line["error"], line["authorization"]) for line in self.theirs()],
                         [("invalid_request", "Basic")])
        token = self.token()
        result = self.python_token()
        self.assertExit(result, 0)
        self.assertEqual(result.out.strip(), token)
        self.assertEqual(len(self.theirs()), 1)

    def test_we_refresh_its_login(self):
        """Nothing but its cache says how: we begin as it would, and remember what worked."""
        self.their_login()
        first = self.token()
        self.assertEqual(self.server.log(), [])
        second = self.token("--force-refresh")
        self.assertNotEqual(second, first)
        self.assertEqual([line.get("error") for line in self.server.refreshes()],
                         ["invalid_request", None])
        self.server.log_file.write_text("")
        self.expire()
        self.assertNotEqual(self.token(), second)
        self.assertAsked("token")
        result = self.python_token()
        self.assertExit(result, 0)
        self.assertEqual(result.out.strip(), self.token())

    def test_our_logout_is_theirs(self):
        self.their_login()
        result = self.run_tool("auth", "logout")
        self.assertIn("Revoked at the server: refresh token, access token.", result.err)
        self.assertNotEqual(self.python_token().status, 0)


if __name__ == "__main__":
    harness.main()
