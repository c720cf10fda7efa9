# SPDX-License-Identifier: MIT
"""Two families of commands on one home: ours and bfabricPy's, step by step, in any order.

    with Household(server, home, peer, seed) as household:
        household.step()          # one random command of either side, and what has to hold after it

What has to hold after each step: both sides read the file, and agree on environments, default,
method, client and scope; a login gives both a token that the server takes; a logout takes it from
both; and what we write leaves every line alone that it does not have to change.
"""
import json
import random
import subprocess

import bfabricpy
import harness
import sandbox_client
from flows import approve
from login_scene import Login

# bfabricPy's side: one process, since Python takes long to start. One JSON line asks, one answers.
PEER = r'''
import contextlib, io, json, sys, threading, urllib.request, warnings
warnings.simplefilter("ignore")
from loguru import logger
logger.remove()
from pathlib import Path
from bfabric import Bfabric
from bfabric.config.config_data import load_config_data
from bfabric.oauth import _pkce
from bfabric_scripts.cli.login import manage, oauth_login, pat, register, service_account
from bfabric_scripts.cli.login._common import load_config_file
import webbrowser

CONFIG = Path("~/.bfabricpy.yml").expanduser()

def approve(url):
    """Instead of a browser: the sandbox approves by itself and leads back to the callback."""
    threading.Thread(target=lambda: urllib.request.urlopen(url, timeout=30).read(),
                     daemon=True).start()
    return True

webbrowser.open = approve
oauth_login.graphical_browser_available = _pkce.graphical_browser_available = lambda: True

COMMANDS = {"login": oauth_login.cmd_auth_login, "device": oauth_login.cmd_auth_device_code,
            "pat": pat.cmd_auth_pat, "service": service_account.cmd_auth_service_account,
            "register": register.cmd_login_register, "activate": manage.cmd_auth_activate,
            "logout": manage.cmd_auth_logout, "remove": manage.cmd_auth_remove}

def run(name, arguments, options):
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        try:
            COMMANDS[name](*arguments, **options)
        except SystemExit as error:
            return {"failed": f"{error.code}: {said.getvalue()}"}
    return {"said": said.getvalue()}

def facts():
    loaded = load_config_file(CONFIG)
    if loaded is None:
        return {"default": None, "environments": {}}
    found = {}
    for name, env in loaded.environments.items():
        method = env.auth_config
        found[name] = {"url": str(env.config.base_url).rstrip("/"), "method": method.kind,
                       "client_id": getattr(method, "client_id", None),
                       "scope": getattr(method, "scope", None)}
    return {"default": loaded.general.default_config, "environments": found}

def token(name):
    try:
        auth = Bfabric.connect(config_file_env=name).auth
        return {"token": auth.password.get_secret_value()}
    except Exception as error:
        return {"none": f"{type(error).__name__}: {error}"[:300]}

for line in sys.stdin:
    question = json.loads(line)
    try:
        answer = {"run": run, "facts": facts, "token": token}[question.pop("do")](**question)
    except BaseException as error:
        answer = {"error": f"{type(error).__name__}: {error}"[:1000]}
    print(json.dumps(answer), file=sys.__stdout__, flush=True)
'''


