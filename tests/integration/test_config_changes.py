# SPDX-License-Identifier: MIT
"""Do our changes of the configuration keep what a person wrote, and what bfabricPy wrote?

Made-up files full of comments, blank lines, anchors, CRLF, UTF-8, braces and nested values get random
changes. PyYAML, which shares no code with our reader, is the judge: after a change it sees exactly
that change, and every line and comment outside of the changed keys is still there, byte for byte.
Then bfabricPy's own writing functions and ours take turns on one file, and each must accept what the
other one made of it. TEST_SCALE scales the counts, TEST_SEED repeats a run.
"""
import copy
import json
import os
import pathlib
import random
import re
import subprocess
import tempfile
import unittest

from process import scaled
from tap import main

BUILD = pathlib.Path(os.environ.get("BF_BUILD", "."))
VENV = os.environ.get("BF_VENV")
SEED = int(os.environ.get("TEST_SEED") or 1)
URL = "https://a.example.org/bfabric"

# Runs in the virtual environment: one JSON question a line, one answer a line.
PEER = r'''
import json, pathlib, sys
import yaml
from loguru import logger
logger.remove()
from bfabric.config import config_writer
from bfabric.config.config_file import ConfigFile

def end(node):
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        return end(last[1] if isinstance(last, tuple) else last)
    return node.end_mark.index

def spans(node, keys, path=()):
    """Characters of the pairs that `keys`, lists of names, lead to."""
    found = []
    for key, value in node.value if isinstance(node, yaml.MappingNode) else []:
        here = [*path, key.value]
        if here in keys:
            found.append([key.start_mark.index, end(value)])
        elif any(k[:len(here)] == here for k in keys):
            found += spans(value, keys, here)
    return found

def braces(node, keys, path=()):
    """Characters of the mappings in braces in which the keys lie."""
    found = []
    for key, value in node.value if isinstance(node, yaml.MappingNode) else []:
        here = [*path, key.value]
        if isinstance(value, yaml.MappingNode) and any(k[:len(here)] == here for k in keys):
            if value.flow_style:
                found.append([value.start_mark.index, value.end_mark.index])
            found += braces(value, keys, here)
    return found

def answer(q):
    path = pathlib.Path(q["path"])
    do = q["do"]
    if do == "look":
        text = path.read_bytes().decode()
        text = text.removeprefix("\ufeff")
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        return {"data": yaml.safe_load(text), "spans": spans(root, q["keys"]) if root else [],
                "braces": braces(root, q["keys"]) if root else []}
    if do == "accept":
        return {"names": list(ConfigFile.model_validate(yaml.safe_load(path.read_text())).environments)}
    getattr(config_writer, do)(path, *q["args"], **q.get("more", {}))
    return {}

for line in sys.stdin:
    try:
        print(json.dumps(answer(json.loads(line)), default=str), flush=True)
    except Exception as error:
        print(json.dumps({"error": f"{type(error).__name__}: {error}"[:500]}), flush=True)
'''


