# SPDX-License-Identifier: MIT
"""bfabric-keyring on bad days: always an answer in time, which says what is wrong."""
import contextlib
import os
import signal
import socket
import subprocess
import threading
import unittest

import harness
import keyring_program
import secret_service as ss
from keyring_program import ATTRIBUTES, GITS, LATER, LONG, OURS, PROGRAM, SHORT, message
from secret_fake import DENIED, FakeProvider

_missing = keyring_program.missing() or ss.needed("gnome-keyring-daemon", "dbus-daemon")
UNKNOWN = "org.freedesktop.DBus.Error.UnknownMethod"


def setUpModule():
    if _missing:
        raise unittest.SkipTest(_missing)


class Places(keyring_program.Case):
    """Every operation, everywhere that something is missing."""

    def everything(self, place, status, says, operations=("get", "store", "erase", "probe"),
                   hangs=SHORT):
        budget = hangs if status == "timeout" else LONG
        results = self.ask_together([(place, operation, {"password": "p", "timeout": budget})
                                     for operation in operations])
        for operation, result in zip(operations, results):
            with self.subTest(operation=operation):
                self.assertAnswer(result, status, says)

    def test_no_bus(self):
        with ss.NoBus() as place:
            self.everything(place, "no-service", "no session bus",
                            ("get", "store", "erase", "probe", "unlock"))
            for address in ("", "autolaunch:", "unix:path=/nowhere;autolaunch:"):
                result = self.ask(place, "get", env={"DBUS_SESSION_BUS_ADDRESS": address})
                self.assertAnswer(result, "no-service", "bus")
            for folder in ("relative", "/nowhere", "/dev/null"):
                result = self.ask(place, "get", env={"XDG_RUNTIME_DIR": folder})
                self.assertAnswer(result, "no-service", "no session bus")

    def test_bad_addresses(self):
        for address in ("nonsense", "unix:", "unix:path=/nowhere/bus", "tcp:host=127.0.0.1,port=1"):
            with self.subTest(address=address), ss.NoBus() as place:
                result = self.ask(place, "get", env={"DBUS_SESSION_BUS_ADDRESS": address})
                self.assertAnswer(result, "no-service", "cannot connect")

    def test_stale_bus(self):
        with ss.StaleBus() as place:
            self.everything(place, "no-service", "cannot connect.*refused",
                            ("get", "store", "erase", "probe", "unlock"))

    def test_deaf_bus(self):
        with ss.DeafBus() as place:
            self.everything(place, "timeout", f"bus does not answer.*{SHORT} ms")
            harness.wait_for(lambda: place.accepted >= 4)
            self.assertEqual(place.accepted, 4)

    def test_what_is_no_bus(self):
        """A socket that answers, but not as a bus does."""
        with ss.StaleBus() as place:
            os.unlink(place.socket)
            with socket.socket(socket.AF_UNIX) as listener:
                listener.bind(str(place.socket))
                listener.listen()

                def talk():
                    link = listener.accept()[0]
                    with link:
                        link.recv(100)
                        link.sendall(b"220 some other service\r\n" * 100)
                thread = threading.Thread(target=talk)
                thread.start()
                result = self.ask(place, "get", timeout=LONG)
                thread.join()
        self.assertAnswer(result, "no-service", "cannot connect")

    def test_no_provider(self):
        with ss.NoProvider() as place:
            self.everything(place, "no-service", "no program on the session bus",
                            ("get", "store", "erase", "probe", "unlock"))

    def test_provider_that_fails(self):
        with ss.FailingProvider() as place:
            self.everything(place, "no-service", "cannot be started")

    def test_provider_that_never_starts(self):
        with ss.SleepingProvider() as place:
            self.everything(place, "timeout", "does not start", ("get", "probe"),
                            hangs=LATER)

    def test_default_budget(self):
        """Nobody said how long: less than the two seconds after which callers give up."""
        with ss.DeafBus() as place:
            result = self.ask(place, "get")
        self.assertAnswer(result, "timeout", "gave up after 1800 ms")

    def test_provider_is_started(self):
        command = ("printf %s 'a password' |"
                   " exec gnome-keyring-daemon --foreground --unlock --components=secrets")
        with ss.Desktop({ss.SECRETS: command}) as place:
            # A daemon that was just started may have no collection yet.
            self.assertIn(self.ask(place, "probe", timeout=20000).status, (0, 11))
            self.assertEqual(place.has_started(), 1)
            harness.wait_for(lambda: self.ask(place, "get", timeout=20000).status == 0)
            self.assertEqual(place.has_started(), 1)

    def test_backends(self):
        with ss.NoBus() as place:
            for name in ("nonsense", "file", " "):
                for operation in ("get", "store", "erase", "probe", "unlock"):
                    result = self.ask(place, operation, env={"SECRET_BACKEND": name}, password="p")
                    self.assertAnswer(result, "no-service", "SECRET_BACKEND")
            for name in ("", "service"):
                result = self.ask(place, "get", env={"SECRET_BACKEND": name})
                self.assertAnswer(result, "no-service", "no session bus")

    def test_git_is_told_on_stderr(self):
        with ss.NoProvider() as nobody, ss.DeafBus() as deaf:
            for place, code, says, budget in ((nobody, 11, "keeps secrets", LONG),
                                              (deaf, 13, "gave up after", SHORT)):
                result = self.ask(place, "get", request=GITS, timeout=budget)
                self.assertExit(result, code)
                self.assertEqual(result.out, "")
                self.assertRegex(result.err, f"^bfabric-keyring: .*{says}.*\n$")


