# SPDX-License-Identifier: MIT
"""Writes tests/data/jwks: replies of a JWKS endpoint, each with what must be read from it.

Runs like make_jwt_cases.py beside it, whose keys these are.
"""
import json

import make_jwt_cases as jwt

FOLDER = jwt.FOLDER.parent / "jwks"
WHAT = "the server, asked for its keys (JWKS),"
R, P = jwt.jwk(jwt.RSA, "r"), jwt.jwk(jwt.P256, "p")
Q, E = jwt.jwk(jwt.P384, "q"), jwt.jwk(jwt.ED25519, "e")
N = jwt.RSA.public_key().public_numbers().n


def case(name, body, expect, status=200):
    folder = FOLDER / name
    folder.mkdir(parents=True, exist_ok=True)
    text = body if isinstance(body, str) else json.dumps(body)
    (folder / "reply").write_bytes(f"{status}\n{text}".encode())
    (folder / "expect").write_text(expect, encoding="utf-8")


def ok(name, keys, *lines):
    case(name, {"keys": keys}, "".join(line + "\n" for line in ("OK", *lines)))


def bad(name, body, why, status=200):
    case(name, body, f"BAD_REPLY\n{WHAT} {why}\n", status)


def later(name, status):
    case(name, "", f"RETRY_LATER\n{WHAT} cannot answer now (HTTP {status})\n", status)


def choosing():
    ok("all-kinds", [R, P, Q, E], "r RSA - usable", "p P-256 - usable", "q P-384 - usable",
       "e Ed25519 - usable")
    ok("empty", [])
    ok("no-kid", [jwt.jwk(jwt.RSA, None)], "- RSA - usable")
    ok("kid-number", [{**R, "kid": 7}], "- RSA - usable")
    ok("alg-fits", [{**R, "alg": "PS256"}, {**P, "alg": "ES256"}], "r RSA PS256 usable",
       "p P-256 ES256 usable")
    ok("alg-of-another-kind", [{**R, "alg": "ES256"}, {**P, "alg": "ES384"}])
    ok("alg-for-encryption", [{**R, "alg": "RSA-OAEP"}, {**R, "alg": 7}])
    ok("use-enc", [{**R, "use": "enc"}, {**P, "use": "sig"}], "p P-256 - usable")
    ok("use-odd", [{**R, "use": ["sig"]}, {**R, "use": None}])
    ok("key-ops", [{**R, "key_ops": ["verify"]}, {**P, "key_ops": ["sign", "verify"]},
                   {**Q, "key_ops": ["sign"]}, {**E, "key_ops": "verify"}],
       "r RSA - usable", "p P-256 - usable")
    ok("unknown-kinds", [{"kty": "oct", "k": "AAAA"}, {"kty": "EC", "crv": "P-521", "x": "AA", "y": "AA"},
                         {"kty": "EC", "crv": "secp256k1"}, {"kty": "OKP", "crv": "X25519", "x": "AA"},
                         {"kty": "OKP", "crv": "Ed448"}, {"kty": "AKP"}, {}, {"kty": "rsa"}])
    ok("entries-that-are-none", [7, None, "x", [], R], "r RSA - usable")
    ok("many-foreign-entries", [{}] * 127 + [E], "e Ed25519 - usable")


def numbers():
    unread = "r RSA - its modulus or exponent cannot be read"
    exponent = "r RSA - its RSA exponent is even, less than 3, or larger than 64 bits"
    small = "r RSA - its RSA modulus has fewer than 2048 bits"
    ok("rsa-without-numbers", [{"kty": "RSA", "kid": "r"}], unread)
    ok("rsa-1024", [jwt.jwk(jwt.SMALL_RSA, "r")], small)
    ok("rsa-2047", [{**R, "n": jwt.number(N >> 1 | 1)}], small)
    ok("rsa-even-modulus", [{**R, "n": jwt.number(N - 1)}], "r RSA - its RSA modulus is even")
    ok("rsa-8192", [{**R, "n": jwt.number(1 << 8191 | 1)}], "r RSA - usable")
    ok("rsa-8193", [{**R, "n": jwt.number(1 << 8192 | 1)}],
       "r RSA - its RSA modulus has more than 8192 bits")
    ok("rsa-endless", [{**R, "n": "_" * 5000}], unread)
    ok("rsa-zero-in-front", [{**R, "n": jwt.b64(b"\0\0" + N.to_bytes(256, "big")), "e": "AAEAAQ"}],
       "r RSA - usable")
    for name, value in (("zero", "AA"), ("one", "AQ"), ("two", "Ag"), ("empty", ""),
                        ("65-bits", jwt.number(1 << 64 | 1))):
        ok(f"rsa-exponent-{name}", [{**R, "e": value}], exponent)
    ok("rsa-exponent-three", [{**R, "e": "Aw"}], "r RSA - usable")
    ok("rsa-exponent-number", [{**R, "e": 65537}], unread)
    ok("rsa-padded", [{**R, "n": R["n"] + "=="}], unread)
    length = "its point has the wrong length"
    ok("ec-no-y", [{name: P[name] for name in P if name != "y"}], "p P-256 - its point cannot be read")
    ok("ec-long", [{**P, "x": jwt.b64(bytes(33))}], f"p P-256 - {length}")
    ok("ec-of-another-curve", [{**P, "crv": "P-384"}], f"p P-384 - {length}")
    ok("ed-short", [{**E, "x": jwt.b64(bytes(31))}], f"e Ed25519 - {length}")


def documents():
    no_object, twice = "answered with what is not a JSON object", "answered with what names a member twice"
    bad("too-many-keys", {"keys": [E] * 33}, "listed more than 32 keys for tokens")
    bad("too-many-entries", {"keys": [{}] * 129}, "listed more than 128 keys")
    bad("large", {"keys": [R], "x": "A" * (256 << 10)}, "answered with more than 256 KiB")
    bad("no-list", {"key": [R]}, "answered without a list of keys")
    bad("list-is-object", {"keys": {"r": R}}, "answered without a list of keys")
    bad("bare-list", [R], no_object)
    bad("html", "<html></html>", no_object)
    bad("nothing", "", no_object)
    bad("twice", '{"keys":[],"keys":[]}', twice)
    bad("twice-in-a-key", '{"keys":[{"kty":"RSA","kty":"EC"}]}', twice)
    bad("deep", '{"keys":[],"x":' + "[" * 10 + "]" * 10 + "}", "answered with what is nested too deeply")
    bad("truncated", json.dumps({"keys": [R]})[:-9], no_object)
    bad("302", "", "answered with a redirect (HTTP 302), which is never followed", 302)
    bad("404", "{}", "answered HTTP 404, which makes no sense here", 404)
    later("503", 503)
    later("429", 429)


for write in (choosing, numbers, documents):
    write()
