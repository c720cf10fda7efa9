# SPDX-License-Identifier: MIT
"""git's helper protocol as git speaks it, as nobody should, and for hosts that look like ours."""
import time

import harness
from badday import BadDay
from herd import git_request


class Protocol(BadDay):
    def ask(self, request, *arguments):
        return self.home.run("git-credential-bfabric", *arguments, "get", input=request, timeout=20)

    def assertAnswered(self, result):
        self.assertExit(result, 0)
        self.assertEqual(result.fields().get("password"), self.reply["access_token"])

    def assertSilent(self, result, *arguments):
        self.assertEqual(result.out, "", repr(result))
        self.assertNoSecret(result, self.reply)

    def test_protocol_is_taken_as_git_writes_it(self):
        plain = git_request(self.server)
        for name, request in {
                "plain": plain, "no blank line": plain[:-1], "CR LF": plain.replace("\n", "\r\n"),
                "unknown keys": "x-new=1\nstate[]=a\n" + plain,
                "longest line": "x=" + "y" * (65535 - 3) + "\n" + plain,
                "empty value": "path=\n" + plain, "value with =": "path=a=b=c\n" + plain,
                "anything after the blank line": plain + "host=evil.example.org\n\n",
                "url": f"url={self.server.scheme}://{self.server.host}/x.git\n\n",
                "https://…": f"url={self.server.base_url}\n\n"}.items():
            with self.subTest(request=name):
                self.assertAnswered(self.ask(request))

    def test_protocol_abuse(self):
        plain = git_request(self.server)
        for name, request in {
                "too long": "x=" + "y" * 65535 + "\n" + plain,
                "far too long": "x=" + "y" * (5 << 20) + "\n" + plain,
                "without end": "y" * (1 << 20), "CR inside": "path=a\rhost=b\n" + plain,
                "CR in host": plain.replace("host=", "host=\r"),
                "NUL": plain.replace("host=", "path=a\0b\nhost="),
                "NUL in host": plain.replace("\nhost", "\0\nhost"), "no =": "hello\n" + plain, "empty": "", "blank": "\n" + plain,
                "no host": f"protocol={self.server.scheme}\n\n",
                "no protocol": f"host={self.server.host}\n\n",
                "binary": bytes(range(256)).decode("latin1") * 100,
                "very many lines": "x=y\n" * 500000 + plain}.items():
            with self.subTest(request=name):
                result = self.ask(request)
                self.assertIn(result.status, (0, 1, 2), repr(result.status))
                self.assertSilent(result)
                self.assertLessEqual(result.err.count("\n"), 1)

    def test_other_operations(self):
        request = git_request(self.server, username="__oauth__", password="x")
        for operation in ("store", "approve", "nonsense", "list"):
            with self.subTest(operation=operation):
                result = self.home.run("git-credential-bfabric", operation, input=request)
                self.assertExit(result, 0)
                self.assertSilent(result)

    def test_look_alikes(self):
        """A token goes to its own host, port and scheme, and to nobody who looks like it."""
        port, scheme = self.server.port, self.server.scheme
        hosts = [f"127.0.0.1.evil.org:{port}", "evil.org", f"user@127.0.0.1:{port}",
                 f"127.0.0.1:{port}@evil.org", "127.0.0.1", f"127.0.0.1:{port + 1}",
                 f"127.0.0.1:{port}0", f"127.0.0.1:0{port}", f"127.1:{port}",
                 f"127.0.0.1.:{port}", f"localhost:{port}", f"2130706433:{port}",
                 f"0x7f.0.0.1:{port}", f"0177.0.0.1:{port}", f"127.0.1:{port}",
                 f"[::ffff:127.0.0.1]:{port}", f"[::1]:{port}", f"１２７.0.0.1:{port}",
                 f"127。0。0。1:{port}", f"127.0.0.1:{port}/bfabric", f"127.0.0.1:{port}?",
                 f"127.0.0.1:{port}#", f" 127.0.0.1:{port}", f"127.0.0.1:{port} ",
                 f"127.0.0.1:{port}\\@evil.org", f"127.0.0.1%2eevil.org:{port}",
                 f"127.0.0.1:{port}\t", f"*:{port}", f"127.0.0.2:{port}", f"127.0.0.1::{port}"]
        requests = [f"protocol={scheme}\nhost={host}\n\n" for host in hosts]
        requests += [f"protocol={other}\nhost={self.server.host}\n\n"
                     for other in ("https", "ftp", "HTTP ", "cert", "file", "", "httpx")]
        requests += [git_request(self.server)[:-1] + f"host={host}\n\n" for host in hosts[:4]]
        requests += [f"url={scheme}://{host}\n\n" for host in (
            f"127.0.0.1:{port}@evil.org/", f"evil.org/127.0.0.1:{port}", f"evil.org#@127.0.0.1:{port}",
            f"evil.org?@127.0.0.1:{port}", f"127.0.0.1%3a{port}%2f@evil.org/",
            f"evil.org%0ahost=127.0.0.1:{port}/")]
        for request in requests:
            with self.subTest(request=request):
                began = time.monotonic()
                self.assertSilent(self.ask(request))
                self.assertSilent(self.ask(request, "--env", "SANDBOX"))
                self.assertLess(time.monotonic() - began, 25)  # nobody was asked
        self.assertEqual([line for line in self.server.log() if line["endpoint"] != "control"], [])

    def test_named_hosts(self):
        """Names have look-alikes of their own; the case of letters is none."""
        self.home.write_config("https://lab.example.org/bfabric")
        self.home.write_cache("https://lab.example.org/bfabric", self.reply)
        for host in ("lab.example.org", "LAB.Example.ORG", "lab.example.org:443"):
            with self.subTest(host=host):
                self.assertAnswered(self.ask(f"protocol=https\nhost={host}\n\n"))
        for protocol, host in (("http", "lab.example.org"), ("https", "lab.example.org."),
                               ("https", "lab.example.org:80"), ("https", "lab.example.org:444"),
                               ("https", "xn--lb-fka.example.org"), ("https", "läb.example.org"),
                               ("https", "lаb.example.org"), ("https", "lab.example.org.evil.org"),
                               ("https", "evil-lab.example.org"), ("https", "example.org"),
                               ("https", "a.lab.example.org"), ("https", "lab.example.org:"),
                               ("https", "lab.example.org,evil.org"), ("https", "ｌab.example.org"),
                               ("https", "user@lab.example.org"), ("https", "")):
            with self.subTest(protocol=protocol, host=host):
                self.assertSilent(self.ask(f"protocol={protocol}\nhost={host}\n\n"))


if __name__ == "__main__":
    harness.main()
