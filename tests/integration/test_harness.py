# SPDX-License-Identifier: MIT
"""The harness itself: what other tests take for granted."""
import os

import harness


class Harness(harness.TestCase):
    def test_cache_path_vectors(self):
        # Published by bfabricPy's own tests of its token cache.
        for url in ("https://fgcz-bfabric.uzh.ch/bfabric", "HTTPS://FGCZ-bfabric.uzh.ch:443/bfabric/"):
            with self.subTest(url=url):
                self.assertEqual(harness.cache_stem(url, "CLI", "fgcz-prod"), "d72d610e1973ac66")
        self.assertEqual(harness.cache_stem("https://fgcz-bfabric-test.uzh.ch/bfabric", "CLI",
                                            "PRODUCTION"), "e7618bb2d42ee672")

    def test_home_is_private(self):
        with harness.Home() as home:
            path = home.write_cache("http://127.0.0.1:1/bfabric", {"access_token": "x"})
            self.assertEqual(path.stat().st_mode & 0o777, 0o600)
            self.assertEqual(home.tokens.stat().st_mode & 0o777, 0o700)
            where = home.path
        self.assertFalse(where.exists())

    def test_environment_is_made_up(self):
        os.environ["BFABRICPY_CONFIG_ENV"] = "SOMETHING"
        try:
            with harness.Home() as home:
                self.assertNotIn("SOMETHING", home.run("env").out)
        finally:
            del os.environ["BFABRICPY_CONFIG_ENV"]

    def test_hanging_program_is_ended(self):
        with self.assertRaises(AssertionError):
            harness.run(["sh", "-c", "sleep 1000 & wait"], timeout=0.2)


if __name__ == "__main__":
    harness.main()
