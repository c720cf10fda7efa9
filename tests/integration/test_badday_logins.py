# SPDX-License-Identifier: MIT
"""Bad days of logins: a no from the person or the server, documents that lead elsewhere, tokens
that are no JWT, and several of us at once."""
import browser
import harness
import sandbox_client
from flows import FLOWS, Going, Stage, approve
from herd import git_request
from login_scene import Login
from scene import claims
from terminal import Terminal

SCOPE = ("--scope", "api:read api:write")


class Case(harness.TestCase):
    settings = {}

    def setUp(self):
        self.server = self.enterContext(harness.Sandbox(auto_approve=0, rotation="on",
                                                        **self.settings))
        self.home = self.enterContext(harness.Home())

    def start(self, *arguments):
        return Login(self.home, "--no-browser", "--timeout", "30", *arguments)

    def log_in(self, *arguments):
        login = self.start(*arguments)
        approve(self.server, login)
        result = login.finish()
        self.assertExit(result, 0)
        return result

    def whoami(self, token):
        return sandbox_client.whoami(self.server, token).status

    def assertWorks(self, *arguments):
        """The login gives tokens, and goes on doing so."""
        for more in ((), ("--force-refresh",)):
            result = self.home.run("bfabric", "token", *arguments, *more)
            self.assertExit(result, 0)
            self.assertEqual(self.whoami(result.out.strip()), 200)


class Refused(Case):
    def test_foreign_endpoints(self):
        """A document that leads to another server is believed in nothing."""
        stage = Stage(self.server)
        members = {"token": "token_endpoint", "device_authorization": "device_authorization_endpoint",
                   "introspect": "introspection_endpoint", "revoke": "revocation_endpoint",
                   "register": "registration_endpoint", "jwks": "jwks_uri"}
        for flow in FLOWS.values():
            if "discovery" not in flow.endpoints:
                continue
            last = flow.endpoints[-1]
            with self.subTest(flow=flow.name, endpoint=last), Going(stage, flow) as going:
                self.server.control("set", foreign_endpoint=members[last])
                since = self.server.state()["requests"]
                result = going.run()
                self.server.control("set", foreign_endpoint="")
                self.assertEqual(going.leaked(result), [])
                if flow.name in ("logout", "remove"):
                    # B-Fabric's own path is asked then; the tokens go nowhere else.
                    self.assertExit(result, 0)
                    continue
                self.assertExit(result, 1)
                self.assertIn(self.server.host, result.err)
                self.assertEqual(going.asked(since), ["discovery"])
                self.assertEqual(going.changed(), [])

    def test_the_person_or_the_server_says_no(self):
        self.home.login(self.server)
        before = self.home.place(self.server.base_url).read_bytes()
        self.server.control("set", auto_approve=-1)
        login = self.start()
        approve(self.server, login, "deny")
        self.assertExit(login.finish(), 4)
        for settings, status in (({"no_two_factor": "on"}, 4),
                                 ({"authorize_error": "invalid_scope"}, 8),
                                 ({"authorize_error": "server_error"}, 5),
                                 ({"authorize_error": "unauthorized_client"}, 4)):
            with self.subTest(**settings):
                self.server.control("set", **settings)
                login = self.start()
                approve(self.server, login)
                self.server.control("set", no_two_factor="off", authorize_error="")
                result = login.finish()
                self.assertExit(result, status)
                self.assertTrue(result.err.splitlines()[-1].startswith("bfabric: "))
        self.assertEqual(self.home.place(self.server.base_url).read_bytes(), before)
        self.assertEqual(self.server.log("token"), [])

    def test_registration_refused(self):
        stage = Stage(self.server)
        for how, status in (("invalid_redirect_uri", 4), ("invalid_client_metadata", 4),
                            ("forbidden", 8), ("absent", 5)):
            with self.subTest(how=how), Going(stage, FLOWS["register"]) as going:
                self.server.control("set", registration=how)
                result = going.run()
                self.server.control("set", registration="managed")
                self.assertExit(result, status)
                self.assertEqual((result.err.count("\n"), going.leaked(result)), (1, []))


class Opaque(Case):
    settings = {"opaque_tokens": True}

    def test_everywhere(self):
        """Nobody needs a JWT to be logged in."""
        self.log_in(self.server.base_url, "--env", "LAB", *SCOPE)
        self.assertWorks()
        token = self.home.run("bfabric", "token").out.strip()
        self.assertNotIn(".", token)
        status = self.home.run("bfabric", "auth", "status", "--json")
        self.assertExit(status, 0)
        self.assertEqual(status.json()["token_state"], "fresh")
        listed = self.home.run("bfabric", "auth", "list")
        self.assertExit(listed, 0)
        self.assertIn("LAB", listed.out)
        self.assertNotIn(token, status.out + listed.out)
        answer = self.home.run("git-credential-bfabric", "get",
                               input=git_request(self.server))
        self.assertEqual(answer.fields()["password"], token)
        again = self.log_in()  # whoever it is, it cannot be told
        self.assertIn("logged in as", again.err)
        token = self.home.run("bfabric", "token").out.strip()
        self.assertExit(self.home.run("bfabric", "auth", "logout"), 0)
        self.assertEqual(self.whoami(token), 401)

    def test_for_c_programs(self):
        stage = Stage(self.server)
        for name, status, said in (("verify", 1, "UNSUPPORTED"), ("url-token", 0, ""),
                                   ("introspect", 0, ""), ("device", 0, "")):
            with self.subTest(flow=name), Going(stage, FLOWS[name]) as going:
                result = going.run()
                self.assertExit(result, status)
                self.assertIn(said, result.err)
                self.assertEqual(going.leaked(result), [])


