# SPDX-License-Identifier: MIT
"""The sandbox's web services: who may call them, what they refuse, and what they do wrong on purpose."""
import http.client
import xml.etree.ElementTree as etree

import harness
from sandbox_client import Sandbox, ask
from soap_client import ENVELOPE, HEADERS, NEW, Answer, call, elements, envelope, post, read

REFUSED = "Invalid login or password. Could not login."
PASSWORD = "made-up-web-service-password-032"
SAMPLE = {"sample": {"name": "x", "containerid": 3000}}


class Case(harness.TestCase):
    def setUp(self):
        self.server = self.enterContext(Sandbox())
        self.token = self.server.mint(scope="api:read api:write")["access_token"]


class Access(Case):
    def test_who(self):
        pat = self.server.control("pat", user="employee")["pat"]
        self.server.control("set", opaque_tokens="on")
        opaque = self.server.mint()["access_token"]
        self.assertNotIn(".", opaque)
        for who in (self.token, pat, opaque, ("scientist", PASSWORD)):
            self.assertEqual(len(read(self.server, "user", who).ids()), 4)
        made = call(self.server, "sample", "save", pat, SAMPLE).records[0]
        self.assertEqual(made.findtext("createdby"), "employee")

    def test_nobody(self):
        for who in (("", "x"), ("__oauth__", ""), ("scientist", "")):
            self.assertTrue(read(self.server, "user", who).empty)
        expired = self.server.mint(lifetime=-1)["access_token"]
        refresh = self.server.mint()["refresh_token"]
        for who in ("nonsense", expired, refresh, ("scientist", "wrong"), ("nobody", PASSWORD)):
            got = read(self.server, "user", who)
            self.assertEqual((got.status, got.error(), got.records), (200, REFUSED, []))

    def test_scope(self):
        reader = self.server.mint(scope="openid api:read")["access_token"]
        writer = self.server.mint(scope="api:write")["access_token"]
        other = self.server.mint(scope="openid")["access_token"]
        self.assertTrue(read(self.server, "user", reader).ids())
        self.assertTrue(read(self.server, "user", writer).ids())
        for who, operation, needed in ((other, "read", "api:read"), (reader, "save", "api:write"),
                                       (reader, "delete", "api:write")):
            got = call(self.server, "sample", operation, who, SAMPLE)
            self.assertRegex(got.error(), f"^Insufficient scope.*{needed}")
        self.assertEqual(len(read(self.server, "sample", reader).ids()), 24)

    def test_permission(self):
        self.assertEqual(read(self.server, "user", ("guest", PASSWORD)).error(),
                         "Invalid login: only admins, application managers and feeders can use this "
                         "web service. guest")

    def test_log(self):
        got = read(self.server, "user", self.token, page=2)
        cookie = got.headers["Set-Cookie"].split(";")[0]
        read(self.server, "user", self.token, headers={**HEADERS, "Cookie": cookie})
        ask(self.server, "GET", self.server.base_url + "/user?wsdl")
        lines = self.server.log("soap")
        self.assertEqual([(l["grant"], l["page"], l["cookie"], l["outcome"]) for l in lines],
                         [("read", 2, False, "read"), ("read", 1, True, "read"),
                          ("wsdl", None, False, "described")])
        self.assertEqual(lines[0]["access_token_id"], lines[1]["access_token_id"])
        self.assertNotIn(self.token, self.server.log_file.read_text())


class Requests(Case):
    def refused(self, body, words, **more):
        got = Answer(post(self.server, "user", body, **more))
        self.assertEqual(got.status, 500)
        self.assertIn(words, got.fault)

    def test_wrong_requests(self):
        inner = elements({"login": "__oauth__", "password": self.token, "query": {}})
        good = envelope("read", inner)
        self.assertEqual(Answer(post(self.server, "user", good)).status, 200)
        self.refused(good, "Content-Type", headers={**HEADERS, "Content-Type": "application/xml"})
        self.refused(good, "SOAPAction", headers={"Content-Type": "text/xml"})
        self.refused(good[:-1], "well-formed")
        self.refused("", "no request")
        self.refused('<!DOCTYPE x [<!ENTITY a "b">]>' + good, "document type")
        self.refused(good.replace(ENVELOPE, "urn:x"), "envelope")
        self.refused(envelope("read", inner, "urn:x"), "wrong namespace")
        self.refused(envelope("explode", inner), "no such operation")
        self.refused(good.replace("<parameters>", f'<parameters xmlns="{NEW}">'), "qualified")
        self.refused(good.replace("<query>", '<query xmlns="urn:x">'), "qualified")
        got = ask(self.server, "GET", self.server.base_url + "/user")
        self.assertEqual(got.status, 500)

    def test_large_request(self):
        text = "x" * 5_000_000
        got = call(self.server, "sample", "save", self.token,
                   {"sample": {"name": "large", "containerid": 3000, "description": text}})
        self.assertEqual(got.records[0].findtext("description"), text)


