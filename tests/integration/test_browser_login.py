# SPDX-License-Identifier: MIT
"""bfabric login: the browser comes back, or something else does, or nothing."""
import os
import re
import resource
import shlex
import signal
import socket
import time
import urllib.parse

import browser
import harness
from login_scene import Login, as_nobody, browser_program, drain, status_of
from sandbox_client import SERVICE, service_sandbox

NEW = ("--scope", "read-only", "--env", "LAB")


class Case(harness.TestCase):
    settings = {}

    def setUp(self):
        self.server = self.enterContext(harness.Sandbox(**self.settings))
        self.home = self.enterContext(harness.Home())

    def start(self, *arguments, **more):
        return Login(self.home, self.server.base_url, *NEW, "--no-browser", *arguments, **more)

    def failed(self, result, status, *said):
        self.assertExit(result, status)
        self.assertEqual(result.out, "")
        last = result.err.splitlines()[-1]
        self.assertTrue(last.startswith("bfabric: "), repr(result))
        for text in said:
            self.assertIn(text, last)
        self.untouched()

    def untouched(self):
        """Nothing was written, no page is left; a lock file may be."""
        self.assertFalse(self.home.config_file.exists())
        self.assertEqual([n for n in self.home.files() if not n.endswith(".lock")], [])

    def approve(self, login):
        """The page that the browser shows in the end."""
        return browser.Browser(self.server).approve(login.url(), follow=True)

    def succeeded(self, login):
        result = login.finish()
        self.assertExit(result, 0)
        self.assertRegex(result.err, r"(?m)^logged in as scientist$")
        self.assertExit(self.home.run("bfabric", "token"), 0)
        return result

    def still_waits(self, login):
        self.assertIsNone(login.process.poll(), login.err)
        self.assertEqual(self.approve(login).status, 200)
        self.succeeded(login)


class Login_(Case):
    def test_approve(self):
        login = self.start()
        request = login.request()
        self.assertEqual(request["response_type"], "code")
        self.assertEqual(request["code_challenge_method"], "S256")
        self.assertEqual((request["client_id"], request["scope"]), ("CLI", "api:read"))
        self.assertGreaterEqual(len(request["state"]), 22)
        self.assertRegex(request["redirect_uri"], r"^http://127\.0\.0\.1:\d+/callback$")
        page = self.approve(login)
        self.assertEqual(page.status, 200)
        self.assertIn("<strong>scientist</strong>", page.text)
        self.assertIn("no-store", page.headers["Cache-Control"])
        self.assertIn("default-src 'none'", page.headers["Content-Security-Policy"])
        self.assertNotIn("<script", page.text)
        for secret in (request["state"], request["code_challenge"], "code="):
            self.assertNotIn(secret, page.text)
        self.succeeded(login)
        self.assertIn("default_config: LAB", self.home.config_file.read_text())
        # No request more than the protocol needs.
        self.assertEqual([line["endpoint"] for line in self.server.log()
                          if line["endpoint"] not in ("authorize", "control")],
                         ["discovery", "token"])

    def test_names_of_the_verb(self):
        for verb in (("login",), ("auth", "login"), ("auth", "pkce")):
            result = self.home.run("bfabric", *verb, "--help")
            self.assertExit(result, 0)
            self.assertIn("--no-browser", result.out)
        self.assertIn("login", self.home.run("bfabric", "logn").err)

    def test_misspelt_instance(self):
        result = self.home.run("bfabric", "login", "fgcz-tset")
        self.failed(result, 2, "did you mean fgcz-test?")
        self.assertNotIn("did you mean", self.home.run("bfabric", "login", "elsewhere").err)

    def test_again_without_arguments(self):
        login = self.start()
        self.approve(login)
        self.succeeded(login)
        before, config = self.home.run("bfabric", "token").out, self.home.config_file.read_bytes()
        login = Login(self.home, "--no-browser")
        self.approve(login)
        self.succeeded(login)
        self.assertNotEqual(self.home.run("bfabric", "token").out, before)
        self.assertEqual(self.home.config_file.read_bytes(), config)

    def test_deny(self):
        login = self.start()
        page = browser.Browser(self.server).deny(login.url(), follow=True)
        self.assertEqual(page.status, 400)
        self.assertIn("access_denied", page.text)
        self.failed(login.finish(), 4, "access_denied", "The person said no.")
        self.assertEqual(self.server.log("token"), [])

    def test_another_subject(self):
        login = self.start()
        self.approve(login)
        self.succeeded(login)
        login = Login(self.home, "--no-browser")
        page = browser.Browser(self.server).approve(login.url(), user="somebody", follow=True)
        self.assertIn("<strong>somebody</strong>", page.text)
        result = login.finish()
        self.assertExit(result, 8)
        self.assertIn("it was revoked at the server", result.err)
        self.assertEqual([line["status"] for line in self.server.log("revoke")], [200, 200])
        self.assertEqual(self.home.run("bfabric", "auth", "status", "--json").json()["subject"],
                         "scientist")

    def test_two_at_once(self):
        first, second = self.start(), Login(self.home, self.server.base_url, "--scope=api:read",
                                            "--env=OTHER", "--no-browser")
        self.assertNotEqual(first.port, second.port)
        self.assertEqual(first.get(second.callback(code="x").replace(
            str(second.port), str(first.port)))[0], 400)
        self.approve(second)
        self.approve(first)
        self.assertExit(second.finish(), 0)
        self.succeeded(first)
        self.assertExit(self.home.run("bfabric", "token", "--env", "OTHER"), 0)

    def test_the_code_is_exchanged_once(self):
        for fault, status in (("503", 5), ("invalid_grant", 4), ("reset", 5)):
            self.server.control("fault", endpoint="token", kind=fault, count="1")
            login = self.start()
            before = len(self.server.log("token"))
            page = self.approve(login)
            self.assertEqual(page.status, 400)
            self.assertIn("Not logged in", page.text)
            self.failed(login.finish(), status)
            self.assertEqual(len(self.server.log("token")), before + 1)


