# SPDX-License-Identifier: MIT
"""The sandbox server for clients with a secret: token exchange, introspection, revocation."""
import harness
from browser import Browser
from sandbox_client import (ACCESS_TYPE, EXCHANGE_GRANT, SERVICE, Sandbox, ask, authorize_url, basic,
                            claims, exchange_code, exchange_launch, introspect, manage, refresh,
                            register, revoke, service_sandbox, token, verified, whoami)


class Exchange(harness.TestCase):
    def test_context_goes_into_the_access_token(self):
        with service_sandbox() as (server, secret):
            launch = server.launch_token(user="alice", entityId=4711, entityClassName="Dataset",
                                         jobId="")
            jwks = ask(server, "GET", server.base_url + "/rest/oauth/jwks").json()
            self.assertTrue(verified(launch, jwks))
            self.assertEqual(claims(launch)["entityId"], 4711)
            got = exchange_launch(server, launch, SERVICE, secret)
            self.assertEqual(got.status, 200)
            reply = got.json()
            self.assertEqual((reply["issued_token_type"], reply["token_type"]),
                             (ACCESS_TYPE, "Bearer"))
            self.assertNotIn("refresh_token", reply)
            inside = claims(reply["access_token"])
            self.assertEqual({k: inside[k] for k in ("sub", "entityId", "entityClassName", "email",
                                                     "applicationId", "name", "client_id")},
                             {"sub": "alice", "entityId": 4711, "entityClassName": "Dataset",
                              "email": "scientist@sandbox.example", "applicationId": 7,
                              "name": "Sandra Scientist", "client_id": SERVICE})
            self.assertNotIn("jobId", inside)
            self.assertEqual(inside["groups"], ["sandbox", "rehearsal"])
            self.assertEqual(whoami(server, reply["access_token"]).json()["sub"], "alice")
            self.assertEqual(server.log("token")[0]["grant"], "token_exchange")
            self.assertNotIn(launch, server.log_file.read_text())

    def test_ids_as_strings(self):
        with service_sandbox(context_ids="string") as (server, secret):
            reply = exchange_launch(server, server.launch_token(entityId=5), SERVICE, secret).json()
            inside = claims(reply["access_token"])
            self.assertEqual((inside["entityId"], inside["jobId"]), ("5", "65"))

    def test_refusals(self):
        with service_sandbox(exchange_refresh_token=True) as (server, secret):
            launch = server.launch_token()
            for wrong in ({"subject_token": "x"}, {"subject_token": ""},
                          {"subject_token_type": "urn:ietf:params:oauth:token-type:jwt"}):
                with self.subTest(wrong):
                    got = exchange_launch(server, launch, SERVICE, secret, **wrong)
                    self.assertEqual((got.status, got.json()["error"]), (400, "invalid_request"))
            got = exchange_launch(server, launch, SERVICE, "guess")
            self.assertEqual((got.status, got.json()["error"]), (401, "invalid_client"))
            got = token(server, grant_type=EXCHANGE_GRANT, subject_token=launch, client_id="CLI",
                        subject_token_type=ACCESS_TYPE)
            self.assertEqual(got.json()["error"], "unauthorized_client")
            got = exchange_launch(server, launch, SERVICE, secret, scope="nonsense")
            self.assertEqual(got.json()["error"], "invalid_scope")
            other = server.launch_token(client_id="CLI")
            self.assertEqual(exchange_launch(server, other, SERVICE, secret).status, 400)
            self.assertIn("refresh_token", exchange_launch(server, launch, SERVICE, secret).json())

    def test_expired_and_used(self):
        with service_sandbox() as (server, secret):
            launch = server.launch_token()
            self.assertEqual([exchange_launch(server, launch, SERVICE, secret).status
                              for _ in range(2)], [200, 200])
            server.control("set", launch_single_use="on")
            self.assertEqual(exchange_launch(server, launch, SERVICE, secret).status, 400)
            fresh = server.launch_token()
            self.assertEqual([exchange_launch(server, fresh, SERVICE, secret).status
                              for _ in range(2)], [200, 400])
            late = server.launch_token()
            server.control("advance", seconds=301)
            self.assertEqual(exchange_launch(server, late, SERVICE, secret).status, 400)
            old = server.launch_token(lifetime=-1)
            self.assertEqual(exchange_launch(server, old, SERVICE, secret).status, 400)


