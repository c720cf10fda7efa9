# SPDX-License-Identifier: MIT
"""bfabric-pam-login, mode revoke: a login that reached nobody does not stay valid."""
import json
import pathlib
import re
import signal

import harness
from pam_child import Case


def held(status, number):
    return int(re.search(r"SigBlk:\s*(\w+)", status).group(1), 16) >> (number - 1) & 1


class Revoke(Case):
    mode = "revoke"

    def granted(self, server, client_id="CLI"):
        return json.dumps(server.mint(client_id=client_id, scope="api:read"), separators=(",", ":"))

    def test_given_back(self):
        server = self.sandbox()
        token = self.granted(server)
        self.assertFalse(server.state()["families"][0]["refresh_revoked"])
        for time_of in ("first", "second"):  # asked twice, it answers the same
            with self.subTest(time=time_of):
                child = self.child(server, token=token)
                seen = child.seen()
                lines, status = child.finish()
                self.assertEqual((lines, status), ([["valid", "no"]], 0))
                self.given_back(server)
                self.assertNotIn(json.loads(token)["refresh_token"].encode(), seen)
        self.assertEqual(self.home.written(), [])

    def test_confidential_client(self):
        file = self.home.home / "secret"
        server = self.sandbox(client_secret_file=file)
        self.home.own()
        client = {"client_id": "sandbox-service", "client_secret_file": file}
        child = self.child(server, token=self.granted(server, client["client_id"]), **client)
        self.assertEqual(child.finish(), ([["valid", "no"]], 0))
        self.given_back(server)

    def test_the_wish_to_stop_and_nobody_who_waits(self):
        for wish in ("signals", "vanished"):
            with self.subTest(wish=wish):
                server = self.sandbox()
                token = self.granted(server)
                server.control("fault", endpoint="revoke", kind="delay", arg="1", count="1")
                child = self.child(server, token=token)
                status = pathlib.Path(f"/proc/{child.process.pid}/status")
                harness.wait_for(lambda: child.process.poll() is not None
                                 or held(status.read_text(), signal.SIGTERM))
                if wish == "vanished":
                    child.vanish()
                for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
                    child.process.send_signal(number)
                child.process.wait(timeout=60)
                self.given_back(server)

    def test_what_cannot_be_given_back(self):
        server = self.sandbox()
        token = self.granted(server)
        self.ends(self.child(server), "BAD_CALL", "no token is given")
        self.ends(self.child(server, token="{}"), "BAD_CALL", "the token of the request")
        self.ends(self.child("http://127.0.0.1:1/bfabric", token=token), "RETRY_LATER",
                  "could not be revoked")


if __name__ == "__main__":
    harness.main()
