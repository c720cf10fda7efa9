# SPDX-License-Identifier: MIT
"""What every integration test needs: the sandbox server, a home folder, our programs, TAP output.

    import harness

    class Helper(harness.TestCase):
        def test_cached(self):
            with harness.Sandbox(token_lifetime=60) as server, harness.Home() as home:
                reply = home.login(server)
                got = home.run("bfabric", "token")
                self.assertEqual(got.out.strip(), reply["access_token"])

    if __name__ == "__main__":
        harness.main()

Only Python's standard library is used. Nothing has a fixed port or path, and everything that a test
starts is ended with it. BF_BUILD names the build folder, BF_SOURCE the source tree, TEST_SCALE (1 is
full) scales the counts of tests that repeat something; `TEST_KEEP=1` keeps the temporary folders.
"""
import contextlib
import hashlib
import json
import os
import pathlib
import select
import shutil
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request

from browser import Browser
from process import (BUILD, FACES, FRONT, SANDBOX, SCALE, SOURCE, Result, base_environment, finish,
                     run, scaled, start, wait_for, wait_until)
from tap import TestCase, main

__all__ = ["BUILD", "FACES", "FRONT", "SANDBOX", "SCALE", "SOURCE", "Home", "Result", "Sandbox",
           "Temporary", "TestCase", "base_environment", "cache_stem", "canonical_url", "finish",
           "git", "main", "run", "scaled", "start", "wait_for", "wait_until"]


class Temporary:
    """A private folder that goes away with its `with` block."""

    def __init__(self):
        self.path = None

    def __enter__(self):
        self.path = pathlib.Path(tempfile.mkdtemp(prefix="bfabric-test-"))
        return self

    def __exit__(self, *_):
        if os.environ.get("TEST_KEEP"):
            print(f"kept: {self.path}", file=sys.stderr)
            return
        # A test may have taken permissions away.
        for folder, _, _ in os.walk(self.path):
            with contextlib.suppress(OSError):
                os.chmod(folder, 0o700)
        shutil.rmtree(self.path, ignore_errors=True)


_keys = []


def signing_key():
    """A key file that all servers of one test program share: making a key is what takes longest."""
    if not _keys:
        _keys.append(tempfile.TemporaryDirectory(prefix="bfabric-test-key-"))
    return pathlib.Path(_keys[0].name) / "key.pem"


