# SPDX-License-Identifier: MIT
"""Web applications: registered by us and by bfabricPy, opened with a launch token, user and service apart."""
import json

import bfabricpy
import harness
import sandbox_client
from bfabricpy_worker import Worker
from client_case import SECRETS, keys

URL = "https://viewer.example.org/"


def objects(text):
    """Of JSON, one behind the other."""
    found = []
    while text := text.strip():
        value, end = json.JSONDecoder().raw_decode(text)
        found.append(value)
        text = text[end:]
    return found


class Case(harness.TestCase):
    settings = {"registration_takes_all": True}

    def setUp(self):
        self.server = self.enterContext(sandbox_client.Sandbox(**self.settings))
        self.home = self.enterContext(harness.Home())
        self.home.scope = "api:read api:write"
        self.secrets = [self.home.login(self.server)["access_token"]]

    def no_secret(self, result, *more):
        for secret in (*self.secrets, *more):
            self.assertNotIn(secret, result.out + result.err)

    def register(self, *words, name="WEB", service="robot", **more):
        user = ("--service-user", service) if service else ("--no-service-user",)
        save = ("--save-env", name) if name else ()
        result = self.home.run("bfabric", "auth", "register-webapp", "Viewer", URL, *user, *save,
                               *words, **more)
        has = keys(self.home, name) if name else {}
        self.no_secret(result, *[has[key] for key in SECRETS if has.get(key)])
        result.said = " ".join(result.err.split())  # however it was wrapped
        return result

    def application(self, **query):
        words = [str(word) for pair in query.items() for word in pair]
        result = self.home.run("bfabric", "api", "read", "application", *words, "--format", "json")
        self.assertExit(result, 0)
        return result.json()

    def example(self, name, *words, secrets=()):
        result = self.home.run(harness.BUILD / "tests/examples" / f"example_{name}", *map(str, words),
                               input="".join(secret + "\n" for secret in secrets))
        self.no_secret(result, *secrets)
        return result


class Registering(Case):
    def test_client_and_application(self):
        result = self.register("--technology-id", 2, "--description", "shows <&> \U0001f9ec", "--hidden")
        self.assertExit(result, 0)
        has = keys(self.home, "WEB")
        self.assertNotIn("auth_method", has)  # its users log in as themselves
        self.assertTrue(has["client_secret"] and has["registration_access_token"])
        [record] = self.application(name="Viewer")
        self.assertIn(f"application {record['id']} was created", result.said)
        client = sandbox_client.manage(self.server, "GET", has).json()
        self.assertEqual(client["redirect_uris"], [URL])
        wanted = {"weburl": URL, "oauthclientid": client["id"], "type": "WebApp", "hidden": True,
                  "technologyid": 2, "description": "shows <&> \U0001f9ec"}
        self.assertEqual({key: record.get(key) for key in wanted}, wanted)

    def test_existing_application(self):
        result = self.register("--application-id", 13, "--json", name="WEB")
        self.assertExit(result, 0)
        shown = json.loads(result.out)
        self.assertEqual((shown["environment"], shown["application"]["id"]), ("WEB", 13))
        self.assertIn("application 13 was changed", result.said)
        self.assertEqual(self.application(id=13)[0]["weburl"], URL)

    def test_secret_in_a_file(self):
        file = self.home.home / "viewer.secret"
        result = self.register("--secret-file", file, name=None, service=None)
        self.assertExit(result, 0)
        secret = file.read_text().strip()
        self.assertEqual(file.stat().st_mode & 0o777, 0o600)
        self.no_secret(result, secret)
        self.assertRegex(result.out, r"(?m)^application: \d+$")

    def test_by_the_library(self):
        result = self.example("register_webapp", "Viewer", URL, "robot")
        self.assertEqual((result.status, result.err), (0, ""))
        line, record = result.out.splitlines()
        self.assertEqual(line.split()[-1], str(json.loads(record)["oauthclientid"]))


