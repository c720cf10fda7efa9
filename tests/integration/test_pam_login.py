# SPDX-License-Identifier: MIT
"""bfabric-pam-login, mode auth: who approved, and the token, or nothing at all."""
import harness
from pam_child import Case


class Flow(Case):
    def test_approved(self):
        server = self.sandbox()
        child = self.child(server)
        code, uri, complete, seconds = child.until("code")
        self.assertEqual(uri, server.base_url + "/device")
        self.assertIn(code, complete)
        self.assertLessEqual(int(seconds), 30)
        seen = child.seen()
        lines, status = child.finish()
        self.assertEqual(status, 0, lines)
        self.assertEqual([verb for verb, *_ in lines if verb != "wait"],
                         ["code", "identity", "token"])
        self.assertEqual(child.of("identity"), [["scientist", "id_token"]])
        token = child.token()
        for secret in (token["access_token"], token["refresh_token"], token["id_token"]):
            self.assertNotIn(secret.encode(), seen)
        self.assertEqual(self.home.written(), [])
        with_openid = server.log("device_authorization")
        self.assertEqual(len(with_openid), 1)
        self.assertIn("openid", token["scope"].split())
        # what was handed over is a login
        refreshed = server.control("state")
        self.assertFalse(refreshed["families"][0]["refresh_revoked"])

    def test_ends_of_a_flow(self):
        def denied():
            server = self.sandbox(auto_approve=-1)
            child = self.child(server)
            child.until("code")
            server.control("deny")
            return child,

        def is_denied(child):
            self.ends(child, "DENIED")

        def expired():
            return self.child(self.sandbox(auto_approve=-1, device_lifetime=2)),

        def is_expired(child):
            self.ends(child, "TIMEOUT")

        def late():
            return self.child(self.sandbox(auto_approve=-1), timeout=2),

        def is_late(child):
            lines = self.ends(child, "TIMEOUT")
            self.assertLessEqual(int(child.of("code")[0][3]), 2, lines)
            self.assertTrue(child.of("wait"), lines)

        def slowed():
            return self.child(self.sandbox(slow_down=1)),

        def is_slowed(child):
            lines, status = child.finish()
            self.assertEqual(status, 0, lines)
            self.assertEqual(len(child.of("token")), 1)
            self.assertGreaterEqual(len(child.of("wait")), 5, "after 1 s, and 6 s later")

        def refused():
            server = self.sandbox()
            return server, self.child(server, **{"group[]": ["lab", "staff"]})

        def is_refused(server, child):
            self.ends(child, "FORBIDDEN", "scientist")
            self.assertEqual(child.of("identity"), [["scientist", "id_token"]])
            self.given_back(server)

        self.together((denied, is_denied), (expired, is_expired), (late, is_late),
                      (slowed, is_slowed), (refused, is_refused))


class Evidence(Case):
    def one(self, kind=None, name="scientist", says="", request=None, **settings):
        def begin():
            server = self.sandbox(**settings)
            return server, self.child(server, **(request or {}))

        def end(server, child):
            if kind:
                lines, status = child.finish()
                self.assertEqual((status, child.of("identity")), (0, [[name, kind]]), lines)
                return
            self.ends(child, "DENIED", says)
            self.assertEqual(child.of("identity"), [])
            self.given_back(server)

        return begin, end

    def test_what_counts_and_what_does_not(self):
        no_openid = {"client_scope": "api:read"}
        self.together(
            self.one("id_token", "mallory", user="mallory"),
            self.one("id_token", issuer_slash=True),
            self.one("id_token", opaque_tokens=True),
            self.one("access_token", **no_openid),
            self.one(says="openid", opaque_tokens=True, **no_openid),
            self.one("id_token", request={"claim": "preferred_username"}),
            self.one(says="no claim", request={"claim": "email"}),
            self.one(says="issued by", request={"issuer": "https://sso.example.org"}),
            self.one(says="not signed", signing_alg="none"),
            self.one(says="HS256", signing_alg="HS256"),
            self.one(says="no key", signing_key="unknown"),
            self.one(says="issued by", issuer="https://evil.example.org/bfabric",
                     discovery="absent"),
            self.one(says="is OTHER", access_claims='{"client_id":"OTHER"}', **no_openid),
            self.one(says="meant for", audience="files", **no_openid),
        )

    def test_introspection_of_a_confidential_client(self):
        file = self.home.home / "secret"
        server = self.sandbox(client_secret_file=file, opaque_tokens=True, client_scope="api:read")
        self.home.own()
        child = self.child(server, client_id="sandbox-service", client_secret_file=file)
        lines, status = child.finish()
        self.assertEqual((status, child.of("identity")), (0, [["scientist", "introspection"]]),
                         lines)
        self.assertNotIn(file.read_text().strip(), child.heard.decode())


if __name__ == "__main__":
    harness.main()