class Sandbox(Temporary):
    """The sandbox server on a free loopback port.

    Sandbox(token_lifetime=5, rotation="off", no_interval=True, fault=["token=503*2"]) is
    bfabric-sandbox --token-lifetime 5 --rotation off --no-interval --fault token=503*2; True is a
    flag, False and None leave an option out, a list repeats it. `--log` is always given, `--ca-file`
    with tls. `git=True` serves an empty folder of repositories: see repository().
    """

    def __init__(self, *options, git=False, **settings):
        super().__init__()
        self.options, self.git, self.settings = list(options), git, settings
        self.process = None

    def __enter__(self):
        super().__enter__()
        try:
            self._start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def _start(self):
        self.log_file = self.path / "requests.log"
        settings = {"log": self.log_file, "key_file": signing_key(), **self.settings}
        if settings.get("tls") or settings.get("tls_bad"):
            settings.setdefault("ca_file", self.path / "ca.pem")
        if self.git:
            self.git_root = self.path / "git"
            self.git_root.mkdir()
            settings["git_root"] = self.git_root
        command = [SANDBOX, "--exit-with-parent", *self.options]
        for name, value in settings.items():
            for one in value if isinstance(value, (list, tuple)) else [value]:
                if one is True:
                    command.append("--" + name.replace("_", "-"))
                elif one is not None and one is not False:
                    command += ["--" + name.replace("_", "-"), str(one)]
        self.stderr = open(self.path / "stderr", "w+b")
        self.process = start(command, {**base_environment(), "HOME": str(self.path)},
                             stderr=self.stderr)
        ready, _, _ = select.select([self.process.stdout], [], [], 30)
        line = self.process.stdout.readline() if ready else b""
        if not line.endswith(b"\n"):
            self.stderr.seek(0)
            raise AssertionError("the sandbox did not start: "
                                 + self.stderr.read().decode(errors="replace"))
        self.info = json.loads(line)
        self.base_url, self.control_url = self.info["base_url"], self.info["control_url"]
        self.git_url, self.ca_file = self.info.get("git_url"), self.info.get("ca_file")
        parts = urllib.parse.urlsplit(self.base_url)
        self.scheme, self.host, self.port = parts.scheme, parts.netloc, parts.port

    def __exit__(self, *arguments):
        if self.process:
            self.stop()
            self.process.stdout.close()
            self.stderr.close()
        super().__exit__(*arguments)

    def stop(self):
        """Ends the server early: what it looks like when B-Fabric is down."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def fetch(self, url, data=None, headers=None, timeout=30):
        """(status, body) of a request by the test itself."""
        context = ssl.create_default_context(cafile=self.ca_file) if self.ca_file else None
        handlers = [urllib.request.ProxyHandler({})]
        if context:
            handlers.append(urllib.request.HTTPSHandler(context=context))
        request = urllib.request.Request(url, data=data, headers=headers or {})
        try:
            with urllib.request.build_opener(*handlers).open(request, timeout=timeout) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as refused:
            with refused:
                return refused.code, refused.read()

    def control(self, name, **form):
        """POSTs to the control URL: control("set", token_lifetime=5). Returns the JSON answer."""
        data = urllib.parse.urlencode({key.replace("_", "-") if name == "set" else key: value
                                       for key, value in form.items()}).encode()
        status, body = self.fetch(f"{self.control_url.rstrip('/')}/{name}", data)
        if status >= 300:
            raise AssertionError(f"control {name}: {status} {body.decode(errors='replace')}")
        return json.loads(body) if body.strip() else {}

    def state(self):
        """Everything the server knows, as JSON: counters, faults, devices, families, clock."""
        status, body = self.fetch(f"{self.control_url.rstrip('/')}/state")
        if status != 200:
            raise AssertionError(f"state: {status} {body.decode(errors='replace')}")
        return json.loads(body)

    def mint(self, **form):
        """A token reply as a login would have brought it, with its own refresh token family."""
        return self.control("mint", **form)

    def approve(self, authorize_url, **options):
        """What a person does in a browser: see browser.Browser.approve."""
        return Browser(self).approve(authorize_url, **options)

    def deny(self, authorize_url, **options):
        return Browser(self).deny(authorize_url, **options)

    def launch_token(self, **form):
        """A launch JWT: user, client_id, lifetime, entityId, …; an empty one leaves a claim out."""
        return self.control("launch", **form)["launch_token"]

    def log(self, endpoint=None, **fields):
        """The request log; only lines of this endpoint and with these members, when given."""
        if self.process.poll() is None:
            self.fetch(f"{self.control_url.rstrip('/')}/settle")
        lines = []
        if self.log_file.exists():
            text = self.log_file.read_text(errors="replace")
            text = text[:text.rfind("\n") + 1]  # the line of our own question may be half there
            # A line is written when its reply has left; "n" counts requests as they came.
            lines = sorted((json.loads(line) for line in text.splitlines() if line),
                           key=lambda line: line["n"])
        if endpoint:
            fields["endpoint"] = endpoint
        return [line for line in lines if all(line.get(k) == v for k, v in fields.items())]

    def refreshes(self):
        """The refresh requests that reached the token endpoint."""
        return self.log("token", grant="refresh_token")

    def repository(self, name="lab.git", commits=1):
        """A bare repository with some commits below --git-root; returns the URL to clone."""
        bare = self.git_root / name
        git("init", "--quiet", "--bare", "--initial-branch=main", bare)
        for _ in range(commits):
            self.commit(name)
        return f"{self.git_url.rstrip('/')}/{name}"

    def commit(self, name="lab.git", text=None):
        """One more commit, so that a fetch has something to bring. Returns its hash."""
        bare = self.git_root / name
        parent = run(["git", "-C", bare, "rev-parse", "--verify", "--quiet", "main"]).out.strip()
        tree = git("-C", bare, "mktree", input=b"").out.strip()
        made = git("-C", bare, "commit-tree", tree, *(["-p", parent] if parent else []),
                   "-m", text or f"Measurement {time.time_ns()}").out.strip()
        git("-C", bare, "update-ref", "refs/heads/main", made)
        return made


def git(*arguments, input=None, env=None):
    """git for setting things up, with nobody's configuration; must succeed."""
    person = {"GIT_AUTHOR_NAME": "A Scientist", "GIT_AUTHOR_EMAIL": "scientist@example.org",
              "GIT_COMMITTER_NAME": "A Scientist", "GIT_COMMITTER_EMAIL": "scientist@example.org",
              "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null", "HOME": "/nonexistent"}
    result = run(["git", *arguments], {**base_environment(), **person, **(env or {})}, input)
    if result.status:
        raise AssertionError(repr(result))
    return result


def canonical_url(base_url):
    """The form under which bfabricPy and we file a base URL."""
    parts = urllib.parse.urlsplit(base_url)
    host = parts.hostname or ""
    if ":" in host:
        host = f"[{host}]"
    default = {"http": 80, "https": 443}[parts.scheme]
    port = "" if parts.port in (None, default) else f":{parts.port}"
    return f"{parts.scheme}://{host}{port}{parts.path}".rstrip("/")


