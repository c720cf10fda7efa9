# SPDX-License-Identifier: MIT
"""auth client-show, client-update, client-delete: the secrets survive whatever happens."""
import hashlib
import json
import re
import signal
import time

import harness
from client_case import SECRETS, URI, Case, keys
from sandbox_client import Sandbox, manage, register
from terminal import Terminal


class Manage(Case):
    def setUp(self):
        super().setUp()
        self.ready()

    def test_show(self):
        before = self.home.config_file.read_bytes()
        result = self.run_auth("client-show", "--env", "BOT")
        self.assertExit(result, 0)
        self.assertIn("client_name: nightly\n", result.out)
        self.assertIn(f"redirect_uris: {URI}\n", result.out)
        answer = self.run_auth("client-show", "--config-env", "BOT", "--json").json()
        self.assertEqual((answer["version"], answer["environment"]), (1, "BOT"))
        self.assertFalse(set(SECRETS) & set(answer["client"]))
        self.assertEqual(self.home.config_file.read_bytes(), before)
        self.assertEqual(self.rescues(), [])

    def test_update_again_and_again(self):
        seen = {keys(self.home, "BOT")[key] for key in SECRETS}
        for n, change in enumerate((("--name", "new"), ("--scope", "api:read"),
                                    ("--redirect-uri", "https://a.example/", "--redirect-uri",
                                     "https://b.example/"))):
            result = self.run_auth("client-update", "--env", "BOT", *change)
            self.assertExit(result, 0)
            got = self.works()
            now = {keys(self.home, "BOT")[key] for key in SECRETS}
            self.assertEqual(len(now - seen), 2)
            seen |= now
        self.assertEqual((got["client_name"], got["scope"], got["redirect_uris"],
                          got["service_user_login"]),
                         ("new", "api:read", ["https://a.example/", "https://b.example/"],
                          "robot7"))
        self.assertEqual(self.rescues(), [])
        self.assertExit(self.home.run("bfabric", "token", "--env", "BOT", "--force-refresh"), 0)
        self.failed(self.run_auth("client-update", "--env", "BOT"), 2, "nothing to change")
        asked = [line["method"] for line in self.server.log("register_client")]
        self.assertEqual(asked.count("PUT"), 3)

    def test_secret_that_stays(self):
        self.server.control("set", registration_keeps_secret="on")
        before = keys(self.home, "BOT")
        result = self.run_auth("client-update", "--env", "BOT", "--name", "x")
        self.assertIn("stays as it was", result.said)
        now = keys(self.home, "BOT")
        self.assertEqual(before["client_secret"], now["client_secret"])
        self.assertNotEqual(before["registration_access_token"], now["registration_access_token"])

    def test_secret_in_a_file(self):
        text, has = self.home.config_file.read_text(), keys(self.home, "BOT")
        file = self.home.write("bot.secret", has["client_secret"] + "\n")
        text = re.sub(r"(?m)^  client_secret: .*\n", "", text)
        self.home.write_config(text=text.rstrip("\n")
                               + f"\n  libbfabric:\n    client_secret_file: {file}\n")
        self.assertExit(self.run_auth("client-update", "--env", "BOT", "--name", "x"), 0)
        self.assertNotEqual(file.read_text().strip(), has["client_secret"])
        self.assertNotIn("client_secret", keys(self.home, "BOT"))
        self.assertEqual(manage(self.server, "GET", keys(self.home, "BOT")).json()
                         ["client_secret"], file.read_text().strip())
        self.assertExit(self.home.run("bfabric", "token", "--env", "BOT", "--force-refresh"), 0)

    def test_refused_change(self):
        before = self.home.config_file.read_bytes()
        result = self.run_auth("client-update", "--env", "BOT", "--redirect-uri",
                               "http://evil.example/")
        self.failed(result, 4, "invalid_redirect_uri")
        self.assertEqual(self.home.config_file.read_bytes(), before)
        self.assertEqual(self.rescues(), [])
        self.works()

    def test_foreign_management_in_an_update(self):
        """The token is new, the address is refused: the one that is known stays."""
        before = keys(self.home, "BOT")
        self.server.control("set", registration_foreign_uri="on")
        result = self.run_auth("client-update", "--env", "BOT", "--name", "x")
        self.assertExit(result, 0)
        self.assertIn("leads away", result.said)
        now = keys(self.home, "BOT")
        self.assertEqual(before["registration_client_uri"], now["registration_client_uri"])
        self.assertNotEqual(before["registration_access_token"], now["registration_access_token"])
        self.works()

    def test_token_goes_nowhere_else(self):
        with Sandbox() as other:
            text = self.home.config_file.read_text()
            for url in (other.base_url + "/rest/oauth/register/x", "https://evil.example/x",
                        "nonsense", self.server.base_url.replace("/bfabric", "@evil.example/")):
                self.home.write_config(text=re.sub(
                    r"(?m)^(  registration_client_uri: ).*$", rf"\g<1>{url}", text))
                self.failed(self.run_auth("client-show", "--env", "BOT"), 1,
                            "registration_client_uri")
            self.assertEqual(other.log("register_client"), [])
        self.assertEqual(self.server.log("register_client"), [])

    def test_void_token(self):
        """Somebody updated without keeping what the server said."""
        manage(self.server, "PUT", keys(self.home, "BOT"),
               {"client_id": keys(self.home, "BOT")["client_id"], "client_name": "x",
                "redirect_uris": [URI], "service_user_login": "robot7"})
        self.failed(self.run_auth("client-show", "--env", "BOT"), 4, "is not valid")
        self.assertEqual(self.rescues(), [])

    def test_configuration_that_cannot_be_written(self):
        base = "BOT: {base_url: %s, auth_method: client_credentials, client_id: %s, " \
               "client_secret: %s, registration_access_token: %s, registration_client_uri: %s}\n"
        has = keys(self.home, "BOT")
        alias = "x: &a {base_url: %s}\nBOT:\n  <<: *a\n" % has["base_url"] + "".join(
            f"  {key}: {value}\n" for key, value in has.items() if key != "base_url")
        self.home.write_config(text=alias)
        asked = len(self.server.log("register_client"))
        result = self.run_auth("client-update", "--env", "BOT", "--name", "x")
        if result.status:  # nothing was asked then
            self.assertEqual(len(self.server.log("register_client")), asked)
        self.home.write_config(text=base % tuple(has[k] for k in (
            "base_url", "client_id", "client_secret", "registration_access_token",
            "registration_client_uri")))
        env = self.home.env(BFABRICPY_CONFIG_OVERRIDE="{}")
        for verb, more in (("client-show", ()), ("client-update", ("--name", "x")),
                           ("client-delete", ("--no-confirm",))):
            self.failed(self.run_auth(verb, "--env", "BOT", *more, env=env), 8, "OVERRIDE")

    def test_at_the_same_time(self):
        before = keys(self.home, "BOT")
        running = [self.home.start("bfabric", "auth", "client-update", "--env", "BOT", "--name",
                                   f"n{n}") for n in range(6)]
        for process in running:
            self.assertExit(harness.finish(process), 0)
        self.works()
        self.assertNotEqual(before["client_secret"], keys(self.home, "BOT")["client_secret"])
        outcomes = [line["outcome"] for line in self.server.log("register_client")]
        self.assertNotIn("invalid_token", outcomes)
        self.assertEqual(self.rescues(), [])

    def test_other_file(self):
        other = self.home.write("other.yml", self.home.config_file.read_text())
        self.assertExit(self.run_auth("client-update", "-f", "other.yml", "--env", "BOT", "--name",
                                      "x"), 0)
        got = manage(self.server, "GET", keys(self.home, "BOT", other))
        self.assertEqual(got.status, 200)


