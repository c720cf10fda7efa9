# SPDX-License-Identifier: MIT
"""bfabric api: what a person and a script see, against the sandbox's web services."""
import csv
import io
import json
import os
import re
import signal
import subprocess
import unicodedata
import unittest

import harness
from terminal import Terminal

try:
    import yaml
except ImportError:
    yaml = None

COLUMNS = 70


class Case(harness.TestCase):
    """A sandbox and a login for each test: what one writes, no other sees."""

    settings = {}

    def setUp(self):
        self.server = self.enterContext(harness.Sandbox(**self.settings))
        self.home = self.enterContext(harness.Home())
        self.home.login(self.server)

    def api(self, *arguments, **more):
        return self.home.run("bfabric", "api", *arguments, **more)

    def good(self, *arguments, **more):
        result = self.api(*arguments, **more)
        self.assertExit(result, 0)
        return result

    def records(self, *arguments):
        return json.loads(self.good("read", *arguments, "--format", "json").out)

    def fails(self, status, says, *arguments, **more):
        """Nothing on stdout, one line on stderr."""
        result = self.api(*arguments, **more)
        self.assertExit(result, status)
        self.assertEqual(result.out, "")
        self.assertRegex(result.err, rf"\Abfabric: .*{says}.*\n\Z")
        return result

    def terminal(self, *arguments, columns=COLUMNS, **env):
        return Terminal(self.home.command("bfabric", "api", *arguments),
                        self.home.env(LANG="C.UTF-8", **env), columns=columns, cwd=self.home.home)


class Forms(Case):
    def test_json(self):
        [one] = self.records("sample", "id", "202")
        self.assertEqual((one["id"], one["classname"], one["concentration"]), (202, "sample", 0.5))
        self.assertEqual(one["container"], {"classname": "project", "id": 3002})
        self.assertIn('5 < 6 & 7 > "3" \'it\' \U0001f9ec \u00fc\n\tsecond line', one["description"])
        [one] = self.records("resource", "id", "1005")
        self.assertEqual(one["size"], 9007199254740993)

    def test_sorted_and_alternatives(self):
        ids = [one["id"] for one in self.records("sample", "id", "205", "id", "201", "id", "203")]
        self.assertEqual(ids, [201, 203, 205])
        ids = [one["id"] for one in self.records("sample", "--limit", "3", "--offset", "2")]
        self.assertEqual(ids, [219, 220, 221])

    def test_columns_and_ids(self):
        self.assertEqual(self.records("sample", "id", "200", "--columns", "name,nope,id"),
                         [{"name": "Sample_01", "nope": None, "id": 200}])
        [one] = self.records("sample", "id", "200", "--return-id-only")
        self.assertEqual(one["id"], 200)
        self.assertNotIn("name", one)

    def test_tsv(self):
        text = self.good("read", "sample", "id", "202", "id", "207", "--format", "tsv").out
        rows = list(csv.DictReader(io.StringIO(text), delimiter="\t"))
        self.assertEqual([row["id"] for row in rows], ["202", "207"])
        self.assertEqual(rows[0]["container_id"], "3002")
        self.assertTrue(rows[0]["description"].endswith("\n\tsecond line"))
        self.assertEqual([one["id"] for one in json.loads(rows[1]["parent"])], [200, 201])

    @unittest.skipUnless(yaml, "PyYAML is not installed")
    def test_yaml(self):
        for endpoint in ("sample", "resource", "dataset", "workunit"):
            text = self.good("read", endpoint, "--format", "yaml").out
            self.assertEqual(yaml.safe_load(text), self.records(endpoint))

    def test_nothing_fits(self):
        nothing = ("read", "sample", "name", "none")
        for form, text in (("json", "[]\n"), ("yaml", "[]\n"), ("tsv", "id\n")):
            result = self.good(*nothing, "--format", form)
            self.assertEqual((result.out, result.err), (text, ""))
        result = self.good(*nothing)
        self.assertEqual((result.out, result.err), ("", "bfabric: no sample fits that\n"))

    def test_no_login(self):
        self.home.write_config(self.server.base_url)
        self.home.place(self.server.base_url).unlink()
        self.fails(3, "bfabric login", "read", "sample")

    def test_query_as_json(self):
        query = self.home.write("query.json", '{"id": [201, "202"]}', 0o644)
        self.assertEqual(len(self.records("sample", "--json-file", str(query))), 2)
        self.assertEqual(len(self.records("sample", "name", "Sample_02", "--json", '{"id": 201}')), 1)
        result = self.good("read", "sample", "--json-file", "-", "--format", "tsv", "--columns", "id",
                           input=b'{"id": 203}')
        self.assertEqual(result.out, "id\n203\n")