class BadDays(Case):
    def failed(self, result, status, *said):
        self.assertExit(result, status)
        for text in said:
            self.assertIn(text, result.said)

    def registrations(self):
        return len(self.server.log("register"))

    def test_nothing_is_registered_in_vain(self):
        """What can be known before."""
        self.failed(self.register("--application-id", 4711), 2, "no application with id 4711")
        self.failed(self.register(service=None, name=None), 2, "--secret-file")
        self.failed(self.register("--technology-id", 0), 2, "--technology-id")
        self.failed(self.home_run("Viewer"), 2, "its address")
        self.server.control("fault", endpoint="wsdl", kind="status", arg="503", count=1)
        self.failed(self.register(), 5)
        self.assertEqual(self.registrations(), 0)
        self.assertFalse(keys(self.home, "WEB"))

    def home_run(self, *words):
        result = self.home.run("bfabric", "auth", "register-webapp", *words)
        result.said = " ".join(result.err.split())
        return result

    def test_registration_refused(self):
        self.server.control("set", registration="forbidden")
        self.failed(self.register(), 8)
        self.assertEqual(self.application(name="Viewer"), [])
        self.assertFalse(keys(self.home, "WEB"))

    def test_application_refused(self):
        """Its client is there by then: nothing of it is lost, and the way on is said."""
        self.server.control("fault", endpoint="soap-save", kind="errorreport", arg="no such technology",
                            count=1)
        result = self.register("--technology-id", 77)
        self.failed(result, 1, "is registered, but its application was not saved",
                    "no such technology", "Registered client", "when that is mended: bfabric api create")
        has = keys(self.home, "WEB")
        client = sandbox_client.manage(self.server, "GET", has).json()
        self.assertEqual(client["client_secret"], has["client_secret"])
        self.assertIn(f"oauthclientid {client['id']}", result.said)
        # The command that it named.
        words = result.said.split("when that is mended: bfabric ")[1]
        self.assertExit(self.home.run("sh", "-c", "bfabric " + words.split(" bfabric:")[0]), 0)
        [record] = self.application(name="Viewer")
        self.assertEqual((record["oauthclientid"], record["technologyid"]), (client["id"], 77))

    def test_command_that_finishes(self):
        """It can be copied into a shell whatever the words are, and leaves nothing out."""
        self.server.control("fault", endpoint="soap-save", kind="errorreport", arg="not now", count=1)
        name, url, text = "It's \"$HOME\" & `id`", "https://v.example.org/?a=1&b=2;c", "-x 'y' $(z) \U0001f9ec"
        result = self.home.run("bfabric", "auth", "register-webapp", name, url, "--no-service-user",
                               "--save-env", "WEB", "--hidden", "--technology-id", "2",
                               "--description=" + text)
        self.assertExit(result, 1)
        [line] = [line for line in result.err.splitlines() if "when that is mended: " in line]
        self.assertExit(self.home.run("sh", "-c", line.split("when that is mended: ")[1]), 0)
        [record] = self.application(name=name)
        wanted = {"name": name, "weburl": url, "description": text, "type": "WebApp", "hidden": True,
                  "technologyid": 2}
        self.assertEqual({key: record[key] for key in wanted}, wanted)

    def test_may_not_write(self):
        """A login that may only read."""
        self.home.scope = "api:read"
        self.home.login(self.server)
        result = self.register("--technology-id", 2)
        self.assertIn("scope", result.said)
        self.assertEqual(self.application(name="Viewer"), [])
        self.assertFalse(keys(self.home, "WEB"))

    def test_environment_exists(self):
        self.assertExit(self.register(), 0)
        before = keys(self.home, "WEB")
        self.assertNotEqual(self.register().status, 0)
        self.assertEqual((keys(self.home, "WEB"), self.registrations()), (before, 1))
        self.assertExit(self.register("--force"), 0)
        self.assertNotEqual(keys(self.home, "WEB")["client_id"], before["client_id"])

    def test_answer_lost(self):
        self.server.control("fault", endpoint="soap-save", kind="truncated", count=1)
        result = self.register("--application-id", 13)
        self.failed(result, 5, "whether anything was saved is not known", "-- application 13 type WebApp")
        self.assertTrue(keys(self.home, "WEB")["client_secret"])

    def test_stdout_full(self):
        result = self.home.run("sh", "-c", f"bfabric auth register-webapp V {URL} --no-service-user "
                               "--show-secret > /dev/full")
        self.assertExit(result, 1)
        [rescue] = [name for name in self.home.files() if name.endswith(".registration")]
        self.assertIn(rescue.rpartition("/")[2], " ".join(result.err.split()))


class Launch(Case):
    def setUp(self):
        super().setUp()
        self.client = sandbox_client.register(self.server, {
            "client_name": "viewer", "redirect_uris": [URL], "scope": "api:read api:write openid",
            "service_user_login": "robot"}).json()

    def launch(self, **more):
        return self.server.launch_token(**{"user": "alice", "entityId": 303, "entityClassName": "Workunit",
                                           "client_id": self.client["client_id"], **more})

    def open(self, token, *environments, secret=None):
        return self.example("webapp", self.server.base_url, self.client["client_id"], *environments,
                            secrets=[secret or self.client["client_secret"], f"{URL}?jwt={token}"])

    def place(self, name):
        return self.home.place(self.server.base_url, client_id=self.client["client_id"], environment=name)


