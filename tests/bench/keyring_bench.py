# SPDX-License-Identifier: MIT
"""What the keyring costs: nothing for a cached token, and a lookup no more than git's own helper.

On a real gnome-keyring-daemon on a bus of its own. git's helper is built from the source that comes
with git, where that and libsecret's headers are installed.
"""
import pathlib
import subprocess

import harness
from secret_service import GnomeKeyring, needed

KEYRING = harness.BUILD / "keyring" / "bfabric-keyring"
SOURCE = pathlib.Path("/usr/share/doc/git/contrib/credential/libsecret/git-credential-libsecret.c")


def git_helper(folder):
    """git-credential-libsecret, or None."""
    target = folder / "git-credential-libsecret"
    if not SOURCE.exists():
        return None
    flags = subprocess.run(["pkg-config", "--cflags", "--libs", "libsecret-1"],
                           capture_output=True, text=True)
    built = flags.returncode == 0 and subprocess.run(
        ["cc", "-O2", "-o", target, SOURCE, *flags.stdout.split()], capture_output=True)
    return target if built and built.returncode == 0 else None


def libexec(folder):
    """Both programs of ours, as they are installed."""
    place = folder / "libexec"
    place.mkdir()
    for program in (harness.BUILD / "helper" / "bfabric-full", KEYRING):
        (place / program.name).symlink_to(program)
    return place


def measure(bench, spawn, ms, rounds):
    report = bench.report
    report.title("With the long-lived secret in the keyring (gnome-keyring)")
    if needed("gnome-keyring-daemon", "dbus-daemon") or not KEYRING.exists():
        report.note("gnome-keyring or libsecret is not installed: left out")
        return
    with GnomeKeyring() as store, harness.Sandbox(rotation="on") as server, \
            harness.Home() as home, harness.Home() as filed:
        for one, own in ((home, {"store": "keyring"}), (filed, {"store": "file"})):
            one.write_config(server.base_url, own=own)
            one.write_cache(server.base_url, server.mint(client_id="CLI"))
        env = home.env(BFABRIC_LIBEXEC=libexec(bench.folder), **store.env())
        token = [bench.face(harness.BUILD, "bfabric"), "token"]
        places = [f"HOME={home.home}", f"HOME={filed.home}"]
        # bfabricPy's login, as it were, moves to where it belongs.
        for place in places:
            spawn("time", 2, [[place, *token, "--force-refresh"]], env)
        report.note(f"items in the keyring: {len(store.items(service='bfabric'))}")
        ours, theirs = spawn("time", rounds, [[place, *token] for place in places], env)
        report.row("a cached token, store keyring against file", f"{ours / theirs:.3f} x  {ms(ours)}",
                   "<= 1.05 x", 1.05, ours / theirs)
        ours, theirs = spawn("time", max(20, rounds // 20),
                             [[place, *token, "--force-refresh"] for place in places], env)
        report.row("a refresh, store keyring against file", f"{ours / theirs:.2f} x  {ms(ours)}")
        lookup(bench, spawn, ms, max(50, rounds // 5), server, home, env)


def lookup(bench, spawn, ms, rounds, server, home, env):
    helper = git_helper(bench.folder)
    mine = home.write("mine", f"protocol=bfabric\nhost={server.host}\npath=CLI\nusername=SANDBOX\n\n")
    if helper is None:
        bench.report.note("git-credential-libsecret cannot be built here: nothing to compare with")
        return
    ask = home.write("theirs", "protocol=https\nhost=git.example.org\nusername=u\n\n")
    harness.run([helper, "store"], env, "protocol=https\nhost=git.example.org\nusername=u\n"
                f"password={'x' * 200}\n\n")
    for program, request in ((KEYRING, mine), (helper, ask)):
        answer = harness.run([program, "get"], env, request if isinstance(request, str)
                             else pathlib.Path(request).read_text())
        if "password=" not in answer.out:
            raise SystemExit(f"nothing was found: {answer!r}")
    ours, theirs = spawn("time", rounds, [[f"<{mine}", KEYRING, "get"], [f"<{ask}", helper, "get"]],
                         env)
    bench.report.row("bfabric-keyring get, git-credential-libsecret get",
                     f"{ours / theirs:.2f} x  {ms(ours)}", "<= 1 x", 1.0, ours / theirs)
