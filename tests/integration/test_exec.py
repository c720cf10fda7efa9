# SPDX-License-Identifier: MIT
"""bfabric exec: a command with a login, that ends, stops and is signalled as if we were not there."""
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import time

import harness
import bfabricpy
from scene import claims
from terminal import Terminal
from test_canary import Watch
from test_space import UNSHARE

URL = "https://b.lab.org/bfabric"
FAR = 4102444800  # 2100
# Ends by itself, so that nothing is left behind when a test fails.
WAITING = "import signal, sys, time\nprint('ready', flush=True)\n%s\ntime.sleep(60)\n"


def state(pid):
    """R, S, T, ... as proc(5) has it."""
    return re.search(r"\) (\w)", pathlib.Path(f"/proc/{pid}/stat").read_text()).group(1)


def children(pid):
    return [int(one) for one in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


class Case(harness.TestCase):
    def setUp(self):
        self.home = self.enterContext(harness.Home())

    def cached(self, token="tok", **more):
        self.home.write_config(URL)
        self.home.write_cache(URL, {"access_token": token, "expires_at": FAR, **more})

    def exec(self, *command, options=(), **more):
        return self.home.run("bfabric", "exec", *options, "--", *command, **more)

    def folders(self):
        return [path for root in (self.home.runtime, self.home.home / ".bfabric" / "run")
                for path in root.rglob("exec-*")]

    def background(self, *command, **more):
        process = self.home.start("bfabric", "exec", "--", *command, **more)
        self.addCleanup(lambda: process.poll() is None and process.kill())
        return process

    def ready(self, process):
        line = process.stdout.readline()
        self.assertEqual(line, b"ready\n", line or process.stderr.read())
        return process


class Environment(Case):
    def test_what_the_command_finds(self):
        self.cached()
        script = ('printf "%s|" "$BFABRICPY_CONFIG_ENV" "${BEARER_TOKEN-none}" '
                  '"${BFABRICPY_CONFIG_OVERRIDE-none}" "$(cat "$BEARER_TOKEN_FILE")"; '
                  'stat -c "%a %u" "$BEARER_TOKEN_FILE" "$(dirname "$BEARER_TOKEN_FILE")"; '
                  'echo "$BEARER_TOKEN_FILE"')
        result = self.exec("sh", "-c", script, env=self.home.env(BEARER_TOKEN="somebody else's"))
        self.assertExit(result, 0)
        lines = result.out.splitlines()
        self.assertEqual(lines[:2], [f"SANDBOX|none|none|tok|600 {os.getuid()}",
                                     f"700 {os.getuid()}"])
        self.assertTrue(lines[2].startswith(str(self.home.runtime / "bfabric")), lines[2])
        self.assertEqual(self.folders(), [])

    def test_another_environment(self):
        self.cached()
        self.home.write_config(URL, extra="B:\n  base_url: https://x.org/bfabric\n"
                               "  auth_method: oauth\n  client_id: CLI\n")
        self.home.write_cache("https://x.org/bfabric", {"access_token": "B", "expires_at": FAR},
                              environment="B")
        result = self.exec("sh", "-c", "echo $BFABRICPY_CONFIG_ENV; cat $BEARER_TOKEN_FILE",
                           options=["--env", "B"])
        self.assertEqual((result.status, result.out, result.err), (0, "B\nB", ""))

    def test_another_file_cannot_be_told_to_bfabricpy(self):
        self.cached()
        other = self.home.config_file.rename(self.home.home / "other.yml")
        result = self.exec("sh", "-c", "cat $BEARER_TOKEN_FILE", options=["-f", other])
        self.assertEqual((result.status, result.out), (0, "tok"))
        self.assertIn("~/.bfabricpy.yml only", result.err)
        self.assertIn("--override", result.err)

    def test_everything_behind_the_dashes_is_the_commands(self):
        self.cached()
        result = self.exec("printf", "%s.", "--env", "X", "--", "--help", "")
        self.assertEqual(result.out, "--env.X.--.--help..")

    def test_usage(self):
        self.cached()
        for arguments, said in (([], "no command"), (["--"], "no command"), (["--", ""], "no command"),
                                (["ls"], "behind --"), (["--env", "SANDBOX", "ls", "--", "ls"], "ls"),
                                (["--frob", "--", "ls"], "--frob")):
            result = self.home.run("bfabric", "exec", *arguments)
            self.assertEqual((result.status, result.out), (2, ""), repr(result))
            self.assertIn(said, result.err)

    def test_what_main_changed_of_itself_is_given_back(self):
        """Core limit, umask, signals, descriptors, SSLKEYLOGFILE: as if there were no bfabric."""
        self.cached()
        look = ("ulimit -c; umask; grep -E '^Sig(Blk|Ign|Cgt)' /proc/self/status; "
                "ls /proc/self/fd | wc -l; echo $SSLKEYLOGFILE; exec 5>&-; echo done")
        script = self.home.write("look", look)
        env = self.home.env(SSLKEYLOGFILE=self.home.home / "keys")
        env["ASAN_OPTIONS"] = env.get("ASAN_OPTIONS", "") + ":disable_coredump=0"
        for before in ("umask 027", "umask 022; trap '' PIPE HUP XFSZ", "trap '' CHLD USR1"):
            plain = self.home.run("bash", "-c", f"{before}; exec bash {script} 5>/dev/null",
                                  env=env)
            inside = self.home.run("bash", "-c", f"{before}; exec bfabric exec -- bash {script} 5>/dev/null", env=env)
            self.assertEqual((inside.status, inside.out), (0, plain.out), before)

    def test_input_and_pipes(self):
        self.cached()
        result = self.home.run("sh", "-c", "bfabric exec -- tr a-z A-Z | cat", input="mine\n")
        self.assertEqual(result.out, "MINE\n")

    def test_no_login_no_command(self):
        self.home.write_config(URL)
        result = self.exec("touch", self.home.home / "ran")
        self.assertExit(result, 3)
        self.assertIn("bfabric login --env SANDBOX", result.err)
        self.assertFalse((self.home.home / "ran").exists())
        self.assertEqual(self.folders(), [])

    def test_personal_access_token_and_password(self):
        self.home.write_config(URL, auth_method="pat", pat="abc", client_id=None, scope=None)
        self.assertEqual(self.exec("sh", "-c", "cat $BEARER_TOKEN_FILE").out, "abc")
        refused = self.exec("env", options=["--override"])
        self.assertExit(refused, 8)
        self.assertEqual(refused.out, "")
        self.assertNotIn("abc", refused.err)
        self.home.write_config(URL, auth_method="password", login="me", password="p" * 32,
                               client_id=None, scope=None)
        for options in ([], ["--override"]):
            refused = self.exec("env", options=options)
            self.assertEqual((refused.status, refused.out), (1, ""))
            self.assertNotIn("pppp", refused.err)

    def test_override(self):
        self.cached()
        result = self.exec("sh", "-c", "echo $BFABRICPY_CONFIG_OVERRIDE; bfabric token",
                           options=["--override"])
        self.assertExit(result, 0)
        override, token = result.out.splitlines()
        self.assertEqual(json.loads(override), {
            "client": {"base_url": URL}, "env_name": "SANDBOX",
            "auth": {"login": "__oauth__", "password": "tok"}})
        self.assertEqual(token, "tok")  # we understand it too
        self.assertIn("warning: the token is in the environment", result.err)
        self.assertNotIn("tok\n", result.err)


class Ends(Case):
    def setUp(self):
        super().setUp()
        self.cached()

    def test_exit_codes(self):
        for code in (0, 1, 7, 126, 127, 255):
            self.assertExit(self.exec("sh", "-c", f"exit {code}"), code)

    def test_signals_that_kill_the_command_kill_us(self):
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGKILL, signal.SIGSEGV,
                       signal.SIGPIPE, signal.SIGHUP, signal.SIGUSR1):
            self.assertExit(self.exec("sh", "-c", f"kill -{int(number)} $$"), -number)
        self.assertEqual(self.folders(), [])
        self.assertEqual([p for p in self.home.home.iterdir() if p.name.startswith("core")], [])
        shell = self.home.run("sh", "-c", "bfabric exec -- sh -c 'kill -TERM $$'; echo $?")
        self.assertEqual(shell.out, "143\n")

    def test_a_token_that_cannot_be_removed(self):
        """As root nothing is in the way of an unlink but a folder where the file should be."""
        result = self.exec("sh", "-c", 'rm "$BEARER_TOKEN_FILE"; mkdir "$BEARER_TOKEN_FILE"')
        self.assertExit(result, 0)
        self.assertIn("could not be removed", result.err)

    def test_commands_that_cannot_run(self):
        self.home.write("plain", "text")
        self.home.write("folder/x", "")
        for command, code in (("no-such-command", 127), ("./no-such-file", 127),
                              ("./plain/x", 127), ("./plain", 126), ("./folder", 126)):
            result = self.exec(command)
            self.assertEqual((result.status, result.out), (code, ""), repr(result))
            self.assertEqual(result.err.count("\n"), 1)
            self.assertIn(command, result.err)
        self.assertEqual(self.folders(), [])

    def test_a_script_without_interpreter_line(self):
        self.home.write("script", "echo ran\n", 0o700)
        self.assertEqual(self.exec("./script").out, "ran\n")

    def test_signals_are_passed_on(self):
        for name in ("INT", "TERM", "HUP", "QUIT", "USR1", "USR2", "WINCH", "XCPU", "PWR", "RTMIN"):
            told = f"signal.signal(signal.SIG{name}, lambda *_: (print('got {name}'), sys.exit(9)))"
            script = WAITING.replace("print('ready', flush=True)\n%s",
                                     told + "\nprint('ready', flush=True)")
            process = self.ready(self.background("python3", "-c", script))
            process.send_signal(getattr(signal, f"SIG{name}"))
            result = harness.finish(process)
            self.assertEqual((result.status, result.out), (9, f"got {name}\n"), repr(result))
        self.assertEqual(self.folders(), [])

    def test_a_command_that_does_not_mind(self):
        script = WAITING % "signal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint('set', flush=True)"
        process = self.ready(self.background("python3", "-c", script))
        self.assertEqual(process.stdout.readline(), b"set\n")
        process.send_signal(signal.SIGTERM)
        time.sleep(0.3)
        self.assertIsNone(process.poll())
        process.send_signal(signal.SIGINT)
        self.assertEqual(harness.finish(process).status, -signal.SIGINT)

    def test_stopping_and_continuing(self):
        """The command stops, so do we; we are continued, so is it."""
        process = self.ready(self.background("python3", "-c", WAITING % "print('pid', __import__('os')"
                                             ".getpid(), flush=True)"))
        child = int(process.stdout.readline().split()[1])

        def states():
            return [state(process.pid), state(child)]
        for number in (signal.SIGSTOP, signal.SIGTTOU):
            os.kill(child, number)
            if number == signal.SIGTTOU:
                # No shell watches over this group, so that this stops nobody.
                harness.wait_for(lambda: states() == ["S", "S"])
            else:
                harness.wait_for(lambda: states() == ["T", "T"])
            os.kill(process.pid, signal.SIGCONT)
            harness.wait_for(lambda: states() == ["S", "S"])
        process.terminate()
        self.assertEqual(harness.finish(process).status, -signal.SIGTERM)

    def test_job_control_on_a_terminal(self):
        """Control-Z stops command and bfabric, fg continues both, Control-C ends them."""
        script = WAITING % "time.sleep(0.1)"
        (self.home.home / "wait.py").write_text(script)
        with Terminal([shutil.which("bash"), "--norc", "--noprofile", "-i"],
                      self.home.env(PS1="$ ", HISTFILE=""), cwd=self.home.home) as shell:
            shell.expect(r"\$ ")
            shell.type("bfabric exec -- python3 wait.py\n")
            shell.expect("ready\n")
            for _ in range(3):
                shell.type("\x1a")
                shell.expect(r"Stopped [^\n]*\n\$ ")
                us = children(shell.pid)
                us += children(us[0])
                harness.wait_for(lambda: [state(pid) for pid in us] == ["T", "T"])
                shell.type("fg\n")
                shell.expect("wait.py\n")
                # The shell says so first, and then does it.
                harness.wait_for(lambda: os.tcgetpgrp(shell.fd) == us[0]
                                 and "T" not in [state(pid) for pid in us])
            self.assertEqual(len(self.folders()), 1)
            shell.type("\x03")
            shell.expect("KeyboardInterrupt")
            shell.type("echo =$?\n")
            shell.expect("=130")
            self.assertEqual(self.folders(), [])
            shell.type("bfabric exec -- python3 wait.py &\n")
            shell.expect("ready\n")
            shell.type("kill %1; wait %1; echo =$?\n")
            shell.expect("=143")
            shell.type("bfabric exec -- sh -c 'read x; echo got-$x'\n")
            harness.wait_for(lambda: os.tcgetpgrp(shell.fd) != shell.pid)
            shell.type("line\n")
            shell.expect("got-line")
            shell.type("exit\n")
            shell.status()
        self.assertEqual(self.folders(), [])


