# SPDX-License-Identifier: MIT
"""The real bfabricPy on the sandbox's web services, unchanged, with a login of ours.

What our client is compared with elsewhere has to be what bfabricPy truly does: these say so.
"""
import json
import unittest

import bfabricpy
import harness
from bfabricpy_worker import Refused, Worker
from sandbox_client import Sandbox

HARD = "5 < 6 & 7 > \"3\" 'it' \U0001f9ec \u00fc"


def setUpModule():
    if bfabricpy.PYTHON.exists():
        Case.python = unittest.enterModuleContext(Worker())


@bfabricpy.needed
class Case(harness.TestCase):
    python = None  # one for all

    def begin(self, scope=harness.Home.scope, **settings):
        self.server = self.enterContext(Sandbox(**settings))
        self.home = self.enterContext(harness.Home())
        self.home.scope = scope
        self.home.login(self.server)
        self.python.use(self.home)

    def call(self, *arguments, **options):
        return self.python.call(*arguments, **options)

    def read(self, *arguments, **options):
        return self.call("read", *arguments, **options)["records"]

    def refused(self, *arguments, **options):
        with self.assertRaises(Refused) as got:
            self.call(*arguments, **options)
        return got.exception.text

    def cli(self, *words):
        got = self.python.cli("api", *words)
        self.assertEqual(got["status"], 0, got)
        return got["out"]


class Library(Case):
    def test_read(self):
        self.begin()
        one = self.read("workunit", {"id": 303})[0]
        self.assertEqual((one["id"], one["classname"], one["name"]), (303, "workunit", HARD))
        self.assertEqual((one["description"], one["progress"]), (None, 15))
        self.assertEqual(one["application"], {"id": 13, "classname": "application"})
        self.assertEqual([r["id"] for r in one["resource"]], [1003, 1018, 1033, 1048])
        one = self.read("resource", {"id": 1005})[0]
        self.assertEqual((one["size"], one["junk"]), (2 ** 53 + 1, False))
        self.assertEqual(self.read("sample", {"name": "Sample_02"})[0]["concentration"], 0.25)
        self.assertEqual([r["id"] for r in self.read("sample", {"id": [200, 202, 201]})],
                         [202, 201, 200])
        self.assertEqual(self.read("sample", {"name": "none"}), [])
        self.assertEqual(self.read("user", {"login": "guest"}, return_id_only=True),
                         [{"id": 4, "classname": "user"}])

    def test_every_shape_of_the_service(self):
        self.begin()
        plain = {name: self.read(name, {}) for name in ("dataset", "workunit", "user")}
        for settings in ({"soap_types": "extended"}, {"soap_namespace": "old", "soap_prefix": "S"},
                         {"soap_prefix": "SOAP-ENV"}, {"soap_prefix": "none"}):
            self.server.control("set", **settings)
            self.python.use(self.home)
            for name, records in plain.items():
                self.assertEqual(self.read(name, {}), records, settings)

    def test_pages(self):
        self.begin(soap_records=190)
        ids = [r["id"] for r in self.read("resource", {}, max_results=None, return_id_only=True)]
        self.assertEqual(ids, list(range(1249, 999, -1)))
        some = self.read("resource", {}, max_results=120, offset=95)
        self.assertEqual([r["id"] for r in some], ids[95:215])
        self.assertEqual({line["outcome"] for line in self.server.log("soap", grant="read")}, {"read"})

    def test_exists(self):
        self.begin()
        self.assertTrue(self.call("exists", "sample", "name", "Sample_02"))
        self.assertFalse(self.call("exists", "sample", "name", "Sample_2"))
        self.assertFalse(self.call("exists", "sample", "name", "Sample_02", {"containerid": 3000}))

    def test_save(self):
        self.begin()
        made = self.call("save", "sample", {
            "name": HARD, "containerid": 3000, "parentid": [200, 201],
            "customattribute": [{"name": "k", "value": "v"}]})["records"]
        self.assertEqual(self.read("sample", {"id": made[0]["id"]}), made)
        self.assertEqual(made[0]["createdby"], "scientist")
        self.call("save", "sample", {"id": made[0]["id"], "description": "a\nb"})
        self.assertEqual(self.read("sample", {"name": HARD})[0]["description"], "a\nb")
        several = [{"name": "good", "containerid": 3000}, {"containerid": 3000}, {"id": 5}]
        self.assertEqual(self.refused("save", "sample", several), "Query was not successful: "
                         "name is required.; There is no sample with id 5!")
        self.assertEqual(self.call("save", "sample", several, check=False)["records"][1:],
                         [{"errorreport": "name is required."},
                          {"errorreport": "There is no sample with id 5!"}])
        self.assertEqual(self.call("save", "workunit", {
            "name": "Run 2", "applicationid": 11, "containerid": 3001},
            method="checkandinsert")["records"][0]["id"], 301)

    def test_delete(self):
        self.begin()
        got = self.call("delete", "workunit", [319, 300, 5], check=False)
        self.assertEqual(got, {"records": [{"id": 319, "deletionreport":
                                            "Workunit 319 removed successfully."}],
                               "errors": ["Workunit 300 is not deletable.",
                                          "There is no workunit with id 5!"]})
        self.assertEqual(self.read("workunit", {"id": [319, 300]})[0]["id"], 300)

    def test_a_dataset_as_a_table(self):
        self.begin()
        made = self.call("save", "dataset", {
            "name": "T", "containerid": 3000, "attribute": [{"name": "a", "position": 1,
                                                             "type": "Integer"}],
            "item": [{"position": 1, "field": [{"attributeposition": 1, "value": 5}]}]})
        number = made["records"][0]["id"]
        rows = self.python.evaluate(
            "from bfabric.entities import Dataset\n"
            f"data = client.read('dataset', {{'id': [500, {number}]}})\n"
            "result = [Dataset(d, client=client, bfabric_instance=client.config.base_url)"
            ".to_polars().rows() for d in data]\n")
        self.assertEqual(rows, [[["5"]], [["201", "good"], ["202", ""], ["203", HARD]]])

    def test_refusals(self):
        self.begin(scope="api:read")
        self.assertRegex(self.refused("save", "sample", {"name": "x", "containerid": 3000}),
                         "^Query was not successful: Insufficient scope")
        self.assertEqual(len(self.read("sample", {})), 24)
        self.assertIn("Non-existent endpoint", self.refused("read", "nothing", {}))
        self.server.control("revoke-family", what="access")
        self.assertEqual(self.refused("read", "sample", {}), "Query was not successful: "
                         "Invalid login or password. Could not login.")

    def test_a_personal_access_token_and_a_password(self):
        self.begin()
        pat = self.server.control("pat", user="employee")["pat"]
        for keys in ({"auth_method": "pat", "pat": pat},
                     {"auth_method": None, "login": "employee",
                      "password": "made-up-web-service-password-032"}):
            self.home.write_config(self.server.base_url, client_id=None, scope=None, **keys)
            self.python.use(self.home)
            made = self.call("save", "sample", {"name": "x", "containerid": 3000})["records"][0]
            self.assertEqual(made["createdby"], "employee")

    def test_it_gives_cookies_back(self):
        """Which is why the log says so: our client must not."""
        self.begin()
        for _ in range(2):
            self.read("user", {})
        self.assertEqual([line["cookie"] for line in self.server.log("soap", grant="read")][1:],
                         [True])


