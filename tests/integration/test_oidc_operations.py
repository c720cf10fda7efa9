# SPDX-License-Identifier: MIT
"""What programs do at npm's oidc-provider beside logging a person in: services, launch tokens,
introspection, revocation, registration, verification. See test_oidc_provider.py for people."""
import json

import harness
from client_case import keys
from provider import Case, Home, Provider, needed
from sandbox_client import ask, basic, claims, post


class Examples(Case):
    """The examples of the library's use are small programs that do one thing each."""

    def example(self, name, *arguments, secrets=()):
        program = harness.BUILD / "tests" / "examples" / ("example_" + name)
        result = self.home.run(program, *arguments, input="".join(s + "\n" for s in secrets))
        for secret in secrets:
            if len(secret) > 8:
                self.assertNotIn(secret, result.out + result.err)
        return result

    def secret(self):
        return [self.server.client_secret]

    def service_token(self, scope="api:read"):
        """By a request of the test's own: no line in the log of what we asked."""
        answer = post(self.server, self.server.endpoint("token_endpoint"),
                      {"grant_type": "client_credentials", "scope": scope},
                      {"Authorization": basic(self.server.client_id, self.server.client_secret)})
        self.assertEqual(answer.status, 200, answer.body)
        return answer.json()["access_token"]

    def active(self, token):
        answer = post(self.server, self.server.endpoint("introspection_endpoint"), {"token": token},
                      {"Authorization": basic(self.server.client_id, self.server.client_secret)})
        return answer.json()["active"]


@needed
class Service(Examples):
    def test_connect(self):
        result = self.example("connect_oauth", self.server.base_url, self.server.client_id,
                              "api:read", secrets=self.secret())
        self.assertExit(result, 0)
        self.assertRegex(result.out, r"^token of \d+ bytes, expires at \d+, scope api:read\n$")
        self.assertAsked("token")
        self.assertEqual(self.server.log()[0]["authorization"], "Basic")

    def test_wrong_secret(self):
        result = self.example("connect_oauth", self.server.base_url, self.server.client_id,
                              "api:read", secrets=["a-secret-of-somebody-else"])
        self.assertExit(result, 4)
        self.assertEqual([line["error"] for line in self.server.log()], ["invalid_client"])

    def test_service_account(self):
        file = self.home.write("secret", self.server.client_secret + "\n")
        self.run_tool("auth", "service-account", self.server.base_url, "--client-id",
                      self.server.client_id, "--scope", "read-only", "--env", "LAB",
                      "--secret-file", file)
        # It acts as itself here; at B-Fabric as the user that it was registered with.
        self.assertEqual(claims(self.token())["sub"], self.server.client_id)
        self.token()
        self.assertEqual({line["endpoint"] for line in self.server.log()} - {"discovery"}, {"token"})
        before = len(self.server.log())
        self.expire_cache()
        self.token()
        self.assertEqual(len(self.server.log()), before + 1)

    def expire_cache(self):
        content = self.home.read_cache(self.server.base_url, client_id=self.server.client_id)
        self.home.write_cache(self.server.base_url, {**content, "expires_at": 1},
                              client_id=self.server.client_id)


@needed
class LaunchToken(Examples):
    def test_exchange(self):
        launch = self.server.launch_token(entityId=1234, entityClassName="Sample")
        address = f"https://app.example.org/start?jwt={launch}"
        result = self.example("from_url_token", self.server.base_url, self.server.client_id,
                              secrets=self.secret() + [address])
        self.assertExit(result, 0)
        self.assertIn("scientist looks at Sample 1234\n", result.out)
        self.assertAsked("discovery", "token", "jwks")
        self.assertNotIn(launch, result.out + result.err)

    def test_of_another_client(self):
        launch = self.server.launch_token(client_id="another")
        result = self.example("from_url_token", self.server.base_url, self.server.client_id,
                              secrets=self.secret() + [f"https://app.example.org/?jwt={launch}"])
        self.assertExit(result, 4)
        self.assertAsked("discovery", "token")


@needed
class LaunchTokenOpaque(Examples):
    settings = {"opaque": True}

    def test_exchange(self):
        """What an opaque token was made for is asked of the server."""
        launch = self.server.launch_token(entityId=1234, entityClassName="Sample")
        result = self.example("from_url_token", self.server.base_url, self.server.client_id,
                              secrets=self.secret() + [f"https://app.example.org/?jwt={launch}"])
        self.assertExit(result, 0)
        self.assertIn("scientist looks at Sample 1234\n", result.out)
        self.assertAsked("discovery", "token", "introspection")


