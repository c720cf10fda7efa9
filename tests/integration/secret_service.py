# SPDX-License-Identifier: MIT
"""The desktop's secret store for tests: real daemons on a bus of their own (desktop_bus.py).

    with GnomeKeyring() as store, harness.Home() as home:
        home.run("bfabric", "token", env=home.env(**store.env()))
        item = store.item(service="bfabric")    # fails unless there is exactly one
        item.secret(); item.change(b"by another program"); item.delete()
        store.lock()

GnomeKeyring and KeePassXC are the two implementations; what a desktop without, or with a broken one
looks like: NoBus, StaleBus, DeafBus, NoProvider, SleepingProvider, FailingProvider (desktop_bus.py),
FakeProvider (secret_fake.py), and a real one after stop(), kill(), lock() or kill_in_call().
"""
import base64
import contextlib
import functools
import os
import shutil
import signal
import subprocess
import threading
import time

import dbus_wire
import harness
from desktop_bus import (SECRETS, DeafBus, Desktop, FailingProvider, Monitor, NoBus, NoProvider,
                         SleepingProvider, StaleBus, daemon, end)

__all__ = ["SECRETS", "DeafBus", "Desktop", "FailingProvider", "GnomeKeyring", "KeePassXC",
           "Monitor", "NoBus", "NoProvider", "SecretStore", "SleepingProvider", "StaleBus", "needed"]

ROOT = "/org/freedesktop/secrets"
_SERVICE, _COLLECTION = "org.freedesktop.Secret.Service", "org.freedesktop.Secret.Collection"
_ITEM, _PROMPT = "org.freedesktop.Secret.Item", "org.freedesktop.Secret.Prompt"
_SECRET = "(oayays)"


def settle(bus, prompt):
    """Goes through a prompt that asks nobody anything; returns its result."""
    if prompt == "/":
        return None
    bus.bus("AddMatch", "s", f"type='signal',interface='{_PROMPT}',path='{prompt}'")
    bus.call(SECRETS, prompt, _PROMPT, "Prompt", "s", "")
    while True:
        for message in bus.waiting:
            if message.member == "Completed" and message.path == prompt:
                if message.body[0]:
                    raise dbus_wire.Failure("dismissed", prompt)
                return message.body[1]
        bus.waiting.append(bus.read())


def of_our_own(operation):
    """gnome-keyring-daemon crashes now and then. When it does while the test itself asks it something, it
    is started anew and asked once more: that proves nothing about our programs. What these ask is
    never repeated, and a daemon that a test has ended is not started behind its back."""
    @functools.wraps(operation)
    def asked(self, *arguments, **more):
        store = getattr(self, "store", self)
        try:
            return operation(self, *arguments, **more)
        except dbus_wire.Failure as failure:
            if not (failure.name.endswith(".NoReply") and store.revive()):
                raise
            return operation(self, *arguments, **more)
    return asked


class Item:
    """One item, as some other program sees and changes it."""

    def __init__(self, store, path):
        self.store, self.path = store, path

    @contextlib.contextmanager
    def _session(self):
        with self.store.connect() as bus:
            yield bus, bus.call(SECRETS, ROOT, _SERVICE, "OpenSession", "sv", "plain",
                                dbus_wire.Variant("s", ""))[1]

    @of_our_own
    def _property(self, name):
        with self.store.connect() as bus:
            return bus.call(SECRETS, self.path, "org.freedesktop.DBus.Properties", "Get", "ss",
                            _ITEM, name)[0]

    @of_our_own
    def secret(self):
        with self._session() as (bus, session):
            return bus.call(SECRETS, self.path, _ITEM, "GetSecret", "o", session)[0][2]

    def attributes(self):
        return self._property("Attributes")

    def label(self):
        return self._property("Label")

    @of_our_own
    def change(self, secret):
        with self._session() as (bus, session):
            bus.call(SECRETS, self.path, _ITEM, "SetSecret", _SECRET,
                     (session, b"", secret, "text/plain"))

    @of_our_own
    def delete(self):
        with self.store.connect() as bus:
            settle(bus, bus.call(SECRETS, self.path, _ITEM, "Delete")[0])


