# SPDX-License-Identifier: MIT
"""A provider of org.freedesktop.secrets for bad days only: it keeps nothing and misbehaves as told.

    FakeProvider()                                one locked item; its prompt is dismissed at once
    FakeProvider(prompt="ignore")                 a prompt that nobody ever answers
    FakeProvider(prompt="nonsense")               a result of a type that libsecret waits for ever at
    FakeProvider(crash="SearchItems")             it dies in the middle of this call
    FakeProvider(hang="OpenSession")              it never answers this call, and all others
    FakeProvider(refuse={"SearchItems": NAME})    it answers this one with an error of that name

To the bus a closed connection is what a dead process looks like. Good days are for the real daemons.
"""
import contextlib
import os
import socket
import threading

import dbus_wire
from desktop_bus import SECRETS, Desktop
from dbus_wire import Variant

DENIED = "org.freedesktop.DBus.Error.AccessDenied"
_ROOT = "/org/freedesktop/secrets"
_COLLECTION, _ITEM = _ROOT + "/collection/login", _ROOT + "/collection/login/1"
_PROMPT = _ROOT + "/prompt/p1"


class FakeProvider(Desktop):
    def __init__(self, prompt="dismiss", crash=None, hang=None, refuse=None, locked=True, **attributes):
        """`attributes`: of its item, besides those that it is searched by."""
        super().__init__()
        self.attributes = attributes
        self.prompt, self.crash, self.hang, self.refuse = prompt, crash, hang, refuse or {}
        self.is_locked, self.called, self.thread = locked, [], None
        self.result = Variant("ao", [])  # of the prompt that was asked for last

    def _start(self):
        super()._start()
        self.bus = self.connect()
        self.bus.bus("RequestName", "su", SECRETS, 4)
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def __exit__(self, *arguments):
        if self.thread:
            with contextlib.suppress(OSError):
                self.bus.socket.shutdown(socket.SHUT_RDWR)
            self.thread.join()
            self.bus.__exit__()
        super().__exit__(*arguments)

    def _run(self):
        with contextlib.suppress(OSError):
            while True:
                message = self.bus.read(timeout=3600)
                if message.kind == dbus_wire.CALL:
                    self.called.append(message.member)
                    if message.member == self.crash:
                        self.bus.socket.close()
                        return
                    if message.member != self.hang:
                        self._answer(message)

    def _answer(self, message):
        member = message.member
        if member in self.refuse:
            self.bus.refuse(message, self.refuse[member], "as the test wants it")
        elif hasattr(self, "on_" + member):
            getattr(self, "on_" + member)(message)
        else:
            self.bus.refuse(message, "org.freedesktop.DBus.Error.UnknownMethod", member)

    # ---- org.freedesktop.Secret.Service ----

    def on_OpenSession(self, message):
        if message.body[0] != "plain":
            self.bus.refuse(message, "org.freedesktop.DBus.Error.NotSupported", message.body[0])
        else:
            self.bus.answer(message, "vo", Variant("s", ""), _ROOT + "/session/s1")

    def on_ReadAlias(self, message):
        self.bus.answer(message, "o", _COLLECTION if message.body[0] == "default" else "/")

    def on_SearchItems(self, message):
        self.attributes |= message.body[0]
        found, none = [_ITEM], []
        self.bus.answer(message, "aoao", *((none, found) if self.is_locked else (found, none)))

    def on_GetSecrets(self, message):
        secret = (message.body[1], b"", b"{}", "text/plain")
        self.bus.answer(message, "a{o(oayays)}", {} if self.is_locked else {_ITEM: secret})

    def on_GetSecret(self, message):
        self.bus.answer(message, "(oayays)", (message.body[0], b"", b"{}", "text/plain"))

    def on_Unlock(self, message):
        self.result = Variant("ao", [])
        self.bus.answer(message, "aoo", [], _PROMPT)

    def on_CreateItem(self, message):
        if self.is_locked:
            self.bus.refuse(message, "org.freedesktop.Secret.Error.IsLocked", "locked")
        else:
            self.result = Variant("o", "/")
            self.bus.answer(message, "oo", "/", _PROMPT)

    def on_Delete(self, message):
        self.bus.answer(message, "o", _PROMPT)

    # ---- org.freedesktop.Secret.Prompt ----

    def _complete(self, result):
        self.bus.signal(_PROMPT, "org.freedesktop.Secret.Prompt", "Completed", "bv", True, result)

    def on_Prompt(self, message):
        self.bus.answer(message)
        if self.prompt == "dismiss":
            self._complete(self.result)
        elif self.prompt == "nonsense":
            self._complete(Variant("s", ""))

    def on_Dismiss(self, message):
        self.bus.answer(message)
        self._complete(self.result)

    # ---- org.freedesktop.DBus ----

    def _properties(self, path):
        if path == _ITEM:
            return {"Locked": Variant("b", self.is_locked), "Label": Variant("s", "An item"),
                    "Attributes": Variant("a{ss}", self.attributes),
                    "Created": Variant("t", 1), "Modified": Variant("t", 1)}
        if path == _COLLECTION:
            return {"Items": Variant("ao", [_ITEM]), "Label": Variant("s", "Login"),
                    "Locked": Variant("b", self.is_locked), "Created": Variant("t", 1),
                    "Modified": Variant("t", 1)}
        return {"Collections": Variant("ao", [_COLLECTION])}

    def on_GetAll(self, message):
        self.bus.answer(message, "a{sv}", self._properties(message.path))

    def on_Get(self, message):
        self.bus.answer(message, "v", self._properties(message.path)[message.body[1]])

    def on_Ping(self, message):
        self.bus.answer(message)

    def on_GetMachineId(self, message):
        self.bus.answer(message, "s", os.urandom(16).hex())
