# SPDX-License-Identifier: MIT
"""Many processes that begin at the same moment.

    with Herd(home) as herd:
        for _ in range(200):
            herd.add("bfabric", "token")
        herd.release()
        for result in herd.results():
            ...

Each member is a shell that waits at a pipe and then becomes the command, so that starting them costs
nothing between the first and the last.
"""
import fcntl
import os
import pathlib
import signal
import struct
import subprocess
import tempfile
import time

import harness

_WAIT = 'read -r _ < "$0"; exec "$@"'


def git_request(server, **more):
    """The request that git writes to a credential helper for this sandbox."""
    fields = {"protocol": server.scheme, "host": server.host, **more}
    return "".join(f"{key}={value}\n" for key, value in fields.items()) + "\n"


class Herd:
    def __init__(self, home, env=None, stderr=None):
        """`stderr`: a file that all members write to instead of one of their own."""
        self.home, self.env, self.stderr = home, env or home.env(), stderr
        self.members, self.gate = [], None

    def __enter__(self):
        self.gate = list(os.pipe())
        return self

    def __exit__(self, *_):
        self.release()
        for member in self.members:
            if member.process.poll() is None:
                member.process.send_signal(signal.SIGKILL)
            member.process.wait()
            for file in (member.out, member.err):
                file.close()
        if self.gate:
            os.close(self.gate[0])

    def add(self, program, *arguments, input=None, env=None):
        """One more member; it stands at the gate at once."""
        command = [str(part) for part in self.home.command(program, *arguments)]
        member = Member()
        member.command, member.out, member.err = (command, tempfile.TemporaryFile(),
                                                  tempfile.TemporaryFile())
        with tempfile.TemporaryFile() as stdin:
            stdin.write((input or "").encode())
            stdin.seek(0)
            member.process = subprocess.Popen(
                ["/bin/sh", "-c", _WAIT, f"/proc/self/fd/{self.gate[0]}", *command],
                env=env or self.env, cwd=self.home.home, stdin=stdin, stdout=member.out,
                stderr=self.stderr or member.err, pass_fds=[self.gate[0]])
        self.members.append(member)
        return member

    def release(self):
        """Opens the gate."""
        if self.gate[1] is not None:
            os.close(self.gate[1])
            self.gate[1] = None

    def wait_for_names(self, name, timeout=60):
        """Until every member that still runs is executing a program of this name."""
        harness.wait_for(lambda: all(m.name() in (name, None) for m in self.members), timeout)

    def wait_until_waiting(self, steps=5, timeout=60):
        """Until every member has gone to sleep and woken up so often since it became the program it
        is: with the lock in somebody else's hands, it is waiting for that."""
        first = {m: m.sleeps() for m in self.members}
        harness.wait_for(lambda: all(m.sleeps() is None or m.sleeps() >= first[m] + steps
                                     for m in self.members), timeout)

    def results(self, timeout=120):
        """How each ended, in the order of add(); one that does not end fails the test."""
        end = time.monotonic() + timeout
        found = []
        for member in self.members:
            try:
                status = member.process.wait(max(0.01, end - time.monotonic()))
            except subprocess.TimeoutExpired:
                raise AssertionError(f"still running after {timeout} s: {member.command}") from None
            found.append(harness.Result(member.command, status, member.read(member.out),
                                        member.read(member.err)))
        return found


class Member:
    def name(self):
        """What the kernel calls the running program (15 bytes of it), None when it has ended."""
        try:
            text = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text()
        except FileNotFoundError:
            return None
        name, rest = text[text.index("(") + 1:].rsplit(")", 1)
        return None if rest.split()[0] == "Z" else name

    def sleeps(self):
        """How often it gave the processor away by itself, None when it has ended."""
        try:
            text = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        except FileNotFoundError:
            return None
        found = [line for line in text.splitlines() if line.startswith("voluntary_ctxt_switches")]
        return int(found[0].split()[1]) if found else None

    @staticmethod
    def read(file):
        file.seek(0)
        return file.read()


class LockHolder:
    """Holds the refresh lock of a session as a sibling would: an open-file-description lock."""

    def __init__(self, path):
        self.path = path

    def __enter__(self):
        self.fd = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        flock = struct.pack("hhqqi4x", fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
        fcntl.fcntl(self.fd, fcntl.F_OFD_SETLKW, flock)
        return self

    def release(self):
        if self.fd is not None:
            os.close(self.fd)
            self.fd = None

    def __exit__(self, *_):
        self.release()