class Refused(Case):
    def test_usage(self):
        """Before anything is sent."""
        for says, *arguments in (
                ("no ENDPOINT", "read"), ("not the name of an endpoint", "read", "../x"),
                ("no value", "read", "sample", "name"), ("--limit", "read", "sample", "--limit", "0"),
                ("--columns", "read", "sample", "--columns", "a,,b"),
                ("table", "read", "sample", "--file", "x"),
                ("--json", "read", "sample", "--json", "{"),
                ("update", "create", "sample", "id", "5"), ("nothing to create", "create", "sample"),
                ("twice", "create", "sample", "name", "a", "name", "b"),
                ("no ID", "update", "sample"), ("whole number", "update", "sample", "x", "name", "y"),
                ("nothing to change", "update", "sample", "5"),
                ("id", "update", "sample", "5", "id", "6", "name", "x"),
                ("no ID", "delete", "sample"), ("whole number", "delete", "sample", "5", "-", "6"),
                ("--no-confirm", "update", "sample", "200", "name", "x"),
                ("--no-confirm", "delete", "sample", "200")):
            with self.subTest(arguments=arguments):
                self.fails(2, re.escape(says), *arguments)
        self.assertEqual(self.server.log("soap"), [])

    def test_unknown_names(self):
        """A key that the server ignores would return everything."""
        self.fails(2, "nmae.*name", "read", "sample", "nmae", "x")
        self.fails(2, "nmae.*name", "create", "sample", "nmae", "x")
        self.fails(2, "smaple.*sample", "read", "smaple")
        self.fails(2, "name", "create", "sample", "name", "no \x1b in XML")
        self.assertEqual(len(self.records("sample", "nmae", "x", "--no-check", "--limit", "all")), 24)

    def test_server_says_no(self):
        self.server.control("fault", endpoint="soap-read", kind="errorreport", arg="Not today")
        self.fails(1, "Query was not successful: Not today", "read", "sample")
        self.server.control("clear")
        self.server.control("fault", endpoint="soap-read", kind="status", arg="503")
        self.fails(5, "", "read", "sample")

    def test_scope(self):
        self.home.scope = "api:read"
        self.home.login(self.server)
        self.fails(8, "api:write", "create", "sample", "name", "x")


class Files(Case):
    def test_written_whole(self):
        target = self.home.home / "out.json"
        before = os.umask(0o022)
        try:
            result = self.good("read", "sample", "id", "200", "--format", "json", "--file", target)
        finally:
            os.umask(before)
        self.assertEqual(result.out, "")
        self.assertEqual(json.loads(target.read_text())[0]["id"], 200)
        self.assertEqual(target.stat().st_mode & 0o777, 0o644)
        self.server.control("fault", endpoint="soap-read", kind="errorreport", arg="Broken")
        before = target.read_text()
        self.fails(1, "Broken", "read", "sample", "--format", "json", "--file", target)
        self.assertEqual(target.read_text(), before)
        self.assertEqual([p.name for p in self.home.home.iterdir() if p.name.startswith(".out")], [])
        self.fails(1, "none/x", "read", "sample", "--format", "json", "--file", "none/x")

    def test_stdout_full(self):
        with open("/dev/full", "wb") as full:
            result = harness.finish(self.home.start("bfabric", "api", "read", "sample", stdout=full))
        self.assertExit(result, 1)
        self.assertIn("cannot write the answer", result.err)

    def test_reader_stops_early(self):
        reader, writer = os.pipe()
        os.close(reader)
        process = self.home.start("bfabric", "api", "read", "sample", stdout=writer)
        os.close(writer)
        result = harness.finish(process)
        self.assertEqual(result.err, "")
        self.assertNotIn(result.status, (0, 1))


def width(text):
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1
               for c in text)


