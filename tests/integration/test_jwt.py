# SPDX-License-Identifier: MIT
"""Tokens signed by an implementation that is not ours (joserfc, on cryptography), and spoilt ones.

BF_VENV names a virtual environment with bfabricPy, which brings joserfc with it.
"""
import json
import os
import random

import bfabricpy
import harness

CHECK = harness.BUILD / "tests" / "unit" / "jwtcheck"
NOW = 1_800_000_000
ISSUER = "https://bfabric.example.org/bfabric"
COUNT = max(2, int(20 * float(os.environ.get("TEST_SCALE") or 1)))
ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA"]

# Prints the public keys, then a line for each token: algorithm, subject, token.
SIGN = """
import json, random, sys, warnings
warnings.simplefilter("ignore")
from joserfc import jwt
from joserfc.jwk import ECKey, OKPKey, RSAKey
seed, count, now, issuer = json.loads(sys.argv[1])
chance = random.Random(seed)
rsa = RSAKey.generate_key(2048)
keys = {"RS256": rsa, "RS384": rsa, "RS512": rsa, "PS256": rsa, "ES256": ECKey.generate_key("P-256"),
        "ES384": ECKey.generate_key("P-384"), "EdDSA": OKPKey.generate_key("Ed25519")}
def value(depth=0):
    kind = chance.randrange(7 if depth < 3 else 5)
    if kind == 0: return chance.choice([None, True, False])
    if kind == 1: return chance.randrange(-2**53, 2**53)
    if kind == 2: return chance.random() * 1e6
    if kind < 5: return "".join(chr(chance.choice([chance.randrange(32, 127), 0xe9, 0x202e, 0x1f600]))
                                for _ in range(chance.randrange(20)))
    if kind == 5: return [value(depth + 1) for _ in range(chance.randrange(4))]
    return {f"k{n}": value(depth + 1) for n in range(chance.randrange(4))}
def public(key):
    found = key.as_dict(private=False)
    found["kid"] = key.thumbprint()
    return found
print(json.dumps({"keys": [public(key) for key in
                           (rsa, keys["ES256"], keys["ES384"], keys["EdDSA"])]}))
for alg, key in keys.items():
    for number in range(count):
        claims = {f"x{n}": value() for n in range(chance.randrange(6))}
        claims.update(iss=issuer + chance.choice(["", "/"]), sub=f"user{number}",
                      aud=chance.choice(["bfabric-api", ["x", "bfabric-api"]]),
                      exp=now + chance.randrange(1, 99999))
        header = {"alg": alg}
        if chance.random() < .8: header["kid"] = key.thumbprint()
        if chance.random() < .5: header["typ"] = chance.choice(["JWT", "at+jwt"])
        print(json.dumps([alg, claims["sub"], jwt.encode(header, claims, key, algorithms=[alg])]))
"""


def check(keys, tokens):
    """What jwtcheck says about each token."""
    settings = json.dumps({"now": NOW, "issuer": ISSUER})
    text = "".join(f"{settings}\n{keys}\n{token}\n" for token in tokens)
    result = harness.run([CHECK], {"HOME": "/nonexistent", "PATH": os.environ["PATH"]}, text, 300)
    assert result.status == 0, result
    return result.out.splitlines()


@bfabricpy.needed
class Foreign(harness.TestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.seed = random.randrange(1 << 32)
        print(f"# seed {cls.seed}")
        arguments = json.dumps([cls.seed, COUNT, NOW, ISSUER])
        result = harness.run([bfabricpy.PYTHON, "-c", SIGN, arguments], timeout=300)
        assert result.status == 0, result
        cls.keys, *lines = result.out.splitlines()
        cls.made = [json.loads(line) for line in lines]

    def test_what_they_signed_is_taken(self):
        said = check(self.keys, [token for _, _, token in self.made])
        self.assertEqual({alg for alg, _, _ in self.made}, set(ALGORITHMS))
        self.assertEqual(said, [f"OK sub={subject} client_id=-" for _, subject, _ in self.made])

    def test_nothing_else_is(self):
        """One character changed, anywhere: another character of the alphabet, or none of it."""
        chance, spoilt = random.Random(self.seed), []
        for _, _, token in self.made:
            for _ in range(10):
                at = chance.randrange(len(token))
                other = chance.choice([c for c in "ABCZabcz0189-_.=+/ " if c != token[at]])
                spoilt.append(token[:at] + other + token[at + 1:])
        said = check(self.keys, spoilt)
        self.assertEqual(len(said), len(spoilt))
        self.assertEqual([line for line in said if not line.startswith(("DENIED ", "UNSUPPORTED "))], [])

    def test_signatures_are_not_exchanged(self):
        tokens = [token for _, _, token in self.made]
        mixed = [one.rpartition(".")[0] + "." + other.rpartition(".")[2]
                 for one, other in zip(tokens, tokens[1:]) if one != other]
        said = check(self.keys, mixed)
        self.assertEqual([line for line in said if not line.startswith("DENIED ")], [])


if __name__ == "__main__":
    harness.main()