class SecretStore(Desktop):
    """A bus with a running daemon; `running` False: it is there but was not started."""

    def __init__(self, running=True, **more):
        super().__init__(**more)
        self.running, self.service, self.shut, self.revived = running, None, False, False

    def _start(self):
        super()._start()
        if self.running:
            self.start()

    def __exit__(self, *arguments):
        if self.service:
            end(self.service)
        super().__exit__(*arguments)

    # ---- the daemon ----

    def stop(self):
        """It no longer answers."""
        os.killpg(self.service.pid, signal.SIGSTOP)

    def cont(self):
        os.killpg(self.service.pid, signal.SIGCONT)

    def kill(self):
        """It is gone without a word, and nobody starts it again but start()."""
        end(self.service)
        self.service, self.shut = None, False
        harness.wait_for(lambda: not self.owned())

    def restart(self, **more):
        self.kill()
        self.start(**more)

    def revive(self):
        """Starts a daemon that has crashed, once; as locked as it was. False: that was no crash."""
        if not self.service or self.revived:
            return False
        try:
            status = self.service.wait(10)
        except subprocess.TimeoutExpired:
            return False
        print(f"# {self.service.args[3]} ended with {status} while the test asked it: started anew",
              flush=True)
        self.revived = True
        end(self.service)
        self.start()
        if self.shut:
            self.lock()
        return True

    @contextlib.contextmanager
    def kill_in_call(self):
        """It dies in the middle of the first call that reaches it inside of the `with`."""
        self.stop()
        with self.monitor() as monitor:
            over = threading.Event()

            def wait():
                while not over.is_set() and not monitor.calls():
                    over.wait(0.005)
                if not over.is_set():
                    os.killpg(self.service.pid, signal.SIGKILL)
            thread = threading.Thread(target=wait, daemon=True)
            thread.start()
            try:
                yield monitor
            finally:
                called = bool(monitor.calls())
                over.set()
                thread.join()
                self.cont()
        if not called:
            raise AssertionError("nobody called it")
        self.kill()

    # ---- what is in it ----

    @of_our_own
    def collection(self):
        """The default collection, "/" when there is none."""
        with self.connect() as bus:
            return bus.call(SECRETS, ROOT, _SERVICE, "ReadAlias", "s", "default")[0]

    @of_our_own
    def locked(self):
        with self.connect() as bus:
            return bus.call(SECRETS, self.collection(), "org.freedesktop.DBus.Properties", "Get",
                            "ss", _COLLECTION, "Locked")[0]

    def rest(self):
        """Waits until what was changed is written."""

    def lock(self):
        """Again and again: KeePassXC does not while it still writes its database."""
        def try_it():
            with self.connect() as bus, contextlib.suppress(dbus_wire.Failure):
                settle(bus, bus.call(SECRETS, ROOT, _SERVICE, "Lock", "ao",
                                     [self.collection()])[1])
            return self.locked()
        harness.wait_for(try_it)
        self.shut = True

    @of_our_own
    def items(self, **attributes):
        """Every item with at least these attributes, locked ones too."""
        with self.connect() as bus:
            found = bus.call(SECRETS, ROOT, _SERVICE, "SearchItems", "a{ss}", attributes)
        return [Item(self, path) for path in (*found[0], *found[1])]

    def item(self, **attributes):
        found = self.items(**attributes)
        if len(found) != 1:
            raise AssertionError(f"{len(found)} items with {attributes} instead of one")
        return found[0]

    @of_our_own
    def add(self, secret, label="An item", replace=False, **attributes):
        """An item of another program's making; `replace` one with the same attributes."""
        with self.connect() as bus:
            session = bus.call(SECRETS, ROOT, _SERVICE, "OpenSession", "sv", "plain",
                               dbus_wire.Variant("s", ""))[1]
            properties = {_ITEM + ".Label": dbus_wire.Variant("s", label),
                          _ITEM + ".Attributes": dbus_wire.Variant("a{ss}", attributes)}
            made, prompt = bus.call(SECRETS, self.collection(), _COLLECTION, "CreateItem",
                                    f"a{{sv}}{_SECRET}b", properties,
                                    (session, b"", secret, "text/plain"), replace)
            return Item(self, settle(bus, prompt) or made)