class Places(Case):
    def setUp(self):
        super().setUp()
        self.cached()

    def test_without_runtime_directory(self):
        blocked = self.home.write("blocked", "a file, no folder")
        for where in (None, "/nonexistent", str(blocked), "relative"):
            result = self.exec("sh", "-c", "echo $BEARER_TOKEN_FILE; cat $BEARER_TOKEN_FILE",
                               env=self.home.env(XDG_RUNTIME_DIR=where))
            self.assertExit(result, 0)
            path, token = result.out.splitlines()
            self.assertTrue(path.startswith(str(self.home.home / ".bfabric" / "run" / "exec-")), path)
            self.assertEqual(token, "tok")
        self.assertEqual(self.folders(), [])

    def in_namespace(self, script):
        """Mounts of its own, for root and for others alike."""
        return self.home.run(*UNSHARE, "sh", "-ec", script)

    def test_runtime_directory_that_is_read_only(self):
        self.assertExit(self.exec("true"), 0)  # our folder in it is there already
        result = self.in_namespace(f"mount --bind {self.home.runtime} {self.home.runtime}; "
                                   f"mount -o remount,bind,ro {self.home.runtime}; "
                                   "bfabric exec -- sh -c 'echo $BEARER_TOKEN_FILE'")
        self.assertExit(result, 0)
        self.assertTrue(result.out.startswith(str(self.home.home)), result.out)

    def test_nowhere(self):
        self.home.write(".bfabric/run", "no folder")
        result = self.exec("touch", "ran", env=self.home.env(XDG_RUNTIME_DIR=None))
        self.assertExit(result, 1)
        self.assertIn("no place for the token file", result.err)
        self.assertFalse((self.home.home / "ran").exists())

    def test_killed_then_cleaned_by_the_next(self):
        process = self.ready(self.background("python3", "-c", WAITING % ""))
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        left = self.folders()
        self.assertEqual([len(left), (left[0] / "token").read_text()], [1, "tok"])
        os.killpg(process.pid, 0)  # the command lives on
        alive = self.ready(self.background("python3", "-c", WAITING % ""))
        self.assertNotIn(left[0], self.folders())
        mine = self.folders()
        self.assertExit(self.exec("true"), 0)
        self.assertEqual(self.folders(), mine)  # who lives keeps its own
        os.killpg(process.pid, signal.SIGKILL)
        alive.terminate()
        harness.finish(alive)
        harness.finish(process)

    def test_other_folders(self):
        """Same number but another start: dead. Another machine: dead after a day. Others: kept."""
        process = self.ready(self.background("python3", "-c", WAITING % ""))
        mine = self.folders()[0]
        machine, pid, start = mine.name.split("-")[1:]
        base = mine.parent
        names = {"reused": f"exec-{machine}-{pid}-{int(start) - 1}", "foreign": "exec-00000000-1-1",
                 "old": "exec-00000000-1-2", "odd": f"exec-{machine}-x-1", "full": "exec-00000000-1-3"}
        for name in names.values():
            (base / name).mkdir(mode=0o700)
            (base / name / "token").write_text("old")
        (base / names["full"] / "more").write_text("not ours")
        for name in ("old", "full"):
            os.utime(base / names[name], (1, 1))
        link = base / "exec-00000000-1-4"
        link.symlink_to(self.home.home)
        self.assertExit(self.exec("true"), 0)
        kept = {path.name for path in self.folders()}
        self.assertEqual(kept, {mine.name, names["foreign"], names["odd"], names["full"], link.name})
        process.terminate()
        harness.finish(process)


