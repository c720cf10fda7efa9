# SPDX-License-Identifier: MIT
"""The main job: git clones and fetches through our credential helper while tokens expire."""
import base64
import http.server
import shutil
import threading
import time

import harness
from harness import scaled, wait_until


class Elsewhere:
    """Somebody else's git server on loopback: asks for a password and writes down what it gets."""

    def __enter__(self):
        seen = self.seen = []

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                seen.append(self.headers.get("Authorization"))
                self.send_response(401)
                self.send_header("WWW-Authenticate", 'Basic realm="elsewhere"')
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/git/lab.git"
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


class Scene(harness.TestCase):
    def stage(self, configure=True, mint=None, **settings):
        """A logged-in home whose git is configured, and a server with a repository."""
        self.server = self.enterContext(harness.Sandbox(git=True, **settings))
        self.home = self.enterContext(harness.Home())
        self.url = self.server.repository(commits=3)
        self.reply = self.home.login(self.server, mint=mint)
        self.clone = self.home.home / "lab"
        if configure:
            self.configure()

    def configure(self):
        result = self.home.run("bfabric", "configure", "git")
        self.assertExit(result, 0)
        if self.server.ca_file:
            self.git("config", "--global", "http.sslCAInfo", self.server.ca_file)
        return result

    def git(self, *arguments, status=0, **more):
        result = self.home.run("git", *arguments, **more)
        self.assertExit(result, status)
        self.assertNoSecret(result, self.reply)
        return result

    def has(self, clone, commit):
        return self.git("-C", clone, "rev-parse", "origin/main").out.strip() == commit

    def age(self):
        """The cached token is over, for the server and for us. Returns what was in the cache."""
        cache = self.home.read_cache(self.server.base_url)
        self.server.control("advance", seconds=cache["expires_in"])
        self.home.write_cache(self.server.base_url, {**cache, "expires_at": int(time.time()) - 1})
        return cache

    def expire(self):
        """Waits until the cached token is over."""
        cache = self.home.read_cache(self.server.base_url)
        wait_until(cache["expires_at"] + 0.05)
        return cache


class Git(Scene):
    def test_clone_and_fetch_across_expiry(self):
        self.stage(rotation="on", reuse_detection="on")
        self.git("clone", self.url, self.clone)
        self.assertEqual(len(self.git("-C", self.clone, "log", "--oneline").out.splitlines()), 3)
        self.assertEqual(self.server.refreshes(), [])
        for _ in range(scaled(10, at_least=2)):
            before = self.age()
            commit = self.server.commit()
            self.git("-C", self.clone, "fetch")
            self.assertTrue(self.has(self.clone, commit))
            after = self.home.read_cache(self.server.base_url)
            self.assertNotEqual(before["access_token"], after["access_token"])
            self.assertNotEqual(before["refresh_token"], after["refresh_token"])
        refreshes = self.server.refreshes()
        self.assertEqual({line["status"] for line in refreshes}, {200})
        self.assertEqual(len(refreshes), scaled(10, at_least=2))
        spent = [line["refresh_token_id"] for line in refreshes]
        self.assertEqual(len(spent), len(set(spent)), "a refresh token was spent twice")

    def test_fresh_token_needs_no_token_endpoint(self):
        self.stage()
        self.git("clone", self.url, self.clone)
        self.git("-C", self.clone, "fetch")
        self.assertEqual(self.server.log("token"), [])
        self.assertEqual(self.server.log("discovery"), [])

    def test_over_tls(self):
        self.stage(tls=True, mint={"lifetime": 1})
        self.expire()
        self.git("clone", self.url, self.clone)
        self.assertEqual(len(self.server.refreshes()), 1)

    def test_hundred_siblings_share_one_refresh(self):
        self.stage(rotation="on", reuse_detection="on")
        self.git("clone", self.url, self.clone)
        siblings = [self.home.home / f"lab-{number}" for number in range(scaled(100, at_least=12))]
        for sibling in siblings:
            shutil.copytree(self.clone, sibling)
        # A token that is over in a moment; what the refresh brings lives longer than the crowd needs.
        self.home.write_cache(self.server.base_url, self.server.mint(lifetime=2))
        commit = self.server.commit()
        self.expire()
        crowd = [self.home.start("git", "-C", sibling, "fetch") for sibling in siblings]
        for process in crowd:
            self.assertExit(harness.finish(process, timeout=120), 0)
        for sibling in siblings:
            self.assertTrue(self.has(sibling, commit))
        self.assertEqual([line["status"] for line in self.server.refreshes()], [200])
        # And the login still lives: the next expiry is one more refresh.
        self.server.control("advance", seconds=100000)
        cache = self.home.read_cache(self.server.base_url)
        self.home.write_cache(self.server.base_url, {**cache, "expires_at": int(time.time()) - 1})
        self.git("-C", self.clone, "fetch")
        self.assertEqual([line["status"] for line in self.server.refreshes()], [200, 200])

    def test_refused_token_is_replaced(self):
        """401 and erase: the next call brings a new token, though the old one looked fresh."""
        self.stage()
        self.home.write_cache(self.server.base_url, self.reply, obtained=time.time() - 120)
        self.git("clone", self.url, self.clone)
        # Both the request without a token and the one with it.
        self.server.control("fault", endpoint="git", kind="status", arg=401, count=2)
        self.git("-C", self.clone, "fetch", status=128)
        self.assertTrue(self.home.place(self.server.base_url, ".rejected").exists())
        commit = self.server.commit()
        self.git("-C", self.clone, "fetch")
        self.assertTrue(self.has(self.clone, commit))
        self.assertEqual(len(self.server.refreshes()), 1)
        self.assertFalse(self.home.place(self.server.base_url, ".rejected").exists())

    def test_young_token_is_not_rotated_for_a_401(self):
        """A 401 for lack of permission must not rotate tokens for ever."""
        self.stage()
        self.git("clone", self.url, self.clone)
        self.server.control("fault", endpoint="git", kind="status", arg=401)
        for _ in range(3):
            self.git("-C", self.clone, "fetch", status=128)
        self.assertEqual(self.server.refreshes(), [])


