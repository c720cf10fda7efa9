# SPDX-License-Identifier: MIT
"""The sandbox server's OAuth: tokens, clients, device codes, as the RFCs and B-Fabric have them."""
import concurrent.futures
import time
import urllib.parse

import harness
from sandbox_client import (Sandbox, ask, basic, claims, poll, post, refresh, start_device, token,
                            token_id, token_url, verified, whoami)


class Tokens(harness.TestCase):
    def test_access_token_is_a_signed_jwt(self):
        with Sandbox(token_lifetime=100) as server:
            reply = server.mint(scope="openid api:read groups containers", user="alice")
            jwks = ask(server, "GET", server.base_url + "/rest/oauth/jwks").json()
            self.assertTrue(verified(reply["access_token"], jwks))
            self.assertTrue(verified(reply["id_token"], jwks))
            head, body, signature = reply["access_token"].split(".")
            forged = f"{head}.{body[:-2]}AA.{signature}"
            self.assertFalse(verified(forged, jwks))
            self.assertEqual(whoami(server, forged).status, 401)
            self.assertEqual((reply["token_type"], reply["expires_in"]), ("Bearer", 100))
            got = claims(reply["access_token"])
            self.assertEqual(got["exp"] - got["iat"], 100)
            self.assertLess(abs(got["iat"] - time.time()), 5)
            self.assertEqual({k: got[k] for k in ("aud", "sub", "scope", "iss", "client_id")},
                             {"aud": "bfabric-api", "sub": "alice", "iss": server.base_url,
                              "scope": "openid api:read groups containers", "client_id": "CLI"})
            self.assertEqual(got["containers"], ["1001", "1002"])
            self.assertTrue(got["jti"] and got["groups"])
            self.assertEqual(claims(reply["id_token"])["aud"], "CLI")

    def test_whoami(self):
        with Sandbox(token_lifetime=50) as server:
            reply = server.mint(scope="api:read")
            for scheme in ("Bearer", "Basic"):
                got = whoami(server, reply["access_token"], scheme)
                self.assertEqual(got.status, 200)
                self.assertEqual((got.json()["sub"], got.json()["scope"]),
                                 ("scientist", "api:read"))
            for wrong in (reply["refresh_token"], "", "x", reply["access_token"] + "x"):
                refused = whoami(server, wrong)
                self.assertEqual(refused.status, 401)
                self.assertIn("invalid_token", refused.headers["WWW-Authenticate"])
            server.control("advance", seconds=51)
            self.assertEqual(whoami(server, reply["access_token"]).status, 401)

    def test_refresh_rotates(self):
        with Sandbox() as server:
            first = server.mint(scope="api:read tus")
            answer = refresh(server, first["refresh_token"])
            self.assertEqual(answer.status, 200)
            self.assertEqual(answer.headers["Cache-Control"], "no-store")
            second = answer.json()
            self.assertEqual(second["scope"], "api:read tus")
            self.assertNotIn("id_token", second)
            self.assertNotEqual(first["refresh_token"], second["refresh_token"])
            third = refresh(server, second["refresh_token"]).json()
            self.assertEqual(whoami(server, third["access_token"]).status, 200)
            line = server.refreshes()[1]
            self.assertEqual(line["refresh_token_id"], token_id(second["refresh_token"]))
            self.assertEqual(line["new_refresh_token_id"], token_id(third["refresh_token"]))
            self.assertEqual((line["outcome"], line["reply"], line["family"], line["status"],
                              line["client_id"], line["client_auth"]),
                             ("issued", "sent", "f1", 200, "CLI", "none"))
            text = server.log_file.read_text()
            for reply in (first, second, third):
                for name in ("access_token", "refresh_token"):
                    self.assertNotIn(reply[name], text)

    def test_reuse_kills_the_family(self):
        for detection, newest in (("on", 400), ("off", 200)):
            with self.subTest(detection), Sandbox(reuse_detection=detection) as server:
                first, other = server.mint(), server.mint()
                second = refresh(server, first["refresh_token"]).json()
                again = refresh(server, first["refresh_token"])
                self.assertEqual((again.status, again.json()["error"]), (400, "invalid_grant"))
                self.assertEqual(refresh(server, second["refresh_token"]).status, newest)
                self.assertEqual(refresh(server, other["refresh_token"]).status, 200)
                self.assertEqual(whoami(server, second["access_token"]).status, 200)
                self.assertEqual([l["outcome"] for l in server.refreshes()][1], "reuse")

    def test_a_race_has_one_winner(self):
        with Sandbox() as server, concurrent.futures.ThreadPoolExecutor(16) as pool:
            value = server.mint()["refresh_token"]
            got = list(pool.map(lambda _: refresh(server, value), range(16)))
            winners = [g for g in got if g.status == 200]
            self.assertEqual(len(winners), 1)
            self.assertEqual(refresh(server, winners[0].json()["refresh_token"]).status, 400)
            counters = server.state()["counters"]["refresh_token"]
            self.assertEqual(counters, {"issued": 1, "reuse": 15, "invalid_grant": 1})

    def test_grace(self):
        with Sandbox(reuse_grace=30) as server:
            value = server.mint()["refresh_token"]
            self.assertEqual([refresh(server, value).status for _ in range(2)], [200, 200])
            server.control("advance", seconds=31)
            self.assertEqual(refresh(server, value).status, 400)

    def test_rotation_off_and_same(self):
        with Sandbox(rotation="off") as server:
            value = server.mint()["refresh_token"]
            for _ in range(3):
                self.assertNotIn("refresh_token", refresh(server, value).json())
            server.control("set", rotation="same")
            self.assertEqual(refresh(server, value).json()["refresh_token"], value)

    def test_refresh_token_expires(self):
        with Sandbox(refresh_lifetime=10) as server:
            value = server.mint()["refresh_token"]
            server.control("advance", seconds=11)
            self.assertEqual(refresh(server, value).json()["error"], "invalid_grant")

    def test_refresh_scope(self):
        with Sandbox() as server:
            value = server.mint(scope="api:read tus")["refresh_token"]
            self.assertEqual(refresh(server, value, scope="api:write").json()["error"],
                             "invalid_scope")
            less = refresh(server, value, scope="api:read").json()
            self.assertEqual(claims(less["access_token"])["scope"], "api:read")

    def test_malformed_requests(self):
        with Sandbox() as server:
            value = server.mint()["refresh_token"]
            kind = {"Content-Type": "application/x-www-form-urlencoded"}
            body = f"grant_type=refresh_token&refresh_token={value}&client_id=CLI"
            for wrong in ("", "grant_type=password&client_id=CLI", body + "&client_id=CLI",
                          body + "&x=%zz", body + "%00", body + "\0", "&" * 3000,
                          "&".join(f"p{i}=1" for i in range(100)) + "&" + body):
                with self.subTest(wrong[:40]):
                    self.assertEqual(ask(server, "POST", token_url(server), wrong, kind).status, 400)
            self.assertEqual(ask(server, "POST", token_url(server), body,
                                 {"Content-Type": "application/json"}).status, 400)
            self.assertEqual(ask(server, "POST", token_url(server), body, kind).status, 200)

    def test_revoke(self):
        with Sandbox() as server:
            url = server.base_url + "/rest/oauth/revoke"
            one, two = server.mint(), server.mint()
            post(server, url, {"token": one["access_token"], "client_id": "CLI"})
            self.assertEqual(whoami(server, one["access_token"]).status, 401)
            self.assertEqual(refresh(server, one["refresh_token"]).status, 200)
            self.assertEqual(post(server, url, {"token": two["refresh_token"],
                                                "client_id": "CLI"}).status, 200)
            self.assertEqual(whoami(server, two["access_token"]).status, 401)
            self.assertEqual(refresh(server, two["refresh_token"]).status, 400)
            self.assertEqual(post(server, url, {"token": "nobody", "client_id": "CLI"}).status, 200)
            self.assertEqual(post(server, url, {"token": "x"}).status, 401)
            for status in (404, 501):
                server.control("set", revoke=status)
                self.assertEqual(post(server, url, {"token": "x", "client_id": "CLI"}).status,
                                 status)


