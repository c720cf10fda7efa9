# SPDX-License-Identifier: MIT
"""The PAM module in the real libpam with its real children, without root: stacks of the test's own
(pam_start_confdir), and tests/tools/pamtalk.c as the application.

    with Machine() as machine:
        machine.configure(server)
        machine.stack("login", MARKED)
        with Application(machine) as app:
            app.start("login")
            app.call("authenticate")
            result = app.call("open")

Whoever logs in is called ada and has the uid of the test; a root's test becomes the user nobody.
"""
import contextlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import threading
import time

import harness
from pam_child import NOBODY, ROOT

SUCCESS, SERVICE_ERR, AUTH_ERR, AUTHINFO_UNAVAIL, SILENT = 0, 3, 7, 9, 0x8000

# "@" is the module with the arguments of every test.
MARKED = """auth required pam_permit.so
auth optional @ mark
account required pam_permit.so
session required pam_permit.so
session optional @
"""
UNMARKED = MARKED.replace("auth optional @ mark\n", "")
FACTOR = """auth required @
account required @
session required pam_permit.so
session optional @
"""
ACQUIRE = """auth required pam_permit.so
auth optional @ acquire
account required pam_permit.so
session required pam_permit.so
session optional @
"""
WITHOUT = UNMARKED.replace("session optional @\n", "")

_programs = []


def programs():
    """Copies that the user can reach; one folder for all tests of a program."""
    if not _programs:
        _programs.append(tempfile.TemporaryDirectory(prefix="bfabric-test-libexec-"))
        folder = pathlib.Path(_programs[0].name)
        folder.chmod(0o755)
        for source, mode in (("helper/bfabric-full", 0o755), ("tests/tools/pamtalk", 0o755),
                             ("pam_bfabric/bfabric-pam-login", 0o711),  # as it is installed
                             ("pam_bfabric/pam_bfabric.so", 0o755)):
            path = shutil.copy(harness.BUILD / source, folder)
            os.chmod(path, mode)
    return pathlib.Path(_programs[0].name)


class Machine(harness.Home):
    """A home, an administrator's configuration, and stacks."""

    environment = "LAB"

    def __enter__(self):
        super().__enter__()
        self.path.chmod(0o755)
        self.stacks, self.conf = self.path / "pam.d", self.path / "pam.conf"
        self.stacks.mkdir(mode=0o755)
        self.run_dir = self.path / "run"
        self.run_dir.mkdir(mode=0o700)
        self.stack("other", "auth required pam_deny.so\n")
        self.own()
        return self

    def own(self):
        """What the test wrote into the home is theirs."""
        for root in (self.home, self.runtime, self.run_dir) if ROOT else ():
            for folder, _, names in os.walk(root):
                for path in (folder, *(os.path.join(folder, name) for name in names)):
                    os.chown(path, NOBODY["user"], NOBODY["group"], follow_symlinks=False)

    def configure(self, server, more="", **keys):
        """pam.conf for this server (or base URL). No member that is None is written."""
        base = server if isinstance(server, str) else server.base_url
        keys = {"base_url": base, "client_id": "CLI", "scope": "api:read", "env": "LAB",
                "libexec": programs(), "run_dir": self.run_dir,
                "ca_file": getattr(server, "ca_file", None), **keys}
        text = "".join(f"{key} = {value}\n" for key, value in keys.items() if value is not None)
        self.conf.write_text(text + more)
        self.conf.chmod(0o644)
        if ROOT:  # whose the application is: in these tests not root's
            os.chown(self.conf, NOBODY["user"], NOBODY["group"])

    def stack(self, service, lines):
        path = self.stacks / service
        path.write_text(lines.replace("@", f"{programs()}/pam_bfabric.so unprivileged config={self.conf}"))
        path.chmod(0o644)

    def give_to_tester(self):
        """Who may not be the user: for the tools of the user, it is theirs."""
        for path in (self.home, *self.home.rglob("*")) if ROOT else ():
            os.chown(path, 0, 0, follow_symlinks=False)

    def written(self):
        return sorted(str(path.relative_to(self.home)) for path in self.home.rglob("*")
                      if path.is_file() and not path.name.endswith(".lock"))


