# SPDX-License-Identifier: MIT
"""Logins at npm's oidc-provider, which is certified and not ours: what both sides take for granted
shows here. Each test also counts our requests: none that the protocol does not need.

What it does otherwise than B-Fabric is named at the test that meets it.
"""
import urllib.parse

import harness
from herd import Herd
from login_scene import Login
from provider import Case, DeviceLogin, Home, Person, Provider, needed
from sandbox_client import ask, claims, post

DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"


@needed
class BrowserLogin(Case):
    def test_login(self):
        result = self.login()
        self.assertRegex(result.err, r"(?m)^logged in as scientist$")
        # Its discovery promises the iss of RFC 9207, so that this login had to bring it.
        self.assertAsked("discovery", "token")
        found = claims(self.token())
        self.assertEqual((found["aud"], found["sub"], found["iss"]),
                         ("bfabric-api", "scientist", self.server.base_url))
        self.assertAsked("discovery", "token")
        self.assertEqual(self.status()["scope_granted"], "api:write")

    def test_denied(self):
        login = Login(self.home, self.server.base_url, "--scope", "read-only", "--env", "LAB",
                      "--no-browser")
        page = self.server.deny(login.url(), follow=True)
        self.assertIn("The person said no", page.text)
        self.assertExit(login.finish(), 4)
        self.assertAsked("discovery")
        self.assertFalse(self.home.config_file.exists())

    def test_answer_without_its_issuer(self):
        """RFC 9207 section 2.4: what the metadata promise is demanded."""
        for issuer in (None, "https://other.example.org"):
            login = Login(self.home, self.server.base_url, "--scope", "read-only", "--env", "LAB",
                          "--no-browser")
            browser = Person(self.server)
            answer = browser.approve(login.url()).answer
            self.assertEqual(answer["iss"], self.server.base_url)
            back = {**answer, "iss": issuer}
            browser.request(login.request()["redirect_uri"] + "?" + urllib.parse.urlencode(
                {name: value for name, value in back.items() if value is not None}))
            self.assertExit(login.finish(), 1)
        self.assertEqual(self.server.log("token"), [])

    def test_code_of_another_verifier(self):
        """PKCE is checked at the other end, and not only sent from here."""
        login = Login(self.home, self.server.base_url, "--scope", "read-only", "--env", "LAB",
                      "--no-browser")
        page = Person(self.server).approve(login.url())
        request = login.request()
        refused = post(self.server, self.server.endpoint("token_endpoint"), {
            "grant_type": "authorization_code", "client_id": "CLI", "code": page.answer["code"],
            "redirect_uri": request["redirect_uri"], "code_verifier": "v" * 43})
        self.assertEqual((refused.status, refused.json()["error"]), (400, "invalid_grant"))
        login.process.terminate()
        login.process.wait(30)
        login.file.close()

    def test_scopes_of_sign_in(self):
        """Its access token is for the resource, and says so by leaving openid and the like out:
        narrower than asked (B-Fabric keeps them)."""
        result = self.login("openid profile api:read")
        self.assertRegex(result.err, r"(?m)^Not granted: openid profile \(granted: api:read\)$")
        before = self.token()
        self.assertNotEqual(self.token("--force-refresh"), before)
        # An id token came with it, and is not what a program gets.
        self.assertEqual(claims(self.token())["aud"], "bfabric-api")

    def test_again_without_arguments(self):
        self.login()
        first = self.token()
        login = Login(self.home, "--no-browser")
        self.server.approve(login.url(), follow=True)
        self.assertExit(login.finish(), 0)
        self.assertNotEqual(self.token(), first)

    def test_another_person(self):
        self.login()
        login = Login(self.home, "--no-browser")
        self.server.approve(login.url(), user="somebody", follow=True)
        self.assertExit(login.finish(), 8)
        self.assertEqual(claims(self.token())["sub"], "scientist")


@needed
class DeviceCode(Case):
    def device(self, button="approve"):
        login = DeviceLogin(self.home, self.server.base_url, "--scope", "read-only", "--env", "LAB")
        Person(self.server).device(*login.shown(), button)
        return login.finish()

    def test_login_without_interval(self):
        """It tells no interval: the five seconds of RFC 8628 section 3.2 hold, and are waited for
        before the first question too, by when the person has approved."""
        result = self.device()
        self.assertExit(result, 0)
        self.assertRegex(result.err, r"(?m)^logged in as scientist$")
        self.assertAsked("discovery", "device_authorization", "token")
        before = self.token()
        self.assertNotEqual(self.token("--force-refresh"), before)


