# SPDX-License-Identifier: MIT
"""pam-store: what the PAM module has done as the user whom it let in."""
import json
import os
import re
import shutil
import signal
import time
import unittest

import bfabricpy
import harness
from herd import LockHolder
from pam_store_case import ROOT, STRANGER, USER, Mute, PamStoreCase, owned_by
from scene import at
from store_program import StoreProgram
from test_crash import KILLAT, moments

STRACE = shutil.which("strace")


class Adopt(PamStoreCase):
    def test_tools_find_the_login(self):
        reply = self.mint()
        told = self.answer("adopt", reply)
        self.assertEqual(told, {"status": "OK", "stored": "yes", "name": told["name"]})
        self.assertTrue(told["name"])
        self.assertPrivate(self.place(".json"), self.place(".session"), self.home.config_file)
        self.assertEqual(self.token(), reply["access_token"])
        host = self.server.base_url.split("/")[2]
        got = self.as_user("git-credential-bfabric", "get",
                           input=f"protocol=http\nhost={host}\n\n")
        self.assertEqual(got.fields()["password"], reply["access_token"])
        self.assertEqual(self.server.log("token"), [])
        self.assertEqual(self.rescues(), [])
        status = self.bfabric("auth", "status", "--json").json()
        self.assertEqual((status["environment"], status["subject"]),
                         (self.home.environment, told["name"]))

    def test_it_is_refreshed_like_any_other(self):
        reply = self.mint()
        self.answer("adopt", reply)
        self.expire()
        self.assertNotEqual(self.token(), reply["access_token"])
        self.assertEqual([line["status"] for line in self.server.refreshes()], [200])

    @bfabricpy.needed
    def test_bfabricpy_finds_it(self):
        reply = self.mint()
        self.answer("adopt", reply)
        owned_by(self.home.path, os.geteuid())
        result = bfabricpy.run(self.home, bfabricpy.PRINT_TOKEN)
        self.assertExit(result, 0)
        self.assertEqual(result.out.strip(), reply["access_token"])

    def test_entry_says_all_of_the_request(self):
        self.answer("adopt", self.mint(), ca_file="/etc/lab/ca.pem",
                    proxy="http://proxy.lab.example:3128")
        text = self.home.config_file.read_text()
        for words in ("ca_file: /etc/lab/ca.pem", "proxy: http://proxy.lab.example:3128",
                      f"base_url: {self.server.base_url}", "auth_method: oauth"):
            self.assertIn(words, text.replace('"', ""))

    def test_own_configuration_stays(self):
        own = "# mine\nOTHER:\n  base_url: https://other.example.org/bfabric/\n"
        self.home.write_config(text=own)
        owned_by(self.home.path)
        self.answer("adopt", self.mint())
        self.assertTrue(self.home.config_file.read_text().startswith(own))
        before = self.home.config_file.read_bytes()
        self.answer("adopt", self.mint())
        self.assertEqual(self.home.config_file.read_bytes(), before)

    def test_name_that_means_another_login(self):
        """The user's own choice: not touched, and what came is given back."""
        others = {"another server": {"base_url": "https://other.example.org/bfabric/"},
                  "another client": {"base_url": self.server.base_url, "client_id": "MINE"},
                  "another method": {"base_url": self.server.base_url, "auth_method": "pat",
                                     "pat": "bfp_0123456789", "client_id": None}}
        for what, keys in others.items():
            with self.subTest(what):
                self.home.write_config(**keys)
                owned_by(self.home.path)
                before = self.home.config_file.read_bytes()
                for operation in ("valid", "refresh", "adopt"):
                    reply = self.mint() if operation == "adopt" else None
                    result = self.ask(operation, reply)
                    self.assertExit(result, 8)
                    self.assertEqual(result.fields()["status"], "FORBIDDEN")
                    self.assertIn(self.home.environment, result.fields()["message"])
                self.assertEqual(self.revoked().pop(0), True)
                self.assertEqual(self.home.config_file.read_bytes(), before)
                self.assertEqual(self.home.files(), [])

    def test_login_of_another_person(self):
        first = self.mint(user="alice")
        self.answer("adopt", first)
        result = self.ask("adopt", self.mint(user="bob"))
        self.assertExit(result, 8)
        self.assertEqual(result.fields()["status"], "FORBIDDEN")
        self.assertEqual(self.token(), first["access_token"])
        self.assertEqual(self.revoked(), [True, False])

    def test_requests_that_are_none(self):
        secret = {"access_token": "a-token-of-its-own\x01", "token_type": "Bearer"}
        for what, text in {
                "empty": "\n", "no end": "operation=valid",
                "no operation": self.request("nothing"),
                "no environment": self.request("valid", env=None),
                "no client": self.request("valid", client_id=None),
                "no server": self.request("valid", base_url=None),
                "no token": self.request("adopt"),
                "no reply": self.request("adopt", token="surprise"),
                "no access token": self.request("adopt", {"token_type": "Bearer"}),
                "unclean": self.request("adopt", secret),
                "no kv": "operation\n\n"}.items():
            with self.subTest(what):
                result = self.as_user(self.programs / "bfabric-full", "pam-store", input=text)
                self.assertExit(result, 2)
                self.assertEqual(result.fields()["status"], "BAD_CALL", repr(result))
                self.assertNotIn("a-token-of-its-own", result.out + result.err)
                self.assertNotIn("surprise", result.out + result.err)
        self.assertEqual(self.home.files(), [])

    def test_hidden(self):
        for arguments in (("--help",), ("help",), ("pam-stor",)):
            result = self.bfabric(*arguments)
            self.assertNotIn("pam-store", result.out + result.err)

    def test_environment_of_the_user_does_not_count(self):
        """It may come from ~/.pam_environment."""
        other = {"SANDBOX": {"base_url": "http://127.0.0.1:1/bfabric"}}
        env = self.env(http_proxy="http://127.0.0.1:1", ALL_PROXY="http://127.0.0.1:1",
                       BFABRICPY_CONFIG_OVERRIDE=json.dumps(other), BFABRICPY_CONFIG_ENV="OTHER",
                       BFABRIC_TRACE="1", SSLKEYLOGFILE=str(self.home.home / "keys"))
        self.answer("adopt", self.mint(), env=env)
        self.expire()
        self.answer("refresh", env=env)
        self.assertEqual([line["status"] for line in self.server.refreshes()], [200])
        self.assertFalse((self.home.home / "keys").exists())