class Person(Case):
    """At a terminal."""

    def test_table(self):
        with self.terminal("read", "sample", "--limit", "5") as terminal:
            self.assertEqual(terminal.status(), 0)
        link = f"\x1b]8;;{self.server.base_url}/sample/show.html?id=221\x1b\\221\x1b]8;;\x1b\\"
        self.assertIn(link, terminal.text)
        plain = re.sub(r"\x1b\]8;;.*?\x1b\\", "", terminal.text).rstrip("\n").split("\n")
        self.assertEqual(len(plain), 6)
        for line in plain:
            self.assertLessEqual(width(line), COLUMNS)
        self.assertNotIn("\x1b", "".join(plain))
        self.assertIn("\u2026", plain[1])

    def test_narrow(self):
        with self.terminal("read", "sample", "id", "202", columns=20) as terminal:
            self.assertEqual(terminal.status(), 0)
        self.assertRegex(terminal.text, r"did not fit: choose with --columns")

    def test_no_links(self):
        with self.terminal("read", "sample", "id", "202", TERM="dumb") as terminal:
            self.assertEqual(terminal.status(), 0)
        self.assertNotIn("\x1b", terminal.raw.decode())

    def test_pipe_is_not_cut(self):
        out = self.good("read", "sample", "id", "202", "--columns", "id,description").out
        self.assertRegex(out, r"\Aid   description\n202  5 < 6 .* second line\n\Z")

    def test_update(self):
        update = ("update", "sample", "200", "name", "Mouse 8", "type", "Biological Sample",
                  "containerid", "3001", "description", "x")
        for answer, status in (("n", 130), ("", 130), ("y", 0)):
            with self.terminal(*update) as terminal:
                terminal.expect(r"sample 200\n  name: Sample_01 \u2192 Mouse 8\n"
                                r"  type: Biological Sample \(as it is\)\n"
                                r"  containerid: 3000 \u2192 3001\n  description: \(none\) \u2192 x\n"
                                r"Change this sample\? \[y/N\] ")
                terminal.type(answer + "\n")
                self.assertEqual(terminal.status(), status)
        self.assertIn("bfabric: sample 200 was changed", terminal.text)
        self.assertIn('"name": "Mouse 8"', terminal.text)

    def test_update_of_nothing(self):
        with self.terminal("update", "sample", "99", "name", "x") as terminal:
            self.assertEqual(terminal.status(), 1)
        self.assertIn("bfabric: there is no sample with id 99\n", terminal.text)

    def test_delete(self):
        [made] = json.loads(self.good("create", "sample", "name", "gone", "containerid", "3000").out)
        ids = str(made["id"]), "99"
        with self.terminal("delete", "sample", *ids) as terminal:
            terminal.expect(r"there is no sample with id 99\n")
            terminal.expect(rf"{made['id']} +gone .*\nDelete sample {made['id']}\? \[y/N\] ")
            terminal.type("y\n")
            self.assertEqual(terminal.status(), 1)
        self.assertIn(f"Sample {made['id']} removed successfully.", terminal.text)
        self.assertEqual(self.records("sample", "id", ids[0]), [])

    def test_interrupted(self):
        self.server.control("fault", endpoint="soap-read", kind="hang")
        with self.terminal("read", "sample") as terminal:
            harness.wait_for(lambda: self.server.log("soap"), 30)  # the description was fetched
            terminal.type("\x03")
            self.assertEqual(terminal.status(), 130)
        with self.terminal("delete", "sample", "201") as terminal:
            self.server.control("clear")
            terminal.expect(r"\[y/N\]")
            terminal.type("\x03")
            self.assertEqual(terminal.status(), 130)


