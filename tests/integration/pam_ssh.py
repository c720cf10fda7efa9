# SPDX-License-Identifier: MIT
"""The real sshd on the machine of pam_machine.py, and people who come by ssh, scp and sftp."""
import os
import pathlib
import shlex
import signal
import socket
import subprocess
import tempfile

import harness
import pam_machine
from pam_machine import PASSWORD
from terminal import Terminal

SSHD = "/usr/sbin/sshd"  # it wants to be called by its whole path, and its name is its PAM service
KBDINT, BY_PASSWORD, BY_KEY = "keyboard-interactive", "password", "publickey"


def free_port():
    """sshd cannot bind port 0. Somebody may take this one meanwhile: see Sshd."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


class Sshd:
    """A server with UsePAM; settings are those of sshd_config(5)."""

    def __init__(self, **settings):
        self.settings = {"LoginGraceTime": 60, **settings}

    def __enter__(self):
        self.path = pathlib.Path(tempfile.mkdtemp(dir=pam_machine.TOP))
        for name in ("host", "key"):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", self.path / name],
                           check=True)
        self.log_file = self.path / "log"
        for _ in range(5):
            self._start()
            if self._is_up():
                return self
        raise AssertionError("sshd did not start: " + self.log_file.read_text())

    def _start(self):
        self.port = free_port()
        lines = {"Port": self.port, "ListenAddress": "127.0.0.1", "HostKey": self.path / "host",
                 "PidFile": "none", "UsePAM": "yes", "UseDNS": "no", "PrintMotd": "no",
                 "PrintLastLog": "no", "PermitRootLogin": "yes", "StrictModes": "no",
                 "AuthorizedKeysFile": self.path / "key.pub", "LogLevel": "VERBOSE",
                 "Subsystem": "sftp /usr/lib/openssh/sftp-server", **self.settings}
        config = self.path / "config"
        config.write_text("".join(f"{key} {value}\n" for key, value in lines.items()))
        (self.path / "known").write_text(
            f"[127.0.0.1]:{self.port} {(self.path / 'host.pub').read_text()}")
        self.path.chmod(0o711)
        self.process = subprocess.Popen([SSHD, "-D", "-f", config, "-E", self.log_file],
                                        start_new_session=True)

    def _is_up(self):
        def listens():
            if self.process.poll() is not None:
                return True
            with socket.socket() as link:
                return link.connect_ex(("127.0.0.1", self.port)) == 0

        harness.wait_for(listens)
        return self.process.poll() is None

    def __exit__(self, *_):
        # whatever a session left; nobody else is in this process namespace but our server and us
        os.killpg(self.process.pid, signal.SIGTERM)
        self.process.wait()

    def options(self, method, **more):
        options = {"BatchMode": "no", "UserKnownHostsFile": self.path / "known",
                   "GlobalKnownHostsFile": "none", "StrictHostKeyChecking": "yes",
                   "PreferredAuthentications": method, "IdentitiesOnly": "yes",
                   "IdentityAgent": "none", "NumberOfPasswordPrompts": 1, "LogLevel": "ERROR",
                   "IdentityFile": self.path / "key" if BY_KEY in method else "none", **more}
        return ["-F", "none"] + [f"-o{key}={value}" for key, value in options.items()]

    # ---- without a terminal ----

    def run(self, program, *arguments, method=KBDINT, answers=(PASSWORD,), timeout=60):
        """ssh, scp or sftp; each question gets the next answer, and after the last nothing more."""
        env = {**harness.base_environment(), "SSH_ASKPASS": str(self._answering(answers)),
               "SSH_ASKPASS_REQUIRE": "force", "HOME": "/root"}
        port = ["-p" if program == "ssh" else "-P", str(self.port)]
        return harness.run([program, *self.options(method), *port, *arguments], env,
                           timeout=timeout)

    def _answering(self, answers):
        """A program for SSH_ASKPASS; the questions are in `asked`."""
        folder = pathlib.Path(tempfile.mkdtemp(dir=self.path))
        for number, answer in enumerate(answers, 1):
            (folder / str(number)).write_text(answer + "\n")
        self.asked = folder / "asked"
        script = folder / "askpass"
        script.write_text(f"#!/bin/sh\ncd {shlex.quote(str(folder))} || exit 1\n"
                          "printf '%s\\n---\\n' \"$1\" >>asked\n"
                          "cat \"$(grep -c '^---$' asked)\"\n")
        script.chmod(0o755)
        return script

    def questions(self):
        return self.asked.read_text().split("\n---\n")[:-1] if self.asked.exists() else []

    def where(self, user):
        return f"{getattr(user, 'name', user)}@127.0.0.1"

    def command(self, user, *command, **more):
        return self.run("ssh", self.where(user), *command, **more)

    # ---- on a terminal ----

    def terminal(self, user, *command, method=KBDINT):
        return Terminal(["/usr/bin/ssh", *self.options(method), "-p", str(self.port),
                         *(["-t"] if command else []), self.where(user), *command],
                        {**harness.base_environment(), "HOME": "/root"})