class Answers(Case):
    """What no server should send."""

    def test_from_the_server(self):
        for settings, status, said in (({"callback": "two-codes"}, 1, "twice"),
                                       ({"callback": "no-code"}, 1, "no code"),
                                       ({"callback_iss": "wrong"}, 1, "another issuer")):
            for name, value in settings.items():
                self.server.control("set", **{name: value})
            login = self.start()
            page = self.approve(login)
            self.assertEqual(page.status, 400)
            self.assertIn("Not logged in", page.text)
            self.failed(login.finish(), status, said)
            self.assertEqual(self.server.log("token"), [])
            self.server.control("set", callback="right", callback_iss="none")

    def test_wrong_and_missing_state_wait_on(self):
        login = self.start()
        for state in ("wrong", None, "", [login.request()["state"] + "x"]):
            status, text = login.get(login.callback(code="x", state=state))
            self.assertEqual(status, 400)
            self.assertIn("Not this login", text)
        self.assertEqual(login.get(login.callback(error="access_denied", state="x"))[0], 400)
        self.still_waits(login)

    def test_issuer(self):
        self.server.control("set", callback_iss="right")
        login = self.start()
        self.approve(login)
        self.succeeded(login)

    def test_error_is_shown_without_harm(self):
        login = self.start()
        _, text = login.get(login.callback(error="access_denied",
                                           error_description="<script>x</script>\u202e"))
        self.assertNotIn("<script>x", text)
        self.assertIn("&lt;script&gt;", text)
        result = login.finish()
        self.failed(result, 4)
        self.assertNotIn("\u202e", result.err)
        login = self.start()
        login.get(login.callback(error="access_denied", error_description="\x1b[31mcolour"))
        result = login.finish()
        self.failed(result, 4, "access_denied")
        self.assertNotIn("colour", result.err)


class IssuerPromised(Case):
    settings = {"iss_supported": True}

    def test_missing(self):
        login = self.start()
        self.approve(login)
        self.failed(login.finish(), 1, "who issued it")


