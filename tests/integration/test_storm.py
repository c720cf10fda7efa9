# SPDX-License-Identifier: MIT
"""Storm: a crowd asks for a token at the moment of expiry, and one request reaches the server.

The server rotates refresh tokens and revokes the whole login when a spent one comes back, so a
second request is not merely wasteful: it logs everybody out.
"""
import json
import time
import unittest

import harness
import bfabricpy
from herd import Herd, LockHolder, git_request
from scene import at
from witness import BFABRICPY, Witness

CROWD = harness.scaled(200, at_least=40)
ROUNDS = harness.scaled(50, at_least=4)
THREADS = harness.BUILD / "tests" / "tools" / "threads"
OURS = "bfabric-auth/"


def crowd(herd, server, size=CROWD):
    """Half of them ask plainly, half are git's helper."""
    for i in range(size):
        if i % 2:
            herd.add("git-credential-bfabric", "get",
                     input=git_request(server, **{"capability[]": "authtype"}))
        else:
            herd.add("bfabric", "token")


def answer(result):
    """The token in an answer of either face."""
    return result.fields().get("credential") or result.out.strip()


class Storm(harness.TestCase):
    def setUp(self):
        self.server = self.enterContext(harness.Sandbox(rotation="on", token_lifetime=28800))
        self.home = self.enterContext(harness.Home())
        self.reply = self.home.login(self.server)

    def stem(self, suffix):
        return self.home.place(self.server.base_url, suffix)

    def expiring(self, lifetime=2):
        """The login's token is refreshed to one that lives only so long; returns when it expires."""
        self.server.control("set", token_lifetime=lifetime)
        self.assertExit(self.home.run("bfabric", "token", "--force-refresh"), 0)
        self.server.control("set", token_lifetime=28800)
        return self.home.read_cache(self.server.base_url)["expires_at"]

    def storm(self, expires_at):
        """The crowd at that moment; returns the answers, after one request."""
        before = len(self.server.refreshes())
        old = self.home.read_cache(self.server.base_url)["access_token"]
        with Herd(self.home) as herd:
            crowd(herd, self.server)
            harness.wait_until(expires_at)
            herd.release()
            results = herd.results()
        for result in results:
            self.assertExit(result, 0)
            self.assertEqual(result.err, "")
        requests = self.server.refreshes()[before:]
        self.assertEqual(len(requests), 1, requests)
        self.assertEqual(requests[0]["status"], 200)
        new = self.home.read_cache(self.server.base_url)["access_token"]
        self.assertNotEqual(new, old)
        self.assertEqual({answer(result) for result in results}, {new})

    def test_one_request_at_expiry(self):
        """Each round begins with another of the states in which a login can be found on disk."""
        kept = None
        for number in range(ROUNDS):
            with at(round=number):
                expires_at = self.expiring()
                if number % 4 == 1:  # a login by bfabricPy, which knows no record
                    reply = self.server.mint(client_id="CLI", lifetime=2)
                    self.home.write_cache(self.server.base_url, reply)
                    expires_at = self.home.read_cache(self.server.base_url)["expires_at"]
                elif number % 4 == 2:  # the same, and the record of the earlier login is gone
                    self.stem(".session").unlink()
                elif number % 4 == 3:  # what bfabricPy had read before our refresh is back
                    self.stem(".json").write_bytes(kept)
                kept = self.stem(".json").read_bytes()
                self.storm(expires_at)
        # The login still lives: rotation went one way, token by token.
        self.assertExit(self.home.run("bfabric", "token", "--force-refresh"), 0)
        self.assertEqual({line["status"] for line in self.server.refreshes()}, {200})
        self.assertFalse([name for name in self.home.files() if name.endswith(".tmp")])

    def test_stale_but_valid(self):
        """Before expiry everybody gets a valid token, and still only one request is made."""
        self.server.control("set", token_lifetime=1000)
        self.assertExit(self.home.run("bfabric", "token", "--force-refresh"), 0)
        self.server.control("set", token_lifetime=28800)
        old = self.home.read_cache(self.server.base_url)["access_token"]
        before = len(self.server.refreshes())
        with Herd(self.home) as herd:
            for _ in range(CROWD):
                herd.add("bfabric", "token", "--min-ttl", "900")
            # More than a fifth of its life is left, so that it is fresh until the clock says so.
            cache = self.home.read_cache(self.server.base_url)
            cache["expires_at"] -= 900
            self.home.write(self.stem(".json"), json.dumps(cache))
            herd.release()
            results = herd.results()
        new = self.home.read_cache(self.server.base_url)["access_token"]
        for result in results:
            self.assertExit(result, 0)
            self.assertIn(answer(result), (old, new))
        self.assertEqual(len(self.server.refreshes()) - before, 1)
        self.assertNotEqual(new, old)

    # ---- a server that does not help ----

    def trouble(self, *arguments, fault=None, arg=None, timeout=90):
        """The crowd against a server in trouble. Everybody waits for the lock before one gets it, so
        that each call began before the first answer. Returns the results and the requests made."""
        before = len(self.server.refreshes())
        if fault:
            self.server.control("fault", endpoint="token", kind=fault,
                                **({"arg": arg} if arg else {}))
        with Herd(self.home) as herd, LockHolder(self.stem(".json.lock")) as lock:
            for _ in range(CROWD):
                herd.add("bfabric", "token", *arguments)
            herd.release()
            herd.wait_for_names("bfabric-full")
            herd.wait_until_waiting()
            lock.release()
            started = time.monotonic()
            results = herd.results(timeout)
        self.took = time.monotonic() - started
        self.server.control("clear")
        return results, self.server.refreshes()[before:]

    def assertSame(self, results, status):
        for result in results:
            self.assertExit(result, status)
            self.assertEqual(result.out, "")
        self.assertEqual(len({result.err for result in results}), 1,
                         {result.err for result in results})
        self.assertEqual(results[0].err.count("\n"), 1, results[0].err)
        self.assertNoSecret(results[0], self.reply)

    def test_server_hangs(self):
        """One request is waited for, half a minute, and its end is everybody's answer."""
        harness.wait_until(self.expiring(1))
        results, requests = self.trouble(fault="hang")
        self.assertSame(results, 5)
        self.assertEqual(len(requests), 1, requests)
        self.assertLess(self.took, 45)
        self.assertExit(self.home.run("bfabric", "token"), 0)
        self.assertEqual({line["status"] for line in self.server.refreshes() if
                          line["fault"] is None}, {200})

    def test_server_is_slower_than_a_caller_is_patient(self):
        """The reply holds the only copy of the next refresh token: it is waited for all the same."""
        harness.wait_until(self.expiring(1))
        self.server.control("fault", endpoint="token", kind="delay-after", arg="4", count="1")
        self.assertExit(self.home.run("bfabric", "token", "--timeout", "3"), 0)
        self.assertExit(self.home.run("bfabric", "token", "--force-refresh"), 0)
        self.assertEqual([line["outcome"] for line in self.server.refreshes()][-2:],
                         ["issued", "issued"])

    def test_server_unavailable(self):
        harness.wait_until(self.expiring(1))
        results, requests = self.trouble(fault="status", arg="503")
        self.assertSame(results, 5)
        self.assertEqual(len(requests), 1, requests)
        # Nothing was spent, and whoever comes later asks again.
        self.storm(0)

    def test_server_refuses(self):
        harness.wait_until(self.expiring(1))
        self.server.control("revoke-family")
        results, requests = self.trouble()
        self.assertSame(results, 4)
        self.assertIn("bfabric ", results[0].err)
        self.assertEqual([line["status"] for line in requests], [400])
        asked = len(self.server.refreshes())
        for program, arguments, text in (("bfabric", ["token"], None),
                                         ("bfabric", ["token", "--force-refresh"], None),
                                         ("git-credential-bfabric", ["get"],
                                          git_request(self.server))):
            for _ in range(5):
                self.assertExit(self.home.run(program, *arguments, input=text), 4)
        self.assertEqual(len(self.server.refreshes()), asked)
        # A login ends it, whoever made it.
        reply = self.server.mint(client_id="CLI", lifetime=1)
        self.home.write_cache(self.server.base_url, reply)
        self.storm(time.time() + 1.5)

    # ---- threads ----

    @unittest.skipUnless(THREADS.exists(), "tests/tools/threads is not built")
    def test_threads_of_one_process(self):
        for _ in range(harness.scaled(50, at_least=3)):
            expires_at = self.expiring()
            before = len(self.server.refreshes())
            harness.wait_until(expires_at)
            result = self.home.run(THREADS, "64")
            self.assertExit(result, 0)
            new = self.home.read_cache(self.server.base_url)["access_token"]
            self.assertEqual(result.out.splitlines(), [new] * 64)
            self.assertEqual(len(self.server.refreshes()) - before, 1)

    @unittest.skipUnless(THREADS.exists(), "tests/tools/threads is not built")
    def test_threads_and_processes(self):
        harness.wait_until(self.expiring())
        before = len(self.server.refreshes())
        with Herd(self.home) as herd:
            for _ in range(4):
                herd.add(THREADS, "16")
            crowd(herd, self.server, 20)
            herd.release()
            results = herd.results()
        for result in results:
            self.assertExit(result, 0)
        new = self.home.read_cache(self.server.base_url)["access_token"]
        self.assertEqual({t for r in results for t in (r.out.splitlines() if "threads" in r.command[0]
                                                       else [answer(r)])}, {new})
        self.assertEqual(len(self.server.refreshes()) - before, 1)

    @unittest.skipUnless(THREADS.exists(), "tests/tools/threads is not built")
    def test_threads_share_a_failure(self):
        harness.wait_until(self.expiring(1))
        self.server.control("revoke-family")
        before = len(self.server.refreshes())
        result = self.home.run(THREADS, "64")
        self.assertExit(result, 4)
        self.assertEqual(result.out, "")
        self.assertEqual(len(set(result.err.splitlines())), 1, result.err)
        self.assertEqual(len(self.server.refreshes()) - before, 1)


