# SPDX-License-Identifier: MIT
"""The sandbox server's keys: every algorithm, rotation, and tokens that a client must refuse.

Signatures are checked by the openssl program; keys reach it as the DER that is put together here.
"""
import base64
import hashlib
import hmac
import json

import harness
from sandbox_client import (SERVICE, Sandbox, ask, claims, exchange_launch, introspect,
                            service_sandbox, unb64, verified, whoami)

POINTS = {"P-256": "3059301306072a8648ce3d020106082a8648ce3d030107034200",
          "P-384": "3076301006072a8648ce3d020106052b81040022036200"}


def der(tag, content):
    size = len(content)
    length = bytes([size]) if size < 128 else b"\x82" + size.to_bytes(2, "big")
    return bytes([tag]) + length + content


def der_number(data):
    data = data.lstrip(b"\0")
    return der(2, b"\0" + data if data[0] & 0x80 else data)


def spki(jwk):
    if jwk["kty"] == "RSA":
        key = der(0x30, der_number(unb64(jwk["n"])) + der_number(unb64(jwk["e"])))
        algorithm = bytes.fromhex("300d06092a864886f70d0101010500")
        return der(0x30, algorithm + der(3, b"\0" + key))
    if jwk["kty"] == "EC":
        return bytes.fromhex(POINTS[jwk["crv"]]) + b"\4" + unb64(jwk["x"]) + unb64(jwk["y"])
    return bytes.fromhex("302a300506032b6570032100") + unb64(jwk["x"])


def pem(jwk):
    text = base64.encodebytes(spki(jwk)).decode().replace("\n", "")
    lines = [text[i:i + 64] for i in range(0, len(text), 64)]
    return "\n".join(["-----BEGIN PUBLIC KEY-----", *lines, "-----END PUBLIC KEY-----", ""])


def head(jwt):
    return json.loads(unb64(jwt.split(".")[0]))


def key_of(server, jwt):
    """The published key that a token names, or None."""
    jwks = ask(server, "GET", server.base_url + "/rest/oauth/jwks").json()
    return next((k for k in jwks["keys"] if k["kid"] == head(jwt)["kid"]), None)


def good(server, jwt, alg):
    """Whether openssl says that the signature is right."""
    key = key_of(server, jwt)
    signed, _, signature = jwt.rpartition(".")
    raw = unb64(signature)
    if alg.startswith("ES"):
        half = len(raw) // 2
        raw = der(0x30, der_number(raw[:half]) + der_number(raw[half:]))
    with harness.Temporary() as folder:
        for name, data in (("key", pem(key).encode()), ("sig", raw), ("data", signed.encode())):
            (folder.path / name).write_bytes(data)
        where = [folder.path / name for name in ("key", "sig", "data")]
        if alg == "EdDSA":
            command = ["openssl", "pkeyutl", "-verify", "-rawin", "-pubin", "-inkey", where[0],
                       "-sigfile", where[1], "-in", where[2]]
        else:
            options = ["-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:digest"]
            command = ["openssl", "dgst", "-sha" + alg[2:], "-verify", where[0], "-signature",
                       where[1], *(options if alg.startswith("PS") else []), where[2]]
        return harness.run(command).status == 0


class Algorithms(harness.TestCase):
    def test_every_algorithm(self):
        with Sandbox() as server:
            for alg in ("RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA"):
                with self.subTest(alg):
                    server.control("set", signing_alg=alg)
                    jwt = server.mint()["access_token"]
                    self.assertEqual(head(jwt)["alg"], alg)
                    key = key_of(server, jwt)
                    self.assertEqual((key["alg"], key["use"]), (alg, "sig"))
                    self.assertTrue(good(server, jwt, alg))
                    first, _, last = jwt.rpartition(".")
                    self.assertFalse(good(server, f"{first[:-1]}.{last}", alg))
                    self.assertEqual(whoami(server, jwt).status, 200)
                    document = ask(server, "GET", server.base_url
                                   + "/.well-known/openid-configuration").json()
                    self.assertEqual(document["id_token_signing_alg_values_supported"], [alg])

    def test_rotation(self):
        with Sandbox() as server:
            first = server.mint()["access_token"]
            kid = server.control("rotate-key")["kid"]
            second = server.mint()["access_token"]
            self.assertEqual(head(second)["kid"], kid)
            self.assertNotEqual(head(first)["kid"], kid)
            jwks = ask(server, "GET", server.base_url + "/rest/oauth/jwks").json()
            self.assertTrue(verified(first, jwks) and verified(second, jwks))
            server.control("rotate-key", keep="off")
            self.assertIsNone(key_of(server, second))
            self.assertIsNotNone(key_of(server, first))
            self.assertTrue(good(server, server.mint()["access_token"], "RS256"))

    def test_published_keys(self):
        with Sandbox(jwks_enc_key=True) as server:
            jwks = ask(server, "GET", server.base_url + "/rest/oauth/jwks").json()
            self.assertEqual(sorted(k["use"] for k in jwks["keys"]), ["enc", "sig"])


