# SPDX-License-Identifier: MIT
"""The units for the user's systemd: well-formed, installed, not enabled, and what they run."""
import os
import pathlib
import re
import shutil

import harness
import secret_service
from store_program import keyring_missing
from test_install import build_option

UNITS = ("bfabric-keyring.path", "bfabric-keyring.service", "bfabric-refresh.service",
         "bfabric-refresh.timer")
MANAGER = pathlib.Path("/lib/systemd/systemd")
# It believes that this machine was booted with systemd, and ends with the shell.
RUN = """
mount -t tmpfs none /run && mkdir -p /run/systemd/system
setpriv --pdeathsig KILL "$MANAGER" --user >"$HOME/manager.log" 2>&1 &
for i in $(seq 100); do
	state=$(systemctl --user is-system-running 2>/dev/null)
	case "$state" in running|degraded) break ;; esac
	sleep 0.1
done
case "$state" in running|degraded) ;; *) echo no manager; exit 0 ;; esac
systemctl --user start bfabric-refresh.service && systemctl --user start bfabric-keyring.service
status=$?
kill %1
exit $status
"""


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

    def test_a_real_manager_runs_them(self):
        """What protects the service does not keep it from the keyring or the network."""
        if os.getuid() or not MANAGER.exists() or keyring_missing():
            self.skipTest("needs root, systemd and a keyring")
        server = self.enterContext(harness.Sandbox(interval=1, auto_approve=0))
        keyring = self.enterContext(secret_service.GnomeKeyring())
        env = self.home.env(**keyring.env())
        self.assertExit(self.home.run(
            "bfabric", "auth", "device-code", server.base_url, "--scope", "api:read", "--env", "LAB",
            "--store", "keyring", env=env), 0)
        before = keyring.item(service="bfabric").secret()
        more = "".join(f'Environment="{name}={env[name]}"\n' for name in (
            "BFABRIC_LIBEXEC", "BFABRIC_SITE_CONFIG", "DBUS_SESSION_BUS_ADDRESS", "HOME"))
        for name in UNITS:
            text = self.text(name).replace("ExecStart=", more + "ExecStart=")
            self.home.write(f".config/systemd/user/{name}", re.sub(
                r"(?m)^ExecStart=\S+", f"ExecStart={harness.FRONT}", text))
        result = harness.run(["unshare", "-m", "--propagation", "private", "sh", "-c", RUN], {
            **env, "DBUS_SESSION_BUS_ADDRESS": f"unix:path={self.home.runtime}/bus",
            "PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "MANAGER": MANAGER}, timeout=120)
        if "no manager" in result.out:
            self.skipTest("a manager for the user does not run here")
        self.assertExit(result, 0)
        self.assertNotEqual(keyring.item(service="bfabric").secret(), before)
        self.assertEqual([line["status"] for line in server.refreshes()], [200])

    def test_a_user_without_logins(self):
        for _, *arguments in self.commands():
            result = self.home.run("bfabric", *arguments)
            self.assertEqual((result.status, result.out, result.err), (0, "", ""))


if __name__ == "__main__":
    harness.main()