XSI = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
WORKUNIT = '<workunit classname="workunit" id="5"'

# What stands in a record of resource (r) or sample (s), and what bfabricPy makes of it.
VALUES = (
    ("r", "<name> a  b </name>", {"name": " a  b "}),
    ("r", "<name>   </name>", {"name": "   "}),
    ("r", "<name/>", {"name": None}),
    ("r", "<name></name>", {"name": None}),
    ("r", f'<name {XSI} xsi:nil="true"/>', {"name": None}),
    ("r", "<name>&#10;a&#9;&#x1F600;</name>", {"name": "\na\t\U0001f600"}),
    ("r", "<name><![CDATA[<a> & b]]></name>", {"name": "<a> & b"}),
    ("r", "<name>a<!-- x -->b<?c d?></name>", {"name": "ab"}),
    ("r", "<name>0012</name>", {"name": "0012"}),
    ("r", "<name>true</name>", {"name": "true"}),
    ("r", "<name>a</name><name>b</name>", {"name": ["a", "b"]}),
    ("r", "<size/>", {"size": None}),
    ("r", "<size> +0012 </size>", {"size": 12}),
    ("r", "<size>-9223372036854775808</size>", {"size": -2 ** 63}),
    ("r", "<size>123456789012345678901</size>", {"size": 123456789012345678901}),
    ("r", "<size>1</size><size>2</size>", {"size": [1, 2]}),
    ("r", "<junk>1</junk>", {"junk": True}),
    ("r", "<junk>false</junk>", {"junk": False}),
    ("r", "<junk>TRUE</junk>", {"junk": None}),
    ("r", "<junk> true </junk>", {"junk": None}),
    ("r", "<junk/>", {"junk": None}),
    ("r", WORKUNIT + "/>", {"workunit": {"classname": "workunit", "id": 5}}),
    ("r", WORKUNIT + "/>" + WORKUNIT + "/>", {"workunit": [{"classname": "workunit", "id": 5}] * 2}),
    ("r", WORKUNIT + "><progress>5</progress></workunit>",
     {"workunit": {"classname": "workunit", "id": 5, "progress": 5}}),
    ("r", WORKUNIT + ">x</workunit>", {"workunit": {"classname": "workunit", "id": 5, "value": "x"}}),
    ("r", "<workunit/>", {"workunit": ""}),
    ("r", '<name x="1">a</name>', {"name": {"_x": "1", "value": "a"}}),
    ("s", "<concentration>5</concentration>", {"concentration": 5.0}),
    ("s", "<concentration>1e-3</concentration>", {"concentration": 0.001}),
    ("s", "<concentration>INF</concentration>", {"concentration": float("inf")}),
    ("s", "<concentration/>", {"concentration": None}),
    ("s", '<parent id="1"/>', {"parent": [{"id": 1}]}),
    ("s", "<parent/>", {"parent": [""]}),
    ("s", "<customattribute/>", {"customattribute": [""]}),
    ("s", "<customattribute><name>a</name><value/></customattribute>",
     {"customattribute": [{"name": "a", "value": None}]}),
)
# And of what is no such value: an exception, for the whole page.
NO_VALUES = ("<size>twelve</size>", "<size>1.5</size>", "<size>1e3</size>", "<other>1</other>",
             "<id>9</id>", "<name>a<b>c</b></name>")