class Progress(Case):
    settings = {"soap_records": 250}

    def test_long_read(self):
        with self.terminal("read", "resource", "--limit", "all", "--columns", "id") as terminal:
            self.assertEqual(terminal.status(), 0)
        raw = terminal.raw.decode()
        self.assertRegex(raw, r"\r100 of \d+ records\x1b\[K\r200 of \d+ records\x1b\[K")
        self.assertIn("\r\x1b[K", raw[raw.rindex("records"):])
        self.assertEqual(len(re.findall(r"\x1b\]8;;http", raw)), 310)
        result = self.good("read", "resource", "--format", "tsv", "--columns", "id")
        self.assertEqual(len(result.out.splitlines()), 101)
        self.assertEqual(result.err,
                         "bfabric: these are the newest 100, and there may be more: --limit all\n")

    def test_long_text(self):
        """Written in pieces: all of it, or said that it is not."""
        everything = ("read", "resource", "--limit", "all")
        for form in ("json", "yaml", "tsv"):
            text = self.good(*everything, "--format", form).out
            self.assertGreater(len(text), 60_000)
            self.good(*everything, "--format", form, "--file", "out")
            self.assertEqual((self.home.home / "out").read_text(), text)
        self.fails(1, "cannot write /dev/full", *everything, "--format", "json", "--file", "/dev/full")
        with open("/dev/full", "wb") as full:
            process = self.home.start("bfabric", "api", *everything, stdout=full,
                                      stderr=subprocess.PIPE)
            said = process.communicate(timeout=60)[1].decode()
        self.assertEqual((process.returncode, said.count("\n")), (1, 1), said)
        self.assertIn("cannot write the answer", said)
        with self.home.start("bfabric", "api", *everything, "--format", "json",
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            process.stdout.readline()  # more than a pipe holds is to come
            process.stdout.close()
            self.assertEqual(process.stderr.read(), b"")
            self.assertEqual(process.wait(timeout=60), -signal.SIGPIPE)

    def test_later_page_fails(self):
        self.server.control("fault", endpoint="soap-read@2", kind="errorreport", arg="Broken")
        self.fails(1, "Broken", "read", "resource", "--limit", "all", "--format", "json")


class Saving(Case):
    def test_create_update_delete(self):
        result = self.good("create", "sample", "name", "A & B <\u00fc>", "containerid", "3000")
        [made] = json.loads(result.out)
        self.assertEqual(made["name"], "A & B <\u00fc>")
        self.assertEqual(result.err, f"bfabric: sample {made['id']} was created\n")
        result = self.good("update", "sample", str(made["id"]), "--json", '{"parentid": [200, 201]}',
                           "--no-confirm", "--format", "tsv")
        self.assertEqual(len(result.out.splitlines()), 2)
        [now] = self.records("sample", "id", str(made["id"]))
        self.assertEqual([one["id"] for one in now["parent"]], [200, 201])
        self.assertEqual(now["name"], made["name"])
        result = self.good("delete", "sample", str(made["id"]), "--no-confirm")
        self.assertEqual((result.out, result.err),
                         ("", f"bfabric: Sample {made['id']} removed successfully.\n"))

    def test_some_are_not_deleted(self):
        [made] = json.loads(self.good("create", "sample", "name", "x", "containerid", "3000").out)
        result = self.api("delete", "sample", "99999", str(made["id"]), "--no-confirm")
        self.assertExit(result, 1)
        self.assertEqual(result.err.splitlines(), [
            "bfabric: sample 99999 was not deleted: There is no sample with id 99999!",
            f"bfabric: Sample {made['id']} removed successfully."])

    def test_update_of_nothing(self):
        self.fails(1, "There is no sample with id 99999", "update", "sample", "99999", "name", "x",
                   "--no-confirm")


class Inspect(Case):
    def test_tree(self):
        out = self.good("inspect", "sample").out
        self.assertRegex(out, r"\AMethods: .*read.*\nParameters of read: xmlRequestReadSample\n")
        self.assertIn("\n  - query: xmlRequestParameterReadSample\n    - id: xs:long[]\n", out)
        self.assertIn("    - fulldetails: xs:boolean\n", out)
        out = self.good("inspect", "sample", "save", "--max-depth", "1").out
        self.assertIn("    - customattribute: xmlCustomAttribute[]\n", out)
        self.assertNotIn("      - ", out)
        self.fails(2, "no method nosuch.*read", "inspect", "sample", "nosuch")


class Manual(Case):
    """What bfabric-api(1) shows works as it stands there."""

    def test_python(self):
        page = (harness.SOURCE / "man/bfabric-api.1").read_text()
        example = re.search(r"^\.Ss From Python\n.*?^\.Bd [^\n]*\n(.*?)^\.Ed", page, re.S | re.M).group(1)
        script = self.home.write("example.py", example.replace("containerid=12", "containerid=3000"))
        result = self.home.run("python3", script)
        self.assertExit(result, 0)
        self.assertEqual(result.out.splitlines()[0], "200 Sample_01")
        self.assertEqual(len(result.out.splitlines()), 8)


if __name__ == "__main__":
    harness.main()
