# SPDX-License-Identifier: MIT
"""The PAM module and its real children while the server is down, hangs, or lies in each step: each
call is bounded, answers with the right code, and keeps nothing."""
import contextlib
import http.server
import json
import shutil
import threading
import time

import harness
from pam_module import (ACQUIRE, AUTH_ERR, AUTHINFO_UNAVAIL, FACTOR, MARKED, SERVICE_ERR, SUCCESS,
                        UNMARKED, Application, Case, Machine)
from test_pam_module import HINT
from test_pam_login_badday import Liar

TIMEOUT = 5    # the least that a configuration may say
FLOW = "No B-Fabric login was made"
LATE = "The time for the B-Fabric login is over."


@contextlib.contextmanager
def liar(uris):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Liar)
    server.uris = uris
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield "http://127.0.0.1:%d/bfabric" % server.server_port
    finally:
        server.shutdown()
        server.server_close()


# What the server does; `status` is how the device login ends; `identity`: where somebody asks who
# approved. The module's own names for codes are in the table of each profile.
FLOWS = {
    "refused": {"down": True, "status": "RETRY_LATER"},
    "discovery hangs": {"fault": "discovery=hang", "status": "RETRY_LATER"},
    "code hangs": {"fault": "device_authorization=hang", "status": "RETRY_LATER"},
    "poll hangs": {"fault": "token=hang", "status": "TIMEOUT", "shown": True},
    # A session lets its child go on; a factor waits until it is known.
    "keys hang": {"fault": "jwks=hang", "identity": True, "status": "TIMEOUT",
                  "factor": "RETRY_LATER", "shown": True},
    "code drips": {"fault": "device_authorization=drip:1", "status": "RETRY_LATER"},
    "nobody approves": {"auto_approve": -1, "status": "TIMEOUT", "shown": True},
    "code 500": {"fault": "device_authorization=500", "status": "RETRY_LATER"},
    "code 503": {"fault": "device_authorization=503", "status": "RETRY_LATER"},
    "code reset": {"fault": "device_authorization=reset", "status": "RETRY_LATER"},
    "code redirected": {"fault": "device_authorization=redirect:http://127.0.0.1:9/",
                        "status": "BAD_REPLY"},
    "code no JSON": {"fault": "device_authorization=not-json", "status": "BAD_REPLY"},
    "code of wrong types": {"fault": "device_authorization=wrong-types", "status": "BAD_REPLY"},
    "code too large": {"fault": "device_authorization=huge:2000000", "status": "BAD_REPLY"},
    "page elsewhere": {"uris": {"verification_uri": Liar.uri}, "status": "BAD_REPLY"},
    "whole page elsewhere": {"uris": {"verification_uri": None,
                                      "verification_uri_complete": Liar.uri},
                             "status": "BAD_REPLY"},
    "token no JSON": {"fault": "token=not-json", "status": "BAD_REPLY", "shown": True},
    "token of wrong types": {"fault": "token=wrong-types", "status": "BAD_REPLY", "shown": True},
    "keys no JSON": {"fault": "jwks=not-json", "identity": True, "status": "BAD_REPLY",
                     "shown": True},
    "keys elsewhere": {"foreign_endpoint": "jwks_uri", "identity": True, "status": "BAD_REPLY"},
    "unsigned": {"signing_alg": "none", "identity": True, "status": "DENIED", "shown": True},
    "another person": {"user": "mallory", "identity": True, "status": "DENIED", "shown": True},
    "unknown client": {"fault": "device_authorization=invalid_client", "status": "DENIED"},
    "certificate expired": {"tls_bad": "expired", "status": "BAD_CONFIG"},
    "certificate of another": {"tls_bad": "wrong-host", "status": "BAD_CONFIG"},
    "certificate untrusted": {"tls": True, "no_ca": True, "status": "BAD_CONFIG"},
}
OURS = ("factor", "uris", "down", "status", "identity", "shown", "no_ca")


class BadDay(Case):
    def where(self, row):
        """(base URL, the sandbox or None, ca_file)"""
        if "uris" in row:
            return self.enterContext(liar(row["uris"])), None, None
        server = self.sandbox(**{key: value for key, value in row.items() if key not in OURS})
        if row.get("down"):
            server.stop()
        if not server.ca_file or row.get("no_ca"):
            return server.base_url, server, None
        copy = self.machine.path / f"ca-{server.port}.pem"  # the sandbox's own folder is private
        shutil.copy(server.ca_file, copy)
        copy.chmod(0o644)
        return server.base_url, server, copy

    def begin(self, where, profile, service="login", **keys):
        machine = self.enterContext(Machine())
        base, _, ca_file = where
        machine.configure(base, timeout=TIMEOUT, ca_file=ca_file, **keys)
        machine.stack(service, profile)
        app = self.enterContext(Application(machine))
        app.start(service)
        return machine, app

    def assertKeptNothing(self, machine, base, server):
        """Neither here nor there."""
        self.assertEqual([name for name in machine.written() if "tokens/" in name], [])
        if server and server.process.poll() is None and not server.settings.get("tls_bad"):
            families = server.state()["families"]
            self.assertEqual([one for one in families if not one["refresh_revoked"]], [])


# Only a server that is not there, and a configuration that cannot be used, let a stack go on to a
# password.
CODES = {"RETRY_LATER": AUTHINFO_UNAVAIL, "BAD_CONFIG": SERVICE_ERR}

# One of each kind: it can only ever be ignored.
ACQUIRED = ("refused", "code hangs", "poll hangs", "code 500", "code no JSON", "page elsewhere",
            "another person", "unsigned", "certificate untrusted")


