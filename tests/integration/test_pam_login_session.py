# SPDX-License-Identifier: MIT
"""bfabric-pam-login, mode session: the login is kept as that of the user who runs it, and nothing
loses it once the server has given it."""
import json
import os
import signal
import stat

import harness
import pam_child
from pam_child import Case


class Session(Case):
    mode = "session"

    def kept(self, server, client="CLI", env="LAB"):
        """The login is there, whole, theirs alone, and the server has not been told to forget it."""
        for suffix in (".json", ".session"):
            path = self.home.place(server.base_url, suffix, client, env)
            self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o600)
            self.assertEqual(path.stat().st_uid, pam_child.NOBODY.get("user", os.geteuid()))
        self.assertFalse(server.state()["families"][0]["refresh_revoked"])
        return json.loads(self.home.place(server.base_url, ".json", client, env).read_text())

    def nothing_kept(self):
        self.assertEqual([name for name in self.home.written() if "tokens" in name], [])


class Keeping(Session):
    def test_kept_and_found(self):
        server = self.sandbox()
        child = self.child(server)
        lines, status = child.finish()
        self.assertEqual((status, child.of("stored")), (0, [["scientist"]]), lines)
        self.assertEqual(child.of("token") + child.of("identity"), [])
        self.assertEqual(self.home.written(), [
            ".bfabric/tokens/" + self.home.place(server.base_url, suffix, "CLI", "LAB").name
            for suffix in (".json", ".session")] + [".bfabricpy.yml"])
        self.assertIn("default_config: LAB", self.home.config_file.read_text())
        token = self.kept(server)
        for secret in (token["access_token"], token["refresh_token"]):
            self.assertNotIn(secret, child.heard.decode())
        if pam_child.ROOT:  # for them it is their own; root is told that it is not
            os.chown(self.home.home, 0, 0)
            for path in self.home.home.rglob("*"):
                os.chown(path, 0, 0)
        result = self.home.run("bfabric", "token")
        self.assertExit(result, 0)
        self.assertEqual(result.out.strip(), token["access_token"])

    def test_who_approved(self):
        def expecting(*names, **settings):
            server = self.sandbox(**settings)
            return server, self.child(server, **{"expect[]": list(names)})

        def them():
            return expecting("ada", "scientist")

        def is_them(server, child):
            lines, status = child.finish()
            self.assertEqual((status, child.of("stored")), (0, [["scientist"]]), lines)
            self.assertEqual(child.of("identity"), [["scientist", "id_token"]])
            self.kept(server)

        def another():
            return expecting("ada")

        def is_another(server, child):
            self.ends(child, "DENIED", "somebody else")
            self.nothing_kept()
            self.given_back(server)

        def forged():
            return expecting("scientist", signing_alg="none")

        def is_forged(server, child):
            self.ends(child, "DENIED", "not signed")
            self.nothing_kept()
            self.given_back(server)

        self.together((them, is_them), (another, is_another), (forged, is_forged))

    def test_another_persons_login_stays(self):
        server = self.sandbox()
        first = self.child(server)
        self.assertEqual(first.finish()[1], 0)
        before = self.home.place(server.base_url, ".session", "CLI", "LAB").read_bytes()
        server.control("set", user="mallory")
        self.ends(self.child(server), "FORBIDDEN", "mallory")
        after = self.home.place(server.base_url, ".session", "CLI", "LAB").read_bytes()
        self.assertEqual(after, before)
        families = server.state()["families"]  # the latest first
        self.assertEqual([one["refresh_revoked"] for one in families], [True, False])


