# SPDX-License-Identifier: MIT
"""Random records, saved by us and by bfabricPy, read by both: all four ways give the same.

BF_SEED repeats a run; the seed is in the message of a failure.
"""
import json
import os
import random
import re

import bfabricpy
import harness
from bfabricpy_worker import Worker
from sandbox_client import Sandbox

ROUNDS = max(2, round(30 * harness.SCALE))
# What a record gets from the server, and cannot be the same in two of them.
OWN = ("id", "created", "modified")
PIECES = [
    "a", "Z", "0", " ", "  ", "\t", "\n", "\r", "\r\n", "<", ">", "&", "\"", "'", "&amp;", "&#13;", "]]>",
    "<![CDATA[", "<!--", "-->", "<b>", "</name>", "%", "_", "\\", "\\n", "#", "{}", "[]", "null", "true",
    "\u0085", "\u00a0", "\u00fc", "u\u0308", "\u0416", "\u05d0\u202e", "\u2028", "\u3042", "\ud7ff",
    "\ue000", "\ufeff", "\ufffd", "\U00010000", "\U0001f9ec", "\U0001f468\u200d\U0001f52c", "\U0010ffff"]
WHOLE = ["", "0", "-1", "+1", "007", "1e3", "1.50", "NaN", "INF", "true", "TRUE", "False", " x ", "None",
         "2026-02-10 17:45:01", "9" * 30, "x" * 3000]


class Chance:
    """Makes records that the sandbox takes."""

    def __init__(self, seed):
        self.dice = random.Random(seed)

    def text(self):
        if self.dice.random() < 0.3:
            return self.dice.choice(WHOLE)
        return "".join(self.dice.choice(PIECES) for _ in range(self.dice.randrange(1, 12)))

    def name(self):
        return f"r{self.dice.getrandbits(48):x} {self.text()}"

    def some(self, make, most=4):
        return [make() for _ in range(self.dice.randrange(1, most))]

    def integer(self):
        return self.dice.choice([0, 1, -1, 2**31 - 1, -2**31, self.dice.randrange(-10**6, 10**6)])

    def long(self):
        return self.dice.choice([self.integer(), 2**53, 2**53 + 1, -2**53 - 1, 2**63 - 1, -2**63])

    def double(self):
        return self.dice.choice([0.0, 0.1, -0.1, 1 / 3, 1e-7, 1.5e300, 123456789.125, 5.0, self.dice.uniform(-9, 9)])

    def flag(self):
        return self.dice.random() < 0.5

    def custom(self):
        return {"name": self.text() or "x", "type": "String", "value": self.text()}

    def maybe(self, **fields):
        """Each with its maker; one in three is left out."""
        return {name: make() for name, make in fields.items() if self.dice.random() > 0.33}

    def sample(self):
        return {"name": self.name(), "containerid": 3000, **self.maybe(
            description=self.text, type=self.text, tubeid=self.text, concentration=self.double,
            parentid=lambda: self.dice.sample(range(200, 220), 2), customattribute=lambda: self.some(self.custom))}

    def workunit(self):
        return {"name": self.name(), "containerid": 3001, "applicationid": self.dice.choice([10, 11, 12]),
                **self.maybe(description=self.text, status=lambda: self.dice.choice(["available", "failed"]),
                             progress=self.integer, inputresourceid=lambda: [1003, 1018],
                             customattribute=lambda: self.some(self.custom))}

    def resource(self):
        return {"name": self.name(), "workunitid": 303, **self.maybe(
            description=self.text, size=self.long, filechecksum=self.text, relativepath=self.text,
            junk=self.flag, report=self.flag)}

    def application(self):
        return {"name": self.name(), **self.maybe(description=self.text, weburl=self.text,
                                                  technologyid=self.long, hidden=self.flag)}

    def dataset(self):
        columns = self.some(self.text)
        return {"name": self.name(), "containerid": 3000,
                "attribute": [{"name": text or "c", "position": n + 1, "type": "String"}
                              for n, text in enumerate(columns)],
                "item": [{"position": row + 1, "field": [{"attributeposition": n + 1, "value": self.text()}
                                                         for n in range(len(columns))]}
                         for row in range(self.dice.randrange(0, 4))]}


def as_they_can(value):
    """bfabricPy sends "&amp;" for "&amp;" and a bare carriage return: what arrives is something else."""
    if isinstance(value, dict):
        return {key: as_they_can(one) for key, one in value.items()}
    if isinstance(value, list):
        return [as_they_can(one) for one in value]
    return re.sub(r"&(?=#?\w+;)", "+", value).replace("\r", "\n") if isinstance(value, str) else value


def without_own(record):
    return {key: value for key, value in record.items() if key not in OWN}


ENDPOINTS = ("sample", "workunit", "resource", "application", "dataset")


@bfabricpy.needed
class Random(harness.TestCase):
    def setUp(self):
        self.seed = int(os.environ.get("BF_SEED") or random.SystemRandom().randrange(10**9))
        self.chance = Chance(self.seed)
        self.python = self.enterContext(Worker())

    def begin(self, **settings):
        self.server = self.enterContext(Sandbox(**settings))
        self.home = self.enterContext(harness.Home())
        self.home.scope = "api:read api:write"
        self.home.login(self.server)
        self.python.use(self.home)

    def ours(self, *words, text=""):
        result = self.home.run("bfabric", "api", *map(str, words), "--format", "json", input=text)
        self.assertEqual(result.status, 0, f"BF_SEED={self.seed}: {result.err}{text}")
        return result.json()

    def same(self, one, other, what):
        self.assertEqual(one, other, f"BF_SEED={self.seed}: {what}")

    def create(self, endpoint, record):
        [made] = self.ours("create", endpoint, "--json-file", "-", text=json.dumps(record))
        return made

    def all_ways(self, endpoint):
        """The whole record by us; what they can send by both: whoever reads, it is the same."""
        record = getattr(self.chance, endpoint)()
        simple = as_they_can(record)
        made = [self.create(endpoint, record), self.create(endpoint, simple)]
        made += self.python.call("save", endpoint, simple)["records"]
        self.same(without_own(made[1]), without_own(made[2]), simple)
        ids = [one["id"] for one in made]
        self.same(self.ours("read", endpoint, "--json", json.dumps({"id": ids})), made, record)
        read = self.python.call("read", endpoint, {"id": ids})["records"]
        self.same(sorted(read, key=lambda one: one["id"]), made, record)
        for name in ("name", "description", "filechecksum"):
            if record.get(name):
                self.same(made[0][name], record[name], name)

    def test_records(self):
        for settings in ({}, {"soap_types": "extended", "soap_namespace": "old", "soap_prefix": "none"}):
            self.begin(**settings)
            for _ in range(ROUNDS):
                for endpoint in ENDPOINTS:
                    with self.subTest(endpoint=endpoint, seed=self.seed):
                        self.all_ways(endpoint)

    def test_what_they_send(self):
        """Why `as_they_can`: the day when this fails, it is no longer needed."""
        self.begin()
        for text, theirs in (("a &amp; b", "a & b"), ("one\rtwo", "one\ntwo")):
            made = self.create("resource", {"name": text, "workunitid": 303})
            self.assertEqual(made["name"], text)
            [made] = self.python.call("save", "resource", {"name": text, "workunitid": 303})["records"]
            self.assertEqual(made["name"], theirs)


if __name__ == "__main__":
    harness.main()
