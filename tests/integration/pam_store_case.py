# SPDX-License-Identifier: MIT
"""Asking `bfabric-full pam-store` as a user who is not root, whoever runs the tests."""
import json
import os
import shutil
import socket
import threading

import harness
from harness import BUILD

ROOT = os.geteuid() == 0
# Nobody has these; root becomes them.
USER, STRANGER = (54321, 54322) if ROOT else (os.geteuid(), None)


def owned_by(path, uid=USER):
    """Gives everything below a folder away, links themselves included."""
    if not ROOT:
        return
    os.chown(path, uid, uid, follow_symlinks=False)
    for folder, folders, files in os.walk(path):
        for name in folders + files:
            os.chown(os.path.join(folder, name), uid, uid, follow_symlinks=False)


class Mute:
    """A server that takes connections and says nothing: no request ever leaves."""

    def __enter__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.links = []
        self.thread = threading.Thread(target=self._accept, daemon=True)
        self.thread.start()
        self.base_url = f"https://127.0.0.1:{self.listener.getsockname()[1]}/bfabric"
        return self

    def _accept(self):
        try:
            while True:
                self.links.append(self.listener.accept()[0])
        except OSError:
            pass

    def __exit__(self, *_):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join()
        for link in self.links:
            link.close()


class PamStoreCase(harness.TestCase):
    def setUp(self):
        self.server = self.enterContext(harness.Sandbox(rotation="on"))
        self.home = self.enterContext(harness.Home())
        # The user may not be able to look into the build folder.
        self.programs = self.home.path / "programs"
        self.programs.mkdir(mode=0o755)
        for name in ("bfabric", "bfabric-full"):
            shutil.copy(BUILD / "helper" / name, self.programs / name)
        for face in harness.FACES:
            (self.home.bin / face).unlink()
            (self.home.bin / face).symlink_to(self.programs / "bfabric")
        owned_by(self.home.path)

    def env(self, **more):
        return self.home.env(**{"BFABRIC_LIBEXEC": self.programs, **more})

    def as_user(self, *command, env=None, **more):
        if ROOT:
            more = {"user": USER, "group": USER, "extra_groups": [], **more}
        return self.home.run(*command, env=env or self.env(), **more)

    def start_as_user(self, *command, env=None, **more):
        if ROOT:
            more = {"user": USER, "group": USER, "extra_groups": [], **more}
        return self.home.start(*command, env=env or self.env(), **more)

    def bfabric(self, *arguments, **more):
        return self.as_user("bfabric", *arguments, **more)

    # ---- asking ----

    def request(self, operation, reply=None, **more):
        """`reply`: what a login brought."""
        fields = {"operation": operation, "base_url": self.server.base_url,
                  "client_id": self.home.client_id, "env": self.home.environment,
                  "scope": self.home.scope, **more}
        if reply is not None:
            fields["token"] = json.dumps(reply)
        return "".join(f"{k}={v}\n" for k, v in fields.items() if v is not None) + "\n"

    def ask(self, operation, reply=None, *, wrapper=(), env=None, timeout=60, run=None, **more):
        """The result; what it answered is in its fields(). It never says a token."""
        result = (run or self.as_user)(
            *wrapper, self.programs / "bfabric-full", "pam-store", env=env, timeout=timeout,
            input=self.request(operation, reply, **more))
        self.assertNoSecret(result, reply or {})
        self.assertEqual(result.err, "", repr(result))
        return result

    def answer(self, operation, reply=None, **more):
        """The fields of one that works."""
        result = self.ask(operation, reply, **more)
        self.assertExit(result, 0)
        self.assertEqual(result.fields()["status"], "OK")
        return result.fields()

    def mint(self, **form):
        return self.server.mint(client_id=self.home.client_id, scope=self.home.scope, **form)

    # ---- what is there ----

    def token(self):
        result = self.bfabric("token", "--env", self.home.environment)
        self.assertExit(result, 0)
        return result.out.strip()

    def place(self, suffix):
        return self.home.place(self.server.base_url, suffix)

    def rescues(self):
        return [self.home.path / name for name in self.home.files() if name.endswith(".rescue")]

    def expire(self):
        """Cache and record say that the token has expired."""
        for suffix in (".json", ".session"):
            path = self.place(suffix)
            content = json.loads(path.read_text())
            (content["token"] if suffix == ".session" else content)["expires_at"] = 1
            path.write_text(json.dumps(content))

    def assertPrivate(self, *paths):
        for path in paths:
            found = path.lstat()
            self.assertEqual(found.st_uid, USER, path)
            self.assertEqual(found.st_mode & 0o077, 0, path)

    def revoked(self):
        """Of each login that the server granted, the newest first."""
        return [family["refresh_revoked"] for family in self.server.state()["families"]]