class RealService(keyring_program.Case):
    def setUp(self):
        self.store = self.enterContext(ss.GnomeKeyring())
        self.assertAnswer(self.ask(self.store, "store", password="kept"), "ok")

    def assertKept(self):
        self.assertAnswer(self.ask(self.store, "get"), "ok", username="PROD", password="kept")

    def test_locked(self):
        self.store.lock()
        with self.store.monitor() as monitor:
            for operation in ("get", "store", "erase", "probe"):
                self.assertAnswer(self.ask(self.store, operation, password="new"), "locked", "locked")
                # Also where nothing is known of it.
                self.assertAnswer(self.ask(self.store, operation, password="new", username="NEW"),
                                  "locked", "locked")
        # Nobody was asked.
        self.assertNotIn("Prompt", monitor.calls())
        self.assertNotIn("Unlock", monitor.calls())
        # Nobody can be asked here.
        self.assertAnswer(self.ask(self.store, "unlock"), "denied", "dismissed")
        self.store.unlock()
        self.assertKept()
        self.assertAnswer(self.ask(self.store, "unlock"), "ok")

    def test_stopped(self):
        self.store.stop()
        results = self.ask_together([(self.store, operation, {"password": "new", "timeout": LATER})
                                     for operation in ("get", "store", "erase", "probe", "unlock")])
        for result in results:
            self.assertAnswer(result, "timeout", "secret service does not answer")
        self.store.cont()
        self.assertKept()

    def test_dies_in_a_call(self):
        with self.store.kill_in_call():
            result = self.ask(self.store, "get")
        self.assertAnswer(result, "no-service", "went away")
        self.assertAnswer(self.ask(self.store, "get"), "no-service", "keeps secrets")
        self.store.start()
        self.assertKept()

    def test_bus_dies_in_a_call(self):
        self.store.stop()
        process = harness.start([PROGRAM, "get"], self.environment(self.store),
                                stdin=subprocess.PIPE)
        with self.store.monitor() as monitor:
            process.stdin.write(message(OURS).encode())
            process.stdin.flush()
            harness.wait_for(monitor.calls)
            os.killpg(self.store.process.pid, signal.SIGKILL)
            result = harness.finish(process)
        self.assertAnswer(result, "no-service", "went away")

    def test_no_default_collection(self):
        self.store.kill()
        with ss.GnomeKeyring(password=None) as empty:
            for operation in ("get", "store", "erase", "probe"):
                self.assertAnswer(self.ask(empty, operation, password="p"), "locked",
                                  "no default keyring")
            self.assertAnswer(self.ask(empty, "unlock"), "denied", "dismissed")

    def test_parent_with_odd_signals(self):
        """Blocked or ignored signals of a host must not take the alarm away."""
        def odd():
            signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 32))
            for number in (signal.SIGALRM, signal.SIGCHLD, signal.SIGPIPE):
                signal.signal(number, signal.SIG_IGN)
        self.store.stop()
        process = harness.start([PROGRAM, "get"], self.environment(self.store),
                                stdin=subprocess.PIPE, preexec_fn=odd)
        result = harness.finish(process, message({**OURS, "timeout": LATER}), timeout=20)
        self.assertAnswer(result, "timeout", "does not answer")

    def test_process_is_hardened(self):
        self.store.stop()
        process = harness.start([PROGRAM, "get"], self.environment(self.store),
                                stdin=subprocess.PIPE)
        with self.store.monitor() as monitor:
            process.stdin.write(message({**OURS, "timeout": 20000}).encode())
            process.stdin.flush()
            harness.wait_for(monitor.calls)
            with open(f"/proc/{process.pid}/limits") as limits:
                core = [line for line in limits if line.startswith("Max core file size")]
            self.assertEqual(core[0].split()[4], "0")
            # Not to be looked into by the user's other processes: /proc says root's.
            self.assertEqual(os.stat(f"/proc/{process.pid}/mem").st_uid, 0)
            self.store.cont()
            self.assertAnswer(harness.finish(process), "ok", username="PROD", password="kept")

    def test_nobody_reads_the_answer(self):
        secret = "x" * (60 << 10)
        self.assertAnswer(self.ask(self.store, "store", password=secret), "ok")
        read, write = os.pipe()
        process = harness.start([PROGRAM, "get"], self.environment(self.store),
                                stdin=subprocess.PIPE, stdout=write)
        os.close(write)
        os.close(read)
        result = harness.finish(process, message(OURS), timeout=20)
        self.assertExit(result, 0)
        read, write = os.pipe()
        os.write(write, b"x" * 60000)  # as good as full
        process = harness.start([PROGRAM, "get"], self.environment(self.store),
                                stdin=subprocess.PIPE, stdout=write)
        os.close(write)
        result = harness.finish(process, message({**OURS, "timeout": SHORT}), timeout=20)
        os.close(read)
        self.assertExit(result, 13)


