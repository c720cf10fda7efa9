# SPDX-License-Identifier: MIT
"""Just enough of D-Bus to look into a secret store from a test, and to be a broken one.

The wire format of the D-Bus specification (little endian, protocol version 1), a connection to a
bus by its `unix:path=` address, calls that block with a timeout, and messages as they come.
"""
import os
import socket
import struct
import time

CALL, RETURN, ERROR, SIGNAL = 1, 2, 3, 4
NO_REPLY_EXPECTED = 1
_FIXED = {"y": ("B", 1), "b": ("I", 4), "n": ("h", 2), "q": ("H", 2), "i": ("i", 4),
          "u": ("I", 4), "x": ("q", 8), "t": ("Q", 8), "d": ("d", 8), "h": ("I", 4)}
_ALIGNED = {"s": 4, "o": 4, "g": 1, "a": 4, "v": 1, "(": 8, "{": 8}
# Header fields: their numbers, and the type of each.
_FIELDS = {"path": (1, "o"), "interface": (2, "s"), "member": (3, "s"), "error": (4, "s"),
           "reply_serial": (5, "u"), "destination": (6, "s"), "sender": (7, "s"),
           "signature": (8, "g")}
_NUMBERS = {number: name for name, (number, _) in _FIELDS.items()}


class Failure(Exception):
    """An error reply; `name` is the D-Bus name of the error."""

    def __init__(self, name, text):
        super().__init__(f"{name}: {text}")
        self.name = name


class Variant:
    """A value that says its type."""

    def __init__(self, signature, value):
        self.signature, self.value = signature, value


def _first(signature, at=0):
    """The end of the complete type that starts at `at`."""
    kind = signature[at]
    if kind == "a":
        return _first(signature, at + 1)
    if kind not in "({":
        return at + 1
    at += 1
    while signature[at] not in ")}":
        at = _first(signature, at)
    return at + 1


def split(signature):
    parts, at = [], 0
    while at < len(signature):
        end = _first(signature, at)
        parts.append(signature[at:end])
        at = end
    return parts


def _alignment(signature):
    kind = signature[0]
    return _FIXED[kind][1] if kind in _FIXED else _ALIGNED[kind]


class _Writer:
    def __init__(self):
        self.data = bytearray()

    def pad(self, size):
        self.data += bytes(-len(self.data) % size)

    def put(self, signature, value):
        kind = signature[0]
        self.pad(_alignment(signature))
        if kind in _FIXED:
            self.data += struct.pack("<" + _FIXED[kind][0], value)
        elif kind in "so":
            raw = value.encode()
            self.data += struct.pack("<I", len(raw)) + raw + b"\0"
        elif kind == "g":
            self.data += bytes([len(value)]) + value.encode() + b"\0"
        elif kind == "v":
            self.put("g", value.signature)
            self.put(value.signature, value.value)
        elif kind == "a":
            self._array(signature[1:], value)
        else:
            for part, one in zip(split(signature[1:-1]), value):
                self.put(part, one)

    def _array(self, element, value):
        at = len(self.data)
        self.data += bytes(4)
        self.pad(_alignment(element))
        start = len(self.data)
        if element == "y":
            self.data += bytes(value)
        else:
            for one in value.items() if element[0] == "{" else value:
                self.put(element, one)
        struct.pack_into("<I", self.data, at, len(self.data) - start)


class _Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def pad(self, size):
        self.at += -self.at % size

    def _take(self, size):
        self.at += size
        return self.data[self.at - size:self.at]

    def get(self, signature):
        kind = signature[0]
        self.pad(_alignment(signature))
        if kind in _FIXED:
            letter, size = _FIXED[kind]
            value = struct.unpack("<" + letter, self._take(size))[0]
            return bool(value) if kind == "b" else value
        if kind in "sog":
            size = self.get("y" if kind == "g" else "u")
            return self._take(size + 1)[:-1].decode()
        if kind == "v":
            return self.get(self.get("g"))
        if kind == "a":
            return self._array(signature[1:])
        return tuple(self.get(part) for part in split(signature[1:-1]))

    def _array(self, element):
        size = self.get("u")
        self.pad(_alignment(element))
        if element == "y":
            return bytes(self._take(size))
        end, found = self.at + size, []
        while self.at < end:
            found.append(self.get(element))
        return dict(found) if element[0] == "{" else found


