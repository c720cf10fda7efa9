# SPDX-License-Identifier: MIT
"""The units for the user's systemd: well-formed, installed, not enabled, and what they run."""
import re
import shutil

import harness
from test_install import build_option

UNITS = ("bfabric-keyring.path", "bfabric-keyring.service", "bfabric-refresh.service",
         "bfabric-refresh.timer")


class Units(harness.TestCase):
    def setUp(self):
        self.home = self.enterContext(harness.Home())

    def text(self, name):
        return (harness.BUILD / "systemd" / name).read_text()

    def commands(self):
        return [re.search(r"(?m)^ExecStart=(.*)$", self.text(name)).group(1).split()
                for name in UNITS if name.endswith(".service")]

    def test_what_they_run_is_what_is_installed(self):
        bfabric = f"{build_option('prefix')}/{build_option('bindir')}/bfabric"
        for command in self.commands():
            self.assertEqual(command[:3], [bfabric, "auth", "refresh"])

    def test_systemd_understands_them(self):
        if not shutil.which("systemd-analyze"):
            self.skipTest("systemd-analyze is not installed")
        folder = self.home.path / "units"
        folder.mkdir()
        for name in UNITS:
            # systemd looks whether the program is there, and ours is not installed.
            text = re.sub(r"(?m)^ExecStart=\S+", f"ExecStart={harness.FRONT}", self.text(name))
            (folder / name).write_text(text)
        good = harness.run(["systemd-analyze", "--user", "verify", "--man=no",
                            *[folder / name for name in UNITS]], self.home.env())
        self.assertEqual((good.status, good.out + good.err), (0, ""))
        broken = folder / "bfabric-refresh.service"
        broken.write_text(broken.read_text().replace("NoNewPrivileges", "NoNewPriviledges"))
        bad = harness.run(["systemd-analyze", "--user", "verify", "--man=no", broken],
                          self.home.env())
        self.assertIn("NoNewPriviledges", bad.err)

    def test_the_units_of_the_system(self):
        service = harness.BUILD / "systemd" / "bfabric-pam-sweep.service"
        if not service.exists():
            self.skipTest("libpam is not installed")
        program = f"{build_option('prefix')}/{build_option('libexecdir')}/bfabric/bfabric-pam-sweep"
        text = service.read_text()
        self.assertIn(f"\nExecStart={program}\n", text)
        self.assertIn("\nNoNewPrivileges=yes\n", text)
        if not shutil.which("systemd-analyze"):
            return
        folder = self.home.path / "units"
        folder.mkdir()
        built = harness.BUILD / "pam_bfabric" / "bfabric-pam-sweep"
        (folder / service.name).write_text(text.replace(program, str(built)))
        shutil.copy(service.with_suffix(".timer"), folder)
        good = harness.run(["systemd-analyze", "--system", "verify", "--man=no",
                            *sorted(folder.iterdir())], self.home.env())
        self.assertEqual((good.status, good.out + good.err), (0, ""))

    def test_a_user_without_logins(self):
        for _, *arguments in self.commands():
            result = self.home.run("bfabric", *arguments)
            self.assertEqual((result.status, result.out, result.err), (0, "", ""))


if __name__ == "__main__":
    harness.main()
