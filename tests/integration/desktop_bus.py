# SPDX-License-Identifier: MIT
"""A session bus of a test's own, and buses that have a bad day.

    with Desktop() as desktop, harness.Home() as home:
        home.run("bfabric", "token", env=home.env(**desktop.env()))

Everything lies in a private folder and is ended with the `with` block; nothing of the tester's own
session is seen or touched. env() are the variables that lead a program there: None takes one away,
as harness.Home.env() understands it.
"""
import contextlib
import os
import signal
import socket
import threading
import time

import dbus_wire
import harness

SECRETS = "org.freedesktop.secrets"
_CONFIGURATION = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
 <type>session</type><listen>unix:path={socket}</listen><auth>EXTERNAL</auth>
 <servicedir>{services}</servicedir>
 <policy context="default">
  <allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/>
  {policy}
 </policy>
 <limit name="service_start_timeout">120000</limit>
</busconfig>
"""


def daemon(command, env, **more):
    """A program that serves for a while: ends with us, and says what it has to say to nobody."""
    more.setdefault("stderr", open(os.devnull, "wb"))
    try:
        return harness.start(["setpriv", "--pdeathsig", "KILL", *command], env, **more)
    finally:
        more["stderr"].close()


def end(process):
    """Kills what daemon() started, with its group, also when it is stopped."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe:
            pipe.close()


class Desktop(harness.Temporary):
    """A bus that starts nothing but `services` ({name: shell command}).

    `policy` is added to what the bus allows. With `socket` it listens there, for instance at the
    place where programs look without DBUS_SESSION_BUS_ADDRESS: home.runtime / "bus".
    """

    def __init__(self, services=None, policy="", socket=None):
        super().__init__()
        self.services, self.policy, self.socket = services or {}, policy, socket
        self.process = None

    def __enter__(self):
        super().__enter__()
        try:
            self._start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def _start(self):
        self.home, self.runtime = self.path / "home", self.path / "runtime"
        self.started, folder = self.path / "started", self.path / "services"
        for one in (self.home, self.runtime, folder):
            one.mkdir(mode=0o700)
        self.socket = self.socket or self.path / "bus"
        for name, command in self.services.items():
            script = folder / f"{name}.sh"
            script.write_text(f"#!/bin/sh\necho $$ >>{self.started}\n{command}\n")
            script.chmod(0o700)
            (folder / f"{name}.service").write_text(
                f"[D-BUS Service]\nName={name}\nExec={script}\n")
        configuration = self.path / "bus.conf"
        configuration.write_text(_CONFIGURATION.format(socket=self.socket, services=folder,
                                                       policy=self.policy))
        self.process = daemon(["dbus-daemon", "--nofork", "--nopidfile",
                               f"--config-file={configuration}", "--print-address"],
                              self.service_environment())
        # It prints the address once it listens.
        self.address = self.process.stdout.readline().decode().strip()
        if not self.address:
            raise AssertionError("dbus-daemon did not start")

    def __exit__(self, *arguments):
        if self.process:
            end(self.process)
        with contextlib.suppress(OSError):
            for pid in self.started.read_text().split():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(int(pid), signal.SIGKILL)
        super().__exit__(*arguments)

    def service_environment(self):
        """The environment of the desktop's own programs."""
        return {**harness.base_environment(), "HOME": str(self.home),
                "XDG_RUNTIME_DIR": str(self.runtime),
                "XDG_DATA_HOME": str(self.home / ".local" / "share"),
                "XDG_CONFIG_HOME": str(self.home / ".config"),
                "XDG_CACHE_HOME": str(self.home / ".cache"),
                "DBUS_SESSION_BUS_ADDRESS": getattr(self, "address", "")}

    def env(self):
        return {"DBUS_SESSION_BUS_ADDRESS": self.address}

    def connect(self):
        return dbus_wire.Bus(self.address)

    def owned(self, name=SECRETS):
        with self.connect() as bus:
            return bus.bus("NameHasOwner", "s", name)[0]

    def has_started(self):
        """How many of the `services` the bus has started so far."""
        with contextlib.suppress(FileNotFoundError):
            return len(self.started.read_text().split())
        return 0

    def monitor(self):
        return Monitor(self.address)