class Values(Case):
    """What an element becomes, decided by its type in the description."""

    names = {"r": "resource", "s": "sample"}

    def setUp(self):
        self.begin()

    def answer(self, service, xml):
        self.server.control("fault", endpoint="soap-read", kind="xml-return", arg=xml, count=1)
        return self.read(service, {}, max_results=None)

    def record(self, which, inner, attributes=' id="1"'):
        name = self.names[which]
        return self.answer(name, f"<numberofpages>1</numberofpages><{name}{attributes}>{inner}</{name}>")

    def test_values(self):
        for which, xml, expected in VALUES:
            with self.subTest(xml):
                self.assertEqual(self.record(which, xml), [{"id": 1, **expected}])

    def test_what_is_none(self):
        for xml in NO_VALUES:
            with self.subTest(xml), self.assertRaises(Refused):
                self.record("r", xml)

    def test_attributes(self):
        self.assertEqual(self.record("r", "", ' id=" 7 " projectid="8" other="9" classname=""'),
                         [{"id": 7, "projectid": "8", "_other": "9", "classname": ""}])
        self.assertEqual(self.record("r", "<name>a</name>", ""), [{"name": "a"}])

    def test_what_stands_beside_records(self):
        one = '<resource id="2"><name>b</name></resource>'
        for xml in (one, "<numberofpages/>" + one, "<errorreport/>" + one):
            self.assertEqual(self.answer("resource", xml), [{"id": 2, "name": "b"}])
        self.assertEqual(self.answer("resource", "<numberofpages>0</numberofpages>"), [])
        for xml in ("<errorreport>bad</errorreport>" + one,
                    one + "<resource><errorreport>bad</errorreport></resource>"):
            with self.assertRaises(Refused) as got:
                self.answer("resource", xml)
            self.assertEqual(got.exception.text, "Query was not successful: bad")
        for xml in (" ", "hello"):
            with self.assertRaises(Refused) as got:
                self.answer("resource", xml)
            self.assertEqual(got.exception.kind, "TypeError")


class Commands(Case):
    def setUp(self):
        self.begin()

    def test_read(self):
        got = json.loads(self.cli("read", "sample", "name", "Sample_03", "name", "Sample_01",
                                  "containerid", 3000, "--format", "json"))
        self.assertEqual([r["id"] for r in got], [200])
        got = json.loads(self.cli("read", "workunit", "--limit", 3, "--return-id-only", "--format",
                                  "json"))
        self.assertEqual([r["id"] for r in got], [317, 318, 319])
        self.assertIn("Sample_01", self.cli("read", "sample", "id", 200, "--columns", "id,name"))

    def test_create_update_delete(self):
        made = json.loads(self.cli("create", "sample", "name", HARD, "containerid", 3000))
        made = made[0] if isinstance(made, list) else made
        self.assertEqual(made["name"], HARD)
        self.cli("update", "sample", made["id"], "description", "new", "--no-confirm")
        self.assertEqual(self.read("sample", {"id": made["id"]})[0]["description"], "new")
        self.cli("delete", "sample", made["id"], "--no-confirm")
        self.assertEqual(self.read("sample", {"id": made["id"]}), [])

    def test_inspect(self):
        for types in ("flat", "extended"):
            self.server.control("set", soap_types=types)
            shown = self.cli("inspect", "workunit")
            self.assertRegex(shown, r"query: \S*xmlRequestParameterReadWorkunit")
            self.assertRegex(shown, r"applicationid: xs:long\[\]")
            self.assertRegex(self.cli("inspect", "dataset", "save"), r"attributeposition: xs:int")

    def test_register_a_web_application(self):
        got = self.python.cli("auth", "register-webapp", "App", "https://app.example.org/?a&b",
                              "--no-service-user", "--technology-id", "2", "--description", "d")
        self.assertEqual(got["status"], 0, got)
        saved = self.read("application", {"name": "App"})[0]
        self.assertEqual((saved["type"], saved["weburl"], saved["technologyid"]),
                         ("WebApp", "https://app.example.org/?a&b", 2))
        self.assertEqual(saved["oauthclientid"], json.loads(got["out"])["id"])


if __name__ == "__main__":
    harness.main()