class GnomeKeyring(SecretStore):
    """gnome-keyring-daemon. GnomeKeyring(password=None): nobody logged in yet, so that it has no
    default collection. No prompter can be started: whatever would ask a person fails."""

    def __init__(self, password="the login password", **more):
        super().__init__(**more)
        self.password = password

    def start(self, password=None):
        """`password` other than the right one: it comes up with its collection locked."""
        password = password or self.password
        command = ["gnome-keyring-daemon", "--foreground", "--components=secrets"]
        if password:
            command.append("--unlock")
        given = None
        if password:
            given, write = os.pipe()
            os.write(write, password.encode())
            os.close(write)
        try:
            self.service = daemon(command, self.service_environment(),
                                  **({"stdin": given} if password else {}))
        finally:
            if password:
                os.close(given)
        harness.wait_for(self.owned)
        if password:
            harness.wait_for(lambda: self.collection() != "/")

    @of_our_own
    def unlock(self, password=None):
        """What the greeter does at a login, or the person in the daemon's dialogue."""
        self.shut = False
        with self.connect() as bus:
            session = bus.call(SECRETS, ROOT, _SERVICE, "OpenSession", "sv", "plain",
                               dbus_wire.Variant("s", ""))[1]
            bus.call(SECRETS, ROOT, "org.gnome.keyring.InternalUnsupportedGuiltRiddenInterface",
                     "UnlockWithMasterPassword", f"o{_SECRET}", self.collection(),
                     (session, b"", (password or self.password).encode(), "text/plain"))


_GROUP = bytes(15) + b"\1"
_DATABASE = f"""<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<KeePassFile><Meta><DatabaseName>Passwords</DatabaseName><CustomData><Item>
<Key>FDO_SECRETS_EXPOSED_GROUP</Key><Value>{{00000000-0000-0000-0000-000000000001}}</Value>
</Item></CustomData></Meta><Root><Group>
<UUID>{base64.b64encode(_GROUP).decode()}</UUID><Name>Root</Name>
</Group></Root></KeePassFile>
"""
_SETTINGS = """[General]
ConfigVersion=2
UpdateCheckMessageShown=true
[GUI]
CheckForUpdates=false
[FdoSecrets]
Enabled=true
ShowNotification=false
ConfirmDeleteItem=false
ConfirmAccessItem=false
UnlockBeforeSearch=false
"""


class KeePassXC(SecretStore):
    """KeePassXC without a screen, its database open. A dialogue that it opens nobody answers."""

    password = "the master password"

    def _start(self):
        self.database = self.path / "passwords.kdbx"
        super()._start()

    def service_environment(self):
        # One instance a user and temporary folder, it thinks.
        return {**super().service_environment(), "QT_QPA_PLATFORM": "offscreen",
                "TMPDIR": str(self.home)}

    def _make(self):
        text = self.path / "database.xml"
        text.write_text(_DATABASE)
        made = harness.run(["keepassxc-cli", "import", "--quiet", "--set-password",
                            "--decryption-time", "100", text, self.database],
                           self.service_environment(), f"{self.password}\n" * 2)
        if made.status:
            raise AssertionError(repr(made))
        (self.path / "keepassxc.ini").write_text(_SETTINGS)

    def start(self, password=None):
        if not self.database.exists():
            self._make()
        given, write = os.pipe()
        os.write(write, f"{password or self.password}\n".encode())
        os.close(write)
        try:
            self.service = daemon(
                ["keepassxc", "--config", self.path / "keepassxc.ini", "--localconfig",
                 self.path / "keepassxc-local.ini", "--pw-stdin", self.database],
                self.service_environment(), stdin=given)
        finally:
            os.close(given)
        harness.wait_for(self.owned, 60)
        harness.wait_for(lambda: self.collection() != "/" and not self.locked(), 60)

    def rest(self):
        """What is changed while it still writes what was changed before is not written."""
        harness.wait_for(lambda: time.time() - self.database.stat().st_mtime > 1)

    def unlock(self):
        """By starting it anew: its own dialogue has nobody to answer it."""
        self.restart()


def needed(*programs):
    """Why a test cannot run here, or None."""
    missing = [name for name in programs if not shutil.which(name)]
    return f"{', '.join(missing)} not installed" if missing else None
