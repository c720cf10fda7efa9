# SPDX-License-Identifier: MIT
"""bfabric-pam-login, and a test in the place of the PAM module: it holds the other end of the socket.

    with PamHome() as home, Child(home, server, mode="auth") as child:
        child.until("code")
        lines, status = child.finish()

The program refuses to run as root, so a root's test lets the user `nobody` run a copy of it.
"""
import contextlib
import json
import os
import pathlib
import shutil
import socket
import subprocess
import time

import harness

PROGRAM = harness.BUILD / "pam_bfabric" / "bfabric-pam-login"
ROOT = os.geteuid() == 0
NOBODY = {"user": 65534, "group": 65534, "extra_groups": []} if ROOT else {}
FIELDS = {"code": 4, "wait": 1, "identity": 2, "token": 1, "stored": 1, "valid": 1, "note": 1,
          "failed": 2}


class PamHome(harness.Home):
    """A home of the user who logs in, and a copy of the program that they can reach."""

    def __enter__(self):
        super().__enter__()
        self.program = self.path / "bfabric-pam-login"
        shutil.copy(PROGRAM, self.program)
        if ROOT:
            self.path.chmod(0o755)
            self.program.chmod(0o711)  # as it is installed
        self.own()
        return self

    def own(self):
        """What the test wrote there is theirs."""
        for folder, _, names in os.walk(self.home) if ROOT else ():
            for path in (folder, *(os.path.join(folder, name) for name in names)):
                os.chown(path, NOBODY["user"], NOBODY["group"], follow_symlinks=False)
        if ROOT:
            os.chown(self.runtime, NOBODY["user"], NOBODY["group"])

    def written(self):
        return sorted(str(path.relative_to(self.home)) for path in self.home.rglob("*")
                      if path.is_file() and not path.name.endswith(".lock"))


class Child:
    def __init__(self, home, server, variables=None, **request):
        base = server if isinstance(server, str) else server.base_url
        self.home, self.variables = home, variables
        self.request = {"base_url": base, "client_id": "CLI", "scope": "api:read", "timeout": 30,
                        "user": "ada", "service": "login", **request}
        if self.request.get("mode") == "session":
            self.request.setdefault("env", "LAB")
        self.heard = b""

    def message(self):
        pairs = [(key, one) for key, value in self.request.items() if value is not None
                 for one in (value if isinstance(value, list) else [value])]
        return "".join(f"{key}={value}\n" for key, value in pairs).encode() + b"\n"

    def start(self, theirs, **more):
        env = {"HOME": str(self.home.home), **(self.variables or {})}
        return subprocess.Popen([self.home.program], stdin=theirs, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, env=env, cwd="/", **NOBODY, **more)

    def __enter__(self):
        self.link, theirs = socket.socketpair()
        self.link.settimeout(60)
        self.process = self.start(theirs)
        theirs.close()
        self.link.sendall(self.message())
        return self

    def __exit__(self, *_):
        self.link.close()
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        self.process.stderr.close()

    @property
    def lines(self):
        """Each line as a list: verb and fields, checked for their number."""
        whole = self.heard[:self.heard.rfind(b"\n") + 1].decode()
        lines = [line.split("\t") for line in whole.splitlines()]
        for verb, *fields in lines:
            if len(fields) != FIELDS[verb]:
                raise AssertionError(f"{verb} {fields}")
        return lines

    def of(self, verb):
        return [fields for name, *fields in self.lines if name == verb]

    def hear(self):
        data = self.link.recv(65536)
        self.heard += data
        return data

    def until(self, verb):
        """The fields of the first line with this verb."""
        while not self.of(verb):
            if not self.hear():
                raise AssertionError(f"no {verb}: {self.lines}, {self.process.wait()}")
        return self.of(verb)[0]

    def vanish(self):
        self.link.close()

    def finish(self, timeout=60):
        """(lines, exit code) of a child that has ended by itself and said nothing elsewhere."""
        with contextlib.suppress(OSError):
            while self.hear():
                pass
        self.vanish()  # it waits until what it said was read
        out, err = self.process.communicate(timeout=timeout)
        if out or err:
            raise AssertionError(f"said {out!r} and {err!r}")
        return self.lines, self.process.returncode

    def token(self):
        return json.loads(self.of("token")[0][0])

    def seen(self):
        """What anybody may see of the process, and what only root sees."""
        folder = pathlib.Path("/proc") / str(self.process.pid)
        found = (folder / "cmdline").read_bytes()
        with contextlib.suppress(PermissionError):
            found += (folder / "environ").read_bytes()
        return found


class Case(harness.TestCase):
    mode = "auth"
    settings = {"interval": 1, "auto_approve": 0}

    def setUp(self):
        self.home = self.enterContext(PamHome())

    def sandbox(self, **settings):
        return self.enterContext(harness.Sandbox(**{**self.settings, **settings}))

    def child(self, server, **request):
        return self.enterContext(Child(self.home, server, **{"mode": self.mode, **request}))

    def ends(self, child, status, text=""):
        """It failed with this status, and with nothing handed over."""
        lines, code = child.finish()
        self.assertEqual(lines[-1][:2], ["failed", status], lines)
        self.assertIn(text, lines[-1][2])
        self.assertEqual(child.of("token") + child.of("stored"), [])
        self.assertNotEqual(code, 0)
        return lines

    def given_back(self, server):
        families = harness.wait_for(lambda: server.state()["families"])
        self.assertTrue(families)
        self.assertTrue(all(one["refresh_revoked"] for one in families), families)

    def together(self, *scenarios):
        """Each begins at once, with a home of its own, and is looked at after the other: what they
        wait for passes for all of them."""
        started = []
        for begin, end in scenarios:
            home = self.home
            self.home = self.enterContext(PamHome())
            started.append((end, self.home, *begin()))
            self.home = home
        for end, home, *what in started:
            self.home = home
            with self.subTest(scenario=end.__name__):
                end(*what)


def elapsed(since):
    return time.monotonic() - since