class Clients(harness.TestCase):
    def test_refresh_authentication(self):
        forms = {"none": ({}, "CLI"), "basic-empty": ({"Authorization": basic("CLI", "")}, None)}
        for rule, allowed in (("either", {"none", "basic-empty"}), ("body", {"none"}),
                              ("empty-basic", {"basic-empty"})):
            with Sandbox(refresh_auth=rule) as server:
                value = server.mint()["refresh_token"]
                for name, (headers, client_id) in forms.items():
                    with self.subTest(rule=rule, form=name):
                        got = refresh(server, value, headers, client_id=client_id)
                        self.assertEqual(got.status, 200 if name in allowed else 401)
                        if got.status == 200:
                            value = got.json()["refresh_token"]
                        else:
                            self.assertEqual(got.json()["error"], "invalid_client")
                        self.assertEqual(server.refreshes()[-1]["client_auth"], name)

    def test_wrong_clients(self):
        with Sandbox() as server:
            value = server.mint()["refresh_token"]
            for headers, client_id in (({}, None), ({}, "nobody"), ({}, "sandbox-service"),
                                       ({"Authorization": basic("CLI", "guess")}, None),
                                       ({"Authorization": basic("CLI", "")}, "bfabric-cli"),
                                       ({"Authorization": "Basic !!!"}, "CLI"),
                                       ({"Authorization": "Basic Q0xJ"}, "CLI"),
                                       ({"Authorization": "Bearer x"}, "CLI")):
                with self.subTest(headers=headers, client_id=client_id):
                    got = refresh(server, value, headers, client_id=client_id)
                    self.assertEqual((got.status, got.json()["error"]), (401, "invalid_client"))
            self.assertEqual(refresh(server, value).status, 200)

    def test_a_token_of_another_client(self):
        with Sandbox() as server:
            value = server.mint(client_id="sandbox-service")["refresh_token"]
            self.assertEqual(refresh(server, value).json()["error"], "invalid_grant")

    def test_alias(self):
        with Sandbox() as server:
            value = server.mint(client_id="bfabric-cli")["refresh_token"]
            self.assertEqual(refresh(server, value, client_id="bfabric-cli").status, 200)

    def test_client_credentials(self):
        with harness.Temporary() as folder:
            file = folder.path / "secret"
            with Sandbox(client_secret_file=file) as server:
                self.assertEqual(file.stat().st_mode & 0o777, 0o600)
                secret = file.read_text().strip()
                form = {"grant_type": "client_credentials", "scope": "api:read nonsense"}
                auth = {"Authorization": basic("sandbox-service", secret)}
                got = token(server, auth, **form).json()
                self.assertEqual(got["scope"], "api:read")
                self.assertNotIn("refresh_token", got)
                self.assertEqual(whoami(server, got["access_token"]).json()["sub"], "sandbox-robot")
                inside = token(server, client_id="sandbox-service", client_secret=secret, **form)
                self.assertEqual(inside.status, 200)
                self.assertEqual([l["client_auth"] for l in server.log("token")],
                                 ["basic", "body"])
                wrong = token(server, {"Authorization": basic("sandbox-service", secret + "x")},
                              **form)
                self.assertEqual((wrong.status, wrong.json()["error"]), (401, "invalid_client"))
                self.assertIn("Basic", wrong.headers["WWW-Authenticate"])
                self.assertEqual(token(server, client_id="CLI", **form).json()["error"],
                                 "unauthorized_client")
                self.assertEqual(token(server, auth, grant_type="client_credentials",
                                       scope="nonsense").json()["error"], "invalid_scope")
                server.control("set", cc_refresh_token="on")
                self.assertIn("refresh_token", token(server, auth, **form).json())
            with Sandbox(client_secret_file=file) as server:
                self.assertEqual(token(server, auth, **form).status, 200)
                self.assertNotIn(secret, server.log_file.read_text())

    def test_secret_is_form_encoded_in_basic(self):
        with harness.Temporary() as folder:
            file = folder.path / "secret"
            file.write_text("a b:c%d+é\n")
            quoted = urllib.parse.quote_plus("a b:c%d+é")
            with Sandbox(client_secret_file=file) as server:
                got = token(server, {"Authorization": basic("sandbox-service", quoted)},
                            grant_type="client_credentials", scope="api:read")
                self.assertEqual(got.status, 200)


