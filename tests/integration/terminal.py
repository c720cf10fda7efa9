# SPDX-License-Identifier: MIT
"""A program on a terminal: what a person sees, and what they type."""
import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time


class Terminal:
    """
        with Terminal(home.command("bfabric", "auth", "device-code"), home.env(), columns=40) as t:
            t.expect("enter this code: ")
            t.type("\\x03")
            self.assertEqual(t.status(), 130)
    """

    def __init__(self, command, env, columns=80, rows=40, cwd="/"):
        self.command = [str(part) for part in command]
        self.env = {"TERM": "xterm-256color", **env}
        self.columns, self.rows, self.cwd = columns, rows, cwd
        self.raw = b""
        self.seen = 0

    def __enter__(self):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            try:
                # Before exec, so that the program never sees another size.
                fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", self.rows, self.columns, 0, 0))
                os.chdir(self.cwd)
                os.execve(self.command[0], self.command, self.env)
            finally:
                os._exit(127)
        return self

    def __exit__(self, *_):
        if self.pid:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self.fd)

    def _read(self, timeout):
        ready, _, _ = select.select([self.fd], [], [], timeout)
        try:
            more = os.read(self.fd, 65536) if ready else None
        except OSError:  # EIO: the other end is closed
            more = b""
        self.raw += more or b""
        return more

    @property
    def text(self):
        """Everything so far, without colours, with the ends of lines as they are in a file."""
        text = self.raw.decode("utf-8", "backslashreplace").replace("\r\n", "\n")
        return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text)

    def expect(self, pattern, timeout=30):
        """Waits for a pattern after the last one; returns the match."""
        end = time.monotonic() + timeout
        while True:
            found = re.compile(pattern).search(self.text, self.seen)
            if found:
                self.seen = found.end()
                return found
            if time.monotonic() > end or self._read(0.1) == b"":
                raise AssertionError(f"{pattern!r} did not come; the terminal shows:\n{self.text}")

    def type(self, text):
        os.write(self.fd, text.encode())

    def status(self, timeout=60):
        """Reads to the end and returns the exit status (negative: a signal)."""
        end = time.monotonic() + timeout
        while self._read(0.1) != b"":
            if time.monotonic() > end:
                raise AssertionError(f"still running after {timeout} s:\n{self.text}")
        _, how = os.waitpid(self.pid, 0)
        self.pid = 0
        return os.waitstatus_to_exitcode(how)