class Refresh(PamStoreCase):
    def test_valid_needs_no_network(self):
        self.assertEqual(self.answer("valid"), {"status": "OK", "valid": "no"})
        self.assertEqual(self.home.files(), [])
        name = self.answer("adopt", self.mint())["name"]
        self.server.stop()
        self.assertEqual(self.answer("valid"), {"status": "OK", "name": name, "valid": "yes"})
        self.expire()
        self.assertEqual(self.answer("valid")["valid"], "yes")  # it can be refreshed

    def test_only_what_is_due(self):
        self.assertEqual(self.ask("refresh").fields()["status"], "NOT_LOGGED_IN")
        self.assertEqual(self.home.files(), [])
        name = self.answer("adopt", self.mint())["name"]
        for due in (False, True, False):
            if due:
                self.expire()
            self.assertEqual(self.answer("refresh"),
                             {"status": "OK", "name": name, "valid": "yes"})
        self.assertEqual(len(self.server.refreshes()), 1)

    def test_lapsed(self):
        self.answer("adopt", self.mint())
        self.expire()
        self.server.control("fault", endpoint="token", kind="invalid_grant", count="9")
        result = self.ask("refresh")
        self.assertExit(result, 4)
        self.assertEqual(result.fields()["status"], "LOGIN_REQUIRED")
        self.assertEqual(self.answer("valid")["valid"], "no")

    def test_entry_that_is_missing_is_written(self):
        self.answer("adopt", self.mint())
        self.home.config_file.unlink()
        self.answer("refresh")
        self.assertTrue(self.token())

    def test_server_that_is_away(self):
        self.answer("adopt", self.mint())
        self.expire()
        self.server.stop()
        result = self.ask("refresh")
        self.assertExit(result, 5)
        self.assertEqual(result.fields()["status"], "RETRY_LATER")

    def test_server_that_says_nothing(self):
        """No request has left: it is given up, and nothing is spent."""
        with Mute() as mute:
            self.answer("adopt", self.mint(), base_url=mute.base_url)
            place = {s: self.home.place(mute.base_url, s) for s in (".json", ".session")}
            for suffix, path in place.items():
                content = json.loads(path.read_text())
                (content["token"] if suffix == ".session" else content)["expires_at"] = 1
                path.write_text(json.dumps(content))
            before = place[".json"].read_bytes()
            begun = time.monotonic()
            result = self.ask("refresh", base_url=mute.base_url)
            self.assertLess(time.monotonic() - begun, 20)  # a reply is waited for 30 s
            self.assertExit(result, 5)
            self.assertEqual(place[".json"].read_bytes(), before)

    # ---- interrupted ----

    def interrupted(self, number, rotation):
        """A refresh whose reply is on its way when a signal comes. Its exit status."""
        self.server.control("set", rotation=rotation)
        self.answer("adopt", self.mint())
        self.expire()
        self.server.control("fault", endpoint="token", kind="delay-after", arg="2", count="1")
        process = self.start_as_user(self.programs / "bfabric-full", "pam-store", stdin=-1)
        process.stdin.write(self.request("refresh").encode())
        process.stdin.flush()
        harness.wait_for(lambda: self.server.state()["in_flight"] > 0)
        process.send_signal(number)
        return harness.finish(process)

    def test_end_is_asked_for_before_the_reply(self):
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            with self.subTest(number.name):
                self.interrupted(number, "on")
                asked = len(self.server.refreshes())
                self.assertGreater(json.loads(self.place(".json").read_text())["expires_at"], 1)
                self.assertEqual(self.answer("valid")["valid"], "yes")
                self.expire()
                self.assertEqual(self.answer("refresh")["valid"], "yes")
                self.assertEqual(len(self.server.refreshes()), asked + 1)
                self.assertEqual({line["status"] for line in self.server.refreshes()}, {200})

    def test_killed_before_the_reply(self):
        """What the server has not spent lives; and nothing is half there."""
        self.assertEqual(self.interrupted(signal.SIGKILL, "off").status, -signal.SIGKILL)
        self.assertEqual(self.answer("refresh")["valid"], "yes")
        self.assertEqual(self.ask("valid").fields()["valid"], "yes")

    def test_end_is_asked_for_while_a_login_is_kept(self):
        """It waits for the lock, then finishes, then ends."""
        self.answer("adopt", self.mint())
        reply = self.mint()
        with LockHolder(self.place(".json.lock")):
            process = self.start_as_user(self.programs / "bfabric-full", "pam-store", stdin=-1)
            process.stdin.write(self.request("adopt", reply).encode())
            process.stdin.flush()
            harness.wait_for(lambda: blocks(process.pid, signal.SIGTERM))
            process.send_signal(signal.SIGTERM)
            time.sleep(0.1)
            self.assertIsNone(process.poll())
        harness.finish(process)
        self.assertEqual(self.token(), reply["access_token"])

    def test_killed_at_each_call(self):
        told = self.home.path / "killat.json"
        kills = 0
        for n in moments():
            with at(call=n):
                reply = self.mint()
                result = self.as_user(KILLAT, told, str(n), self.programs / "bfabric-full",
                                      "pam-store", input=self.request("adopt", reply))
                if not json.loads(told.read_text())["killed"]:
                    self.assertExit(result, 0)
                    break
                kills += 1
                said = result.fields()  # the last calls come after the answer
                valid = self.answer("valid")["valid"]
                if said:
                    self.assertEqual((said["stored"], valid), ("yes", "yes"))
                if valid == "yes" and self.home.config_file.exists():
                    self.assertTrue(self.token())
                shutil.rmtree(self.home.home / ".bfabric", ignore_errors=True)
                self.home.config_file.unlink(missing_ok=True)
        self.assertEqual(self.answer("adopt", reply)["stored"], "yes")
        self.assertEqual(self.token(), reply["access_token"])
        self.assertEqual(self.rescues(), [])
        self.assertGreater(kills, 2)
        print(f"# killed at {kills} calls", flush=True)


