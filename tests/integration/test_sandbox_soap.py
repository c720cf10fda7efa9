# SPDX-License-Identifier: MIT
"""The sandbox's web services, seen from outside: descriptions, reading, saving, deleting."""
import xml.etree.ElementTree as etree

import harness
from sandbox_client import Sandbox, ask
from soap_client import NEW, OLD, call, read

XS = "{http://www.w3.org/2001/XMLSchema}"
WSDL = "{http://schemas.xmlsoap.org/wsdl/}"
HARD = "5 < 6 & 7 > \"3\" 'it' \U0001f9ec \u00fc"


def wsdl(server, service):
    reply = ask(server, "GET", f"{server.base_url}/{service}?wsdl")
    assert reply.status == 200, reply.body
    return etree.fromstring(reply.body)


def members(root, name):
    """{element: (type, many)} of a type and what it extends."""
    kind = next(k for k in root.iter(XS + "complexType") if k.get("name") == name)
    found = {}
    for extension in kind.iter(XS + "extension"):
        found.update(members(root, extension.get("base").split(":")[1]))
    found.update({e.get("name"): (e.get("type"), e.get("maxOccurs") == "unbounded")
                  for e in kind.iter(XS + "element")})
    found.update({"@" + a.get("name"): (a.get("type"), False) for a in kind.iter(XS + "attribute")})
    return found


class Soap(harness.TestCase):
    def setUp(self):
        self.server = self.enterContext(Sandbox())
        self.token = self.server.mint(scope="api:read api:write")["access_token"]

    def read(self, service, query=None, **more):
        return read(self.server, service, self.token, query, **more)

    def call(self, service, operation, parameters, **more):
        return call(self.server, service, operation, self.token, parameters, **more)

    def names(self, query, service="sample"):
        return [one.findtext("name") for one in self.read(service, query).records]


class Description(Soap):
    def test_types(self):
        root = wsdl(self.server, "workunit")
        self.assertEqual(root.get("targetNamespace"), NEW)
        self.assertEqual(list(members(root, "xmlRequestReadWorkunit")),
                         ["idonly", "login", "password", "page", "query"])
        query = members(root, "xmlRequestParameterReadWorkunit")
        self.assertEqual(query["applicationid"], ("xs:long", True))
        self.assertNotIn("resource", query)
        record = members(root, "xmlWorkunit")
        self.assertEqual(record["resource"], ("tns:xmlResource", True))
        self.assertEqual(record["progress"], ("xs:int", False))
        self.assertEqual(record["@id"], ("xs:long", False))
        self.assertEqual([o.get("name") for o in root.find(WSDL + "portType")],
                         ["read", "save", "delete", "checkandinsert"])

    def test_every_type_that_is_named_is_there(self):
        for style in ("flat", "extended"):
            self.server.control("set", soap_types=style)
            for service in ("sample", "workunit", "resource", "application", "dataset", "user",
                            "project", "container"):
                root = wsdl(self.server, service)
                there = {k.get("name") for k in root.iter(XS + "complexType")}
                named = {e.get(a).split(":")[1] for e in root.iter() for a in ("type", "base")
                         if (e.get(a) or "").startswith("tns:")
                         and e.tag in (XS + "element", XS + "extension", WSDL + "part")}
                self.assertEqual(named - there, set(), service)

    def test_base_types_say_the_same(self):
        flat = wsdl(self.server, "dataset")
        self.server.control("set", soap_types="extended")
        extended = wsdl(self.server, "dataset")
        for name in ("xmlRequestReadDataset", "xmlRequestSaveDataset", "xmlDataset",
                     "xmlResponseDataset"):
            self.assertEqual(members(flat, name), members(extended, name))

    def test_namespaces_and_prefixes(self):
        self.server.control("set", soap_namespace="old")
        self.assertEqual(wsdl(self.server, "user").get("targetNamespace"), OLD)
        for prefix in ("soap", "S", "SOAP-ENV", "none"):
            self.server.control("set", soap_prefix=prefix)
            got = self.read("user", ns=OLD)
            self.assertEqual((got.namespace, got.ids()), (OLD, [4, 3, 2, 1]))
            self.assertIn("wrong namespace", self.read("user").fault)

    def test_no_such_service(self):
        for path in ("nothing?wsdl", "workunit/?wsdl", "rest/nothing"):
            got = ask(self.server, "GET", f"{self.server.base_url}/{path}")
            self.assertEqual((got.status, b"<html" in got.body), (404, True))