class Trouble(Scene):
    def test_logged_out(self):
        self.stage()
        self.home.place(self.server.base_url).unlink()
        result = self.git("clone", self.url, self.clone, status=128)
        self.assertIn("bfabric login", result.err)
        self.assertNotIn("could not read Username", result.err)
        self.assertEqual(self.server.log("token"), [])

    def test_refresh_refused(self):
        self.stage(mint={"lifetime": 1})
        self.server.control("revoke-family")
        self.expire()
        for _ in range(3):
            result = self.git("clone", self.url, self.clone, status=128)
            self.assertIn("bfabric login", result.err)
        self.assertLessEqual(len(self.server.refreshes()), 1)

    def test_server_down(self):
        self.stage(mint={"lifetime": 1})
        helper = self.home.bin / "git-credential-bfabric"
        self.expire()
        self.server.stop()
        result = harness.run([helper, "get"], self.home.env(),
                             f"protocol=http\nhost={self.server.host}\n\n")
        self.assertEqual(result.fields(), {"quit": "1"})
        self.assertEqual(len(result.err.splitlines()), 1, repr(result))
        self.assertNoSecret(result, self.reply)


class OtherHosts(Scene):
    def test_no_token_for_another_port(self):
        """Even where a person made us the helper of every host."""
        self.stage(configure=False)
        helper = self.home.bin / "git-credential-bfabric"
        self.git("config", "--global", "credential.helper", helper)
        self.git("clone", self.url, self.clone)
        with Elsewhere() as other:
            self.git("clone", other.url, self.home.home / "other", status=128)
            look_alike = other.url.replace("//", f"//{self.server.host.replace(':', '%3a')}@")
            self.git("clone", look_alike, self.home.home / "other", status=128)
            self.assertGreater(len(other.seen), 0)
            for header in filter(None, other.seen):  # a name from the URL, and nothing for a password
                user, _, password = base64.b64decode(header.split()[1]).decode().rpartition(":")
                self.assertEqual((user, password), (self.server.host, ""))

    def test_no_token_for_a_redirect(self):
        """git follows a server's first redirect; the credential must not follow it."""
        self.stage()
        with Elsewhere() as other:
            self.server.control("fault", endpoint="git", kind="redirect", arg=other.url
                                + "/info/refs?service=git-upload-pack")
            self.git("clone", self.url, self.clone, status=128)
            self.assertEqual(set(other.seen) - {None}, set())

    def test_look_alikes(self):
        self.stage()
        name, port = self.server.host.split(":")
        self.assertIn("password", self.ask("http", self.server.host))
        others = ["127.0.0.1", f"127.0.0.1:{int(port) % 65535 + 1}", f"127.1:{port}",
                  f"localhost:{port}", f"127.0.0.1.evil.org:{port}", f"127.0.0.1.:{port}",
                  f"evil.org@127.0.0.1:{port}", f"127.0.0.1:{port}@evil.org", f"evil.org:{port}",
                  f"2130706433:{port}", f"0x7f.1:{port}", f"0177.0.0.1:{port}", f"[::1]:{port}",
                  f"[::ffff:127.0.0.1]:{port}", f"127.0.0.1:0{port}", f"127.0.0.1:{port}/",
                  f"127.0.0.1:{port},evil.org", f"127.0.0.1:{port} evil.org", f" {name}:{port}",
                  f"{name}:{port}\t", f"{name}:{port}%00", f"１27.0.0.1:{port}", ":" + port, ""]
        for host in others:
            with self.subTest(host=host):
                self.assertNotIn("password", self.ask("http", host))
        for scheme in ("https", "ftp", "HTTPS", "file", "smtp", ""):
            with self.subTest(scheme=scheme):
                self.assertNotIn("password", self.ask(scheme, self.server.host))
        self.assertEqual(self.server.log("token"), [])

    def ask(self, protocol, host):
        result = self.home.run("git-credential-bfabric", "get",
                               input=f"protocol={protocol}\nhost={host}\n\n")
        if "password" not in result.fields():
            self.assertEqual(result.out, "", repr(result))
        return result.fields()

    def test_a_line_end_cannot_smuggle_a_host(self):
        self.stage()
        for text in (f"protocol=http\nhost=evil.org\rhost={self.server.host}\n\n",
                     f"protocol=http\nhost=evil.org\0host={self.server.host}\n\n",
                     f"protocol=http\nhost={self.server.host}\nhost=evil.org\n\n",
                     f"url=http://{self.server.host}/\nurl=http://evil.org/\n\n"):
            with self.subTest(text=text):
                result = self.home.run("git-credential-bfabric", "get", input=text)
                self.assertNotIn("password", result.fields(), repr(result))