class Intruders(Case):
    """Whatever else comes to the port."""

    def test_other_requests(self):
        login = self.start()
        host = f"Host: 127.0.0.1:{login.port}\r\n"
        good = urllib.parse.urlsplit(login.callback(code="x"))
        target = f"{good.path}?{good.query}"
        for request in (f"GET /favicon.ico HTTP/1.1\r\n{host}\r\n",
                        f"POST {target} HTTP/1.1\r\n{host}Content-Length: 3\r\n\r\nabc",
                        f"HEAD {target} HTTP/1.1\r\n{host}\r\n",
                        f"GET {target} HTTP/1.1\r\nHost: evil.org:{login.port}\r\n\r\n",
                        f"GET {target} HTTP/1.1\r\nHost: localhost:{login.port}\r\n\r\n",
                        f"GET {target} HTTP/1.1\r\n\r\n",
                        f"GET {target} HTTP/1.1\r\n{host}X: {'x' * 20000}\r\n\r\n"):
            answer = login.raw(request.encode())
            self.assertEqual(status_of(answer), 404, request[:80])
        self.still_waits(login)

    def test_a_crowd_behind_the_browser(self):
        login = self.start()
        url, port = login.url(), login.port
        login.process.send_signal(signal.SIGSTOP)  # all of them come at once
        location = browser.Browser(self.server).approve(url).location
        target = location.split(f"127.0.0.1:{port}")[1]
        with socket.create_connection(("127.0.0.1", port), timeout=30) as link:
            link.sendall(f"GET {target} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode())
            crowd = [socket.create_connection(("127.0.0.1", port)) for _ in range(60)]
            login.process.send_signal(signal.SIGCONT)
            self.assertEqual(status_of(drain(link)), 200)
        for other in crowd:
            other.close()
        self.succeeded(login)

    def test_slow_and_idle_connections(self):
        login = self.start()
        links = [socket.create_connection(("127.0.0.1", login.port)) for _ in range(40)]
        for link in links[::2]:
            link.sendall(b"GET /callback?code=x HTTP/1.1\r\nX: ")
        self.still_waits(login)
        for link in links:
            link.close()

    def test_slow_loris_is_closed(self):
        login = self.start()
        with socket.create_connection(("127.0.0.1", login.port), timeout=30) as link:
            began = time.monotonic()
            link.sendall(b"GET /callback")
            self.assertEqual(drain(link), b"")
            self.assertLess(time.monotonic() - began, 25)
        self.still_waits(login)

    def test_another_user(self):
        if os.getuid() != 0:
            self.skipTest("only root can be two users")
        login = self.start()
        good = login.callback(code="theirs")
        tell = ("import socket,sys;s=socket.create_connection(('127.0.0.1',int(sys.argv[1])));"
                "s.sendall(sys.argv[2].encode());print(s.recv(9))")
        parts = urllib.parse.urlsplit(good)
        request = f"GET {parts.path}?{parts.query} HTTP/1.1\r\nHost: {parts.netloc}\r\n\r\n"
        for quiet in (False, True):
            got = as_nobody(["/usr/bin/python3", "-c", tell.replace("print(s.recv(9))", "")
                             if quiet else tell, str(login.port), request],
                            capture_output=True, timeout=30, cwd="/")
            self.assertNotIn(b"HTTP", got.stdout)
        harness.wait_for(lambda: "Another user" in login.err)
        self.still_waits(login)
        self.assertNotIn("theirs", str(self.server.log("token")))


class Endings(Case):
    def test_nobody_comes(self):
        login = self.start("--timeout=1")
        self.failed(login.finish(), 5, "in time")

    def test_port(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            result = self.home.run("bfabric", "login", self.server.base_url, *NEW, "--no-browser",
                                   f"--port={port}")
            self.failed(result, 1, str(port), "in use")
        for _ in range(2):  # and again at once
            login = self.start(f"--port={port}")
            self.assertEqual(login.port, port)
            self.approve(login)
            self.succeeded(login)
        for wrong in ("-1", "65536", "x"):
            result = self.home.run("bfabric", "login", "--port", wrong)
            self.assertExit(result, 2)

    def under_way(self, count):
        """Waits until the server has so many requests before it."""
        harness.wait_for(lambda: self.server.state()["in_flight"] == count)

    def test_interrupted_at_every_point(self):
        """Discovery hangs; waiting; the exchange hangs."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            self.under_way(0)  # what the last one left is gone
            self.server.control("fault", endpoint="discovery", kind="hang", count="1")
            login = self.start()
            self.under_way(1)
            login.process.send_signal(number)
            self.failed(login.finish(), 130)
            login = self.start()
            login.url()
            login.process.send_signal(number)
            self.failed(login.finish(), 130, "cancelled")
            login = self.start()
            self.server.control("fault", endpoint="token", kind="hang", count="1")
            page = browser.Browser(self.server).approve(login.url())
            link = socket.create_connection(("127.0.0.1", login.port))
            parts = urllib.parse.urlsplit(page.location)
            link.sendall(f"GET {parts.path}?{parts.query} HTTP/1.1\r\nHost: {parts.netloc}\r\n\r\n"
                         .encode())
            self.under_way(1)
            login.process.send_signal(number)
            self.assertIn(b"Not logged in", drain(link))
            link.close()
            self.failed(login.finish(), 130)


class Programs(Case):
    """$BROWSER, and where none can be."""

    def login(self, **env):
        return self.home.run("bfabric", "login", self.server.base_url, *NEW, env=self.home.env(**env))

    def test_browser(self):
        program, saw = browser_program(self.home, self.server)
        # A name that is not there, a browser of the terminal, a relative path: all passed over.
        self.home.write(self.home.bin / "lynx", "#!/bin/false", 0o755)
        (self.home.bin / "text-browser").symlink_to(self.home.bin / "lynx")
        before = resource.getrlimit(resource.RLIMIT_CORE)
        self.addCleanup(resource.setrlimit, resource.RLIMIT_CORE, before)
        resource.setrlimit(resource.RLIMIT_CORE, (before[1], before[1]))
        result = self.login(BROWSER=f"not-there:lynx:text-browser:./x:{program} --new-window %s",
                            SECRET="1", BFABRICPY_CONFIG_ENV="LAB", BEARER_TOKEN="canary")
        self.assertExit(result, 0)
        self.assertIn("logged in as scientist", result.err)
        harness.wait_for((saw / "page").exists, 30)  # the browser may end after us
        self.assertTrue((saw / "page").read_text().startswith("200\n"))
        option, address = (saw / "arguments").read_text().split("\n")
        self.assertEqual(option, "--new-window")
        self.assertTrue(address.startswith(f"file://{self.home.runtime}/bfabric/login-"), address)
        self.assertEqual((saw / "mode").read_text(), "0o600")
        environment = (saw / "environment").read_text()
        self.assertIn("SECRET=1", environment)
        self.assertNotIn("BFABRIC", environment)
        self.assertNotIn("canary", environment)
        self.assertLessEqual(len((saw / "descriptors").read_text().split()), 4)
        if before[1]:
            self.assertNotRegex((saw / "limits").read_text(), r"Max core file size +0 ")
        self.assertEqual([n for n in self.home.files() if "login-" in n], [])

    def test_page_without_runtime_directory_and_litter(self):
        folder = self.home.home / ".bfabric"
        folder.mkdir(mode=0o700)
        (folder / "login-4194300.html").write_text("of a process that was killed")
        (folder / "login-x.html").write_text("somebody's")
        program, saw = browser_program(self.home, self.server)
        self.assertExit(self.login(BROWSER=str(program), XDG_RUNTIME_DIR=None), 0)
        self.assertIn(f"file://{folder}/login-", (saw / "arguments").read_text())
        self.assertEqual([p.name for p in folder.glob("login-*")], ["login-x.html"])

    def test_confined_browser_gets_the_address(self):
        program, saw = browser_program(self.home, self.server)
        wrapper = self.home.write(self.home.path / "firefox",
                                  f"#!/bin/sh\n# /snap/bin/firefox\nexec {program} \"$@\"\n", 0o755)
        result = self.login(BROWSER=str(wrapper))
        self.assertExit(result, 0)
        self.assertIn(self.server.base_url, (saw / "arguments").read_text())
        self.assertIn("cannot read files of ours", result.err)

    def test_desktop(self):
        program, saw = browser_program(self.home, self.server)
        (self.home.bin / "xdg-open").symlink_to(program)
        self.assertExit(self.login(DISPLAY=":99"), 0)
        self.assertIn("BROWSER=x-www-browser:", (saw / "environment").read_text())
        self.assertNotIn("lynx", (saw / "environment").read_text())

    def test_browser_that_fails(self):
        (self.home.bin / "broken").symlink_to("/bin/false")
        login = Login(self.home, self.server.base_url, *NEW, env=self.home.env(BROWSER="broken"))
        harness.wait_for(lambda: "could not be opened" in login.err)
        self.still_waits(login)

    def test_nowhere_to_open_one(self):
        for env, said in (({"SSH_CONNECTION": "a 1 b 2", "DISPLAY": ":0"}, "SSH session"),
                          ({}, "no display"),
                          ({"BROWSER": "lynx:w3m"}, "no display"),
                          ({"DISPLAY": ":0", "PATH": str(self.home.bin)}, "none was found")):
            result = self.login(**env)
            self.assertIn(said, result.err)
            self.failed(result, 1)
            self.assertEqual(self.server.log("token"), [])

    def test_the_command_that_is_named_is_complete(self):
        result = self.home.run("bfabric", "login", self.server.base_url, "--env", "my lab",
                               "--scope", "api:read tus", "--client-id", "CLI", "--no-set-default")
        self.assertExit(result, 1)
        command = re.search(r"(?m)^  bfabric (auth device-code .*)$", result.err).group(1)
        self.assertEqual(shlex.split(command),
                         ["auth", "device-code", self.server.base_url, "--env", "my lab",
                          "--client-id", "CLI", "--scope", "api:read tus", "--no-set-default"])
        self.server.control("set", auto_approve="0")
        result = self.home.run("bfabric", *shlex.split(command))
        self.assertExit(result, 0)
        self.assertIn("my lab", self.home.config_file.read_text())
        result = self.home.run("bfabric", "login", "--env", "my lab")
        self.assertIn("\n  bfabric auth device-code --env 'my lab'\n", result.err)


class Confidential(harness.TestCase):
    def log_in(self, home, server, *arguments):
        login = Login(home, "--no-browser", *arguments)
        self.assertEqual(browser.Browser(server).approve(login.url(), follow=True).status, 200)
        result = login.finish()
        self.assertExit(result, 0)
        self.assertExit(home.run("bfabric", "token", "--force-refresh"), 0)
        return result

    def test_secret_is_used_and_kept(self):
        with service_sandbox() as (server, secret), harness.Home() as home:
            home.write_config(server.base_url, client_id=SERVICE, client_secret=f'"{secret}"')
            before = home.config_file.read_bytes()
            self.log_in(home, server)
            # bfabricPy does not write beside a secret in an environment that says oauth, and reads
            # one that says nothing as that: the line goes.
            self.assertEqual(home.config_file.read_bytes(),
                             before.replace(b"  auth_method: oauth\n", b""))
            request = server.log("token")[0]
            self.assertEqual((request["grant"], request["status"]), ("authorization_code", 200))
            # Another client's secret is not sent, and does not stay.
            self.log_in(home, server, "--client-id", "CLI")
            self.assertNotIn(secret, home.config_file.read_text())

    def test_secret_in_a_file(self):
        with service_sandbox() as (server, secret), harness.Home() as home:
            file = home.write("service.secret", secret + "\n")
            home.write_config(server.base_url, client_id=SERVICE, own={"client_secret_file": file})
            self.log_in(home, server)
            file.unlink()
            self.assertExit(home.run("bfabric", "login", "--no-browser"), 1)

    def test_wrong_secret(self):
        with service_sandbox() as (server, _), harness.Home() as home:
            home.write_config(server.base_url, client_id=SERVICE, client_secret='"guess"')
            login = Login(home, "--no-browser")
            page = browser.Browser(server).approve(login.url(), follow=True)
            self.assertIn("invalid_client", page.text)
            self.assertExit(login.finish(), 4)



if __name__ == "__main__":
    harness.main()
