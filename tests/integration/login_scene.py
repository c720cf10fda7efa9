# SPDX-License-Identifier: MIT
"""A browser login under way: our program waits, and the test is the browser, or something worse."""
import pathlib
import re
import socket
import subprocess
import sys
import urllib.parse

import browser
import harness

# With the end of its line: half an address looks like one.
SHOWN_URL = re.compile(r"(?m)^(https?://\S+/authorize\?\S+)\n")

# What $BROWSER names in tests: opens the page that it is given, as a person who decides like that. Our
# program need not wait for it: what it finds is written before the page is opened, and what comes of
# that appears as a whole.
PROGRAM = """#!{python}
import html, pathlib, re, sys, urllib.parse, urllib.request
sys.path.insert(0, {here!r})
import browser
folder = pathlib.Path({folder!r})
url = sys.argv[-1]
(folder / "arguments").write_text("\\n".join(sys.argv[1:]))
(folder / "environment").write_text(pathlib.Path("/proc/self/environ").read_text())
(folder / "limits").write_text(pathlib.Path("/proc/self/limits").read_text())
(folder / "descriptors").write_text(" ".join(
    sorted(p.name for p in pathlib.Path("/proc/self/fd").iterdir())))
if url.startswith("file:"):
    page = urllib.parse.unquote(urllib.parse.urlsplit(url).path)
    (folder / "mode").write_text(oct(pathlib.Path(page).stat().st_mode & 0o777))
    url = html.unescape(re.search("0;url=([^\\"]*)", pathlib.Path(page).read_text()).group(1))
class Server:
    ca_file = {ca_file!r}
if {decision!r}:
    page = browser.Browser(Server)
    page = page.follow(page.decide(url, {decision!r}))
    (folder / "page.new").write_text(str(page.status) + "\\n" + str(page.headers) + page.text)
    (folder / "page.new").rename(folder / "page")
"""


def browser_program(home, server, decision="approve", name="fake-browser"):
    """Writes the program; what it saw lies in its folder afterwards. Returns (path, folder)."""
    folder = home.path / (name + "-saw")
    folder.mkdir(exist_ok=True)
    here = str(pathlib.Path(browser.__file__).parent)
    text = PROGRAM.format(python=sys.executable, here=here, folder=str(folder),
                          ca_file=server.ca_file, decision=decision)
    return home.write(home.path / name, text, 0o755), folder


class Login:
    """bfabric login, started; its stderr goes to a file that can be read meanwhile."""

    count = 0

    def __init__(self, home, *arguments, env=None, **more):
        Login.count += 1
        self.path = home.path / f"stderr-{Login.count}"
        self.file = open(self.path, "w+b")
        self.process = home.start("bfabric", "login", *arguments, env=env, stderr=self.file, **more)

    @property
    def err(self):
        return self.path.read_bytes().decode(errors="replace")

    def url(self):
        """The address that is shown, alone on its line."""
        def look():
            if self.process.poll() is not None:
                raise AssertionError(f"ended with {self.process.returncode}: {self.err}")
            return SHOWN_URL.search(self.err)
        return harness.wait_for(look).group(1)

    def request(self):
        """The parameters of the authorization request."""
        return dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(self.url()).query))

    def callback(self, **params):
        """The address to come back to: with our state, unless told otherwise (None: left out)."""
        request = self.request()
        params = {"state": request["state"], **params}
        pairs = [(k, v) for k, values in params.items() if values is not None
                 for v in (values if isinstance(values, list) else [values])]
        return request["redirect_uri"] + "?" + urllib.parse.urlencode(pairs)

    @property
    def port(self):
        return urllib.parse.urlsplit(self.request()["redirect_uri"]).port

    def raw(self, data, timeout=30):
        """Bytes on a connection of its own; all that comes back."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=timeout) as link:
            link.sendall(data)
            return drain(link)

    def get(self, url):
        """(status, text) of a browser that goes there."""
        parts = urllib.parse.urlsplit(url)
        target = urllib.parse.urlunsplit(("", "", parts.path, parts.query, ""))
        answer = self.raw(f"GET {target} HTTP/1.1\r\nHost: {parts.netloc}\r\n\r\n".encode())
        return status_of(answer), answer.decode()

    def finish(self, timeout=60):
        result = harness.finish(self.process, timeout=timeout)
        self.file.close()
        return harness.Result(result.command, result.status, result.raw_out,
                              self.path.read_bytes())


def drain(link):
    data = b""
    try:
        while more := link.recv(65536):
            data += more
    except ConnectionError:
        pass
    return data


def status_of(answer):
    return int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/1.1 ") else None


def as_nobody(command, **more):
    """A program of another user; for root only."""
    return subprocess.run(command, user=65534, group=65534, extra_groups=[], **more)