class Peer:
    """bfabricPy, for as long as the test runs; it stays at one home."""

    def __init__(self, home):
        self.process = subprocess.Popen([bfabricpy.PYTHON, "-c", PEER], text=True, cwd=home.home,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        env=bfabricpy.environment(home))

    def ask(self, do, **question):
        self.process.stdin.write(json.dumps({"do": do, **question}) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise AssertionError("bfabricPy's side has ended")
        return json.loads(line)

    def close(self):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()


START = """# The lab's configuration, kept by hand.

GENERAL:
  default_config: OLD   # for now
# --- the instrument PC ---
OLD:
  # what it is for
  base_url: {url}/    # with a slash
  auth_method: oauth
  client_id: CLI      # the public one
  scope: "api:read"   # quoted
  engine: SUDS
  libbfabric:
    min_ttl: 120      # seconds

# a person's own
'MINE, too':
  login: someone
  password: "0123456789abcdef0123456789abcdef"
  base_url: {url}
# the end, without an end of line"""

NAMES = ("OLD", "LAB", "NIGHTLY", "an env", "P.A.T")
PAT = "pat-of-a-scientist"
CREATE = ("login", "device", "pat", "service", "register")
SCOPES = ("api:read", "api:write", "api:read api:write")


class Household:
    def __init__(self, test, server, home, peer, seed):
        self.test, self.server, self.home, self.peer = test, server, home, peer
        self.random = random.Random(seed)
        self.done = []
        self.client = sandbox_client.register(server, {
            "client_name": "robot", "redirect_uris": ["http://127.0.0.1:1/callback"],
            "scope": "api:read api:write openid", "service_user_login": "robot"}).json()
        # What a person brings along: environment -> can both get a token the server knows?
        self.logged_in = {"OLD": False}
        self.home.write_config(text=START.format(url=server.base_url))

    # ---- what there is ----

    def listed(self):
        result = self.home.run("bfabric", "auth", "list", "--json")
        self.test.assertExit(result, 0)
        return result.json()

    def facts(self):
        answer = self.peer.ask("facts")
        self.test.assertNotIn("error", answer, self.story())
        return answer

    def story(self):
        return "\nafter: " + "\n       ".join(self.done) + "\n" + self.text()

    def text(self):
        return self.home.config_file.read_text() if self.home.config_file.exists() else "(no file)"

    # ---- one step ----

    def step(self):
        names = self.facts()["environments"]
        kind = self.random.choice(("login", "login", "device", "pat", "service", "register",
                                   "activate", "logout", "logout", "remove", "refresh", "refresh"))
        ours = self.random.random() < 0.5
        name = self.random.choice(NAMES if kind in CREATE
                                  else [n for n in names if n in NAMES] or ["OLD"])
        there = names.get(name)
        if kind == "refresh" and not self.logged_in.get(name):
            kind = "login"
        if kind in ("login", "device") and there and there["method"] != "oauth":
            kind = "remove"  # neither side turns a service into a person on the quiet
        if kind == "service" and there and there["method"] != "client_credentials":
            kind = "remove"
        if kind == "pat" and there and there["method"] != "pat":
            ours = False  # we ask a person first
        if kind == "register" and there:
            kind = "logout"  # a client is registered into an environment of its own
        self.done.append(f"{'we' if ours else 'they'}: {kind} {name!r}")
        before = self.text()
        if there is None and kind in ("activate", "logout", "remove", "refresh"):
            return
        getattr(self, ("our_" if ours else "their_") + kind)(name)
        if ours:
            self.assertLinesKept(before, name, kind)
        self.logged_in[name] = kind not in ("logout", "remove")
        if kind == "remove":
            del self.logged_in[name]
        if kind == "activate":
            self.logged_in[name] = None  # as it was: only agreement counts
        self.check(name)

    def ours(self, *arguments, **more):
        result = self.home.run("bfabric", *arguments, **more)
        self.test.assertEqual(result.status, 0, repr(result) + self.story())
        return result

    def theirs(self, command, *arguments, **options):
        answer = self.peer.ask("run", name=command, arguments=arguments, options=options)
        self.test.assertIn("said", answer, str(answer) + self.story())
        return answer["said"]

    def set_default(self):
        return self.random.random() < 0.3

    def our_login(self, name):
        login = Login(self.home, self.server.base_url, "--no-browser", "--env", name, "--scope",
                      self.random.choice(SCOPES),
                      "--set-default" if self.set_default() else "--no-set-default")
        approve(self.server, login)
        result = login.finish()
        self.test.assertEqual(result.status, 0, repr(result) + self.story())

    def our_device(self, name):
        self.ours("auth", "device-code", self.server.base_url, "--env", name, "--scope",
                  self.random.choice(SCOPES), env=self.home.env(
                      LD_PRELOAD=harness.BUILD / "tests" / "tools" / "libhurry.so"))

    def our_pat(self, name):
        self.ours("auth", "pat", self.server.base_url, "--env", name, "--pat-file", "-",
                  input=PAT + "\n")

    def our_service(self, name):
        self.ours("auth", "service-account", self.server.base_url, "--env", name, "--client-id",
                  self.client["client_id"], "--scope", "api:read", "--inline", "--secret-file", "-",
                  input=self.client["client_secret"] + "\n")

    def our_activate(self, name):
        self.ours("auth", "activate", name)

    def our_logout(self, name):
        self.ours("auth", "logout", name)

    def our_remove(self, name):
        self.ours("auth", "remove", name, "--no-confirm")

    def our_refresh(self, name):
        self.ours("token", "--env", name, "--force-refresh")

    def their_login(self, name):
        self.theirs("login", self.server.base_url, config_env=name,
                    scope=self.random.choice(SCOPES), set_default=self.set_default(), timeout=30)

    def their_device(self, name):
        self.theirs("device", self.server.base_url, config_env=name,
                    scope=self.random.choice(SCOPES), set_default=self.set_default())

    def their_pat(self, name):
        self.theirs("pat", self.server.base_url, config_env=name, pat=PAT,
                    set_default=self.set_default())

    def their_service(self, name):
        self.theirs("service", self.server.base_url, client_id=self.client["client_id"],
                    client_secret=self.client["client_secret"], scope="api:read", config_env=name,
                    set_default=self.set_default())

    def their_register(self, name):
        employee = self.server.mint(scope="api:write", user="employee")["access_token"]
        self.theirs("register", "a robot", "http://127.0.0.1:1/callback", self.server.base_url,
                    token=employee, service_user="robot", save_env=name)

    def our_register(self, name):
        employee = self.server.mint(scope="api:write", user="employee")["access_token"]
        self.ours("auth", "register", "a robot", "http://127.0.0.1:1/callback",
                  self.server.base_url, "--service-user", "robot", "--save-env", name,
                  "--token-file", "-", input=employee + "\n")

    def their_activate(self, name):
        self.theirs("activate", name)

    def their_logout(self, name):
        self.theirs("logout", name)

    def their_remove(self, name):
        self.theirs("remove", name, no_confirm=True)

    def their_refresh(self, name):
        self.peer.ask("token", name=name)

    # ---- what has to hold ----

    def assertLinesKept(self, before, name, kind):
        """Every line that is neither of this environment nor the default stays, in its order; and
        so does every comment, that of a removed environment apart."""
        after = self.text().splitlines()
        at, inside = 0, False
        for line in before.splitlines():
            if line and line[0] not in " #\t":
                inside = line.strip().strip("'\":") == name
            changeable = inside or line.startswith(
                ("  default_config:", "GENERAL: {", "  {"))
            if changeable and not (line.lstrip().startswith("#") and kind != "remove"):
                continue
            self.test.assertIn(line, after[at:], self.story() + "\nbefore:\n" + before)
            at += after[at:].index(line) + 1

    def check(self, name):
        self.assertAgreed()
        wanted = self.logged_in.get(name, False)
        if wanted is None:
            return
        ours = self.home.run("bfabric", "token", "--env", name)
        theirs = self.peer.ask("token", name=name)
        self.test.assertEqual(ours.status == 0, wanted, repr(ours) + self.story())
        self.test.assertEqual("token" in theirs, wanted, str(theirs) + self.story())
        for token in (ours.out.strip(), theirs["token"]) if wanted else ():
            if token != PAT:  # which nobody tries out
                status = sandbox_client.whoami(self.server, token).status
                self.test.assertEqual(status, 200, self.story())

    def assertAgreed(self):
        theirs, ours = self.facts(), self.listed()
        self.test.assertEqual({e["environment"] for e in ours["environments"]},
                              set(theirs["environments"]), self.story())
        self.test.assertEqual(ours["default"], theirs["default"], self.story())
        for listed in ours["environments"]:
            name = listed["environment"]
            status = self.home.run("bfabric", "auth", "status", "--json", "--env", name)
            self.test.assertIn(status.status, (0, 3, 4), repr(status) + self.story())
            found = status.json()
            for member in ("base_url", "auth_method", "client_id", "scope_requested"):
                self.test.assertEqual(listed[member], found[member], self.story())
            other = theirs["environments"][name]
            if other["method"] == "none":  # what it calls a method whose secret is gone
                self.test.assertEqual(status.status, 3, self.story())
                other["method"] = found["auth_method"]
            self.test.assertEqual(
                {"url": found["base_url"].rstrip("/"), "method": found["auth_method"],
                 "client_id": found["client_id"], "scope": found["scope_requested"]},
                other, name + self.story())
