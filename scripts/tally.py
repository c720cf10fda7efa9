# SPDX-License-Identifier: MIT
"""Counts what `meson test` ran: tally.py TESTLOG.json [SECOND.json] prints "passed failed skipped again",
then a line of `skip NAME: REASON` or `fail NAME` for each test that did not simply pass, and `why TEXT`
behind it. tally.py --again TESTLOG.json prints the names of the programs that may be run once more.

A TAP program counts by its lines, anything else as one test. A program that died, hung or printed
something else than TAP is a failure even if each of its lines said ok.

SECOND.json is of the programs that were run once more, alone: their counts take the place of the first
ones, and one that passes now is told by `again NAME` and `because TEXT`. Never run once more are

* programs of the suite `races`: what they look for need not show twice,
* what a sanitizer or valgrind found, and programs that crashed: a fault, however rarely it shows,
* any program where more than three failed: then it is not for bad luck.
"""
import json
import os
import re
import sys

GOOD, SKIPPED = {"OK", "EXPECTEDFAIL"}, {"SKIP"}
EXPLAIN_LINES = 40
AGAIN_MAX = 3
# What a sanitizer, valgrind and cmocka say of a program that does what none may.
FOUND = re.compile(r"Sanitizer: |: runtime error: |^==\d+== |Test failed with exception: ", re.M)
VALGRIND_EXIT = 99  # tests/meson.build
# ILL TRAP ABRT BUS FPE SEGV SYS; what takes too long ends by TERM or KILL
CRASHES = {-4, -5, -6, -7, -8, -11, -31}


def suites(run):
    """meson writes PROJECT:SUITE+SUITE / NAME."""
    return run["name"].rpartition(" / ")[0].rpartition(":")[2].split("+")


def short(run):
    return run["name"].rpartition("/")[2].strip()


def count(run):
    """(passed, failed, skipped, remarks) of one test program."""
    name, result = short(run), run["result"]
    passed, failed, skipped, remarks = 0, 0, 0, []
    explaining = 0  # how many lines of diagnostics of a failure are still wanted
    for line in (run.get("stdout") or "").splitlines():
        found = re.match(r"(not )?ok\b\s*\d*\s*-?\s*([^#]*)(?:#\s*(\S+)\s*(.*))?", line)
        if not found:
            if line.startswith("#") and explaining:
                explaining -= 1
                remarks.append(f"why    {line[1:]}")
            continue
        explaining = 0
        bad, what, directive, reason = found.groups()
        what = f"{name} {what.strip()}".strip()
        if (directive or "").upper() == "SKIP":
            skipped += 1
            remarks.append(f"skip {what}: {reason}")
        elif bad:
            failed += 1
            explaining = EXPLAIN_LINES
            remarks.append(f"fail {what}")
        else:
            passed += 1
    if not (passed or failed or skipped):
        if result in GOOD:
            passed = 1
        elif result in SKIPPED:
            skipped = 1
            remarks.append(f"skip {name}: said nothing")
    if result not in GOOD | SKIPPED and not failed:
        failed = 1
        remarks.append(f"fail {name}: {result}, exit status {run.get('returncode')}")
        remarks += [f"why    {line}" for line in (run.get("stderr") or "").splitlines()[-30:]]
    return passed, failed, skipped, remarks


def is_fault(run):
    """Nothing that a second try could excuse."""
    said = "\n".join(run.get(name) or "" for name in ("stdout", "stderr"))
    return run.get("returncode") in CRASHES | {VALGRIND_EXIT} or FOUND.search(said)


def again(runs):
    """The programs that may be run once more."""
    bad = [run for run in runs if count(run)[1]]
    if len(bad) > AGAIN_MAX:
        return []
    return [run for run in bad if not is_fault(run) and "races" not in suites(run)]


def read(path):
    with open(path, encoding="utf-8") as log:
        return [json.loads(line) for line in log]


def tally(runs, second):
    total, remarks, repeated = [0, 0, 0], [], 0
    for first in runs:
        *numbers, said = count(first)
        run = second.get(first["name"])
        if run and numbers[1]:
            *numbers, new = count(run)
            if run["result"] in GOOD and not numbers[1]:
                repeated += 1
                said = [f"again {short(run)}", *(re.sub(r"^(fail|why) ", "because ", line)
                                                 for line in said if line[:5] != "skip "), *new]
            else:
                numbers[1] = max(1, numbers[1])
                said = [*said, "why  --- and again, alone:", *new]
        total = [a + b for a, b in zip(total, numbers)]
        remarks += said
    return [*total, repeated], remarks


def main(arguments):
    if arguments[0] == "--again":
        print("\n".join(short(run) for run in again(read(arguments[1]))))
        return
    runs = read(arguments[0])
    second = {run["name"]: run for path in arguments[1:] if os.path.exists(path) for run in read(path)}
    numbers, remarks = tally(runs, second)
    print(*numbers)
    print("\n".join(remarks))


if __name__ == "__main__":
    main(sys.argv[1:])
