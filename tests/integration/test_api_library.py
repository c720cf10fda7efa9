# SPDX-License-Identifier: MIT
"""Reading, saving and deleting by the library, through its examples, against the sandbox."""
import json

import harness
from sandbox_client import Sandbox

HARD = "5 < 6 & 7 > \"3\" 'it' \U0001f9ec \u00fc"


class Case(harness.TestCase):
    def begin(self, scope=harness.Home.scope, **settings):
        self.server = self.enterContext(Sandbox(**settings))
        self.home = self.enterContext(harness.Home())
        self.home.scope = scope
        # A minute old, so that a server which refuses it is believed.
        self.token = self.home.login(self.server)["access_token"]

    def run_example(self, name, *words):
        result = self.home.run(harness.BUILD / "tests" / "examples" / ("example_" + name),
                               *map(str, words))
        self.assertNotIn(self.token, result.out + result.err)
        return result

    def example(self, name, *words):
        result = self.run_example(name, *words)
        self.assertEqual((result.status, result.err), (0, ""))
        return result.out

    def records(self, name, *words):
        return [json.loads(line) for line in self.example(name, *words).splitlines()]

    def refused(self, status, text, name, *words):
        result = self.run_example(name, *words)
        self.assertEqual(result.status, status, result.err)
        self.assertIn(text, result.err)
        self.assertEqual(result.err.count("\n"), 1)
        return result

    def soap(self):
        return [(line["grant"], line["page"], line["outcome"]) for line in self.server.log("soap")]


class Reading(Case):
    def test_records(self):
        self.begin()
        one = self.records("read", "workunit", "id", 303)[0]
        self.assertEqual((one["id"], one["classname"], one["name"]), (303, "workunit", HARD))
        self.assertEqual(one["application"], {"id": 13, "classname": "application"})
        self.assertEqual([r["id"] for r in one["resource"]], [1003, 1018, 1033, 1048])
        self.assertEqual(list(one), sorted(one))
        self.assertEqual(self.records("read", "resource", "id", 1005)[0]["size"], 2 ** 53 + 1)
        some = self.records("read", "sample", "id", 200, "id", 202, "id", 201)
        self.assertEqual([r["id"] for r in some], [202, 201, 200])
        self.assertEqual(self.records("read", "sample", "name", "none"), [])
        self.assertEqual(self.example("exists", "sample", "name", "Sample_02"), "yes\n")
        self.assertEqual(self.example("exists", "sample", "name", "Sample_2"), "no\n")

    def test_pages(self):
        self.begin(soap_records=190)
        self.assertEqual([r["id"] for r in self.records("read", "resource")],
                         list(range(1249, 999, -1)))
        self.assertEqual(self.soap(), [("wsdl", None, "described"), ("read", 1, "read"),
                                       ("read", 2, "read"), ("read", 3, "read")])
        self.assertFalse(any(line["cookie"] for line in self.server.log("soap")))

    def test_every_shape_of_the_service(self):
        self.begin()
        plain = self.records("read", "workunit")
        self.assertEqual(len(plain), 20)
        for settings in ({"soap_types": "extended"}, {"soap_namespace": "old", "soap_prefix": "S"},
                         {"soap_prefix": "none"}):
            self.server.control("set", **settings)
            self.assertEqual(self.records("read", "workunit"), plain, settings)

    def test_more_ids_than_a_query_takes(self):
        self.begin(soap_records=300)
        ids = [number for number in range(1000, 1360) if number % 3]
        words = [word for number in ids for word in ("id", number)]
        self.assertEqual([r["id"] for r in self.records("read", "resource", *words)],
                         list(reversed(ids)))
        self.assertEqual(len([1 for call in self.soap() if call[0] == "read"]), 3)

    def test_what_is_misspelt(self):
        self.begin()
        self.refused(2, "there is no endpoint 'smaple'; did you mean 'sample'?", "read", "smaple")
        self.refused(2, "a query of sample has no field 'nmae'; did you mean 'name'?", "read",
                     "sample", "nmae", "x")
        self.refused(2, "has no field 'nmae'; did you mean 'name'?", "save", "sample", "nmae", "x")
        self.refused(2, "the endpoint 'container' has no method 'delete', it has: read", "delete",
                     "container", 3000)
        self.assertEqual({call[0] for call in self.soap()}, {"wsdl"})
        described = json.loads(self.example("inspect", "sample"))
        self.assertEqual(set(described), {"namespace", "operations", "types"})


