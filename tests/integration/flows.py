# SPDX-License-Identifier: MIT
"""Every flow that talks to a server, each as one call that can be made on a good day or a bad one.

    stage = Stage(server)                       # one server, what is registered there
    with Going(stage, FLOWS["login"]) as scene: # a home in which the flow can be gone through
        result = scene.run()                    # by a person who does what they are asked
        scene.changed()                         # the files that are not what they were

A flow starts from what somebody has who uses it: a configuration with comments and a second
environment, and a login where the flow needs one, so that there is something to lose.
"""
import base64
import json
import pathlib
import re
import time

import browser
import harness
import sandbox_client
from login_scene import SHOWN_URL, Login
from scene import preloaded

CONFIG = """# mine
GENERAL:
  default_config: SANDBOX  # the lab's
SANDBOX:
  base_url: {url}
  auth_method: oauth
  client_id: CLI   # public
  scope: api:read api:write
{own}OTHER:
  base_url: {url}
  auth_method: client_credentials
  client_id: {client}
  client_secret: "{secret}"
  scope: api:read
{own}"""


FAKETIME = next(iter(sorted(pathlib.Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))), None)
HURRY = harness.BUILD / "tests" / "tools" / "libhurry.so"


class Stage:
    """A server and what is registered there; without trust in it, things that look like it."""

    def __init__(self, server, reachable=True):
        self.server = server
        self.client = {"client_id": "somebody", "client_secret": "canary-secret-of-a-client"}
        if reachable:
            self.client = sandbox_client.register(server, {
                "client_name": "flows", "redirect_uris": ["http://127.0.0.1:1/callback"],
                "scope": "api:read api:write openid", "service_user_login": "robot"}).json()
        self.reachable = reachable

    def mint(self, **form):
        if self.reachable:
            return self.server.mint(client_id="CLI", scope="api:read api:write", **form)
        return {"access_token": self.forged(), "refresh_token": "canary-refresh-token",
                "token_type": "Bearer", "expires_in": 3600, "scope": "api:read api:write"}

    def forged(self):
        """A token that nothing but its signature speaks against."""
        now = int(time.time())
        parts = ({"alg": "RS256", "kid": "1", "typ": "JWT"},
                 {"iss": self.server.base_url, "aud": "bfabric-api", "sub": "canary", "iat": now,
                  "exp": now + 3600})
        return ".".join([*(base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")
                           for part in parts), "Q" * 342])

    def launch(self):
        if not self.reachable:
            return "canary.launch.token"
        return self.server.launch_token(entityId=7, entityClassName="Workunit",
                                        client_id=self.client["client_id"])


class Flow:
    """`endpoints` are asked in this order; run(scene, env) goes through it once."""

    def __init__(self, name, endpoints, run, expired=False, logged_in=True, polls=False):
        self.name, self.endpoints, self.go = name, endpoints, run
        self.expired, self.logged_in, self.polls = expired, logged_in, polls


class Going:
    def __init__(self, stage, flow):
        self.stage, self.server, self.flow = stage, stage.server, flow
        self.reply = {}
        self.secrets = {stage.client["client_secret"]}

    def __enter__(self):
        self.home = harness.Home().__enter__()
        own = (f"  libbfabric:\n    ca_file: {self.server.ca_file}\n" if self.server.ca_file else "")
        self.home.write_config(text=CONFIG.format(
            url=self.server.base_url, client=self.stage.client["client_id"],
            secret=self.stage.client["client_secret"], own=own))
        if self.flow.logged_in:
            self.reply = self.stage.mint()
            content = dict(self.reply)
            content["expires_at"] = int(time.time()) + (-9 if self.flow.expired else 8 * 3600)
            self.home.write_cache(self.server.base_url, content)
            self.keep(self.reply["access_token"], self.reply["refresh_token"])
        self.before = self.files()
        return self

    def __exit__(self, *_):
        self.home.__exit__()

    def keep(self, *secrets):
        self.secrets.update(secret for secret in secrets if secret)
        return secrets[0]

    def files(self):
        """Name and content of all that is kept; lock files hold only how the last call ended."""
        return {str(path.relative_to(self.home.path)): path.read_bytes()
                for root in (self.home.home, self.home.runtime) for path in root.rglob("*")
                if path.is_file() and not path.name.endswith(".lock")
                and path.name != "input.secret"}

    def changed(self):
        after = self.files()
        return sorted(name for name in after.keys() | self.before.keys()
                      if after.get(name) != self.before.get(name))

    def run(self, speed=0):
        """speed: time runs so much faster for the program, waits for the network included."""
        if speed:
            return self.flow.go(self, {**preloaded(self.home, FAKETIME), "FAKETIME": f"+0 x{speed}"})
        hurry = HURRY if self.flow.polls else None
        return self.flow.go(self, preloaded(self.home, hurry))

    def asked(self, since):
        """What the program asked the server for, after the request `since`, in order."""
        return [line["endpoint"] for line in self.server.log() if line["n"] > since
                and (line["user_agent"] or "").startswith("bfabric-auth")]

    def program(self, env, *arguments, input=None):
        return self.home.run("bfabric", *arguments, env=env, input=input)

    def example(self, env, name, *arguments, secrets=()):
        self.keep(*secrets)
        path = harness.BUILD / "tests" / "examples" / ("example_" + name)
        return self.home.run(path, *arguments, env=env,
                             input="".join(secret + "\n" for secret in secrets))

    def leaked(self, result):
        """The secrets that were said."""
        return [s for s in self.secrets if s in result.out + result.err]