class Opened(Launch):
    """launch -> exchange -> verified context -> the user reads, the service saves."""

    def test_user_reads_service_saves(self):
        for opaque in (False, True):
            self.server.control("set", opaque_tokens="on" if opaque else "off")
            result = self.open(self.launch())
            self.assertEqual((result.status, result.err), (0, ""), opaque)
            context, record = objects(result.out)
            self.assertEqual((context["sub"], int(context["entityId"])), ("alice", 303))
            self.assertEqual((record["id"], record["classname"]), (303, "workunit"))
            asked = [line for line in self.server.log("soap") if line["grant"] in ("read", "save")]
            self.assertEqual([(line["grant"], line["user"]) for line in asked[-2:]],
                             [("read", "alice"), ("save", "robot")])
        seen = self.home.run("bfabric", "api", "read", "workunit", "id", "303", "--format", "json").json()
        self.assertEqual(seen[0]["description"], "seen by alice")

    def test_caches_apart(self):
        result = self.open(self.launch(), "alice", "robot")
        self.assertExit(result, 0)
        places = [self.place(name)
                  for name in ("alice", "robot")]
        tokens = [json.loads(place.read_text())["access_token"] for place in places]
        self.assertNotEqual(*tokens)
        self.assertEqual([place.stat().st_mode & 0o777 for place in places], [0o600, 0o600])
        self.no_secret(result, *tokens)
        # The service's is used again, the person's comes from the launch.
        before = len(self.server.log("token"))
        self.assertExit(self.open(self.launch(user="bob"), "bob", "robot"), 0)
        grants = [line["grant"] for line in self.server.log("token")][before:]
        self.assertEqual(len(grants), 1)
        self.assertIn("exchange", grants[0])
        self.assertExit(self.open(self.launch(), "same", "same"), 2)

    def test_refused(self):
        head, body, _ = (good := self.launch()).split(".")
        for token in (f"{head}.{body}.AAAA", self.launch(lifetime=-60), self.launch(client_id="CLI")):
            result = self.open(token, "alice", "robot")
            self.assertExit(result, 4)
            self.assertEqual(result.out, "")
            self.assertFalse(self.place("alice").exists())
        self.assertExit(self.open(good, secret="wrong-secret-of-nobody"), 4)
        self.server.stop()
        self.assertExit(self.open(good), 5)


@bfabricpy.needed
class BesideBfabricPy(Launch):
    def test_same_web_application(self):
        """WebappClient.create and bfabric_webapp_open: the same person, place and records."""
        with Worker() as python:
            python.use(self.home)
            theirs = python.evaluate(f"""
from bfabric.oauth import WebappClient
webapp = WebappClient.create({self.server.base_url!r}, {self.launch()!r},
    client_id={self.client["client_id"]!r}, client_secret={self.client["client_secret"]!r},
    scope="api:read api:write")
result = [webapp.context.model_dump(mode="json"), list(webapp.user.read("workunit", {{"id": 303}})),
          list(webapp.service.save("workunit", {{"id": 303, "description": "theirs"}}))[0]["id"]]
""")
        context, records, saved = theirs
        self.assertEqual(saved, 303)
        ours = self.open(self.launch())
        self.assertExit(ours, 0)
        claims, record = objects(ours.out)
        same = {"entity_id": "entityId", "entity_class_name": "entityClassName", "job_id": "jobId",
                "application_id": "applicationId", "client_id": "client_id", "subject": "sub",
                "issuer": "iss", "groups": "groups", "email": "email", "name": "name"}
        numbers = ("entity_id", "application_id", "job_id")
        self.assertEqual(context["entity_id"], 303)
        for theirs, name in same.items():
            value = claims.get(name)
            self.assertEqual(int(value) if theirs in numbers and value is not None else value,
                             context[theirs], name)
        for one in (record, *records):
            one.pop("description"), one.pop("modified"), one.pop("modifiedby")
        self.assertEqual([record], records)
        asked = [line for line in self.server.log("soap") if line["grant"] in ("read", "save")]
        self.assertEqual([(line["grant"], line["user"]) for line in asked],
                         [("read", "alice"), ("save", "robot")] * 2)

    def test_same_registration(self):
        """The same command in both: the same record, and an environment that the other one takes."""
        words = ["Viewer", URL, "--service-user", "robot", "--technology-id", "2", "--description",
                 "shows", "--save-env"]
        with Worker() as python:
            python.use(self.home)
            theirs = python.cli("auth", "register-webapp", *words, "THEIRS")
            self.assertEqual(theirs["status"], 0, theirs)
            self.assertExit(self.home.run("bfabric", "auth", "register-webapp", *words, "OURS"), 0)
            ours, their = self.application(name="Viewer")[::-1]
            own = ("id", "oauthclientid", "created", "modified")
            self.assertEqual({k: v for k, v in ours.items() if k not in own},
                             {k: v for k, v in their.items() if k not in own})
            self.assertEqual(keys(self.home, "OURS").keys(), keys(self.home, "THEIRS").keys())
            for name in ("OURS", "THEIRS"):
                shown = python.cli("auth", "client-show", "--config-env", name)
                self.assertEqual(shown["status"], 0, shown)
                self.assertExit(self.home.run("bfabric", "auth", "client-show", "--env", name), 0)


if __name__ == "__main__":
    harness.main()
