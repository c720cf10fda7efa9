# SPDX-License-Identifier: MIT
"""bfabric auth and its options beside bfabric-cli's: the same homes, servers and commands.

A command of `auth` does its work in files. Each is given to both in a home folder of its own, of one
sandbox; when it is done, both configurations hold the same and both token caches lie in the same
place with the same members. SAME are those; differences.py has the others.
"""
import json
import re
import sys
import unittest
import urllib.parse

import bfabricpy
import browser
import client_case
import harness
from bfabricpy_worker import Worker
from differences import BOT, DEVICE, LOGIN, NEW, OPTIONS, OWN_BOT, OWN_PAT, PAT, RW, SCENES, Scene
from sandbox_client import service_sandbox

FORMS = {
    "SANDBOX": "auth_method: oauth\n  client_id: CLI\n  scope: api:read api:write",
    "OTHER": "auth_method: oauth\n  client_id: CLI\n  scope: api:read\n  job_notification_emails: a@b.org",
    "PAT": "auth_method: pat\n  pat: personal-token",
    "OLD": "login: __oauth__\n  password: an-older-token",
    "PASSWORD": "login: scientist\n  password: " + "p" * 32,
    "SERVICE": "auth_method: client_credentials\n  client_id: sandbox-service\n"
               "  client_secret: $SECRET\n  scope: api:read",
    "BARE": "application_ids: {}",
}
# (environments, the default)
STARTS = {"none": ((), None), "bare": (("BARE",), "BARE"), "undecided": (tuple(FORMS), None),
          "many": (tuple(FORMS), "SANDBOX"), "slash": (("SANDBOX",), "SANDBOX"),
          "one": (("SANDBOX",), "SANDBOX")}
SAME = [
    *[Scene("many", ["auth", "status", "--config-env", name]) for name in FORMS if name != "BARE"],
    Scene("many", ["auth", "list"]), Scene("none", ["auth", "list"]),
    Scene("many", ["auth", "activate", "PAT"]), Scene("undecided", ["auth", "activate", "PAT"]),
    Scene("many", ["auth", "activate", "--config-env", "PAT"]),
    *[Scene("many", ["auth", "logout", name]) for name in FORMS],
    Scene("many", ["auth", "logout"]), Scene("many", ["auth", "logout", "--all"]),
    Scene("many", ["auth", "logout", "--config-env", "OTHER", "--config-file", ".bfabricpy.yml"]),
    *[Scene("many", ["auth", "remove", name, "--no-confirm"]) for name in FORMS],
    Scene("one", ["auth", "remove", "SANDBOX", "--no-confirm"]),
    Scene("many", ["auth", "remove", "--config-env", "PAT", "--no-confirm"]),
    # A first login, one again without a word, one more, and one of what was only an address.
    Scene("none", [*LOGIN, "$URL", *RW, "--config-env", "LAB"]),
    Scene("none", ["login", "$URL", "--scope", "api:read tus", "--config-env", "X Y", "--set-default"]),
    Scene("many", LOGIN), Scene("many", [*LOGIN, "--port", "0", "--timeout", "60"]),
    Scene("many", [*LOGIN, "--config-env", "OTHER"]),
    Scene("many", [*LOGIN, "$URL", "--config-env", "OTHER", "--scope", "upload"]),
    Scene("many", [*LOGIN, "--config-env", "OTHER", "--set-default"]),
    Scene("many", [*LOGIN, "--config-env", "LAB", "$URL", *RW, "--no-set-default"]),
    Scene("many", [*LOGIN, "--config-env", "BARE", "--scope", "read-only"]),
    Scene("many", [*DEVICE, "--config-env", "OTHER"]),
    Scene("none", [*DEVICE, "$URL", "--config-env", "LAB", "--client-id", "CLI", "--timeout", "60", *RW]),
    Scene("none", [*PAT, "--config-env", "LAB"], own_argv=[*OWN_PAT, "--config-env", "LAB"]),
    Scene("many", [*PAT, "--config-env", "PAT"], own_argv=[*OWN_PAT, "--config-env", "PAT"]),
    Scene("many", [*PAT, "--config-env", "LAB", "--no-set-default"],
          own_argv=[*OWN_PAT, "--config-env", "LAB", "--no-set-default"]),
    Scene("none", [*BOT, "--config-env", "BOT", "--scope", "api:read"],
          own_argv=[*OWN_BOT, "--config-env", "BOT", "--scope", "api:read"]),
    Scene("many", [*BOT, "--config-env", "BOT", "--set-default"],
          own_argv=[*OWN_BOT, "--config-env", "BOT", "--set-default"]),
    Scene("many", [*BOT, "--config-env", "SERVICE"], own_argv=[*OWN_BOT, "--config-env", "SERVICE"]),
    Scene("many", [*NEW, "--service-user", "robot7", "--save-env", "NEW"]),
    Scene("many", [*NEW, "--no-service-user", "--save-env", "NEW"]),
    Scene("many", [*NEW, "$URL", "--service-user", "robot7", "--save-env", "NEW", "--config-env", "OTHER",
                   "--scope", "api:read", "--grant-types", "authorization_code", "--grant-types",
                   "refresh_token"]),
    Scene("many", ["auth", "client-show"], status=1, own_status=1),
]
# These come new from the server each time: that they are there is what both have to agree on.
FRESH = ("client_id", "client_secret", "registration_access_token", "registration_client_uri")
OURS_ALONE = re.compile(r"^ +(?:-\w, )?(--[\w-]+)(?:, (--[\w-]+))?(?: |$)", re.M)


