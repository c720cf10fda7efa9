# SPDX-License-Identifier: MIT
"""Who approved a login at npm's oidc-provider, when what it says is not good enough: bfabric-pam-login
and the PAM module before a certified server whose every reply has at most one flaw, whose keys
change, and whose clock is not ours.

The flaws are those of tests/interop/flaws.mjs: each is named like the person who meets it.
"""
import os
import unittest

import harness
from flows import FAKETIME
from pam_child import NOBODY, ROOT, Child, PamHome
from pam_module import AUTH_ERR, FACTOR, SUCCESS, Application, Machine
from provider import Person, Provider, needed

# Who approves, and what the refusal says. Claims of the id_token, its times, its signature; then
# the access token where there is no id_token.
REFUSED = {
    "issuer": "issued by https://sso.example.org/bfabric",
    "audience": "not meant for CLI",
    "audiences": "has no azp",
    "party": "its azp is not",
    "nobody": "no claim sub",
    "hash": "its at_hash is not",
    "endless": "does not say when it ends",
    "undated": "does not say when it was issued",
    "expired": "expired",
    "early": "in the future",
    "ahead": "expired",  # the server's clock, by the Date of its reply
    "behind": "in the future",
    "unsigned": "not signed (alg none)",
    "confused": "HS256 is no signature",
    "forged": "signature",
    "unknown": "no key nowhere",
    "stranger": "signature",
    "access_issuer": "issued by https://sso.example.org/bfabric",
    "access_audience": "meant for OTHER",
    "access_client": "client is OTHER",
    "access_expired": "expired",
    "access_unsigned": "not signed (alg none)",
    "opaque": "register the client CLI for the scope openid",
}
ACCEPTED = {"signed": "id_token", "unnamed": "access_token", "scientist": "id_token"}


