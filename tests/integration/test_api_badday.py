# SPDX-License-Identifier: MIT
"""bfabric api on bad days: what web services do wrong, or on purpose, and what a person is told."""
import http.server
import json
import os
import tempfile
import threading

import harness

ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
SANITIZED = b"__asan_init" in (harness.BUILD / "helper" / "bfabric-api").read_bytes()
MEMORY = (600 if SANITIZED else 120) << 20  # bytes; this test's own, before exec, is in it


class Case(harness.TestCase):
    settings = {}

    def setUp(self):
        self.server = self.enterContext(harness.Sandbox(**self.settings))
        self.home = self.enterContext(harness.Home())
        self.reply = self.home.login(self.server)

    def api(self, *arguments, **env):
        """With ru_maxrss, in bytes."""
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            process = self.home.start("bfabric", "api", *arguments, env=self.home.env(**env),
                                      stdout=out, stderr=err)
            late = threading.Timer(120, process.kill)
            late.start()
            _, status, usage = os.wait4(process.pid, 0)
            late.cancel()
            process.returncode = os.waitstatus_to_exitcode(status)
            texts = [f.seek(0) or f.read() for f in (out, err)]
        result = harness.Result(process.args, process.returncode, *texts)
        result.memory = usage.ru_maxrss << 10
        self.assertNoSecret(result, self.reply)
        return result

    def strike(self, kind, where="soap-read", **form):
        self.server.control("fault", endpoint=where, kind=kind, **form)

    def fails(self, status, says, *arguments):
        """Nothing on stdout, one line on stderr, little memory; and no token, with a trace either."""
        result = self.api(*arguments)
        self.assertExit(result, status)
        self.assertEqual(result.out, "")
        self.assertRegex(result.err, rf"\Abfabric: .*{says}.*\n\Z")
        self.assertLess(result.memory, MEMORY)
        self.assertExit(self.api(*arguments, BFABRIC_TRACE="1"), status)


class Replies(Case):
    def test_harmful(self):
        read = "read", "sample", "--format", "json"
        for kind, arg, status, says in (
                ("xml-bomb", None, 1, "document type"), ("xml-entity", None, 1, "document type"),
                ("xml-deep", "100000", 1, "nested deeper"), ("bad-char", None, 1, "not XML"),
                ("xml-long", "1073741824", 1, "more than 16 MiB"), ("html", None, 1, "HTML page"),
                ("huge", "1073741824", 1, "not XML|HTML|XML"), ("empty", None, 1, ""),
                ("truncated", "900", 5, "no whole answer"),
                ("empty-return", None, 4, "is empty"), ("status", "503", 5, "HTTP 503"),
                ("retry-after", "7", 5, "try again in 7 s"), ("html404", None, 5, "HTTP 404"),
                ("soap-fault", "Ouch", 1, "Query was not successful: Ouch"),
                ("errorreport", "No & <no>", 1, "Query was not successful: No & <no>")):
            with self.subTest(kind):
                self.strike(kind, **({"arg": arg} if arg else {}))
                self.fails(status, says, *read)
                self.server.control("clear")

    def test_a_gibibyte_of_records(self):
        self.strike("xml-flood", arg="1073741824")
        result = self.api("read", "sample", "--limit", "5", "--format", "json")
        self.assertExit(result, 0)
        self.assertEqual(len(json.loads(result.out)), 5)
        self.assertLess(result.memory, MEMORY)

    def test_a_token_that_a_server_repeats(self):
        token = self.reply["access_token"]
        for words in (token, f"Bad request: <password>{token}</password>", "x" * 250 + token):
            for kind in ("errorreport", "soap-fault"):
                for where, command in (
                        ("soap-read", ("read", "sample")),
                        ("soap-save", ("create", "sample", "name", "x", "containerid", "3000")),
                        ("soap-delete", ("delete", "sample", "200", "--no-confirm"))):
                    self.strike(kind, where, arg=words)
                    self.assertNotIn(token[:24], self.api(*command, BFABRIC_TRACE="1").err)
                    self.server.control("clear")
        self.strike("xml-return", "soap-delete",
                    arg=f'<sample><errorreport>No, {token}</errorreport></sample>')
        result = self.api("delete", "sample", "200", "--no-confirm")
        self.assertExit(result, 1)
        self.assertIn("No, ***", result.err)

    def test_what_is_let_pass(self):
        for kind in ("no-pages", "wrong-namespace", "wrong-envelope"):
            self.strike(kind)
            result = self.api("read", "sample", "--format", "json")
            self.assertExit(result, 0)
            self.assertEqual(len(json.loads(result.out)), 24)
            self.server.control("clear")


class Pages(Case):
    settings = {"soap_records": 190}

    def test_a_page_fails(self):
        for kind, arg, status, says in (("status", "503", 5, "HTTP 503"), ("reset", None, 5, ""),
                                        ("truncated", "2000", 5, ""), ("xml-bomb", None, 1, "document"),
                                        ("errorreport", "Gone", 1, "Gone")):
            with self.subTest(kind):
                self.strike(kind, "soap-read@2", **({"arg": arg} if arg else {}))
                self.fails(status, f"page 2 of 3, after 1[0-9]+ records: .*{says}", "read",
                           "resource", "--limit", "all", "--format", "json")
                self.server.control("clear")

    def test_the_token_dies(self):
        # A minute old, so that a server which refuses it is believed.
        self.home.write_cache(self.server.base_url, self.server.mint(lifetime=28800),
                              obtained=harness.time.time() - 60)
        self.strike("expire-token", "soap-read@2", count=1)
        result = self.api("read", "resource", "--limit", "all", "--format", "json")
        self.assertExit(result, 0)
        self.assertEqual(len({one["id"] for one in json.loads(result.out)}), 250)
        self.assertEqual(len(self.server.log("token", grant="refresh_token")), 1)