def setUpModule():
    if not bfabricpy.PYTHON.exists():
        return
    Case.server, Case.secret = unittest.enterModuleContext(service_sandbox(
        interval=1, auto_approve=0, registration_takes_all=True))
    folder = unittest.enterModuleContext(harness.Temporary()).path
    Case.browser = folder / "browser"
    Case.browser.write_text(f'#!/bin/sh\nexec {sys.executable} {browser.__file__} "$@"\n')
    Case.browser.chmod(0o755)
    Case.python = unittest.enterModuleContext(Worker(BROWSER=f"{Case.browser} %s &", DISPLAY=":77"))


def parts(value, path=""):
    """{"config/PAT/pat": "...", ...}: what is compared, and what a difference is named by."""
    if isinstance(value, dict) and value:
        return {key: one for name, inner in value.items() for key, one in parts(inner, f"{path}/{name}").items()}
    return {path.lstrip("/"): value}


def below(found, path):
    """Takes out what lies at `path`: one value, a mapping of several, or None."""
    inner = {key: found.pop(key) for key in list(found) if key == path or key.startswith(path + "/")}
    return inner.get(path, inner or None)


@bfabricpy.needed
class Case(harness.TestCase):
    server = secret = browser = python = None  # one for all

    def fill(self, text):
        host, port = urllib.parse.urlsplit(self.server.base_url).netloc.split(":")
        for name, value in (("URL", self.server.base_url), ("SECRET", self.secret),
                            ("HOST", host.replace(".", "-")), ("PORT", port)):
            text = text.replace("$" + name, value)
        return text

    def home(self, start):
        home = self.enterContext(harness.Home())
        reply = self.server.mint(client_id="CLI", scope="api:read api:write")
        names, default = STARTS[start]
        text = f"GENERAL:\n  default_config: {default}\n" if default else ""
        for name in names:
            url = self.server.base_url + ("/" if start == "slash" else "")
            text += f"{name}:\n  base_url: {url}\n  {self.fill(FORMS[name])}\n"
            if "client_id: CLI" in FORMS[name]:
                home.write_cache(self.server.base_url, reply, environment=name)
        if text:
            home.write_config(text=text)
        home.write(home.home / "pat", "new-token\n")
        home.write(home.home / "secret", self.secret + "\n")
        return home

    def files(self, home):
        text = home.config_file.read_text() if home.config_file.exists() else "{}"
        tokens = {path.name: json.loads(path.read_text()) for path in home.tokens.glob("*.json")}
        for token in tokens.values():
            for name in ("access_token", "refresh_token", "expires_at"):
                if name in token:
                    token[name] = type(token[name]).__name__
        return parts({"config": self.python.yaml(text) or {}, "tokens": tokens})

    def both(self, scene):
        """((their result, their files), (ours, our files))"""
        theirs, ours = self.home(scene.start), self.home(scene.start)
        self.python.use(theirs)
        got = self.python.cli(*map(self.fill, scene.argv))
        own = ours.run("bfabric", *map(self.fill, scene.own_argv or scene.argv),
                       env=ours.env(BROWSER=str(self.browser), DISPLAY=":77"))
        self.assertEqual((got["status"], own.status), (scene.status, scene.own_status),
                         f"{got}\n{own!r}")
        return (got, self.files(theirs)), (own, self.files(ours))


class Files(Case):
    def compare(self, scene):
        (_, theirs), (_, ours) = self.both(scene)
        for path, wanted, own in scene.files:
            path = self.fill(path)
            found = below(theirs, path), below(ours, path)
            self.assertNotEqual(*found, f"{path} is no difference")
            for one, value in zip(found, (wanted, own)):
                if value is ...:
                    self.assertTrue(one, path)
                else:
                    self.assertEqual(one, self.fill(value) if isinstance(value, str) else value, path)
        if "NEW" in scene.argv:
            for files in (theirs, ours):
                for name in FRESH:
                    if f"config/NEW/{name}" in files:
                        files[f"config/NEW/{name}"] = "there"
        self.assertEqual(theirs, ours)

    def test_same(self):
        for scene in SAME:
            with self.subTest(start=scene.start, argv=scene.argv):
                self.compare(scene)

    def test_differences(self):
        for scene in SCENES:
            with self.subTest(start=scene.start, argv=scene.argv, why=scene.why):
                self.assertTrue(scene.why)
                self.assertTrue(scene.files or scene.status != scene.own_status or scene.status)
                self.compare(scene)