class OtherHelpers(Scene):
    def store(self):
        """git-credential-store, which writes what it is given into a plain file."""
        self.plain = self.home.home / "plain-passwords"
        self.git("config", "--global", "--add", "credential.helper", f"store --file={self.plain}")

    def test_store_beside_us_gets_nothing(self):
        self.stage(configure=False)
        self.store()
        self.configure()
        self.git("clone", self.url, self.clone)
        self.git("-C", self.clone, "fetch")
        self.assertFalse(self.plain.exists(), "git-credential-store was given our token")

    def test_store_configured_later_is_overtaken(self):
        """git asks helpers in the order of the file: configuring again puts ours last."""
        self.stage()
        self.store()
        told = self.configure()
        self.assertIn("ours now comes last", told.err)
        self.git("clone", self.url, self.clone)
        self.assertFalse(self.plain.exists(), "git-credential-store was given our token")
        again = self.configure()
        self.assertIn("already has", again.err)

    def test_section_that_cannot_move_is_told(self):
        self.stage()
        self.git("config", "--global", f"credential.http://{self.server.host}.username", "SANDBOX")
        self.store()
        self.assertIn("warning: another helper", self.configure().err)

    def test_store_without_our_configuration_would_get_it(self):
        """The danger is real: without the reset line git hands our answer on."""
        self.stage(configure=False)
        self.store()
        self.git("config", "--global", "--add", "credential.helper",
                 self.home.bin / "git-credential-bfabric")
        self.git("clone", self.url, self.clone)
        self.assertIn("__oauth__", self.plain.read_text())

    def test_configure_is_repeatable_and_exact(self):
        self.stage()
        first = (self.home.home / ".gitconfig").read_text()
        self.configure()
        self.assertEqual((self.home.home / ".gitconfig").read_text(), first)
        key = f"credential.http://{self.server.host}.helper"
        values = self.git("config", "--global", "--get-all", key).out.splitlines()
        self.assertEqual(len(values), 2)
        self.assertEqual(values[0], "")
        self.assertTrue(values[1].startswith("/"), values)
        printed = self.home.run("bfabric", "configure", "git", "--print")
        self.assertExit(printed, 0)
        self.assertIn(values[1], printed.out)
        self.assertEqual((self.home.home / ".gitconfig").read_text(), first)


if __name__ == "__main__":
    harness.main()
