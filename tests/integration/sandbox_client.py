# SPDX-License-Identifier: MIT
"""A client of the sandbox server that is not ours: Python's http.client, and RSA by hand.

What our own programs do is judged by the sandbox, so the sandbox is judged by something else.
"""
import base64
import contextlib
import hashlib
import http.client
import json
import ssl
import urllib.parse

import harness

SERVICE = "sandbox-service"
ACCESS_TYPE = "urn:ietf:params:oauth:token-type:access_token"
EXCHANGE_GRANT = "urn:ietf:params:oauth:grant-type:token-exchange"
DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"


class Sandbox(harness.Sandbox):
    """The server, which must end in order: a sanitizer's complaint is a failure here."""

    def stop(self):
        super().stop()
        if self.process.returncode:
            self.stderr.seek(0)
            raise AssertionError(f"the sandbox ended with {self.process.returncode}: "
                                 + self.stderr.read().decode(errors="replace"))


@contextlib.contextmanager
def service_sandbox(**settings):
    """`with service_sandbox() as (server, secret)`: the secret is that of sandbox-service."""
    with harness.Temporary() as folder:
        file = folder.path / "secret"
        with Sandbox(client_secret_file=file, **settings) as server:
            yield server, file.read_text().strip()


class Reply:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def json(self):
        return json.loads(self.body)


def basic(user, password):
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def ask(server, method, url, body=None, headers=None, timeout=20):
    """One request on a connection of its own, by Python's http.client."""
    parts = urllib.parse.urlsplit(url)
    if parts.scheme == "https":
        context = ssl.create_default_context(cafile=server.ca_file)
        link = http.client.HTTPSConnection(parts.hostname, parts.port, timeout=timeout,
                                           context=context)
    else:
        link = http.client.HTTPConnection(parts.hostname, parts.port, timeout=timeout)
    path = parts.path + ("?" + parts.query if parts.query else "")
    try:
        link.request(method, path, body, headers or {})
        answer = link.getresponse()
        return Reply(answer.status, answer.headers, answer.read())
    finally:
        link.close()


def post(server, url, form=None, headers=None, timeout=20):
    return ask(server, "POST", url, urllib.parse.urlencode(form or {}),
               {"Content-Type": "application/x-www-form-urlencoded", **(headers or {})}, timeout)


def token_url(server):
    return server.base_url + "/rest/oauth/token"


def token(server, headers=None, **form):
    return post(server, token_url(server), form, headers)


def refresh(server, value, headers=None, **form):
    form = {"grant_type": "refresh_token", "refresh_token": value, "client_id": "CLI", **form}
    return token(server, headers, **{k: v for k, v in form.items() if v is not None})


def start_device(server, **form):
    return post(server, server.base_url + "/rest/oauth/device_authorization",
                {"client_id": "CLI", "scope": "openid api:read", **form})


VERIFIER = "the-verifier-of-the-tests-0123456789-0123456789"


def challenge(verifier=VERIFIER):
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def authorize_url(server, **params):
    """An authorization request of the client CLI; None leaves a parameter out."""
    params = {"response_type": "code", "client_id": "CLI", "scope": "openid api:read",
              "redirect_uri": "http://127.0.0.1:1/callback", "state": "s-1",
              "code_challenge": challenge(), "code_challenge_method": "S256", **params}
    return (server.base_url + "/rest/oauth/authorize?"
            + urllib.parse.urlencode({k: v for k, v in params.items() if v is not None}))


def exchange_code(server, code, headers=None, **form):
    form = {"grant_type": "authorization_code", "client_id": "CLI", "code": code,
            "redirect_uri": "http://127.0.0.1:1/callback", "code_verifier": VERIFIER, **form}
    return token(server, headers, **{k: v for k, v in form.items() if v is not None})


def exchange_launch(server, launch_token, client_id, secret, **form):
    form = {"grant_type": EXCHANGE_GRANT, "subject_token": launch_token,
            "subject_token_type": ACCESS_TYPE, **form}
    return token(server, {"Authorization": basic(client_id, secret)}, **form)


def send_json(server, method, url, document, bearer):
    return ask(server, method, url, None if document is None else json.dumps(document),
               {"Content-Type": "application/json", "Authorization": f"Bearer {bearer}"})


def register(server, document, bearer=None):
    """RFC 7591; by default with the token of an employee made for it."""
    bearer = bearer or server.mint(scope="api:write", user="employee")["access_token"]
    return send_json(server, "POST", server.base_url + "/rest/oauth/register", document, bearer)


def manage(server, method, registered, document=None):
    """RFC 7592 for a client whose registration reply this is."""
    return send_json(server, method, registered["registration_client_uri"], document,
                     registered["registration_access_token"])


def introspect(server, value, client_id, secret):
    return post(server, server.base_url + "/rest/oauth/introspect", {"token": value},
                {"Authorization": basic(client_id, secret)})


def revoke(server, value, headers=None, **form):
    form = {"token": value, "client_id": "CLI", **form}
    return post(server, server.base_url + "/rest/oauth/revoke",
                {k: v for k, v in form.items() if v is not None}, headers)


def poll(server, code, **form):
    return token(server, grant_type=DEVICE_GRANT, device_code=code, **{"client_id": "CLI", **form})


def whoami(server, value, scheme="Bearer"):
    header = f"Bearer {value}" if scheme == "Bearer" else basic("__oauth__", value)
    return ask(server, "GET", server.base_url + "/rest/whoami", headers={"Authorization": header})


def unb64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def claims(jwt):
    return json.loads(unb64(jwt.split(".")[1]))


def verified(jwt, jwks):
    """Whether an RS256 signature is right: RFC 8017 section 8.2.2 by hand, with nobody's library."""
    head, body, signature = jwt.split(".")
    kid = json.loads(unb64(head))["kid"]
    key = next(k for k in jwks["keys"] if k["kid"] == kid)
    n, e = (int.from_bytes(unb64(key[part]), "big") for part in "ne")
    size = (n.bit_length() + 7) // 8
    found = pow(int.from_bytes(unb64(signature), "big"), e, n).to_bytes(size, "big")
    digest = bytes.fromhex("3031300d060960864801650304020105000420")
    digest += hashlib.sha256(f"{head}.{body}".encode()).digest()
    return found == b"\0\1" + b"\xff" * (size - len(digest) - 3) + b"\0" + digest


def token_id(value):
    return hashlib.sha256(value.encode()).hexdigest()[:8]
