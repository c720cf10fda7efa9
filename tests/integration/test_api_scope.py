# SPDX-License-Identifier: MIT
"""A login whose scope is too small: the line on stderr names the scope, and the command that gets it.

That command is run here as it stands, by a shell, and then what had failed is done again.
"""
import re
import sys

import browser
import harness
from sandbox_client import service_sandbox

CREATE = ("api", "create", "sample", "name", "x", "containerid", "3000")


class Remedy(harness.TestCase):
    def setUp(self):
        self.server, self.secret = self.enterContext(service_sandbox(auto_approve=0))
        self.home = self.enterContext(harness.Home())
        program = self.home.write(self.home.path / "browser",
                                  f'#!/bin/sh\nexec {sys.executable} {browser.__file__} "$@"\n', 0o755)
        self.env = self.home.env(BROWSER=program, DISPLAY=":77")

    def login(self, name="SANDBOX", scope="api:read", granted=None, file=None, **keys):
        lines = [f"{name!r}:", f"  base_url: {self.server.base_url}",
                 *[f"  {key}: {value}" for key, value in keys.items()]]
        keys or lines.extend(["  auth_method: oauth", "  client_id: CLI"])
        lines += [f"  scope: {scope}"] if scope else []
        text = "\n".join(["GENERAL:", f"  default_config: {name}", *lines]) + "\n"
        self.home.write(file or self.home.config_file, text)
        if not keys:
            reply = self.server.mint(client_id="CLI", scope=granted or scope)
            self.home.write_cache(self.server.base_url, reply, environment=name)

    def lacks(self, *more, needed="api:write"):
        result = self.home.run("bfabric", *CREATE, *more, env=self.env)
        self.assertExit(result, 8)
        self.assertEqual((result.out, result.err.count("\n")), ("", 1))
        self.assertIn(f"lacks the scope {needed} ", result.err)
        return result.err.strip()

    def run_remedy(self, *more, input=None, append=""):
        """The command, which asked for what is needed; the same works afterwards."""
        said = self.lacks(*more)
        command = re.search(r"; run: (bfabric .*)$", said)
        self.assertTrue(command, said)
        result = self.home.run("sh", "-c", command.group(1) + append, env=self.env, input=input)
        self.assertExit(result, 0)
        self.assertExit(self.home.run("bfabric", *CREATE, *more, env=self.env), 0)
        return command.group(1)

    def test_reading_only(self):
        self.login()
        self.assertEqual(self.run_remedy(),
                         'bfabric login --env SANDBOX --scope "api:read api:write"')

    def test_no_scope_recorded(self):
        self.login(scope=None, granted="api:read")
        self.assertEqual(self.run_remedy(), 'bfabric login --env SANDBOX --scope "api:write"')

    def test_names(self):
        """Of an environment and of a file, which a shell would take apart."""
        self.login(name="X $Y")
        self.run_remedy()
        file = self.home.home / "my configuration.yml"
        self.login(file=file)
        self.home.config_file.unlink()
        self.run_remedy("--config-file", str(file))

    def test_service_account(self):
        self.login(auth_method="client_credentials", client_id="sandbox-service",
                   client_secret=self.secret)
        self.home.write(self.home.home / "secret", self.secret)
        command = self.run_remedy(append=" --secret-file secret")
        self.assertEqual(command, 'bfabric auth service-account --env SANDBOX '
                                  '--scope "api:read api:write"')

    def test_personal_token(self):
        token = self.server.mint(client_id="CLI", scope="api:read")["access_token"]
        self.login(scope=None, auth_method="pat", pat=token)
        said = self.lacks()
        self.assertIn("; make a personal access token that has it in B-Fabric, then run: ", said)
        command = said.partition("then run: ")[2]
        token = self.server.mint(client_id="CLI", scope="api:write")["access_token"]
        result = self.home.run("sh", "-c", command + " --pat-file -", env=self.env, input=token + "\n")
        self.assertExit(result, 0)
        self.assertExit(self.home.run("bfabric", *CREATE, env=self.env), 0)

    def test_asked_for_and_not_granted(self):
        """No login helps: the client, or who logs in, may not have it."""
        self.login(scope="api:read api:write", granted="api:read")
        said = self.lacks()
        self.assertIn("it was asked for: have it added to client CLI", said)
        self.assertNotIn("run: ", said)

    def test_reading(self):
        self.login(scope="openid", granted="openid")
        result = self.home.run("bfabric", "api", "read", "sample", env=self.env)
        self.assertExit(result, 8)
        self.assertIn('lacks the scope api:read ', result.err)
        self.assertIn('run: bfabric login --env SANDBOX --scope "openid api:read"', result.err)


if __name__ == "__main__":
    harness.main()
