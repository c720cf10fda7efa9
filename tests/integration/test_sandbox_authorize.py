# SPDX-License-Identifier: MIT
"""The sandbox server's authorization endpoint: pages, codes, PKCE, and answers that are wrong."""
import html
import http.server
import sys
import threading
import urllib.parse

import harness
from browser import Browser
from sandbox_client import (Sandbox, ask, authorize_url, basic, claims, exchange_code, refresh,
                            register, whoami)


class Pages(harness.TestCase):
    def test_a_person_signs_in_and_approves(self):
        with Sandbox() as server:
            browser = Browser(server)
            page = browser.request(authorize_url(server, state="a&b=c"))
            self.assertEqual(page.status, 200)
            for text in ("This is a sandbox", '<label for="username">', 'value="scientist"',
                         "prefers-color-scheme"):
                self.assertIn(text, page.text)
            self.assertNotIn("<script", page.text)
            self.assertIn("frame-ancestors 'none'", page.headers["Content-Security-Policy"])
            consent = browser.press(page, "sign-in", username="alice", password="x")
            cookie = consent.headers["Set-Cookie"]
            self.assertIn("; HttpOnly; SameSite=Lax", cookie)
            self.assertNotIn("Secure", cookie)
            for text in ("B-Fabric command line", "<code>CLI</code>", "alice", "read your data",
                         "http://127.0.0.1:1/callback"):
                self.assertIn(text, consent.text)
            back = browser.press(consent, "approve")
            self.assertEqual(back.status, 303)
            self.assertEqual(back.location.split("?")[0], "http://127.0.0.1:1/callback")
            self.assertEqual(set(back.answer), {"code", "state"})
            self.assertEqual(back.answer["state"], "a&b=c")
            reply = exchange_code(server, back.answer["code"]).json()
            self.assertEqual(reply["scope"], "openid api:read")
            self.assertEqual(whoami(server, reply["access_token"]).json()["sub"], "alice")
            self.assertEqual(claims(reply["id_token"])["sub"], "alice")
            self.assertEqual(refresh(server, reply["refresh_token"]).status, 200)
            self.assertEqual([l["outcome"] for l in server.log("authorize")],
                             ["sign-in-page", "signed-in", "approved"])
            text = server.log_file.read_text()
            for secret in (back.answer["code"], cookie.split("=")[1].split(";")[0], "a%26b"):
                self.assertNotIn(secret, text)

    def test_warm_browser(self):
        with Sandbox() as server:
            browser, url = Browser(server), authorize_url(server)
            self.assertIn("code", browser.approve(url).answer)
            again = browser.request(url)
            self.assertEqual(again.status, 302)
            self.assertIn("code", again.answer)
            self.assertIn('value="approve"', browser.request(
                authorize_url(server, client_id="sandbox-service")).text)
            server.control("set", warm_session="off")
            self.assertIn('value="approve"', browser.request(url).text)
            self.assertEqual(server.control("sign-out"), {"sessions": 1})
            self.assertIn('value="sign-in"', browser.request(url).text)

    def test_deny(self):
        with Sandbox() as server:
            answer = server.deny(authorize_url(server)).answer
            self.assertEqual((answer["error"], answer["state"]), ("access_denied", "s-1"))

    def test_nobody_approves_without_a_session(self):
        with Sandbox() as server:
            url = urllib.parse.urlsplit(authorize_url(server))
            form = dict(urllib.parse.parse_qsl(url.query))
            page = Browser(server).request(url._replace(query="").geturl(),
                                           {**form, "action": "approve"})
            self.assertIn('value="sign-in"', page.text)
            page = Browser(server).request(url.geturl() + "&action=approve")
            self.assertIn('value="sign-in"', page.text)

    def test_what_is_typed_is_escaped(self):
        with Sandbox() as server:
            browser = Browser(server)
            page = browser.request(authorize_url(server, state='"><b>'))
            self.assertNotIn("<b>", page.text)
            page = browser.press(page, "sign-in", username="<i>'x")
            self.assertNotIn("<i>", page.text)
            self.assertEqual(browser.press(page, "approve").answer["state"], '"><b>')

    def test_https(self):
        with Sandbox(tls=True) as server:
            browser = Browser(server)
            page = browser.press(browser.request(authorize_url(server)), "sign-in")
            self.assertIn("; Secure", page.headers["Set-Cookie"])
            self.assertIn("code", browser.press(page, "approve").answer)

    def test_follow(self):
        class Callback(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                self.server.seen = self.path
                self.send_response(200)
                self.end_headers()
                self.wfile.write(b"done")

            def log_message(self, *_):
                pass

        with Sandbox() as server, http.server.HTTPServer(("127.0.0.1", 0), Callback) as client:
            threading.Thread(target=client.handle_request).start()
            url = authorize_url(server,
                                redirect_uri=f"http://127.0.0.1:{client.server_port}/callback")
            self.assertEqual(server.approve(url, follow=True).text, "done")
            self.assertIn("code=", client.seen)

    def test_as_a_program(self):
        with Sandbox(callback="wrong-state") as server, harness.Temporary() as folder:
            # The way back leads to a page of the server itself: a client that always answers.
            program = [sys.executable, harness.SOURCE / "tests/integration/browser.py"]
            back = server.base_url + "/.well-known/openid-configuration"
            client = register(server, {"redirect_uris": [back]}).json()["client_id"]
            url = authorize_url(server, client_id=client, redirect_uri=back)
            page = folder.path / "open me.html"
            page.write_text(f'<meta http-equiv="refresh" content="0;url={html.escape(url)}">')
            for arguments in ([url], ["--deny", page.as_uri()]):
                got = harness.run([*program, *arguments])
                self.assertExit(got, 0)
                self.assertIn("200 {", got.out)
            self.assertEqual([l["outcome"] for l in server.log("authorize")],
                             ["sign-in-page", "signed-in", "approved",
                              "sign-in-page", "signed-in", "refused"])


class Requests(harness.TestCase):
    def test_never_redirects_to_strangers(self):
        with Sandbox(auto_approve=0) as server:
            for wrong in ({"client_id": None}, {"client_id": "nobody"}, {"redirect_uri": None},
                          *({"redirect_uri": uri} for uri in
                            ("http://localhost:1/callback", "http://127.0.0.1:1/other",
                             "https://127.0.0.1:1/callback", "http://127.0.0.1:1/callback?x=1",
                             "http://127.0.0.1:1/callback#x", "http://127.0.0.1:x/callback",
                             "http://127.0.0.1:123456/callback", "http://127.0.0.1.evil/callback",
                             "http://127.0.0.1:1@evil/callback", "http://[::2]:1/callback",
                             "//127.0.0.1/callback", "http://evil.example/callback"))):
                with self.subTest(wrong):
                    page = Browser(server).request(authorize_url(server, **wrong))
                    self.assertEqual((page.status, page.location), (400, None))
            page = Browser(server).request(authorize_url(server) + "&state=2")
            self.assertEqual((page.status, page.location), (400, None))

    def test_loopback_literals_with_any_port(self):
        with Sandbox(auto_approve=0) as server:
            for uri in ("http://127.0.0.1:65535/callback", "http://127.0.0.1/callback",
                        "http://[::1]:8080/callback"):
                for client in ("CLI", "bfabric-cli"):
                    page = Browser(server).request(
                        authorize_url(server, redirect_uri=uri, client_id=client))
                    self.assertEqual((page.status, page.location.split("?")[0]), (302, uri))
                    self.assertIn("code", page.answer)

    def test_errors_on_the_redirect(self):
        with Sandbox(auto_approve=0) as server:
            for wrong, error in (({"response_type": None}, "invalid_request"),
                                 ({"response_type": "token"}, "unsupported_response_type"),
                                 ({"code_challenge": None}, "invalid_request"),
                                 ({"code_challenge": "short"}, "invalid_request"),
                                 ({"code_challenge_method": None}, "invalid_request"),
                                 ({"code_challenge_method": "plain"}, "invalid_request"),
                                 ({"scope": "nonsense"}, "invalid_scope")):
                with self.subTest(wrong):
                    answer = Browser(server).request(authorize_url(server, **wrong)).answer
                    self.assertEqual((answer["error"], answer["state"]), (error, "s-1"))
                    self.assertNotIn("code", answer)

    def test_auto_approve(self):
        with Sandbox(auto_approve=0.2) as server:
            page = Browser(server).request(authorize_url(server, state=None))
            self.assertEqual((page.status, set(page.answer)), (302, {"code"}))
            line = server.log("authorize")[0]
            self.assertGreaterEqual(line["end_time"] - line["time"], 0.2)
            reply = exchange_code(server, page.answer["code"]).json()
            self.assertEqual(whoami(server, reply["access_token"]).json()["sub"], "scientist")

    def test_wrong_on_purpose(self):
        with Sandbox(auto_approve=0) as server:
            def answer(**settings):
                server.control("set", **settings)
                return Browser(server).request(authorize_url(server)).answer
            self.assertNotEqual(answer(callback="wrong-state")["state"], "s-1")
            self.assertNotIn("state", answer(callback="no-state"))
            self.assertEqual(set(answer(callback="no-code")), {"state"})
            self.assertEqual(len(answer(callback="two-codes")["code"]), 2)
            self.assertEqual(set(answer(callback="code-and-error")), {"code", "error", "state"})
            self.assertEqual(answer(callback="right", callback_iss="right")["iss"],
                             server.base_url)
            self.assertNotEqual(answer(callback_iss="wrong")["iss"], server.base_url)
            got = answer(callback_iss="none", no_two_factor="on")
            self.assertEqual((set(got), got["error"]),
                             ({"error", "error_description", "state"}, "access_denied"))
            self.assertIn("wo-factor", got["error_description"])
            got = answer(no_two_factor="off", authorize_error="server_error",
                         authorize_error_text="a b&c")
            self.assertEqual((got["error"], got["error_description"]), ("server_error", "a b&c"))

    def test_faults(self):
        with Sandbox(auto_approve=0, fault="authorize=503*1") as server:
            self.assertEqual(Browser(server).request(authorize_url(server)).status, 503)
            self.assertEqual(Browser(server).request(authorize_url(server)).status, 302)

    def test_error_fault(self):
        with Sandbox(fault="token=error:invalid_scope*1") as server:
            got = exchange_code(server, "x")
            self.assertEqual((got.status, got.json()["error"]), (400, "invalid_scope"))
            self.assertEqual(server.log("token", outcome="fault")[0]["fault"], "error")
            self.assertEqual(exchange_code(server, "x").json()["error"], "invalid_grant")

    def test_metadata(self):
        with Sandbox() as server:
            def document():
                return ask(server, "GET",
                           server.base_url + "/.well-known/openid-configuration").json()
            got = document()
            self.assertEqual(got["authorization_endpoint"],
                             server.base_url + "/rest/oauth/authorize")
            self.assertEqual(got["code_challenge_methods_supported"], ["S256"])
            self.assertIn("authorization_code", got["grant_types_supported"])
            self.assertNotIn("authorization_response_iss_parameter_supported", got)
            server.control("set", iss_supported="on")
            self.assertTrue(document()["authorization_response_iss_parameter_supported"])


class Codes(harness.TestCase):
    def code(self, server, **params):
        return Browser(server).request(authorize_url(server, **params)).answer["code"]

    def test_what_a_code_is_bound_to(self):
        with harness.Temporary() as folder:
            file = folder.path / "secret"
            with Sandbox(auto_approve=0, client_secret_file=file) as server:
                code = self.code(server)
                service = {"client_id": "sandbox-service",
                           "client_secret": file.read_text().strip()}
                for wrong in ({"redirect_uri": "http://127.0.0.1:2/callback"},
                              {"redirect_uri": None}, {"code_verifier": "x" * 43},
                              {"code": "guess"}, service):
                    with self.subTest(wrong):
                        got = exchange_code(server, **{"code": code, **wrong})
                        self.assertEqual((got.status, got.json()["error"]), (400, "invalid_grant"))
                for missing in ("code_verifier", "code"):
                    got = exchange_code(server, **{"code": code, missing: None})
                    self.assertEqual(got.json()["error"], "invalid_request")
                self.assertEqual(exchange_code(server, code).status, 200)
                mine = self.code(server, client_id="sandbox-service")
                got = exchange_code(server, mine, client_id="sandbox-service")
                self.assertEqual((got.status, got.json()["error"]), (401, "invalid_client"))
                got = exchange_code(server, mine, {"Authorization": basic(*service.values())},
                                    client_id=None)
                self.assertEqual(got.status, 200)

    def test_public_client_forms(self):
        with Sandbox(auto_approve=0) as server:
            got = exchange_code(server, self.code(server), {"Authorization": basic("CLI", "")},
                                client_id=None)
            self.assertEqual(got.status, 200)
            self.assertEqual(server.log("token")[0]["grant"], "authorization_code")

    def test_used_twice(self):
        with Sandbox(auto_approve=0) as server:
            code = self.code(server)
            reply = exchange_code(server, code).json()
            got = exchange_code(server, code)
            self.assertEqual((got.status, got.json()["error"]), (400, "invalid_grant"))
            self.assertEqual(whoami(server, reply["access_token"]).status, 401)
            self.assertEqual(refresh(server, reply["refresh_token"]).status, 400)
            self.assertEqual([l["outcome"] for l in server.log("token")],
                             ["issued", "reuse", "invalid_grant"])

    def test_expires(self):
        with Sandbox(auto_approve=0) as server:
            code = self.code(server)
            server.control("advance", seconds=61)
            self.assertEqual(exchange_code(server, code).json()["error"], "invalid_grant")


if __name__ == "__main__":
    harness.main()
