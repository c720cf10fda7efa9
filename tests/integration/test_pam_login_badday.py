# SPDX-License-Identifier: MIT
"""bfabric-pam-login on bad days: servers that are down, hang or lie, and those who stop it."""
import http.server
import json
import os
import signal
import socket
import subprocess
import threading
import time
import unittest

import harness
import pam_child
from pam_child import Case, Child, ROOT, elapsed


class Liar(http.server.BaseHTTPRequestHandler):
    """No discovery, and codes to be entered at somebody else's."""

    uri = "https://evil.example.org/device"

    def answer(self, status, document):
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        self.answer(404, {})

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        here = "http://127.0.0.1:%d/bfabric/device" % self.server.server_port
        self.answer(200, {"device_code": "d", "user_code": "ABCD-EFGH", "interval": 1,
                          **{name: value or here for name, value in self.server.uris.items()}})

    def log_message(self, *_):
        pass


class BadDays(Case):
    def test_server(self):
        with socket.create_server(("127.0.0.1", 0)) as closed:
            nobody = "http://127.0.0.1:%d/bfabric" % closed.getsockname()[1]

        def failing(status, most=8, server=None, **settings):
            def begin():
                began = time.monotonic()
                return began, self.child(server or self.sandbox(**settings), timeout=2)

            def end(began, child):
                self.ends(child, status)
                self.assertLess(elapsed(began), 30, "bounded by the timeout, not by the server")

            return begin, end

        self.together(
            failing("RETRY_LATER", server=nobody),
            failing("RETRY_LATER", fault="discovery=hang"),
            failing("RETRY_LATER", fault="device_authorization=hang"),
            failing("RETRY_LATER", fault="jwks=hang"),
            failing("RETRY_LATER", fault="device_authorization=503"),
            failing("BAD_REPLY", fault="device_authorization=not-json"),
            failing("BAD_REPLY", fault="device_authorization=wrong-types"),
            failing("BAD_REPLY", fault="jwks=not-json"),
            failing("BAD_REPLY", foreign_endpoint="jwks_uri"),
            failing("BAD_REPLY", fault="discovery=huge:2000000"),
        )

    def test_codes_for_another_server(self):
        for uris in ({"verification_uri": Liar.uri},
                     {"verification_uri": None, "verification_uri_complete": Liar.uri}):
            server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Liar)
            server.uris = uris
            threading.Thread(target=server.serve_forever, daemon=True).start()
            try:
                child = self.child("http://127.0.0.1:%d/bfabric" % server.server_port)
                self.ends(child, "BAD_REPLY", "another server")
                self.assertEqual(child.of("code"), [])
            finally:
                server.shutdown()
                server.server_close()

    def test_requests(self):
        for request in ({"mode": "both"}, {"mode": None}, {"base_url": None}, {"client_id": ""},
                        {"timeout": 0}, {"timeout": "soon"}, {"timeout": 3601},
                        {"timeout": "99999999999999999999"},
                        {"mode": "session", "env": ""}):
            with self.subTest(request=request):
                child = self.child("http://127.0.0.1:9/bfabric", **request)
                self.ends(child, "BAD_CALL")
        self.ends(self.child("http://bfabric.example.org/bfabric"), "BAD_CALL", "http")

    def test_started_by_hand(self):
        def by_hand(*arguments, **more):
            return subprocess.run([self.home.program, *arguments], capture_output=True, text=True,
                                  **{"stdin": subprocess.DEVNULL, **more})

        result = by_hand()
        self.assertEqual((result.returncode, result.stdout), (2, ""))
        self.assertIn("not by hand", result.stderr)
        self.assertEqual(by_hand("--verbose").returncode, 2)
        self.assertEqual(by_hand("--version").returncode, 0)


class Ends(Case):
    def pending(self):
        child = self.child(self.sandbox(auto_approve=-1))
        child.until("wait")
        return child

    def test_asked_to_stop(self):
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            child = self.pending()
            child.process.send_signal(number)
            self.ends(child, "CANCELLED")

    def test_nobody_listens(self):
        child = self.pending()
        child.vanish()
        self.assertEqual(child.process.wait(timeout=20), 130)

    def test_parent_is_gone(self):
        """The socket stays open: only the kernel tells."""
        server = self.sandbox(auto_approve=-1)
        ours, theirs = socket.socketpair()
        ours.settimeout(60)
        child = Child(self.home, server, mode="auth")
        middle = subprocess.Popen(["/bin/sh", "-c", 'exec 3<&0; "$0" <&3 & wait', self.home.program],
                                  stdin=theirs, env={"HOME": str(self.home.home)}, cwd="/",
                                  **pam_child.NOBODY)
        with ours, theirs:
            ours.sendall(child.message())
            child.link = ours
            child.until("wait")
            middle.kill()
            middle.wait()
            self.assertEqual(child.until("failed")[0], "CANCELLED")

    def test_cancelled_while_the_token_comes(self):
        """Nobody takes it any more: it is given back."""
        server = self.sandbox(fault="token=delay-after:2*1")
        child = self.child(server)
        harness.wait_for(lambda: server.state()["families"])  # the reply is on its way
        child.process.terminate()
        self.ends(child, "CANCELLED")
        self.given_back(server)

    def test_nobody_reads_the_token(self):
        """It was said, and whoever asked ended without having heard it."""
        server = self.sandbox()
        child = self.child(server)
        harness.wait_for(lambda: b"\ntoken\t" in child.link.recv(65536, socket.MSG_PEEK))
        child.vanish()
        self.assertNotEqual(child.process.wait(timeout=20), 0)
        self.given_back(server)

    def test_stopped_with_the_token_unread(self):
        server = self.sandbox()
        child = self.child(server)
        harness.wait_for(lambda: b"\ntoken\t" in child.link.recv(65536, socket.MSG_PEEK))
        child.process.terminate()
        self.assertNotEqual(child.process.wait(timeout=20), 0)
        self.given_back(server)

    @unittest.skipUnless(ROOT, "only root can start it as root")
    def test_never_as_root(self):
        ours, theirs = socket.socketpair()
        with ours:
            process = subprocess.Popen([self.home.program], stdin=theirs)
            theirs.close()
            self.assertIn(b"failed\tBAD_CALL\t", ours.recv(4096))
            self.assertEqual(process.wait(timeout=20), 2)

    def test_cannot_be_looked_into(self):
        child = self.pending()
        folder = f"/proc/{child.process.pid}"
        self.assertEqual(os.stat(folder + "/environ").st_uid, 0, "dumpable")
        if ROOT:
            names = os.listdir(folder + "/fd")
            self.assertLessEqual(len(names), 8, names)


if __name__ == "__main__":
    harness.main()
