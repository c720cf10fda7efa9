# SPDX-License-Identifier: MIT
"""What bfabric doctor says about the programs of an installation and those of others."""
import json

import harness
import test_doctor


class Tools(test_doctor.Case):
    def test_variables(self):
        keys = self.home.home / "keys"
        findings = self.doctor("--offline", env=self.env(
            SSLKEYLOGFILE=keys, BEARER_TOKEN=test_doctor.CANARY, BFABRIC_LIBEXEC=harness.BUILD / "helper",
            https_proxy=f"http://me:{test_doctor.CANARY}@proxy.lab:3128"))
        self.assertFound(findings, "tools", "variables", "warning", "unset SSLKEYLOGFILE")
        self.assertFound(findings, "tools", "variables", "warning", "BEARER_TOKEN may hold")
        self.assertFound(findings, "tools", "variables", "ok", "https_proxy")
        self.assertFound(findings, "tools", "programs", "warning", "unset BFABRIC_LIBEXEC")
        self.assertNotIn(test_doctor.CANARY, json.dumps(findings))

    def test_programs(self):
        findings = self.doctor("--offline", env=self.env(PATH="/usr/bin:/bin"))
        self.assertFound(findings, "tools", "programs", "warning", "PATH")
        self.assertFound(findings, "tools", "programs", "error", "install bfabric-auth completely")

    def test_half_an_installation(self):
        """A program that only some verbs need is missed before they are."""
        lib = self.home.write("lib/bfabric-full", "#!/bin/false\n", 0o700).parent
        env = self.env(BFABRIC_LIBEXEC=lib)
        findings = self.doctor("--offline", env=env)
        self.assertFound(findings, "tools", "programs", "error", f"{lib}/bfabric-api cannot be run: ",
                         "install bfabric-auth completely")
        self.assertNotIn(f"{lib}/bfabric-full", json.dumps(findings))
        self.home.write("lib/bfabric-api", "#!/bin/false\n", 0o700)
        self.assertNotIn("cannot be run", json.dumps(self.doctor("--offline", env=env)))

    def test_bfabricpy(self):
        venv = self.home.home / "venv"
        self.home.write("venv/bin/bfabric-cli", "#!/bin/false\n", 0o700)
        (venv / "lib/python3.11/site-packages/bfabric-1.24.0.dist-info").mkdir(parents=True)
        env = self.env()
        env["PATH"] += f":{venv}/bin"
        self.assertFound(self.doctor("--offline", env=env), "tools", "bfabricPy", "ok", "1.24.0")


if __name__ == "__main__":
    harness.main()