@bfabricpy.needed
class WithBfabricPy(harness.TestCase):
    """bfabricPy refreshes without a lock and writes back what it had read."""

    PYTHONS = harness.scaled(20, at_least=4)
    TOOLS = harness.scaled(80, at_least=16)
    FORCED = harness.scaled(40, at_least=10)

    ONCE = "gate()\n" + bfabricpy.PRINT_TOKEN
    AGAIN = """
import random, time
quick = TokenCache.load
def load(self):
    found = quick(self)
    time.sleep(random.random() / 5)  # as on a busy machine: others come between
    return found
TokenCache.load = load
gate()
while not os.path.exists(os.environ["BF_EVENTS"] + ".stop"):
    token(Bfabric.connect())
    time.sleep(random.random())
"""

    def mixed(self, script=ONCE, forced=0, lifetime=28800, **settings):
        """Both kinds at the moment of expiry; returns (server, home, our results, theirs, log lines),
        and self.witness knows what everybody did."""
        server = self.enterContext(harness.Sandbox(token_lifetime=lifetime, **settings))
        home = self.enterContext(harness.Home())
        home.login(server, mint={"lifetime": 1})
        self.assertExit(home.run("bfabric", "auth", "status"), 0)
        self.witness = self.enterContext(Witness(home.path / "events", home.read_cache(
            server.base_url)["refresh_token"]))
        pythons = [self.enterContext(bfabricpy.Client(home, BFABRICPY + script,
                                                      BF_EVENTS=self.witness.path))
                   for _ in range(self.PYTHONS)]
        for python in pythons:
            python.wait()
        harness.wait_until(home.read_cache(server.base_url)["expires_at"])
        with Herd(home, home.env(BFABRIC_TRACE="1"), self.witness.file) as herd:
            crowd(herd, server, self.TOOLS)
            herd.release()
            for python in pythons:
                python.go()
            # More of ours come while bfabricPy refreshes and writes back.
            late = [self.traced(home, "--force-refresh") for _ in range(forced)]
            (home.path / "events.stop").touch()
            while any(python.process.poll() is None for python in pythons):
                late.append(self.traced(home))
            ours = herd.results() + late
        theirs = [python.finish() for python in pythons]
        return server, home, ours, theirs, server.refreshes()

    def traced(self, home, *arguments):
        return home.run("bfabric", "token", *arguments, env=home.env(BFABRIC_TRACE="1"),
                        stderr=self.witness.file)

    def assertNotWasteful(self, lines):
        """We never send a refresh token that we could know to be spent."""
        trouble = self.witness.trouble(
            [line["refresh_token_id"] for line in lines if line["user_agent"].startswith(OURS)])
        if trouble:
            self.fail("\n".join([*trouble, *map(str, lines), *self.witness.lines()]))

    def test_without_rotation(self):
        server, home, ours, theirs, lines = self.mixed(rotation="off")
        for result in ours + theirs:
            self.assertExit(result, 0)
        self.assertLessEqual(len([l for l in lines if l["user_agent"].startswith(OURS)]), 1)
        self.assertExit(home.run("bfabric", "token", "--force-refresh"), 0)

    def test_rotation_with_grace(self):
        """A server that forgives a spent token for a moment: nobody is logged out."""
        server, home, ours, theirs, lines = self.mixed(rotation="on", reuse_grace=60)
        self.assertNotWasteful(lines)
        for result in ours + theirs:
            self.assertExit(result, 0)
        self.assertExit(home.run("bfabric", "token", "--force-refresh"), 0)
        self.assertExit(bfabricpy.run(home, bfabricpy.PRINT_TOKEN), 0)

    def test_many_refreshes(self):
        """Tokens so short that bfabricPy refreshes at each start, and we are made to: one replaces and
        writes back what the other has, all the time."""
        server, home, ours, theirs, lines = self.mixed(
            self.AGAIN, self.FORCED, lifetime=2, rotation="on", reuse_grace=600)
        self.assertNotWasteful(lines)
        for result in ours + theirs:
            self.assertExit(result, 0)
        print(f"# {len(lines)} requests, {len([l for l in lines if l['user_agent'].startswith(OURS)])}"
              f" of them ours, for {len(ours)} calls; {self.witness.story(lines, OURS)}", flush=True)

    def test_rotation_with_reuse_detection(self):
        """Here the server's rule may leave no way out: the log must show whose request it was."""
        server, home, ours, theirs, lines = self.mixed(rotation="on")
        self.assertNotWasteful(lines)
        reused = [line for line in lines if line["status"] == 400]
        if not reused:
            for result in ours:
                self.assertExit(result, 0)
        for result in ours:
            self.assertIn(result.status, (0, 4), repr(result))
        for line in reused:
            self.assertTrue(line["user_agent"] and line["refresh_token_id"], line)
        print(f"# {len(lines)} requests, {self.witness.story(lines, OURS)}; "
              f"answered: {sum(r.status == 0 for r in ours)} of {len(ours)} of ours, "
              f"{sum(r.status == 0 for r in theirs)} of {len(theirs)} of bfabricPy", flush=True)
        # Whatever happened, one login mends it for both.
        home.write_cache(server.base_url, server.mint(client_id="CLI", lifetime=1))
        time.sleep(1.1)
        self.assertExit(home.run("bfabric", "token"), 0)
        self.assertExit(bfabricpy.run(home, bfabricpy.PRINT_TOKEN), 0)
        self.assertExit(home.run("bfabric", "token", "--force-refresh"), 0)

    WRITE_BACK = """
import bfabric.oauth._credential_provider as provider
real = provider.TokenCache.load
def load(self):
    found = real(self)
    gate()
    return found
provider.TokenCache.load = load
client = Bfabric.connect()
gate("written")
"""

    def written_back(self, new_lifetime):
        """bfabricPy has read, we refresh, bfabricPy writes back what it had read."""
        server = self.enterContext(harness.Sandbox(token_lifetime=new_lifetime))
        home = self.enterContext(harness.Home())
        home.login(server, mint={"lifetime": 1})
        old = home.read_cache(server.base_url)
        with bfabricpy.Client(home, self.WRITE_BACK) as client:
            client.wait()
            harness.wait_until(old["expires_at"])
            self.assertExit(home.run("bfabric", "token"), 0)
            new = home.read_cache(server.base_url)
            client.go().wait("written")
            self.assertEqual(home.read_cache(server.base_url)["refresh_token"],
                             old["refresh_token"])
        return server, home, new

    def test_stale_write_back_costs_nothing(self):
        server, home, new = self.written_back(28800)
        result = home.run("bfabric", "token")
        self.assertExit(result, 0)
        self.assertEqual(result.out.strip(), new["access_token"])
        self.assertEqual(len(server.refreshes()), 1)
        self.assertEqual(home.read_cache(server.base_url)["refresh_token"], new["refresh_token"])
        # And bfabricPy is served from what we restored.
        self.assertEqual(bfabricpy.run(home, bfabricpy.PRINT_TOKEN).out.strip(), new["access_token"])

    def test_stale_write_back_after_expiry(self):
        server, home, new = self.written_back(1)
        harness.wait_until(new["expires_at"])
        server.control("set", token_lifetime=28800)
        self.assertExit(home.run("bfabric", "token"), 0)
        self.assertEqual([line["status"] for line in server.refreshes()], [200, 200])


if __name__ == "__main__":
    harness.main()
