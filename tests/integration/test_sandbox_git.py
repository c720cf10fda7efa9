# SPDX-License-Identifier: MIT
"""The sandbox server's git repositories: real git, behind a token check."""
import concurrent.futures
import gzip
import os
import socket
import struct

import harness
from sandbox_client import Sandbox, ask


class Git(harness.TestCase):
    def setUp(self):
        self.server = self.enterContext(Sandbox(git=True, token_lifetime=60))
        self.folder = self.enterContext(harness.Temporary()).path
        self.url = self.server.repository()

    def git(self, value, *arguments, extra=(), **more):
        env = {**harness.base_environment(), "HOME": str(self.folder), "GIT_CONFIG_NOSYSTEM": "1",
               "GIT_TERMINAL_PROMPT": "0", "GIT_ASKPASS": "/bin/false",
               "GIT_AUTHOR_NAME": "A", "GIT_AUTHOR_EMAIL": "a@example.org",
               "GIT_COMMITTER_NAME": "A", "GIT_COMMITTER_EMAIL": "a@example.org"}
        header = ["-c", f"http.extraHeader=Authorization: Bearer {value}"] if value else []
        return harness.run(["git", *header, *extra, *arguments], env, timeout=120, **more)

    def test_clone_and_fetch(self):
        value = self.server.mint()["access_token"]
        clone = self.folder / "clone"
        self.assertExit(self.git(value, "clone", "-q", self.url, clone), 0)
        new = self.server.commit()
        self.assertExit(self.git(value, "-C", clone, "fetch", "-q"), 0)
        self.assertEqual(self.git(None, "-C", clone, "rev-parse", "origin/main").out.strip(), new)
        self.assertEqual({l["outcome"] for l in self.server.log("git")}, {"authorized"})
        self.assertNotIn(value, self.server.log_file.read_text())

    def test_old_protocol(self):
        value = self.server.mint()["access_token"]
        self.assertExit(self.git(value, "clone", "-q", self.url, self.folder / "c",
                                 extra=["-c", "protocol.version=0"]), 0)

    def test_basic_as_a_credential_helper_gives_it(self):
        value = self.server.mint()["access_token"]
        helper = self.folder / "helper"
        helper.write_text(f"#!/bin/sh\necho username=__oauth__\necho password={value}\n")
        helper.chmod(0o700)
        self.assertExit(self.git(None, "clone", "-q", self.url, self.folder / "c",
                                 extra=["-c", f"credential.helper={helper}"]), 0)
        self.assertEqual([l["status"] for l in self.server.log("git")], [401, 200, 200, 200])

    def test_refused(self):
        good = self.server.mint()
        expired = self.server.mint(lifetime=-1)["access_token"]
        for number, value in enumerate((None, "nonsense", expired, good["refresh_token"])):
            with self.subTest(number):
                result = self.git(value, "ls-remote", self.url)
                self.assertNotEqual(result.status, 0)
        got = ask(self.server, "GET", self.url + "/info/refs?service=git-upload-pack")
        self.assertEqual(got.status, 401)
        self.assertEqual(got.headers["WWW-Authenticate"], 'Basic realm="B-Fabric sandbox"')
        self.server.control("revoke-family", family="f1", what="access")
        self.assertNotEqual(self.git(good["access_token"], "ls-remote", self.url).status, 0)

    def test_outside_of_the_root(self):
        (self.folder / "private.git").mkdir()
        head = {"Authorization": "Bearer " + self.server.mint()["access_token"]}
        for path in ("/git/../../private.git/HEAD", "/git/%2e%2e/log", "/git//etc/passwd",
                     "/git/lab.git/../../requests.log", "/git/nothing.git/info/refs"):
            with self.subTest(path):
                got = ask(self.server, "GET", f"http://127.0.0.1:{self.server.port}{path}",
                          headers=head)
                self.assertGreaterEqual(got.status, 400)

    def test_large_push_and_clone(self):
        """Chunked and large both ways: more than fits in any pipe or buffer of the server."""
        value = self.server.mint()["access_token"]
        work = self.folder / "work"
        self.assertExit(self.git(value, "clone", "-q", self.url, work), 0)
        data = os.urandom(8 * 1024 * 1024)
        (work / "spectrum.raw").write_bytes(data)
        for step in (["add", "."], ["commit", "-q", "-m", "A large measurement"],
                     ["-c", "http.postBuffer=65536", "push", "-q", "origin", "main"]):
            result = self.git(value, "-C", work, *step)
            self.assertExit(result, 0)
        again = self.folder / "again"
        self.assertExit(self.git(value, "clone", "-q", self.url, again), 0)
        self.assertEqual((again / "spectrum.raw").read_bytes(), data)

    def test_gzip_request(self):
        """git compresses long lists of what it has; so do we here, by hand."""
        head = harness.git("-C", self.server.git_root / "lab.git", "rev-parse", "main").out.strip()

        def line(text):
            return b"%04x" % (len(text) + 4) + text
        body = line(b"want " + head.encode() + b" no-progress\n") + b"0000" + line(b"done\n")
        got = ask(self.server, "POST", self.url + "/git-upload-pack", gzip.compress(body),
                  {"Authorization": "Bearer " + self.server.mint()["access_token"],
                   "Content-Type": "application/x-git-upload-pack-request",
                   "Content-Encoding": "gzip"})
        self.assertEqual(got.status, 200)
        self.assertEqual(got.headers["Content-Type"], "application/x-git-upload-pack-result")
        self.assertIn(b"PACK", got.body)

    def test_faults(self):
        value = self.server.mint()["access_token"]
        self.server.control("fault", endpoint="git", kind="truncated", arg=20, count=1)
        self.assertNotEqual(self.git(value, "ls-remote", self.url).status, 0)
        self.server.control("fault", endpoint="git", kind="503", count=1)
        self.assertIn("503", self.git(value, "ls-remote", self.url).err)
        self.assertExit(self.git(value, "ls-remote", self.url), 0)

    def test_client_that_goes_away(self):
        """Leaves no process and no slot behind."""
        head = {"Authorization": "Bearer " + self.server.mint()["access_token"]}
        for _ in range(40):
            link = socket.create_connection(("127.0.0.1", self.server.port))
            link.sendall(b"GET /git/lab.git/info/refs?service=git-upload-pack HTTP/1.1\r\nHost: x\r\n"
                         b"Authorization: " + head["Authorization"].encode() + b"\r\n\r\n")
            link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            link.close()
        harness.wait_for(lambda: self.server.state()["in_flight"] == 0)
        children = f"/proc/{self.server.process.pid}/task/{self.server.process.pid}/children"
        harness.wait_for(lambda: not open(children).read().strip())
        self.assertEqual(ask(self.server, "GET", self.url + "/HEAD", headers=head).status, 200)

    def test_hundred_fetches_at_once(self):
        count = harness.scaled(100, 20)
        value = self.server.mint()["access_token"]
        clone = self.folder / "clone"
        self.assertExit(self.git(value, "clone", "-q", "--bare", self.url, clone), 0)
        new = self.server.commit()
        with concurrent.futures.ThreadPoolExecutor(count) as pool:
            got = list(pool.map(lambda i: self.git(value, "-C", clone, "fetch", "-q", self.url,
                                                   f"main:refs/heads/fetch{i}"), range(count)))
        self.assertEqual([g for g in got if g.status], [])
        refs = self.git(None, "-C", clone, "for-each-ref", "--format=%(objectname)",
                        "refs/heads/fetch*").out.split()
        self.assertEqual(refs, [new] * count)


if __name__ == "__main__":
    harness.main()