def blocks(pid, number):
    """Does the process hold this signal back?"""
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        mask = re.search(r"^SigBlk:\s*(\w+)", file.read(), re.M).group(1)
    return int(mask, 16) >> (number - 1) & 1


class Root(PamStoreCase):
    def as_root(self, *command, **more):
        return self.home.run(*command, **more)

    @unittest.skipUnless(ROOT, "only root can be root")
    def test_nothing_is_done_as_root(self):
        trace = self.home.path / "trace"
        wrapper = ["strace", "-f", "-qq", "-o", trace] if STRACE else []
        for operation in ("adopt", "refresh", "valid"):
            reply = self.mint() if operation == "adopt" else None
            result = self.ask(operation, reply, run=self.as_root, wrapper=wrapper, env=self.env())
            self.assertExit(result, 8)
            self.assertEqual(result.fields()["status"], "FORBIDDEN")
            self.assertEqual(self.home.files(), [])
            self.assertFalse(self.home.config_file.exists())
            if STRACE:
                changes = r"\b(mkdir|rename|unlink|link|symlink|chmod|chown|fchmod|fchown|socket|"
                changes += r"connect|truncate|ftruncate|fallocate)(at|at2)?\(|O_(WRONLY|RDWR|CREAT)"
                self.assertNotRegex(trace.read_text(), changes)

    @unittest.skipUnless(ROOT, "only root can become two users")
    def test_half_another_user(self):
        result = self.home.run(self.programs / "bfabric-full", "pam-store", env=self.env(),
                               input=self.request("valid"),
                               preexec_fn=lambda: os.setresuid(STRANGER, USER, USER))
        # A sanitizer that may not look into such a process ends with a code of its own.
        self.assertNotEqual(result.status, 0)
        self.assertEqual(result.fields()["status"], "FORBIDDEN")