def cache_stem(base_url, client_id, environment):
    """16 hexadecimal digits of SHA-256 of the three, with NULs between: written from the published
    form, not from our library, so that the two check each other."""
    text = "\0".join((canonical_url(base_url), client_id, environment))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


class Home(Temporary):
    """A home folder with a runtime directory, and our programs on its PATH."""

    environment, client_id, scope = "SANDBOX", "CLI", "api:read api:write"

    def __enter__(self):
        super().__enter__()
        self.home, self.runtime = self.path / "home", self.path / "runtime"
        self.bin = self.path / "bin"
        for folder in (self.home, self.runtime, self.bin):
            folder.mkdir(mode=0o700)
        for face in FACES:
            (self.bin / face).symlink_to(FRONT)
        self.config_file = self.home / ".bfabricpy.yml"
        self.tokens = self.home / ".bfabric" / "tokens"
        return self

    def env(self, **more):
        """The whole environment of a program: nothing of the tester's own comes through."""
        env = {**base_environment(), "HOME": str(self.home), "XDG_RUNTIME_DIR": str(self.runtime),
               "BFABRIC_LIBEXEC": str(BUILD / "helper"),
               "BFABRIC_SITE_CONFIG": str(self.path / "no-site-configuration.yml"),
               "GIT_CONFIG_NOSYSTEM": "1", "GIT_TERMINAL_PROMPT": "0", "GIT_ASKPASS": "/bin/false"}
        env["PATH"] = f"{self.bin}:{env['PATH']}"
        env.update(more)
        return {name: str(value) for name, value in env.items() if value is not None}

    def command(self, program, *arguments):
        return [self.bin / program if program in FACES else program, *arguments]

    def start(self, program, *arguments, env=None, **more):
        return start(self.command(program, *arguments), env or self.env(), cwd=self.home, **more)

    def run(self, program, *arguments, env=None, input=None, timeout=60, **more):
        return run(self.command(program, *arguments), env or self.env(), input, timeout,
                   cwd=self.home, **more)

    # ---- files ----

    def write(self, path, text, mode=0o600):
        """A file below the home folder (or at an absolute path), its folders 0700."""
        path = self.home / path
        for folder in reversed([p for p in path.parents if not p.exists()]):
            folder.mkdir(mode=0o700)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        path.chmod(mode)
        return path

    def write_config(self, base_url=None, text=None, extra="", own=None, **keys):
        """~/.bfabricpy.yml with one OAuth environment, the default one; or `text` as it is.

        `keys` are further keys of the environment, `own` those of `libbfabric:`, `extra` is appended.
        """
        if text is None:
            lines = ["GENERAL:", f"  default_config: {self.environment}", f"{self.environment}:",
                     f"  base_url: {base_url}"]
            keys = {"auth_method": "oauth", "client_id": self.client_id, "scope": self.scope,
                    **keys}
            lines += [f"  {key}: {value}" for key, value in keys.items() if value is not None]
            if own:
                lines += ["  libbfabric:"] + [f"    {key}: {value}" for key, value in own.items()]
            text = "\n".join(lines) + "\n" + extra
        return self.write(self.config_file, text)

    def place(self, base_url, suffix=".json", client_id=None, environment=None):
        """Where the cache (".json"), record (".session"), ".rejected" or ".json.lock" lies."""
        stem = cache_stem(base_url, client_id or self.client_id, environment or self.environment)
        return self.tokens / (stem + suffix)

    def write_cache(self, base_url, reply, obtained=None, **place):
        """Files a token reply as a login would have; `expires_at` is set from `expires_in`."""
        content = dict(reply)
        if "expires_in" in content:
            content.setdefault("expires_at", int(obtained or time.time()) + content["expires_in"])
        return self.write(self.place(base_url, **place), json.dumps(content))

    def read_cache(self, base_url, **place):
        return json.loads(self.place(base_url, **place).read_text())

    def read_record(self, base_url, **place):
        return json.loads(self.place(base_url, ".session", **place).read_text())

    def login(self, server, own=None, mint=None, **keys):
        """Logged in at this sandbox: configuration and cache written. Returns the token reply."""
        own = dict(own or {})
        if server.ca_file:
            own.setdefault("ca_file", server.ca_file)
        self.write_config(server.base_url, own=own, **keys)
        reply = server.mint(client_id=self.client_id, scope=self.scope, **(mint or {}))
        self.write_cache(server.base_url, reply)
        return reply

    def files(self):
        """Every file below ~/.bfabric and the runtime directory, relative: nothing should litter."""
        return sorted(str(p.relative_to(self.path)) for root in (self.home / ".bfabric", self.runtime)
                      for p in root.rglob("*") if not p.is_dir())
