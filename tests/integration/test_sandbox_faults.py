# SPDX-License-Identifier: MIT
"""What the sandbox server can do wrong on purpose, seen from outside."""
import http.client
import socket
import time

import harness
from sandbox_client import Sandbox, ask, post, refresh, token, token_id, token_url


class Faults(harness.TestCase):
    """Each kind, seen from outside, and whether the refresh token was spent."""

    def strike(self, spec, spent=False):
        """What a refresh meets under this fault (a Reply or an exception), and its log line."""
        with Sandbox(fault=f"token={spec}*1") as server:
            value = server.mint()["refresh_token"]
            begun = time.monotonic()
            try:
                got = refresh(server, value)
            except Exception as error:
                got = error
            self.elapsed = time.monotonic() - begun
            line = server.refreshes()[0]
            self.assertEqual(line["fault"], spec.split(":")[0] if not spec.isdigit() else "status")
            self.assertEqual(line["refresh_token_id"], token_id(value))
            after = refresh(server, value)
            self.assertEqual(after.status, 400 if spent else 200, spec)
            return got, line

    def test_delays(self):
        for spec in ("delay:0.5", "delay-after:0.5"):
            got, line = self.strike(spec, spent=True)
            self.assertEqual((got.status, line["reply"]), (200, "sent"))
            self.assertGreaterEqual(self.elapsed, 0.5)

    def test_drip(self):
        with Sandbox(fault="discovery=drip:0.002") as server:
            begun = time.monotonic()
            got = ask(server, "GET", server.base_url + "/.well-known/openid-configuration")
            self.assertEqual(got.json()["issuer"], server.base_url)
            self.assertGreaterEqual(time.monotonic() - begun, 0.002 * len(got.body))

    def test_hang(self):
        with Sandbox(fault="token=hang*1") as server:
            value = server.mint()["refresh_token"]
            link = socket.create_connection(("127.0.0.1", server.port))
            body = f"grant_type=refresh_token&client_id=CLI&refresh_token={value}"
            link.sendall((f"POST /bfabric/rest/oauth/token HTTP/1.1\r\nHost: x\r\nContent-Type: "
                          f"application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n"
                          f"{body}").encode())
            link.settimeout(0.5)
            with self.assertRaises(TimeoutError):
                link.recv(1)
            link.close()
            line = harness.wait_for(server.refreshes)[0]
            self.assertEqual((line["reply"], line["status"], line["outcome"]), ("none", 0, "fault"))
            self.assertEqual(refresh(server, value).status, 200)

    def test_statuses(self):
        for spec, status in (("status:500", 500), ("503", 503), ("retry-after:7", 503),
                             ("html404", 404), ("redirect:http://127.0.0.1:1/x", 307)):
            got, line = self.strike(spec)
            self.assertEqual((got.status, line["status"], line["outcome"]),
                             (status, status, "fault"))
            if spec == "retry-after:7":
                self.assertEqual(got.headers["Retry-After"], "7")
            if status == 307:
                self.assertEqual(got.headers["Location"], "http://127.0.0.1:1/x")
            if status == 404:
                self.assertIn("text/html", got.headers["Content-Type"])
                self.assertIn(b"<html", got.body)

    def test_refusals(self):
        got, line = self.strike("invalid_grant")
        self.assertEqual((got.status, got.json()["error"]), (400, "invalid_grant"))
        self.assertEqual(line["outcome"], "invalid_grant")
        got, _ = self.strike("invalid_client")
        self.assertEqual((got.status, got.json()["error"]), (401, "invalid_client"))
        for spec, error in (("control-chars", "invalid_request"),
                            ("control-chars:invalid_grant", "invalid_grant")):
            got, _ = self.strike(spec)
            text = got.json()["error_description"]
            self.assertEqual(got.json()["error"], error)
            for mark in "\x1b\x07\r\n\u202e\u2066\x9b\x7f":
                self.assertIn(mark, text)
            self.assertGreater(len(text), 4000)

    def test_bad_bodies(self):
        got, _ = self.strike("huge:3000000")
        self.assertEqual(len(got.body), 3000000)
        got, _ = self.strike("deep:50000")
        self.assertEqual(got.body.count(b"["), 50000)
        got, _ = self.strike("deep")
        self.assertEqual(got.body.count(b"["), 100000)
        got, _ = self.strike("wrong-types")
        self.assertNotIsInstance(got.json()["access_token"], str)
        got, _ = self.strike("nul")
        self.assertIn("\0", got.json()["access_token"])
        got, _ = self.strike("empty")
        self.assertEqual((got.status, got.body), (200, b""))
        got, _ = self.strike("not-json")
        with self.assertRaises(ValueError):
            got.json()
        got, _ = self.strike("no-token-type", spent=True)
        self.assertNotIn("token_type", got.json())
        self.assertIn("access_token", got.json())

    def test_broken_connections(self):
        got, line = self.strike("truncated", spent=True)
        self.assertIsInstance(got, http.client.IncompleteRead)
        self.assertIn(b"access_token", got.partial)
        self.assertEqual((line["reply"], line["outcome"]), ("cut", "issued"))
        self.assertTrue(line["new_refresh_token_id"])
        got, line = self.strike("truncated:3", spent=True)
        self.assertEqual(len(got.partial), 3)
        got, line = self.strike("reset")
        self.assertIsInstance(got, ConnectionResetError)
        self.assertEqual((line["reply"], line["new_refresh_token_id"]), ("none", None))
        got, line = self.strike("reset-after", spent=True)
        self.assertIsInstance(got, ConnectionResetError)
        self.assertEqual((line["reply"], line["outcome"]), ("none", "issued"))
        self.assertTrue(line["new_refresh_token_id"])

    def test_counting_and_clearing(self):
        with Sandbox(fault=["jwks=503*2", "any=html404*1"]) as server:
            url = server.base_url + "/rest/oauth/jwks"

            def statuses(count):
                return [ask(server, "GET", url).status for _ in range(count)]
            self.assertEqual(statuses(4), [503, 503, 404, 200])
            server.control("fault", endpoint="jwks", kind="status", arg=500)
            self.assertEqual(statuses(3), [500] * 3)
            self.assertEqual(server.state()["faults"][0]["left"], -1)
            self.assertEqual(server.control("clear"), {"cleared": 1})
            self.assertEqual(statuses(1), [200])

    def test_client_that_leaves_before_a_delay_ends(self):
        """Work that was not begun is not done; work that was done is logged with reply none."""
        for kind, outcome in (("delay", None), ("delay-after", "issued")):
            with self.subTest(kind), Sandbox(fault=f"token={kind}:30*1") as server:
                value = server.mint()["refresh_token"]
                with self.assertRaises(TimeoutError):
                    post(server, token_url(server), {"grant_type": "refresh_token", "client_id": "CLI",
                                                     "refresh_token": value}, timeout=0.3)
                line = harness.wait_for(server.refreshes)[0]
                self.assertEqual(line["reply"], "none")
                self.assertEqual(bool(line["new_refresh_token_id"]), outcome == "issued")
                self.assertEqual(refresh(server, value).status, 400 if outcome else 200)


if __name__ == "__main__":
    harness.main()
