# SPDX-License-Identifier: MIT
"""Do we and bfabricPy read the same configuration from the same file, and does it read what we write?

BF_VENV names a virtual environment with bfabricPy (`pip install bfabric`); without it the tests are
skipped. Each file is judged by both sides environment by environment: what bfabricPy makes of an
environment is compared with what we make of it. Where we are stricter on purpose (a scalar that
YAML would retype, a base URL that could send a token elsewhere), the file says so.
"""
import hashlib
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

from tap import main

BUILD = pathlib.Path(os.environ.get("BF_BUILD", "."))
SOURCE = pathlib.Path(os.environ.get("BF_SOURCE", pathlib.Path(__file__).parents[2]))
VENV = os.environ.get("BF_VENV")

# Runs inside the virtual environment: file and environment names in, facts out, as JSON lines.
READER = r'''
import hashlib, json, os, sys
import yaml
from loguru import logger
logger.remove()
from bfabric.config.config_file import ConfigFile, EnvironmentConfig
from bfabric.config.config_data import load_config_data

def secret(value):
    raw = value.get_secret_value().encode()
    return [len(raw), hashlib.sha256(raw).hexdigest()[:16]]

def facts(config):
    method = config.auth_config
    found = {"url": str(config.client.base_url).rstrip("/"), "name": config.env_name}
    kind = method.kind
    if kind == "unknown":
        raise ValueError("unknown method")
    if kind in ("oauth", "client_credentials"):
        if not method.client_id:
            raise ValueError("no client id")
        found["method"] = kind
        found["client_id"] = method.client_id
        found["scope"] = method.scope
        if kind == "client_credentials" and method.client_secret is not None:
            found["client_secret"] = secret(method.client_secret)
    elif config.auth is None:
        found["method"] = "none"
    elif kind == "pat":
        found["method"], found["pat"] = "pat", secret(config.auth.password)
    else:
        found["method"], found["login"] = "password", config.auth.login
        found["password"] = secret(config.auth.password)
    return {key: value for key, value in found.items() if value is not None}

def read(path, name, only):
    """One environment; `only`: as if the file held no other, so that the others do no harm."""
    if only:
        whole = yaml.safe_load(open(path, encoding="utf-8-sig").read())
        part = {name: whole[name]}
        path += ".one"
        with open(path, "w") as out:
            yaml.safe_dump(part, out)
    return facts(load_config_data(path, name or "default", True))

for line in sys.stdin:
    question = json.loads(line)
    for key in ("BFABRICPY_CONFIG_ENV", "BFABRICPY_CONFIG_OVERRIDE"):
        os.environ.pop(key, None)
    os.environ.update(question.get("environ", {}))
    try:
        answer = {"ok": read(question["path"], question.get("name"), question.get("only"))}
    except Exception as error:
        answer = {"error": str(error).replace("\n", " ")[:300]}
    print(json.dumps(answer), flush=True)
'''

# Resolves plain scalars as PyYAML does.
RESOLVER = r'''
import json, sys, yaml
resolver = yaml.resolver.Resolver()
kinds = {"str": "string", "null": "null", "bool": "bool", "int": "number", "float": "number"}
for line in sys.stdin:
    tag = resolver.resolve(yaml.ScalarNode, json.loads(line), (True, False))
    print(kinds.get(tag.rsplit(":", 1)[1], "other"))
'''


