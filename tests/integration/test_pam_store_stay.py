# SPDX-License-Identifier: MIT
"""pam-store and accounts of several people: the login stays in the runtime directory and goes with
the session that brought it."""
import json
import stat

import harness
from pam_store_case import PamStoreCase, owned_by

ONE, TWO = "1" * 32, "2" * 32


class Stay(PamStoreCase):
    def here(self, suffix):
        return self.home.runtime / "bfabric" / self.place(suffix).name

    def adopt(self, session=ONE, **form):
        reply = self.mint(**form)
        told = self.answer("adopt", reply, place="runtime", session=session)
        self.assertEqual(told["stored"], "yes")
        return reply

    def expire_here(self):
        for suffix in (".json", ".session"):
            content = json.loads(self.here(suffix).read_text())
            (content["token"] if suffix == ".session" else content)["expires_at"] = 1
            self.here(suffix).write_text(json.dumps(content))

    def in_home(self):
        """The lock of the configuration, where the login's entry is made, holds nothing."""
        return [name for name in self.home.files()
                if name.startswith("home/") and name != "home/.bfabric/config.lock"]

    def test_tools_find_it_and_refresh_it_in_place(self):
        reply = self.adopt()
        self.assertPrivate(self.here(".json"), self.here(".session"))
        self.assertEqual(self.token(), reply["access_token"])
        self.expire_here()
        newer = self.token()
        self.assertNotEqual(newer, reply["access_token"])
        self.assertEqual(self.answer("refresh")["valid"], "yes")
        self.assertEqual(self.token(), newer)
        self.assertEqual([line["status"] for line in self.server.refreshes()], [200])
        host = self.server.base_url.split("/")[2]
        got = self.as_user("git-credential-bfabric", "get", input=f"protocol=http\nhost={host}\n\n")
        self.assertEqual(got.fields()["password"], newer)
        self.assertEqual(self.in_home(), [])

    def test_nothing_moves_it(self):
        self.adopt()
        before = self.home.files()
        for command in (("auth", "refresh", "--pending"), ("auth", "status"), ("auth", "list"),
                        ("doctor",)):
            with self.subTest(command):
                self.bfabric(*command)
                self.assertEqual(self.home.files(), before)
        self.assertEqual(self.in_home(), [])

    def test_status_and_logout(self):
        self.adopt()
        status = self.bfabric("auth", "status", "--json").json()
        self.assertEqual(status["cache_path"], str(self.here(".json")))
        self.assertEqual(status["token_state"], "fresh")
        self.assertExit(self.bfabric("auth", "logout"), 0)
        self.assertFalse(self.here(".json").exists())
        self.assertEqual(self.revoked(), [True])
        self.assertEqual(self.in_home(), [])

    def test_it_goes_with_its_session(self):
        self.adopt()
        self.assertEqual(self.answer("close", session=TWO)["ended"], "no")
        self.assertEqual(self.revoked(), [False])
        self.assertEqual(self.answer("close", session=ONE)["ended"], "yes")
        self.assertEqual(self.revoked(), [True])
        for suffix in (".json", ".session"):
            self.assertFalse(self.here(suffix).exists())
        self.assertEqual(self.answer("close", session=ONE)["ended"], "no")
        self.assertExit(self.bfabric("token"), 3)

    def test_another_person_comes(self):
        self.adopt(user="alice")
        later = self.adopt(TWO, user="bob")
        self.assertEqual(self.revoked(), [False, True])
        self.assertEqual(self.token(), later["access_token"])
        self.assertEqual(self.answer("close", session=ONE)["ended"], "no")
        self.assertEqual(self.answer("close", session=TWO)["ended"], "yes")
        self.assertEqual(self.revoked(), [True, True])

    def test_the_login_of_the_home_is_left_alone(self):
        own = self.mint(user="alice")
        self.answer("adopt", own)
        before = [self.place(suffix).read_bytes() for suffix in (".json", ".session")]
        other = self.adopt(user="bob")
        self.assertEqual(self.token(), other["access_token"])
        self.answer("close", session=ONE)
        self.assertEqual(self.token(), own["access_token"])
        self.assertEqual([self.place(suffix).read_bytes() for suffix in (".json", ".session")],
                         before)
        self.assertEqual(self.revoked(), [True, False])

    def test_a_home_that_is_not_there(self):
        """Nothing is made in its place, and the session still has its login."""
        env = self.env(HOME=self.home.path / "missing")
        told = self.answer("adopt", self.mint(), env=env, place="runtime", session=ONE)
        self.assertEqual(told["stored"], "yes")
        self.assertEqual(self.answer("refresh", env=env)["valid"], "yes")
        self.assertEqual(self.answer("close", env=env, session=ONE)["ended"], "yes")
        self.assertFalse((self.home.path / "missing").exists())
        self.assertEqual(self.revoked(), [True])

    def test_without_a_runtime_directory(self):
        """There is no other place for it: it is given back."""
        env = self.env()
        del env["XDG_RUNTIME_DIR"]
        result = self.ask("adopt", self.mint(), env=env, place="runtime", session=ONE)
        self.assertEqual(result.fields()["status"], "SYSTEM")
        self.assertIn("runtime directory", result.fields()["message"])
        self.assertEqual(self.revoked(), [True])
        self.assertEqual(self.home.files(), [])

    def test_the_server_is_down_at_the_end(self):
        self.adopt()
        self.server.stop()
        told = self.answer("close", session=ONE)
        self.assertEqual(told["ended"], "yes")
        self.assertTrue(told["message"])
        self.assertFalse(self.here(".session").exists())
        self.assertFalse(self.here(".json").exists())

    def test_a_login_that_waits_for_its_home(self):
        """revoke_on_close: what did not come home goes, what did stays."""
        tokens = self.home.home / ".bfabric" / "tokens"
        tokens.mkdir(parents=True)
        tokens.parent.chmod(stat.S_IRWXU)
        tokens.rmdir()
        tokens.write_text("in the way")
        owned_by(self.home.path)
        self.assertEqual(self.answer("adopt", self.mint(), session=ONE)["stored"], "waits")
        self.assertEqual(len(self.rescues()), 1)
        self.assertEqual(self.answer("close", session=ONE)["ended"], "yes")
        self.assertEqual(self.rescues(), [])
        self.assertEqual(self.revoked(), [True])
        self.assertEqual(self.answer("adopt", self.mint(), session=TWO)["stored"], "waits")
        tokens.unlink()
        self.token()
        self.assertEqual(self.answer("close", session=TWO)["ended"], "no")
        self.assertEqual(self.revoked(), [False, True])

    def test_requests_that_are_none(self):
        result = self.ask("close")
        self.assertExit(result, 2)
        self.assertEqual(result.fields()["status"], "BAD_CALL")


if __name__ == "__main__":
    harness.main()
