# SPDX-License-Identifier: MIT
"""bfabric api beside `bfabric-cli api`: the same commands on the same data.

They read with one login from one sandbox. Where they save, each has its own, and both begin alike, so
that what one saves is not in the way of the other. SAME are commands that must give the same records, whatever their form, FILED those that write
the same files. differences.py has those where we differ on purpose.
"""
import csv
import io
import json
import re
import unittest

import bfabricpy
import harness
from bfabricpy_worker import Worker
from differences import ANSWERS
from terminal import Terminal

SAME = [
    ["read", "sample", "--format", "json"],
    ["read", "sample", "--format", "yaml"],
    ["read", "sample", "id", "200", "id", "201", "id", "219", "--format", "json"],
    ["read", "sample", "id", "200", "id", "201", "--format", "tsv"],
    ["read", "sample", "name", "Sample_0%", "type", "Control", "--format", "json"],
    ["read", "sample", "--limit", "3", "--columns", "name,id,nope", "--format", "json"],
    ["read", "sample", "--limit", "3", "--columns", "name,id", "--format", "tsv"],
    ["read", "sample", "--limit", "2", "--columns", "id", "--format", "yaml"],
    ["read", "sample", "--return-id-only", "--limit", "5", "--format", "json"],
    ["read", "sample", "--json", '{"id": [203, 204]}', "--format", "json"],
    ["read", "sample", "--json", '{"id": 203}', "name", "Sample_04", "--format", "json"],
    ["read", "sample", "name", "none", "--format", "json"],
    ["read", "sample", "name", "none", "--format", "yaml"],
    ["read", "workunit", "--format", "json"],
    ["read", "workunit", "--format", "yaml"],
    ["read", "workunit", "status", "failed", "status", "pending", "--format", "json"],
    ["read", "resource", "--format", "json", "--limit", "60"],
    ["read", "resource", "--format", "yaml", "--limit", "60"],
    ["read", "resource", "workunitid", "301", "--format", "tsv"],
    ["read", "dataset", "--format", "json"],
    ["read", "dataset", "--format", "yaml"],
    ["read", "user", "--format", "json"],
    ["read", "user", "--format", "tsv"],
    ["read", "application", "--format", "json"],
    ["read", "application", "--format", "tsv"],
    ["read", "project", "--format", "yaml"],
    ["read", "sample", "id", "200", "--columns", "id", "--columns", "name", "--format", "json"],
    ["read", "sample", "--json-file", "query.json", "--format", "json"],
    ["read", "sample", "--json-file", "query.json", "--json", '{"id": 203}', "--format", "json"],
    ["read", "sample", "--json", '{"id": 200.0, "name": true}', "--format", "json"],
    ["read", "sample", "id", "", "--format", "json"],
    ["read", "sample", "name", "", "--format", "json"],
    ["read", "sample", "id", "abc", "--format", "json"],
    ["read", "sample", "--limit=1", "--format=json", "--columns=id"],
    ["read", "sample", "--limit", "1", "--config-env", "SANDBOX", "--format", "json"],
    ["read", "sample", "--limit", "1", "--config-file", ".bfabricpy.yml", "--format", "json"],
]
FILED = [["read", "sample", "id", "200", "id", "201", "--format", form, "--file", "out"]
         for form in ("json", "yaml", "tsv")]
# Nothing but a failure, the same on both sides.
FAILING = [
    ["create", "sample", "containerid", "3000"],
    ["create", "sample", "name", "", "containerid", "3000"],
    ["read", "sample", "--json-file", "none.json", "--format", "json"],
    ["update", "sample", "99999", "name", "x", "--no-confirm"],
    ["delete", "sample", "99999", "--no-confirm"],
    ["delete", "workunit", "300", "--no-confirm"],
    ["delete", "sample", "203", "99999", "--no-confirm"],
]

