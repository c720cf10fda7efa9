# SPDX-License-Identifier: MIT
"""The benchmark: ratios measured in one run, with the aims beside.

Run by scripts/bench, which builds what is measured: BF_BUILD with the front linked as by default,
BF_BUILD_SHARED with the front's libraries shared, BF_VENV with bfabricPy (left out when missing).
"""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "integration"))
import harness  # noqa: E402  (after the path to it)
import keyring_bench  # noqa: E402
import pam_bench  # noqa: E402
import soap_bench  # noqa: E402

SPAWN = harness.BUILD / "tests" / "bench" / "spawn"
INPROC = harness.BUILD / "tests" / "bench" / "inproc"
VERIFY = harness.BUILD / "tests" / "bench" / "verify"
SHARED = pathlib.Path(os.environ.get("BF_BUILD_SHARED") or "/nonexistent")
PYTHON = pathlib.Path(os.environ.get("BF_VENV") or "/nonexistent") / "bin" / "python"
ROUNDS = int(os.environ.get("BENCH_ROUNDS") or 1000)
BFABRICPY = """
import warnings; warnings.simplefilter("ignore")
from loguru import logger; logger.remove()
from bfabric import Bfabric
print(Bfabric.connect().auth.password.get_secret_value())
"""


class Report:
    def __init__(self):
        self.rows, self.missed = [], []

    def title(self, text):
        print(f"\n{text}")

    def note(self, text):
        print(f"    {text}")

    def row(self, what, value, aim=None, limit=None, measured=None):
        """`measured` above `limit` misses the aim."""
        verdict = ""
        if limit is not None:
            verdict = "ok" if measured <= limit else "MISSED"
            if measured > limit:
                self.missed.append(f"{what}: {value} (aim {aim})")
        print(f"    {what:<52} {value:>22}   {aim or '':<12} {verdict}", flush=True)
        self.rows.append({"what": what, "value": value, "aim": aim, "verdict": verdict})


def ms(ns):
    return f"{ns / 1e6:.3f} ms"


def spawn(kind, rounds, commands, env):
    """Medians of the commands, measured in turns."""
    words = []
    for command in commands:
        words += [str(word) for word in command] + ["--"]
    result = harness.run([SPAWN, kind, str(rounds), *words[:-1]], env, timeout=1800)
    if result.status:
        raise SystemExit(f"{result!r}")
    return [one["median"] for one in json.loads(result.out)]


def ours(build, face):
    """The program below another name, as it is installed."""
    return (build / "helper" / face) if (build / "helper" / face).exists() else None