class Introspection(harness.TestCase):
    def test_claims(self):
        with service_sandbox() as (server, secret):
            reply = server.mint(scope="api:read groups", user="alice")
            got = introspect(server, reply["access_token"], SERVICE, secret).json()
            self.assertTrue(got.pop("active"))
            inside = claims(reply["access_token"])
            self.assertEqual({k: got[k] for k in inside}, inside)
            self.assertEqual((got["username"], got["token_type"]), ("alice", "Bearer"))
            other = introspect(server, reply["refresh_token"], SERVICE, secret).json()
            self.assertEqual((other["active"], other["token_type"]), (True, "refresh_token"))
            launch = exchange_launch(server, server.launch_token(entityId=9), SERVICE, secret)
            got = introspect(server, launch.json()["access_token"], SERVICE, secret).json()
            self.assertEqual((got["active"], got["entityId"]), (True, 9))

    def test_opaque_tokens_too(self):
        with service_sandbox(opaque_tokens=True) as (server, secret):
            value = server.mint(user="alice")["access_token"]
            got = introspect(server, value, SERVICE, secret).json()
            self.assertEqual((got["active"], got["sub"], got["aud"]),
                             (True, "alice", "bfabric-api"))

    def test_inactive(self):
        with service_sandbox() as (server, secret):
            expired, revoked = server.mint(lifetime=-1), server.mint()
            revoke(server, revoked["access_token"])
            for value in ("nobody", expired["access_token"], revoked["access_token"]):
                got = introspect(server, value, SERVICE, secret)
                self.assertEqual((got.status, got.json()), (200, {"active": False}))
            self.assertEqual({l["outcome"] for l in server.log("introspect")}, {"inactive"})

    def test_who_may(self):
        with service_sandbox() as (server, secret):
            value = server.mint()["access_token"]
            for client, guess in ((SERVICE, "guess"), (SERVICE, ""), ("CLI", ""), ("nobody", "x")):
                got = introspect(server, value, client, guess)
                self.assertEqual((got.status, got.json()["error"]), (401, "invalid_client"))
                self.assertIn("Basic", got.headers["WWW-Authenticate"])
            self.assertEqual(introspect(server, "", SERVICE, secret).status, 400)
            server.control("set", introspect_public="on")
            self.assertTrue(introspect(server, value, "CLI", "").json()["active"])


WEB = {"client_name": "Lab app", "redirect_uris": ["https://app.example/cb",
                                                   "http://127.0.0.1/back"]}


