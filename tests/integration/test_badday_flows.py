# SPDX-License-Identifier: MIT
"""Bad days of every flow: a table of flow, endpoint and fault.

Whatever a server answers, or does not: it ends in bounded time, with the right exit code and one
clear line that names the host; nothing is half written, no secret is said, and nothing is asked
for that is not needed.
"""
import concurrent.futures
import itertools
import unittest

import harness
from flows import FAKETIME, FLOWS, Going, Stage

# What is wrong, and with which exit code that ends where nothing else is said below.
LATER = {("status", "500"): 5, ("status", "503"): 5, ("retry-after", "3"): 5, ("reset", None): 5,
         ("reset-after", None): 5, ("html404", None): 5, ("truncated", None): 5,
         ("error", "temporarily_unavailable"): 5}
ODD = {("redirect", "http://127.0.0.1:1/"): 1, ("huge", "3000000"): 1, ("deep", None): 1,
       ("wrong-types", None): 1, ("not-json", None): 1, ("empty", None): 1, ("nul", None): 1,
       ("status", "401"): 1, ("status", "403"): 1}
NO = {("invalid_grant", None): 4, ("invalid_client", None): 4, ("error", "access_denied"): 4,
      ("control-chars", None): 4, ("error", "invalid_scope"): 8}
FAULTS = {**LATER, **ODD, **NO}

# Flows that tell what went wrong at the server, and do their work here all the same.
ALWAYS_DONE = ("logout", "remove")
# Nothing is lost by asking these twice when a connection that was used before is reset.
ASKED_AGAIN = ("device_authorization", "jwks", "introspect", "revoke")


def expected(flow, endpoint, kind, arg):
    """The exit code."""
    fault = (kind, arg)
    if flow.name in ALWAYS_DONE:
        return 0
    if endpoint == "discovery" and kind == "html404":
        return 0  # B-Fabric's own paths will do
    if endpoint in ("discovery", "jwks"):
        return 5 if fault in LATER and kind != "error" else 1  # these know no OAuth errors
    if endpoint != "token" and fault in (("status", "401"), ("status", "403")):
        return 4 if arg == "401" else 8
    if endpoint == "revoke" and kind == "html404":
        return 1  # unsupported
    if endpoint == "revoke" and fault in {**ODD, ("truncated", None): 5}:
        return 1 if kind in ("redirect", "huge") else 0  # 200 is a yes, whatever the body holds
    if flow.name == "device" and endpoint == "token" and kind == "huge":
        return 5  # no answer, for somebody who polls
    if endpoint == "token" and arg == "invalid_scope" and flow.name not in ("login", "url-token"):
        return 4  # a login, or setting the service up, chooses the scope
    return FAULTS[fault]


class Case(harness.TestCase):
    def assertClear(self, going, result, status):
        self.assertExit(result, status)
        self.assertEqual(going.leaked(result), [], repr(result))
        self.assertFalse(any(ord(c) < 32 and c != "\n" or 0x202a <= ord(c) <= 0x202e
                             for c in result.err), repr(result))
        if status:
            self.assertEqual(result.out, "", repr(result))
            last = result.err.splitlines()[-1]
            self.assertIn(going.server.host, last, repr(result))
            if going.flow.name not in ("login", "device"):  # these had asked a person before
                self.assertEqual(result.err.count("\n"), 1, repr(result))
        elif going.flow.name in ALWAYS_DONE:
            self.assertIn("Logged out of SANDBOX", result.err)

    def assertKept(self, going):
        """Whatever failed has changed nothing but the memory of that."""
        allowed = () if going.flow.name not in ("refresh", "client-credentials") else (".session",)
        self.assertEqual([name for name in going.changed() if not name.endswith(allowed or "//")],
                         [])

    def assertLoggedOut(self, going):
        for name in going.files():
            if name.endswith((".json", ".session")):
                text = (going.home.path / name).read_text()
                self.assertNotIn(going.reply["access_token"], text)
                self.assertNotIn(going.reply["refresh_token"], text)


