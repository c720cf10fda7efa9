# SPDX-License-Identifier: MIT
"""The PAM module again and again in one process: nothing grows, whatever it does with its children.

Counts are those of TEST_SCALE=1. What grows by a few bytes a call shows in the sum; pages that an
allocator keeps do not.
"""
import os

import harness
from pam_module import MARKED, SUCCESS, UNMARKED, Case, programs

SLACK = 16 << 10  # bytes, for all rounds together
CALLS = "authenticate:0 setcred:2 account:0 open:0 close:0 setcred:4".split()


class Soak(Case):
    def app(self, machine=None):
        """Leaks count here, though the sanitizer cannot look for them in our children."""
        options = ":".join(filter(None, (os.environ.get("ASAN_OPTIONS"), "detect_leaks=1")))
        return super().app(machine, {"ASAN_OPTIONS": options})

    def again(self, app, rounds, service, user, *calls):
        app.tell("repeat", rounds, service, user, *calls)
        result = app.until("repeat", len(app.events))
        self.assertSame(result)
        return result

    def assertSame(self, result):
        self.assertEqual((result["descriptors"], result["threads"], result["children"]),
                         (0, 0, 0), result)
        self.assertLess(result["bytes"], SLACK, result)

    def test_early_exit(self):
        """Nobody's: root, a service that is never ours, one that is not in the list."""
        self.machine.configure("http://127.0.0.1:9/bfabric")
        profile = MARKED.replace("account required pam_permit.so", "account optional @\n"
                                 "account required pam_permit.so")
        rounds = harness.scaled(10_000 // 4, 20)
        app = self.app()
        for service, user in (("login", "root"), ("su", "ada"), ("systemd-user", "ada"),
                              ("xrdp", "ada")):
            self.machine.stack(service, profile)
            result = self.again(app, rounds, service, user, *CALLS)
            self.assertEqual({code for codes in result["codes"].values() for code in codes}, {"0"})
        self.assertEqual(app.log, "")

    def sessions(self, rounds, service, *before):
        """Yields within each; the first, with what libraries keep for ever, does not count."""
        app, ends = self.app(), []
        for _ in range(rounds):
            app.start(service)
            for function in (*before, "open"):
                self.assertEqual(app.call(function)["code"], SUCCESS, app.events)
            yield app
            app.call("close")
            ends.append(app.end())
            app.forget()
        self.assertSame({name: sum(end[name] for end in ends[1:]) for name in ends[0]})

    def test_quiet_refresh(self):
        server = self.sandbox()
        self.machine.configure(server)
        self.machine.stack("sshd", UNMARKED)
        self.machine.write_cache(server.base_url, server.mint(client_id="CLI"), obtained=1)
        self.machine.own()
        rounds = harness.scaled(500, 20)
        for app in self.sessions(rounds, "sshd"):
            self.assertEqual((app.shown, app.log), ("", ""))
            self.expire(self.machine, server)
        self.assertEqual(len(server.refreshes()), rounds)

    def test_device_logins(self):
        server = self.sandbox()
        self.machine.configure(server)
        self.machine.stack("login", MARKED)
        for app in self.sessions(harness.scaled(50, 4), "login", "authenticate"):
            self.assertIn("B-Fabric login stored", app.shown)
            for suffix in (".json", ".session"):
                self.stored(self.machine, server, suffix).unlink()

    def test_loading(self):
        app = self.app()
        app.tell("load", 100, programs() / "pam_bfabric.so")
        result = app.until("load")
        self.assertSame(result)
        self.assertFalse(result["mapped"], "it can go again")


if __name__ == "__main__":
    harness.main()