class Peer:
    def __init__(self):
        self.process = subprocess.Popen([f"{VENV}/bin/python", "-c", PEER], text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, **question):
        self.process.stdin.write(json.dumps(question) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def close(self):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()


# ---- made-up files --------------------------------------------------------------------------------


class Author:
    """A person who writes a configuration file, in an odd mood."""

    def __init__(self, dice):
        self.dice = dice
        self.comments = 0
        self.lines = []
        self.step = dice.choice([1, 2, 2, 3, 4])

    def comment(self, chance=0.3):
        if self.dice.random() >= chance:
            return ""
        self.comments += 1
        word = self.dice.choice(["", " büro", " {a: b}", " pat: no", " \U0001f9ec", " 'x", ' "y', " - z,"])
        return f"{self.dice.choice([' ', '  ', '   '])}#c{self.comments}.{word}"

    def between(self, indent):
        while self.dice.random() < 0.25:
            shift = self.dice.choice([0, indent, indent, indent + 2])
            note = self.comment(0.6)
            self.lines.append(" " * shift + note.strip() if note else "")

    def scalar(self, text, flow=False):
        form = self.dice.choice(["plain", "single", "double"])
        if form == "plain" and not flow and ": " not in text and re.fullmatch(r"[a-zA-Z][\w:/. -]*\w", text):
            return text
        return "'" + text.replace("'", "''") + "'" if form == "single" else json.dumps(
            text, ensure_ascii=False)

    def pairs(self):
        d = self.dice
        found = [("base_url", URL + d.choice(["", "/"]))]
        method = d.choice(["oauth", "pat", "password", "none"])
        if method == "oauth":
            found += [("auth_method", "oauth"), ("client_id", "CLI"), ("scope", "api:read api:write")]
        if method == "pat":
            found += [("auth_method", "pat")] * d.choice([0, 1]) + [("pat", d.choice(["abc", "ü€#x", "a: b"]))]
        if method == "password":
            found += [("login", "me"), ("password", "0123456789abcdef0123456789abcdef")]
        head, tail = found[:1], found[1:]
        d.shuffle(tail)
        return head + tail if d.random() < 0.7 else tail + head

    def extra(self, indent, number):
        pad, d = " " * indent, self.dice
        deep = " " * (indent + self.step)
        kinds = {
            "ids": [f"{pad}application_ids:", f"{deep}one: 1{self.comment()}", f"{deep}two: 2"],
            "braces": [f"{pad}application_ids: {{one: 1, two: 2}}{self.comment()}"],
            "open": [f"{pad}application_ids: {{one: 1,{self.comment()}", f"{deep}two: 2{self.comment()}", f"{deep}}}"],
            "block": [f"{pad}note: |", f"{deep}text #no", "", f"{deep}more"],
            "keep": [f"{pad}note: |+", f"{deep}text", ""],
            "folded": [f"{pad}note: >-", f"{deep}text", f"{deep}more"],
            "plain": [f"{pad}note: one", f"{deep}two{self.comment()}"],
            "anchor": [f"{pad}note: &n{number} value{self.comment()}"],
            "empty": [f"{pad}note:{self.comment()}"],
            "list": [f"{pad}note:", f"{pad}- a{self.comment()}", f"{pad}- {{b: c}}"],
            "ours": [f"{pad}libbfabric:{self.comment()}", f"{deep}min_ttl: 5{self.comment()}",
                     f"{deep}store: keyring"],
            "ours-braces": [f"{pad}libbfabric: {{min_ttl: 5, store: keyring}}{self.comment()}"],
        }
        self.lines += kinds[d.choice(sorted(kinds))]

    def block(self, name, indent, number):
        d = self.dice
        inner = indent + self.step
        anchor = f" &e{number}" if d.random() < 0.1 else ""
        self.lines.append(f"{' ' * indent}{self.scalar(name)}:{anchor}{self.comment()}")
        if number and d.random() < 0.1 and f"&e{number - 1}" in "\n".join(self.lines):
            self.lines.append(f"{' ' * inner}<<: *e{number - 1}")
        pairs, at = self.pairs(), d.randrange(4)
        for i, (key, value) in enumerate(pairs):
            if i == at:
                self.extra(inner, number)
            self.between(inner)
            self.lines.append(f"{' ' * inner}{key}: {self.scalar(value)}{self.comment()}")
        if at >= len(pairs):
            self.extra(inner, number)

    def braces(self, name, indent):
        text = ", ".join(f"{key}: {self.scalar(value, flow=True)}" for key, value in self.pairs())
        if self.dice.random() < 0.3:
            text = text.replace(", ", f",{self.comment(0.5)}\n{' ' * (indent + 2)}")
        space = self.dice.choice(["", " "])
        self.lines += f"{' ' * indent}{self.scalar(name)}: {{{space}{text}{space}}}{self.comment()}".split("\n")

    def general(self, indent, names):
        name = self.scalar(self.dice.choice(names))
        inner = " " * (indent + self.step)
        form = self.dice.randrange(4)
        self.lines += [
            [f"{' ' * indent}GENERAL:{self.comment()}", f"{inner}default_config: {name}{self.comment()}"],
            [f"{' ' * indent}GENERAL: {{default_config: {name}}}{self.comment()}"],
            [f"{' ' * indent}GENERAL: {{}}{self.comment()}"],
            [f"{' ' * indent}GENERAL:", f"{inner}other: 1", f"{inner}default_config: {name}"],
        ][form]

    def write(self):
        d = self.dice
        names = [f"E{i}" for i in range(d.randrange(1, 5))]
        indent, place = d.choice([0, 0, 0, 0, 2]), d.randrange(6)
        self.between(0)
        for i, name in enumerate(names):
            if i == place:
                self.general(indent, names)
            if d.random() < 0.25:
                self.braces(name, indent)
            else:
                self.block(name, indent, i)
            self.between(indent)
        text = d.choice(["\n", "\n", "\n", "\r\n"]).join(self.lines + [""])
        if d.random() < 0.2:
            text = text.rstrip("\r\n")
        return (d.choice(["\ufeff"] + [""] * 9) + text).encode()


# ---- changes --------------------------------------------------------------------------------------

LOGIN_KEYS = ["client_id", "scope", "login", "password", "pat", "client_secret",
              "registration_access_token", "registration_client_uri", "libbfabric.client_secret_file"]
SECRETS = ["token", "ü€ \U0001f9ec", "a: b #c", "'\"\\", "yes", "0x10", "- x", "{a}", "&a", " lead", "%x"]


def login(**values):
    return {**dict.fromkeys(LOGIN_KEYS), **values}


def random_change(dice, names):
    """(what, name, values); what: a word for set_default, or "remove"."""
    name = dice.choice(names)
    secret = dice.choice(SECRETS)
    kind = dice.randrange(9)
    new = {"base_url": URL} if dice.random() < 0.3 else {}
    if kind < 2:
        return "no", name, login(**new, auth_method="oauth", client_id="CLI", scope="api:read")
    if kind == 2:
        return "no", name, login(**new, auth_method="pat", pat=secret)
    if kind == 3:
        return "no", name, {"login": None, "password": None, "pat": None, "client_secret": None}
    if kind == 4:
        return "no", name, {"libbfabric.store": dice.choice(["keyring", None]),
                            "libbfabric.min_ttl": dice.choice(["60", None])}
    if kind == 5:
        return "yes", name, {}
    if kind == 6:
        return "remove", name, {}
    if kind == 7:
        return dice.choice(["first", "no", "yes"]), dice.choice(["NEW", "new ü", "0123"]), login(
            base_url="https://new.example.org/bfabric", auth_method="pat", pat=secret)
    return "no", name, login(**new, auth_method="client_credentials", client_id="cron",
                             client_secret=secret, registration_access_token="r-" + secret,
                             registration_client_uri="https://a.example.org/r?id=1#x")


def put(mapping, key, value):
    if value is not None:
        mapping[key] = value
    elif mapping.get(key) is not None:
        del mapping[key]


def same_url(a, b):
    return isinstance(a, str) and a.rstrip("/") == b


def without_empty(data):
    """Our mapping goes with its last key, unless a comment would go with it: either is right."""
    return {name: {key: value for key, value in env.items() if (key, value) != ("libbfabric", {})}
            if isinstance(env, dict) else env for name, env in data.items()}


def expected(data, what, name, values):
    """What PyYAML is to see afterwards."""
    data = copy.deepcopy(data) or {}
    general = data.get("GENERAL") or {}
    default = general.get("default_config")
    if what == "remove":
        del data[name]
        if default == name:
            del data["GENERAL"]["default_config"]
        return data
    env = data.setdefault(name, {})
    for key, value in values.items():
        if key == "base_url" and same_url(env.get(key), value):
            continue
        if not key.startswith("libbfabric."):
            put(env, key, value)
        elif value is not None or env.get("libbfabric"):
            ours = env["libbfabric"] = env.get("libbfabric") or {}
            put(ours, key.partition(".")[2], int(value) if value == "60" else value)
    if what == "yes" or (what == "first" and not default and "auth_method" in values):
        data["GENERAL"] = data.get("GENERAL") or {}
        data["GENERAL"]["default_config"] = name
    return data


def lead_to(keys, data):
    """The keys, or those of mappings around them that were not there."""
    found = []
    for key in keys:
        here, n = data or {}, 0
        while n < len(key) - 1 and isinstance(here.get(key[n]), dict):
            here, n = here[key[n]], n + 1
        found.append(key[:n + 1])
    return found


def changed_keys(what, name, values):
    if what == "remove":
        return [[name], ["GENERAL", "default_config"]]
    return [[name, *key.split(".")] for key in values] + [["GENERAL", "default_config"]]


def with_emptied(keys, change, data):
    """Our mapping too, where the change takes its last key."""
    what, name, _ = change
    env = (data or {}).get(name)
    if what == "remove" or not isinstance(env, dict) or not env.get("libbfabric"):
        return keys
    emptied = expected(data, *change)[name].get("libbfabric") == {}
    return keys + [[name, "libbfabric"]] if emptied else keys


def kept_lines(text, spans):
    """Lines that no span touches; their ends apart, which a last line may lack."""
    found, at = [], 0
    for line in text.split("\n"):
        if not any(start < at + len(line) + 1 and end > at for start, end in spans):
            found.append(line.rstrip("\r"))
        at += len(line) + 1
    return found


def is_subsequence(part, whole):
    rest = iter(whole)
    return all(any(x == y for y in rest) for x in part)


def outside(text, spans):
    """What is left without the spans and the punctuation around them."""
    for start, end in sorted(spans, reverse=True):
        text = text[:start] + text[end:]
    return re.sub(r"[\s,{}]+", "", text)


def ours(folder, questions):
    reply = subprocess.run(
        [BUILD / "tests/unit/config_dump", folder], input="".join(f"> {q}\n" for q in questions),
        capture_output=True, text=True, check=True, encoding="utf-8",
        env={"HOME": str(folder), "BFABRIC_SITE_CONFIG": "", "PATH": os.environ["PATH"]})
    answers = []
    for line in reply.stdout.split("\n")[:-1]:
        if line.startswith("> "):
            answers.append([])
        else:
            answers[-1].append(line)
    return answers


def question(what, name, values):
    return "\t".join([f"change {what}", name, *(f"{k}={v or ''}" for k, v in values.items())])


@unittest.skipUnless(VENV, "BF_VENV names no virtual environment with bfabricPy")
class ConfigChanges(unittest.TestCase):
    def setUp(self):
        self.temporary = tempfile.TemporaryDirectory(prefix="bfabric-test-")
        self.folder = pathlib.Path(self.temporary.name)
        self.path = self.folder / "x.yml"
        self.peer = Peer()

    def tearDown(self):
        self.peer.close()
        self.temporary.cleanup()

    def change(self, what, name, values):
        """Our answer; the check said the same."""
        answer = ours(self.folder, ["load x.yml", question(what, name, values)])[1]
        self.assertEqual(len(answer), 1, answer)
        return answer[0]

    def look(self, keys=()):
        found = self.peer.ask(do="look", path=str(self.path), keys=list(keys))
        self.assertNotIn("error", found, self.path.read_bytes())
        return found

    def judge(self, before, old, change, shown):
        what, name, values = change
        keys = with_emptied(changed_keys(*change), change, old["data"])
        new = self.look(lead_to(keys, old["data"]))
        self.assertEqual(without_empty(new["data"] or {}),
                         without_empty(expected(old["data"], *change)), shown)
        text, after = before.decode().removeprefix("\ufeff"), self.path.read_bytes().decode().removeprefix("\ufeff")
        kept = [line for line in kept_lines(text, old["spans"] + old["braces"]) if line]
        self.assertTrue(is_subsequence(kept, [line.rstrip("\r") for line in after.split("\n")]), shown)
        if what != "remove":
            self.assertEqual(re.findall(r"#c\d+\..*?(?=[\r\n]|$)", text),
                             re.findall(r"#c\d+\..*?(?=[\r\n]|$)", after), shown)
            self.assertGreaterEqual(len(re.findall(r"\n\r?(?=\n)", after)), len(re.findall(r"\n\r?(?=\n)", text)), shown)
        if what != "remove" and name in (old["data"] or {}):
            self.assertEqual(outside(text, old["spans"]), outside(after, new["spans"]), shown)
        if "\n" in text:
            self.assertEqual(after.count("\r\n"), after.count("\n") if "\r\n" in text else 0, shown)

    def test_generated_files(self):
        dice = random.Random(SEED)
        done = refused = 0
        for number in range(scaled(600)):
            self.path.write_bytes(Author(dice).write())
            self.path.chmod(0o600)
            for _ in range(3):
                before = self.path.read_bytes()
                names = [n for n in self.look()["data"] or {} if n != "GENERAL"]
                if not names:
                    break
                change = random_change(dice, names)
                data = self.look()["data"]
                old = self.look(with_emptied(changed_keys(*change), change, data))
                answer = self.change(*change)
                shown = (f"seed {SEED} file {number}: {change}: {answer}\n{before.decode()}\n----\n"
                         f"{self.path.read_bytes().decode()}")
                if answer == "OK":
                    self.judge(before, old, change, shown)
                    done += 1
                    continue
                self.assertTrue(answer.startswith("UNSUPPORTED "), shown)
                self.assertEqual(self.path.read_bytes(), before, shown)
                for value in change[2].values():
                    self.assertTrue(value not in SECRETS[:4] or value not in answer, shown)
                refused += 1
        print(f"# {done} changes made, {refused} refused")
        self.assertGreater(done, 10 * refused)

    # ---- taking turns with bfabricPy --------------------------------------------------------------

    def theirs(self, dice, names):
        name = dice.choice(names + ["THEIRS"])
        kind = dice.randrange(5)
        url = {"base_url": URL + "/"}
        data = [{**url, "auth_method": "oauth", "client_id": "CLI", "scope": "api:write"},
                {**url, "auth_method": "pat", "pat": "their ü #token"},
                {**url, "auth_method": "client_credentials", "client_id": "x", "client_secret": "s: 1"},
                {**url, "auth_method": "password", "login": "me", "password": "0" * 32}]
        if kind == 0:
            return self.peer.ask(do="set_default_config", path=str(self.path), args=[name])
        if kind == 1:
            return self.peer.ask(do="clear_environment_credentials", path=str(self.path), args=[name])
        if kind == 2:
            return self.peer.ask(do="remove_environment_from_config", path=str(self.path), args=[name])
        return self.peer.ask(do="write_environment_to_config", path=str(self.path),
                             args=[name, dice.choice(data)],
                             more={"auth": dice.choice(["merge", "replace", "replace"]),
                                   "set_default": dice.random() < 0.5})

    def accepted(self, shown):
        found = self.peer.ask(do="accept", path=str(self.path))
        self.assertIn("names", found, shown + str(found))
        questions = ["load x.yml", *(f"select {name}" for name in found["names"])]
        for asked, answer in zip(questions, ours(self.folder, questions)):
            self.assertTrue(answer[0].startswith("OK"), f"{shown}{asked}: {answer}")
        return found["names"]

    def test_taking_turns(self):
        dice = random.Random(SEED + 1)
        turns = 0
        for number in range(scaled(40)):
            author = Author(dice)
            self.path.unlink(missing_ok=True)
            if dice.random() < 0.7:
                self.path.write_bytes(author.write().removeprefix(b"\xef\xbb\xbf"))
                self.path.chmod(0o600)
                if "names" not in self.peer.ask(do="accept", path=str(self.path)):
                    continue
            names, story = ["NEW"], ""
            for _ in range(12):
                before = self.path.read_bytes().decode() if self.path.exists() else ""
                if dice.random() < 0.5:
                    story = f"bfabricPy: {self.theirs(dice, names)}"
                else:
                    change = random_change(dice, names)
                    old = self.look()["data"] if before else {}
                    story = f"we: {change}: {self.change(*change)}"
                    if story.endswith(" OK"):
                        self.assertEqual(self.look()["data"] or {}, expected(old, *change), story)
                if not self.path.exists():
                    continue
                shown = f"seed {SEED} file {number}: {story}\n{before}\n----\n{self.path.read_bytes().decode()}\n"
                names = [n for n in self.accepted(shown) if " " not in n] or ["NEW"]
                turns += 1
        print(f"# {turns} turns")
        self.assertGreater(turns, 10)


if __name__ == "__main__":
    main()