class Delete(Case):
    def setUp(self):
        super().setUp()
        self.ready()

    def gone(self):
        self.assertEqual(keys(self.home, "BOT"), {"base_url": self.server.base_url})
        self.assertEqual(self.rescues(), [])
        left = [n for n in self.home.files() if "/tokens/" in n]
        self.assertFalse([n for n in left if n.endswith((".json", ".session"))
                          and self.home.place(self.server.base_url).stem not in n])
        self.assertExit(self.home.run("bfabric", "token"), 0)

    def test_delete(self):
        self.assertExit(self.home.run("bfabric", "token", "--env", "BOT"), 0)
        has = keys(self.home, "BOT")
        self.failed(self.run_auth("client-delete", "--env", "BOT"), 2, "--no-confirm")
        self.works()
        asked = len(self.server.log("revoke"))
        result = self.run_auth("client-delete", "--env", "BOT", "--no-confirm")
        self.assertExit(result, 0)
        self.assertIn("BOT", result.err)
        self.gone()
        self.assertEqual(len(self.server.log("revoke")), asked)
        self.assertEqual(manage(self.server, "GET", has).status, 401)
        self.assertNotEqual(self.home.run("bfabric", "token", "--env", "BOT").status, 0)
        self.failed(self.run_auth("client-delete", "--env", "BOT", "--no-confirm"), 1)
        self.ready("BOT", "--force")
        self.works()

    def test_asks_first(self):
        for answer, status in (("n", 130), ("y", 0)):
            with Terminal(self.home.command("bfabric", "auth", "client-delete", "--env", "BOT"),
                          self.home.env()) as terminal:
                terminal.expect(r"\[y/N\]")
                terminal.type(answer + "\n")
                self.assertEqual(terminal.status(), status)
        self.gone()