class Reading(Soap):
    def test_pages(self):
        with Sandbox(soap_records=210) as self.server:
            self.token = self.server.mint()["access_token"]
            pages = [self.read("resource", page=page) for page in (1, 2, 3, 4)]
            ids = sum((page.ids() for page in pages), [])
            self.assertEqual([len(page.ids()) for page in pages], [100, 100, 70, 0])
            self.assertEqual(ids, sorted(set(ids), reverse=True))
            for number, page in enumerate(pages, 1):
                self.assertEqual((page.text("numberofpages"), page.text("page"),
                                  page.text("entitiesonpage")),
                                 ("3", str(number), str(len(page.ids()))))
            self.assertIn("first page", self.read("resource", page=0).error())

    def test_nothing_found(self):
        got = self.read("sample", {"name": "nothing"})
        self.assertEqual((got.text("numberofpages"), got.records, got.empty), ("0", [], False))

    def test_records(self):
        one = self.read("workunit", {"id": 303}).records[0]
        self.assertEqual((one.get("classname"), one.get("id")), ("workunit", "303"))
        self.assertEqual(one.findtext("name"), HARD)
        self.assertEqual(one.findtext("description"), "")
        application = one.find("application")
        self.assertEqual((application.attrib, len(application)),
                         ({"classname": "application", "id": "13"}, 0))
        self.assertEqual([r.get("id") for r in one.findall("resource")],
                         ["1003", "1018", "1033", "1048"])
        self.assertEqual(self.read("resource", {"id": 1005}).records[0].findtext("size"),
                         "9007199254740993")

    def test_less_and_more(self):
        got = self.read("workunit", {"id": [300, 319]}, idonly=True).records
        self.assertEqual([(len(one), one.get("id")) for one in got], [(0, "319"), (0, "300")])
        full = self.read("workunit", {"id": 300, "fulldetails": True}).records[0]
        self.assertEqual(full.findtext("application/name"), "Measure")
        got = self.read("workunit", {"id": [300, 319], "includedeletableupdateable": True}).records
        self.assertEqual([one.findtext("deletable") for one in got], ["true", "false"])

    def test_conditions(self):
        self.assertEqual(self.names({"name": ["Sample_01", "Sample_03"]}), ["Sample_03", "Sample_01"])
        self.assertEqual(self.names({"name": ["Sample_01", "Sample_02"], "containerid": 3001}),
                         ["Sample_02"])
        self.assertEqual(len(self.names({"name": "%_0_"})), 9)
        self.assertEqual(self.names({"name": "sample_01"}), [])
        self.assertEqual(self.names({"concentration": 0.5}), ["Sample_03"])
        self.assertEqual(self.names({"parentid": 201}), ["Sample_24", "Sample_16", "Sample_08"])
        self.assertEqual(len(self.names({"junk": True}, "resource")), 6)
        self.assertEqual(self.names({"createdafter": "2027-01-01"}), [])
        self.assertEqual(len(self.names({"createdbefore": "2027-01-01"})), 24)

    def test_what_it_does_not_know_it_ignores_unless_strict(self):
        self.assertEqual(len(self.names({"nmae": "Sample_01"})), 24)
        self.server.control("set", soap_strict="on")
        self.assertIn("nmae", self.read("sample", {"nmae": "Sample_01"}).error())

    def test_at_most_hundred_values(self):
        self.assertEqual(len(self.read("sample", {"id": list(range(200, 300))}).ids()), 24)
        self.assertIn("100", self.read("sample", {"id": list(range(200, 301))}).error())


class Writing(Soap):
    def test_create_and_change(self):
        made = self.call("sample", "save", {"sample": {
            "name": "a & <b> \U0001f600\r\n]]>", "containerid": 3000, "concentration": 0.1,
            "parentid": [200, 201], "customattribute": {"name": "k", "value": ""}}}).records[0]
        number = int(made.get("id"))
        got = self.read("sample", {"id": number}).records[0]
        self.assertEqual(got.findtext("name"), "a & <b> \U0001f600\r\n]]>".replace("\r\n", "\n"))
        self.assertEqual(got.findtext("createdby"), "scientist")
        self.assertEqual([p.get("id") for p in got.findall("parent")], ["200", "201"])
        self.assertEqual(got.findtext("customattribute/value"), "")
        self.call("sample", "save", {"sample": {"id": number, "description": "new"}})
        got = self.read("sample", {"id": number}).records[0]
        self.assertEqual((got.findtext("description"), got.findtext("concentration")), ("new", "0.1"))

    def test_each_has_its_own_answer(self):
        got = self.call("workunit", "save", {"workunit": [
            {"name": "good", "applicationid": 10, "containerid": 3000},
            {"applicationid": 10, "containerid": 3000}, {"id": 5, "name": "x"},
            {"name": "x", "applicationid": 99, "containerid": 3000},
            {"name": "x", "applicationid": "many", "containerid": 3000},
            {"id": 300, "name": ""}]})
        self.assertEqual([one.findtext("errorreport") for one in got.records],
                         [None, "name is required.", "There is no workunit with id 5!",
                          "There is no application with id 99!", "applicationid cannot be 'many'.",
                          "name is required."])
        self.assertEqual(self.names({"name": "good"}, "workunit"), ["good"])

    def test_check_and_insert(self):
        given = {"name": "Run 2", "applicationid": 11, "containerid": 3001}
        self.assertEqual(self.call("workunit", "checkandinsert", {"workunit": given}).ids(), [301])
        given["name"] = "Run 2b"
        self.assertEqual(self.call("workunit", "checkandinsert", {"workunit": given}).ids(), [320])
        self.assertIn("no such operation", self.call("sample", "checkandinsert", {}).fault)

    def test_content_of_a_resource(self):
        got = self.call("resource", "save", {"resource": {
            "name": "note.txt", "workunitid": 300, "base64": "aGVsbG8="}}).records[0]
        self.assertEqual((got.findtext("size"), got.find("base64")), ("5", None))

    def test_an_application_for_the_web(self):
        got = self.call("application", "save", {"application": {
            "name": "App", "weburl": "https://app.example.org/?a&b", "oauthclientid": 7,
            "type": "WebApp", "technologyid": 2, "hidden": "true"}}).records[0]
        self.assertEqual([got.findtext(k) for k in ("oauthclientid", "type", "hidden", "weburl")],
                         ["7", "WebApp", "true", "https://app.example.org/?a&b"])

    def test_delete(self):
        got = self.call("workunit", "delete", {"id": [319, 300, 5, 319]})
        self.assertEqual([one.findtext("deletionreport") or one.findtext("errorreport")
                          for one in got.records],
                         ["Workunit 319 removed successfully.", "Workunit 300 is not deletable.",
                          "There is no workunit with id 5!", "There is no workunit with id 319!"])
        self.assertEqual(self.read("workunit", {"id": [300, 319]}).ids(), [300])

    def test_read_only(self):
        self.assertIn("no such operation", self.call("project", "save", {}).fault)


if __name__ == "__main__":
    harness.main()
