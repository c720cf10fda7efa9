# SPDX-License-Identifier: MIT
"""bfabric-keyring by itself, asked as the library and git ask it.

    class Something(keyring_program.Case):
        def test_it(self):
            with secret_service.GnomeKeyring() as store:
                self.assertAnswer(self.ask(store, "store", password="p"), "ok")
"""
import concurrent.futures
import subprocess

import harness

PROGRAM = harness.BUILD / "keyring" / "bfabric-keyring"
# ms: the budget where the first thing hangs, where one hangs that is reached after others, on a busy
# machine, too, and where nothing may.
SHORT, LATER, LONG = 800, 2500, 15000
HANG = 20.0  # s; more than any budget here on a busy machine, less than what hangs without one

# A request of ours; one of git's for the same host.
OURS = {"protocol": "bfabric", "host": "b.example.org", "username": "PROD", "path": "CLI",
        "base_url": "https://b.example.org/bfabric/"}
GITS = {"protocol": "https", "host": "b.example.org:8443", "username": "me", "path": "lab.git"}
# Ours as attributes.
ATTRIBUTES = {"service": "bfabric", "username": "PROD", "base_url": "https://b.example.org/bfabric",
              "client_id": "CLI"}

EXIT = {"ok": 0, "not-found": 0, "error": 1, "locked": 10, "no-service": 11, "denied": 12,
        "timeout": 13}


def message(request):
    return "".join(f"{key}={value}\n" for key, value in request.items() if value is not None) + "\n"


def missing():
    """Why these tests cannot run here, or None."""
    return None if PROGRAM.exists() else "built without libsecret"


class Case(harness.TestCase):
    def environment(self, place, **more):
        env = {**harness.base_environment(), **place.env(), **more}
        return {name: str(value) for name, value in env.items() if value is not None}

    def start(self, place, operation, text, **env):
        """Returns what waits for the answer; it must be over before anybody calls it hanging."""
        process = harness.start([PROGRAM, operation], self.environment(place, **env),
                                stdin=subprocess.PIPE)
        if isinstance(text, str):
            text = text.encode()
        return lambda: harness.finish(process, text, timeout=HANG)

    def send(self, place, operation, text, **env):
        """Any bytes as a request."""
        return self.start(place, operation, text, **env)()

    def ask(self, place, operation, env=None, request=None, **changes):
        request = {**(OURS if request is None else request), **changes}
        return self.send(place, operation, message(request), **(env or {}))

    def ask_together(self, asked):
        """[(place, operation, changes of the request)] at once; what hangs then hangs together."""
        waiting = [self.start(place, operation, message({**OURS, **changes}))
                   for place, operation, changes in asked]
        # Each reads its request only when it is waited for: so all are, at once.
        with concurrent.futures.ThreadPoolExecutor(len(waiting)) as pool:
            return list(pool.map(lambda wait: wait(), waiting))

    def assertAnswer(self, result, status, says=None, **fields):
        """Status, exit code and the rest of the reply: just these lines, and nothing on stderr."""
        self.assertExit(result, EXIT[status])
        found = result.fields()
        found.pop("step[]", None)
        text = found.pop("message", "")
        self.assertEqual(found, {"status": status, **fields}, repr(result))
        self.assertEqual(result.err, "")
        if status in ("ok", "not-found"):
            self.assertEqual(text, "")
        self.assertRegex(text, says or "^")
        self.assertEqual(bool(text), status not in ("ok", "not-found"), repr(result))