class AskingProvider(FakeProvider):
    """An item that is locked, in a collection that is not."""

    def on_SearchItems(self, message):
        self.bus.answer(message, "aoao", [], ["/org/freedesktop/secrets/collection/login/1"])


class FakeService(keyring_program.Case):
    """What no real service does on demand: here each call of a lookup fails in turn."""

    def fail_each(self, operation, calls, unknown, **how):
        """Each of `calls` crashes, hangs, is refused, and is `unknown` ({call: status})."""
        table = [(call, kind, status) for call in calls for kind, status in (
            ({"crash": call}, "no-service"), ({"hang": call}, "timeout"),
            ({"refuse": {call: DENIED}}, "denied"),
            ({"refuse": {call: UNKNOWN}}, unknown.get(call, "error")))]
        with contextlib.ExitStack() as stack:
            places = [stack.enter_context(FakeProvider(**kind, **how,
                                                       base_url=ATTRIBUTES["base_url"]))
                      for _, kind, _ in table]
            results = self.ask_together([
                (place, operation, {"path": None, "password": "new",
                                    "timeout": LATER if status == "timeout" else LONG})
                for place, (_, _, status) in zip(places, table)])
            for place, (call, kind, status), result in zip(places, table, results):
                with self.subTest(**kind):
                    self.assertIn(call, place.called)
                    self.assertAnswer(result, status)

    def test_lookup(self):
        # Where it is an item that the service does not know, somebody has deleted it.
        self.fail_each("get", ("SearchItems", "GetAll", "OpenSession", "GetSecret"),
                       {"GetAll": "not-found", "GetSecret": "not-found"}, locked=False)

    def test_default_collection(self):
        self.fail_each("probe", ("ReadAlias", "Get"), {"Get": "locked"}, locked=False)

    def test_unlock(self):
        self.fail_each("unlock", ("Unlock", "Prompt"), {})

    def ask_fake(self, operation, budget=LONG, **how):
        with FakeProvider(**how, base_url=ATTRIBUTES["base_url"]) as place:
            result = self.ask(place, operation, password="new", path=None, timeout=budget)
            return result, place.called

    def test_a_locked_item(self):
        for operation in ("get", "store", "erase"):
            result, called = self.ask_fake(operation)
            self.assertAnswer(result, "locked", "locked")
            self.assertNotIn("Prompt", called)

    def test_an_item_that_is_asked_for_each_time(self):
        """As KeePassXC does it by default: unlocking helps nobody, its settings do."""
        with AskingProvider(locked=False) as place:
            for operation in ("get", "store", "erase", "probe"):
                result = self.ask(place, operation, password="new", timeout=LONG)
                self.assertAnswer(result, "denied", "ask each time.*Confirm when passwords")
            self.assertNotIn("Prompt", place.called)

    def test_prompts(self):
        """unlock asks; what is not answered is taken off the screen."""
        for prompt in ("dismiss", "nonsense"):
            result, called = self.ask_fake("unlock", prompt=prompt)
            self.assertAnswer(result, "denied", "dismissed")
            self.assertIn("Prompt", called)
        result, called = self.ask_fake("unlock", prompt="ignore", budget=LATER)
        self.assertAnswer(result, "timeout", "nobody answered the dialogue")
        self.assertEqual(called[-1], "Dismiss")

    def test_prompt_that_outlives_the_service(self):
        with FakeProvider(prompt="ignore") as place:
            process = harness.start([PROGRAM, "unlock"], self.environment(place),
                                    stdin=subprocess.PIPE)
            process.stdin.write(message(OURS).encode())
            process.stdin.close()
            process.stdin = None
            harness.wait_for(lambda: "Prompt" in place.called)
            place.bus.socket.shutdown(socket.SHUT_RDWR)
            result = harness.finish(process, timeout=20)
        self.assertAnswer(result, "no-service", "went away")


