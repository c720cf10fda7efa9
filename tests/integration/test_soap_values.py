# SPDX-License-Identifier: MIT
"""What we make of each kind of value, beside what bfabricPy is seen to make of it in soap_bfabricpy.

Everything is the same but for OURS, with the reason.
"""
import json

import harness
from sandbox_client import Sandbox
from test_soap_bfabricpy import NO_VALUES, VALUES

# What we make of it, and why not what bfabricPy does.
OURS = {
    "<size>123456789012345678901</size>":
        ({"size": "123456789012345678901"}, "R, jq and JavaScript would round such a number; text loses nothing"),
    "<junk>TRUE</junk>": ({"junk": "TRUE"}, "no value of the type: it is shown rather than lost"),
    "<junk> true </junk>": ({"junk": True}, "XML Schema (part 2, 4.3.6) takes the space around it away"),
    '<name x="1">a</name>': ({"name": {"x": "1", "value": "a"}}, "no name begins with an underscore"),
    "<concentration>INF</concentration>": ({"concentration": "INF"}, "JSON has no such number"),
    "<parent/>": ({"parent": []}, "a list with nothing in it"),
    "<customattribute/>": ({"customattribute": []}, "a list with nothing in it"),
    # bfabricPy fails, with all other records of the page.
    "<size>twelve</size>": ({"size": "twelve"}, "no value of the type stays text"),
    "<size>1.5</size>": ({"size": "1.5"}, "no value of the type stays text"),
    "<size>1e3</size>": ({"size": "1e3"}, "no value of the type stays text"),
    "<other>1</other>": ({"other": "1"}, "a newer server says more than its description"),
    "<id>9</id>": ({"id": [1, "9"]}, "an element beside the attribute of that name: nothing is lost"),
    "<name>a<b>c</b></name>": ({"name": {"b": "c", "value": "a"}}, "a newer server says more than its description"),
}


class Values(harness.TestCase):
    def setUp(self):
        self.server = self.enterContext(Sandbox())
        self.home = self.enterContext(harness.Home())
        self.home.login(self.server)

    def record(self, which, inner, attributes=' id="1"'):
        name = {"r": "resource", "s": "sample"}[which]
        xml = f"<numberofpages>1</numberofpages><{name}{attributes}>{inner}</{name}>"
        self.server.control("fault", endpoint="soap-read", kind="xml-return", arg=xml, count=1)
        result = self.home.run("bfabric", "api", "read", name, "--format", "json")
        self.assertExit(result, 0)
        return result.json()

    def test_values(self):
        rows = [*VALUES, *[("r", xml, None) for xml in NO_VALUES]]
        self.assertLess(set(OURS), {xml for _, xml, _ in rows})
        for which, xml, theirs in rows:
            ours, why = OURS.get(xml, (theirs, "the same"))
            with self.subTest(xml, why=why):
                self.assertEqual(self.record(which, xml), [{"id": 1, **ours}])
                self.assertEqual(ours == theirs, xml not in OURS)

    def test_attributes(self):
        self.assertEqual(self.record("r", "", ' id=" 7 " projectid="8" other="9" classname=""'),
                         [{"id": 7, "projectid": "8", "other": "9", "classname": ""}])
        self.assertEqual(self.record("r", "<name>a</name>", ""), [{"name": "a"}])


if __name__ == "__main__":
    harness.main()
