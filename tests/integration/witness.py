# SPDX-License-Identifier: MIT
"""Who read and wrote which refresh token in which order, without a clock.

Our programs (by their trace) and bfabricPy processes (by BFABRICPY, below) append to one file. A line
is one write(2) to a file opened with O_APPEND, so that the order of the lines is an order of events:
what a process wrote before it did something stands before what another wrote after it had seen that.

We could know that a token is spent when

* the cache did not hold it any more at our last look, which stands directly before the request. A
  look may return what was there at any moment between its two lines; a write by bfabricPy may take
  effect at any moment between its own two.
* one of us had sent it before, or had found, with the lock in hand, that another took its place.

A fresh token is served from the cache without lock and record: of what such a call saw nobody knows.
"""
import collections
import re

from scene import token_id

# Put before a script of bfabricpy.Client(..., BF_EVENTS=path).
BFABRICPY = """
import hashlib
from bfabric.oauth._token_cache import TokenCache
_events = os.open(os.environ["BF_EVENTS"], os.O_WRONLY | os.O_APPEND)
def _event(word, token):
    name = hashlib.sha256(token["refresh_token"].encode()).hexdigest()[:8] if token else "none"
    os.write(_events, f"bfabricPy {os.getpid()}: {word} {name}\\n".encode())
_load, _save = TokenCache.load, TokenCache.save
def _traced_load(self):
    found = _load(self)
    _event("read", found)
    return found
def _traced_save(self, token):
    _event("writes", token)
    _save(self, token)
    _event("wrote", token)
TokenCache.load, TokenCache.save = _traced_load, _traced_save
"""

_TRACE = r"bfabric: trace: "
_PATTERNS = {name: re.compile(pattern) for name, pattern in {
    "py_begins": r"bfabricPy (\d+): writes (\w+)$",
    "py_ends": r"bfabricPy (\d+): wrote (\w+)$",
    "begins": _TRACE + r"refresh token (\w+) (?:goes into record and cache"
                       r"|of the record goes back into the cache)$",
    "ends": _TRACE + r"(?:record|cache) \S+: saved$",
    "looks": _TRACE + r"a last look at the cache$",
    "holds": _TRACE + r"the cache holds refresh token (\w+)$",
    "replaces": _TRACE + r"refresh token \w+ is adopted from the cache, it replaces (\w+)$",
    "sends": _TRACE + r"refresh token (\w+) is sent$",
}.items()}


class Write:
    """Of a token into the cache; it took effect after line `begun` and before line `ended`."""

    def __init__(self, token, begun, ended=None):
        self.token, self.begun, self.ended = token, begun, ended


class Witness:
    def __init__(self, path, first_refresh_token):
        self.path, self.first = path, token_id(first_refresh_token)

    def __enter__(self):
        self.file = open(self.path, "ab")
        return self

    def __exit__(self, *_):
        self.file.close()

    def lines(self):
        return self.path.read_text(errors="replace").splitlines()

    def events(self):
        """(line number, kind, what the pattern caught)"""
        for number, line in enumerate(self.lines()):
            for kind, pattern in _PATTERNS.items():
                found = pattern.match(line)
                if found:
                    yield number, kind, found.groups()

    def writes(self):
        found, open_by = [Write(self.first, -2, -1)], {}
        for number, kind, caught in self.events():
            # Of us only the holder of the lock writes: one at a time.
            who = caught[0] if kind.startswith("py_") else "ours"
            if kind in ("begins", "py_begins"):
                open_by[who] = Write(caught[-1], number)
                found.append(open_by[who])
            elif kind in ("ends", "py_ends") and who in open_by:
                open_by.pop(who).ended = number
        return found

    def trouble(self, sent_ids):
        """What is wrong with our requests: empty when each was right by what we could know.
        `sent_ids` are the refresh tokens that the server had from us, in that order."""
        found, sent, look, held = [], [], None, None
        known = collections.deque(maxlen=32)  # so many the record remembers
        writes = self.writes()
        for number, kind, caught in self.events():
            if kind == "looks":
                look, held = number, None
            elif kind == "holds":
                held = caught[0]
                if not could_hold(writes, held, look, number):
                    found.append(f"line {number}: {held} was not in the cache any more")
            elif kind == "replaces":
                remember(known, caught[0])
            elif kind == "sends":
                token = caught[0]
                if held is None:
                    found.append(f"line {number}: {token} was sent without a look at the cache")
                elif held != token and held not in known:
                    found.append(f"line {number}: {token} was sent, the cache held {held}")
                if token in known:
                    found.append(f"line {number}: {token} was known to be spent")
                remember(known, token)
                sent.append(token)
                look = held = None
        if sent != sent_ids:
            found.append(f"the server had {sent_ids}, the trace says {sent}")
        return found

    def story(self, requests, ours):
        """For a person: whose request spent a token that was spent, and how often it had come back."""
        spent, count = {}, collections.Counter()
        for line in requests:
            token = line["refresh_token_id"]
            who = "we" if line["user_agent"].startswith(ours) else "bfabricPy"
            if token in spent:
                count[f"{who} after {spent[token]}"] += 1
            spent.setdefault(token, who)
        backs = sum(write.token in spent for write in self.writes()[1:])
        again = ", ".join(f"{who} {times}x" for who, times in count.items()) or "nobody"
        return f"{backs} write-backs of spent tokens, spent again by: {again}"


def remember(known, token):
    if token not in known:
        known.append(token)


def could_hold(writes, token, begun, ended):
    """Could a read between these lines return this token?"""
    return any(write.token == token and write.begun < ended and not any(
        later.token != token and write.ended is not None and later.begun > write.ended
        and later.ended is not None and later.ended < begun for later in writes)
        for write in writes)