class DeviceLogin(BadDay):
    """The default profile at login(1), with nothing to refresh, and B-Fabric as a factor, at the same
    servers at the same time: most of it is waiting."""

    def begin_console(self, row, where):
        keys = {"claim": "sub", "same_names": "yes"} if row.get("identity") else {}
        machine, app = self.begin(where, MARKED, **keys)
        app.tell("call", "authenticate", 0)
        app.tell("call", "open", 0)
        return machine, app

    def begin_factor(self, row, where):
        machine, app = self.begin(where, FACTOR, claim="sub", same_names="yes", prompt="info")
        app.tell("call", "authenticate", 0)
        app.tell("call", "account", 0)
        return machine, app

    def begin_acquire(self, row, where):
        machine, app = self.begin(where, ACQUIRE, "sshd", claim="sub", same_names="yes")
        app.tell("answer")  # Enter, at once, whatever is asked
        app.tell("call", "authenticate", 0)
        app.tell("call", "setcred", 2)
        return machine, app

    def acquire(self, row, app):
        self.assertEqual(app.until("call")["code"], SUCCESS)
        self.assertEqual(app.until("call", text="setcred")["code"], SUCCESS)
        self.assertIn("B-Fabric login? [Enter/n]", app.shown)

    def console(self, row, app):
        result = app.until("call", text="open")
        self.assertEqual(result["code"], SUCCESS)
        self.assertIn(f"not stored for user \"ada\": {row['status']}", app.log)
        self.assertTrue(app.shown.endswith(HINT), app.shown)
        if row["status"] == "TIMEOUT":
            self.assertIn(LATE, app.shown)
            self.assertGreater(result["ms"], 1000 * (TIMEOUT - 1))
        else:
            self.assertIn(FLOW, app.shown)

    def factor(self, row, app):
        result = app.until("call")
        status = row.get("factor", row["status"])
        self.assertEqual(result["code"], CODES.get(status, AUTH_ERR), (result, app.log))
        self.assertNotEqual(app.until("call", text="account")["code"], SUCCESS)
        self.assertIn(status, app.log)

    def test_server(self):
        started = []
        for name, row in FLOWS.items():
            where = self.where(row)
            profiles = [(self.begin_console, self.console), (self.begin_factor, self.factor)]
            if name in ACQUIRED:
                profiles.append((self.begin_acquire, self.acquire))
            for begin, judge in profiles:
                started.append((name, row, where, judge, *begin(row, where)))
        for name, row, where, judge, machine, app in started:
            with self.subTest(server=name, profile=judge.__name__):
                judge(row, app)
                self.assertEqual("enter this code" in app.shown, bool(row.get("shown")), app.shown)
                self.assertNotIn("evil", app.shown)
        for name, row, (_, server, _), _, machine, app in started:
            if server and "hang" in str(row.get("fault")):
                server.stop()  # children wait for what they asked
        for name, row, (base, server, _), judge, machine, app in started:
            with self.subTest(server=name, profile=judge.__name__, afterwards=True):
                self.closed(app)
                self.assertKeptNothing(machine, base, server)


# With a login that has expired: what the quiet refresh ends with, and whether there is still one.
REFRESHES = {
    "refused": {"down": True, "log": "RETRY_LATER"},
    "hangs": {"fault": "token=hang", "log": "left to finish in the background"},
    "late": {"fault": "token=delay-after:4", "log": "left to finish in the background",
             "refreshed": True},
    "discovery hangs": {"fault": "discovery=hang", "log": "", "refreshed": True},  # not asked
    "500": {"fault": "token=500", "log": "RETRY_LATER"},
    "reset": {"fault": "token=reset", "log": "RETRY_LATER"},
    "no JSON": {"fault": "token=not-json", "log": "BAD_REPLY"},
    "redirected": {"fault": "token=redirect:http://127.0.0.1:9/", "log": "BAD_REPLY"},
    "revoked": {"fault": "token=invalid_grant", "log": "", "lapsed": True},
    "certificate expired": {"tls_bad": "expired", "log": "BAD_CONFIG"},
}


class Refresh(BadDay):
    """A login that has expired, and a service in which nothing can be shown but one line."""

    def where(self, row):
        return super().where({key: value for key, value in row.items()
                              if key not in ("log", "refreshed", "lapsed")})

    def test_quiet_refresh(self):
        started = {}
        for name, row in REFRESHES.items():
            where = base, server, _ = self.where(row)
            machine, app = self.begin(where, UNMARKED, "sshd")
            reply = {"access_token": "old", "refresh_token": "none", "token_type": "Bearer",
                     "expires_in": 600}
            if not row.get("down") and not row.get("tls_bad"):
                reply = server.mint(client_id="CLI")
            machine.write_cache(base, reply, obtained=time.time() - 7 * 86400)
            machine.own()
            app.begin("open")
            started[name] = row, machine, base, server, app, reply
        for name, (row, machine, base, server, app, reply) in started.items():
            with self.subTest(server=name):
                result = app.ended()
                self.assertEqual(result["code"], SUCCESS)
                self.assertIn(row["log"], app.log)
                self.assertEqual(app.shown, HINT if row.get("lapsed") else "")
                if row.get("refreshed"):  # by the child, when the session was open already
                    path = self.stored(machine, base)
                    harness.wait_for(lambda: reply["refresh_token"] not in path.read_text())
                elif server and "hang" in row.get("fault", ""):
                    server.stop()
                self.closed(app)
                if not row.get("refreshed") and not row.get("lapsed"):
                    self.assertIn(reply["refresh_token"], self.stored(machine, base).read_text())


if __name__ == "__main__":
    harness.main()