@needed
class DeviceCodeAsked(Case):
    settings = {"interval": 1}
    device = DeviceCode.device

    def test_pending(self):
        login = DeviceLogin(self.home, self.server.base_url, "--scope", "read-only", "--env", "LAB")
        shown = login.shown()
        harness.wait_for(lambda: len(self.server.log("token")) >= 2)
        Person(self.server).device(*shown)
        self.assertExit(login.finish(), 0)
        polls = self.server.log("token")
        self.assertEqual({line["grant"] for line in polls}, {DEVICE_GRANT})
        self.assertEqual([line.get("error") for line in polls],
                         ["authorization_pending"] * (len(polls) - 1) + [None])

    def test_denied(self):
        self.assertExit(self.device("deny"), 4)
        self.assertEqual(self.server.log("token")[-1]["error"], "access_denied")
        self.assertFalse(self.home.config_file.exists())


@needed
class Refresh(Case):
    def test_rotation(self):
        self.login()
        tokens = [self.token()]
        for _ in range(4):
            self.expire()
            tokens.append(self.token())
        self.assertEqual(len(set(tokens)), 5)
        asked = self.server.refreshes()
        self.assertEqual([line["status"] for line in asked], [200] * 4)
        # Each brought a new refresh token, and the next one used that.
        self.assertEqual([line["refresh_token_id"] for line in asked[1:]],
                         [line["new_refresh_token_id"] for line in asked[:-1]])
        # A public client tells its name in the body, as the metadata allow by "none".
        self.assertEqual({line.get("authorization") for line in asked}, {None})

    def test_race(self):
        """Twenty programs at the moment at which the token has expired."""
        self.login()
        self.expire()
        with Herd(self.home) as herd:
            for _ in range(20):
                herd.add("bfabric", "token")
            herd.release()
            results = herd.results()
        self.assertEqual({result.status for result in results}, {0}, results)
        self.assertEqual(len({result.out for result in results}), 1)
        self.assertEqual(len(self.server.refreshes()), 1)
        self.assertNotEqual(self.token("--force-refresh"), results[0].out.strip())

    def test_what_the_lock_is_for(self):
        """Without it, the second of two ends the login for both: the race above can be lost."""
        self.login()
        spent = self.home.read_record(self.server.base_url)["token"]["refresh_token"]
        where = self.server.endpoint("token_endpoint")
        form = {"grant_type": "refresh_token", "client_id": "CLI"}
        first = post(self.server, where, {**form, "refresh_token": spent})
        second = post(self.server, where, {**form, "refresh_token": spent})
        third = post(self.server, where, {**form,
                                          "refresh_token": first.json()["refresh_token"]})
        self.assertEqual([answer.status for answer in (first, second, third)], [200, 400, 400])
        self.expire()
        result = self.home.run("bfabric", "token")
        self.assertExit(result, 4)
        self.assertIn("run: bfabric", result.err)
        asked = len(self.server.refreshes())
        self.assertExit(self.home.run("bfabric", "token"), 4)
        self.assertEqual(len(self.server.refreshes()), asked)  # a refusal is remembered


@needed
class NoRotation(Case):
    settings = {"rotation": False}

    def test_refresh_token_stays(self):
        self.login()
        for _ in range(3):
            self.expire()
            self.token()
        self.assertEqual(len({line["refresh_token_id"] for line in self.server.refreshes()}), 1)


@needed
class Logout(Case):
    settings = {"opaque": True}

    def test_logout(self):
        self.login()
        access = self.token()
        refresh = self.home.read_record(self.server.base_url)["token"]["refresh_token"]
        userinfo = {"Authorization": f"Bearer {access}"}
        result = self.run_tool("auth", "logout")
        self.assertIn("Revoked at the server: refresh token, access token.", result.err)
        self.assertAsked("discovery", "token", "revocation", "revocation")
        self.assertExit(self.home.run("bfabric", "token"), 3)
        refused = post(self.server, self.server.endpoint("token_endpoint"), {
            "grant_type": "refresh_token", "client_id": "CLI", "refresh_token": refresh})
        self.assertEqual(refused.json()["error"], "invalid_grant")
        self.assertEqual(ask(self.server, "GET", self.server.endpoint("userinfo_endpoint"),
                             headers=userinfo).status, 401)

    def test_opaque_access_token(self):
        """Not every access token is a JWT; this one says nothing about whose it is."""
        self.login()
        self.assertNotIn(".", self.token())
        found = self.status()
        self.assertEqual((found["usable"], found["subject"]), (True, None))
        self.expire()
        self.token()
        self.assertEqual(len(self.server.refreshes()), 1)


@needed
class Algorithms(harness.TestCase):
    """Its access tokens by other signatures: who logged in is read from them all the same."""

    def test_login(self):
        for alg in ("PS256", "ES256", "EdDSA"):
            with self.subTest(alg=alg), Provider(alg=alg) as server, Home() as home:
                login = Login(home, server.base_url, "--scope", "read-only", "--env", "LAB",
                              "--no-browser")
                server.approve(login.url(), follow=True)
                result = login.finish()
                self.assertExit(result, 0)
                self.assertIn("logged in as scientist", result.err)


if __name__ == "__main__":
    harness.main()
