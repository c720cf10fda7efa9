# SPDX-License-Identifier: MIT
"""scripts/tally.py: what counts as passed, and which failures a second try may excuse."""
import importlib.util
import json
import pathlib
import tempfile

import source

_spec = importlib.util.spec_from_file_location("tally", source.ROOT / "scripts" / "tally.py")
tally = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(tally)


def run(name, stdout="ok 1 - a\nok 2 - b\n1..2\n", result="OK", returncode=0, suite="unit", **more):
    return {"name": f"project:{suite} / {name}", "stdout": stdout, "result": result,
            "returncode": returncode, **more}


def bad(name, **more):
    return run(name, **{"stdout": "ok 1 - a\nnot ok 2 - b\n# it came too late\n1..2\n",
                        "result": "FAIL", "returncode": 1, **more})


class Tally(source.TestCase):
    def again(self, *runs):
        return [tally.short(one) for one in tally.again(runs)]

    def test_which_may_be_run_again(self):
        good = run("good")
        self.assertEqual(self.again(good), [])
        self.assertEqual(self.again(good, bad("late")), ["late"])
        self.assertEqual(self.again(bad("a"), bad("b"), good, bad("c")), ["a", "b", "c"])
        self.assertEqual(self.again(bad("a"), bad("b"), bad("c"), bad("d")), [])
        # Hung, or killed by the kernel for want of memory: the machine's doing, perhaps.
        self.assertEqual(self.again(bad("slow", result="TIMEOUT", returncode=-15)), ["slow"])
        self.assertEqual(self.again(run("killed", result="ERROR", returncode=-9)), ["killed"])

    def test_which_may_not(self):
        for what in (bad("x", suite="session+races"), bad("x", suite="races+long"),
                     bad("x", returncode=-11), bad("x", returncode=-6), bad("x", returncode=99),
                     bad("x", stderr="==7==ERROR: AddressSanitizer: heap-use-after-free"),
                     bad("x", stdout="not ok 1 - a\n# WARNING: ThreadSanitizer: data race\n1..1\n"),
                     bad("x", stderr="a.c:3:1: runtime error: index 4 out of bounds"),
                     bad("x", stdout="not ok 1 - a\n# Test failed with exception: Segmentation "
                         "fault(11)\n1..1\n")):
            with self.subTest(what=what):
                self.assertEqual(self.again(what, bad("late")), ["late"])

    def counted(self, first, *second):
        numbers, remarks = tally.tally(first, {one["name"]: one for one in second})
        return numbers, "\n".join(remarks)

    def test_counts_of_the_second_try_replace_those_of_the_first(self):
        first = [run("good"), bad("late")]
        numbers, said = self.counted(first, run("late"))
        self.assertEqual(numbers, [4, 0, 0, 1])
        self.assertEqual(said, "again late\nbecause late b\nbecause     it came too late")
        self.assertEqual(self.counted(first)[0], [3, 1, 0, 0])
        numbers, said = self.counted(first, bad("late"))
        self.assertEqual(numbers, [3, 1, 0, 0])
        self.assertEqual(said.count("fail late b"), 2)

    def test_a_second_try_that_proves_nothing(self):
        for second in (run("late", stdout="1..0 # SKIP no reason\n", result="SKIP"),
                       run("late", stdout="", result="ERROR", returncode=-9),
                       run("late", result="TIMEOUT", returncode=-15)):
            numbers, _ = self.counted([bad("late")], second)
            self.assertGreater(numbers[1], 0, second)
            self.assertEqual(numbers[3], 0, second)

    def test_good_ones_stay_as_they_were(self):
        self.assertEqual(self.counted([run("good")], bad("good"))[0], [2, 0, 0, 0])

    def test_reads_what_meson_writes(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder, "log.json")
            path.write_text("".join(json.dumps(one) + "\n" for one in (run("good"), bad("late"))))
            self.assertEqual(self.again(*tally.read(path)), ["late"])


if __name__ == "__main__":
    source.main()