class Peer:
    """A program that answers one line for each line."""

    def __init__(self, code):
        self.process = subprocess.Popen([f"{VENV}/bin/python", "-c", code], text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, question):
        self.process.stdin.write(json.dumps(question) + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline()

    def close(self):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()


def ours(folder, questions, **environ):
    """Our answers to the questions of tests/unit/config_transcript.h, a list of lines for each."""
    reply = subprocess.run(
        [BUILD / "tests/unit/config_dump", folder], input="".join(f"> {q}\n" for q in questions),
        capture_output=True, text=True, check=True, encoding="utf-8", errors="surrogateescape",
        env={"HOME": str(folder), "BFABRIC_SITE_CONFIG": "", "PATH": os.environ["PATH"], **environ})
    answers = []
    for line in reply.stdout.split("\n")[:-1]:
        if line.startswith("> "):
            answers.append([])
        else:
            answers[-1].append(line)
    return answers


def our_facts(lines):
    """The answer to `select` in the form of bfabricPy's facts; None for a refusal."""
    if not lines[0].startswith("OK"):
        return None
    found = {}
    for line in lines[1:]:
        key, _, value = line.partition(" ")
        if key in ("password", "pat", "client_secret"):
            size, _, digest = value.split(" ")
            found[key] = [int(size), digest]
        elif key in ("url", "method", "client_id", "scope", "login"):
            found[key] = value
        elif key == "environment":
            found["name"] = value
    # Logged out: the method stays, there is nothing to log in with.
    if found["method"] in ("pat", "password") and found["method"] not in found:
        found["method"] = "none"
    return found


P32 = "0123456789abcdef" * 2
URL = "https://a.example.org/bfabric"
SAME, STRICTER = "same", "stricter"

# What an environment says beside base_url, and whether we are stricter than bfabricPy about it.
ENVIRONMENTS = [
    (SAME, "auth_method: oauth\nclient_id: CLI\nscope: api:read api:write"),
    (SAME, "auth_method: oauth\nclient_id: CLI"),
    (SAME, "auth_method: oauth\nclient_id: 'CLI'\nscope: \"api:\\x77rite\""),
    (SAME, "auth_method: oauth\nclient_id: >-\n  CLI\nscope: >-\n  api:read\n  api:write"),
    (SAME, "auth_method: oauth\nclient_id: C#I # comment"),
    (SAME, "auth_method: oauth\nclient_id: C L I\nscope: a\n b\n  c"),
    (SAME, "auth_method: oauth\nclient_id: ''"),
    (SAME, "auth_method: oauth\nclient_id: ~"),
    (SAME, "auth_method: oauth"),
    (SAME, "auth_method: oauth\nscope: x"),
    (SAME, "client_id: CLI"),
    (SAME, "client_id: CLI\nscope: ~"),
    (SAME, "scope: x"),
    (SAME, "client_id: CLI\npat: abc"),
    (SAME, f"client_id: CLI\nlogin: alice\npassword: {P32}"),
    (SAME, f"auth_method: oauth\nclient_id: CLI\nlogin: alice\npassword: short\npat: x"),
    (SAME, "auth_method: oauth\nclient_id: !!str 0123"),
    (SAME, "auth_method: oauth\nclient_id: 1e3"),
    (SAME, "auth_method: oauth\nclient_id: '0123'"),
    (SAME, "auth_method: oauth\nclient_id: \"\\u00fc\\U0001F9EC\""),
    (SAME, "auth_method: oauth\nclient_id: ü🧬"),
    (STRICTER, "auth_method: oauth\nclient_id: 0123"),
    (STRICTER, "auth_method: oauth\nclient_id: 1:20"),
    (STRICTER, "auth_method: oauth\nclient_id: on"),
    (STRICTER, "auth_method: oauth\nclient_id: 2001-01-01"),
    (STRICTER, "auth_method: oauth\nclient_id: [a]"),
    (STRICTER, "auth_method: oauth\nclient_id: |\n  CLI"),
    (SAME, "auth_method: pat\npat: abc"),
    (SAME, "auth_method: pat\npat: ''"),
    (SAME, "auth_method: pat"),
    (SAME, f"auth_method: pat\nlogin: alice\npassword: {P32}"),
    (SAME, f"auth_method: pat\npat: abc\nlogin: alice\npassword: {P32}"),
    (SAME, "pat: abc"),
    (SAME, "pat: ''"),
    (SAME, "pat: ~"),
    (SAME, f"pat: abc\nlogin: alice\npassword: {P32}"),
    (SAME, f"pat: abc\nlogin: ~\npassword: {P32}"),
    (STRICTER, "pat: 12345"),
    (SAME, f"login: alice\npassword: {P32}"),
    (SAME, f"login: 'alice '\npassword: '{P32}'"),
    (SAME, f"auth_method: password\nlogin: alice\npassword: {P32}"),
    (SAME, f"auth_method: ~\nlogin: alice\npassword: {P32}"),
    (SAME, f"auth_method: ''\nlogin: alice\npassword: {P32}"),
    (SAME, "login: alice\npassword: short"),
    (SAME, f"login: alice\npassword: {P32}x"),
    (SAME, "login: alice\npassword: " + "ü" * 32),
    (SAME, "login: alice\npassword: " + "ü" * 16),
    (SAME, "login: alice\npassword: '" + "1" * 32 + "'"),
    (STRICTER, "login: alice\npassword: " + "1" * 32),
    (SAME, "login: alice"),
    (SAME, "login: alice\npassword: ~"),
    (SAME, f"login: ''\npassword: {P32}"),
    (SAME, f"login: ~\npassword: {P32}"),
    (SAME, f"password: {P32}"),
    (STRICTER, f"login: 12\npassword: {P32}"),
    (SAME, "login: __oauth__\npassword: a.b.c"),
    (SAME, "login: __oauth__"),
    (SAME, "auth_method: password\nlogin: __oauth__\npassword: a.b.c"),
    (SAME, "auth_method: password"),
    (SAME, "auth_method: password\npat: abc"),
    (SAME, "auth_method: client_credentials\nclient_id: cron\nclient_secret: s\nscope: api:read"),
    (SAME, "auth_method: client_credentials\nclient_id: cron\nclient_secret: s"),
    (SAME, "auth_method: client_credentials\nclient_secret: s"),
    (SAME, "auth_method: kerberos"),
    (SAME, "auth_method: OAuth\nclient_id: CLI"),
    (SAME, "auth_method: on"),
    (SAME, ""),
    (SAME, "application_ids: {a: 1}\njob_notification_emails: a@b.ch c@d.ch\nengine: SUDS"),
    (SAME, "libbfabric: {store: keyring, hosts: [files.example.org]}\npat: abc"),
    (SAME, "future_key: [1, {a: b}]\npat: abc"),
    (SAME, "pat: first\npat: second"),
    (SAME, "? pat\n: abc"),
    (SAME, "\"pat\": abc\n'client_id' : CLI"),
    (SAME, "<<: {pat: merged}"),
    (SAME, "<<: {pat: merged}\npat: own"),
    (SAME, "pat: own\n<<: {pat: merged}"),
    (SAME, "<<: [{pat: first}, {pat: second, client_id: x}]"),
    (SAME, "<<: {pat: first}\n<<: {pat: second}"),
    (SAME, "<<: {<<: {pat: inner}, client_id: x}"),
    (SAME, "x: &x {pat: anchored}\n<<: *x"),
    (SAME, "x: &x abc\npat: *x"),
    (SAME, "'<<': {pat: quoted}"),
    (SAME, "registration_access_token: t\nregistration_client_uri: https://x/y\npat: abc"),
]

URLS = [
    (SAME, "https://a.example.org/bfabric"), (SAME, "https://a.example.org/bfabric/"),
    (SAME, "https://a.example.org/bfabric///"), (SAME, "https://A.Example.ORG/bfabric"),
    (SAME, "HTTPS://a.example.org/bfabric"), (SAME, "https://a.example.org:443/bfabric"),
    (SAME, "https://a.example.org:8443/bfabric"), (SAME, "http://127.0.0.1:8080/bfabric"),
    (SAME, "http://localhost:8080/bfabric"), (SAME, "http://127.0.0.1:80/bfabric"),
    (SAME, "https://a.example.org/x/bfabric"), (SAME, "https://[::1]:8443/bfabric"),
    (SAME, "https://10.0.0.1/bfabric"), (SAME, "ftp://a.example.org/bfabric"),
    (SAME, "a.example.org/bfabric"), (SAME, "https:///bfabric"),
    (SAME, "https://a.example.org:99999/bfabric"),
    (STRICTER, "http://a.example.org/bfabric"), (STRICTER, "https://u:p@a.example.org/bfabric"),
    (STRICTER, "https://bücher.example.org/bfabric"), (STRICTER, "https://127.1/bfabric"),
    (STRICTER, "https://a.example.org./bfabric"), (STRICTER, "https://a.example.org/x/../bfabric"),
]

# Whole files, as bytes; "refuse": both refuse, "same": both read it, and the same.
FILES = [
    ("same", b"\xef\xbb\xbfGENERAL: {default_config: A}\nA: {base_url: '%s', pat: x}\n"),
    ("same", b"GENERAL:\r\n  default_config: A\r\nA:\r\n  base_url: '%s'\r\n  pat: x\r\n"),
    ("same", b"%%YAML 1.1\n---\nGENERAL: {default_config: A}\nA: {base_url: '%s', pat: x}\n...\n# end\n"),
    ("same", b"? GENERAL\n: default_config: A\n? A\n: base_url: '%s'\n  pat: x\n"),
    ("same", b"{GENERAL: {default_config: A}, A: {base_url: '%s', pat: x}}"),
    ("same", b"A: &a {base_url: '%s', pat: x}\nGENERAL: {default_config: B}\nB: *a\n"),
    ("same", b"A: &a {base_url: '%s', pat: x}\nGENERAL: {default_config: A}\nB: {<<: *a}\n"),
    ("same", b"<<: {A: {base_url: '%s', pat: x}}\nGENERAL: {default_config: A}\n"),
    ("same", b"GENERAL: {default_config: A}\nA: {base_url: '%s', pat: x}\nA: {base_url: '%s', pat: y}\n"),
    ("same", b"GENERAL: {default_config: A}\nGENERAL: {default_config: B}\nA: {base_url: '%s', pat: x}\n"
             b"B: {base_url: '%s', pat: y}\n"),
    ("same", b"GENERAL: {default_config: '123'}\n'123': {base_url: '%s', pat: x}\n"),
    ("refuse", b"A: {base_url: '%s', pat: x}\n"),
    ("refuse", b"GENERAL: {default_config: ~}\nA: {base_url: '%s', pat: x}\n"),
    ("refuse", b"GENERAL: {default_config: B}\nA: {base_url: '%s', pat: x}\n"),
    ("refuse", b"GENERAL: {default_config: ''}\nA: {base_url: '%s', pat: x}\n"),
    ("refuse", b"GENERAL: {default_config: 12}\n12: {base_url: '%s', pat: x}\n"),
    ("refuse", b"GENERAL: {default_config: [A]}\nA: {base_url: '%s', pat: x}\n"),
    ("refuse", b"GENERAL: [a]\nA: {base_url: '%s', pat: x}\n"),
    ("refuse", b"GENERAL: {default_config: default}\ndefault: {base_url: '%s', pat: x}\n"),
    ("refuse", b"GENERAL: {default_config: A}\nA: 12\n"),
    ("refuse", b"GENERAL: {default_config: A}\nA:\n"),
    ("refuse", b"GENERAL: {default_config: A}\nA: {pat: x}\n"),
    ("refuse", b"GENERAL: {default_config: A}\nA: {base_url: '%s', pat: x}\n---\nB: {}\n"),
    ("refuse", b"GENERAL: {default_config: A}\nA: {base_url: '%s', pat: *nobody}\n"),
    ("refuse", b"GENERAL: {default_config: A}\nA: &a {base_url: '%s', pat: &a x}\n"),
    ("refuse", b"GENERAL: {default_config: A}\nA:\n\tbase_url: '%s'\n"),
    ("refuse", b"GENERAL: {default_config: A}\nA: {base_url: '%s', pat: \xff}\n"),
    ("refuse", b"GENERAL: {default_config: A}\nA: {base_url: '%s', pat: \"a\x00b\"}\n"),
    ("refuse", b"GENERAL: {default_config: A}\nA: {base_url: '%s', <<: 12}\n"),
    ("refuse", b""), ("refuse", b"# nothing\n"), ("refuse", b"[a]\n"), ("refuse", b"text\n"),
    ("refuse", b"{}\n"), ("refuse", b"---\n"),
]

OVERRIDES = [
    {"auth": None}, {"auth": {"login": "u", "password": P32}, "env_name": "E"},
    {"auth": {"login": "u", "password": "short"}}, {"auth": {"login": 5, "password": P32}},
    {"auth": {"login": "u"}}, {"auth": []}, {"auth": {"login": "", "password": P32}},
    {"auth": {"login": "__oauth__", "password": "a.b.c"}},
    {"auth": {"login": "__oauth__", "password": ""}},
    {"auth": None, "auth_method": "oauth", "client_id": "CLI", "scope": None, "env_name": "E"},
    {"auth": None, "auth_method": "oauth", "client_id": "CLI", "scope": "api:read", "env_name": "E"},
    {"auth": None, "auth_method": "oauth", "env_name": "E"},
    {"auth": None, "auth_method": "kerberos", "env_name": "E"},
    {"auth": None, "auth_method": "pat", "env_name": "E"},
    {"auth": None, "auth_method": "client_credentials", "client_id": "c", "client_secret": "s",
     "scope": "api:read", "env_name": "E"},
    {"auth": None, "client_id": "CLI", "env_name": "E"}, {"auth": None, "scope": "x", "env_name": "E"},
    {"auth": {"login": "__oauth__", "password": "t"}, "auth_method": "oauth", "client_id": "CLI",
     "env_name": "E"},
    {"auth": None, "env_name": 7}, {"auth": None, "future": [1]},
]


@unittest.skipUnless(VENV, "BF_VENV names no virtual environment with bfabricPy")
class Interop(unittest.TestCase):
    def setUp(self):
        self.temporary = tempfile.TemporaryDirectory(prefix="bfabric-test-")
        self.folder = pathlib.Path(self.temporary.name)
        self.peer = Peer(READER)
        self.count = 0

    def tearDown(self):
        self.peer.close()
        self.temporary.cleanup()

    def write(self, content):
        self.count += 1
        path = self.folder / f"{self.count}.yml"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        path.chmod(0o600)
        return path

    def theirs(self, path, name=None, **more):
        return json.loads(self.peer.ask({"path": str(path), "name": name, **more}))

    def compare(self, expected, path, name=None, only=False):
        """Both sides' view of one environment of a file."""
        load, select = ours(self.folder, [f"load {path.name}", f"select {name or '-'}"])
        theirs = self.theirs(path, name, only=only)
        mine = our_facts(select)
        shown = f"{path.read_bytes()!r}\nwe: {load} {select}\nbfabricPy: {theirs}"
        if expected == STRICTER:
            self.assertIsNone(mine, shown)
        elif "ok" in theirs:
            self.assertEqual(mine, theirs["ok"], shown)
        else:
            self.assertIsNone(mine, shown)
        return theirs

    def test_environments(self):
        """A file for each environment, and all of them in one file."""
        whole = ""
        for i, (expected, text) in enumerate(ENVIRONMENTS):
            body = "".join(f"  {line}\n" for line in text.split("\n") if line)
            env = f"E{i}:\n  base_url: {URL}\n{body}".replace("&x", f"&x{i}").replace("*x", f"*x{i}")
            self.compare(expected, self.write("GENERAL: {default_config: E%d}\n%s" % (i, env)))
            whole += env
        path = self.write(whole)
        for i, (expected, _) in enumerate(ENVIRONMENTS):
            self.compare(expected, path, f"E{i}", only=True)

    def test_urls(self):
        for expected, url in URLS:
            self.compare(expected, self.write(
                f"GENERAL: {{default_config: A}}\nA:\n  base_url: '{url}'\n  pat: x\n"))

    def test_files(self):
        for expected, content in FILES:
            path = self.write(content.replace(b"%s", URL.encode()).replace(b"%%", b"%"))
            theirs = self.compare(SAME, path)
            self.assertEqual("ok" in theirs, expected == "same", (content, theirs))

    def test_environment_variable(self):
        path = self.write(f"A: {{base_url: '{URL}', pat: x}}\nB: {{base_url: '{URL}', pat: y}}\n")
        for name in ("A", "B", "C"):
            theirs = self.theirs(path, environ={"BFABRICPY_CONFIG_ENV": name})
            _, select = ours(self.folder, [f"load {path.name}", "select -"], BFABRICPY_CONFIG_ENV=name)
            self.assertEqual(our_facts(select), theirs.get("ok"), name)

    def test_override(self):
        path = self.write(f"GENERAL: {{default_config: A}}\nA: {{base_url: '{URL}', pat: x}}\n")
        for override in OVERRIDES:
            text = json.dumps({"client": {"base_url": URL}, **override})
            theirs = self.theirs(path, environ={"BFABRICPY_CONFIG_OVERRIDE": text})
            _, select = ours(self.folder, [f"load {path.name}", "select -"],
                             BFABRICPY_CONFIG_OVERRIDE=text)
            mine = our_facts(select)
            if "ok" in theirs:
                if "name" not in theirs["ok"]:
                    mine.pop("name", None)
                # what `auth` holds for auth_method pat is the same secret under another name
                self.assertEqual(mine, theirs["ok"], (text, select))
            else:
                self.assertIsNone(mine, (text, theirs))

    def test_plain_scalars(self):
        """Every string of up to four of these characters has the type that PyYAML gives it."""
        letters = "01589-+.:_eEbxZT naoO~<="
        words = {""}
        level = [""]
        for _ in range(3):
            level = [word + letter for word in level for letter in letters]
            words.update(level)
        seeds = ["2001-12-14", "2001-12-14T21:59:43", "2001-1-4 1:59:43.5 +5:30", "190:20:30.5",
                 "0x1F", "-0b1", "1_0.5e+3", ".inf", "-.INF", "yes", "False", "null", "Off"]
        for seed in seeds:
            for i in range(len(seed) + 1):
                for letter in letters:
                    words.update((seed[:i] + letter + seed[i:], seed[:i] + letter + seed[i + 1:],
                                  seed[:i] + seed[i + 1:]))
        words = sorted(word for word in words if word == word.strip())
        mine = subprocess.run([BUILD / "tests/unit/config_dump", self.folder], check=True,
                              input="".join(f"| {word}\n" for word in words), capture_output=True,
                              text=True).stdout.split("\n")[1::2]
        theirs = subprocess.run([f"{VENV}/bin/python", "-c", RESOLVER], check=True,
                                input="".join(json.dumps(word) + "\n" for word in words),
                                capture_output=True, text=True).stdout.split("\n")
        wrong = [(w, a, b) for w, a, b in zip(words, mine, theirs) if a != b]
        self.assertEqual(len(mine), len(words))
        self.assertEqual(wrong, [])

    def test_bfabricpy_reads_what_we_write(self):
        ask = ["load new.yml"]
        entries = [("fgcz-prod", "https://fgcz-bfabric.uzh.ch/bfabric", "CLI", "api:read api:write"),
                   ("123", "http://127.0.0.1:8080/bfabric", "on", "0123"),
                   ("on", "https://[::1]:8443/bfabric", "a: b #c", "null"),
                   ("a.b-c_d", "https://a.example.org:8443/bfabric", "\"quoted\\", "~"),
                   ("1.5", "https://a.example.org/bfabric", "- x", "{a: b}"),
                   ("y", "https://a.example.org/bfabric", "'", "api:write:"),
                   ("null", "https://a.example.org/bfabric", "&a", "*a"),
                   ("-", "https://a.example.org/bfabric", "C", "openid profile email api:write tus")]
        for name, url, client, scope in entries:
            client = client.replace(" ", "\u0000")
            ask.append(f"write yes {name} {url} oauth {client} {scope}".replace("\u0000", "_"))
        for answer in ours(self.folder, ask):
            self.assertEqual(answer[0], "OK", answer)
        path = self.folder / "new.yml"
        for name, url, client, scope in entries:
            found = self.theirs(path, name)
            self.assertEqual(found.get("ok"), {
                "name": name, "url": url, "method": "oauth", "client_id": client.replace(" ", "_"),
                "scope": scope}, path.read_text())
        self.assertEqual(self.theirs(path)["ok"]["name"], "-")
        self.assertEqual(path.stat().st_mode & 0o777, 0o600)

    def test_bfabricpy_reads_the_files_we_extended(self):
        """Those of tests/data/config/write-forms that we extend and it could read before."""
        folder = SOURCE / "tests/data/config/write-forms"
        extended = 0
        for source in sorted(folder.glob("*.yml")):
            path = self.write(source.read_bytes())
            write = ours(self.folder, [
                f"load {path.name}", "write yes NEW https://new.example.org/bfabric oauth CLI api:write"])
            if write[1] != ["OK"]:
                self.assertEqual(path.read_bytes(), source.read_bytes(), source)
                continue
            found = self.theirs(path)
            self.assertEqual(found.get("ok", found), {
                "name": "NEW", "url": "https://new.example.org/bfabric", "method": "oauth",
                "client_id": "CLI", "scope": "api:write"}, source)
            extended += 1
        self.assertGreater(extended, 5)


if __name__ == "__main__":
    main()
