# SPDX-License-Identifier: MIT
"""bfabric api beside `bfabric-cli api`: the same commands on the same data.

Each has a sandbox of its own, which begin alike, so that what one saves is not in the way of the
other. SAME are commands that must give the same records, whatever their form. DIFFERENT are those where we
differ on purpose: what each does, and why. All of bfabricPy's run in one process of it.
"""
import csv
import io
import json
import re

import bfabricpy
import harness

# Runs bfabric-cli's commands one after the other, and reads YAML for us as Python's users would.
SCRIPT = """
import contextlib, io, traceback, yaml
from bfabric_scripts.cli.__main__ import app
asked = json.loads(sys.stdin.readline())
answers = []
for argv in asked["commands"]:
    out, err, status = io.StringIO(), io.StringIO(), 0
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            status = app(argv) or 0
        except SystemExit as end:
            status = end.code
        except BaseException:
            traceback.print_exc(limit=1)
            status = "crashed"
    answers.append([status, out.getvalue(), err.getvalue()])
    if "yaml" in argv and status == 0:
        answers[-1][1] = json.dumps(yaml.safe_load(out.getvalue()))
print(json.dumps({"answers": answers, "yaml": [yaml.safe_load(text) for text in asked["yaml"]]}))
"""

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
]

UPDATE = ["update", "sample", "200", "name", "x"]
# (command, their status, what their stdout is like, our status, what ours is like, why)
DIFFERENT = [
    (["read", "workunit", "id", "304", "--format", "tsv"], "crashed", r"\A\Z", 0, r'""id"":1004',
     "an array is written as its JSON, where polars has no form for it"),
    (["read", "sample", "--limit", "1"], 0, "id +┃ classn", 0, r"\Aid +name +concentration ",
     "a table begins with what people know a record by, and ends with what they asked for"),
    (["read", "sample", "name", "none", "--format", "tsv"], 0, r"\A\n\n\Z", 0, r"\Aid\n\Z",
     "a table without records still has a heading: R's read.delim wants one"),
    (["read", "sample", "nosuch", "x", "--format", "json"], "crashed", r"\A\Z", 2, r"\A\Z",
     "a key that does not exist is an error of the caller, in one line"),
    (["read", "nosuch", "--format", "json"], 1, r"\A\Z", 2, r"\A\Z",
     "so is an endpoint that does not exist"),
    (["read", "sample", "--limit", "0", "--format", "json"], 0, r"\A\[\]\n\Z", 2, r"\A\Z",
     "nobody wants no records; all is called all"),
    (["read", "sample", "a", "--format", "json"], 1, r"\A\Z", 2, r"\A\Z",
     "a key without value is wrong usage"),
    (["create", "sample", "name", "x", "name", "y"], "crashed", r"\A\Z", 2, r"\A\Z",
     "a key given twice is wrong usage"),
    (["create", "sample", "id", "5"], 1, r"\A\Z", 2, r"\A\Z",
     "an id is the server's to give: wrong usage"),
    (["inspect", "sample", "nosuch"], "crashed", r"\A\Z", 2, r"\A\Z",
     "a method that does not exist is wrong usage"),
    (UPDATE, 0, r"\A\Z", 2, r"\A\Z",
     "what was not done must not look done to a script"),
    (["update", "sample", "200", "--json", "{}", "--no-confirm"], 0, r"\A\Z", 2, r"\A\Z",
     "an update without values is a mistake"),
    (["delete", "sample", "200"], 0, r"\A\Z", 2, r"\A\Z", "as with update"),
]

SAVE = [
    ["create", "sample", "name", "A & B <\u00fc>", "containerid", "3000"],
    ["update", "sample", "210", "description", "line\none", "--no-confirm"],
    ["update", "sample", "211", "--json", '{"parentid": [200, 201]}', "--no-confirm"],
    ["update", "sample", "212", "name", "yes", "--no-confirm", "--format", "yaml"],
    ["update", "sample", "99999", "name", "x", "--no-confirm"],
]
# Of two records that two clients saved one after the other, these need not be the same.
OWN = ("id", "created", "modified")
INSPECT = [["inspect", "sample"], ["inspect", "sample", "save", "--max-depth", "1"],
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


@bfabricpy.needed
class SideBySide(harness.TestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        home, other = (cls.enterClassContext(harness.Home()) for _ in range(2))
        for one in (home, other):
            one.login(cls.enterClassContext(harness.Sandbox()))
        commands = [*SAME, *[row[0] for row in DIFFERENT], *INSPECT, *SAVE]
        ours = [home.run("bfabric", "api", *argv) for argv in commands]
        texts = [one.out if form_of(argv) == "yaml" and one.status == 0 else "null"
                 for argv, one in zip(commands, ours)]
        asked = json.dumps({"commands": [["api", *argv] for argv in commands], "yaml": texts})
        answer = bfabricpy.run(other, SCRIPT, asked + "\n")
        if answer.status:
            raise AssertionError(repr(answer))
        answer = answer.json()
        cls.all = {json.dumps(argv): (mine, parsed, theirs) for argv, mine, parsed, theirs in
                   zip(commands, ours, answer["yaml"], answer["answers"])}
        cls.home = home

    def both(self, argv):
        """(records of ours, records of theirs)"""
        mine, parsed, (status, out, err) = self.all[json.dumps(argv)]
        self.assertEqual((mine.status, status), (0, 0), mine.err + err)
        if form_of(argv) == "tsv":
            return rows(mine.out), rows(out)
        return parsed if form_of(argv) == "yaml" else json.loads(mine.out), json.loads(out)

    def test_same_records(self):
        for argv in SAME:
            with self.subTest(argv=argv):
                mine, theirs = self.both(argv)
                self.assertEqual(mine, theirs)

    def test_saving(self):
        for argv in SAVE[:-1]:
            with self.subTest(argv=argv):
                mine, theirs = self.both(argv)
                self.assertEqual(without_own(mine), without_own(theirs))
        mine, _, (status, _, err) = self.all[json.dumps(SAVE[-1])]
        self.assertEqual((mine.status, status), (1, 1))
        self.assertEqual(mine.err.removeprefix("bfabric: "), err.removeprefix("Error: "))

    def test_parameters(self):
        for argv in INSPECT:
            with self.subTest(argv=argv):
                mine, _, (status, out, _) = self.all[json.dumps(argv)]
                self.assertEqual((mine.status, status), (0, 0))
                self.assertGreater(len(tree(out)), 5)
                self.assertEqual(tree(mine.out), tree(out))

    def test_differences(self):
        for argv, status, out, own_status, own_out, why in DIFFERENT:
            with self.subTest(argv=argv, why=why):
                mine, _, theirs = self.all[json.dumps(argv)]
                self.assertEqual((mine.status, theirs[0]), (own_status, status), theirs[2])
                self.assertRegex(mine.out, own_out)
                self.assertRegex(theirs[1], out)

    def test_read_by_each_other(self):
        """What one saved, the other reads."""
        mine = self.home.run("bfabric", "api", "read", "sample", "--format", "json").json()
        answer = bfabricpy.run(self.home, "print(json.dumps(sorted(Bfabric.connect().read('sample', {})"
                               ".to_list_dict(), key=lambda one: one['id'])))\n")
        self.assertEqual(answer.status, 0, answer.err)
        self.assertEqual(mine, answer.json())


if __name__ == "__main__":
    harness.main()
