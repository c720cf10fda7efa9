# SPDX-License-Identifier: MIT
"""The sandbox server for clients with a secret: token exchange, introspection, revocation."""
import contextlib

import harness
from sandbox_client import (ACCESS_TYPE, EXCHANGE_GRANT, Sandbox, ask, basic, claims,
                            exchange_launch, introspect, refresh, revoke, token, verified,
                            whoami)

SERVICE = "sandbox-service"


@contextlib.contextmanager
def service_sandbox(**settings):
    """(server, secret of sandbox-service)"""
    with harness.Temporary() as folder:
        file = folder.path / "secret"
        with Sandbox(client_secret_file=file, **settings) as server:
            yield server, file.read_text().strip()


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
