# SPDX-License-Identifier: MIT
"""Logins whose secrets are kept by a program: --store, auth store, auth refresh, auth status."""
import json
import os
import time

import browser
import harness
import sandbox_client
from login_scene import Login
from store_program import GIT_STORE, StoreProgram, kept_by_git
from terminal import Terminal

REMARK = "bfabricPy cannot renew this login"


class Case(harness.TestCase):
    settings = {"interval": 1, "auto_approve": 0}

    def setUp(self):
        self.server = self.enterContext(harness.Sandbox(**self.settings))
        self.home = self.enterContext(harness.Home())
        self.store = StoreProgram(self.home)

    def bfabric(self, *arguments, status=0, **more):
        result = self.home.run("bfabric", *arguments, **more)
        self.assertExit(result, status)
        self.assertSecret(result.out + result.err if arguments[0] != "token" else result.err)
        return result

    def assertSecret(self, text):
        """No refresh token of any time is in it."""
        for document in self.store.documents().values():
            for name in ("refresh_token", "pat", "client_secret"):
                self.assertNotIn(document.get(name) or "\0", text)

    def words(self, result):
        return " ".join(result.err.split())

    def login(self, *arguments, **more):
        return self.bfabric("auth", "device-code", self.server.base_url, "--scope", "api:read",
                            "--env", "SANDBOX", *arguments, **more)

    def status_json(self, *arguments, status=0):
        return self.bfabric("auth", "status", "--json", *arguments, status=status).json()

    def cache(self, **place):
        return self.home.read_cache(self.server.base_url, **place)

    def assertApart(self, document):
        """The refresh token is there, and in no file of ours."""
        token = document["refresh_token"]
        self.assertEqual(document["version"], 1)
        for name in self.home.files():
            self.assertNotIn(token, (self.home.path / name).read_text(errors="replace"), name)
        self.assertNotIn(token, self.home.config_file.read_text())
        return token


class Chosen(Case):
    def test_a_program(self):
        result = self.login("--store", self.store.path)
        self.assertIn(f"The refresh token is kept in {self.store.path}.", self.words(result))
        self.assertIn(REMARK, self.words(result))
        self.assertIn(f'store: "{self.store.path}"', self.home.config_file.read_text())
        before = self.assertApart(self.store.document("SANDBOX"))
        self.assertEqual(self.status_json()["store"], self.store.path)
        # A fresh token needs no store; a refresh does, and rotates what is in it.
        self.store.calls()
        self.bfabric("token")
        self.assertEqual(self.store.calls(), [])
        self.bfabric("token", "--force-refresh")
        self.assertNotEqual(self.assertApart(self.store.document("SANDBOX")), before)

    def test_it_is_remembered_and_told_once(self):
        self.login("--store", self.store.path)
        config = self.home.config_file.read_bytes()
        before = self.store.document("SANDBOX")["refresh_token"]
        result = self.bfabric("auth", "device-code")
        self.assertNotIn(REMARK, self.words(result))
        self.assertEqual(self.home.config_file.read_bytes(), config)
        self.assertNotEqual(self.store.document("SANDBOX")["refresh_token"], before)

    def test_back_to_files(self):
        self.login("--store", self.store.path)
        result = self.login("--store", "file")
        self.assertNotIn(REMARK, self.words(result))
        self.assertNotIn("warning", self.words(result))
        self.assertIsNone(self.store.document("SANDBOX"))
        self.assertNotIn("store:", self.home.config_file.read_text())
        self.assertIn("refresh_token", self.cache())
        self.bfabric("token", "--force-refresh")

    def test_back_to_files_while_the_program_is_broken(self):
        self.login("--store", self.store.path)
        self.store.fail("get", "store", "erase")
        result = self.login("--store", "file")
        self.assertIn("is still there", self.words(result))
        self.assertIn("refresh_token", self.cache())

    def test_file_writes_nothing(self):
        self.login("--store", "file")
        self.assertNotIn("libbfabric", self.home.config_file.read_text())
        self.assertNotIn("store:", self.home.config_file.read_text())

    def test_gits_own_store(self):
        self.login("--store", GIT_STORE)
        self.assertApart(kept_by_git(self.home)["SANDBOX"])
        asked = self.home.run("git", "-c", "credential.helper=store", "credential", "fill",
                              input=f"protocol=http\nhost={self.server.host}\n\n")
        self.assertNotIn("refresh_token", asked.out + asked.err)
        self.bfabric("token", "--force-refresh")
        self.bfabric("auth", "logout")
        self.assertEqual(kept_by_git(self.home), {})

    def test_a_program_that_may_not_be_run_is_found_before_anything_is_asked(self):
        requests = len(self.server.log())
        os.chmod(self.store.path, 0o775)
        result = self.login("--store", self.store.path, status=6)
        self.assertIn(self.store.path, result.err)
        self.login("--store", str(self.home.path / "missing"), status=6)
        self.assertEqual([line["endpoint"] for line in self.server.log()[requests:]
                          if line["endpoint"] not in ("control", "discovery")], [])
        self.assertFalse(self.home.config_file.exists())

    def test_values(self):
        for value in ("Keyring", "store", "", "relative/path", "/ends/"):
            result = self.bfabric("login", "--store", value, status=2)
            self.assertIn("--store", result.err, value)
        self.assertIn("keyring|file|PROGRAM", self.bfabric("login", "--store", status=2).err)


