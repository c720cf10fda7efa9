# SPDX-License-Identifier: MIT
"""We and bfabricPy accept each other's configuration after any sequence of commands of both."""
import os
import random

import bfabricpy
import harness
from sequences import Household, Peer

STEPS = 12


@bfabricpy.needed
class Sequences(harness.TestCase):
    def test_any_order(self):
        """SEQUENCE_SEED repeats one that failed."""
        given = os.environ.get("SEQUENCE_SEED")
        seeds = [int(given)] if given else [random.SystemRandom().randrange(1 << 32)
                                            for _ in range(harness.scaled(40, 3))]
        with harness.Sandbox(auto_approve=0, interval=1) as server:
            for seed in seeds:
                with self.subTest(seed=seed), harness.Home() as home:
                    peer = Peer(home)
                    try:
                        household = Household(self, server, home, peer, seed)
                        household.assertAgreed()
                        for _ in range(STEPS):
                            household.step()
                    finally:
                        peer.close()


if __name__ == "__main__":
    harness.main()