class Application:
    """pamtalk, and all that it has said."""

    def __init__(self, machine, variables=None):
        self.machine, self.variables = machine, variables or {}
        self.events, self.change, self.over = [], threading.Condition(), False

    def __enter__(self):
        env = {**harness.base_environment(), **self.variables}
        self.process = subprocess.Popen(
            [str(programs() / "pamtalk"), str(self.machine.stacks), "ada", str(self.machine.home)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=env, cwd="/", **NOBODY)
        threading.Thread(target=self._read, daemon=True).start()
        return self

    def __exit__(self, *_):
        with contextlib.suppress(OSError):
            self.process.stdin.close()
        try:
            self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        # Ours to close when the thread is done with it.
        self.wait(lambda: self.over)
        self.process.stdout.close()
        if self.process.returncode > 0:  # below 0: the test has killed it
            raise AssertionError(f"it ended with {self.process.returncode}: {self.events[-5:]}")

    def _read(self):
        for line in self.process.stdout:
            with self.change:
                self.events.append(json.loads(line))
                self.change.notify_all()
        with self.change:
            self.over = True
            self.change.notify_all()

    def wait(self, condition, timeout=90):
        with self.change:
            if not self.change.wait_for(condition, timeout):
                raise AssertionError(f"nothing of it in {timeout} s: {self.events}")
            return condition()

    def tell(self, *words):
        self.process.stdin.write((" ".join(map(str, words)) + "\n").encode())
        self.process.stdin.flush()

    def until(self, key, since=0, text=""):
        """The first event of this kind, or its end as a failure."""
        def found():
            for event in self.events[since:]:
                if key in event and text in str(event[key]):
                    return event
            return self.over
        event = self.wait(found)
        if event is True:
            raise AssertionError(f"ended with {self.process.wait()}: {self.events}")
        return event

    def of(self, key):
        return [event[key] for event in self.events if key in event]

    @property
    def shown(self):
        return "\n".join(self.of("shown") + self.of("prompt"))

    @property
    def log(self):
        return "\n".join(self.of("log"))

    def forget(self):
        with self.change:
            self.events.clear()

    def start(self, service, user="ada"):
        self.tell("start", service, user)

    def begin(self, function, flags=0, how="call"):
        """Starts a call; ended() waits for its event. "apart": in a child, as sshd does."""
        self.since = len(self.events)
        self.tell(how, function, flags)

    def ended(self):
        return self.until("call", self.since)

    def call(self, function, flags=0, how="call"):
        self.begin(function, flags, how)
        return self.ended()

    def end(self):
        since = len(self.events)
        self.tell("end")
        return self.until("end", since)

    def code(self):
        """The user code, once it is shown."""
        def found():
            match = re.search(r"code: ([A-Z0-9-]+)", self.shown)
            return match and match[1]
        return self.wait(lambda: found() or self.over)

    def children(self):
        """Process ids, of those that have become a program of ours."""
        path = f"/proc/{self.process.pid}/task/{self.process.pid}/children"
        return [int(pid) for pid in pathlib.Path(path).read_text().split()]


class Case(harness.TestCase):
    settings = {"interval": 1, "auto_approve": 0}

    def setUp(self):
        self.machine = self.enterContext(Machine())

    def sandbox(self, **settings):
        return self.enterContext(harness.Sandbox(**{**self.settings, **settings}))

    def app(self, machine=None, variables=None):
        return self.enterContext(Application(machine or self.machine, variables))

    def opened(self, service, marked=True, flags=0, app=None):
        """A session from its start until it is open; what the call said."""
        app = app or self.app()
        app.start(service)
        if marked:
            self.assertEqual(app.call("authenticate", flags)["code"], SUCCESS)
        result = app.call("open", flags)
        self.assertEqual(result["code"], SUCCESS, app.events)
        return app, result

    def closed(self, app):
        """The end of a session: nothing of the process has changed, and nothing is left."""
        self.assertEqual(app.call("close")["code"], SUCCESS)
        left = app.end()
        self.assertEqual((left["descriptors"], left["threads"], left["children"]), (0, 0, 0))
        for event in app.events:
            if "call" in event and event["changed"] != "children":  # one may end a moment later
                self.assertIsNone(event["changed"], event)

    def stored(self, machine, server, suffix=".json"):
        return machine.place(server if isinstance(server, str) else server.base_url, suffix)

    def expire(self, machine, server):
        """Both files say that the token has expired."""
        for suffix in (".json", ".session"):
            path = self.stored(machine, server, suffix)
            content = json.loads(path.read_text())
            (content.get("token") or content)["expires_at"] = int(time.time()) - 1
            path.write_text(json.dumps(content))