class Confidential(Case):
    def log_in(self, *arguments):
        login = Login(self.home, "--no-browser", *arguments)
        browser.Browser(self.server).approve(login.url(), follow=True)
        result = login.finish()
        self.assertExit(result, 0)
        self.bfabric("token", "--force-refresh")
        return result

    def test_its_secret_moves_with_the_login(self):
        client = sandbox_client.register(self.server, {
            "client_name": "lab", "redirect_uris": ["http://127.0.0.1:1/callback"],
            "scope": "api:read"}).json()
        secret = client["client_secret"]
        self.home.write_config(self.server.base_url, client_id=client["client_id"],
                               client_secret=f'"{secret}"', auth_method=None, scope="api:read")
        self.log_in("--store", self.store.path)
        self.assertNotIn(secret, self.home.config_file.read_text())
        self.assertEqual(self.store.document("SANDBOX")["client_secret"], secret)
        self.log_in()
        self.assertEqual(self.store.document("SANDBOX")["client_secret"], secret)
        self.log_in("--store", "file")
        self.assertIn(secret, self.home.config_file.read_text())
        self.assertIsNone(self.store.document("SANDBOX"))


class Move(Case):
    def test_there_and_back(self):
        self.login()
        old = self.cache()["refresh_token"]
        result = self.bfabric("auth", "store", self.store.path)
        self.assertIn(f"1 secret of SANDBOX moved to {self.store.path}.", self.words(result))
        self.assertIn("refreshed once", self.words(result))
        self.assertIn(REMARK, self.words(result))
        self.assertNotEqual(self.assertApart(self.store.document("SANDBOX")), old)
        self.assertIn("already", self.bfabric("auth", "store", self.store.path).err)
        result = self.bfabric("auth", "store", "file", "SANDBOX")
        self.assertIn("moved to files", self.words(result))
        self.assertNotIn(REMARK, self.words(result))
        self.assertIsNone(self.store.document("SANDBOX"))
        self.assertIn("refresh_token", self.cache())
        self.bfabric("token", "--force-refresh")

    def test_not_logged_in(self):
        self.home.write_config(self.server.base_url)
        result = self.bfabric("auth", "store", self.store.path)
        self.assertIn("its next login is kept in", self.words(result))
        self.bfabric("auth", "device-code")
        self.assertApart(self.store.document("SANDBOX"))

    def test_a_store_that_fails_changes_nothing(self):
        self.login()
        before = self.home.config_file.read_bytes(), self.cache()
        self.store.fail("store")
        self.bfabric("auth", "store", self.store.path, status=6)
        self.assertEqual((self.home.config_file.read_bytes(), self.cache()), before)
        self.bfabric("token", "--force-refresh")

    def test_a_personal_access_token(self):
        self.home.write_config(self.server.base_url, auth_method="pat", client_id=None,
                               pat="canary-personal-token")
        result = self.bfabric("auth", "store", self.store.path)
        self.assertIn("cannot log in to this environment", self.words(result))
        self.assertNotIn("canary", self.home.config_file.read_text())
        self.assertEqual(self.bfabric("token").out.strip(), "canary-personal-token")
        found = self.status_json()
        self.assertEqual((found["token_state"], found["store"], found["store_state"],
                          found["secret_path"]), ("static", self.store.path, "ready", None))
        self.assertIn("in its store", self.bfabric("auth", "list").out)
        self.bfabric("auth", "store", "file")
        self.assertIn("canary-personal-token", self.home.config_file.read_text())
        self.assertEqual(self.bfabric("token").out.strip(), "canary-personal-token")

    def test_usage(self):
        self.assertIn("say where to", self.bfabric("auth", "store", status=2).err)
        self.home.write_config(self.server.base_url)
        self.assertIn("keyring, file, or", self.bfabric("auth", "store", "SANDBOX", status=2).err)
        self.assertIn("SANDBOX", self.bfabric("auth", "store", "file", "SANDBX", status=2).err)
        self.bfabric("auth", "store", "file", "A", "--env", "B", status=2)
        self.bfabric("auth", "store", "file", status=8,
                     env=self.home.env(BFABRICPY_CONFIG_OVERRIDE="{}"))