class Writing(Case):
    def test_save_and_delete(self):
        self.begin()
        made = self.records("save", "sample", "name", HARD, "containerid", 3000)[0]
        self.assertEqual((made["name"], made["createdby"]), (HARD, "scientist"))
        self.assertEqual(self.records("read", "sample", "id", made["id"]), [made])
        self.records("save", "sample", "id", made["id"], "description", "a\nb")
        self.assertEqual(self.records("read", "sample", "id", made["id"])[0]["description"], "a\nb")
        self.assertEqual(self.example("delete", "workunit", 319, 300, 5),
                         "deleted\nWorkunit 300 is not deletable.\n"
                         "There is no workunit with id 5!\n")
        self.refused(1, "Query was not successful: name is required.", "save", "sample",
                     "containerid", 3000)
        self.refused(1, "Query was not successful: There is no sample with id 5!", "save", "sample",
                     "id", 5)

    def test_scope(self):
        self.begin(scope="api:read")
        self.refused(8, 'bfabric login --env SANDBOX --scope "api:read api:write"', "save", "sample",
                     "name", "x", "containerid", 3000)
        self.assertEqual(len(self.records("read", "sample")), 24)

    def test_a_lost_answer(self):
        self.begin()
        self.server.control("fault", endpoint="soap-save", kind="truncated", count=1)
        self.refused(5, "whether anything was saved is not known", "save", "sample", "name", "once",
                     "containerid", 3000)
        self.assertEqual(len([1 for call in self.soap() if call[0] == "save"]), 1)
        self.assertEqual(len(self.records("read", "sample", "name", "once")), 1)


class BadDays(Case):
    def setUp(self):
        self.begin(soap_records=190)

    def strike(self, kind, page=1, **form):
        self.server.control("fault", endpoint=f"soap-read@{page}", kind=kind, count=1, **form)

    def test_a_page_fails(self):
        self.strike("status", 2, arg=503)
        got = self.refused(5, "page 2 of 3, after 100 records", "read", "resource")
        self.assertEqual(len(got.out.splitlines()), 100)

    def test_harmful_answers(self):
        for kind, status, text in (
                ("xml-bomb", 1, "BAD_REPLY"), ("xml-entity", 1, "BAD_REPLY"),
                ("html", 1, "HTML"), ("truncated", 5, "no whole answer"),
                ("soap-fault", 1, "Query was not successful: java.lang.NullPointerException"),
                ("empty-return", 4, "is empty"), ("bad-char", 1, "BAD_REPLY")):
            with self.subTest(kind):
                self.strike(kind)
                self.refused(status, text, "read", "resource")
        self.strike("no-pages")
        self.assertEqual(len(self.records("read", "resource")), 250)
        self.strike("wrong-namespace")
        self.assertEqual(len(self.records("read", "resource")), 250)
        self.strike("errorreport", arg="No, <never>.")
        self.refused(1, "Query was not successful: No, <never>.", "read", "resource")

    def test_a_token_that_is_refused(self):
        self.home.write_cache(self.server.base_url, self.server.mint(lifetime=28800),
                              obtained=harness.time.time() - 60)
        self.strike("expire-token", 2)
        self.assertEqual(len(self.records("read", "resource")), 250)
        self.assertEqual(len(self.server.log("token", grant="refresh_token")), 1)


if __name__ == "__main__":
    harness.main()
