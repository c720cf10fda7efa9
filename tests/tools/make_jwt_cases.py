# SPDX-License-Identifier: MIT
"""Writes tests/data/jwt: hostile and honest tokens, each with what must be said about it.

    python3 -m venv V && V/bin/pip install cryptography
    V/bin/python tests/tools/make_jwt_cases.py

<case>/file: a line with what is expected of the token and the time (JSON), a line with the server's
keys, then the token, byte for byte. <case>/expect: status and text. The keys are made from the
numbers below, so a second run differs in the random salts of PSS only. The tokens are put together
here by hand, because no honest library would make most of them.
"""
import base64
import hashlib
import hmac
import json
import pathlib
import random

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, utils

FOLDER = pathlib.Path(__file__).resolve().parents[1] / "data" / "jwt"
NOW = 1_800_000_000
ISSUER = "https://bfabric.example.org/bfabric"
CLAIMS = {"iss": ISSUER, "sub": "ada", "aud": "bfabric-api", "client_id": "CLI",
          "scope": "api:read", "iat": NOW - 60, "exp": NOW + 3600, "jti": "t1"}
HASHES = {"256": hashes.SHA256(), "384": hashes.SHA384(), "512": hashes.SHA512()}


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def number(value):
    return b64(value.to_bytes((value.bit_length() + 7) // 8, "big"))


# ---- keys ----

def probable_prime(n, chance):
    if any(n % small == 0 for small in (3, 5, 7, 11, 13, 17, 19, 23)):
        return False
    odd, twos = n - 1, 0
    while odd % 2 == 0:
        odd, twos = odd // 2, twos + 1
    for _ in range(20):
        x = pow(chance.randrange(2, n - 1), odd, n)
        if x in (1, n - 1):
            continue
        for _ in range(twos - 1):
            x = x * x % n
            if x == n - 1:
                break
        else:
            return False
    return True


def prime(bits, chance):
    while True:
        n = chance.getrandbits(bits) | (3 << (bits - 2)) | 1
        if (n - 1) % 65537 and probable_prime(n, chance):
            return n


def rsa_key(bits, seed):
    chance = random.Random(seed)
    p, q = prime(bits // 2, chance), prime(bits // 2, chance)
    d = pow(65537, -1, (p - 1) * (q - 1))
    return rsa.RSAPrivateNumbers(p, q, d, rsa.rsa_crt_dmp1(d, p), rsa.rsa_crt_dmq1(d, q),
                                 rsa.rsa_crt_iqmp(p, q),
                                 rsa.RSAPublicNumbers(65537, p * q)).private_key()


RSA, OTHER_RSA, SMALL_RSA = rsa_key(2048, 1), rsa_key(2048, 2), rsa_key(1024, 3)
P256 = ec.derive_private_key(0x1234567890ABCDEF << 100, ec.SECP256R1())
P384 = ec.derive_private_key(0x1234567890ABCDEF << 200, ec.SECP384R1())
ED25519 = ed25519.Ed25519PrivateKey.from_private_bytes(hashlib.sha256(b"a test").digest())


def jwk(key, kid, **more):
    public = key.public_key()
    if isinstance(key, rsa.RSAPrivateKey):
        numbers = public.public_numbers()
        found = {"kty": "RSA", "n": number(numbers.n), "e": number(numbers.e)}
    elif isinstance(key, ec.EllipticCurvePrivateKey):
        numbers, width = public.public_numbers(), (key.curve.key_size + 7) // 8
        found = {"kty": "EC", "crv": f"P-{key.curve.key_size}",
                 "x": b64(numbers.x.to_bytes(width, "big")),
                 "y": b64(numbers.y.to_bytes(width, "big"))}
    else:
        found = {"kty": "OKP", "crv": "Ed25519", "x": b64(public.public_bytes_raw())}
    if kid:
        found["kid"] = kid
    return {**found, **more}


KEYS = [jwk(RSA, "rsa", use="sig"), jwk(P256, "p256", alg="ES256", use="sig"), jwk(P384, "p384"),
        jwk(ED25519, "ed", alg="EdDSA"), jwk(SMALL_RSA, "small", use="sig"),
        jwk(OTHER_RSA, "enc", use="enc"), {"kty": "oct", "kid": "shared", "k": b64(b"secret")}]


# ---- signatures ----

def sign(key, alg, data):
    if alg.startswith("RS"):
        return key.sign(data, padding.PKCS1v15(), HASHES[alg[2:]])
    if alg.startswith("PS"):
        hash_ = HASHES[alg[2:]]
        return key.sign(data, padding.PSS(padding.MGF1(hash_), hash_.digest_size), hash_)
    if alg.startswith("ES"):
        hash_ = HASHES[alg[2:]]
        der = key.sign(data, ec.ECDSA(hash_, deterministic_signing=True))
        width = (key.curve.key_size + 7) // 8
        return b"".join(n.to_bytes(width, "big") for n in utils.decode_dss_signature(der))
    return key.sign(data)


def compact(header, payload, signature):
    """`signature`: a function of what is signed."""
    head = b64(header if isinstance(header, bytes) else json.dumps(header).encode())
    body = b64(payload if isinstance(payload, bytes) else json.dumps(payload).encode())
    return f"{head}.{body}.{b64(signature(f'{head}.{body}'.encode()))}"


def token(alg="RS256", key=RSA, kid="rsa", claims=None, header=None, **changes):
    """An honest token, with members of the payload changed; None takes one out."""
    payload = claims if claims is not None else {
        name: value for name, value in {**CLAIMS, **changes}.items() if value is not None}
    head = {"alg": alg, **({"kid": kid} if kid else {}), **(header or {})}
    return compact(head, payload, lambda data: sign(key, alg, data))


def raw(text):
    """A payload that no JSON library would write."""
    return token(claims=text.encode())


# ---- cases ----

WRITTEN = set()


def case(name, text, expect, keys=None, **wanted):
    folder = FOLDER / name
    folder.mkdir(parents=True, exist_ok=True)
    settings = {"now": NOW, "issuer": ISSUER, **wanted}
    body = text if isinstance(text, bytes) else text.encode()
    (folder / "file").write_bytes(json.dumps(settings).encode() + b"\n"
                                  + json.dumps({"keys": KEYS if keys is None else keys}).encode()
                                  + b"\n" + body)
    (folder / "expect").write_text(expect, encoding="utf-8")
    WRITTEN.add(name)


def good(name, text, client="CLI", subject="ada", **more):
    case(name, text, f"OK\nsub={subject} client_id={client}\n", **more)


def refused(name, text, why, **more):
    case(name, text, f"DENIED\nthe token is refused: {why}\n", **more)


def opaque(name, text):
    case(name, text, "UNSUPPORTED\nthe token is opaque (no JWT): only the server can tell what it is "
         "worth, introspect it instead\n")


NO_MATCH = "its signature was not made with the server's key"
STRICT = "its {} is not strict base64url"


def honest():
    for alg, key, kid in (("RS256", RSA, "rsa"), ("RS384", RSA, "rsa"), ("RS512", RSA, "rsa"),
                          ("PS256", RSA, "rsa"), ("ES256", P256, "p256"), ("ES384", P384, "p384"),
                          ("EdDSA", ED25519, "ed")):
        good(f"good-{alg.lower()}", token(alg, key, kid))
        good(f"good-{alg.lower()}-no-kid", token(alg, key, None))
    good("good-typ-at-jwt", token(header={"typ": "application/AT+JWT"}))
    good("good-aud-array", token(aud=["other", "bfabric-api"]))
    good("good-iss-slash", token(iss=ISSUER + "/"))
    good("good-iss-default-port", token(iss="HTTPS://bfabric.EXAMPLE.org:443/bfabric"))
    good("good-exp-real", token(exp=NOW + 0.5))
    good("good-expired-within-leeway", token(exp=NOW - 59))
    good("good-not-yet-within-leeway", token(nbf=NOW + 60, iat=NOW + 60))
    good("good-no-iat", token(iat=None))
    good("good-no-subject", token(sub=None), subject="-")
    good("good-client-id", token(), client_id="CLI", wanted_subject="ada")
    good("good-other-audience", token(aud="urn:x"), audience="urn:x")
    good("good-b64-true", token(header={"b64": True}))
    good("good-header-keys-ignored", token(header={
        "jku": "https://evil.example/jwks", "x5u": "https://evil.example/x", "x5c": ["AAAA"],
        "jwk": jwk(OTHER_RSA, "rsa"), "x5t": "AAAA"}))
    good("good-leading-zero-in-modulus", token(), keys=[
        {**KEYS[0], "n": b64(b"\0" + base64.urlsafe_b64decode(KEYS[0]["n"] + "=="))}])
    good("good-two-keys-of-one-name", token(), keys=[jwk(OTHER_RSA, "rsa"), KEYS[0]])
    good("good-third-without-name", token(kid=None), keys=[
        jwk(OTHER_RSA, None), jwk(P256, None), jwk(RSA, None)])


def algorithms():
    unsigned = "it is not signed (alg none)"
    for name in ("none", "None", "NONE", "nOnE"):
        refused(f"alg-{name}", compact({"alg": name}, CLAIMS, lambda _: b""), unsigned)
    refused("alg-none-with-signature", compact({"alg": "none"}, CLAIMS, lambda d: sign(RSA, "RS256", d)),
            unsigned)
    refused("alg-missing", compact({"kid": "rsa"}, CLAIMS, lambda d: sign(RSA, "RS256", d)),
            "it names no algorithm")
    refused("alg-number", token(header={"alg": 256}), "it names no algorithm")
    refused("alg-lower-case", token(header={"alg": "rs256"}),
            "its algorithm rs256 is not among those taken here")
    refused("alg-es512", token(header={"alg": "ES512"}),
            "its algorithm ES512 is not among those taken here")
    refused("alg-escape", token(header={"alg": "\x1b[2J\u202eRS"}),
            "its algorithm ?[2JRS is not among those taken here")
    pem = RSA.public_key().public_bytes(serialization.Encoding.PEM,
                                        serialization.PublicFormat.SubjectPublicKeyInfo)
    shared = "is no signature, whoever can check it can make it"
    refused("hmac-with-the-public-key", compact(
        {"alg": "HS256", "kid": "rsa"}, CLAIMS,
        lambda d: hmac.new(pem, d, hashlib.sha256).digest()), f"HS256 {shared}")
    refused("hmac-with-the-shared-key", compact(
        {"alg": "HS512", "kid": "shared"}, CLAIMS,
        lambda d: hmac.new(b"secret", d, hashlib.sha512).digest()), f"HS512 {shared}")
    refused("alg-of-another-key", token("RS256", RSA, "p256"), "the server's key p256 is not for RS256")
    refused("alg-not-that-of-the-key", token("RS384", RSA, "k"), "the server's key k is not for RS384",
            keys=[jwk(RSA, "k", alg="RS256")])
    refused("es256-with-a-p384-key", token("ES384", P384, "p384", header={"alg": "ES256"}),
            "the server's key p384 is not for ES256")
    refused("ps256-signed-as-rs256", compact(
        {"alg": "PS256", "kid": "rsa"}, CLAIMS, lambda d: sign(RSA, "RS256", d)), NO_MATCH)
    refused("ps256-long-salt", compact({"alg": "PS256", "kid": "rsa"}, CLAIMS, lambda d: RSA.sign(
        d, padding.PSS(padding.MGF1(hashes.SHA256()), 64), hashes.SHA256())), NO_MATCH)
    refused("rs256-hashed-as-rs512", compact(
        {"alg": "RS256", "kid": "rsa"}, CLAIMS, lambda d: sign(RSA, "RS512", d)), NO_MATCH)


def keys_and_signatures():
    refused("kid-unknown", token(kid="gone"), "the server has no key gone for signatures")
    refused("kid-of-another-key", token(key=OTHER_RSA), NO_MATCH)
    refused("kid-use-enc", token(key=OTHER_RSA, kid="enc"), "the server has no key enc for signatures")
    refused("kid-no-verify", token(kid="k"), "the server has no key k for signatures",
            keys=[jwk(RSA, "k", key_ops=["encrypt"])])
    refused("kid-control", token(kid="a\nb"), "its kid is no name of a key")
    refused("kid-empty", token(header={"kid": ""}), "its kid is no name of a key")
    refused("kid-number", token(header={"kid": 7}), "its kid is no name of a key")
    refused("kid-long", token(kid="k" * 257), "its kid is no name of a key")
    refused("kid-path", token(kid="../../etc/passwd"),
            "the server has no key ../../etc/passwd for signatures")
    refused("no-keys", token(), "the server has no key rsa for signatures", keys=[])
    refused("no-kid-and-no-keys", token(kid=None), "the server has no key for RS256", keys=[])
    refused("no-kid-and-too-many-keys", token(kid=None), NO_MATCH,
            keys=[jwk(OTHER_RSA, None)] * 5 + [jwk(RSA, None)])
    weak = "the server's key {} is not good enough: its {}"
    refused("rsa-1024", token(key=SMALL_RSA, kid="small"),
         weak.format("small", "RSA modulus has fewer than 2048 bits"))
    refused("rsa-even-exponent", token(), weak.format(
        "rsa", "RSA exponent is even, less than 3, or larger than 64 bits"),
        keys=[{**KEYS[0], "e": "AQAA"}])
    refused("rsa-exponent-one", token(), weak.format(
        "rsa", "RSA exponent is even, less than 3, or larger than 64 bits"),
        keys=[{**KEYS[0], "e": "AQ"}])
    refused("ec-short-coordinate", token("ES256", P256, "p256"),
         weak.format("p256", "point has the wrong length"), keys=[{**KEYS[1], "x": b64(bytes(31))}])
    refused("ec-not-on-the-curve", token("ES256", P256, "p256"),
         "the server's key is no key on its curve", keys=[{**KEYS[1], "x": b64(bytes(32))}])
    es256 = {"alg": "ES256", "kid": "p256"}
    length = "its signature has {} bytes, and ES256 has 64"
    refused("es256-der", compact(es256, CLAIMS, lambda d: P256.sign(d, ec.ECDSA(
        hashes.SHA256(), deterministic_signing=True))[:70].ljust(70, b"\0")), length.format(70))
    refused("es256-short", compact(es256, CLAIMS, lambda d: sign(P256, "ES256", d)[:63]),
            length.format(63))
    refused("es256-long", compact(es256, CLAIMS, lambda d: sign(P256, "ES256", d) + b"\0"),
            length.format(65))
    refused("es256-zero", compact(es256, CLAIMS, lambda d: bytes(64)), NO_MATCH)
    refused("rs256-short", compact({"alg": "RS256", "kid": "rsa"}, CLAIMS,
                                   lambda d: sign(RSA, "RS256", d)[:255]), NO_MATCH)
    refused("eddsa-short", compact({"alg": "EdDSA", "kid": "ed"}, CLAIMS,
                                   lambda d: sign(ED25519, "EdDSA", d)[:63]), NO_MATCH)
    refused("embedded-jwk", token(key=OTHER_RSA, kid=None, header={"jwk": jwk(OTHER_RSA, None)}),
            NO_MATCH)


def claims():
    refused("expired", token(exp=NOW - 60), "it expired 60 s ago")
    refused("not-yet", token(nbf=NOW + 61),
            "it is not valid before 61 s from now (is this clock right?)")
    refused("issued-in-the-future", token(iat=NOW + 61),
            "it was issued 61 s in the future (is this clock right?)")
    refused("exp-missing", token(exp=None), "it does not say when it ends")
    for name, text in (("string", f'"{NOW + 60}"'), ("negative", "-1"), ("2-60", str(1 << 60)),
                       ("1e300", "1e300"), ("true", "true"), ("null", "null"), ("list", "[1]")):
        refused(f"exp-{name}", raw('{"iss":"%s","aud":"bfabric-api","exp":%s}' % (ISSUER, text)),
                "its exp is no time")
    refused("exp-2-80", raw('{"iss":"%s","aud":"bfabric-api","exp":%d}' % (ISSUER, 1 << 80)),
            "its payload has a number that is too large")
    refused("nbf-string", token(nbf="0"), "its nbf is no time")
    refused("iat-string", token(iat="0"), "its iat is no time")
    refused("iss-missing", token(iss=None), "it names no issuer")
    refused("iss-other", token(iss="https://evil.example/bfabric"),
            f"it was issued by https://evil.example/bfabric, not by {ISSUER}")
    refused("iss-other-path", token(iss=ISSUER + "/x"), f"it was issued by {ISSUER}/x, not by {ISSUER}")
    refused("iss-prefix", token(iss=ISSUER + ".evil.example"),
            f"it was issued by {ISSUER}.evil.example, not by {ISSUER}")
    refused("iss-list", token(iss=[ISSUER]), "its iss is not text")
    refused("aud-missing", token(aud=None), "it names no audience")
    refused("aud-other", token(aud="other"), "it is meant for other, not for bfabric-api")
    refused("aud-prefix", token(aud="bfabric-api-2"), "it is meant for bfabric-api-2, not for bfabric-api")
    refused("aud-array-without", token(aud=["a", "b"]), "it is not meant for bfabric-api")
    refused("aud-array-empty", token(aud=[]), "it is not meant for bfabric-api")
    refused("aud-array-number", token(aud=["bfabric-api", 7]), "its audience is not a list of names")
    refused("aud-object", token(aud={"bfabric-api": 1}), "it is not meant for bfabric-api")
    refused("client-other", token(), "its client is CLI, not WEB", client_id="WEB")
    refused("client-missing", token(client_id=None), "it names no client, and CLI was expected",
            client_id="CLI")
    refused("subject-other", token(), "its subject is ada, not bob", wanted_subject="bob")
    refused("subject-number", token(sub=7), "its sub is not text")


def shapes():
    parts = token().split(".")
    refused("parts-two", ".".join(parts[:2]), "it has 2 parts where a signed token has three")
    refused("parts-four", ".".join(parts + ["AAAA"]), "it has 4 parts where a signed token has three")
    refused("parts-five-jwe", ".".join(parts + ["AAAA", "AAAA"]), "it is encrypted (JWE)")
    refused("parts-dot-at-end", token() + ".", "it has 4 parts where a signed token has three")
    refused("signature-empty", ".".join(parts[:2]) + ".", "it is not signed")
    refused("trailing-newline", token() + "\n", STRICT.format("signature"))
    refused("trailing-garbage", token() + " x", STRICT.format("signature"))
    refused("trailing-nul", token() + "\0", STRICT.format("signature"))
    refused("padded", token() + "==", STRICT.format("signature"))
    refused("padded-header", f"{parts[0]}=.{parts[1]}.{parts[2]}", STRICT.format("header"))
    refused("base64-plain-alphabet", f"{parts[0]}.{parts[1]}.+/{parts[2][2:]}", STRICT.format("signature"))
    refused("base64-white-space", f"{parts[0]}.{parts[1][:8]}\n{parts[1][8:]}.{parts[2]}",
            STRICT.format("payload"))
    last = parts[2][-1]
    refused("base64-other-trailing-bits", token()[:-1] + chr(ord(last) + 1), STRICT.format("signature"))
    refused("base64-one-letter-left", token() + "AAA", STRICT.format("signature"))
    refused("larger-than-64-kib", token(filler="A" * 70_000), "it is larger than 64 KiB")
    refused("header-malformed", compact(b'{"alg"]', CLAIMS, lambda _: b"x"),
            "its header is not a JSON object")
    refused("header-twice", compact(b'{"alg":"none","alg":"RS256"}', CLAIMS,
                                    lambda d: sign(RSA, "RS256", d)), "its header names a member twice")
    refused("header-not-utf8", compact(b'{"alg":"RS256","x":"\xff"}', CLAIMS, lambda _: b"x"),
            "its header is not a JSON object")
    refused("header-garbage-after", compact(b'{"alg":"RS256"}x', CLAIMS, lambda _: b"x"),
            "its header is not a JSON object")
    refused("payload-list", raw("[1]"), "its payload is not a JSON object")
    refused("payload-twice", raw('{"aud":"x","aud":"bfabric-api","iss":"%s","exp":%d}' % (ISSUER, NOW)),
            "its payload names a member twice")
    refused("payload-deep", raw('{"a":' + "[" * 20 + "]" * 20 + "}"), "its payload is nested too deeply")
    refused("payload-nul", raw('{"sub":"a\\u0000b"}'), "its payload is not a JSON object")
    refused("payload-empty", f"{parts[0]}..{parts[2]}", "its payload is not a JSON object")
    refused("crit", token(header={"crit": ["exp"]}),
            "it demands an extension (crit), and none is known here")
    refused("crit-empty", token(header={"crit": []}),
            "it demands an extension (crit), and none is known here")
    refused("b64-false", token(header={"b64": False}), "its payload is not encoded (b64)")
    refused("typ-of-another-token", token(header={"typ": "logout+jwt"}),
            "its typ is that of another kind of token")
    refused("typ-number", token(header={"typ": 7}), "its typ is that of another kind of token")
    opaque("opaque", "2YotnFZFEjr1zCsicMWpAA")
    opaque("opaque-with-dots", "v4.public.AAAA")
    opaque("opaque-empty", "")
    opaque("opaque-leading-space", " " + token())
    opaque("opaque-bearer", "Bearer " + token())


def main():
    for write in (honest, algorithms, keys_and_signatures, claims, shapes):
        write()
    stale = {path.name for path in FOLDER.iterdir()} - WRITTEN
    print(f"{len(WRITTEN)} cases", f"no longer made: {sorted(stale)}" if stale else "")


if __name__ == "__main__":
    main()