class Registration(harness.TestCase):
    def test_a_registered_client_works(self):
        with Sandbox(auto_approve=0) as server:
            got = register(server, {**WEB, "scope": "api:read openid nonsense"})
            self.assertEqual(got.status, 201)
            client = got.json()
            self.assertIsInstance(client["id"], int)
            self.assertEqual((client["client_secret_expires_at"], client["scope"]),
                             (0, "api:read openid"))
            self.assertEqual(set(client["grant_types"]),
                             {EXCHANGE_GRANT, "refresh_token", "authorization_code"})
            self.assertEqual(client["redirect_uris"], WEB["redirect_uris"])
            name, secret = client["client_id"], client["client_secret"]
            for uri, ok in (("https://app.example/cb", True), ("https://app.example/cb2", False),
                            ("http://127.0.0.1:77/back", True), ("http://[::1]/back", False)):
                page = Browser(server).request(
                    authorize_url(server, client_id=name, redirect_uri=uri, scope="api:write "
                                                                                  "api:read"))
                self.assertEqual(page.status, 302 if ok else 400)
                if not ok:
                    continue
                form = {"client_id": None, "redirect_uri": uri}
                auth = {"Authorization": basic(name, secret)}
                self.assertEqual(exchange_code(server, page.answer["code"], None,
                                               redirect_uri=uri, client_id=name).status, 401)
                reply = exchange_code(server, page.answer["code"], auth, **form).json()
                self.assertEqual(reply["scope"], "api:read")
                again = refresh(server, reply["refresh_token"], auth, client_id=None)
                self.assertEqual(again.status, 200)
            launch = server.launch_token(client_id=name)
            self.assertEqual(exchange_launch(server, launch, name, secret).status, 200)
            self.assertTrue(introspect(server, again.json()["access_token"], name,
                                       secret).json()["active"])
            self.assertEqual(token(server, auth, grant_type="client_credentials").json()["error"],
                             "unauthorized_client")
            text = server.log_file.read_text()
            for value in (secret, client["registration_access_token"]):
                self.assertNotIn(value, text)

    def test_service_user(self):
        with Sandbox() as server:
            client = register(server, {"client_name": "cron", "service_user_login": "robot7",
                                       "grant_types": ["client_credentials"]}).json()
            self.assertEqual(client["service_user_login"], "robot7")
            auth = {"Authorization": basic(client["client_id"], client["client_secret"])}
            reply = token(server, auth, grant_type="client_credentials", scope="api:read").json()
            self.assertEqual(whoami(server, reply["access_token"]).json()["sub"], "robot7")

    def test_management(self):
        with Sandbox() as server:
            first = register(server, WEB).json()
            shown = manage(server, "GET", first)
            self.assertEqual((shown.status, shown.json()), (200, first))
            document = {**WEB, "client_id": first["client_id"], "client_name": "New name"}
            for wrong in ({"client_id": "other"}, {"client_secret": "guess"},
                          {"registration_access_token": first["registration_access_token"]},
                          {"redirect_uris": ["http://evil.example/"]}):
                with self.subTest(wrong):
                    self.assertEqual(manage(server, "PUT", first, {**document, **wrong}).status,
                                     400)
            second = manage(server, "PUT", first,
                            {**document, "client_secret": first["client_secret"]})
            self.assertEqual(second.status, 200)
            second = second.json()
            self.assertEqual((second["client_name"], second["id"]), ("New name", first["id"]))
            for name in ("client_secret", "registration_access_token"):
                self.assertNotEqual(first[name], second[name])
            self.assertEqual(manage(server, "GET", first).status, 401)
            for reply, status in ((first, 401), (second, 200)):
                got = introspect(server, "x", reply["client_id"], reply["client_secret"])
                self.assertEqual(got.status, status)
            login = server.mint(client_id=second["client_id"])
            gone = manage(server, "DELETE", second)
            self.assertEqual((gone.status, gone.body), (204, b""))
            self.assertEqual(manage(server, "GET", second).status, 401)
            self.assertEqual(whoami(server, login["access_token"]).status, 401)
            self.assertEqual(introspect(server, "x", second["client_id"],
                                        second["client_secret"]).status, 401)
            self.assertEqual([l["outcome"] for l in server.log("register_client")][-3:],
                             ["invalid_token", "deleted", "invalid_token"])
            self.assertEqual(ask(server, "PUT", second["registration_client_uri"]).status, 401)

    def test_who_may_register(self):
        with Sandbox() as server:
            self.assertEqual(register(server, WEB, "nonsense").status, 401)
            reader = server.mint(scope="api:read")["access_token"]
            got = register(server, WEB, reader)
            self.assertEqual((got.status, got.json()["error"]), (403, "insufficient_scope"))
            server.control("set", register_scope="employee")
            writer = server.mint(scope="api:write")["access_token"]
            self.assertEqual(register(server, WEB, writer).status, 403)
            employee = server.mint(scope="employee")["access_token"]
            self.assertEqual(register(server, WEB, employee).status, 201)
            url = server.base_url + "/rest/oauth/register"
            self.assertEqual(ask(server, "POST", url, "{}").status, 401)

    def test_bad_documents(self):
        with Sandbox() as server:
            for wrong, error in (({"redirect_uris": []}, "invalid_redirect_uri"),
                                 ({"redirect_uris": ["http://app.example/"]},
                                  "invalid_redirect_uri"),
                                 ({"redirect_uris": ["https://a.example/#x"]},
                                  "invalid_redirect_uri"),
                                 ({"redirect_uris": ["https://a.example/\r\nX: y"]},
                                  "invalid_redirect_uri"),
                                 ({"redirect_uris": ["http://127.0.0.1.evil/"]},
                                  "invalid_redirect_uri"),
                                 ({"redirect_uris": "x"}, "invalid_client_metadata"),
                                 ({"grant_types": ["password"]}, "invalid_client_metadata"),
                                 ({"grant_types": ["client_credentials"]},
                                  "invalid_client_metadata"),
                                 ({"client_name": 5}, "invalid_client_metadata"),
                                 ({"token_endpoint_auth_method": "magic"},
                                  "invalid_client_metadata")):
                with self.subTest(wrong):
                    got = register(server, {**WEB, **wrong})
                    self.assertEqual((got.status, got.json()["error"]), (400, error))
            self.assertEqual(register(server, []).status, 400)

    def test_switches(self):
        with Sandbox() as server:
            for word, status in (("invalid_redirect_uri", 400), ("invalid_client_metadata", 400),
                                 ("forbidden", 403), ("absent", 404)):
                server.control("set", registration=word)
                got = register(server, WEB)
                self.assertEqual(got.status, status)
                if status == 400:
                    self.assertEqual(got.json()["error"], word)
            server.control("set", registration="unmanaged")
            got = register(server, WEB).json()
            self.assertFalse({"registration_access_token", "registration_client_uri"} & set(got))
            server.control("set", registration="managed", registration_foreign_uri="on")
            self.assertNotIn(server.base_url, register(server, WEB).json()
                             ["registration_client_uri"])
            server.control("set", registration_foreign_uri="off", registration_keeps_secret="on")
            first = register(server, WEB).json()
            second = manage(server, "PUT", first, {**WEB, "client_id": first["client_id"]}).json()
            self.assertEqual(first["client_secret"], second["client_secret"])
            self.assertNotEqual(first["registration_access_token"],
                                second["registration_access_token"])

    def test_public_client(self):
        with Sandbox(auto_approve=0) as server:
            client = register(server, {**WEB, "token_endpoint_auth_method": "none"}).json()
            self.assertNotIn("client_secret", client)
            uri = "https://app.example/cb"
            code = Browser(server).request(authorize_url(
                server, client_id=client["client_id"], redirect_uri=uri)).answer["code"]
            self.assertEqual(exchange_code(server, code, client_id=client["client_id"],
                                           redirect_uri=uri).status, 200)


