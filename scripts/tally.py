# SPDX-License-Identifier: MIT
"""Counts what `meson test` ran: tally.py TESTLOG.json prints "passed failed skipped", then a line of
`skip NAME: REASON` or `fail NAME` for each test that did not simply pass, and `why TEXT` behind it.

A TAP program counts by its lines, anything else as one test. A program that died, hung or printed
something else than TAP is a failure even if each of its lines said ok.
"""
import json
import re
import sys

GOOD, SKIPPED = {"OK", "EXPECTEDFAIL"}, {"SKIP"}
EXPLAIN_LINES = 40


def count(run):
    """(passed, failed, skipped, remarks) of one test program."""
    name, result = run["name"].rpartition("/")[2].strip(), run["result"]
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


def main(path):
    total, remarks = [0, 0, 0], []
    with open(path, encoding="utf-8") as log:
        for line in log:
            *numbers, said = count(json.loads(line))
            total = [a + b for a, b in zip(total, numbers)]
            remarks += said
    print(*total)
    print("\n".join(remarks))


if __name__ == "__main__":
    main(sys.argv[1])
