# SPDX-License-Identifier: MIT
"""bfabric doctor --pam and the world: login's time, the real sshd's settings, the server."""
import os
import pathlib
import shutil
import subprocess
import unittest

import harness
from pam_image import ACCOUNT, ACQUIRE, AUTH, OURS, ROOT, SECOND, SESSION, URL, PamCase
from test_doctor import Case


class Applications(PamCase):
    def test_login_timeout(self):
        self.image.write("etc/login.defs", "LOGIN_TIMEOUT 30\n")
        self.assertWarning("login", "leaves 20 seconds", section="pam-applications")
        self.image.write("etc/login.defs", "LOGIN_TIMEOUT 100\n")
        self.assertWell()

    def test_programs_of_an_image_are_not_run(self):
        mark = self.image.root / "ran"
        self.image.write("usr/sbin/sshd", f"#!/bin/sh\n: > {mark}\n", 0o755)
        self.image.stack(AUTH, ACQUIRE, ACCOUNT, SESSION, OURS, service="sshd")
        self.assertFound(self.assertWell("sshd"), "pam-applications", "sshd", "ok", "are not run")
        self.assertFalse(mark.exists())


@unittest.skipUnless(ROOT and shutil.which("unshare") and pathlib.Path("/usr/sbin/sshd").exists(),
                     "needs root and sshd")
class Machine(Case):
    """The real sshd with other settings, in a mount namespace of its own."""

    def sshd(self, settings, auth):
        with harness.Temporary() as own:
            ssh, pam, etc = (own.path / name for name in ("ssh", "pam.d", "bfabric"))
            for folder in (ssh, pam, etc):
                folder.mkdir()
            key = ssh / "key"
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
            (ssh / "sshd_config").write_text(f"HostKey /etc/ssh/key\n{settings}")
            (pam / "sshd").write_text(auth + ACCOUNT + SESSION + OURS)
            (etc / "pam.conf").write_text(
                f"base_url = {URL}\nclient_id = CLI\nsame_names = yes\nremote = second-factor\n")
            for file in (pam / "sshd", etc / "pam.conf"):
                file.chmod(0o644)
            return self.in_namespace(own.path)

    def in_namespace(self, folder):
        script = ('mount -t tmpfs none /mnt && cp -a /etc /mnt/etc && rm -rf /mnt/etc/ssh '
                  '/mnt/etc/pam.d /mnt/etc/bfabric && cp -a "$1/ssh" "$1/pam.d" "$1/bfabric" /mnt/etc '
                  '&& mount --bind /mnt/etc /etc && mkdir -p /run/sshd && '
                  'exec "$2" doctor --pam --offline --json sshd')
        result = self.home.run(
            "unshare", "-m", "--propagation", "private", "sh", "-c", script, "sh", folder,
            harness.BUILD / "helper/bfabric-full", executable=shutil.which("unshare"), env=self.env())
        return result.json()["findings"]

    def test_settings(self):
        good = self.sshd("UsePAM yes\nKbdInteractiveAuthentication yes\n"
                         "AuthenticationMethods publickey,keyboard-interactive\n", AUTH + SECOND)
        self.assertFound(good, "pam-stack", "factor", "ok", "a second factor")
        self.assertEqual([one for one in good if one["section"] == "pam-applications"
                          and one["result"] != "ok"], [])
        bad = self.sshd("UsePAM no\nKbdInteractiveAuthentication no\nLoginGraceTime 30\n"
                        "MaxStartups 3:30:100\n", AUTH + SECOND)
        for result, *said in (("error", "UsePAM no"), ("error", "KbdInteractiveAuthentication no"),
                              ("warning", "LoginGraceTime 30", "90 seconds"),
                              ("warning", "MaxStartups 3:30:100"),
                              ("error", "AuthenticationMethods any", "public key")):
            self.assertFound(bad, "pam-applications", "sshd", result, *said)

    def test_no_key_before_the_only_factor(self):
        only = "auth [success=done ignore=ignore default=die] pam_bfabric.so\nauth required pam_unix.so\n"
        for methods, result in (("keyboard-interactive", "error"), ("any", "error"),
                                ("publickey,keyboard-interactive", "ok"),
                                ("publickey,keyboard-interactive keyboard-interactive", "error")):
            found = self.sshd("UsePAM yes\nKbdInteractiveAuthentication yes\n"
                              f"AuthenticationMethods {methods}\n", only)
            self.assertFound(found, "pam-applications", "sshd", result, "AuthenticationMethods",
                             "a stranger" if result == "error" else methods)

    def test_settings_that_nobody_needs_are_told_only(self):
        found = self.sshd("UsePAM yes\nKbdInteractiveAuthentication no\nLoginGraceTime 30\n", AUTH)
        self.assertFound(found, "pam-applications", "sshd", "ok", "KbdInteractiveAuthentication no")
        self.assertFound(found, "pam-applications", "sshd", "ok", "LoginGraceTime 30")

    def test_settings_that_cannot_be_read(self):
        found = self.sshd("NoSuchThing yes\n", AUTH + ACQUIRE)
        self.assertFound(found, "pam-applications", "sshd", "warning", "sshd -T")


class Server(PamCase):
    """Asked as the service account; the environment does not count."""

    def setUp(self):
        super().setUp()
        self.server = self.enterContext(harness.Sandbox())
        self.image.config("same_names = yes")
        conf = self.image.root / "etc/bfabric/pam.conf"
        conf.write_text(conf.read_text().replace(URL, self.server.base_url))

    def ask(self, **more):
        return self.doctor("--pam", "--pam-root", str(self.image.root), env=self.env(**more))

    def test_reachable(self):
        found = self.ask(https_proxy="http://127.0.0.1:1", SSL_CERT_FILE="/nonexistent")
        self.assertAllWell(found, [] if ROOT else [("pam-config", "rights")])
        self.assertFound(found, "pam-server", "clock", "ok", "agrees")
        self.assertFound(found, "pam-server", "account", "ok",
                         "asked as _bfabric, uid 900" if ROOT else f"uid {os.geteuid()}")

    def test_down(self):
        self.server.stop()
        self.assertFound(self.ask(), "pam-server", "reachable", "error", "check the network")

    @unittest.skipUnless(ROOT, "ids are root's to change")
    def test_no_account_is_nobody_not_root(self):
        self.image.write("etc/passwd", "")
        self.assertFound(self.ask(), "pam-server", "account", "warning", "asked as uid 65534")

    @unittest.skipUnless(ROOT, "ids are root's to change")
    def test_files_that_the_account_cannot_read_are_told(self):
        self.image.write("etc/ca.pem", "", 0o600)
        self.image.config("ca_file = /etc/ca.pem")
        found = self.ask()
        self.assertFound(found, "pam-server", "certificate authorities", "error",
                         "Permission denied")


if __name__ == "__main__":
    harness.main()
