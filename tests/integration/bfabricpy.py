# SPDX-License-Identifier: MIT
"""The real bfabricPy: where it is, and how to run pieces of Python with it.

BF_VENV names a virtual environment that holds PyPI's `bfabric` and `bfabric-scripts`.
"""
import os
import pathlib
import unittest

import harness

PYTHON = pathlib.Path(os.environ.get("BF_VENV") or "/nonexistent") / "bin" / "python"

# What each script begins with; `gate()` says that it stands there and waits for a line.
_PRELUDE = """
import json, os, sys, warnings
warnings.simplefilter("ignore")
from loguru import logger
logger.remove()
from bfabric import Bfabric
def gate(word="ready"):
    print(word, flush=True)
    sys.stdin.readline()
def token(client):
    auth = client.auth
    return auth.password.get_secret_value()
"""

PRINT_TOKEN = "print(token(Bfabric.connect()))\n"

needed = unittest.skipUnless(PYTHON.exists(), "BF_VENV names no virtual environment with bfabricPy")


def command(script):
    return [str(PYTHON), "-c", _PRELUDE + script]


def environment(home, **more):
    """bfabricPy reads ~ and nothing of ours; the test's venv needs no activation."""
    return home.env(PYTHONDONTWRITEBYTECODE="1", **more)


def run(home, script, input="", timeout=120, **more):
    return harness.run(command(script), environment(home, **more), input, timeout, cwd=home.home)


class Client:
    """A bfabricPy process that is led step by step: it stops at each gate() of its script."""

    def __init__(self, home, script, **more):
        import subprocess
        self.process = harness.start(command(script), environment(home, **more), subprocess.PIPE,
                                     cwd=home.home)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()

    def wait(self, word="ready"):
        line = self.process.stdout.readline().decode().strip()
        if line != word:
            raise AssertionError(f"bfabricPy said {line!r} instead of {word!r}: "
                                 + harness.finish(self.process).err)
        return self

    def go(self):
        self.process.stdin.write(b"\n")
        self.process.stdin.flush()
        return self

    def finish(self):
        return harness.finish(self.process, b"", timeout=120)