class Refresh(Case):
    def test_one(self):
        self.login()
        before = self.cache()["access_token"]
        result = self.bfabric("auth", "refresh")
        self.assertRegex(result.err, r"^bfabric: SANDBOX: refreshed; the token expires 20\d\d-")
        self.assertNotEqual(self.cache()["access_token"], before)
        self.assertEqual(len(self.server.refreshes()), 1)

    def test_what_cannot_be_refreshed(self):
        self.assertIn("bfabric login", self.bfabric("auth", "refresh", status=3).err)
        self.home.write_config(self.server.base_url)
        self.assertIn("bfabric login", self.bfabric("auth", "refresh", status=3).err)
        self.home.write_config(self.server.base_url, auth_method="pat", client_id=None, pat="x" * 20)
        self.assertIn("method pat", self.bfabric("auth", "refresh", status=1).err)

    def test_a_token_that_still_lives_is_no_refresh(self):
        self.login()
        self.server.stop()
        self.assertIn("bfabric doctor", self.bfabric("auth", "refresh", status=5).err)
        self.bfabric("token")

    def test_a_store_that_does_not_answer(self):
        self.login("--store", self.store.path)
        self.store.fail("get")
        for more in ([], ["--all"]):
            result = self.bfabric("auth", "refresh", *more, status=6)
            self.assertIn(self.store.path, result.err)
        self.bfabric("token")  # still good
        self.assertEqual(self.server.refreshes(), [])

    def test_what_another_program_removed(self):
        self.login("--store", self.store.path)
        for path in self.store.folder.glob("*_SANDBOX"):
            path.unlink()
        result = self.bfabric("auth", "refresh", status=6)
        self.assertIn("run: bfabric login --env SANDBOX", result.err)

    def test_all(self):
        """What is not logged in is left out, and one that fails does not stop the others."""
        self.login()
        self.bfabric("auth", "device-code", self.server.base_url, "--scope", "api:read", "--env",
                     "KEPT", "--store", self.store.path)
        with open(self.home.config_file, "a") as file:
            file.write(f"PAT:\n  base_url: {self.server.base_url}\n  auth_method: pat\n"
                       f"  pat: {'x' * 20}\nOUT:\n  base_url: {self.server.base_url}\n"
                       "  auth_method: oauth\n  client_id: CLI\n")
        result = self.bfabric("auth", "refresh", "--all")
        self.assertEqual(len(result.err.splitlines()), 2, result.err)
        self.assertEqual(len(self.server.refreshes()), 2)
        self.store.fail("get")
        result = self.bfabric("auth", "refresh", "--all", status=6)
        self.assertIn("SANDBOX: refreshed", result.err)
        self.assertIn(f"KEPT: {self.store.path}", result.err)
        self.assertIn("1 of 4 environments failed", result.err)
        self.assertEqual(len(self.server.refreshes()), 3)

    def test_all_of_nothing_is_quiet(self):
        for more in ([], ["--pending"]):
            self.assertEqual(self.bfabric("auth", "refresh", "--all", *more).err, "")
        self.home.write_config(self.server.base_url)
        for more in ([], ["--pending"]):
            self.assertEqual(self.bfabric("auth", "refresh", "--all", *more).err, "")
        self.bfabric("auth", "refresh", "--all", "SANDBOX", status=2)

    def test_a_login_that_ended_is_told_once(self):
        self.login()
        self.server.control("revoke-family")
        result = self.bfabric("auth", "refresh", "--all", status=4)
        self.assertIn("run: bfabric login --env SANDBOX", result.err)
        self.assertEqual(self.bfabric("auth", "refresh", "--all").err, "")

    def test_pending_adopts_what_bfabricpy_brought(self):
        self.login("--store", self.store.path)
        reply = self.server.mint(client_id="CLI", scope="api:read")
        self.home.write_cache(self.server.base_url, reply)
        self.assertIn("refresh --pending", self.bfabric("auth", "status").out)
        requests = len(self.server.log("token"))
        result = self.bfabric("auth", "refresh", "--all", "--pending")
        self.assertIn("is where it belongs now", result.err)
        self.assertEqual(self.assertApart(self.store.document("SANDBOX")), reply["refresh_token"])
        self.assertEqual(len(self.server.log("token")), requests)
        self.assertEqual(self.bfabric("auth", "refresh", "--all", "--pending").err, "")

    def test_pending_saves_what_the_store_did_not_take(self):
        self.login("--store", self.store.path)
        self.store.fail("store")
        self.assertIn("warning", self.bfabric("auth", "refresh").err)
        result = self.bfabric("auth", "refresh", "--pending", status=6)
        self.assertEqual(result.err.count("bfabric doctor --env SANDBOX"), 1, result.err)
        self.store.mend()
        result = self.bfabric("auth", "refresh", "--pending")
        self.assertIn("SANDBOX: the login, which had to wait, is where", result.err)
        self.assertApart(self.store.document("SANDBOX"))
        self.bfabric("auth", "refresh")
        self.assertEqual([line["status"] for line in self.server.refreshes()], [200, 200])

    def test_pending_waits_for_the_store(self):
        self.login("--store", self.store.path)
        self.home.write_cache(self.server.base_url,
                              self.server.mint(client_id="CLI", scope="api:read"))
        self.store.fail("store")
        self.bfabric("auth", "refresh", "--all", "--pending", status=6)
        self.store.mend()
        self.bfabric("auth", "refresh", "--all", "--pending")