class Message:
    def __init__(self, kind, serial, flags, fields, body):
        self.kind, self.serial, self.flags, self.body = kind, serial, flags, body
        for name in _FIELDS:
            setattr(self, name, fields.get(name))

    def __repr__(self):
        return f"{self.kind} {self.path} {self.interface}.{self.member}"


class Bus:
    """A connection to the bus at `address`; `with` closes it."""

    def __init__(self, address, timeout=10):
        self.timeout, self.serial, self.data, self.waiting = timeout, 0, b"", []
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(timeout)
        self.socket.connect(address.partition("path=")[2].partition(",")[0])
        identity = str(os.getuid()).encode().hex()
        self.socket.sendall(f"\0AUTH EXTERNAL {identity}\r\nBEGIN\r\n".encode())
        while b"\r\n" not in self.data:
            self._more(time.monotonic() + timeout)
        line, _, self.data = self.data.partition(b"\r\n")
        if not line.startswith(b"OK "):
            raise ConnectionError(line)
        self.name = self.call("org.freedesktop.DBus", "/org/freedesktop/DBus",
                              "org.freedesktop.DBus", "Hello")[0]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def _more(self, end):
        left = end - time.monotonic()
        if left <= 0:
            raise TimeoutError("no answer on the bus")
        self.socket.settimeout(left)
        got = self.socket.recv(1 << 16)
        if not got:
            raise ConnectionError("the bus closed the connection")
        self.data += got

    def _need(self, size, end):
        while len(self.data) < size:
            self._more(end)

    def read(self, timeout=None):
        """The next message."""
        end = time.monotonic() + (self.timeout if timeout is None else timeout)
        self._need(16, end)
        _, kind, flags, _, size, serial, fields = struct.unpack("<cBBBIII", self.data[:16])
        start = 16 + fields + -fields % 8
        self._need(start + size, end)
        raw = _Reader(self.data[:start])
        raw.at = 12
        named = {_NUMBERS.get(number): value for number, value in raw.get("a(yv)")}
        body = _Reader(self.data[start:start + size])
        values = tuple(body.get(part) for part in split(named.get("signature") or ""))
        self.data = self.data[start + size:]
        return Message(kind, serial, flags, named, values)

    def send(self, kind, signature="", body=(), flags=0, **fields):
        """Any message; returns its serial."""
        self.serial += 1
        if signature:
            fields["signature"] = signature
        values = _Writer()
        for part, one in zip(split(signature), body):
            values.put(part, one)
        head = _Writer()
        head.data += struct.pack("<cBBBII", b"l", kind, flags, 1, len(values.data), self.serial)
        head.put("a(yv)", [(_FIELDS[name][0], Variant(_FIELDS[name][1], value))
                           for name, value in fields.items()])
        head.pad(8)
        self.socket.settimeout(self.timeout)
        self.socket.sendall(bytes(head.data + values.data))
        return self.serial

    def call(self, *arguments, **options):
        """The values of the reply; Failure when it is an error. What else comes in `waiting`. A busy
        gnome-keyring now and then does not know its own methods, and does a moment later."""
        for left in reversed(range(20)):
            try:
                return self._call(*arguments, **options)
            except Failure as failure:
                if left == 0 or not failure.name.endswith(".UnknownMethod"):
                    raise
                time.sleep(0.05)

    def _call(self, destination, path, interface, member, signature="", *body, timeout=None):
        serial = self.send(CALL, signature, body, destination=destination, path=path,
                           interface=interface, member=member)
        end = time.monotonic() + (self.timeout if timeout is None else timeout)
        while True:
            message = self.read(end - time.monotonic())
            if message.reply_serial != serial:
                self.waiting.append(message)
            elif message.kind == ERROR:
                raise Failure(message.error, message.body[0] if message.body else "")
            else:
                return message.body

    def bus(self, member, signature="", *body):
        """A call to the bus itself."""
        return self.call("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus",
                         member, signature, *body)

    def answer(self, message, signature="", *body):
        if not message.flags & NO_REPLY_EXPECTED:
            self.send(RETURN, signature, body, reply_serial=message.serial,
                      destination=message.sender)

    def refuse(self, message, name, text):
        self.send(ERROR, "s", (text,), error=name, reply_serial=message.serial,
                  destination=message.sender)

    def signal(self, path, interface, member, signature, *body):
        self.send(SIGNAL, signature, body, path=path, interface=interface, member=member)
