# SPDX-License-Identifier: MIT
"""What the tests of bad days share: a login, and what a clear answer is."""
import contextlib
import json
import os
import shutil
import time

import harness

ROOT = os.geteuid() == 0
STRANGER = 54321  # a uid that nobody has


class BadDay(harness.TestCase):
    # The sandbox rotates: whatever is spent twice logs everybody out, and shows.

    def setUp(self):
        self.server = self.enterContext(harness.Sandbox(rotation="on"))
        self.home = self.enterContext(harness.Home())
        self.reply = self.home.login(self.server)

    def place(self, suffix=".json"):
        return self.home.place(self.server.base_url, suffix)

    def expire(self):
        """Both files say that the token has expired."""
        for suffix in (".json", ".session"):
            with contextlib.suppress(FileNotFoundError, ValueError, RecursionError):
                content = json.loads(self.place(suffix).read_text())
                (content.get("token") or content)["expires_at"] = int(time.time()) - 1
                self.home.write(self.place(suffix), json.dumps(content))

    def anew(self):
        """A login with cache and record, and a token that has expired."""
        for path in (self.home.tokens, self.home.config_file):
            self.remove(path)
        self.reply = self.home.login(self.server)
        self.assertExit(self.home.run("bfabric", "token", "--force-refresh"), 0)
        self.expire()

    @staticmethod
    def remove(path):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)

    def assertClear(self, result, status, *words):
        """This exit code, no answer, and one line that contains one of these words."""
        self.assertExit(result, status)
        self.assertEqual(result.out, "", repr(result))
        self.assertEqual(result.err.count("\n"), 1, repr(result))
        self.assertNoSecret(result, self.reply)
        if words:
            self.assertTrue(any(str(word) in result.err for word in words),
                            f"none of {words} in {result!r}")

    def assertAlive(self):
        """The login has survived."""
        self.assertExit(self.home.run("bfabric", "token", "--force-refresh"), 0)
        self.assertNotIn(400, {line["status"] for line in self.server.refreshes()})
