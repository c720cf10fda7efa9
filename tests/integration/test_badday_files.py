# SPDX-License-Identifier: MIT
"""Bad days of files: something strange in their place, or damaged content.

Each has a clear answer: the right token, or an exit code with one line that names the file; nothing
is lost, nothing hangs.
"""
import contextlib
import json
import os
import socket
import time

import harness
from badday import ROOT, STRANGER, BadDay
from herd import git_request
from scene import at


class Files(BadDay):
    def strange(self):
        """(name, make(path, bytes)): what can stand in the place of a file, and must not be used."""
        def fifo(path, _):
            os.mkfifo(path, 0o600)

        def directory(path, _):
            path.mkdir(mode=0o700)

        def loop(path, _):
            path.symlink_to(path.name)

        def sock(path, _):
            with contextlib.closing(socket.socket(socket.AF_UNIX)) as one:
                one.bind(os.path.relpath(path))

        def writable(mode):
            def make(path, content):
                path.write_bytes(content)
                path.chmod(mode)
            return make

        def foreign(path, content):
            path.write_bytes(content)
            path.chmod(0o644)
            os.chown(path, STRANGER, STRANGER)

        yield from (("FIFO", fifo), ("directory", directory), ("symlink to itself", loop),
                    ("socket", sock), ("group-writable", writable(0o660)),
                    ("world-writable", writable(0o606)))
        if ROOT:
            yield "foreign", foreign

    def each_strange(self, path):
        for name, make in self.strange():
            with at(file=path.name, strange=name):
                self.anew()
                content = path.read_bytes() if path.exists() else b""
                self.remove(path)
                make(path, content)
                yield name
                self.remove(path)
                if content:
                    self.home.write(path, content)
                self.assertAlive()

    def test_strange_configuration(self):
        path = self.home.config_file
        for _ in self.each_strange(path):
            self.assertClear(self.home.run("bfabric", "token"), 1, path)
            self.assertClear(self.home.run("bfabric", "auth", "status"), 1, path)
            result = self.home.run("git-credential-bfabric", "get", input=git_request(self.server))
            self.assertNotIn("password", result.out)
            self.assertIn(str(path), result.err)

    def test_strange_cache(self):
        for _ in self.each_strange(self.place()):
            self.assertClear(self.home.run("bfabric", "token"), 1, self.place())
            result = self.home.run("git-credential-bfabric", "get", input=git_request(self.server))
            self.assertEqual(result.out, "quit=1\n")
            self.assertExit(result, 1)

    def test_strange_record(self):
        for _ in self.each_strange(self.place(".session")):
            self.assertClear(self.home.run("bfabric", "token"), 1, self.place(".session"))

    def test_strange_lock(self):
        for _ in self.each_strange(self.place(".json.lock")):
            self.assertClear(self.home.run("bfabric", "token"), 1, self.place(".json.lock"))

    def test_strange_folders(self):
        for path in (self.home.tokens, self.home.tokens.parent):
            for name in ("symlink", "file", "world-writable"):
                with self.subTest(path=path.name, strange=name):
                    self.anew()
                    aside = path.with_name("aside")
                    mode = path.stat().st_mode & 0o777
                    if name == "world-writable":
                        path.chmod(0o777)
                    else:
                        path.rename(aside)
                    if name == "symlink":
                        path.symlink_to(aside)
                    elif name == "file":
                        path.write_text("")
                    result = self.home.run("bfabric", "token")
                    # bfabricPy makes folders by the umask; a link to a folder is a choice.
                    self.assertIn(result.status, {"symlink": (0, 1), "file": (1, 3),
                                                  "world-writable": (0,)}[name], repr(result))
                    if path == self.home.tokens and name == "world-writable":
                        self.assertEqual(path.stat().st_mode & 0o777, 0o700)
                    if result.status:
                        self.assertClear(result, result.status)
                    if aside.exists():
                        self.remove(path)
                        aside.rename(path)
                    path.chmod(mode)
                    self.assertAlive()

    def test_configuration_may_be_a_symlink(self):
        """As those who manage their dotfiles have it."""
        real = self.home.home / "dotfiles" / "bfabricpy.yml"
        self.home.write(real, self.home.config_file.read_bytes())
        self.home.config_file.unlink()
        self.home.config_file.symlink_to(real)
        self.assertEqual(self.home.run("bfabric", "token").out.strip(),
                         self.reply["access_token"])

    # ---- damaged content ----

    def test_damaged_configuration(self):
        good = self.home.config_file.read_text()
        bomb = "".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9) if i else 'x'}]\n"
                       for i in range(12))
        for name, text in {
                "malformed": good + "  : : [\n", "tab": good + "\tx: y\n",
                "huge": good + "#" * (2 << 20) + "\n", "deep": "X: " + "[" * 100000 + "\n",
                "deep mapping": "".join(" " * i + "a:\n" for i in range(2000)),
                "not UTF-8": good.encode() + b"Y:\n  base_url: \xff\xfe\n",
                "NUL": good.encode() + b"Y:\0\n", "anchor bomb": bomb + good,
                "a list": "- a\n- b\n", "a scalar": "hello\n",
                "alias of nothing": good + "Y: *nowhere\n"}.items():
            with self.subTest(content=name):
                self.home.write(self.home.config_file, text)
                result = self.home.run("bfabric", "token", timeout=20)
                if name == "anchor bomb" and result.status == 0:
                    continue  # it expands to nothing that we read
                self.assertClear(result, 1, self.home.config_file)
        for name, text in {"empty": "", "only comments": "# nothing\n---\n"}.items():
            with self.subTest(content=name):
                self.home.write(self.home.config_file, text)
                result = self.home.run("bfabric", "token")
                self.assertClear(result, result.status)
                self.assertIn(result.status, (1, 3))
        self.home.write(self.home.config_file, good)
        self.assertAlive()

    def damaged(self, good):
        content = json.loads(good)
        yield from {"empty": b"", "truncated": good[:-20], "half": good[:len(good) // 2],
                    "NUL": good.replace(b"Bearer", b"Be\0rer"), "no object": b"[1, 2]",
                    "not JSON": b"access_token=abc", "huge": good + b" " * (2 << 20),
                    "deep": b'{"a":' * 100000, "not UTF-8": good.replace(b"Bearer", b"\xff\xfe"),
                    "NUL escape": good.replace(b"Bearer", b"Be\\u0000rer")}.items()
        for name, changed in {"token is a number": {"access_token": 5},
                              "token is missing": {"access_token": None},
                              "token with line feed": {"access_token": "abc\nhost=evil"},
                              "token with blank": {"access_token": "abc def"}}.items():
            yield name, json.dumps({**content, **changed}).encode()

    def test_damaged_cache_is_mended_from_the_record(self):
        self.anew()
        for name, content in self.damaged(self.place().read_bytes()):
            with self.subTest(content=name):
                self.home.write(self.place(), content)
                result = self.home.run("bfabric", "token")
                self.assertExit(result, 0)
                self.assertEqual(self.home.read_cache(self.server.base_url)["access_token"],
                                 result.out.strip())
        self.assertAlive()

    def test_damaged_cache_without_record(self):
        for name, content in self.damaged(self.place().read_bytes()):
            with self.subTest(content=name):
                self.home.write(self.place(), content)
                result = self.home.run("bfabric", "token")
                self.assertIn(result.status, (1, 3), repr(result))
                self.assertClear(result, result.status, self.place())
        self.assertEqual(self.server.refreshes(), [])

    def test_damaged_record_is_made_anew(self):
        self.anew()
        good = self.place(".session").read_bytes()
        for name, content in self.damaged(good):
            with self.subTest(content=name):
                self.expire()
                self.home.write(self.place(".session"), content)
                self.assertExit(self.home.run("bfabric", "token"), 0)
        self.assertAlive()

    def test_record_of_the_future(self):
        self.anew()
        path = self.place(".session")
        content = path.read_bytes()
        later = json.dumps({**json.loads(content), "version": 2}).encode()
        self.home.write(path, later)
        self.assertClear(self.home.run("bfabric", "token"), 1, "newer", "version")
        self.assertEqual(path.read_bytes(), later)
        self.home.write(path, content)
        self.assertAlive()

    def test_expiry_of_all_kinds(self):
        good = self.home.read_cache(self.server.base_url)
        for expires_at in (0, -1, -10**18, 1, int(time.time()) - 10**6, 10**12, 10**18, 2**63 - 1,
                           10**30, 1.5e300, 0.5, "soon", "1790000000", None, [], {}, True, ...):
            with self.subTest(expires_at=expires_at):
                content = {**good, "expires_at": expires_at}
                if expires_at is ...:
                    del content["expires_at"]
                self.home.write(self.place(), json.dumps(content))
                result = self.home.run("bfabric", "token")
                if result.status:
                    self.assertClear(result, result.status)
                    self.assertIn(result.status, (1, 3))
                    self.home.write(self.place(), json.dumps(good))
                else:
                    good = self.home.read_cache(self.server.base_url)
                    self.assertEqual(result.out.strip(), good["access_token"])
        self.home.write(self.place(), json.dumps(good))
        self.assertAlive()


class TooMuch(harness.TestCase):
    def test_more_than_doctor_can_tell(self):
        """What is left out is not passed over in silence."""
        home = self.enterContext(harness.Home())
        home.write_config("https://b.lab.org/bfabric", extra="".join(
            f"{'X' * 70}{i}:\n  base_url: nonsense\n" for i in range(5000)))
        found = home.run("bfabric", "doctor", "--json", "--offline").json()["findings"]
        self.assertLess(sum(one["check"] == "other environments" for one in found), 5000)
        self.assertIn(("config", "time", "ended early"),
                      [(one["section"], one["check"], one["text"]) for one in found])


if __name__ == "__main__":
    harness.main()
