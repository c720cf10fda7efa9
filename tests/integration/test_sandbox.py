# SPDX-License-Identifier: MIT
"""The sandbox server: starting and ending it, its switches, TLS, many clients at once."""
import concurrent.futures
import http.client
import json
import os
import re
import signal
import socket
import ssl
import subprocess
import threading
import time

import harness
from sandbox_client import (Sandbox, DEVICE_GRANT, ask, claims, post, refresh, token, token_url,
                            verified, whoami)


class Running(harness.TestCase):
    def test_says_where_and_what_it_is(self):
        with Sandbox() as server:
            self.assertEqual(set(server.info), {"base_url", "control_url", "git_url", "ca_file",
                                                "pid"})
            self.assertEqual(server.info["pid"], server.process.pid)
            self.assertIsNone(server.info["ca_file"])
            reply = ask(server, "GET", server.base_url)
            self.assertEqual(reply.status, 200)
            self.assertIn("not a product", reply.headers["Server"])
            self.assertIn(b"This is a sandbox", reply.body)
            server.stop()
            server.stderr.seek(0)
            self.assertIn(b"sandbox, not B-Fabric", server.stderr.read())

    def test_listens_on_loopback_only(self):
        with Sandbox() as server:
            lines = open("/proc/net/tcp").read().splitlines()[1:]
            mine = [l.split()[1] for l in lines if l.split()[3] == "0A"
                    and l.split()[1].endswith(f":{server.port:04X}")]
            self.assertEqual(mine, [f"0100007F:{server.port:04X}"])

    def test_ends_at_once_even_with_hung_requests(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(number), Sandbox(fault="any=hang") as server:
                links = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(20)]
                for link in links:
                    link.sendall(b"GET /bfabric/rest/oauth/jwks HTTP/1.1\r\nHost: x\r\n\r\n")
                harness.wait_for(lambda: server.state()["in_flight"] == 20)
                server.process.send_signal(number)
                self.assertEqual(server.process.wait(10), 0)
                self.assertEqual(len(server.log("jwks", reply="none", fault="hang")), 20)
                for link in links:
                    link.close()

    def test_ends_while_a_client_does_not_read(self):
        with Sandbox(fault=["jwks=huge:1000000000", "discovery=drip:5"]) as server:
            links = []
            for path in ("rest/oauth/jwks", ".well-known/openid-configuration"):
                links.append(socket.create_connection(("127.0.0.1", server.port)))
                links[-1].sendall(f"GET /bfabric/{path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
                self.assertEqual(links[-1].recv(8), b"HTTP/1.1")
            server.stop()
            self.assertEqual([l["reply"] for l in server.log()], ["cut", "cut"])
            for link in links:
                link.close()

    def test_ends_with_its_parent(self):
        script = f"'{harness.SANDBOX}' --exit-with-parent & read _"
        parent = harness.start(["sh", "-c", script], stdin=subprocess.PIPE)
        pid = json.loads(parent.stdout.readline())["pid"]
        os.kill(parent.pid, signal.SIGKILL)
        parent.communicate()

        def gone():
            try:
                return open(f"/proc/{pid}/stat").read().rpartition(")")[2].split()[0] == "Z"
            except FileNotFoundError:
                return True
        harness.wait_for(gone)

    def test_wrong_options(self):
        for options in (["--token-lifetime", "soon"], ["--rotation", "maybe"], ["--nonsense"],
                        ["--fault", "token"], ["--fault", "token=explode"], ["--tls"],
                        ["--fault", "control=hang"], ["--fault", "token=delay"], ["stray"]):
            with self.subTest(options):
                result = harness.run([harness.SANDBOX, *options])
                self.assertExit(result, 2)
                self.assertTrue(result.err)
                self.assertEqual(result.out, "")

    def test_help_names_everything(self):
        out = harness.run([harness.SANDBOX, "--help"])
        self.assertExit(out, 0)
        for word in ("--reuse-detection", "device_authorization", "reset-after", "mint"):
            self.assertIn(word, out.out)

    def test_nothing_here(self):
        with Sandbox() as server:
            for path in ("/", "/bfabric/rest/oauth/nothing", "/bfabric/../etc/passwd", "/%00"):
                with self.subTest(path):
                    reply = ask(server, "GET", f"http://127.0.0.1:{server.port}{path}")
                    self.assertEqual(reply.status, 404)
                    self.assertIn(b"<html", reply.body)
            self.assertEqual(ask(server, "GET", token_url(server)).status, 405)

    def test_bad_http(self):
        """Nothing that comes over the wire ends the server."""
        with Sandbox() as server:
            for data in (b"\0\0\0\0", b"GET\r\n\r\n", b"GET / HTTP/1.1\r\nHost", b"A" * 300000,
                         b"GET /" + b"a" * 5000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
                         b"POST /bfabric/rest/oauth/token HTTP/1.1\r\nHost: x\r\n"
                         b"Content-Length: 99999999999999999999999\r\n\r\n",
                         b"POST /bfabric/rest/oauth/token HTTP/1.1\r\nHost: x\r\n"
                         b"Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFFF\r\n"):
                with socket.create_connection(("127.0.0.1", server.port)) as link:
                    try:
                        link.sendall(data)
                        link.shutdown(socket.SHUT_WR)
                        link.settimeout(10)
                        while link.recv(65536):
                            pass
                    except OSError:
                        pass
            big = post(server, token_url(server), {"grant_type": "x" * 100000})
            self.assertEqual(big.status, 413)
            self.assertEqual(whoami(server, server.mint()["access_token"]).status, 200)


class Switches(harness.TestCase):
    def test_discovery(self):
        with Sandbox() as server:
            url = server.base_url + "/.well-known/openid-configuration"
            full = ask(server, "GET", url).json()
            self.assertEqual(full["issuer"], server.base_url)
            for name in ("token_endpoint", "device_authorization_endpoint", "jwks_uri",
                         "revocation_endpoint"):
                self.assertTrue(full[name].startswith(server.base_url + "/rest/oauth/"))
            self.assertIn("none", full["token_endpoint_auth_methods_supported"])
            self.assertIn(DEVICE_GRANT, full["grant_types_supported"])
            server.control("set", discovery="no-none")
            self.assertNotIn("none", ask(server, "GET", url).json()
                             ["token_endpoint_auth_methods_supported"])
            server.control("set", discovery="no-revocation")
            self.assertNotIn("revocation_endpoint", ask(server, "GET", url).json())
            server.control("set", discovery="absent")
            self.assertEqual(ask(server, "GET", url).status, 404)
            server.control("set", discovery="full", issuer_slash="on")
            self.assertEqual(ask(server, "GET", url).json()["issuer"], server.base_url + "/")
            self.assertEqual(claims(server.mint()["access_token"])["iss"], server.base_url + "/")

    def test_token_switches(self):
        with Sandbox(opaque_tokens=True, no_expires_in=True, id_token_on_refresh=True,
                             subject_changes_on_refresh=True, user="alice") as server:
            first = server.mint()
            self.assertNotIn(".", first["access_token"])
            self.assertNotIn("expires_in", first)
            self.assertEqual(whoami(server, first["access_token"]).json()["sub"], "alice")
            second = refresh(server, first["refresh_token"]).json()
            self.assertEqual(claims(second["id_token"])["sub"], "alice-other")
            self.assertEqual(whoami(server, second["access_token"]).json()["sub"], "alice-other")

    def test_clock(self):
        with Sandbox(clock_skew=-3600) as server:
            got = claims(server.mint()["access_token"])
            self.assertLess(abs(got["iat"] - time.time() + 3600), 10)
            before = server.state()["now"]
            self.assertLess(abs(server.control("advance", seconds=3600)["now"] - before - 3600), 5)

    def test_key_file(self):
        with harness.Temporary() as folder:
            file, kids = folder.path / "key.pem", set()
            for _ in range(2):
                with Sandbox(key_file=file) as server:
                    jwks = ask(server, "GET", server.base_url + "/rest/oauth/jwks").json()
                    kids.add(jwks["keys"][0]["kid"])
                    self.assertTrue(verified(server.mint()["access_token"], jwks))
            self.assertEqual(len(kids), 1)
            self.assertEqual(file.stat().st_mode & 0o777, 0o600)

    def test_control(self):
        with Sandbox() as server:
            self.assertEqual(server.control("set", token_lifetime=7)["token-lifetime"], 7)
            self.assertEqual(server.mint()["expires_in"], 7)
            self.assertEqual(server.mint(lifetime=99)["expires_in"], 99)
            body = json.dumps({"token-lifetime": 11, "opaque-tokens": True})
            got = ask(server, "POST", server.control_url + "/set", body,
                      {"Content-Type": "application/json"})
            self.assertEqual((got.json()["token-lifetime"], got.json()["opaque-tokens"]),
                             (11, True))
            for name, form in (("set", {"port": 1}), ("set", {"nonsense": 1}),
                               ("set", {"interval": "x"}), ("fault", {"endpoint": "token"}),
                               ("fault", {"endpoint": "moon", "kind": "hang"}),
                               ("fault", {"endpoint": "token", "kind": "delay", "arg": "x"}),
                               ("advance", {}), ("mint", {"client_id": "nobody"}),
                               ("revoke-family", {"family": "f77"}),
                               ("approve", {"user_code": "XXXX-XXXX"})):
                with self.subTest(name, form=form):
                    got = post(server, f"{server.control_url}/{name}", form)
                    self.assertEqual(got.status, 400)
                    self.assertTrue(got.json()["error"])
            self.assertEqual(server.state()["settings"]["interval"], 5)
            self.assertEqual(post(server, server.control_url + "/nonsense").status, 404)
            self.assertEqual(ask(server, "GET", server.control_url + "/clear").status, 400)
            for wrong in ("[1]", "{", '{"a":{}}'):
                self.assertEqual(ask(server, "POST", server.control_url + "/set", wrong,
                                     {"Content-Type": "application/json"}).status, 400)
            evil = ask(server, "POST", server.control_url + "/clear", "",
                       {"Host": "evil.example"})
            self.assertEqual(evil.status, 421)

    def test_revoke_family(self):
        with Sandbox() as server:
            one, two, three = (server.mint() for _ in range(3))
            server.control("revoke-family", refresh_token=one["refresh_token"])
            server.control("revoke-family", family="f2", what="access")
            self.assertEqual(refresh(server, one["refresh_token"]).status, 400)
            self.assertEqual(whoami(server, one["access_token"]).status, 200)
            self.assertEqual(whoami(server, two["access_token"]).status, 401)
            self.assertEqual(server.control("revoke-family", what="both"), {"families": 3})
            self.assertEqual(refresh(server, three["refresh_token"]).status, 400)
            self.assertEqual(whoami(server, three["access_token"]).status, 401)


class Tls(harness.TestCase):
    def reach(self, server, host):
        context = ssl.create_default_context(cafile=server.ca_file)
        with socket.create_connection(("127.0.0.1", server.port)) as raw, \
                context.wrap_socket(raw, server_hostname=host) as link:
            link.sendall(b"GET /bfabric/rest/oauth/jwks HTTP/1.1\r\nHost: x\r\n"
                         b"Connection: close\r\n\r\n")
            got = b""
            while True:
                more = link.recv(65536)
                if not more:
                    return link.version(), got
                got += more

    def test_good(self):
        with Sandbox(tls=True) as server:
            self.assertEqual(server.scheme, "https")
            for host in ("127.0.0.1", "localhost", "::1"):
                version, got = self.reach(server, host)
                self.assertIn(b"200 OK", got)
                self.assertEqual(version, "TLSv1.3")
            with self.assertRaises(ssl.SSLCertVerificationError):
                self.reach(server, "elsewhere.example")
            self.assertEqual(refresh(server, server.mint()["refresh_token"]).status, 200)

    def test_bad(self):
        for kind, reason in (("expired", "expired"), ("wrong-host", "IP address mismatch"),
                             ("untrusted", "unable to get local issuer"),
                             ("self-signed", "self-signed|unable to get local issuer")):
            with self.subTest(kind), Sandbox(tls_bad=kind) as server:
                with self.assertRaises(ssl.SSLCertVerificationError) as caught:
                    self.reach(server, "127.0.0.1")
                self.assertRegex(str(caught.exception), reason)

    def test_faults(self):
        with Sandbox(tls=True, fault=["jwks=reset*1", "jwks=truncated*1"]) as server:
            url = server.base_url + "/rest/oauth/jwks"
            with self.assertRaises(OSError):
                ask(server, "GET", url)
            with self.assertRaises((OSError, http.client.IncompleteRead)):
                ask(server, "GET", url)
            self.assertEqual(ask(server, "GET", url).status, 200)
            self.assertEqual([l["reply"] for l in server.log("jwks")], ["none", "cut", "sent"])


class Load(harness.TestCase):
    def test_hundred_requests_in_parallel(self):
        """Whole log lines, numbered without gap, one per request."""
        with Sandbox() as server, concurrent.futures.ThreadPoolExecutor(100) as pool:
            values = [server.mint()["refresh_token"] for _ in range(100)]
            got = list(pool.map(lambda v: refresh(server, v).status, values))
            self.assertEqual(got, [200] * 100)
            self.assertEqual(len(server.refreshes()), 100)
            numbers = [l["n"] for l in server.log()]
            self.assertEqual(sorted(numbers), list(range(1, len(numbers) + 1)))

    def test_two_hundred_connections_held_open(self):
        with Sandbox() as server:
            links = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(200)]
            ready = threading.Barrier(200)

            def serve(link):
                ready.wait()
                link.sendall(b"GET /bfabric HTTP/1.1\r\nHost: x\r\n\r\n")
                return link.recv(12)
            with concurrent.futures.ThreadPoolExecutor(200) as pool:
                self.assertEqual(set(pool.map(serve, links)), {b"HTTP/1.1 200"})
            for link in links:
                link.close()

    def test_keep_alive(self):
        with Sandbox() as server:
            link = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
            for _ in range(50):
                link.request("GET", "/bfabric/rest/oauth/jwks")
                self.assertEqual(link.getresponse().read()[:8], b'{"keys":')
            link.close()
            self.assertEqual(len({l["peer_port"] for l in server.log("jwks")}), 1)
            self.assertTrue(re.fullmatch(r"/bfabric/rest/oauth/jwks", server.log("jwks")[0]["path"]))


if __name__ == "__main__":
    harness.main()
