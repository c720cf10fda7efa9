# SPDX-License-Identifier: MIT
"""The default profile of the PAM module with its real children: a login that lasts, that every tool
of the user finds, and that nothing interrupts between its coming and its saving."""
import contextlib
import json
import os
import re
import shutil
import signal
import socket
import stat

import bfabricpy
import harness
from herd import LockHolder
from pam_child import NOBODY
from pam_module import (ACQUIRE, AUTH_ERR, FACTOR, MARKED, SILENT, SUCCESS, UNMARKED, Application,
                        Case, Machine)
from test_canary import Watch
from wiretap import Wiretap

HINT = "There is no valid B-Fabric login. To make one: bfabric login"


class Login(Case):
    def setUp(self):
        super().setUp()
        self.server = self.sandbox()
        self.machine.configure(self.server)
        self.machine.stack("login", MARKED)
        self.machine.stack("sshd", UNMARKED)

    def log_in(self):
        app, _ = self.opened("login")
        self.assertIn("B-Fabric login stored", app.shown)
        self.closed(app)
        return json.loads(self.stored(self.machine, self.server).read_text())

    def asked(self):
        return [line for line in self.server.log() if "bfabric" in (line["user_agent"] or "")]

    def test_every_tool_finds_it(self):
        token = self.log_in()
        for suffix in (".json", ".session"):
            found = self.stored(self.machine, self.server, suffix).stat()
            self.assertEqual(stat.S_IMODE(found.st_mode), 0o600)
            self.assertEqual(found.st_uid, NOBODY.get("user", os.geteuid()))
        self.machine.give_to_tester()
        asked = f"protocol=http\nhost={self.server.host}\n\n"
        got = self.machine.run("git-credential-bfabric", "get", input=asked)
        self.assertExit(got, 0)
        self.assertEqual(got.fields()["password"], token["access_token"])
        if bfabricpy.PYTHON.exists():
            self.expire(self.machine, self.server)
            got = bfabricpy.run(self.machine, bfabricpy.PRINT_TOKEN)
            self.assertExit(got, 0)
            self.assertNotEqual(got.out.strip(), token["access_token"], "refreshed")
            self.assertExit(self.machine.run("bfabric", "token", "--force-refresh"), 0)

    def test_later_sessions(self):
        before = self.log_in()
        asked = len(self.asked())
        for service in ("login", "sshd"):
            app, _ = self.opened(service, marked=service == "login")
            self.assertEqual((app.shown, app.log), ("", ""))
            self.closed(app)
        self.assertEqual(len(self.asked()), asked, "a valid login needs no server")
        self.expire(self.machine, self.server)
        app, _ = self.opened("sshd")
        self.assertEqual((app.shown, app.log), ("", ""))
        self.closed(app)
        self.assertEqual(len(self.server.refreshes()), 1)
        after = json.loads(self.stored(self.machine, self.server).read_text())
        self.assertNotEqual(after["refresh_token"], before["refresh_token"])

    def test_flags_and_services(self):
        """No code where nobody sees it, and no request either."""
        for service, marked, flags, shown in (
                ("login", True, SILENT, ""), ("login", False, 0, HINT), ("sshd", True, 0, HINT),
                ("sshd", True, SILENT, ""), ("login", False, SILENT, "")):
            with self.subTest(service=service, marked=marked, flags=flags):
                self.machine.stack(service, MARKED)
                app, _ = self.opened(service, marked, flags)
                self.assertEqual(app.shown, shown)
                self.closed(app)
        for mood in ("drops", "fails", "nobody"):
            app = self.app()
            app.tell("mood", mood)
            self.opened("sshd", app=app)
            self.assertEqual(app.shown, "")
            self.closed(app)
        self.assertEqual(self.asked(), [])
        self.assertEqual(self.machine.written(), [])


class Factor(Case):
    def factor(self, service="login", **keys):
        server = self.sandbox(user=keys.pop("approver", "ada"))
        self.machine.configure(server, **{"claim": "sub", "same_names": "yes", **keys})
        self.machine.stack(service, FACTOR)
        app = self.app()
        app.tell("answer")
        app.start(service)
        return server, app

    def test_who_approved_has_a_login(self):
        """The token of the authentication becomes the login of the session: one code is enough."""
        for service in ("login", "gdm-password"):
            server, app = self.factor(service)
            for function in ("authenticate", "account", "setcred 2", "open"):
                name, _, flags = function.partition(" ")
                self.assertEqual(app.call(name, flags or 0)["code"], SUCCESS, app.events)
            self.assertEqual(len(server.log("device_authorization")), 1)
            self.closed(app)
            token = json.loads(self.stored(self.machine, server).read_text())
            for secret in (token["access_token"], token["refresh_token"]):
                self.assertNotIn(secret, json.dumps(app.events))
            left = [path.name for path in self.machine.run_dir.iterdir() if path.name != "flows"]
            self.assertEqual(left, [])
            self.machine.give_to_tester()
            got = self.machine.run("bfabric", "token", "--force-refresh")
            self.assertExit(got, 0)
            shutil.rmtree(self.machine.home / ".bfabric")
            (self.machine.home / ".bfabricpy.yml").unlink()
            self.machine.own()

    def test_another_person(self):
        server, app = self.factor(approver="mallory")
        self.assertEqual(app.call("authenticate")["code"], AUTH_ERR)
        self.assertNotEqual(app.call("account")["code"], SUCCESS)
        self.assertIn("mallory", app.log)
        self.closed(app)
        self.assertTrue(harness.wait_for(lambda: server.state()["families"][0]["refresh_revoked"]))
        self.assertEqual(self.machine.written(), [])


