# SPDX-License-Identifier: MIT
"""What reading records costs: against bfabricPy reading the same, and curl fetching the same bytes."""
import json
import shutil

import harness
import soap_client

RECORDS = 10_000
PAGE = 100
LIMIT_MEMORY = 1.1  # of the callback form, against a tenth of the records
# bfabricPy as its users write it; the same records, in memory.
READ = """
import sys, warnings; warnings.simplefilter("ignore")
from loguru import logger; logger.remove()
from bfabric import Bfabric
n = int(sys.argv[1])
assert len(Bfabric.connect().read("resource", {}, max_results=n)) == n
"""


def run(spawn, rounds, commands, env):
    """{name: (time in ns, peak memory)} of {name: command}, measured in turns."""
    words = []
    for command in commands.values():
        words += [str(word) for word in command] + ["--"]
    result = harness.run([spawn, "both", str(rounds), *words[:-1]], env, timeout=1800)
    if result.status:
        raise SystemExit(f"{result!r}")
    return {name: (one["median"], one["memory"])
            for name, one in zip(commands, json.loads(result.out))}


def read(program, count, form="json"):
    return [program, "api", "read", "resource", "--limit", count, "--format", form]


def ours(bench, count):
    bfabric = bench.face(harness.BUILD, "bfabric")
    return {"json": read(bfabric, count), "table": read(bfabric, count, "table"),
            "each": [harness.BUILD / "tests" / "bench" / "each", "resource", count]}


def theirs(venv, count):
    """The client in Python, and the command that does the same as ours."""
    return {"bfabricPy": [venv / "python", "-c", READ, count],
            "bfabric-cli": read(venv / "bfabric-cli", count)}


def curl(home, server, token):
    """All pages over one connection, their bodies made before: the bytes and nothing else."""
    lines = []
    for page in range(1, RECORDS // PAGE + 1):
        body = home.write(f"page{page}", soap_client.envelope("read", soap_client.elements({
            "login": "__oauth__", "password": token, "page": page, "idonly": False, "query": {}})))
        lines.append("\n".join((f'url = "{server.base_url}/resource"', "silent", "fail",
                                'header = "Content-Type: text/xml; charset=utf-8"',
                                'header = "SOAPAction: \\"\\""', f'data-binary = "@{body}"',
                                'output = "/dev/null"')))
    return [shutil.which("curl"), "--config", home.write("curl", "\nnext\n".join(lines) + "\n")]


def mib(size):
    return f"{size / (1 << 20):.1f} MiB"


def seconds(ns):
    return f"{ns / 1e9:.2f} s" if ns > 1e9 else f"{ns / 1e6:.1f} ms"


def against(bench, mine, other, what, aim, weigh):
    """How many times as long the other takes, and how much of its memory is enough for us."""
    bench.report.row(what, f"{other[0] / mine[0]:.0f} x  {seconds(mine[0])}", f">= {aim} x",
                     -aim, -other[0] / mine[0])
    if weigh:
        bench.report.row(f"{what}, memory", f"{mine[1] / other[1]:.3f} x  {mib(mine[1])}",
                         "<= 0.1 x", 0.1, mine[1] / other[1])


def bfabricpy(bench, spawn, venv, env, curl_memory):
    if not (venv / "bfabric-cli").exists():
        bench.report.note("bfabricPy is not installed: it is left out")
        return
    for count, rounds, aim in ((1, 3, 20), (RECORDS, 1, 5)):
        taken = run(spawn, rounds, {**ours(bench, count), **theirs(venv, count)}, env)
        what = "one record" if count == 1 else f"{count:,} records"
        for form, other in (("json", "bfabric-cli"), ("table", "bfabric-cli"), ("json", "bfabricPy"),
                            ("each", "bfabricPy")):
            name = "in C" if form == "each" else form
            against(bench, taken[form], taken[other], f"{what}, {name}, against {other}", aim,
                    weigh=count > 1 and form != "table")
        for other in ("bfabric-cli", "bfabricPy"):
            bench.report.note(f"{other}: {seconds(taken[other][0])}, {mib(taken[other][1])}")
            if count > 1 and taken[other][1] / 10 < curl_memory:
                bench.report.note(f"a tenth of that is less than curl takes by itself: {mib(curl_memory)}")


def bytes_alone(bench, spawn, home, server, rounds):
    token = home.read_cache(server.base_url)["access_token"]
    taken = run(spawn, rounds, {**ours(bench, RECORDS), "curl": curl(home, server, token)},
                home.env())
    base = taken["curl"][0]
    for name, what in (("each", "from C, a callback for each"), ("json", "as json")):
        bench.report.row(f"{RECORDS:,} records {what}, against curl",
                         f"{taken[name][0] / base:.2f} x  {seconds(taken[name][0])}", "<= 1.5 x",
                         1.5, taken[name][0] / base)
    bench.report.note(f"curl, the same bytes: {seconds(base)}, {mib(taken['curl'][1])}")
    return taken["curl"][1]


def growth(bench, spawn, env):
    each = harness.BUILD / "tests" / "bench" / "each"
    counts = (RECORDS // 10, RECORDS, 5 * RECORDS)
    taken = run(spawn, 1, {n: [each, "resource", n] for n in counts}, env)
    bench.report.note("callback, peak memory: " + ", ".join(
        f"{mib(taken[n][1])} for {n:,}" for n in counts))
    ratio = taken[counts[2]][1] / taken[counts[0]][1]
    bench.report.row(f"{counts[2]:,} records against {counts[0]:,}", f"{ratio:.2f} x",
                     f"<= {LIMIT_MEMORY} x", LIMIT_MEMORY, ratio)


def measure(bench, spawn, venv, rounds):
    bench.report.title("Reading records")
    with harness.Sandbox(soap_records=RECORDS) as server, harness.Home() as home:
        home.login(server)
        curl_memory = bytes_alone(bench, spawn, home, server, max(5, rounds // 100))
        bfabricpy(bench, spawn, venv, home.env(), curl_memory)
    with harness.Sandbox(soap_records=5 * RECORDS) as server, harness.Home() as home:
        home.login(server)
        growth(bench, spawn, home.env())