class Status(Case):
    def expire(self):
        path = self.home.place(self.server.base_url)
        self.home.write(path, json.dumps({**json.loads(path.read_text()),
                                          "expires_at": int(time.time()) - 9}))

    def test_a_program(self):
        self.login("--store", self.store.path)
        found = self.status_json()
        self.assertEqual((found["store"], found["store_state"], found["store_message"],
                          found["usable"]), (self.store.path, "ready", None, True))
        out = self.bfabric("auth", "status").out
        self.assertRegex(out, rf"(?m)^secret in +{self.store.path} \(ready\)$")
        self.assertRegex(out, r"(?m)^bfabricPy +cannot renew it, and sends an expired token")

    def test_a_program_that_may_not_be_run(self):
        self.login("--store", self.store.path)
        os.chmod(self.store.path, 0o775)
        found = self.status_json()  # the token is still good
        self.assertEqual((found["store_state"], found["usable"]), ("unavailable", True))
        self.assertIn(self.store.path, found["store_message"])
        self.expire()
        found = self.status_json(status=6)
        self.assertEqual((found["usable"], found["status"]), (False, "STORE_UNAVAILABLE"))
        self.assertIn(self.store.path, found["message"])

    def test_files(self):
        self.login()
        found = self.status_json()
        self.assertEqual((found["store"], found["store_state"], found["store_message"]),
                         ("file", None, None))
        self.bfabric("auth", "logout")
        self.assertNotIn("secret in", self.bfabric("auth", "status", status=3).out)

    def test_a_personal_access_token(self):
        """Whether it is there, only the store knows."""
        self.home.write_config(self.server.base_url, auth_method="pat", client_id=None,
                               own={"store": self.store.path})
        found = self.status_json(status=3)
        self.assertEqual((found["usable"], found["status"], found["token_state"]),
                         (False, "NOT_LOGGED_IN", "none"))
        self.home.run("bfabric", "auth", "pat", "--pat-file", "-", input="canary-personal-token")
        self.assertEqual(self.status_json()["token_state"], "static")
        os.chmod(self.store.path, 0o775)
        result = self.bfabric("auth", "status", status=6)
        self.assertEqual((result.out + result.err).count("other users can write"), 1, repr(result))

    def test_what_another_program_removed(self):
        self.login("--store", self.store.path)
        for path in self.store.folder.glob("*_SANDBOX"):
            path.unlink()
        self.assertIn("has nothing for SANDBOX any more", self.bfabric("auth", "status").out)
        self.expire()
        self.assertEqual(self.status_json(status=6)["status"], "STORE_UNAVAILABLE")

    def test_list_asks_no_store(self):
        self.login("--store", self.store.path)
        self.store.calls()
        found = self.bfabric("auth", "list", "--json").json()["environments"][0]
        self.assertEqual((found["store"], found["store_state"]), (self.store.path, None))
        self.assertEqual(self.store.calls(), [])


class Screens(Case):
    def test_everything_fits(self):
        for columns in (40, 80):
            self.login("--store", "file")
            for arguments in (["auth", "store", self.store.path], ["auth", "refresh"],
                              ["auth", "unlock"], ["auth", "store", "file"]):
                with Terminal(self.home.command("bfabric", *arguments), self.home.env(),
                              columns=columns, cwd=self.home.home) as terminal:
                    self.assertEqual(terminal.status(), 0, terminal.text)
                for line in terminal.text.splitlines():
                    if not line.startswith("bfabric: "):  # lines of these are found by programs
                        self.assertTrue(len(line) <= columns or len(line.split()) <= 2, line)


if __name__ == "__main__":
    harness.main()
