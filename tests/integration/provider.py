# SPDX-License-Identifier: MIT
"""npm's oidc-provider as a server to log in at: an implementation that we did not write.

    with Provider(lifetime=60) as server, harness.Home() as home:
        login = Login(home, server.base_url, "--scope", "read-write", "--no-browser")
        server.approve(login.url(), follow=True)

BF_NODE_MODULES names the folder that `npm ci` made of tests/interop/package.json.
"""
import json
import os
import pathlib
import re
import select
import subprocess
import time
import unittest
import urllib.parse

import harness
from browser import Browser
from login_scene import Login

MODULES = pathlib.Path(os.environ.get("BF_NODE_MODULES") or "/nonexistent")
PROGRAM = harness.SOURCE / "tests" / "interop" / "server.mjs"

needed = unittest.skipUnless((MODULES / "oidc-provider").exists(),
                             "BF_NODE_MODULES names no folder with npm's oidc-provider")


class Home(harness.Home):
    environment = "LAB"


class Person(Browser):
    """What a person with a browser does at the pages of this server."""

    def enter_code(self, uri, code):
        """The device flow: type the code, confirm it; the page that comes then."""
        page = self.request(uri)
        for form in range(2):  # the code, and that it is the one on the device
            fields = page.forms[0]["fields"]
            if "user_code" in fields:
                fields["user_code"] = code
            page = self.stay(self.request(urllib.parse.urljoin(page.url, page.forms[0]["action"]),
                                          fields))
        return page

    def device(self, uri, code, button="approve", user="scientist"):
        page = self.stay(self.press(self.enter_code(uri, code), "sign-in", username=user))
        return self.stay(self.press(page, button))


class Provider(harness.Temporary):
    """tests/interop/server.mjs on a free loopback port; the settings are those of settings.mjs."""

    ca_file = None

    def __init__(self, **settings):
        super().__init__()
        self.settings, self.process = settings, None

    def __enter__(self):
        super().__enter__()
        self.log_file = self.path / "requests.log"
        self.stderr = open(self.path / "stderr", "w+b")
        settings = json.dumps({"log": str(self.log_file), **self.settings})
        env = {**harness.base_environment(), "BF_NODE_MODULES": str(MODULES), "HOME": str(self.path)}
        # It ends with its standard input, so with this program.
        self.process = harness.start(["node", PROGRAM, settings], env, subprocess.PIPE,
                                     stderr=self.stderr)
        ready, _, _ = select.select([self.process.stdout], [], [], 60)
        line = self.process.stdout.readline() if ready else b""
        if not line.endswith(b"\n"):
            self.__exit__()
            raise AssertionError("oidc-provider did not start: " + self.said)
        self.info = json.loads(line)
        self.base_url = self.info["base_url"]
        self.client_id, self.client_secret = self.info["client_id"], self.info["client_secret"]
        return self

    def __exit__(self, *arguments):
        self.process.kill()
        self.process.communicate()
        self.stderr.seek(0)
        self.said = self.stderr.read().decode(errors="replace")
        self.stderr.close()
        super().__exit__(*arguments)

    fetch = harness.Sandbox.fetch

    def approve(self, url, **options):
        return Person(self).approve(url, **options)

    def deny(self, url, **options):
        return Person(self).deny(url, **options)

    def control(self, name, **form):
        url = f"{self.info['control_url']}/{name}?{urllib.parse.urlencode(form)}"
        status, body = self.fetch(url)
        if status != 200:
            raise AssertionError(f"control {name}: {status} {body.decode(errors='replace')}")
        return json.loads(body)

    def launch_token(self, **form):
        return self.control("launch", **form)["launch_token"]

    def rotate(self, kid, keep=False):
        """From now on it signs with a new key of this name; with keep the old one still counts."""
        self.control("keys", kid=kid, **({"keep": 1} if keep else {}))

    def endpoint(self, name):
        """A URL of the discovery document."""
        return json.loads(self.fetch(self.base_url + "/.well-known/openid-configuration")[1])[name]

    def log(self, endpoint=None, ours=True, **fields):
        """The requests, in order; by default only those that our programs sent."""
        lines = [json.loads(line) for line in self.log_file.read_text().splitlines()] \
            if self.log_file.exists() else []
        if endpoint:
            fields["endpoint"] = endpoint
        return [line for line in lines if all(line.get(k) == v for k, v in fields.items())
                and (not ours or (line.get("user_agent") or "").startswith("bfabric-auth"))]

    def refreshes(self, **fields):
        return self.log("token", grant="refresh_token", **fields)


class Case(harness.TestCase):
    """Tests that share a server, since starting it takes longest; each begins with an empty log."""

    settings = {}

    @classmethod
    def setUpClass(cls):
        cls.server = cls.enterClassContext(Provider(**cls.settings))

    def setUp(self):
        self.server.log_file.write_text("")
        self.home = self.enterContext(Home())

    def assertAsked(self, *endpoints):
        """Our own requests, all of them and in order: none that the protocol does not need."""
        self.assertEqual([line["endpoint"] for line in self.server.log()], list(endpoints))

    def run_tool(self, *arguments, **more):
        result = self.home.run("bfabric", *arguments, **more)
        self.assertExit(result, 0)
        return result

    def token(self, *arguments):
        return self.run_tool("token", *arguments).out.strip()

    def status(self):
        return self.run_tool("auth", "status", "--json").json()

    def login(self, scope="read-write"):
        """In the browser; the environment's name is home.environment."""
        login = Login(self.home, self.server.base_url, "--scope", scope,
                      "--env", self.home.environment, "--no-browser")
        page = self.server.approve(login.url(), follow=True)
        self.assertEqual(page.status, 200, page.text)
        result = login.finish()
        self.assertExit(result, 0)
        return result

    def expire(self):
        """Both files say that the token has expired."""
        for suffix in (".json", ".session"):
            place = self.home.place(self.server.base_url, suffix)
            content = json.loads(place.read_text())
            (content.get("token") or content)["expires_at"] = int(time.time()) - 1
            self.home.write(place, json.dumps(content))


class DeviceLogin:
    """bfabric auth device-code under way: what it shows to the person."""

    count = 0

    def __init__(self, home, *arguments):
        DeviceLogin.count += 1
        self.path = home.path / f"device-{DeviceLogin.count}"
        with open(self.path, "wb") as file:
            self.process = home.start("bfabric", "auth", "device-code", *arguments, stderr=file)

    @property
    def err(self):
        return self.path.read_text(errors="replace")

    def shown(self):
        """(verification_uri, user_code)"""
        def look():
            if self.process.poll() is not None:
                raise AssertionError(f"ended with {self.process.returncode}: {self.err}")
            return re.search(r"(?m)^(http\S+/device)$[\s\S]*^and enter this code: (\S+)\n", self.err)
        return harness.wait_for(look).groups()

    def finish(self):
        result = harness.finish(self.process)
        return harness.Result(result.command, result.status, result.raw_out,
                              self.path.read_bytes())
