# SPDX-License-Identifier: MIT
"""One login for both: the real bfabricPy on the files that we wrote, and we on those it wrote."""
import json
import time

import harness
import bfabricpy


@bfabricpy.needed
class Interop(harness.TestCase):
    def setUp(self):
        self.server = self.enterContext(harness.Sandbox(interval=0, no_interval=False))
        self.home = self.enterContext(harness.Home())

    def python(self, script, **more):
        result = bfabricpy.run(self.home, script, **more)
        self.assertExit(result, 0)
        return result.out.strip()

    def tool(self, *arguments):
        result = self.home.run("bfabric", *arguments)
        self.assertExit(result, 0)
        return result.out.strip()

    def device_login(self, *more):
        """Our own login, waited for in real time."""
        self.server.control("set", auto_approve=0, interval=1)
        return self.tool("auth", "device-code", self.server.base_url, "--client-id", "CLI",
                         "--scope", "api:read api:write", "--env", "SANDBOX", *more)

    def cli(self, *arguments, status=0):
        """bfabricPy's own command line."""
        result = harness.run([bfabricpy.PYTHON.parent / "bfabric-cli", *arguments],
                             bfabricpy.environment(self.home), timeout=120, cwd=self.home.home)
        self.assertExit(result, status)
        return result

    def cache(self):
        return self.home.read_cache(self.server.base_url)

    def test_connect_on_what_our_login_wrote(self):
        self.device_login("--set-default")
        self.assertEqual(self.python(bfabricpy.PRINT_TOKEN), self.cache()["access_token"])
        self.assertEqual(self.python(
            "auth = Bfabric.connect().auth\nprint(auth.login)\n"), "__oauth__")
        self.assertIn("SANDBOX", self.cli("auth", "status").out)

    def test_it_refreshes_what_we_wrote_and_we_what_it_wrote(self):
        self.server.control("set", token_lifetime=1)
        self.device_login("--set-default")
        seen = [self.cache()["access_token"]]
        for _ in range(3):
            for token in (lambda: self.python(bfabricpy.PRINT_TOKEN),
                          lambda: self.tool("token", "--force-refresh")):
                time.sleep(1.1)
                seen.append(token())
                self.assertEqual(self.cache()["access_token"], seen[-1])
        self.assertEqual(len(set(seen)), 7)
        self.assertEqual({line["status"] for line in self.server.refreshes()}, {200})
        agents = [line["user_agent"].split("/")[0] for line in self.server.refreshes()]
        self.assertEqual(len(set(agents)), 2, agents)

    def test_a_long_running_client_gets_new_tokens(self):
        """It keeps its own copy of the token; we leave it a login that it can go on with."""
        self.home.login(self.server)
        script = "c = Bfabric.connect()\nprint(token(c))\ngate()\nprint(token(c))\n"
        with bfabricpy.Client(self.home, script) as client:
            client.wait(self.cache()["access_token"]).wait()
            self.assertEqual(self.tool("token"), self.cache()["access_token"])
            client.go()
            self.assertEqual(client.finish().out.strip(), self.cache()["access_token"])

    def test_we_work_on_what_its_login_wrote(self):
        self.server.control("set", auto_approve=0, interval=1)
        result = self.cli("auth", "device-code", self.server.base_url, "--config-env", "LAB",
                          "--scope", "api:read api:write", "--set-default")
        self.assertNotIn("Error", result.err)
        cache = self.home.read_cache(self.server.base_url, environment="LAB")
        self.assertEqual(self.tool("token"), cache["access_token"])
        status = json.loads(self.tool("auth", "status", "--json"))
        self.assertEqual(status["environment"], "LAB")
        self.assertNotEqual(self.tool("token", "--force-refresh"), cache["access_token"])
        self.python(bfabricpy.PRINT_TOKEN)
        self.assertEqual([line["status"] for line in self.server.refreshes()], [200])

    def test_its_configuration_writer_keeps_our_keys(self):
        self.device_login("--set-default")
        self.home.write(self.home.config_file, self.home.config_file.read_text()
                        + "  libbfabric:\n    min_ttl: 120\n")
        self.server.control("set", auto_approve=0, interval=1)
        self.cli("auth", "device-code", self.server.base_url, "--config-env", "SANDBOX",
                 "--scope", "api:read")
        self.assertIn("min_ttl", self.home.config_file.read_text())
        self.assertEqual(self.tool("token"), self.cache()["access_token"])

    def test_cache_path_is_the_same(self):
        script = """
from pathlib import Path
from bfabric.config import BaseUrl
from bfabric.oauth import compute_token_cache_path
for url in sys.argv[1:]:
    print(compute_token_cache_path(BaseUrl(url), "CLI", "X Y").expanduser())
"""
        urls = ["https://fgcz-bfabric.uzh.ch/bfabric", "https://fgcz-bfabric.uzh.ch/bfabric//",
                "HTTPS://FGCZ-Bfabric.UZH.ch/bfabric/", "https://fgcz-bfabric.uzh.ch:443/bfabric",
                "https://fgcz-bfabric.uzh.ch:8443/bfabric", "http://127.0.0.1:80/bfabric/",
                "http://127.0.0.1:8080/a/bfabric", "http://[::1]:8080/bfabric"]
        theirs = harness.run([*bfabricpy.command(script), *urls], bfabricpy.environment(self.home),
                             cwd=self.home.home)
        self.assertExit(theirs, 0)
        for url, path in zip(urls, theirs.out.splitlines()):
            with self.subTest(url=url):
                self.home.write_config(text=f"'X Y':\n  base_url: {url}\n  auth_method: oauth\n"
                                            "  client_id: CLI\n")
                status = self.home.run("bfabric", "auth", "status", "--json", "--env", "X Y")
                self.assertEqual(status.json()["cache_path"], path)

    # ---- logout ----

    def test_its_logout_is_ours(self):
        self.device_login("--set-default")
        self.cli("auth", "logout", "SANDBOX")
        result = self.home.run("bfabric", "token")
        self.assertExit(result, 3)
        self.assertEqual(result.out, "")
        self.assertEqual(self.server.refreshes(), [])
        # The record does not bring it back later either, and keeps no token.
        self.assertExit(self.home.run("bfabric", "token", "--force-refresh"), 3)
        record = self.home.place(self.server.base_url, ".session")
        if record.exists():
            self.assertFalse((json.loads(record.read_text()).get("token") or {})
                             .get("refresh_token"))

    def test_removing_the_cache_logs_out_both(self):
        self.device_login("--set-default")
        self.home.place(self.server.base_url).unlink()
        self.assertExit(self.home.run("bfabric", "token"), 3)
        self.assertNotEqual(bfabricpy.run(self.home, bfabricpy.PRINT_TOKEN).status, 0)

    def test_its_stale_write_back_after_logout_is_not_a_login(self):
        self.device_login("--set-default")
        self.tool("token", "--force-refresh")
        cache = self.home.place(self.server.base_url)
        stale = json.loads(cache.read_text())
        cache.unlink()
        self.assertExit(self.home.run("bfabric", "token"), 3)
        self.home.write_cache(self.server.base_url, {**stale, "expires_at": int(time.time()) - 5})
        asked = len(self.server.refreshes())
        result = self.home.run("bfabric", "token")
        self.assertIn(result.status, (3, 4))
        self.assertEqual(len(self.server.refreshes()), asked)


if __name__ == "__main__":
    harness.main()