class Apart(PamStoreCase):
    """An environment whose store is a program: nothing is run while a session begins."""

    def setUp(self):
        super().setUp()
        self.store = StoreProgram(self.home)
        self.use(self.store.path)

    def use(self, store):
        self.home.write_config(self.server.base_url, own={"store": store})
        owned_by(self.home.path)

    def traced(self, operation, reply=None):
        """The answer, and that it ran nothing."""
        trace = self.home.path / "trace"
        trace.unlink(missing_ok=True)
        told = self.answer(operation, reply, wrapper=[
            "strace", "-f", "-qq", "-e", "trace=execve,execveat,fork,vfork,clone,clone3", "-o",
            trace])
        calls = [line for line in trace.read_text().splitlines()
                 if re.search(r"exec|fork|clone", line)]
        self.assertEqual(len(calls), 1, calls)
        return told

    def in_home(self):
        return "".join(path.read_text(errors="replace") for path in self.home.home.rglob("*")
                       if path.is_file())

    @unittest.skipUnless(STRACE, "strace is not installed")
    def test_it_waits_and_is_moved(self):
        for store in ("keyring", self.store.path):
            with self.subTest(store=store):
                self.use(store)
                reply = self.mint()
                told = self.traced("adopt", reply)
                self.assertEqual(told["stored"], "waits")
                self.assertIn("bfabric auth refresh --pending", told["message"])
                (rescue,) = self.rescues()
                self.assertPrivate(rescue)
                self.assertNotIn(reply["refresh_token"], self.in_home())
                self.assertEqual(self.token(), reply["access_token"])
                self.assertEqual(self.traced("valid")["valid"], "yes")
                self.assertEqual(self.traced("refresh")["valid"], "yes")
                self.assertEqual(self.store.documents(), {})
        self.assertExit(self.bfabric("auth", "refresh", "--pending"), 0)
        self.assertEqual(self.rescues(), [])
        # what lay in a file is worth nothing any more
        self.assertNotEqual(self.store.document("SANDBOX")["refresh_token"], reply["refresh_token"])
        self.assertEqual(len(self.server.refreshes()), 1)
        self.expire()
        self.assertNotEqual(self.token(), reply["access_token"])
        self.assertEqual([line["status"] for line in self.server.refreshes()], [200, 200])

    def test_due_refresh_waits_for_the_person(self):
        reply = self.mint()
        self.answer("adopt", reply)
        self.bfabric("auth", "refresh", "--pending")
        self.expire()
        result = self.ask("refresh")
        self.assertExit(result, 6)
        self.assertEqual(len(self.server.refreshes()), 1)  # when it was moved
        self.assertEqual(self.answer("valid")["valid"], "yes")
        self.assertTrue(self.token())

    def test_logout_of_what_waits(self):
        """By the cache, as bfabricPy does it: it does not come back."""
        self.answer("adopt", self.mint())
        self.place(".json").unlink()
        self.assertEqual(self.answer("valid")["valid"], "no")
        self.assertExit(self.bfabric("token"), 3)
        self.assertEqual(self.rescues(), [])


if __name__ == "__main__":
    harness.main()