SAVE = [
    ["create", "sample", "name", "A & B <\u00fc>", "containerid", "3000"],
    ["update", "sample", "210", "description", "line\none", "--no-confirm"],
    ["update", "sample", "211", "--json", '{"parentid": [200, 201]}', "--no-confirm"],
    ["update", "sample", "212", "name", "yes", "--no-confirm", "--format", "yaml"],
    ["create", "sample", "name", "5", "containerid", "3000", "description", ""],
    ["create", "sample", "--json", '{"name": "a", "containerid": 3000, "parentid": [200, 201], '
     '"concentration": 1.5, "customattribute": [{"name": "k", "value": "v"}]}'],
    ["create", "sample", "--json-file", "sample.json", "--format", "yaml"],
    ["create", "sample", "--json-file", "sample.json", "--format", "tsv"],
    ["update", "sample", "210", "--json", '{"id": 210, "name": "J"}', "--no-confirm"],
    ["update", "sample", "210", "description", "", "--no-confirm"],
]
# Of two records that two clients saved one after the other, these need not be the same.
OWN = ("id", "created", "modified")
INSPECT = [["inspect", "sample"], ["inspect", "sample", "delete"], ["inspect", "sample", "--max-depth", "0"],
           ["inspect", "workunit", "checkandinsert", "--max-depth", "1"], ["inspect", "sample", "save", "--max-depth", "1"],
           ["inspect", "dataset", "save"], ["inspect", "workunit", "read", "--max-depth", "2"]]


def form_of(argv):
    return argv[argv.index("--format") + 1] if "--format" in argv else "json"


def rows(text):
    """Of TSV: the order of columns is that of the reply there, by name here."""
    return [dict(row) for row in csv.DictReader(io.StringIO(text.rstrip("\n") + "\n"), delimiter="\t")]


def tree(text):
    return [re.sub(r"\bbf:", "", line.rstrip()) for line in text.splitlines() if re.match(r" +- ", line)]


def without_own(records):
    return [{key: value for key, value in record.items() if key not in OWN} for record in records]


def setUpModule():
    if bfabricpy.PYTHON.exists():
        Case.python = unittest.enterModuleContext(Worker())


@bfabricpy.needed
class Case(harness.TestCase):
    python = None  # one for all

    def begin(self, same_login):
        self.home = self.new_home()
        self.other = self.home if same_login else self.new_home()
        self.python.use(self.other)

    def new_home(self):
        home = self.enterContext(harness.Home())
        home.login(self.enterContext(harness.Sandbox()))
        home.write(home.home / "query.json", '{"id": [200, 201]}')
        home.write(home.home / "sample.json", '{"name": "from a file", "containerid": 3000}')
        return home

    def both(self, argv):
        return self.home.run("bfabric", "api", *argv), self.python.cli("api", *argv)

    def parsed(self, form, text):
        return rows(text) if form == "tsv" else self.python.yaml(text) if form == "yaml" else json.loads(text)

    def records(self, argv):
        """(records of ours, records of theirs)"""
        ours, theirs = self.both(argv)
        self.assertEqual((ours.status, theirs["status"]), (0, 0), f"{ours!r} {theirs}")
        form = form_of(argv)
        return self.parsed(form, ours.out), self.parsed(form, theirs["out"])


class Reading(Case):
    def setUp(self):
        self.begin(same_login=True)

    def test_same_records(self):
        for argv in SAME:
            with self.subTest(argv=argv):
                ours, theirs = self.records(argv)
                self.assertEqual(ours, theirs)

    def test_same_files(self):
        for argv in FILED:
            with self.subTest(argv=argv):
                file = self.home.home / "out"
                self.assertExit(self.home.run("bfabric", "api", *argv), 0)
                ours = file.read_text()
                file.unlink()
                self.assertEqual(self.python.cli("api", *argv)["status"], 0)
                theirs = file.read_text()
                self.assertEqual(len(self.parsed(form_of(argv), ours)), 2)
                self.assertEqual(*(self.parsed(form_of(argv), text) for text in (ours, theirs)))

    def test_parameters(self):
        for argv in INSPECT:
            with self.subTest(argv=argv):
                ours, theirs = self.both(argv)
                self.assertEqual((ours.status, theirs["status"]), (0, 0))
                self.assertGreater(len(tree(theirs["out"])), 3)
                self.assertEqual(tree(ours.out), tree(theirs["out"]))


