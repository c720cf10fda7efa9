# SPDX-License-Identifier: MIT
"""What the tests of registered clients share: a server, a logged-in home, and canaries."""
import re

import harness
from sandbox_client import Sandbox, manage

URI = "https://app.example.org/callback"
SECRETS = ("client_secret", "registration_access_token")


def keys(home, name, file=None):
    """The keys of an environment as they are written; our own writer quotes where needed."""
    text = (file or home.config_file).read_text()
    block = re.search(rf'^"?{name}"?:\n((?:[ #].*\n|\n)*)', text, re.M)
    found = re.findall(r"^  (\w+): (.*)$", block.group(1), re.M) if block else []
    return {key: value.strip("'\"") for key, value in found}


class Case(harness.TestCase):
    settings = {}

    def setUp(self):
        self.server = self.enterContext(Sandbox(**self.settings))
        self.home = self.enterContext(harness.Home())
        self.home.login(self.server)
        self.seen = set()

    def run_auth(self, verb, *arguments, **more):
        result = self.home.run("bfabric", "auth", verb, *arguments, **more)
        self.check_canaries(result)
        result.said = " ".join(result.err.split())  # however it was wrapped
        return result

    def check_canaries(self, result):
        """No secret that was ever written comes out again."""
        for name in ("BOT", "WEB"):
            for key in SECRETS:
                if self.home.config_file.exists() and keys(self.home, name).get(key):
                    self.seen.add(keys(self.home, name)[key])
        for value in self.seen:
            self.assertNotIn(value, result.out + result.err)

    def register(self, name="BOT", *more, service="robot7", **settings):
        user = ("--service-user", service) if service else ("--no-service-user",)
        return self.run_auth("register", "nightly", URI, *user, "--save-env", name, *more,
                             **settings)

    def ready(self, *arguments, **more):
        result = self.register(*arguments, **more)
        self.assertExit(result, 0)
        return result

    def works(self, name="BOT"):
        """What the configuration holds is what the server takes."""
        has = keys(self.home, name)
        got = manage(self.server, "GET", has)
        self.assertEqual(got.status, 200, has)
        self.assertEqual(got.json()["client_secret"], has["client_secret"])
        return got.json()

    def rescues(self):
        return [n for n in self.home.files() if n.endswith((".registration", ".registration.tmp"))]

    def failed(self, result, status, *said):
        self.assertExit(result, status)
        last = result.err.splitlines()[-1]
        self.assertTrue(last.startswith("bfabric: "), repr(result))
        for text in said:
            self.assertIn(text, last)