class Interrupted(Case):
    """Between the reply and the configuration."""

    def setUp(self):
        super().setUp()
        self.ready()

    def rescue_of(self, name, kind, reply, before=None):
        """The file that a killed run leaves."""
        def digest(text):
            return hashlib.sha256((text or "").encode()).hexdigest()
        has = before or {}
        head = {"version": 1, "kind": kind, "environment": name, "base_url": self.server.base_url,
                "service": True, "token": digest(has.get("registration_access_token")),
                "secret": digest(has.get("client_secret"))}
        stem = digest(f"{self.home.config_file}\0{name}")[:16]
        return self.home.write(f".bfabric/{stem}.registration",
                               json.dumps(head) + "\n" + json.dumps(reply))

    def test_update(self):
        has = keys(self.home, "BOT")
        reply = manage(self.server, "PUT", has, {
            "client_id": has["client_id"], "client_name": "by a killed run",
            "redirect_uris": [URI], "service_user_login": "robot7"}).json()
        self.rescue_of("BOT", "change", reply, has)
        result = self.run_auth("client-show", "--env", "BOT")
        self.assertExit(result, 0)
        self.assertIn("interrupted", result.said)
        self.assertIn("by a killed run", result.out)
        self.works()
        self.assertEqual(self.rescues(), [])

    def test_the_way_out_is_told(self):
        """Until it is finished the configuration's secret is void."""
        has = keys(self.home, "BOT")
        reply = manage(self.server, "PUT", has, {
            "client_id": has["client_id"], "client_name": "by a killed run",
            "redirect_uris": [URI], "service_user_login": "robot7"}).json()
        path = self.rescue_of("BOT", "change", reply, has)
        way_out = "bfabric auth client-show --env BOT"
        self.failed(self.home.run("bfabric", "token", "--env", "BOT"), 4, str(path), way_out)
        status = self.home.run("bfabric", "auth", "status", "--json", "--env", "BOT")
        self.assertEqual([str(path) in one and way_out in one
                          for one in status.json()["warnings"]], [True])
        doctor = self.home.run("bfabric", "doctor", "--json", "--offline", "--env", "BOT")
        self.assertEqual([one["result"] for one in doctor.json()["findings"]
                          if way_out in one["text"]], ["warning"])
        self.assertTrue(path.exists())
        self.assertExit(self.home.run(*way_out.split()), 0)
        self.assertExit(self.home.run("bfabric", "token", "--env", "BOT"), 0)
        self.assertNotIn("interrupted", self.run_auth("status", "--env", "BOT").out)

    def test_one_that_is_not_finished_yet_is_only_looked_at(self):
        has = keys(self.home, "BOT")
        path = self.rescue_of("BOT", "delete", "", has)
        self.assertIn("client-delete --env BOT", self.run_auth("status", "--env", "BOT").out)
        half = path.rename(path.with_name(path.name + ".tmp"))
        self.assertNotIn("interrupted", self.run_auth("status", "--env", "BOT").out)
        self.assertTrue(half.exists())
        half.rename(path)
        path.write_text("nonsense")
        self.assertIn(str(path), self.run_auth("status", "--env", "BOT").out)
        path.unlink()
        new = self.rescue_of("NEW", "register", {})
        doctor = self.home.run("bfabric", "doctor", "--offline", "--env", "NEW")
        self.assertIn("client-show --env NEW", " ".join(doctor.out.split()))
        self.assertTrue(new.exists())
        self.rescue_of(" https://b.lab.org/ web", "register", {})
        said = " ".join(self.home.run("bfabric", "doctor", "--offline").out.split())
        self.assertIn("the client of NEW in", said)
        self.assertIn("from an interrupted registration, are in", said)

    def test_registration(self):
        reply = register(self.server, {"client_name": "lost", "redirect_uris": [URI],
                                       "service_user_login": "robot7"}).json()
        self.rescue_of("NEW", "register", reply)
        self.failed(self.register("NEW"), 8, "interrupted run was finished")
        self.works("NEW")
        self.assertExit(self.home.run("bfabric", "token", "--env", "NEW"), 0)
        self.assertEqual(self.rescues(), [])

    def test_registration_taken_up_by_another_verb(self):
        reply = register(self.server, {"client_name": "lost", "redirect_uris": [URI],
                                       "service_user_login": "robot7"}).json()
        self.rescue_of("NEW", "register", reply)
        self.assertExit(self.run_auth("client-show", "--env", "NEW"), 0)

    def test_out_of_date(self):
        """Somebody wrote other secrets since."""
        has = keys(self.home, "BOT")
        self.rescue_of("BOT", "change", {**has, "client_secret": "old", "registration_access_token":
                                         "older"}, {"registration_access_token": "oldest"})
        result = self.run_auth("client-show", "--env", "BOT")
        self.assertExit(result, 0)
        self.assertIn("out of date", result.said)
        self.assertEqual(keys(self.home, "BOT"), has)
        self.assertEqual(self.rescues(), [])

    def test_garbage(self):
        for content in ("", "{}\n{}", "nonsense", "\0\1\2"):
            path = self.rescue_of("BOT", "change", {}, keys(self.home, "BOT"))
            path.write_text(content)
            self.failed(self.run_auth("client-show", "--env", "BOT"), 1, str(path))
            self.assertTrue(path.exists())
        self.rescue_of("BOT", "change", {"hello": 1}, keys(self.home, "BOT"))
        self.failed(self.run_auth("client-show", "--env", "BOT"), 1, str(path))
        path.unlink()
        self.assertExit(self.run_auth("client-show", "--env", "BOT"), 0)

    def test_deleted_and_not_noticed(self):
        has = keys(self.home, "BOT")
        self.assertEqual(manage(self.server, "DELETE", has).status, 204)
        self.failed(self.run_auth("client-delete", "--env", "BOT", "--no-confirm"), 4)
        self.rescue_of("BOT", "delete", "", has)
        self.assertExit(self.run_auth("client-delete", "--env", "BOT", "--no-confirm"), 0)
        self.assertEqual(keys(self.home, "BOT"), {"base_url": self.server.base_url})

    def test_killed_while_writing_the_rescue_file(self):
        has = keys(self.home, "BOT")
        reply = manage(self.server, "PUT", has, {
            "client_id": has["client_id"], "client_name": "half written",
            "redirect_uris": [URI], "service_user_login": "robot7"}).json()
        path = self.rescue_of("BOT", "change", reply, has)
        whole = path.read_bytes()
        half = path.rename(path.with_name(path.name + ".tmp"))
        half.write_bytes(whole[:-9] + b"\0" * 4000)  # nothing to be done: void
        self.failed(self.run_auth("client-show", "--env", "BOT"), 4)
        half.write_bytes(whole + b"\0" * 4000)
        half.chmod(0o600)
        self.assertExit(self.run_auth("client-show", "--env", "BOT"), 0)
        self.works()
        self.assertEqual(self.rescues(), [])

    def test_not_deleted(self):
        self.rescue_of("BOT", "delete", "", keys(self.home, "BOT"))
        self.assertExit(self.run_auth("client-show", "--env", "BOT"), 0)
        self.assertEqual(self.rescues(), [])

    def test_killed_at_any_moment(self):
        """SIGKILL: what the server said, and had arrived, is not lost."""
        lost, rounds = 0, 24
        for n in range(rounds):
            before = len(self.server.log("register_client", outcome="updated"))
            process = self.home.start("bfabric", "auth", "client-update", "--env", "BOT", "--name",
                                      f"n{n}")
            time.sleep(0.002 * n)
            process.kill()
            harness.finish(process)
            result = self.run_auth("client-show", "--env", "BOT")
            if result.status == 4:  # the reply was still on its way
                self.assertGreater(len(self.server.log("register_client", outcome="updated")), before)
                lost += 1
                self.ready("BOT", "--force")
                continue
            self.assertExit(result, 0)
            self.works()
            self.assertEqual(self.rescues(), [])
        # How often depends on the machine; where it dies in each round, it would be all of them.
        self.assertLess(lost, rounds // 2)

    def test_interrupt_waits(self):
        """SIGINT and SIGTERM wait until everything is saved."""
        for n, number in enumerate((signal.SIGINT, signal.SIGTERM, signal.SIGHUP) * 3):
            process = self.home.start("bfabric", "auth", "client-update", "--env", "BOT", "--name",
                                      f"n{n}")
            time.sleep(0.01 + 0.004 * n)
            process.send_signal(number)
            harness.finish(process)
            self.works()
            self.assertEqual(self.rescues(), [])


if __name__ == "__main__":
    harness.main()
