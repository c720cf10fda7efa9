# SPDX-License-Identifier: MIT
"""The PAM module again and again in one process: nothing grows and nothing changes from a tenth of
the rounds, when libraries have what they keep for ever, to the end.

Counts are those of TEST_SCALE=1.
"""
import concurrent.futures
import os

import harness
from pam_module import ACQUIRE, FACTOR, MARKED, SUCCESS, UNMARKED, Case, Machine, programs

SANITIZED = b"__asan_init" in (programs() / "pam_bfabric.so").read_bytes()
# For all rounds together. What the sanitizer itself takes grows with every library that is loaded
# again; what it gave is counted.
BYTES, RESIDENT = 100, float("inf") if SANITIZED else 512 << 10
CALLS = "authenticate:0 setcred:2 account:0 open:0 close:0 setcred:4".split()


def reduced(full, at_least):
    """All in a full run; in a tenth of one a thirtieth, and `at_least` so many, are enough for what
    is compared to the byte."""
    return max(at_least, round(full * harness.SCALE ** 1.5))


class Soak(Case):
    def app(self, machine=None):
        """Leaks count here, though the sanitizer cannot look for them in our children; and what
        malloc(3) or the sanitizer keep for later would look like one."""
        options = ("detect_leaks=1", "quarantine_size_mb=1")
        options = ":".join(filter(None, (os.environ.get("ASAN_OPTIONS"), *options)))
        return super().app(machine, {"ASAN_OPTIONS": options,
                                     "GLIBC_TUNABLES": "glibc.malloc.tcache_count=0"})

    def again(self, app, rounds, service, user, *calls):
        since = len(app.events)
        app.tell("repeat", rounds, service, user, *calls)
        result = app.until("repeat", since)
        self.assertSame(result)
        return result

    def assertSame(self, result):
        self.assertIsNone(result["changed"], result)
        self.assertEqual((result["descriptors"], result["threads"], result["children"]),
                         (0, 0, 0), result)
        self.assertLess(result["bytes"], BYTES, result)
        self.assertLess(result["resident"], RESIDENT, result)

    def test_early_exit(self):
        """Nobody's: root, a service that is never ours, one that is not in the list."""
        self.machine.configure("http://127.0.0.1:9/bfabric")
        profile = MARKED.replace("account required pam_permit.so", "account optional @\n"
                                 "account required pam_permit.so")
        rounds = reduced(10_000 // 4, 50)
        app = self.app()
        for service, user in (("login", "root"), ("su", "ada"), ("systemd-user", "ada"),
                              ("xrdp", "ada")):
            self.machine.stack(service, profile)
            result = self.again(app, rounds, service, user, *CALLS)
            self.assertEqual({code for codes in result["codes"].values() for code in codes}, {"0"})
        self.assertEqual(app.log, "")

    def sessions(self, app, rounds, service, *before):
        """Yields within each, while it is open. A call is a function, its flags, and how."""
        unreaped = 0
        for number in range(rounds):
            if number == max(1, rounds // 10):
                app.tell("remember")
            app.start(service)
            for call in (*before, "open"):
                result = app.call(*call.split())
                self.assertEqual(result["code"], SUCCESS, app.events)
                self.assertIn(result["changed"], (None, "children"), app.events)
            yield app
            self.assertEqual(app.call("close")["code"], SUCCESS, app.events)
            end = app.end()
            self.assertIsNone(end["changed"], "already the first changes nothing")
            unreaped += end["left"]
            app.forget()
        self.assertLess(unreaped, rounds, "one may be slow to end, and not one of every session")
        app.tell("compare")
        self.assertSame(app.until("compare"))

    def test_quiet_refresh(self):
        server = self.sandbox()
        self.machine.configure(server)
        self.machine.stack("sshd", UNMARKED)
        self.machine.write_cache(server.base_url, server.mint(client_id="CLI"), obtained=1)
        self.machine.own()
        rounds = reduced(500, 20)
        for app in self.sessions(self.app(), rounds, "sshd"):
            self.assertEqual((app.shown, app.log), ("", ""))
            self.expire(self.machine, server)
        self.assertEqual(len(server.refreshes()), rounds)

    def logins(self, machine, server, app, rounds, service, *before):
        """Device logins that reach the home, and are gone before the next session."""
        files = set()
        for _ in self.sessions(app, rounds, service, *before):
            self.assertIn("B-Fabric login stored", app.shown)
            for suffix in (".json", ".session"):
                self.stored(machine, server, suffix).unlink()
            waiting = sorted(path.name for path in machine.run_dir.iterdir())
            files.add((*machine.written(), *waiting))
        self.assertEqual(len(files), 1, "each leaves what the one before left")

    def test_device_logins(self):
        """In the session; as a factor; behind the password, where one process does both, and where
        the file of the stash is all that comes through. Each takes the second between two polls, so
        that they wait together."""
        server, rounds = self.sandbox(user="ada"), reduced(50, 3)
        factor, close = {"claim": "sub", "same_names": "yes"}, {"revoke_on_close": "yes"}
        with concurrent.futures.ThreadPoolExecutor() as pool:
            ends = []
            for service, profile, keys, *before in (
                    ("login", MARKED, {}, "authenticate"),
                    ("login", FACTOR, factor, "authenticate", "account", "setcred 2"),
                    ("gdm-password", ACQUIRE, close, "authenticate", "setcred 2"),
                    ("sshd", ACQUIRE, {}, "authenticate 0 apart", "setcred 2")):
                machine = self.enterContext(Machine())
                machine.configure(server, **keys)
                machine.stack(service, profile)
                app = self.app(machine)
                app.tell("answer")
                ends.append(pool.submit(
                    self.logins, machine, server, app, rounds, service, *before))
            for end in ends:
                end.result()
        self.assertEqual(len(server.log("device_authorization")), 4 * rounds)
        self.assertEqual(server.log("revocation"), [])

    def test_loading(self):
        app = self.app()
        app.tell("load", 100, programs() / "pam_bfabric.so")
        result = app.until("load")
        self.assertSame(result)
        self.assertFalse(result["mapped"], "it can go again")


if __name__ == "__main__":
    harness.main()
