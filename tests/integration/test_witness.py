# SPDX-License-Identifier: MIT
"""The evidence of the storms with bfabricPy: it has to tell what could be known from what could not.
"""
import harness
from scene import at
from witness import Witness


class TheWitness(harness.TestCase):
    LOOK = ["bfabric: trace: a last look at the cache"]

    def holds(self, token):
        return self.LOOK + [f"bfabric: trace: the cache holds refresh token {token}"]

    def sends(self, token):
        return [f"bfabric: trace: refresh token {token} is sent"]

    def saves(self, token):
        return [f"bfabric: trace: refresh token {token} goes into record and cache",
                "bfabric: trace: record /r: saved"]

    def py(self, token):
        return [f"bfabricPy 7: writes {token}", f"bfabricPy 7: wrote {token}"]

    def trouble(self, lines, sent):
        folder = self.enterContext(harness.Temporary())
        witness = self.enterContext(Witness(folder.path / "events", "first"))
        first = witness.first
        text = "".join(line.replace("FIRST", first) + "\n" for line in lines)
        witness.path.write_text(text)
        return witness.trouble([first if token == "FIRST" else token for token in sent])

    def test_what_could_not_be_known(self):
        for name, lines, sent in (
                ("nothing", [], []),
                ("plain", self.holds("FIRST") + self.sends("FIRST") + self.saves("b"), ["FIRST"]),
                ("written back before we ever saw the new one",
                 self.py("b") + self.py("FIRST") + self.holds("FIRST") + self.sends("FIRST"),
                 ["FIRST"]),
                ("written while we looked",
                 self.LOOK + self.py("b") + self.holds("FIRST")[1:] + self.sends("FIRST"),
                 ["FIRST"]),
                ("two writers, and who was last is not known",
                 ["bfabricPy 7: writes FIRST", "bfabricPy 8: writes b", "bfabricPy 8: wrote b",
                  "bfabricPy 7: wrote FIRST"] + self.holds("b") + self.sends("b"), ["b"]),
                ("written back after ours, and ours is sent",
                 self.holds("FIRST") + self.sends("FIRST") + self.saves("b") + self.py("FIRST")
                 + self.holds("FIRST") + self.sends("b"), ["FIRST", "b"])):
            with at(case=name):
                self.assertEqual(self.trouble(lines, sent), [])

    def test_what_could_be_known(self):
        for name, lines, sent in (
                ("a newer one lay in the cache",
                 self.py("b") + self.holds("FIRST") + self.sends("FIRST"), ["FIRST"]),
                ("no look", self.sends("FIRST"), ["FIRST"]),
                ("one look for two", self.holds("FIRST") + self.sends("FIRST") + self.sends("b"),
                 ["FIRST", "b"]),
                ("another one than the cache held", self.holds("FIRST") + self.sends("b"), ["b"]),
                ("sent by us before",
                 self.holds("FIRST") + self.sends("FIRST") + self.saves("b") + self.py("FIRST")
                 + self.holds("FIRST") + self.sends("FIRST"), ["FIRST", "FIRST"]),
                ("seen to be replaced",
                 self.py("b") + ["bfabric: trace: refresh token b is adopted from the cache, it "
                                 "replaces FIRST"] + self.py("FIRST") + self.holds("FIRST")
                 + self.sends("FIRST"), ["FIRST"]),
                ("a request that is not in the trace", [], ["FIRST"])):
            with at(case=name):
                self.assertNotEqual(self.trouble(lines, sent), [])


if __name__ == "__main__":
    harness.main()