class Device(harness.TestCase):
    def test_whole_flow(self):
        with Sandbox() as server:
            got = start_device(server).json()
            self.assertEqual((got["expires_in"], got["interval"]), (600, 5))
            self.assertEqual(got["verification_uri"], server.base_url + "/device")
            self.assertRegex(got["user_code"], r"^[B-DF-HJ-NP-TV-XZ]{4}-[B-DF-HJ-NP-TV-XZ]{4}$")
            self.assertEqual(poll(server, got["device_code"]).json()["error"],
                             "authorization_pending")
            self.assertEqual(server.control("approve", user_code=got["user_code"]), {"approved": 1})
            server.control("advance", seconds=5)
            reply = poll(server, got["device_code"]).json()
            self.assertEqual(reply["scope"], "openid api:read")
            self.assertTrue(reply["refresh_token"] and reply["id_token"])
            self.assertEqual(whoami(server, reply["access_token"]).json()["sub"], "scientist")
            server.control("advance", seconds=5)
            self.assertEqual(poll(server, got["device_code"]).json()["error"], "invalid_grant")
            self.assertEqual([l["outcome"] for l in server.log("token")],
                             ["pending", "issued", "invalid_grant"])

    def test_too_fast(self):
        with Sandbox() as server:
            code = start_device(server).json()["device_code"]
            self.assertEqual([poll(server, code).json()["error"] for _ in range(2)],
                             ["authorization_pending", "slow_down"])
            server.control("advance", seconds=6)  # the interval is ten seconds now
            self.assertEqual(poll(server, code).json()["error"], "slow_down")
            server.control("advance", seconds=16)
            self.assertEqual(poll(server, code).json()["error"], "authorization_pending")

    def test_slow_down_switch(self):
        with Sandbox(slow_down=1, interval=0) as server:
            code = start_device(server).json()["device_code"]
            self.assertEqual(poll(server, code).json()["error"], "slow_down")
            server.control("advance", seconds=6)
            self.assertEqual(poll(server, code).json()["error"], "authorization_pending")

    def test_final_answers(self):
        with Sandbox(interval=0, device_lifetime=30) as server:
            for action, error in (("deny", "access_denied"), ("expire", "expired_token")):
                code = start_device(server).json()["device_code"]
                server.control(action)
                for _ in range(2):
                    self.assertEqual(poll(server, code).json()["error"], error)
            code = start_device(server).json()["device_code"]
            server.control("approve")
            server.control("advance", seconds=31)
            self.assertEqual(poll(server, code).json()["error"], "expired_token")
            self.assertEqual(poll(server, "unknown").json()["error"], "invalid_grant")

    def test_code_belongs_to_its_client(self):
        with harness.Temporary() as folder:
            file = folder.path / "secret"
            with Sandbox(client_secret_file=file, interval=0) as server:
                code = start_device(server).json()["device_code"]
                got = poll(server, code, client_id="sandbox-service",
                           client_secret=file.read_text().strip())
                self.assertEqual(got.json()["error"], "invalid_grant")

    def test_switches_of_the_reply(self):
        with Sandbox(no_interval=True, no_complete_uri=True) as server:
            self.assertEqual(set(start_device(server).json()),
                             {"device_code", "user_code", "verification_uri", "expires_in"})

    def test_auto_approve(self):
        with Sandbox(auto_approve=3, interval=0) as server:
            code = start_device(server).json()["device_code"]
            self.assertEqual(poll(server, code).status, 400)
            server.control("advance", seconds=3)
            self.assertEqual(poll(server, code).status, 200)

    def test_scopes(self):
        with Sandbox(client_scope="api:read api:write tus offline_access") as server:
            def granted(scope):
                server.control("set", interval=0)
                code = start_device(server, scope=scope).json()["device_code"]
                server.control("approve")
                return poll(server, code).json()["scope"]
            self.assertEqual(granted("api:read employee  api:read tus"), "api:read tus")
            self.assertEqual(granted(""), "api:read api:write tus")
            server.control("set", narrow_scope="on")
            self.assertEqual(granted("api:read api:write tus"), "api:read")
            self.assertEqual(start_device(server, scope="employee").json()["error"],
                             "invalid_scope")

    def test_page(self):
        with Sandbox(interval=0) as server:
            page = server.base_url + "/device"
            got = start_device(server, scope="api:read tus").json()
            blank = ask(server, "GET", page)
            self.assertIn("default-src 'none'", blank.headers["Content-Security-Policy"])
            self.assertIn(b'<label for="user_code">', blank.body)
            shown = ask(server, "GET", got["verification_uri_complete"]).body.decode()
            for text in (got["user_code"], "CLI", "api:read", "upload files", "scientist",
                         "This is a sandbox", "prefers-color-scheme"):
                self.assertIn(text, shown)
            self.assertNotIn("<script", shown)
            self.assertNotIn(got["device_code"], shown)
            typed = got["user_code"].lower().replace("-", " ")
            self.assertEqual(ask(server, "GET", f"{page}?user_code={typed.replace(' ', '+')}").status,
                             200)
            done = post(server, page, {"user_code": typed, "action": "approve"})
            self.assertIn(b"<h1>Approved</h1>", done.body)
            self.assertEqual(poll(server, got["device_code"]).status, 200)
            self.assertEqual(post(server, page, {"user_code": typed, "action": "deny"}).status, 409)
            other = start_device(server).json()
            done = post(server, page, {"user_code": other["user_code"], "action": "deny"})
            self.assertIn(b"<h1>Denied</h1>", done.body)
            self.assertEqual(poll(server, other["device_code"]).json()["error"], "access_denied")
            self.assertEqual([l["outcome"] for l in server.log("device") if l["method"] == "POST"],
                             ["approved", "answered", "denied"])

    def test_page_escapes_what_was_typed(self):
        with Sandbox() as server:
            got = ask(server, "GET", server.base_url + "/device?user_code=%22%3E%3Cb%3Ehi%27%26")
            self.assertEqual(got.status, 404)
            self.assertNotIn(b"<b>", got.body)
            self.assertIn(b"&quot;&gt;&lt;b&gt;hi&#39;&amp;", got.body)
            lines = server.log("device")
            self.assertEqual(lines[0]["path"], "/bfabric/device?[redacted]")


if __name__ == "__main__":
    harness.main()