class Revocation(harness.TestCase):
    def test_confidential_client(self):
        with service_sandbox() as (server, secret):
            reply = server.mint(client_id=SERVICE)
            auth = {"Authorization": basic(SERVICE, secret)}
            for headers, form in (({}, {"client_id": SERVICE}),
                                  ({"Authorization": basic(SERVICE, "x")}, {"client_id": None})):
                got = revoke(server, reply["refresh_token"], headers, **form)
                self.assertEqual((got.status, got.json()["error"]), (401, "invalid_client"))
            self.assertEqual(revoke(server, reply["refresh_token"]).status, 200)  # of another: kept
            self.assertTrue(introspect(server, reply["refresh_token"], SERVICE,
                                       secret).json()["active"])
            self.assertEqual(revoke(server, reply["refresh_token"], auth, client_id=None).status,
                             200)
            for name in ("refresh_token", "access_token"):
                self.assertFalse(introspect(server, reply[name], SERVICE, secret).json()["active"])

    def test_busy(self):
        with Sandbox(revoke=503) as server:
            reply = server.mint()
            got = revoke(server, reply["refresh_token"])
            self.assertEqual((got.status, got.headers["Retry-After"]), (503, "1"))
            self.assertEqual(refresh(server, reply["refresh_token"]).status, 200)


if __name__ == "__main__":
    harness.main()
