# SPDX-License-Identifier: MIT
"""The examples of the library's use, each run against the sandbox: they are what people copy."""
import signal

import harness
import sandbox_client


class Examples(harness.TestCase):
    def setUp(self):
        self.home = self.enterContext(harness.Home())

    def sandbox(self, **settings):
        return self.enterContext(harness.Sandbox(**settings))

    def assertAsked(self, server, *endpoints):
        """Our own requests, all of them and in order: none that the protocol does not need."""
        asked = [line["endpoint"] for line in server.log()
                 if (line["user_agent"] or "").startswith("bfabric-auth")]
        self.assertEqual(asked, list(endpoints))

    def program(self, name):
        return harness.BUILD / "tests" / "examples" / ("example_" + name)

    def example(self, name, *arguments, secrets=(), **more):
        text = "".join(secret + "\n" for secret in secrets)
        result = self.home.run(self.program(name), *arguments, input=text, **more)
        for secret in secrets:
            if len(secret) > 8:
                self.assertNotIn(secret, result.out + result.err)
        return result

    def registered(self, server, **more):
        return sandbox_client.register(server, {
            "client_name": "app", "redirect_uris": ["http://127.0.0.1:1/callback"],
            "scope": "api:read api:write openid", **more}).json()

    def test_connect(self):
        server = self.sandbox()
        self.home.login(server)
        result = self.example("connect")
        self.assertEqual((result.status, result.out), (0, "login __oauth__\n"))
        self.assertEqual(self.example("connect", "NOWHERE").status, 1)

    def test_connect_oauth(self):
        server = self.sandbox()
        client = self.registered(server, service_user_login="robot")
        result = self.example("connect_oauth", server.base_url, client["client_id"], "api:read",
                              secrets=[client["client_secret"]])
        self.assertEqual(result.status, 0, result.err)
        self.assertRegex(result.out, r"^token of \d+ bytes, expires at \d+, scope api:read\n$")
        self.assertAsked(server, "token")
        result = self.example("connect_oauth", server.base_url, client["client_id"], "api:read",
                              secrets=["wrong-secret-of-nobody"])
        self.assertEqual(result.status, 4, result.err)
        self.assertFalse(self.home.tokens.exists())

    def test_connect_pkce(self):
        server = self.sandbox()
        process = self.home.start(self.program("connect_pkce"), server.base_url, "api:read")
        line = ""
        while not line.startswith("http"):
            line = process.stderr.readline().decode()
        server.approve(line.strip(), follow=True)
        out, err = process.communicate(timeout=30)
        self.assertEqual(process.returncode, 0, err)
        self.assertRegex(out.decode(), r"^token of \d+ bytes")
        # It is kept: the next run needs nobody.
        again = self.example("connect_pkce", server.base_url, "api:read")
        self.assertEqual((again.status, again.err), (0, ""))
        self.assertAsked(server, "discovery", "token")

    def test_connect_pkce_interrupted(self):
        server = self.sandbox()
        process = self.home.start(self.program("connect_pkce"), server.base_url, "api:read")
        while not process.stderr.readline().startswith(b"http"):
            pass
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)
        self.assertEqual(process.returncode, 130, err)
        self.assertIn(b"CANCELLED", err)
        self.assertAsked(server, "discovery")

    def test_connect_device_code(self):
        server = self.sandbox(interval=1, auto_approve=0)
        result = self.example("connect_device_code", server.base_url, "api:read")
        self.assertEqual(result.status, 0, result.err)
        self.assertAsked(server, "discovery", "device_authorization", "token")
        self.assertRegex(result.err, r"Open http\S+ and enter \S+")
        self.assertRegex(result.out, r"^token of \d+ bytes")
        self.assertFalse(self.home.tokens.exists())

    def test_connect_pat(self):
        server = self.sandbox()
        result = self.example("connect_pat", server.base_url, secrets=["pat-of-somebody"])
        self.assertEqual((result.status, result.out),
                         (0, "token of 15 bytes, expires at 0, scope not said\n"))
        self.assertEqual(self.example("connect_pat", server.base_url, secrets=["a b"]).status, 2)
        self.assertAsked(server)

    def test_from_url_token(self):
        for opaque in (False, True):
            with self.subTest(opaque=opaque):
                server = self.sandbox(opaque_tokens=opaque)
                client = self.registered(server)
                launch = server.launch_token(entityId=1234, entityClassName="Workunit",
                                             client_id=client["client_id"])
                address = f"https://app.example.org/start?x=1&jwt={launch}"
                result = self.example("from_url_token", server.base_url, client["client_id"],
                                      secrets=[client["client_secret"], address])
                self.assertEqual(result.status, 0, result.err)
                self.assertRegex(result.out, r"^\S+ looks at Workunit 1234\ntoken of \d+ bytes")
                self.assertAsked(server, "discovery", "token",
                                 "introspect" if opaque else "jwks")
                self.assertNotIn(launch, result.out + result.err)

    def test_url_token(self):
        server = self.sandbox()
        launch = server.launch_token(entityId=77)
        result = self.example("url_token", server.base_url, secrets=[launch])
        self.assertEqual(result.status, 0, result.err)
        self.assertIn("entity 77,", result.out)
        self.assertAsked(server, "discovery", "jwks")
        head, body, signature = launch.split(".")
        forged = f"{head}.{body}.{signature[:-8]}AAAAAAAA"
        result = self.example("url_token", server.base_url, secrets=[forged])
        self.assertEqual(result.status, 4)
        self.assertNotIn("entity", result.out)

    def test_verify_jwt(self):
        server = self.sandbox()
        token = server.mint(scope="api:read")["access_token"]
        result = self.example("verify_jwt", server.base_url, secrets=[token])
        self.assertEqual(result.status, 0, result.err)
        self.assertRegex(result.out, r"^valid, of \S+, scope api:read, until \d+\n$")
        # The keys are kept: nothing is asked for the second one.
        self.assertEqual(self.example("verify_jwt", server.base_url, secrets=[token]).status, 0)
        self.assertAsked(server, "discovery", "jwks")
        other = self.enterContext(harness.Sandbox())
        strange = other.mint(scope="api:read")["access_token"]
        self.assertEqual(self.example("verify_jwt", server.base_url, secrets=[strange]).status, 4)
        self.assertEqual(self.example("verify_jwt", server.base_url, secrets=["opaque"]).status, 1)

    def test_introspect(self):
        server = self.sandbox()
        client = self.registered(server)
        token = server.mint(scope="api:read")["access_token"]
        result = self.example("introspect", server.base_url, client["client_id"],
                              secrets=[client["client_secret"], token])
        self.assertEqual(result.status, 0, result.err)
        self.assertRegex(result.out, r"^active, of \S+\n$")
        self.assertAsked(server, "discovery", "introspect")
        result = self.example("introspect", server.base_url, client["client_id"],
                              secrets=[client["client_secret"], "unknown-token"])
        self.assertEqual(result.status, 4, result.err)

    def test_revoke(self):
        server = self.sandbox()
        token = server.mint(scope="api:read")["access_token"]
        self.assertEqual(sandbox_client.whoami(server, token).status, 200)
        result = self.example("revoke", server.base_url, "CLI", secrets=["", token])
        self.assertEqual((result.status, result.out), (0, "revoked\n"), result.err)
        self.assertAsked(server, "discovery", "revoke")
        self.assertEqual(sandbox_client.whoami(server, token).status, 401)

    def test_register_client(self):
        server = self.sandbox()
        token = server.mint(scope="api:write", user="employee")["access_token"]
        result = self.example("register_client", server.base_url, "my app",
                              "http://127.0.0.1:1/callback", secrets=[token])
        self.assertEqual(result.status, 0, result.err)
        self.assertRegex(result.out, r"^client \S+, number \d+, can be managed\n$")
        self.assertAsked(server, "discovery", "register")

    def test_cache_path(self):
        result = self.example("cache_path", "https://fgcz-bfabric.uzh.ch/bfabric/", "CLI",
                              "fgcz-prod")
        self.assertEqual(result.out,
                         f"{self.home.home}/.bfabric/tokens/d72d610e1973ac66.json\n")


if __name__ == "__main__":
    harness.main()