class Faults(Case):
    def strike(self, kind, where="soap-read", operation="read", **form):
        self.server.control("fault", endpoint=where, kind=kind, count=1, **form)
        inner = elements({"login": "__oauth__", "password": self.token, "page": 1})
        try:
            return post(self.server, "user", envelope(operation, inner))
        finally:
            self.assertEqual(self.server.log("soap")[-1]["fault"], kind)

    def test_pages_and_operations(self):
        with Sandbox(soap_records=250) as server:
            token = server.mint()["access_token"]
            server.control("fault", endpoint="soap-read@2", kind="status", arg=503, count=1)
            server.control("fault", endpoint="soap-save", kind="status", arg=502)
            server.control("fault", endpoint="wsdl", kind="status", arg=500)

            def status(page):
                inner = elements({"login": "__oauth__", "password": token, "page": page})
                return post(server, "resource", envelope("read", inner)).status
            self.assertEqual([status(page) for page in (1, 2, 3, 2)], [200, 503, 200, 200])
            self.assertEqual(post(server, "user", envelope("save", "")).status, 502)
            self.assertEqual(ask(server, "GET", server.base_url + "/user?wsdl").status, 500)
            for wrong in ("soap-nothing", "soap-read@0", "soap-read@x"):
                with self.assertRaises(AssertionError):
                    server.control("fault", endpoint=wrong, kind="reset")

    def test_token_that_dies(self):
        self.server.control("fault", endpoint="soap-read@2", kind="expire-token", count=1)
        errors = [read(self.server, "user", self.token, page=page).error() for page in (1, 2, 1)]
        self.assertEqual(errors, [None, REFUSED, REFUSED])

    def test_harmful_xml(self):
        self.assertIn(b"<!ENTITY e11", self.strike("xml-bomb").body)
        self.assertIn(b'SYSTEM "http://127.0.0.1:1/x"',
                      self.strike("xml-entity", arg="http://127.0.0.1:1/x").body)
        self.assertEqual(self.strike("xml-deep", arg=500).body.count(b"<a>"), 500)
        with self.assertRaises(etree.ParseError):
            etree.fromstring(self.strike("bad-char").body)

    def test_floods(self):
        got = self.strike("xml-flood", arg=3_000_000)
        self.assertGreater(len(got.body), 3_000_000)
        self.assertGreater(len(Answer(got).records), 10_000)
        got = Answer(self.strike("xml-long", arg=3_000_000))
        self.assertGreaterEqual(len(got.records[0].findtext("name")), 3_000_000)

    def test_other_answers(self):
        got = self.strike("html")
        self.assertEqual((got.status, b"<html" in got.body), (200, True))
        got = Answer(self.strike("soap-fault"))
        self.assertEqual((got.status, got.fault), (500, "java.lang.NullPointerException"))
        self.assertIn(b"MadeUp.java:42", got.body)
        self.assertEqual(Answer(self.strike("errorreport", arg="No, <never>.")).error(), "No, <never>.")
        self.assertTrue(Answer(self.strike("empty-return")).empty)
        self.assertEqual(Answer(self.strike("wrong-namespace")).namespace,
                         "http://example.org/somebody/else/")
        self.assertNotIn(ENVELOPE.encode(), self.strike("wrong-envelope").body)
        got = Answer(self.strike("no-pages"))
        self.assertEqual((got.text("numberofpages"), len(got.ids())), (None, 4))
        with self.assertRaises(http.client.IncompleteRead):
            self.strike("truncated")


if __name__ == "__main__":
    harness.main()
