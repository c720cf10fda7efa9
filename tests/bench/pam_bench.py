# SPDX-License-Identifier: MIT
"""What the PAM module costs at a login: the session, and the wait for a code."""
import shutil
import statistics

import harness
from pam_module import MARKED, UNMARKED, WITHOUT, Application, Machine

FACTOR = "auth required @\naccount required pam_permit.so\n"
MODULE = harness.BUILD / "pam_bfabric" / "pam_bfabric.so"


def in_turns(rounds, *measures):
    """Medians in ns, each measure in each round, the first round for nothing."""
    taken = [[measure() for measure in measures] for _ in range(rounds + 1)][1:]
    return [statistics.median(column) for column in zip(*taken)]


def session(bench, ms, rounds):
    """A valid login: nothing is asked and nothing shown, and yet a child has looked."""
    with harness.Sandbox() as server, Machine() as machine:
        machine.configure(server)
        machine.stack("sshd", UNMARKED)
        machine.stack("login", WITHOUT)
        machine.write_cache(server.base_url, server.mint(client_id="CLI"))
        machine.own()
        with Application(machine) as app:
            def stack(service):
                def measure():
                    since = len(app.events)
                    app.tell("repeat", 10, service, "ada", "open:0", "close:0")
                    return app.until("repeat", since)["us"] * 1000 / 10
                return measure
            ours, theirs = in_turns(rounds, stack("sshd"), stack("login"))
    bench.report.row("a session with a valid login, more than without us",
                     f"{ms(ours - theirs)}", "<= 15 ms", 15e6, ours - theirs)
    bench.report.note(f"from pam_start to pam_end: {ms(ours)} against {ms(theirs)}, "
                      f"{ours / theirs:.1f} x")


def code(bench, spawn, ms, rounds, factor):
    """Until a person can read a code; each time in a new process, which is ended then."""
    with harness.Sandbox(tls=True, auto_approve=-1) as server, Machine() as machine:
        ca_file = shutil.copy(server.ca_file, machine.path / "ca.pem")
        machine.configure(server, ca_file=ca_file, same_names="yes", claim="sub", prompt="info")
        (machine.path / "ca.pem").chmod(0o644)
        machine.stack("login", FACTOR if factor else MARKED)
        rest = f"{server.base_url}/rest/oauth"
        curl = [shutil.which("curl"), "--silent", "--fail", "--cacert", server.ca_file,
                "--output", "/dev/null", f"{server.base_url}/.well-known/openid-configuration",
                "--next", "--silent", "--fail", "--cacert", server.ca_file, "--output", "/dev/null",
                "--data", "client_id=CLI&scope=openid+api%3Aread", f"{rest}/device_authorization"]

        def ours():
            with Application(machine) as app:
                app.start("login")
                if not factor:
                    app.call("authenticate")
                app.begin("authenticate" if factor else "open")
                app.wait(lambda: "code: " in app.shown)
                app.process.kill()
                return [one for one in app.events if "code: " in str(one)][-1]["us"] * 1000

        def theirs():
            return spawn("time", 1, [curl], machine.env())[0]

        mine, other = in_turns(rounds, ours, theirs)
        name = "authenticate" if factor else "a session without a login"
        bench.report.row(f"{name} until the code is shown, against curl",
                         f"{mine / other:.2f} x  {ms(mine)}", *aim(mine / other, factor))
        bench.report.note(f"curl, discovery and device authorization: {ms(other)}")


def aim(ratio, factor):
    """A session looks for a login first, by a child of its own: none is set for that."""
    return ("<= 1.3 x", 1.3, ratio) if factor else ()


def can_authenticate():
    """Is B-Fabric a factor in this build?"""
    with harness.Sandbox(auto_approve=-1) as server, Machine() as machine:
        machine.configure(server, same_names="yes", claim="sub", prompt="info", timeout=5)
        machine.stack("login", FACTOR)
        with Application(machine) as app:
            app.start("login")
            app.begin("authenticate")
            app.wait(lambda: "code: " in app.shown or app.of("call"))
            app.process.kill()
            return "code: " in app.shown


def measure(bench, spawn, ms, rounds):
    bench.report.title("A login at a workstation (PAM)")
    if not MODULE.exists():
        bench.report.note("the PAM module was not built: nothing to measure")
        return
    session(bench, ms, max(10, rounds // 30))
    code(bench, spawn, ms, max(15, rounds // 30), factor=False)
    if can_authenticate():
        code(bench, spawn, ms, max(15, rounds // 30), factor=True)