class Tap(Wiretap):
    """The pages that the server names are at our port, too: of as many digits, so that no length
    changes."""

    def _pass_on(self, source, target):
        there, here = (f"127.0.0.1:{port}".encode() for port in (self.server.port, self.port))
        heard = bytearray()
        self.heard.append(heard)
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                heard += data
                target.sendall(data.replace(there, here))
        with contextlib.suppress(OSError):
            target.shutdown(socket.SHUT_WR)


class Canary(Case):
    """Secrets are in the login of the user and, until the session opens, in the stash: each is found
    there, and nowhere else."""

    def has(self, text):
        """Does it hold one of them? The beginning of a token says the same in all."""
        return any(one[len(one) // 2:][:24] in text for one in self.secrets)

    def places(self):
        """The files that do, of everything below the machine; a stash without its name."""
        self.secrets = {one for one in self.tap.secrets() if len(one) > 12}
        files = [path for path in self.machine.path.rglob("*")
                 if path.is_file() and not path.is_symlink()]
        self.assertGreater(len(files), 2, "there are a configuration and stacks, too")
        return sorted(re.sub(r"^run/[0-9a-f]{32}$", "run/*", str(path.relative_to(self.machine.path)))
                      for path in files if self.has(path.read_text(errors="replace")))

    def assertNotSeen(self, app, watch):
        self.assertGreater(watch.looks, 100)
        self.assertGreaterEqual(len(self.secrets), 3)
        for where, text in (("log", app.log), ("screen", app.shown), ("/proc", watch.text()),
                            ("everything said", json.dumps(app.events))):
            self.assertFalse(self.has(text), f"{where}: {text}")
        code = app.code()
        for where, text in (("log", app.log), ("/proc", watch.text())):
            self.assertNotIn(code, text, where)

    def look(self, profile, service, waits=(), **keys):
        """One session; `waits`: where the token is before the session opens."""
        server = self.sandbox(discovery="absent", user="ada")
        self.tap = self.enterContext(Tap(server))
        # The names in its tokens are signed: they say where the sandbox is, and not we.
        self.machine.configure(self.tap, issuer=server.base_url, claim="sub", same_names="yes",
                               **keys)
        self.machine.stack(service, profile.replace("@", "@ debug"))
        with Watch() as watch:
            app = self.app()
            app.tell("answer")
            app.start(service)
            for function, flags in (("authenticate", 0), ("account", 0), ("setcred", 2)):
                self.assertEqual(app.call(function, flags)["code"], SUCCESS, app.events)
            self.assertEqual(self.places(), list(waits))
            self.assertEqual(app.call("open")["code"], SUCCESS)
            self.closed(app)
        login = [str(self.stored(self.machine, self.tap, suffix).relative_to(self.machine.path))
                 for suffix in (".json", ".session")]
        self.assertEqual(self.places(), login)
        self.assertNotSeen(app, watch)

    def test_mark(self):
        self.look(MARKED, "login")

    def test_factor(self):
        self.look(FACTOR, "login")

    def test_factor_of_sshd(self):
        self.look(FACTOR, "sshd", ["run/*"], remote="second-factor")

    def test_acquire(self):
        self.look(ACQUIRE, "sshd", ["run/*"])


class Interrupted(Case):
    """The request that brings the token has left: whatever comes, the login is there afterwards."""

    def scenario(self, what, seconds=2, **keys):
        machine = self.enterContext(Machine())
        server = self.sandbox(fault=f"token=delay-after:{seconds}*1")
        machine.configure(server, **keys)
        machine.stack("login", MARKED)
        app = self.enterContext(Application(machine))
        app.start("login")
        app.call("authenticate")
        app.begin("open")
        return what, machine, server, app

    def survived(self, machine, server):
        path = self.stored(machine, server, ".session")
        # It may be all that is still there: record, cache and configuration are written in some order.
        for written in (path, self.stored(machine, server), machine.config_file):
            harness.wait_for(written.exists, timeout=40)
        with LockHolder(path.with_suffix(".json.lock")):
            pass  # whoever wrote them has finished
        family, = server.state()["families"]
        self.assertFalse(family["refresh_revoked"])
        self.assertTrue(json.loads(path.read_text())["token"]["refresh_token"])
        machine.give_to_tester()
        self.assertExit(machine.run("bfabric", "token", "--force-refresh"), 0)

    def test_the_login_survives(self):
        def signals(*numbers):
            def send(app):
                pid, = app.children()
                for number in numbers:
                    os.kill(pid, number)
            return send

        def vanish(app):
            app.process.kill()

        def wait(_):
            pass

        started = [self.scenario(wait, seconds=6, timeout=5),
                   self.scenario(signals(signal.SIGINT)), self.scenario(signals(signal.SIGTERM)),
                   self.scenario(signals(signal.SIGTERM, signal.SIGINT, signal.SIGHUP)),
                   self.scenario(vanish)]
        for what, _, server, app in started[1:]:
            harness.wait_for(lambda: server.state()["families"])  # the reply is on its way
            what(app)
        for what, machine, server, app in started:
            with self.subTest(how=what.__name__):
                if what is not vanish:
                    self.assertEqual(app.ended()["code"], SUCCESS)
                    self.assertIn("B-Fabric login stored", app.shown)
                    self.closed(app)
                self.survived(machine, server)


if __name__ == "__main__":
    harness.main()