class Disarmed(Case):
    def test_a_service_whose_secret_was_taken(self):
        """What a logout by bfabricPy leaves: our cache, which it does not know."""
        stage = Stage(self.server)
        with Going(stage, FLOWS["client-credentials"]) as going:
            token = going.run().out.strip()
            self.assertEqual(self.whoami(token), 200)
            text = going.home.config_file.read_text()
            going.home.config_file.write_text("".join(
                line for line in text.splitlines(True) if "client_secret" not in line))
            for command in (("token",), ("token", "--force-refresh"), ("auth", "status")):
                with self.subTest(command=command):
                    result = going.program(going.home.env(), *command, "--env", "OTHER")
                    self.assertExit(result, 3)
                    self.assertNotIn(token, result.out + result.err)
            answer = going.home.run("git-credential-bfabric", "--env", "OTHER", "get",
                                    input=git_request(self.server))
            self.assertNotIn("password", answer.fields())


class Together(Case):
    def test_two_logins_into_one_environment(self):
        """The later one stays, whole; both are told that they are logged in."""
        first = self.start(self.server.base_url, "--env", "LAB", *SCOPE)
        second = self.start(self.server.base_url, "--env", "LAB", *SCOPE)
        approve(self.server, second)
        approve(self.server, first)
        self.assertExit(first.finish(), 0)
        self.assertExit(second.finish(), 0)
        self.assertWorks()
        self.assertEqual(self.home.config_file.read_text().count("LAB:"), 1)

    def hanging_refresh(self):
        """A sibling in the middle of its refresh: the server takes a second to answer."""
        self.server.control("fault", endpoint="token", kind="delay-after", arg="1", count="1")
        sibling = self.home.start("bfabric", "token", "--force-refresh")
        harness.wait_for(lambda: self.server.state()["in_flight"] > 0)
        return sibling

    def test_login_while_another_refreshes(self):
        self.home.login(self.server)
        self.assertWorks()
        sibling = self.hanging_refresh()
        self.log_in()
        self.assertExit(harness.finish(sibling), 0)
        self.assertWorks()
        cache = self.home.read_cache(self.server.base_url)
        record = self.home.read_record(self.server.base_url)
        self.assertEqual(cache["refresh_token"], record["token"]["refresh_token"])
        self.assertEqual({line["status"] for line in self.server.refreshes()}, {200})

    def test_logout_while_another_refreshes(self):
        """What the sibling brings is revoked with the rest."""
        self.home.login(self.server)
        self.assertWorks()
        sibling = self.hanging_refresh()
        self.assertExit(self.home.run("bfabric", "auth", "logout"), 0)
        token = harness.finish(sibling)
        if token.status == 0:
            self.assertEqual(self.whoami(token.out.strip()), 401)
        self.assertExit(self.home.run("bfabric", "token"), 3)
        self.assertFalse(self.home.place(self.server.base_url).exists())

    def test_removing_the_active_environment(self):
        self.log_in(self.server.base_url, "--env", "LAB", *SCOPE)
        self.log_in(self.server.base_url, "--env", "OTHER", *SCOPE)
        token = self.home.run("bfabric", "token", "--env", "LAB").out.strip()
        sibling = self.home.start("bfabric", "exec", "--env", "LAB", "--", "sh", "-c",
                                  "echo runs; sleep 1")
        self.assertEqual(sibling.stdout.readline(), b"runs\n")
        self.assertExit(self.home.run("bfabric", "auth", "remove", "LAB", "--no-confirm"), 0)
        self.assertExit(harness.finish(sibling), 0)
        self.assertEqual(self.whoami(token), 401)
        result = self.home.run("bfabric", "token")
        self.assertNotEqual(result.status, 0)
        self.assertEqual((result.out, result.err.count("\n")), ("", 1))
        self.assertWorks("--env", "OTHER")
        self.assertExit(self.home.run("bfabric", "auth", "activate", "OTHER"), 0)
        self.assertWorks()

    def as_somebody(self, terminal):
        self.server.control("set", auto_approve=-1)
        url = terminal.expect(r"(?m)^(http\S+/authorize\?\S+)\n").group(1)
        page = browser.Browser(self.server).approve(url, user="somebody")
        terminal.expect("left ")
        terminal.type(page.location + "\n")
        terminal.expect("somebody")
        terminal.expect(r"\? \[y/N\] ")

    def test_another_subject_on_a_terminal(self):
        for answer, status, subject in (("n\n", 8, "scientist"), ("y\n", 0, "somebody")):
            with self.subTest(answer=answer), harness.Home() as self.home:
                self.server.control("set", auto_approve=0)
                self.log_in(self.server.base_url, "--env", "LAB", *SCOPE)
                with Terminal(self.home.command("bfabric", "login", "--no-browser"),
                              self.home.env(), cwd=self.home.home) as terminal:
                    self.as_somebody(terminal)
                    terminal.type(answer)
                    self.assertEqual(terminal.status(), status, terminal.text)
                self.assertWorks()
                token = self.home.run("bfabric", "token").out.strip()
                self.assertEqual(claims(token)["sub"], subject)


if __name__ == "__main__":
    harness.main()