@needed
class Verify(Examples):
    def test_its_token(self):
        token = self.service_token()
        result = self.example("verify_jwt", self.server.base_url, secrets=[token])
        self.assertExit(result, 0)
        self.assertRegex(result.out, r"^valid, of \S+, scope api:read, until \d+\n$")
        self.assertExit(self.example("verify_jwt", self.server.base_url, secrets=[token]), 0)
        self.assertAsked("discovery", "jwks")

    def test_altered(self):
        head, body, signature = self.service_token().split(".")
        for token in (f"{head}.{body}.{signature[:-8]}AAAAAAAA", f"{head}.{body}."):
            self.assertNotEqual(self.example("verify_jwt", self.server.base_url,
                                             secrets=[token]).status, 0)

    def test_of_another_server(self):
        """Both call their key interop-1, which selects a key and proves nothing."""
        with Provider() as other:
            mine, self.server = self.server, other
            token = self.service_token()
            self.server = mine
        self.assertExit(self.example("verify_jwt", self.server.base_url, secrets=[token]), 4)

    def test_id_token_is_no_access_token(self):
        """Same server, same key, but made for the client (RFC 8725 section 2.8)."""
        launch = self.server.launch_token()
        self.assertExit(self.example("verify_jwt", self.server.base_url, secrets=[launch]), 4)


@needed
class VerifyAlgorithms(harness.TestCase):
    def test_its_token(self):
        for alg in ("PS256", "ES256", "EdDSA"):
            with self.subTest(alg=alg), Provider(alg=alg) as server, Home() as home:
                one = Verify()
                one.server, one.home = server, home
                result = one.example("verify_jwt", server.base_url, secrets=[one.service_token()])
                self.assertExit(result, 0)


@needed
class Introspect(Examples):
    settings = {"opaque": True}

    def test_introspect(self):
        token = self.service_token()
        result = self.example("introspect", self.server.base_url, self.server.client_id,
                              secrets=self.secret() + [token])
        self.assertExit(result, 0)
        self.assertTrue(result.out.startswith("active"), result.out)
        self.assertAsked("discovery", "introspection")
        self.assertExit(self.example("introspect", self.server.base_url, self.server.client_id,
                                     secrets=self.secret() + ["a-token-of-nobody"]), 4)
        self.assertExit(self.example("introspect", self.server.base_url, self.server.client_id,
                                     secrets=["a-wrong-secret", token]), 4)

    def test_revoke(self):
        token = self.service_token()
        self.assertTrue(self.active(token))
        result = self.example("revoke", self.server.base_url, self.server.client_id,
                              secrets=self.secret() + [token])
        self.assertExit(result, 0)
        self.assertAsked("discovery", "revocation")
        self.assertFalse(self.active(token))
        # RFC 7009 section 2.2: unknown by now, and that is no error.
        self.assertExit(self.example("revoke", self.server.base_url, self.server.client_id,
                                     secrets=self.secret() + [token]), 0)


@needed
class IntrospectJwt(Examples):
    def test_introspect(self):
        """It keeps no list of JWTs and calls each inactive; B-Fabric knows them. A refusal is what
        we have to understand, whatever the reason."""
        result = self.example("introspect", self.server.base_url, self.server.client_id,
                              secrets=self.secret() + [self.service_token()])
        self.assertExit(result, 4)

    def test_revoke(self):
        """Nor can it revoke them: it says 200 and means nothing by it, as RFC 7009 allows."""
        token = self.service_token()
        self.assertExit(self.example("revoke", self.server.base_url, self.server.client_id,
                                     secrets=self.secret() + [token]), 0)
        self.assertExit(self.example("verify_jwt", self.server.base_url, secrets=[token]), 0)


@needed
class Register(Examples):
    def test_example(self):
        self.login()
        token = self.token()
        self.server.log_file.write_text("")
        result = self.example("register_client", self.server.base_url, "my app",
                              "http://127.0.0.1:1/callback", secrets=[token])
        self.assertExit(result, 0)
        # The number of the application is B-Fabric's own member.
        self.assertRegex(result.out, r"^client \S+, number 0, can be managed\n$")
        self.assertAsked("discovery", "registration")

    def test_verbs(self):
        """Register, show, update, delete (RFC 7592): this server, too, issues a new registration
        token with every change, and leaves the client secret alone."""
        self.login()
        self.run_tool("auth", "register", "nightly", "https://app.example.org/callback",
                      "--no-service-user", "--save-env", "BOT")
        first = keys(self.home, "BOT")
        shown = self.run_tool("auth", "client-show", "--env", "BOT", "--json").json()
        self.assertIn(first["client_id"], json.dumps(shown))
        self.server.log_file.write_text("")
        self.run_tool("auth", "client-update", "--env", "BOT", "--name", "weekly")
        self.assertEqual([line["endpoint"] for line in self.server.log()],
                         ["client", "client_update"])
        second = keys(self.home, "BOT")
        self.assertNotEqual(second["registration_access_token"],
                            first["registration_access_token"])
        self.assertEqual(second["client_secret"], first["client_secret"])
        self.assertIn("weekly", self.run_tool("auth", "client-show", "--env", "BOT").out)
        self.run_tool("auth", "client-delete", "--env", "BOT", "--no-confirm")
        self.assertEqual(self.server.log()[-1]["status"], 204)
        gone = ask(self.server, "GET", second["registration_client_uri"], headers={
            "Authorization": "Bearer " + second["registration_access_token"]})
        self.assertEqual(gone.status, 401)

    def test_refused(self):
        result = self.example("register_client", self.server.base_url, "my app",
                              "http://127.0.0.1:1/callback", secrets=["a-token-of-nobody"])
        self.assertExit(result, 4)


if __name__ == "__main__":
    harness.main()