# ---- the flows ----


def approve(server, login, decision="approve", user=None):
    """Goes where the login sends a browser, if it comes so far."""
    def look():
        return (login.process.poll() is not None
                or SHOWN_URL.search(login.err))
    found = harness.wait_for(look, timeout=60)
    if found is not True:
        page = browser.Browser(server)
        page.follow(page.decide(found.group(1), decision, user))


def login(scene, env):
    running = Login(scene.home, "--no-browser", "--timeout", "20", env=env)
    approve(scene.server, running)
    return running.finish()


def device(scene, env):
    return scene.program(env, "auth", "device-code", "--timeout", "20")


def refresh(scene, env):
    return scene.program(env, "token")


def service_account(scene, env):
    file = scene.home.write("input.secret", scene.stage.client["client_secret"] + "\n")
    return scene.program(env, "auth", "service-account", scene.server.base_url, "--env", "ROBOT",
                         "--client-id", scene.stage.client["client_id"], "--scope", "api:read",
                         "--inline", "--secret-file", file)


def client_credentials(scene, env):
    return scene.program(env, "token", "--env", "OTHER")


def logout(scene, env):
    return scene.program(env, "auth", "logout")


def remove(scene, env):
    return scene.program(env, "auth", "remove", "SANDBOX", "--no-confirm")


def url_token(scene, env):
    return scene.example(env, "from_url_token", scene.server.base_url,
                         scene.stage.client["client_id"],
                         secrets=[scene.stage.client["client_secret"], scene.stage.launch()])


def introspect(scene, env):
    return scene.example(env, "introspect", scene.server.base_url, scene.stage.client["client_id"],
                         secrets=[scene.stage.client["client_secret"],
                                  scene.keep(scene.stage.mint()["access_token"])])


def revoke(scene, env):
    return scene.example(env, "revoke", scene.server.base_url, "CLI",
                         secrets=["", scene.keep(scene.stage.mint()["access_token"])])


def register(scene, env):
    token = (scene.server.mint(scope="api:write", user="employee")["access_token"]
             if scene.stage.reachable else "canary-employee-token")
    return scene.example(env, "register_client", scene.server.base_url, "an app",
                         "http://127.0.0.1:1/callback", secrets=[token])


def verify(scene, env):
    return scene.example(env, "verify_jwt", scene.server.base_url,
                         secrets=[scene.stage.mint()["access_token"]])


FLOWS = {flow.name: flow for flow in (
    Flow("login", ("discovery", "token"), login),
    Flow("device", ("discovery", "device_authorization", "token"), device, polls=True),
    Flow("refresh", ("token",), refresh, expired=True),
    Flow("service-account", ("token",), service_account, logged_in=False),
    Flow("client-credentials", ("token",), client_credentials, logged_in=False),
    Flow("url-token", ("discovery", "token", "jwks"), url_token, logged_in=False),
    Flow("introspect", ("discovery", "introspect"), introspect, logged_in=False),
    Flow("logout", ("discovery", "revoke"), logout),
    Flow("remove", ("discovery", "revoke"), remove),
    Flow("revoke", ("discovery", "revoke"), revoke, logged_in=False),
    Flow("register", ("discovery", "register"), register, logged_in=False),
    Flow("verify", ("discovery", "jwks"), verify, logged_in=False),
)}