class Requests(keyring_program.Case):
    def test_garbage(self):
        cases = {
            "": "no protocol",
            "\n": "no protocol",
            "nonsense\n": "not key=value",
            "protocol=bfabric\n": "no host",
            "protocol=bfabric\nhost=h\n": "no environment",
            "protocol=bfabric\nhost=h/../x\nusername=u\n": "host",
            "protocol=bfabric\nhost=h\nusername=a\rb\n": "carriage return",
            "protocol=bfabric\nhost=h\nusername=u\ntimeout=soon\n": "timeout=",
            "protocol=bfabric\nhost=h\nusername=u\nbase_url=https://x.org\n": "another host",
            "x=" + "y" * 70000 + "\n": "longer than",
        }
        with ss.NoBus() as place:
            for text, says in cases.items():
                for operation in ("get", "erase"):
                    with self.subTest(text=text[:40], operation=operation):
                        self.assertAnswer(self.send(place, operation, text), "error", says)
            result = self.send(place, "store", message(OURS))
            self.assertAnswer(result, "error", "nothing to store")
            result = harness.run([PROGRAM, "get"], self.environment(place),
                                 b"protocol=bfabric\nhost=h\nusername=\xff\xfe\0\n")
            self.assertAnswer(result, "error", "NUL")

    def test_request_without_end(self):
        with ss.NoBus() as place:
            processes = [harness.start([PROGRAM, operation], self.environment(place),
                                       stdin=subprocess.PIPE) for operation in ("get", "probe")]
            for process in processes:
                process.stdin.write(b"protocol=bfabric\n")
                process.stdin.flush()
            for process in processes:
                self.assertEqual(process.wait(timeout=20), 13)
                self.assertIn(b"request on stdin has no end", process.stdout.read())
                process.communicate()

    def test_no_descriptors(self):
        """Closed stdin, stdout and stderr: nothing of ours takes their place."""
        with ss.NoBus() as place:
            for closing in ("<&-", ">&-", "2>&-", "<&- >&- 2>&-"):
                result = harness.run(["sh", "-c", f'"$0" get {closing}', PROGRAM],
                                     self.environment(place), timeout=20)
                self.assertIn(result.status, (1, 11), repr(result))

    def test_usage(self):
        with ss.NoBus() as place:
            env = self.environment(place)
            for arguments, says in (([], "which operation"), (["get", "more"], "one operation"),
                                    (["--nonsense"], "no such operation")):
                result = harness.run([PROGRAM, *arguments], env, "")
                self.assertExit(result, 2)
                self.assertIn(says, result.err)
                self.assertEqual(result.out, "")
            # git has helpers ignore what they do not know.
            result = harness.run([PROGRAM, "capability"], env, "")
            self.assertExit(result, 0)
            self.assertEqual(result.out + result.err, "")
            self.assertRegex(harness.run([PROGRAM, "--version"], env).out,
                             r"^bfabric-keyring \d+\.\d+")
            for option in ("--help", "-h"):
                text = harness.run([PROGRAM, option], env).out
                for operation in ("get", "store", "erase", "probe", "unlock"):
                    self.assertIn(f"\n  {operation} ", text)


if __name__ == "__main__":
    harness.main()