class Bench:
    def __init__(self):
        self.report = Report()
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="bfabric-bench-"))

    def face(self, build, name):
        """A folder per build, with the front below the name that it is asked for by."""
        path = self.folder / f"{build.name}-{name}"
        if not path.exists():
            path.mkdir()
            (path / name).symlink_to(build / "helper" / "bfabric")
        return path / name

    def builds(self):
        yield "", harness.BUILD
        if SHARED.exists():
            yield " (shared libraries)", SHARED

    # ---- a cached token ----

    def git_helpers(self, home, server, token):
        """git's own two, holding the same token for the same host."""
        core = pathlib.Path(harness.git("--exec-path").out.strip())
        store = home.write("git-credentials", f"http://u:{token}@{server.host}\n")
        request = f"protocol=http\nhost={server.host}\nusername=u\n"
        harness.run([core / "git-credential-cache", "store"], home.env(),
                    request + f"password={token}\n\n")
        ask = home.write("ask", request + "\n")
        return [("git-credential-store get", [f"<{ask}", core / "git-credential-store", "--file",
                                              store, "get"]),
                ("git-credential-cache get", [f"<{ask}", core / "git-credential-cache", "get"])]

    def cached(self, server, home):
        token = home.login(server)["access_token"]
        ask = home.write("request", f"protocol=http\nhost={server.host}\n\n")
        rows = [("/bin/true", ["/bin/true"])]
        for suffix, build in self.builds():
            rows += [(f"git-credential-bfabric get{suffix}",
                      [f"<{ask}", self.face(build, "git-credential-bfabric"), "get"]),
                     (f"bfabric token{suffix}", [self.face(build, "bfabric"), "token"])]
        rows += self.git_helpers(home, server, token)
        medians = dict(zip((name for name, _ in rows),
                           spawn("time", ROUNDS, [command for _, command in rows], home.env())))
        if PYTHON.exists():
            medians["bfabricPy, Bfabric.connect().auth"] = spawn(
                "time", 7, [[PYTHON, "-c", BFABRICPY]], home.env())[0]
        true = medians.pop("/bin/true")
        self.report.title(f"A cached token, {ROUNDS} rounds, against /bin/true ({ms(true)})")
        for name, median in medians.items():
            limit = None
            if "bfabric " in name or "git-credential-bfabric" in name:
                limit = 1.3 if "shared" in name else 1.15
            self.report.row(name, f"{median / true:.2f} x  {ms(median)}",
                            limit and f"<= {limit} x", limit, median / true)
        get = medians["git-credential-bfabric get"]
        for name in ("git-credential-store get", "git-credential-cache get",
                     "bfabricPy, Bfabric.connect().auth"):
            if name in medians:
                self.report.note(f"git-credential-bfabric takes {get / medians[name]:.3f} of {name}")
        harness.run(["git", "credential-cache", "exit"], home.env())

    def instructions(self, home, server):
        self.report.title("Instructions (callgrind) and peak memory of a cached token")
        if not shutil.which("valgrind"):
            self.report.note("valgrind is not installed: instructions are left out")
            return
        ask = (home.home / "request").read_text()
        for suffix, build in self.builds():
            for name, arguments in (("git-credential-bfabric", ["get"]), ("bfabric", ["token"])):
                out = self.folder / f"callgrind{suffix.replace(' ', '')}.{name}"
                result = harness.run(["valgrind", "--tool=callgrind",
                                      f"--callgrind-out-file={out}", self.face(build, name),
                                      *arguments], home.env(), ask)
                count = int(re.search(r"Collected : (\d+)", result.err).group(1))
                self.report.row(f"{name} {arguments[0]}{suffix}, instructions",
                                f"{count / 1000:.0f} k", "<= 800 k", 800_000, count)
        true = int(re.search(r"Collected : (\d+)", harness.run(
            ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", "/bin/true"],
            home.env()).err).group(1))
        self.report.note(f"/bin/true: {true / 1000:.0f} k")

    def memory(self, home):
        rows = [("/bin/true", ["/bin/true"])]
        for suffix, build in self.builds():
            rows += [(f"git-credential-bfabric get{suffix}", [
                f"<{home.home / 'request'}", self.face(build, "git-credential-bfabric"), "get"]),
                     (f"bfabric token{suffix}", [self.face(build, "bfabric"), "token"])]
        for (name, _), median in zip(rows, spawn("memory", 20, [c for _, c in rows], home.env())):
            limit = None if name == "/bin/true" else 4 << 20
            self.report.row(f"{name}, peak memory", f"{median / (1 << 20):.2f} MiB",
                            limit and "<= 4 MiB", limit, median)

    def hot_spots(self):
        """Where the instructions go: what to look at first."""
        annotate = shutil.which("callgrind_annotate")
        out = self.folder / "callgrind.bfabric"
        if not annotate or not out.exists():
            return
        self.report.title("Where they go (bfabric token; each line contains what it calls)")
        text = harness.run([annotate, "--inclusive=yes", "--auto=no", "--threshold=99", out]).out
        shown = set()
        for count, share, where in re.findall(r"(?m)^\s*([\d,]+) \(\s*([\d.]+)%\)\s+(\S+)", text):
            name = where.rsplit(":", 1)[-1].split(".")[0]
            if name not in shown and float(share) >= 2.5 and not name.startswith("0x"):
                shown.add(name)
                self.report.note(f"{count:>10} {share:>6} %  {name}")

    # ---- many ----

    def many(self, server, home):
        self.report.title("Many tokens and many environments, against one")
        one = [self.face(harness.BUILD, "bfabric"), "token"]
        with harness.Home() as crowded, harness.Home() as listed:
            crowded.login(server)
            text = crowded.place(server.base_url).read_bytes()
            for number in range(10_000):
                crowded.write(crowded.tokens / f"{number:016x}.json", text)
            listed.login(server)
            extra = "".join(f"E{n}:\n  base_url: https://h{n}.example.org/bfabric\n"
                            f"  auth_method: oauth\n  client_id: CLI\n  scope: api:read\n"
                            for n in range(1000))
            listed.write_config(server.base_url, extra=extra)
            base, tokens, environments = spawn("time", max(50, ROUNDS // 2), [
                [f"HOME={where.home}", *one] for where in (home, crowded, listed)], home.env())
        self.report.row("10,000 cached tokens against one", f"{tokens / base:.3f} x",
                        "<= 1.05 x", 1.05, tokens / base)
        self.report.row("1,000 environments against one", f"{environments / base:.2f} x  "
                        f"{ms(environments)}")

    # ---- refresh ----

    def refresh(self):
        self.report.title("A refresh, against curl doing the same POST over the same TLS")
        with harness.Sandbox(tls=True, rotation="off") as server, harness.Home() as home:
            reply = home.login(server)
            body = home.write("body", "grant_type=refresh_token&client_id=CLI&refresh_token="
                              + reply["refresh_token"])
            curl = [shutil.which("curl"), "--silent", "--fail", "--cacert", server.ca_file,
                    "--data", f"@{body}", "--output", "/dev/null",
                    f"{server.base_url}/rest/oauth/token"]
            tool = [self.face(harness.BUILD, "bfabric"), "token", "--force-refresh"]
            rounds = max(30, ROUNDS // 5)
            ours, theirs = spawn("time", rounds, [tool, curl], home.env())
            self.report.row("bfabric token --force-refresh", f"{ours / theirs:.2f} x  {ms(ours)}",
                            "<= 1.2 x", 1.2, ours / theirs)
            self.report.note(f"curl: {ms(theirs)}; files on {file_system(home.home)}")
            shm = pathlib.Path("/dev/shm")
            if os.access(shm, os.W_OK) and file_system(shm) != file_system(home.home):
                copy = pathlib.Path(tempfile.mkdtemp(prefix="bfabric-bench-", dir=shm))
                try:
                    shutil.copytree(home.home, copy / "home")
                    env = home.env(HOME=copy / "home")
                    ours, theirs = spawn("time", rounds, [tool, curl], env)
                    self.report.row("the same, files in memory", f"{ours / theirs:.2f} x  {ms(ours)}",
                                    "<= 1.2 x", 1.2, ours / theirs)
                finally:
                    shutil.rmtree(copy)

    # ---- in process ----

    def in_process(self, home):
        self.report.title("A fresh token in a program that keeps its session")
        for threads, limit in ((1, None), (2, 1000)):
            runs = sorted(float(harness.run([INPROC, str(threads), "300000"], home.env()).out)
                          for _ in range(5))
            self.report.row(f"{threads} thread{'s' * (threads > 1)}, one call",
                            f"{runs[2]:.0f} ns", limit and "<= 1 us", limit, runs[2])

    def verification(self):
        self.report.title("A verified token, key ready, against OpenSSL doing the same signature")
        for alg in ("RS256", "PS256", "ES256", "ES384", "EdDSA"):
            pairs = [harness.run([VERIFY, alg, "2000"]).out.split() for _ in range(3)]
            ours, theirs = sorted(((float(a), float(b)) for a, b in pairs), key=lambda p: p[0] / p[1])[1]
            aim = 1.3 if alg in ("RS256", "ES256", "EdDSA") else None
            self.report.row(f"{alg}, parse, signature and claims",
                            f"{ours / theirs:.2f} x  {ours / 1000:.1f} us", aim and f"<= {aim} x", aim,
                            ours / theirs)

    def run(self):
        with harness.Sandbox() as server, harness.Home() as home:
            self.cached(server, home)
            self.instructions(home, server)
            self.memory(home)
            self.hot_spots()
            self.many(server, home)
            self.in_process(home)
        self.refresh()
        keyring_bench.measure(self, spawn, ms, ROUNDS)
        pam_bench.measure(self, spawn, ms, ROUNDS)
        soap_bench.measure(self, SPAWN, PYTHON.parent, ROUNDS)
        self.verification()
        shutil.rmtree(self.folder)
        print()
        for missed in self.report.missed:
            print(f"aim missed: {missed}")
        if not self.report.missed:
            print("every aim is met")
        if "--json" in sys.argv:
            pathlib.Path(sys.argv[sys.argv.index("--json") + 1]).write_text(
                json.dumps(self.report.rows, indent=1) + "\n")


def file_system(path):
    return subprocess.run(["stat", "-f", "-c", "%T", path], capture_output=True,
                          text=True).stdout.strip()


if __name__ == "__main__":
    Bench().run()
