# SPDX-License-Identifier: MIT
"""What bfabric-api(1) shows is run, as it stands there but for the ids of the sandbox.

R is not needed for it: what system2() hands to a shell is handed to one here.
"""
import csv
import io
import re
import shlex
import shutil
import unittest

import harness

PAGE = (harness.SOURCE / "man/bfabric-api.1").read_text()


def examples(section):
    """The displays of a section, without mdoc's escapes."""
    text = re.search(rf"^\.S[hs] {section}\n(.*?)(?=^\.S[hs] )", PAGE, re.S | re.M).group(1)
    return [one.replace("\\e", "\\").replace("\\-", "-")
            for one in re.findall(r"^\.Bd [^\n]*\n(.*?)^\.Ed", text, re.S | re.M)]


class Manual(harness.TestCase):
    def setUp(self):
        self.home = self.enterContext(harness.Home())
        self.home.login(self.enterContext(harness.Sandbox()))

    def test_lines(self):
        lines = re.findall(r"^\.Dl (bfabric .*)$", PAGE, re.M)
        self.assertGreaterEqual(len(lines), 3)
        for line in lines:
            with self.subTest(line=line):
                self.assertExit(self.home.run("sh", "-c", line), 0)

    def test_what_r_runs(self):
        """Each argument quoted, the whole by a shell; the values stand behind --."""
        [example] = [one for one in examples("From R") if "system2" in one]
        words = re.search(r'c\((("[\w-]+"|endpoint|limit|query)[,\s]*)+\)', example).group()
        given = {"endpoint": ["workunit"], "limit": ["all"], "query": ["status", "available"]}
        args = [word for quoted, name in re.findall(r'"([\w-]+)"|(\w+)(?=[,)])', words[2:])
                for word in ([quoted] if quoted else given[name])]
        self.assertEqual(args[:2], ["api", "read"])
        records = self.home.run("sh", "-c", "bfabric " + " ".join(map(shlex.quote, args))).json()
        self.assertEqual({one["status"].lower() for one in records}, {"available"})

    def test_what_base_r_runs(self):
        [command] = [re.search(r'"(bfabric .*)"', one).group(1) for one in examples("From R") if "pipe(" in one]
        result = self.home.run("sh", "-c", command.replace("containerid 12", "containerid 3000"))
        self.assertExit(result, 0)
        rows = list(csv.DictReader(io.StringIO(result.out), delimiter="\t"))
        self.assertEqual({row["container_id"] for row in rows}, {"3000"})

    @unittest.skipUnless(shutil.which("cc"), "no C compiler here")
    def test_c(self):
        source = next(one for one in re.findall(r"^\.Bd [^\n]*\n(.*?)^\.Ed", PAGE, re.S | re.M)
                      if "#include" in one)
        source = re.sub(r"^\.[^\n]*\n", "", source, flags=re.M).replace("\\e", "\\").replace("\\-", "-")
        source = source.replace('"containerid", 12', '"containerid", 3000')
        self.home.write(self.home.home / "samples.c", source)
        library = harness.BUILD / "libbfabric"
        if b"__asan_init" in (library / "libbfabric.so").read_bytes():
            self.skipTest("the library wants a sanitizer, which a plain program has not")
        built = self.home.run("cc", "-o", "samples", "samples.c", f"-I{harness.SOURCE / 'libbfabric'}",
                              f"-L{library}", "-lbfabric", "-ljansson", f"-Wl,-rpath,{library}",
                              "-Wl,--allow-shlib-undefined")
        self.assertExit(built, 0)
        result = self.home.run(self.home.home / "samples")
        self.assertExit(result, 0)
        self.assertEqual(result.out.splitlines()[-1], "Sample_01")


if __name__ == "__main__":
    harness.main()
