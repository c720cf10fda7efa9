# SPDX-License-Identifier: MIT
"""Starting programs and waiting for them: part of harness.py."""
import contextlib
import json
import os
import pathlib
import signal
import subprocess
import time

SOURCE = pathlib.Path(os.environ.get("BF_SOURCE") or pathlib.Path(__file__).resolve().parents[2])
BUILD = pathlib.Path(os.environ.get("BF_BUILD") or SOURCE / "build" / "gcc").resolve()
SANDBOX = BUILD / "tests" / "sandbox" / "bfabric-sandbox"
FRONT = BUILD / "helper" / "bfabric"
SCALE = float(os.environ.get("TEST_SCALE") or 1)
# The front answers to these names too.
FACES = ("bfabric", "git-credential-bfabric")
# What a sanitizer or a coverage run needs passes into the otherwise made-up environment.
PASSED_ON = ("ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS", "TSAN_OPTIONS", "TEST_SCALE")


def scaled(full, at_least=1):
    """A count that is `full` at TEST_SCALE=1 and less in a reduced run, but never nothing."""
    return max(at_least, round(full * SCALE))


def wait_for(condition, timeout=20, step=0.02):
    """Waits until condition() is true and returns its value; fails after `timeout` seconds."""
    end = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"still not true after {timeout} s: {condition}")
        time.sleep(step)


def wait_until(unix_time):
    """Sleeps until the wall clock says `unix_time`."""
    while time.time() < unix_time:
        time.sleep(min(0.2, max(0.001, unix_time - time.time())))


def base_environment():
    env = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
           "LANG": "C.UTF-8", "TZ": "UTC"}
    env.update({name: os.environ[name] for name in PASSED_ON if name in os.environ})
    return env


class Result:
    """How a program ended: exit status (negative: a signal), and its output as text."""

    def __init__(self, command, status, out, err):
        self.command, self.status = command, status
        self.raw_out, self.raw_err = out, err
        self.out, self.err = (b.decode("utf-8", "backslashreplace") for b in (out, err))

    def __repr__(self):
        return (f"{' '.join(map(str, self.command))}: exit {self.status}\n"
                f"--- stdout\n{self.out}\n--- stderr\n{self.err}")

    def fields(self):
        """The key=value lines of stdout; a key that ends in [] holds a list."""
        found = {}
        for line in self.out.splitlines():
            key, _, value = line.partition("=")
            if key.endswith("[]"):
                found.setdefault(key, []).append(value)
            elif key:
                found[key] = value
        return found

    def json(self):
        return json.loads(self.out)


def start(command, env=None, stdin=subprocess.DEVNULL, **more):
    """A program in its own process group, with pipes for its output."""
    return subprocess.Popen([str(part) for part in command], env=env or base_environment(),
                            stdin=stdin, stdout=more.pop("stdout", subprocess.PIPE),
                            stderr=more.pop("stderr", subprocess.PIPE), start_new_session=True,
                            **more)


def finish(process, input=None, timeout=60):
    """Waits for a program of start(); one that hangs is killed with its group and is a failure."""
    if isinstance(input, str):
        input = input.encode()
    try:
        out, err = process.communicate(input, timeout=timeout)
    except subprocess.TimeoutExpired:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        out, err = process.communicate()
        result = Result(process.args, process.returncode, out or b"", err or b"")
        raise AssertionError(f"still running after {timeout} s: {result!r}") from None
    return Result(process.args, process.returncode, out or b"", err or b"")


def run(command, env=None, input=None, timeout=60, **more):
    stdin = subprocess.DEVNULL if input is None else subprocess.PIPE
    return finish(start(command, env, stdin, **more), input, timeout)