class Forged(harness.TestCase):
    def test_wrong_keys(self):
        with Sandbox() as server:
            enc = server.mint(key="enc")["access_token"]
            self.assertEqual(key_of(server, enc)["use"], "enc")
            short = server.mint(key="short")["access_token"]
            self.assertEqual(len(unb64(key_of(server, short)["n"])), 128)
            self.assertTrue(good(server, short, "RS256"))
            self.assertIsNone(key_of(server, server.mint(key="unknown")["access_token"]))
            kid = head(server.mint()["access_token"])["kid"]
            swapped = server.mint(key="unknown", header=json.dumps({"kid": kid}))["access_token"]
            self.assertFalse(good(server, swapped, "RS256"))
            bare = server.mint(header='{"kid": null, "typ": "at+jwt", "jku": "http://x/"}')
            self.assertEqual(head(bare["access_token"]),
                             {"alg": "RS256", "typ": "at+jwt", "jku": "http://x/"})

    def test_wrong_algorithms(self):
        with Sandbox() as server:
            none = server.mint(alg="none")["access_token"]
            self.assertEqual((head(none)["alg"], none.rpartition(".")[2]), ("none", ""))
            forged = server.mint(alg="HS256")["access_token"]
            signed, _, signature = forged.rpartition(".")
            digest = hmac.new(pem(key_of(server, forged)).encode(), signed.encode(),
                              hashlib.sha256).digest()
            self.assertEqual(digest, unb64(signature))

    def test_claims(self):
        with Sandbox() as server:
            changed = server.mint(claims=json.dumps({"aud": ["a", "b"], "exp": 1, "sub": None,
                                                     "nbf": 9999999999}))["access_token"]
            got = claims(changed)
            self.assertEqual((got["aud"], got["exp"], got["nbf"]), (["a", "b"], 1, 9999999999))
            self.assertNotIn("sub", got)
            self.assertTrue(good(server, changed, "RS256"))
            for wrong in ({"claims": "[]"}, {"claims": "{"}, {"header": "1"}, {"alg": "XS256"},
                          {"key": "best"}, {"lifetime": "soon"}, {"client_id": "nobody"}):
                with self.subTest(wrong), self.assertRaises(AssertionError):
                    server.mint(**wrong)

    def test_settings_for_every_token(self):
        with service_sandbox(audience="one two", issuer="https://other.example/bfabric",
                             access_claims='{"jti": null, "extra": [1]}') as (server, secret):
            got = claims(server.mint()["access_token"])
            self.assertEqual((got["aud"], got["iss"], got["extra"]),
                             (["one", "two"], "https://other.example/bfabric", [1]))
            self.assertNotIn("jti", got)
            server.control("set", signing_alg="none", access_claims="")
            launch = server.launch_token(alg="RS256")
            reply = exchange_launch(server, launch, SERVICE, secret).json()
            self.assertEqual(head(reply["access_token"])["alg"], "none")
            self.assertTrue(introspect(server, reply["access_token"], SERVICE,
                                       secret).json()["active"])
            with self.assertRaises(AssertionError):
                server.control("set", access_claims="[]")

    def test_launch_tokens(self):
        with Sandbox() as server:
            self.assertEqual(head(server.launch_token(alg="none"))["alg"], "none")
            self.assertEqual(claims(server.launch_token(claims='{"iss": "x"}'))["iss"], "x")

    def test_foreign_endpoint(self):
        with Sandbox(foreign_endpoint="token_endpoint") as server:
            document = ask(server, "GET",
                           server.base_url + "/.well-known/openid-configuration").json()
            self.assertNotIn(server.base_url, document.pop("token_endpoint"))
            for name, url in document.items():
                if name.endswith("_endpoint"):
                    self.assertIn(server.base_url, url)


if __name__ == "__main__":
    harness.main()
