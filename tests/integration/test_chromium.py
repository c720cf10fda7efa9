# SPDX-License-Identifier: MIT
"""bfabric login with a real Chromium: sign in, approve, deny.

BF_NODE_MODULES names a folder with playwright-core (tests/interop/package.json); without it, or
without Chromium, the tests are skipped. With BF_PICTURES the pictures of the last page are kept there.
"""
import json
import os
import pathlib
import shutil
import unittest

import harness
import provider

MODULES = os.environ.get("BF_NODE_MODULES")
CHROMIUM = os.environ.get("BF_CHROMIUM") or shutil.which("chromium")
NODE = shutil.which("node")
DRIVER = harness.SOURCE / "tests" / "chromium" / "drive.js"


@unittest.skipUnless(MODULES and CHROMIUM and NODE, "needs node, playwright-core and Chromium")
class Chromium(harness.TestCase):
    def log_in(self, decision, *arguments, server=None):
        server = self.enterContext(server or harness.Sandbox())
        home = self.enterContext(harness.Home())
        saw = home.path / "saw"
        saw.mkdir()
        program = home.write(home.path / "chromium-driver", "#!/bin/sh\n"
                             f"export BF_NODE_MODULES='{MODULES}' BF_CHROMIUM='{CHROMIUM}'\n"
                             f"exec '{NODE}' '{DRIVER}' {decision} '{saw}' \"$1\"\n", 0o755)
        result = home.run("bfabric", "login", server.base_url, "--scope=read-only", "--env=LAB",
                          *arguments, env=home.env(BROWSER=str(program)))
        harness.wait_for(lambda: list(saw.glob("saw.json")) + list(saw.glob("failed.txt")), 60)
        failed = saw / "failed.txt"
        self.assertFalse(failed.exists(), failed.exists() and failed.read_text())
        if os.environ.get("BF_PICTURES"):
            for picture in saw.glob("*.png"):
                shutil.copy(picture, pathlib.Path(os.environ["BF_PICTURES"])
                            / f"{decision}-{picture.name}")
        return server, home, result, json.loads((saw / "saw.json").read_text())

    def check_page(self, saw):
        self.assertEqual(saw["background"], "544px")  # the style sheet passed its own policy
        self.assertEqual(set(saw["overflow"].values()), {0})
        self.assertEqual([c for c in saw["complaints"] if "400" not in c], [])
        # The page loads nothing: the browser asked the loopback address once.
        callbacks = [r for r in saw["requests"] if "/callback?" in r]
        self.assertEqual(len(callbacks), 1)
        self.assertEqual([r for r in saw["requests"][saw["requests"].index(callbacks[0]) + 1:]
                          if not r.startswith("GET data:")], [])
        self.assertTrue(saw["requests"][0].startswith("GET file:"), saw["requests"][0])

    def test_approve(self):
        server, home, result, saw = self.log_in("approve")
        self.assertExit(result, 0)
        self.assertIn("logged in as scientist", result.err)
        self.assertEqual(saw["title"], "Logged in - B-Fabric")
        self.assertIn("as scientist.", saw["text"])
        self.check_page(saw)
        self.assertExit(home.run("bfabric", "token"), 0)
        self.assertEqual(len(server.log("token")), 1)

    def test_deny(self):
        server, home, result, saw = self.log_in("deny")
        self.assertExit(result, 4)
        self.assertEqual(saw["title"], "Not logged in - B-Fabric")
        self.assertIn("access_denied", saw["text"])
        self.check_page(saw)
        self.assertEqual(server.log("token"), [])
        self.assertFalse(home.config_file.exists())

    @provider.needed
    def test_approve_at_oidc_provider(self):
        """Whose pages, cookies and redirects nobody made for us."""
        server, home, result, saw = self.log_in("approve", server=provider.Provider())
        self.assertExit(result, 0)
        self.assertIn("as scientist.", saw["text"])
        self.check_page(saw)
        self.assertExit(home.run("bfabric", "token"), 0)
        self.assertEqual([line["endpoint"] for line in server.log()], ["discovery", "token"])


if __name__ == "__main__":
    harness.main()
