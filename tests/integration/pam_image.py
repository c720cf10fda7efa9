# SPDX-License-Identifier: MIT
"""What `bfabric doctor --pam` looks at: the image of a machine on which all is well."""
import os

import harness
from test_doctor import Case

URL = "https://b.lab.org/bfabric"
ROOT = os.geteuid() == 0

AUTH = """auth [success=1 default=ignore] pam_unix.so nullok
auth requisite pam_deny.so
auth required pam_permit.so
"""
ACCOUNT = "account required pam_unix.so\n"
SESSION = "session required pam_unix.so\nsession optional pam_systemd.so\n"
MARK = "auth optional pam_bfabric.so mark\n"
ACQUIRE = "auth optional pam_bfabric.so acquire\n"
OURS = "session optional pam_bfabric.so\n"
SECOND = "auth [success=ok ignore=ignore default=die] pam_bfabric.so\n"
FIRST = ("auth [success=done authinfo_unavail=ignore service_err=ignore ignore=ignore "
         "user_unknown=ignore default=die] pam_bfabric.so\n")


class Image(harness.Temporary):
    """A machine below a folder, on which all is well."""

    def __enter__(self):
        super().__enter__()
        self.root = self.path / "image"
        self.path.chmod(0o755)  # the service account reads in there
        self.config("same_names = yes")
        self.write("etc/passwd", "root:x:0:0::/root:/bin/sh\n_bfabric:x:900:900::/:/bin/false\n")
        self.write("etc/login.defs", "# as Debian's\nLOGIN_TIMEOUT\t\t60\n")
        self.write("lib/x86_64-linux-gnu/security/pam_bfabric.so", "")
        self.write("opt/bfabric/bfabric-full", "", 0o755)
        self.write("opt/bfabric/bfabric-pam-login", "", 0o711)
        self.write("etc/pam.d/common-auth", AUTH + MARK)
        self.write("etc/pam.d/common-session", SESSION + OURS)
        self.write("etc/pam.d/login", "@include common-auth\n" + ACCOUNT + "@include common-session\n")
        return self

    def write(self, path, text, mode=0o644):
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        if file.exists():
            file.unlink()
        file.write_text(text)
        file.chmod(mode)
        return file

    def config(self, *lines, mode=0o644):
        return self.write("etc/bfabric/pam.conf", "\n".join(
            [f"base_url = {URL}", "client_id = CLI", "libexec = /opt/bfabric", *lines, ""]), mode)

    def stack(self, *lines, service="login"):
        self.write(f"etc/pam.d/{service}", "".join(lines))


class PamCase(Case):
    def setUp(self):
        super().setUp()
        self.image = self.enterContext(Image())

    def pam(self, *arguments):
        return self.doctor("--pam", "--offline", "--pam-root", str(self.image.root), *arguments)

    def assertError(self, check, *said, section="pam-stack", service=()):
        self.assertFound(self.pam(*service), section, check, "error", *said)

    def assertWarning(self, check, *said, section="pam-stack", service=()):
        self.assertFound(self.pam(*service), section, check, "warning", *said)

    def assertWell(self, *arguments):
        found = self.pam(*arguments)
        self.assertAllWell(found, [] if ROOT else [("pam-config", "rights")])
        return found


__all__ = ["ACCOUNT", "ACQUIRE", "AUTH", "FIRST", "MARK", "OURS", "ROOT", "SECOND", "SESSION", "URL",
           "Image", "PamCase"]