class Table(Case):
    # Without rotation a reply that got lost costs nothing.

    @classmethod
    def setUpClass(cls):
        cls.server = harness.Sandbox(auto_approve=0, rotation="off")
        cls.server.__enter__()
        cls.addClassCleanup(cls.server.__exit__, None, None, None)
        cls.stage = Stage(cls.server)

    def fault(self, endpoint, kind, arg):
        self.server.control("fault", endpoint=endpoint, kind=kind, **({"arg": arg} if arg else {}))

    def table(self, name):
        """Every fault at every endpoint of this flow; some of them in a reduced run, at each flow
        other ones."""
        flow, step = FLOWS[name], max(1, round(0.4 / harness.SCALE))
        cases = list(itertools.product(flow.endpoints, FAULTS))
        for endpoint, (kind, arg) in cases[list(FLOWS).index(name) % step::step]:
            with self.subTest(endpoint=endpoint, fault=kind, arg=arg), \
                    Going(self.stage, flow) as going:
                self.one(going, endpoint, kind, arg)

    def one(self, going, endpoint, kind, arg):
        since = self.server.state()["requests"]
        self.fault(endpoint, kind, arg)
        try:
            result = going.run()
        finally:
            self.server.control("clear")
        status = expected(going.flow, endpoint, kind, arg)
        self.assertClear(going, result, status)
        self.assertAsked(going, since, endpoint, kind, status)
        if going.flow.name in ALWAYS_DONE:
            self.assertLoggedOut(going)
        elif status:
            self.assertKept(going)
        if going.flow.name == "refresh" and status != 4:
            self.assertExit(going.program(going.home.env(), "token"), 0)  # it goes on

    def assertAsked(self, going, since, endpoint, kind, status):
        """Each endpoint once, up to the one that failed."""
        asked, flow = going.asked(since), going.flow
        if flow.name in ALWAYS_DONE:
            # Two tokens, at worst with two ways to say who asks.
            self.assertLessEqual(asked.count("revoke"), 4)
            self.assertLessEqual(asked.count("discovery"), 1)
            return
        times = {name: 1 for name in flow.endpoints}
        if kind.startswith("reset") and endpoint in ASKED_AGAIN:
            times[endpoint] = 2
        if flow.name == "refresh" and kind == "invalid_client":
            times[endpoint] = 2  # the two ways of a public client
        end = flow.endpoints.index(endpoint) + 1 if status else len(flow.endpoints)
        if flow.polls and endpoint == "token" and status == 5:
            self.assertGreater(asked.count("token"), 1)
            times["token"] = asked.count("token")
        # What was exchanged and cannot be believed is given back.
        returned = ["revoke"] if flow.name == "url-token" and endpoint == "jwks" and status else []
        self.assertEqual(asked, [name for name in flow.endpoints[:end]
                                 for _ in range(times[name])] + returned)

    def test_good_day_and_slow_day(self):
        """The flows do what they should, so that a failure in the table means something."""
        for delay, flow in itertools.product((False, True), FLOWS.values()):
            with self.subTest(flow=flow.name, delay=delay), Going(self.stage, flow) as going:
                since = self.server.state()["requests"]
                if delay:
                    self.fault("any", "delay", "0.05")
                result = going.run()
                self.server.control("clear")
                self.assertClear(going, result, 0)
                self.assertEqual(going.asked(since)[:len(flow.endpoints)], list(flow.endpoints))
                self.assertEqual(len(going.asked(since)),
                                 len(flow.endpoints) + (flow.name in ALWAYS_DONE))

    def test_login(self):
        self.table("login")

    def test_device_code(self):
        self.table("device")

    def test_refresh(self):
        self.table("refresh")

    def test_service_account(self):
        self.table("service-account")

    def test_client_credentials(self):
        self.table("client-credentials")

    def test_token_exchange(self):
        self.table("url-token")

    def test_introspection(self):
        self.table("introspect")

    def test_logout(self):
        self.table("logout")

    def test_remove(self):
        self.table("remove")

    def test_revocation(self):
        self.table("revoke")

    def test_registration(self):
        self.table("register")

    def test_verification(self):
        self.table("verify")

    # ---- no answer at all ----

    @unittest.skipUnless(FAKETIME, "faketime is not installed")
    def test_no_answer(self):
        """Hanging and dripping servers, all flows at once, time running thirty times as fast: each
        gives up by itself, none asks twice."""
        endpoints = dict.fromkeys(itertools.chain(*(f.endpoints for f in FLOWS.values())))
        for endpoint in endpoints:
            for kind, arg in (("hang", None), ("drip", "1")):
                if kind == "drip" and harness.SCALE < 1 and endpoint != "token":
                    continue
                flows = [flow for flow in FLOWS.values() if endpoint in flow.endpoints]
                with self.subTest(endpoint=endpoint, fault=kind):
                    self.unanswered(flows, endpoint, kind, arg)

    def unanswered(self, flows, endpoint, kind, arg):
        self.fault(endpoint, kind, arg)
        try:
            with concurrent.futures.ThreadPoolExecutor(len(flows)) as pool:
                ended = list(pool.map(self.give_up, flows))
        finally:
            self.server.control("clear")
        for flow, (going, result, changed) in zip(flows, ended):
            with self.subTest(flow=flow.name):
                # A revocation is answered by an empty body: nothing that could drip.
                done = flow.name in ALWAYS_DONE or (endpoint, kind) == ("revoke", "drip")
                self.assertClear(going, result, 0 if done else 5)
                if not done:
                    self.assertEqual([name for name in changed if not name.endswith(".session")],
                                     [])

    def give_up(self, flow):
        with Going(self.stage, flow) as going:
            result = going.run(speed=30)
            return going, result, going.changed()


class Certificates(Case):
    def test_no_trust(self):
        """A server that cannot prove who it is gets nothing: no secret, no token, no second try."""
        kinds = ("untrusted", "expired", "wrong-host", "self-signed")
        for kind in kinds[:max(2, harness.scaled(len(kinds)))]:
            with harness.Temporary() as folder, \
                    harness.Sandbox(tls_bad=kind, ca_file=folder.path / "ca.pem") as server:
                stage = Stage(server, reachable=False)
                for flow in FLOWS.values():
                    with self.subTest(certificate=kind, flow=flow.name), \
                            Going(stage, flow) as going:
                        result = going.run()
                        self.assertClear(going, result, 0 if flow.name in ALWAYS_DONE else 1)
                        self.assertIn("certificate", result.err.lower())
                        if result.status:
                            self.assertKept(going)
                # Read as it is: the server cannot be asked by us either.
                self.assertEqual(server.log_file.read_text() if server.log_file.exists() else "",
                                 "")


if __name__ == "__main__":
    harness.main()