class Monitor:
    """Everything that passes over a bus, as dbus-monitor sees it."""

    def __init__(self, address):
        self.address, self.bus, self.messages = address, dbus_wire.Bus(address), []
        self.bus.call("org.freedesktop.DBus", "/org/freedesktop/DBus",
                      "org.freedesktop.DBus.Monitoring", "BecomeMonitor", "asu", [], 0)
        self.thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        with contextlib.suppress(OSError, AssertionError):
            self._catch_up()
        with contextlib.suppress(OSError):
            self.bus.socket.shutdown(socket.SHUT_RDWR)
        self.thread.join()
        self.bus.__exit__()

    def _catch_up(self):
        """What was said before now has been seen: the bus keeps to the order."""
        with dbus_wire.Bus(self.address) as bus:
            bus.bus("GetId")
            harness.wait_for(lambda: not self.thread.is_alive() or any(
                m.sender == bus.name and m.member == "GetId" for m in list(self.messages)))

    def _run(self):
        with contextlib.suppress(OSError):
            while True:
                self.messages.append(self.bus.read(timeout=3600))

    def calls(self, destination=SECRETS):
        """Names of the methods called there; a program may have asked for the owner's number."""
        return [m.member for m in list(self.messages) if m.kind == dbus_wire.CALL
                and (m.destination == destination or (m.destination or "").startswith(":"))]

    def text(self):
        """All that was said, in a form in which a secret can be looked for."""
        return "\n".join(_plain(m.body) for m in list(self.messages))


def _plain(value):
    if isinstance(value, bytes):
        return value.decode("latin1")
    if isinstance(value, dict):
        value = [part for pair in value.items() for part in pair]
    if isinstance(value, (list, tuple)):
        return " ".join(_plain(one) for one in value)
    return str(value)


class NoBus:
    """No session at all: no address, and no socket in the runtime directory."""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def env(self):
        return {"DBUS_SESSION_BUS_ADDRESS": None}


class StaleBus(harness.Temporary):
    """The address of a bus that has ended: its socket is there, and nobody listens."""

    def __enter__(self):
        super().__enter__()
        self.socket = self.path / "bus"
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(self.socket))
            listener.listen()
        return self

    def env(self):
        return {"DBUS_SESSION_BUS_ADDRESS": f"unix:path={self.socket}"}


class DeafBus(StaleBus):
    """A socket that accepts and never answers. `accepted` says how many came."""

    def __enter__(self):
        harness.Temporary.__enter__(self)
        self.socket, self.links, self.over = self.path / "bus", [], False
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(self.socket))
        self.listener.listen(64)
        self.listener.settimeout(0.05)
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *arguments):
        self.over = True
        self.thread.join()
        for link in (*self.links, self.listener):
            link.close()
        super().__exit__(*arguments)

    def _run(self):
        while not self.over:
            with contextlib.suppress(TimeoutError):
                self.links.append(self.listener.accept()[0])

    @property
    def accepted(self):
        return len(self.links)


class NoProvider(Desktop):
    """A bus on which nobody offers a secret store, and nobody can be started for it."""


class SleepingProvider(Desktop):
    """A provider that is started and never appears on the bus."""

    def __init__(self):
        super().__init__({SECRETS: "exec sleep 600"})


class FailingProvider(Desktop):
    """A provider that ends as soon as it is started."""

    def __init__(self):
        super().__init__({SECRETS: "exit 1"})


def seconds(function, *arguments, **more):
    """How long a call takes, and what it returns."""
    began = time.monotonic()
    value = function(*arguments, **more)
    return time.monotonic() - began, value
