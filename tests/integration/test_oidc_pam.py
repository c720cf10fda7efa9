# SPDX-License-Identifier: MIT
"""Who approved, as npm's oidc-provider proves it to bfabric-pam-login: an id_token that we did not
shape."""
import harness
from pam_child import Child, PamHome
from provider import Person, Provider, needed


@needed
class Evidence(harness.TestCase):
    settings = {"interval": 1}

    def begin(self, server, variables=None, **request):
        home = self.enterContext(PamHome())
        child = self.enterContext(Child(home, server, variables, mode="auth", **request))
        code, uri, *_ = child.until("code")
        Person(server).device(uri, code)
        return child

    def ends(self, child, text):
        lines, _ = child.finish()
        self.assertEqual(lines[-1][:2], ["failed", "DENIED"], lines)
        self.assertIn(text, lines[-1][2])
        self.assertEqual(child.of("token"), [])

    def approved(self, child):
        lines, status = child.finish()
        self.assertEqual((status, child.of("identity")), (0, [["scientist", "id_token"]]), lines)
        self.assertEqual(len(child.of("token")), 1)
        return lines

    def test_id_token(self):
        for settings in ({}, {"opaque": True}, {"alg": "ES256"}):
            with self.subTest(**settings), Provider(**self.settings, **settings) as server:
                self.approved(self.begin(server))

    def test_refusals(self):
        with Provider(**self.settings) as server:
            started = [(self.begin(server, **request), says) for request, says in (
                ({"issuer": "https://sso.example.org"}, "issued by"),
                ({"claim": "email"}, "no claim"))]
            for child, says in started:
                with self.subTest(says=says):
                    self.ends(child, says)
            revoked = [line for line in server.log("revocation") if line["status"] == 200]
            self.assertGreaterEqual(len(revoked), 2, "what is not kept is given back")


if __name__ == "__main__":
    harness.main()