class Fresh(Case):
    def start_server(self, **settings):
        self.server = self.enterContext(harness.Sandbox(token_lifetime=5, **settings))
        return self.home.login(self.server)

    def watch(self):
        """A command that says what it finds and when, each time it is something else, until its
        standard input ends."""
        script = ("import os, select, time\nlast, end = None, time.time() + 120\n"
                  "while time.time() < end:\n"
                  "    try: found = open(os.environ['BEARER_TOKEN_FILE']).read()\n"
                  "    except OSError: found = 'none'\n"
                  "    if found != last: print(found, time.time(), flush=True)\n"
                  "    last = found\n"
                  "    if select.select([0], [], [], 0.2)[0]: break\n")
        return self.background("python3", "-c", script, stdin=subprocess.PIPE)

    def hear(self, process):
        """The next of them."""
        line = process.stdout.readline().decode().split()
        self.assertEqual(len(line), 2, line or process.stderr.read())
        return line[0], float(line[1])

    def until(self, process, *before):
        """What it finds until it is none of these."""
        seen = [self.hear(process)[0]]
        while seen[-1] in before:
            seen.append(self.hear(process)[0])
        return seen

    def works(self, token):
        header = {"Authorization": f"Bearer {token}"}
        return self.server.fetch(self.server.base_url + "/rest/whoami", headers=header)[0] == 200

    def test_kept_fresh(self):
        self.start_server()
        process = self.watch()
        seen = [self.hear(process) for _ in range(4)]
        result = harness.finish(process)
        self.assertEqual((result.status, result.err), (0, ""))
        self.assertEqual(len({token for token, _ in seen}), 4)
        for (token, _), (_, replaced) in zip(seen, seen[1:]):
            # A busy machine may come a little late.
            self.assertLess(replaced, claims(token)["exp"] + 5)
        self.assertLessEqual(len(self.server.refreshes()), len(seen))

    def test_server_goes_away_and_comes_back(self):
        reply = self.start_server()
        self.server.control("fault", endpoint="token", kind="503", count=2)
        process = self.watch()
        seen = self.until(process, reply["access_token"], "none")
        self.assertIn("none", seen)  # an expired one is not left lying about
        harness.wait_for(lambda: self.works(seen[-1]))
        result = harness.finish(process)
        self.assertExit(result, 0)
        said = result.err.splitlines()
        self.assertTrue(all(line.startswith("bfabric: ") for line in said), result.err)
        self.assertEqual(sum("was not renewed" in line for line in said), 1, result.err)
        self.assertEqual(sum("is good again" in line for line in said), 1, result.err)
        self.assertNotIn(reply["access_token"], result.err)

    def test_logged_out_meanwhile(self):
        self.start_server()
        process = self.watch()
        token, _ = self.hear(process)
        self.home.place(self.server.base_url).unlink()
        while token != "none":
            token, _ = self.hear(process)
        result = harness.finish(process)
        self.assertEqual(result.out, "")
        self.assertEqual(result.err.count("was not renewed"), 1, result.err)

    def test_a_folder_that_was_removed_is_made_anew(self):
        self.start_server()
        process = self.watch()
        token, _ = self.hear(process)
        shutil.rmtree(self.folders()[0])
        self.assertNotEqual(self.until(process, token, "none")[-1], token)
        self.assertEqual(len(self.folders()), 1)
        self.assertExit(harness.finish(process), 0)
        self.assertEqual(self.folders(), [])

    def test_the_end_does_not_wait_for_a_refresh(self):
        """The command ends while the server does not answer: so do we, and the pipe closes."""
        self.start_server()
        self.server.control("fault", endpoint="token", kind="hang", count=20)
        begun = time.monotonic()
        result = self.exec("sh", "-c", "sleep 6")
        self.assertExit(result, 0)
        self.assertLess(time.monotonic() - begun, 25)
        self.assertEqual(self.folders(), [])

    def test_no_token_is_seen_where_it_does_not_belong(self):
        reply = self.start_server()
        with Watch() as watch:
            process = self.watch()
            tokens = {self.hear(process)[0] for _ in range(2)}
            result = harness.finish(process)
        self.assertExit(result, 0)
        self.assertEqual(len(tokens | {reply["access_token"]}), 2)
        for token in tokens:
            self.assertNotIn(token[-24:], watch.text())
            self.assertNotIn(token[-24:], result.err)


@bfabricpy.needed
class Python(Case):
    def test_connect(self):
        server = self.enterContext(harness.Sandbox())
        self.home.login(server)
        # Another default: what exec says counts.
        self.home.config_file.write_text(self.home.config_file.read_text().replace(
            "default_config: SANDBOX", "default_config: OTHER")
            + "OTHER:\n  base_url: https://x.org/bfabric\n")
        token = self.home.run("bfabric", "token", "--env", "SANDBOX").out.strip()
        command = bfabricpy.command(bfabricpy.PRINT_TOKEN)
        for options in (["--env=SANDBOX"], ["--env=SANDBOX", "--override"]):
            result = self.exec(*command, options=options, env=bfabricpy.environment(self.home),
                               timeout=120)
            self.assertExit(result, 0)
            self.assertEqual(result.out.strip(), token)
        other = self.home.config_file.rename(self.home.home / "other.yml")
        result = self.exec(*command, options=["--env=SANDBOX", "--override", "-f", other],
                           env=bfabricpy.environment(self.home), timeout=120)
        self.assertEqual(result.out.strip(), token)


if __name__ == "__main__":
    harness.main()
