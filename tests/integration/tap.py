# SPDX-License-Identifier: MIT
"""Test methods reported by TAP (testanything.org): part of harness.py."""
import signal
import sys
import traceback
import unittest


class TestCase(unittest.TestCase):
    maxDiff = None
    longMessage = True

    def assertExit(self, result, status):
        self.assertEqual(result.status, status, repr(result))

    def assertNoSecret(self, result, *replies):
        """None of these replies' tokens is in what a program said."""
        for reply in replies:
            for member in ("access_token", "refresh_token"):
                if reply.get(member):
                    self.assertNotIn(reply[member], result.out + result.err)


class _Tap(unittest.TestResult):
    """One `ok` or `not ok` a test method, so that meson counts methods and not files."""

    def __init__(self, stream):
        super().__init__()
        self.stream, self.number, self.failed, self.trouble = stream, 0, 0, []

    def _line(self, word, test, comment=""):
        self.number += 1
        name = test.id() if hasattr(test, "id") else str(test)
        name = name.replace("__main__.", "").replace("#", "")
        print(f"{word} {self.number} - {name}{comment}", file=self.stream, flush=True)

    def _fail(self, test, error):
        text = "".join(traceback.format_exception(*error))
        self.trouble.append(text)
        if not isinstance(test, unittest.TestCase):
            self._report(test)  # setUpClass or setUpModule: stopTest will not come

    def _report(self, test):
        self.failed += 1
        self._line("not ok", test)
        for line in "\n".join(self.trouble).splitlines():
            print("# " + line, file=self.stream)
        self.stream.flush()
        self.trouble = []

    def startTest(self, test):
        super().startTest(test)
        self.trouble, self.skipped_why = [], None

    def stopTest(self, test):
        super().stopTest(test)
        if self.trouble:
            self._report(test)
        elif self.skipped_why is not None:
            self._line("ok", test, f" # SKIP {self.skipped_why}")
        else:
            self._line("ok", test)

    def addSkip(self, test, reason):
        if isinstance(test, unittest.TestCase):
            self.skipped_why = reason
        else:
            self._line("ok", test, f" # SKIP {reason}")

    def addError(self, test, err):
        self._fail(test, err)

    def addFailure(self, test, err):
        self._fail(test, err)

    def addSubTest(self, test, subtest, err):
        if err:
            self.trouble.append(f"{subtest}\n" + "".join(traceback.format_exception(*err)))


def _take_signals():
    """A shell starts what it runs in the background with INT and QUIT ignored, nohup with HUP, and
    that is inherited: Ctrl-C would then do nothing in the programs that we try it on."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in (signal.SIGHUP, signal.SIGQUIT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)


def main(module="__main__"):
    """Runs the module's tests and prints TAP; arguments select tests by a part of their name."""
    _take_signals()
    stream, sys.stdout = sys.stdout, sys.stderr
    suite = unittest.defaultTestLoader.loadTestsFromModule(sys.modules[module])
    wanted = sys.argv[1:]
    if wanted:
        flat, stack = [], [suite]
        while stack:
            one = stack.pop()
            if isinstance(one, unittest.TestSuite):
                stack += list(one)
            elif any(part in one.id() for part in wanted):
                flat.append(one)
        suite = unittest.TestSuite(flat)
    result = _Tap(stream)
    suite.run(result)
    print(f"1..{result.number}", file=stream, flush=True)
    if result.number == 0:
        print("Bail out! no test found", file=stream, flush=True)
    sys.exit(1 if result.failed or result.number == 0 else 0)
