# SPDX-License-Identifier: MIT
"""auth register: what the server says once is kept."""
import json
import os
import re
import subprocess

import harness
from client_case import SECRETS, URI, Case, keys
from sandbox_client import DEVICE_GRANT, Sandbox, basic, manage, token, whoami


class Register(Case):
    def test_service(self):
        before = self.home.config_file.read_text()
        result = self.ready()
        self.assertIn("client_credentials", result.err)
        has = keys(self.home, "BOT")
        self.assertEqual(set(has), {"base_url", "auth_method", "client_id", *SECRETS,
                                    "registration_client_uri"})
        self.assertEqual((has["base_url"], has["auth_method"]),
                         (self.server.base_url, "client_credentials"))
        self.assertTrue(self.home.config_file.read_text().startswith(before))
        self.assertIn(f"client_id: {has['client_id']}\n", result.out)
        self.assertEqual(self.works()["service_user_login"], "robot7")
        self.assertEqual(self.home.config_file.stat().st_mode & 0o777, 0o600)
        self.assertEqual(self.rescues(), [])
        got = self.home.run("bfabric", "token", "--env", "BOT")
        self.assertExit(got, 0)
        self.assertEqual(whoami(self.server, got.out.strip()).json()["sub"], "robot7")
        self.assertIn("default_config: SANDBOX", self.home.config_file.read_text())
        asked = [line["endpoint"] for line in self.server.log()]
        self.assertEqual(asked.count("register"), 1)

    def test_person(self):
        """Without auth_method: bfabricPy would lose the secrets of an update otherwise."""
        self.ready("WEB", service=None)
        has = keys(self.home, "WEB")
        self.assertEqual(set(has), {"base_url", "client_id", *SECRETS, "registration_client_uri"})
        status = self.home.run("bfabric", "auth", "status", "--json", "--env", "WEB").json()
        self.assertEqual(status["auth_method"], "oauth")
        self.assertNotIn("client_credentials", self.works("WEB")["grant_types"])

    def test_a_login_keeps_what_manages_the_client(self):
        self.ready("WEB", "--grant-types", DEVICE_GRANT, "--grant-types", "refresh_token",
                   service=None)
        before = keys(self.home, "WEB")
        self.server.control("set", auto_approve=0)
        result = self.run_auth("device-code", "--env", "WEB", "--scope", "api:read")
        now = keys(self.home, "WEB")
        self.assertEqual({**now, "scope": None}, {**before, "scope": None}, repr(result))

    def test_what_is_asked_for(self):
        self.ready("BOT", "--scope", "api:read", "--grant-types", "client_credentials",
                   "--grant-types", "refresh_token")
        got = self.works()
        self.assertEqual((got["client_name"], got["scope"], got["redirect_uris"]),
                         ("nightly", "api:read", [URI]))
        self.assertEqual(set(got["grant_types"]), {"client_credentials", "refresh_token"})

    def test_existing_environment(self):
        self.ready()
        before = self.home.config_file.read_bytes()
        self.failed(self.register(), 8, "exists already", "--force")
        self.assertEqual(self.home.config_file.read_bytes(), before)
        self.assertEqual(len(self.server.log("register")), 1)
        first = keys(self.home, "BOT")
        self.ready("BOT", "--force")
        self.assertNotEqual(keys(self.home, "BOT")["client_id"], first["client_id"])
        self.works()

    def test_secret_file(self):
        file = self.home.home / "app.secret"
        arguments = ("register", "app", URI, "--no-service-user", "--secret-file", file)
        result = self.run_auth(*arguments)
        self.assertExit(result, 0)
        secret = file.read_text().strip()
        self.assertEqual(file.stat().st_mode & 0o777, 0o600)
        self.assertNotIn(secret, result.out + result.err)
        client = re.search(r"^client_id: (\S+)$", result.out, re.M).group(1)
        got = token(self.server, {"Authorization": basic(client, secret)},
                    grant_type="client_credentials").json()
        self.assertEqual(got["error"], "unauthorized_client")  # and not invalid_client
        self.assertEqual(self.rescues(), [])
        self.failed(self.run_auth(*arguments), 8, "exists already")
        self.assertEqual(file.read_text().strip(), secret)
        self.assertExit(self.run_auth(*arguments, "--force"), 0)
        self.assertNotEqual(file.read_text().strip(), secret)

    def test_show_secret(self):
        result = self.run_auth("register", "app", URI, "--service-user", "robot7",
                               "--show-secret", "--json")
        self.assertExit(result, 0)
        answer = json.loads(result.out)
        self.assertEqual((answer["version"], answer["environment"]), (1, None))
        self.assertEqual(manage(self.server, "GET", answer["client"]).status, 200)
        self.assertNotIn(answer["client"]["client_secret"], result.err)
        plain = self.run_auth("register", "app", URI, "--no-service-user", "--show-secret")
        self.assertRegex(plain.out, r"(?m)^client_secret: \S+$")

    def test_stdout_is_gone(self):
        with open("/dev/full", "w") as full:
            process = subprocess.run(
                [self.home.bin / "bfabric", "auth", "register", "app", URI, "--no-service-user",
                 "--show-secret"], env=self.home.env(), stdout=full, stderr=subprocess.PIPE,
                cwd=self.home.home)
        self.assertEqual(process.returncode, 1)
        kept = re.search(r"kept in (\S+?):", process.stderr.decode()).group(1)
        reply = json.loads(open(kept).read().split("\n", 1)[1])
        self.assertEqual(manage(self.server, "GET", reply).status, 200)
        self.assertEqual(os.stat(kept).st_mode & 0o777, 0o600)
        again = self.run_auth("register", "app", URI, "--no-service-user", "--show-secret")
        self.failed(again, 8, kept)

    def test_whose_token(self):
        for arguments, said in ((("--token", "abc"), "--token-file"),
                                (("--token=abc",), "--token-file")):
            result = self.register("BOT", *arguments)
            self.failed(result, 2, said)
            self.assertNotIn("abc", result.err)
        employee = self.server.mint(scope="api:write", user="employee")["access_token"]
        file = self.home.write("employee.token", employee + "\n")
        place = self.home.place(self.server.base_url)
        place.unlink()
        self.failed(self.register(), 3, "run: bfabric")
        self.ready("BOT", "--token-file", file)
        self.home.config_file.unlink()
        base = ("register", "nightly", URI, self.server.base_url, "--service-user", "robot7",
                "--save-env", "BOT")
        self.failed(self.run_auth(*base), 2, "--token-file")
        result = self.run_auth(*base, "--token-file", "-", input=employee.encode())
        self.assertExit(result, 0)
        self.works()
        self.assertNotIn(employee, result.out + result.err)

    def test_token_stays_with_its_server(self):
        with Sandbox() as other:
            result = self.run_auth("register", "x", URI, other.base_url, "--env", "SANDBOX",
                                   "--no-service-user", "--show-secret")
            self.failed(result, 8, "not sent")
            self.assertEqual(other.log("register"), [])

    def test_nothing_is_asked_that_could_not_be_kept(self):
        for arguments, status, said in (
                ((), 2, "say where it goes"),
                (("--save-env", "BOT", "--secret-file", "x"), 2, "leave --secret-file out"),
                (("--secret-file", "-"), 2, "--show-secret"),
                (("--save-env", "GENERAL"), 2, "GENERAL"),
                (("--save-env", "BOT", "--scope", "a\nb"), 2, "scope"),
                (("--secret-file", "/nonexistent/x"), 1, "/nonexistent/x")):
            with self.subTest(arguments):
                result = self.run_auth("register", "x", URI, "--no-service-user", *arguments)
                self.failed(result, status, said)
        self.failed(self.run_auth("register", "x", URI, "--save-env", "B"), 2, "--service-user")
        self.failed(self.run_auth("register", "x", "--save-env", "B"), 2, "redirect URI")
        env = self.home.env(BFABRICPY_CONFIG_OVERRIDE="{}")
        self.failed(self.register(env=env), 8, "BFABRICPY_CONFIG_OVERRIDE")
        self.home.write_config(text=self.home.config_file.read_text() + "A: [\n")
        self.failed(self.register(), 1)
        self.assertEqual(self.server.log("register"), [])

    def test_refusals(self):
        for word, status, said in (("invalid_redirect_uri", 4, "invalid_redirect_uri"),
                                   ("invalid_client_metadata", 4, "invalid_client_metadata"),
                                   ("forbidden", 8, "access_denied"), ("absent", 5, "404")):
            with self.subTest(word):
                self.server.control("set", registration=word)
                before = self.home.config_file.read_bytes()
                self.failed(self.register(), status, said)
                self.assertEqual(self.home.config_file.read_bytes(), before)
                self.assertEqual(self.rescues(), [])
        self.server.control("set", registration="managed", register_scope="employee")
        self.failed(self.register(), 8, "insufficient_scope")

    def test_unmanaged(self):
        self.server.control("set", registration="unmanaged")
        self.assertIn("can be changed in B-Fabric only", self.ready().said)
        self.assertNotIn("registration_access_token", keys(self.home, "BOT"))
        for verb, more in (("client-show", ()), ("client-update", ("--name", "x")),
                           ("client-delete", ("--no-confirm",))):
            self.failed(self.run_auth(verb, "--env", "BOT", *more), 1,
                        "registration_access_token")
        self.assertExit(self.home.run("bfabric", "token", "--env", "BOT"), 0)

    def test_foreign_management(self):
        self.server.control("set", registration_foreign_uri="on")
        result = self.ready()
        self.assertIn("leads away", result.said)
        self.assertNotIn("somebody-else", self.home.config_file.read_text())
        self.assertExit(self.home.run("bfabric", "token", "--env", "BOT"), 0)


if __name__ == "__main__":
    harness.main()
