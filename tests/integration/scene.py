# SPDX-License-Identifier: MIT
"""A login on disk that can be disturbed again and again, and the proof that nothing broke.

    scene = Scene(test, server, home)
    before = scene.expire()              # the next call has to refresh
    ... something dreadful ...
    scene.assertWhole(before)
    scene.recover()
"""
import base64
import contextlib
import hashlib
import json
import os
import time

import harness

SUFFIXES = (".json", ".session")
# What may lie about when nothing is going on, and what a crash may leave for the next call.
LASTING = (".json", ".session", ".json.lock", ".lock", ".rejected", "home/.bfabric/config.lock")
PASSING = (".json.tmp", ".session.tmp", ".rejected.tmp", ".rescue", ".rescue.tmp", ".rescued",
           ".rescued.tmp")

# Seconds that a token may take from its signature to our clock on a busy machine. An expiry that
# belongs to another file's token, as expire() sets it, is off by hours.
ON_ITS_WAY = 600


@contextlib.contextmanager
def at(**where):
    """Says where in a loop a failure happened. Unlike a subTest it ends the loop: what comes after
    the first trouble would only repeat it."""
    try:
        yield
    except Exception as error:
        error.add_note(f"at {where}")
        raise


def preloaded(home, library=None, sanitizer="verify_asan_link_order=0"):
    """The environment of a program with a preloaded library, which the address sanitizer would
    otherwise refuse to run behind."""
    options = ":".join(filter(None, (os.environ.get("ASAN_OPTIONS"), sanitizer)))
    return home.env(ASAN_OPTIONS=options, **({"LD_PRELOAD": library} if library else {}))


def token_id(refresh_token):
    """How the sandbox's log names a refresh token."""
    return hashlib.sha256(refresh_token.encode()).hexdigest()[:8]


def claims(jwt):
    """What is inside an access token; fails on anything cut off."""
    payload = jwt.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))


class LogTail:
    """The request log, read on from where it was left."""

    def __init__(self, server):
        self.server, self.offset, self.lines, self.issued = server, 0, [], set()

    def new(self):
        self.server.state()  # waits until the lines of requests in flight are written
        with open(self.server.log_file, "rb") as file:
            file.seek(self.offset)
            text = file.read()
        text = text[:text.rfind(b"\n") + 1]  # the last line, of our own question, may be half there
        self.offset += len(text)
        lines = [json.loads(line) for line in text.splitlines()]
        self.issued.update(line["new_refresh_token_id"] for line in lines
                           if line["new_refresh_token_id"])
        lines = [line for line in lines if line["endpoint"] == "token"]
        self.lines += lines
        return lines


class Scene:
    def __init__(self, test, server, home):
        self.test, self.server, self.home = test, server, home
        self.log = LogTail(server)
        self.lost = {"reply had left": 0, "reply still on its way": 0}

    def path(self, suffix):
        return self.home.place(self.server.base_url, suffix)

    def log_in(self, **mint):
        """As bfabricPy would have it: a cache alone."""
        reply = self.server.mint(client_id="CLI", **mint)
        self.home.write_cache(self.server.base_url, reply)
        self.log.issued.add(token_id(reply["refresh_token"]))
        return reply

    def begin(self):
        """Logged in, with a record of ours."""
        self.home.write_config(self.server.base_url)
        self.log_in()
        self.refresh()
        self.log.new()

    def refresh(self, *arguments):
        result = self.home.run("bfabric", "token", "--force-refresh", *arguments)
        self.test.assertExit(result, 0)
        return result

    def read(self, suffix):
        try:
            return self.path(suffix).read_bytes()
        except FileNotFoundError:
            return None

    def snapshot(self):
        return {suffix: self.read(suffix) for suffix in SUFFIXES}

    def shift(self, expires_at, expires_in=None):
        """Both files say that their token expires then."""
        for suffix in SUFFIXES:
            content = json.loads(self.read(suffix))
            token = content["token"] if suffix == ".session" else content
            token["expires_at"] = int(expires_at)
            if expires_in is not None:
                token["expires_in"] = expires_in
            self.home.write(self.path(suffix), json.dumps(content, indent=2))
        return self.snapshot()

    def expire(self):
        return self.shift(time.time() - 1)

    # ---- whole, and old or new ----

    def names(self):
        """The files of the session by what follows the stem, and whatever else lies about."""
        stem = self.path("").name
        found = set()
        for name in self.home.files():
            last = name.rsplit("/", 1)[-1]
            found.add(last[len(stem):] if last.startswith(stem) else name)
        found.update(p.name for p in self.home.home.iterdir()
                     if p.name not in (".bfabric", ".bfabricpy.yml"))
        return found

    def assertWhole(self, before, others=()):
        self.test.assertLessEqual(self.names(), set(LASTING + PASSING + tuple(others)))
        self.log.new()
        for suffix in SUFFIXES:
            text = self.read(suffix)
            if text == before[suffix]:
                continue
            self.test.assertIsNotNone(text, f"{suffix} is gone")
            content = json.loads(text)
            token = content["token"] if suffix == ".session" else content
            if token is None:
                continue  # a record that remembers a logout
            if (suffix == ".session" and before[suffix]
                    and token == json.loads(before[suffix]).get("token")):
                continue  # the same token, with one more that is known to be spent
            self.test.assertLessEqual(abs(claims(token["access_token"])["exp"]
                                          - token["expires_at"]), ON_ITS_WAY, suffix)
            self.test.assertIn(token_id(token["refresh_token"]), self.log.issued, suffix)

    def assertTidy(self, others=()):
        self.test.assertLessEqual(self.names(), set(LASTING + tuple(others)) - {".rejected"})

    # ---- what became of the login ----

    def recover(self, refreshed_before, killed_at=None, arguments=("--force-refresh",)):
        """The next call succeeds, or the log shows why no client could. True: nothing was lost."""
        on_disk = {token_id(t) for t in self._refresh_tokens()}
        result = self.home.run("bfabric", "token", *arguments)
        self.log.new()
        if result.status == 0:
            self.assertTidy()
            self.test.assertEqual(json.loads(self.read(".json"))["access_token"],
                                  result.out.strip())
            return True
        self.test.assertEqual(result.status, 4, repr(result))
        self.test.assertEqual(self.server.state()["settings"]["rotation"], "on", repr(result))
        rotated = [line for line in self.log.lines[refreshed_before:]
                   if line["status"] == 200 and line["new_refresh_token_id"]
                   and line["new_refresh_token_id"] not in on_disk
                   and line["refresh_token_id"] in on_disk]
        self.test.assertTrue(rotated, "a login was lost, and the log shows no rotation whose reply "
                             f"the killed program may have had: {result!r}")
        left = rotated[0]["reply"] == "sent" and (killed_at is None
                                                  or rotated[0]["end_time"] <= killed_at)
        self.lost["reply had left" if left else "reply still on its way"] += 1
        self.begin()
        return False

    def _refresh_tokens(self):
        for suffix in SUFFIXES:
            text = self.read(suffix)
            token = json.loads(text) if text else {}
            token = token.get("token") or {} if suffix == ".session" else token
            if token.get("refresh_token"):
                yield token["refresh_token"]

    def summary(self):
        return ", ".join(f"{count} with a {what}" for what, count in self.lost.items()
                         if count) or "none"
