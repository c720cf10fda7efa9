# SPDX-License-Identifier: MIT
"""Reads what passes between our programs and the sandbox, so that a test knows every secret.

The sandbox names tokens only by a hash. Wiretap(server) listens on a port of its own and forwards
both ways; with `discovery="absent"` on the server, a base URL on that port keeps all requests there.
"""
import contextlib
import json
import re
import socket
import threading
import urllib.parse

SECRET = ("access_token", "refresh_token", "id_token", "device_code")


class Wiretap:
    def __init__(self, server):
        self.server, self.heard, self.closing = server, [], False
        self.lock = threading.Lock()

    def __enter__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.base_url = self.server.base_url.replace(f":{self.server.port}", f":{self.port}")
        self.host = f"127.0.0.1:{self.port}"
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.closing = True
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def _accept(self):
        while not self.closing:
            try:
                near, _ = self.listener.accept()
                far = socket.create_connection(("127.0.0.1", self.server.port))
            except OSError:
                return
            for source, target in ((near, far), (far, near)):
                threading.Thread(target=self._pass_on, args=(source, target), daemon=True).start()

    def _pass_on(self, source, target):
        heard = bytearray()
        with self.lock:
            self.heard.append(heard)
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                with self.lock:
                    heard += data
                target.sendall(data)
        with contextlib.suppress(OSError):
            target.shutdown(socket.SHUT_WR)

    def secrets(self):
        """Every token, code and Authorization value that went over the wire, with its URL-encoded
        form."""
        found = set()
        with self.lock:
            streams = [bytes(heard).decode("latin1") for heard in self.heard]
        for text in streams:
            for name in SECRET:
                found.update(json.loads(f'"{value}"') for value in
                             re.findall(rf'"{name}"\s*:\s*"([^"]+)"', text))
                found.update(urllib.parse.unquote_plus(value) for value in
                             re.findall(rf"(?:^|[&\n]){name}=([^&\s]+)", text))
            found.update(re.findall(r"(?im)^authorization: *\w+ +(\S+)", text))
        found = {one for one in found if len(one) > 12}
        return found | {urllib.parse.quote_plus(one) for one in found}