class Places(Session):
    """Where it does not go home: an account of several people, and one with a keyring."""

    def brought(self, server, **request):
        child = self.child(server, variables={"XDG_RUNTIME_DIR": str(self.home.runtime)}, **request)
        lines, status = child.finish()
        self.assertEqual((status, len(child.of("stored"))), (0, 1), lines)
        return child

    def waiting(self):
        return {path.name.partition(".")[2]: json.loads(path.read_text())
                for path in (self.home.runtime / "bfabric").iterdir() if path.suffix != ".lock"}

    def test_it_stays_in_the_runtime_directory(self):
        server = self.sandbox()
        self.brought(server, place="runtime", session="0" * 32)
        files = self.waiting()
        self.assertEqual(sorted(files), ["json", "session"])
        self.assertEqual(files["session"]["session"], "0" * 32)
        self.assertEqual(self.home.written(), [".bfabricpy.yml"])
        server.control("set", user="mallory")  # another person, and they are welcome
        self.brought(server, place="runtime", session="1" * 32)
        self.assertEqual(self.waiting()["session"]["session"], "1" * 32)
        self.assertEqual([one["refresh_revoked"] for one in server.state()["families"]],
                         [False, True])

    def test_no_place_to_stay(self):
        server = self.sandbox()
        child = self.child(server, place="runtime", session="0" * 32)
        self.ends(child, "SYSTEM", "runtime directory")
        self.assertEqual(server.log("device_authorization"), [])
        self.ends(self.child(server, place="elsewhere"), "BAD_CALL", "runtime")

    def test_it_waits_for_the_keyring(self):
        server = self.sandbox()
        text = ("LAB:\n  base_url: %s\n  auth_method: oauth\n  client_id: CLI\n"
                "  libbfabric:\n    store: keyring\n" % server.base_url)
        self.home.write(".bfabricpy.yml", text)
        self.home.own()
        child = self.brought(server)
        self.assertIn("bfabric auth refresh --pending", child.of("note")[0][0])
        self.assertEqual(self.home.config_file.read_text(), text)
        token = self.waiting()["rescue"]["token"]
        self.assertTrue(token["refresh_token"])
        self.assertNotIn("refresh_token", self.kept(server))
        for path in self.home.home.rglob("*"):
            if path.is_file():
                self.assertNotIn(token["refresh_token"], path.read_text())


class Surviving(Session):
    """Between the request that brings the token and its saving: whatever comes, it is saved."""

    def interrupted(self, how, expect=False, **request):
        def begin():
            server = self.sandbox(fault="token=delay-after:2*1")
            more = {"expect[]": ["scientist"]} if expect else {}
            child = self.child(server, **more, **request)
            return server, child

        def end(server, child):
            harness.wait_for(lambda: server.state()["families"])  # the reply is on its way
            how(child)
            self.assertEqual(child.process.wait(timeout=40), 0)
            self.assertEqual(len(server.log("token")), 1)
            self.kept(server)

        return begin, end

    def test_survives(self):
        def sent(number):
            return lambda child: child.process.send_signal(number)

        def twice(child):
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP) * 2:
                child.process.send_signal(number)

        self.together(
            self.interrupted(sent(signal.SIGTERM)),
            self.interrupted(sent(signal.SIGINT)),
            self.interrupted(twice, expect=True),
            self.interrupted(pam_child.Child.vanish),
            self.interrupted(pam_child.Child.vanish, expect=True),
            self.interrupted(lambda child: None, timeout=2),
        )


class Refusals(Session):
    """Before anybody is asked for anything, and before a request for a code."""

    def refused(self, server, status, text, **request):
        self.ends(self.child(server, **request), status, text)
        self.assertEqual(server.log("device_authorization"), [])
        self.nothing_kept()

    def test_what_the_user_has_already(self):
        server = self.sandbox()
        entry = "LAB:\n  base_url: %s\n  auth_method: oauth\n  client_id: %s\n"
        for text, status, says in (
                (entry % ("https://other.example.org/bfabric", "CLI"), "FORBIDDEN", "LAB"),
                (entry % (server.base_url, "OTHER"), "FORBIDDEN", "LAB"),
                ("LAB:\n  base_url: %s\n  auth_method: pat\n  pat: x\n" % server.base_url,
                 "FORBIDDEN", "LAB"),
                ("LAB: [\n", "BAD_CONFIG", ".bfabricpy.yml")):
            with self.subTest(text=text):
                self.home.write(".bfabricpy.yml", text)
                self.home.own()
                self.refused(server, status, says)
                self.assertEqual(self.home.config_file.read_text(), text)

    def test_hostile_homes(self):
        server = self.sandbox()
        self.home.home.chmod(0o500)
        if not pam_child.ROOT or pam_child.NOBODY:
            self.refused(server, "SYSTEM", "")
        self.home.home.chmod(0o700)
        folder = self.home.home / ".bfabric"
        elsewhere = self.home.path / "elsewhere"
        elsewhere.mkdir(mode=0o700)
        folder.symlink_to(elsewhere)
        self.home.own()
        self.refused(server, "SYSTEM", "")
        self.assertEqual(list(elsewhere.iterdir()), [])
        folder.unlink()
        self.home.home.rename(self.home.path / "away")
        self.ends(self.child(server), "SYSTEM")
        self.assertEqual(server.log("device_authorization"), [])


if __name__ == "__main__":
    harness.main()