class Changes(Case):
    def test_are_not_repeated(self):
        command = "create", "sample", "name", "once", "containerid", "3000"
        for kind, status, says, known in (
                ("expire-token", 5, "nothing was saved", True), ("truncated", 5, "not known", False),
                ("reset-after", 5, "not known", False), ("empty-return", 4, "is empty", True)):
            with self.subTest(kind):
                self.home.write_cache(self.server.base_url, self.server.mint(lifetime=28800),
                                      obtained=harness.time.time() - 60)
                before = len(self.saves())
                self.strike(kind, "soap-save", count=1)
                result = self.api(*command)
                self.assertExit(result, status)
                self.assertRegex(result.err, says)
                self.assertEqual(len(self.saves()), before + 1)

    def saves(self):
        return [line for line in self.server.log("soap") if line["grant"] == "save"]


class Liar(http.server.BaseHTTPRequestHandler):
    """Another host, which must never be asked; or one whose description names another."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_GET(self):
        self.server.seen.append(("GET", ""))
        self.reply(self.server.wsdl)

    def do_POST(self):
        self.server.seen.append(("POST", self.rfile.read(int(self.headers["Content-Length"])).decode()))
        self.reply(f'<s:Envelope xmlns:s="{ENVELOPE}"><s:Body><r><return><page>1</page>'
                   '<sample id="1"/></return></r></s:Body></s:Envelope>')

    def reply(self, text):
        self.send_response(200)
        self.send_header("Content-Type", "text/xml")
        self.send_header("Content-Length", str(len(text.encode())))
        self.send_header("Set-Cookie", "JSESSIONID=x; Path=/")
        self.end_headers()
        self.wfile.write(text.encode())


class Elsewhere(Case):
    def stranger(self, wsdl=""):
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Liar)
        server.seen, server.wsdl = [], wsdl
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        self.addCleanup(server.server_close)
        self.addCleanup(thread.join)
        self.addCleanup(server.shutdown)
        return server, f"http://127.0.0.1:{server.server_port}/bfabric/"

    def test_no_redirection_is_followed(self):
        stranger, url = self.stranger()
        for where, command in (("soap-read", ("read", "sample")), ("wsdl", ("read", "sample")),
                               ("soap-save", ("create", "sample", "name", "x"))):
            self.strike("redirect", where, arg=url + "sample")
            self.fails(1, "redirection", *command)
            self.server.control("clear")
        self.assertEqual(stranger.seen, [])

    def test_a_description_that_lies(self):
        other, address = self.stranger()
        wsdl = self.server.fetch(self.server.base_url + "/sample?wsdl")[1].decode()
        self.assertIn(self.server.base_url, wsdl)
        true, url = self.stranger(wsdl.replace(self.server.base_url, address.rstrip("/")))
        self.home.write_config(url)
        self.home.write_cache(url, self.reply)
        result = self.api("read", "sample", "--format", "json", "--columns", "id")
        self.assertExit(result, 0)
        self.assertEqual(json.loads(result.out), [{"id": 1}])
        self.assertEqual([method for method, _ in true.seen], ["GET", "POST"])
        self.assertEqual(other.seen, [])

    def test_plain_http(self):
        """Only this machine may be spoken to without TLS."""
        self.home.write_config("http://bfabric.example.org/bfabric/")
        self.home.write_cache("http://bfabric.example.org/bfabric/", self.reply)
        self.fails(1, "https", "read", "sample")

    def test_no_cookie_comes_back(self):
        self.assertExit(self.api("read", "sample"), 0)
        self.assertExit(self.api("update", "sample", "200", "name", "x", "--no-confirm"), 0)
        self.assertFalse(any(line["cookie"] for line in self.server.log("soap")))


class Other(Case):
    def test_who_is_not_let_in(self):
        """A personal token and a password cannot be renewed: one request, and what is to be done."""
        text = "A:\n  base_url: {}\n  {}\n"
        for keys, status in (("pat: made-up-personal-token-1", 4),
                             ("login: scientist\n  password: made-up-wrong-password-012345678", 4)):
            with self.subTest(keys):
                self.home.write_config(text=text.format(self.server.base_url, keys))
                before = len(self.server.log("soap"))
                result = self.api("read", "sample", "--env", "A", BFABRIC_TRACE="1")
                self.assertExit(result, status)
                self.assertNotIn(keys.rsplit(" ")[-1], result.err)
                asked = [line["grant"] for line in self.server.log("soap")[before:]]
                self.assertEqual(asked, ["wsdl", "read"])

    def test_duplicate_keys_and_empty_lists(self):
        result = self.api("read", "sample", "id", "200", "id", "200", "--format", "json")
        self.assertEqual([one["id"] for one in json.loads(result.out)], [200])
        result = self.api("read", "sample", "--json", '{"id": []}', "--format", "json")
        self.assertEqual((result.status, result.out), (0, "[]\n"))
        self.fails(2, "ID", "delete", "sample", "--no-confirm")


if __name__ == "__main__":
    harness.main()