@needed
class Identity(harness.TestCase):
    """All tests share a server; each begins with an empty log."""

    @classmethod
    def setUpClass(cls):
        cls.server = cls.enterClassContext(Provider(interval=1, flaws=True))

    def setUp(self):
        self.server.log_file.write_text("")
        self.home = self.enterContext(PamHome())

    def begin(self, expect="scientist", home=None, variables=None):
        """A login before anybody approves it, with its code on the screen."""
        child = self.enterContext(Child(home or self.home, self.server, variables, mode="auth",
                                        timeout=120, **{"expect[]": expect}))
        child.until("code")
        return child

    def approve(self, uri, code, user):
        page = Person(self.server).device(uri, code, user=user)
        self.assertEqual(page.status, 200, page.text)

    def approved(self, child, user="scientist"):
        code, uri, *_ = child.until("code")
        self.approve(uri, code, user)
        return child

    def login(self, user, *where):
        """Approved by the person who is expected."""
        return self.approved(self.begin(user, *where), user)

    def accepted(self, child, user="scientist", evidence="id_token"):
        lines, status = child.finish()
        self.assertEqual((status, child.of("identity")), (0, [[user, evidence]]), lines)
        self.assertEqual(len(child.of("token")), 1)

    def refused(self, child, says):
        lines, status = child.finish()
        self.assertNotEqual(status, 0)
        self.assertEqual(lines[-1][:2], ["failed", "DENIED"], lines)
        self.assertIn(says, lines[-1][2])
        self.assertEqual(child.of("token"), [])

    def given_back(self, user):
        """Of the logins that this person approved: (how many were revoked, how many there are)."""
        given = {line["new_refresh_token_id"]
                 for line in self.server.log("token", account=user, status=200)}
        revoked = {line["token_id"] for line in self.server.log("revocation", status=200)}
        return len(given & revoked), len(given)

    # ---- what the child says ----

    def test_flaws(self):
        """All of them at once. The names are those that are expected, so nothing else is wrong."""
        started = {user: self.login(user) for user in (*REFUSED, *ACCEPTED)}
        for user, child in started.items():
            with self.subTest(user=user):
                if user in ACCEPTED:
                    self.accepted(child, user, ACCEPTED[user])
                else:
                    self.refused(child, REFUSED[user])
                    self.assertEqual(child.of("identity"), [])
                self.assertEqual(self.given_back(user), (int(user in REFUSED), 1))

    def test_another_person(self):
        """Beyond doubt, and not who was expected; equal is equal in every letter."""
        started = {user: self.approved(self.begin("ada"), user)
                   for user in ("mallory", "Ada", "ada2", "ad")}
        for user, child in started.items():
            with self.subTest(user=user):
                self.refused(child, f"{user} approved the login, who is somebody else")
                self.assertEqual(child.of("identity"), [[user, "id_token"]])
                self.assertEqual(self.given_back(user), (1, 1))

    def test_rotated_keys(self):
        """Keys are those of the moment: a new one counts at once and costs no second request, an
        old one for as long as the server names it."""
        early, late = self.begin(), self.begin()  # since before the rotations
        self.server.rotate("autumn", keep=True)
        self.approved(early)
        self.accepted(self.login("retired"), "retired")
        self.accepted(early)

        self.server.rotate("winter")
        self.approved(late)
        self.refused(self.login("retired"), "no key autumn")
        self.accepted(late)
        self.server.rotate("winter")  # another one of the same name
        self.refused(self.login("retired"), "signature")

        self.assertEqual(len(self.server.log("jwks", status=200)), 5, "one for each login")
        self.assertEqual(self.given_back("retired"), (2, 3))
        self.assertEqual(self.given_back("scientist"), (0, 2))

    @unittest.skipUnless(FAKETIME, "faketime is not installed")
    def test_our_clock_is_off(self):
        """By a day: times are judged by the clock of the server that wrote them, and somebody is
        told. What has expired there has expired."""
        variables = {"LD_PRELOAD": str(FAKETIME), "ASAN_OPTIONS": "verify_asan_link_order=0"}
        started = []
        for days in (1, -1):
            home = self.enterContext(PamHome())
            # The program forgets its environment; this file is what the library reads then.
            home.write(home.home / ".faketimerc", f"{days:+d}d\n")
            home.own()
            home.program.chmod(0o755)  # a sanitizer reads its options from /proc/self
            started.append([self.login(user, home, variables)
                            for user in ("scientist", "expired", "early")])
        for (accepted, expired, early), word in zip(started, ("ahead of", "behind")):
            with self.subTest(word=word):
                self.accepted(accepted)
                [[note]] = accepted.of("note")
                self.assertRegex(note, f"clock is 86[34][0-9][0-9] s {word}")
                self.refused(expired, "expired")
                self.refused(early, "in the future")
        self.assertEqual([self.given_back(user) for user in ("scientist", "expired", "early")],
                         [(0, 2), (2, 2), (2, 2)])

    # ---- the real module in a real stack, for the Unix user ada ----

    def attempt(self, user, persons=None, **keys):
        """The call that asks who this is, under way."""
        machine = self.enterContext(Machine())
        if persons:
            keys["map_file"] = machine.path / "persons"
            keys["map_file"].write_text(persons)
            keys["map_file"].chmod(0o644)
            if ROOT:
                os.chown(keys["map_file"], NOBODY["user"], NOBODY["group"])
        machine.configure(self.server, claim="sub", **keys)
        machine.stack("login", FACTOR)
        app = self.enterContext(Application(machine))
        app.start("login")
        app.begin("authenticate")
        self.approve(f"{self.server.base_url}/device", app.code(), user)
        return app

    def admitted(self, app):
        self.assertEqual(app.ended()["code"], SUCCESS, app.events)
        self.assertEqual(app.call("account")["code"], SUCCESS, app.events)

    def turned_away(self, app, text):
        self.assertEqual(app.ended()["code"], AUTH_ERR, app.events)
        self.assertNotEqual(app.call("account")["code"], SUCCESS)
        self.assertIn(text, app.log)
        self.assertEqual(app.machine.written(), [])

    def test_module(self):
        """Equal names where that is enough; where there is a map, those in it and nobody else. What
        the child refuses nobody else lets in."""
        ada, mallory = (self.attempt(user, same_names="yes") for user in ("ada", "mallory"))
        mapped, unmapped = (self.attempt(user, "scientist = ada\n") for user in ("scientist", "Ada"))
        flawed = [self.attempt(user, f"{user} = ada\n") for user in ("unsigned", "expired")]
        self.admitted(ada)
        self.turned_away(mallory, "mallory")
        self.admitted(mapped)
        self.turned_away(unmapped, "Ada")
        for app in flawed:
            self.turned_away(app, "is not known")
        for user in ("mallory", "Ada", "unsigned", "expired"):
            harness.wait_for(lambda who=user: self.given_back(who) == (1, 1), 60)
        for user in ("ada", "scientist"):
            self.assertEqual(self.given_back(user), (0, 1))


if __name__ == "__main__":
    harness.main()