class Saving(Case):
    def setUp(self):
        self.begin(same_login=False)

    def test_saving(self):
        for argv in SAVE:
            with self.subTest(argv=argv):
                ours, theirs = self.records(argv)
                self.assertEqual(without_own(ours), without_own(theirs))

    def test_failing(self):
        for argv in FAILING:
            with self.subTest(argv=argv):
                ours, theirs = self.both(argv)
                self.assertEqual((ours.status, theirs["status"]), (1, 1))
                self.assertEqual((ours.out, theirs["out"]), ("", ""))
                for said in theirs["err"].removeprefix("Error: Query was not successful: ").split("; "):
                    if said.endswith("Error"):
                        self.assertIn(said.strip(), ours.err)

    def test_differences(self):
        for row in ANSWERS:
            with self.subTest(argv=row.argv, why=row.why):
                ours, theirs = self.both(row.argv)
                self.assertEqual((ours.status, theirs["status"]), (row.own_status, row.status), theirs)
                self.assertRegex(ours.out, row.own_out)
                self.assertRegex(theirs["out"], row.out)
                if ours.status:
                    self.assertRegex(ours.err, r"\Abfabric: [^\n]+\n\Z")

    def test_deleting_some(self):
        """Those that can be are gone; which, we say, and theirs does not."""
        made = [self.records(["create", "sample", "name", "x", "containerid", "3000"]) for _ in range(2)]
        ids = [str(ours[0]["id"]) for ours, _ in made]
        self.assertEqual(ids, [str(theirs[0]["id"]) for _, theirs in made])
        ours, theirs = self.both(["delete", "sample", ids[0], "99999", ids[1], "--no-confirm"])
        self.assertEqual((ours.status, theirs["status"]), (1, 1))
        self.assertIn(f"Sample {ids[1]} removed successfully.", ours.err)
        self.assertIn("There is no sample with id 99999!", ours.err)
        self.assertEqual(theirs["err"].strip(),
                         "Error: Query was not successful: There is no sample with id 99999!")
        self.assertEqual(self.records(["read", "sample", "id", ids[0], "id", ids[1], "--format", "json"]),
                         ([], []))

    def at_terminal(self, argv, typed):
        """(ours, theirs): status and text. Ours asks once, theirs once for each record."""
        theirs = self.python.cli("api", *argv, typed=typed)
        with Terminal(self.home.command("bfabric", "api", *argv), self.home.env(), cwd=self.home.home) as one:
            one.expect(r"\[y/N\] ")
            one.type(typed[:2])
            status = one.status()
        return (status, one.text), (theirs["status"], theirs["out"])

    def test_questions(self):
        """A preview and a question; what is not confirmed is not done, and with us not a success."""
        def names():
            ours, theirs = self.records(["read", "sample", "id", "215", "id", "216", "--format", "json"])
            self.assertEqual(*([(r["id"], r["name"]) for r in one] for one in (ours, theirs)))
            return [r["name"] for r in ours]

        before = names()
        update = ["update", "sample", "215", "name", "New"]
        ours, theirs = self.at_terminal(update, "n\n")
        self.assertEqual((ours[0], theirs[0]), (130, 0), theirs[1])
        self.assertEqual(names(), before)
        ours, theirs = self.at_terminal(update, "y\n")
        self.assertEqual((ours[0], theirs[0]), (0, 0), theirs[1])
        for text in (ours[1], theirs[1]):
            self.assertIn(before[0], text)
            self.assertIn("New", text)
        self.assertEqual(names(), ["New", before[1]])
        made = [self.records(["create", "sample", "name", "x", "containerid", "3000"])[0][0]["id"]
                for _ in range(2)]
        ours, theirs = self.at_terminal(["delete", "sample", *map(str, made)], "y\ny\n")
        self.assertEqual((ours[0], theirs[0]), (0, 0), theirs[1])
        self.assertEqual((ours[1].count("[y/N]"), theirs[1].count("[y/n]")), (1, 2))
        gone = [word for one in made for word in ("id", str(one))]
        self.assertEqual(self.records(["read", "sample", *gone, "--format", "json"]), ([], []))


if __name__ == "__main__":
    harness.main()