class Said(Case):
    def test_status(self):
        """The same facts: theirs for people, ours as JSON."""
        for name in FORMS:
            argv = ["auth", "status", "--config-env", name]
            code = 3 if name == "BARE" else 0
            (got, _), (own, _) = self.both(Scene("many", argv, own_status=code, own_argv=[*argv, "--json"]))
            facts = dict(re.findall(r"^([A-Z][\w ]+): +(.*)$", got["out"], re.M))
            mine = own.json()
            with self.subTest(name=name):
                self.assertEqual(facts["Environment"].split()[0], mine["environment"])
                self.assertEqual(facts["Base URL"], mine["base_url"])
                self.assertEqual(facts["Auth method"], mine["auth_method"])
                self.assertEqual(facts.get("Client ID"), mine.get("client_id"))
                self.assertEqual(facts.get("Scope", "").split("  ")[0], mine.get("scope_requested") or "")
                if name in ("SANDBOX", "OTHER"):
                    self.assertEqual(facts["Token cache"].split()[0].rpartition("/")[2],
                                     mine["cache_path"].rpartition("/")[2])

    def test_list(self):
        (got, _), (own, _) = self.both(Scene("many", ["auth", "list"]))
        theirs = re.findall(r"^(\u2192| ) (\w+) +(\w+)", got["out"], re.M)
        ours = re.findall(r"^(\*| ) (\w+) +http\S+ +(\w+)", own.out, re.M)
        self.assertEqual([(mark != " ", *rest) for mark, *rest in theirs],
                         [(mark != " ", *rest) for mark, *rest in ours])
        self.assertEqual(len(ours), len(FORMS))

    def test_client(self):
        """One registration, looked at, changed and deleted by either."""
        home = self.home("many")
        result = home.run("bfabric", *NEW, "--service-user", "robot7", "--save-env", "NEW")
        self.assertExit(result, 0)
        self.python.use(home)
        ask = ["--config-env", "NEW"]

        def shown():
            theirs = self.python.cli("auth", "client-show", *ask)
            self.assertEqual(theirs["status"], 0, theirs)
            ours = home.run("bfabric", "auth", "client-show", *ask, "--json")
            self.assertExit(ours, 0)
            theirs = json.loads(theirs["out"])
            ours = ours.json()["client"]
            # Theirs prints the two secrets, where the server still tells them.
            self.assertEqual({**theirs, **ours}, theirs)
            self.assertLessEqual(set(theirs) - set(ours), set(client_case.SECRETS))
            return ours

        self.assertEqual(shown()["client_name"], "nightly")
        change = ["auth", "client-update", *ask, "--client-name", "x", "--redirect-uri",
                  "https://other.example.org/", "--scope", "api:read"]
        got = self.python.cli(*change)
        self.assertEqual(got["status"], 0, got)
        by_them = shown()
        change[change.index("x")] = "nightly"
        self.assertExit(home.run("bfabric", *change), 0)
        self.assertEqual({**shown(), "client_name": "x"}, by_them)

    def test_client_deleted(self):
        """What is left of the configuration is the same."""
        left = []
        for ours in (False, True):
            home = self.home("one")
            self.assertExit(home.run("bfabric", *NEW, "--service-user", "robot7", "--save-env", "NEW"), 0)
            argv = ["auth", "client-delete", "--config-env", "NEW", "--no-confirm"]
            self.python.use(home)
            status = home.run("bfabric", *argv).status if ours else self.python.cli(*argv)["status"]
            self.assertEqual(status, 0)
            left.append(self.files(home))
        self.assertEqual(*left)


class Options(Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.commands = cls.python.commands("api", "auth", "login") if cls.python else {}

    def ours(self, command):
        home = self.enterContext(harness.Home())
        result = home.run("bfabric", *command.split(), "--help")
        self.assertExit(result, 0)
        return {name for pair in OURS_ALONE.findall(result.out) for name in pair if name}

    def test_every_one_is_known(self):
        self.assertGreaterEqual(len(self.commands), 20)
        used = set()
        for command, options in self.commands.items():
            options = set(options)
            with self.subTest(command=command):
                ours = self.ours(command)
                self.assertGreater(len(ours), 2)
                rows = [row for row in OPTIONS if re.fullmatch(row.commands, command)]
                listed = {name for row in rows for name in row.options}
                self.assertEqual(options - ours - listed, set(), "neither ours nor in differences.py")
                self.assertEqual(listed & ours, set(), "no difference any more")
                used.update((row, name) for row in rows for name in row.options if name in options)
        self.assertEqual({(row, name) for row in OPTIONS for name in row.options} - used, set(),
                         "bfabric-cli has it no longer")

    def test_refused(self):
        """With exit code 2, and nothing done: a script of theirs does not do something else."""
        home = self.enterContext(harness.Home())
        for command in self.commands:
            for row in OPTIONS:
                for name in row.options if re.fullmatch(row.commands, command) else ():
                    with self.subTest(command=command, option=name):
                        result = home.run("bfabric", *command.split(), name, "x")
                        self.assertExit(result, 2)
                        self.assertIn(name, result.err)


if __name__ == "__main__":
    harness.main()
