# SPDX-License-Identifier: MIT
"""bfabric doctor --pam: each check is made to fail once, names the place, and says what to do."""
import subprocess
import unittest

import harness
from pam_image import ACCOUNT, ACQUIRE, AUTH, FIRST, MARK, OURS, ROOT, SECOND, SESSION, URL, PamCase
from test_doctor import Case


class Well(PamCase):
    def test_nothing_to_complain_of(self):
        found = self.assertWell()
        self.assertEqual({one["section"] for one in found}, {
            "pam-config", "pam-place", "pam-stack", "pam-applications", "pam-server"})
        self.assertFound(found, "pam-stack", "session", "ok", "/etc/pam.d/common-session, line 3")
        self.assertFound(found, "pam-stack", "mark", "ok", "/etc/pam.d/common-auth, line 4")
        self.assertFound(found, "pam-server", "account", "ok", "_bfabric")

    def system(self):
        """What the stacks that are installed as examples include, of Debian and of others."""
        self.image.write("etc/pam.d/common-auth", AUTH)
        self.image.write("etc/pam.d/common-account", "account [success=1 default=ignore] pam_unix.so\n"
                         "account requisite pam_deny.so\naccount required pam_permit.so\n")
        self.image.write("etc/pam.d/common-session", SESSION)
        self.image.write("etc/pam.d/common-password", "password required pam_unix.so\n")
        for name in ("system-auth", "password-auth"):
            self.image.write(f"etc/pam.d/{name}", """auth required pam_env.so
auth required pam_faildelay.so delay=2000000
auth sufficient pam_unix.so
auth required pam_deny.so
account required pam_unix.so
password sufficient pam_unix.so
session optional pam_keyinit.so revoke
-session optional pam_systemd.so
session required pam_unix.so
""")
        self.image.write("etc/pam.d/postlogin", "session optional pam_umask.so silent\n")
        self.image.write("etc/selinux/config", "SELINUX=enforcing\n")

    def test_documented_stacks(self):
        self.system()
        examples = sorted((harness.SOURCE / "pam_bfabric/stacks").glob("*-*-*"))
        self.assertEqual(len(examples), 8)
        for example in examples:
            with self.subTest(example.name):
                system, service, profile = example.name.split("-")
                text = example.read_text()
                self.image.stack(text, service=service)
                self.image.config(*[line.partition(":")[2] for line in text.splitlines()
                                    if line.startswith("# pam.conf:")])
                check = {"default": "mark", "acquire": "acquire"}.get(profile, "factor")
                found = self.assertWell(service)
                said = {"primary": "password counts", "second": "a second factor"}.get(profile, "")
                self.assertFound(found, "pam-stack", check, "ok", said)
                self.assertFound(found, "pam-stack", "session", "ok", service)

    def test_continued_lines_and_a_link_that_stays_in_the_image(self):
        self.image.write("etc/authselect/system-auth", "auth \\\n # a remark\n  required \\\n"
                         "pam_permit.so # and its end\n" + MARK)
        (self.image.root / "etc/pam.d/system-auth").symlink_to("/etc/authselect/system-auth")
        self.image.stack("auth include system-auth\n", ACCOUNT, SESSION, "-", OURS)
        self.assertWell("login")

    def test_text(self):
        result = self.home.run("bfabric", "doctor", "--pam", "--offline", "--pam-root",
                               self.image.root, env=self.env(), executable=harness.BUILD
                               / "helper/bfabric-full")
        self.assertExit(result, 0)
        self.assertIn("PAM: stacks\n", result.out)


class Usage(Case):
    def refused(self, *arguments):
        result = self.home.run("bfabric", "doctor", *arguments)
        self.assertExit(result, 2)
        return result.err

    def test_calls(self):
        self.assertIn("for --pam", self.refused("sshd"))
        self.assertIn("for --pam", self.refused("--pam-root", "/"))
        self.assertIn("absolute", self.refused("--pam", "--pam-root", "x"))
        self.assertIn("not the name", self.refused("--pam", "../shadow"))
        self.assertIn("leave --env", self.refused("--pam", "--env", "X"))

    @unittest.skipUnless(ROOT, "becomes an ordinary user")
    def test_an_ordinary_user_is_told_what_is_not_seen(self):
        self.home.home.chmod(0o755)
        result = subprocess.run(
            ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",
             harness.BUILD / "helper/bfabric-full", "doctor", "--pam", "--offline"],
            env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}, capture_output=True, text=True, timeout=60)
        if result.returncode == 126 or "denied" in result.stderr:
            self.skipTest("nobody cannot reach the build folder")
        self.assertEqual(result.returncode, 1, result)
        self.assertIn("ERROR   rights: not root", result.stdout)
        self.assertIn("sudo bfabric doctor --pam", result.stdout)


class Configuration(PamCase):
    def test_file(self):
        conf = self.image.root / "etc/bfabric/pam.conf"
        for what, change in (
                ("is writable", lambda: conf.chmod(0o664)),
                ("does not say client_id", lambda: self.image.write(
                    "etc/bfabric/pam.conf", f"base_url={URL}\n")),
                ("line 2", lambda: self.image.write("etc/bfabric/pam.conf", f"base_url={URL}\nx\n")),
                ("symbolic link", lambda: (conf.unlink(), conf.symlink_to("/etc/passwd"))),
                ("until it is there", conf.unlink)):
            change()
            with self.subTest(what):
                said = "chmod go-w" if what == "is writable" else what
                self.assertError("pam.conf", said, section="pam-config")

    def test_unknown_key(self):
        self.image.config("same_names = yes", "min_uuid = 2000")
        self.assertWarning("pam.conf", "line 5", "min_uuid", section="pam-config")

    def test_config_of_a_stack(self):
        self.image.stack(AUTH, MARK, ACCOUNT, SESSION,
                         OURS.replace(".so", ".so config=/etc/other.conf"))
        self.assertError("pam.conf", "/etc/other.conf", section="pam-config", service=["login"])

    def test_what_it_names(self):
        self.image.config("map_file = /etc/bfabric/map", "ca_file = /etc/ca.pem",
                          "client_secret_file = /etc/secret")
        self.assertError("files", "ca_file: /etc/ca.pem", section="pam-config")
        self.assertError("files", "client_secret_file: /etc/secret", section="pam-config")
        self.assertError("files", "map_file", "etc/bfabric/map", section="pam-config")
        self.image.write("etc/bfabric/map", "x = alice bob\n= nobody\n")
        self.image.write("etc/ca.pem", "", 0o666)
        self.image.write("etc/secret", "s", 0o604)
        self.assertError("files", "map_file", "line 2", section="pam-config")
        self.assertError("files", "/etc/ca.pem", "0666", section="pam-config")
        self.assertError("files", "/etc/secret", "it is a secret", section="pam-config")
        self.image.write("etc/bfabric/map", "x = alice\n")
        self.image.write("etc/ca.pem", "")
        self.image.write("etc/secret", "s", 0o600)
        self.assertWell()

    def test_services(self):
        self.image.config("services = sshd")
        self.assertWarning("services", "serves sshd: not login", section="pam-config",
                           service=["login"])
        self.image.stack(AUTH, ACCOUNT, SESSION, OURS, service="sudo")
        self.assertError("services", "never served", section="pam-config", service=["sudo"])


class Place(PamCase):
    def test_programs(self):
        full = self.image.root / "opt/bfabric/bfabric-full"
        login = self.image.root / "opt/bfabric/bfabric-pam-login"
        login.chmod(0o755)
        self.assertWarning("programs", f"chmod 0711 {login}: ", section="pam-place")
        login.unlink()
        self.assertError("programs", "bfabric-pam-login", "install", section="pam-place")
        full.chmod(0o775)
        self.assertError("programs", "0775", f"chown root {full}; chmod go-w {full}",
                         section="pam-place")
        full.chmod(0o700)
        self.assertError("programs", "cannot be run by everybody", section="pam-place")

    def test_module(self):
        module = self.image.root / "lib/x86_64-linux-gnu/security/pam_bfabric.so"
        module.chmod(0o666)
        self.assertError("module", "whoever writes it is root", f"chmod go-w {module}",
                         section="pam-place")
        module.unlink()
        self.assertError("module", "/etc/pam.d/common-auth, line 4", section="pam-place")
        self.image.stack(AUTH, ACCOUNT, SESSION, OURS.replace("pam_b", "/opt/pam_b"))
        self.assertError("module", "/opt/pam_bfabric.so", "login, line 7", section="pam-place",
                         service=["login"])

    def test_account(self):
        self.image.write("etc/passwd", "_bfabric:x:1000:1000::/:/bin/false\n")
        self.assertWarning("account", "as people have", section="pam-place")
        self.image.write("etc/passwd", "_bfabric:x:0:0::/:/bin/false\n")
        self.assertError("account", "without rights", section="pam-place")
        self.image.write("etc/passwd", "other:x:1:1::/:/bin/false\n")
        self.assertWarning("account", "systemd-sysusers", section="pam-place")
        self.image.stack(AUTH, SECOND, ACCOUNT, SESSION, OURS)
        self.assertError("account", "no account _bfabric", "/usr/sbin/nologin _bfabric",
                         section="pam-place")
        self.image.config("same_names = yes", "net_user = other")
        self.assertWell()

    def test_run_directory(self):
        self.image.config("same_names = yes", "run_dir = /srv/run")
        folder = self.image.root / "srv/run"
        self.assertWarning("run directory", "systemd-tmpfiles", f"install -d -m 0700 {folder}",
                           section="pam-place")
        folder.mkdir(parents=True)
        folder.chmod(0o755)
        self.assertError("run directory", f"chown root {folder}; chmod 0700 {folder}",
                         section="pam-place")
        folder.chmod(0o700)
        self.assertWell()
        folder.rmdir()
        folder.symlink_to("/etc")
        self.assertError("run directory", "not a folder", section="pam-place")
        self.image.config("same_names = yes", "run_dir = /srv/$(id)")
        self.assertWarning("run directory", "no folder /srv/$(id)", "-m 0700 FOLDER",
                           section="pam-place")


class Stack(PamCase):
    def test_reading(self):
        self.image.stack(AUTH, "auht required pam_unix.so\n", "auth requierd pam_unix.so\n",
                         "auth required\n", "@include nowhere\n", ACCOUNT, SESSION, OURS)
        for number, said in ((4, "begins with none"), (5, "control is not understood"),
                             (6, "no module"), (7, "no such file")):
            self.assertError("stack", f"/etc/pam.d/login, line {number}: ", said)

    def test_files(self):
        (self.image.root / "etc/pam.d/common-auth").chmod(0o666)
        self.assertError("stack", "/etc/pam.d/common-auth", "whoever writes it is root")

    def test_bounds(self):
        self.image.stack("auth include login\n")
        self.assertError("stack", "line 1", "include each other")
        self.image.stack("#" * (65 << 10))
        self.assertError("stack", "larger")
        self.image.stack("auth required pam_unix.so \\\n")
        self.assertError("stack", "the file ends there")

    def test_no_stack(self):
        self.assertError("stack", "nosuch has no stack", service=["nosuch"])
        self.image.stack(AUTH, ACCOUNT, SESSION)
        self.assertWarning("stack", "pam-auth-update")

    def test_arguments(self):
        self.image.stack(AUTH, "auth optional pam_bfabric.so mrak\n", ACCOUNT, SESSION,
                         OURS.replace(".so", ".so timeout=1 unprivileged"), OURS,
                         "password optional pam_bfabric.so\n")
        self.assertWarning("arguments", "login, line 4", "mrak")
        self.assertError("arguments", "login, line 8", "timeout=")
        self.assertWarning("arguments", "login, line 9", "twice")
        self.assertError("arguments", "login, line 10", "passwords")
        self.image.stack(AUTH, MARK, ACCOUNT, SESSION, OURS.replace(".so", ".so unprivileged"))
        self.assertWarning("arguments", "unprivileged", "for tests")

    def test_session(self):
        self.image.stack(AUTH, MARK, ACCOUNT, OURS, SESSION)
        self.assertError("session", "line 6 comes before", "line 8", "pam_systemd")
        self.image.stack(AUTH, MARK, ACCOUNT, SESSION, OURS, "session required pam_mkhomedir.so\n")
        self.assertError("session", "pam_mkhomedir")
        self.image.stack(AUTH, MARK, ACCOUNT, "session sufficient pam_permit.so\n", OURS)
        self.assertError("session", "never gets there")
        self.image.stack(AUTH, MARK, ACCOUNT, SESSION, OURS.replace("optional", "required"))
        self.assertWarning("session", "if the module were missing")
        self.image.stack(AUTH, MARK, ACCOUNT, SESSION, OURS.replace("optional", "sufficient"))
        self.assertError("session", "lines behind it are not run")

    def test_selinux_counts_where_it_is(self):
        self.image.stack(AUTH, MARK, ACCOUNT, SESSION, OURS, "session required pam_selinux.so open\n")
        self.assertWell()
        self.image.write("etc/selinux/config", "SELINUX=enforcing\n")
        self.assertError("session", "pam_selinux")

    def test_mark(self):
        self.image.stack("auth sufficient pam_unix.so\n", MARK, ACCOUNT, SESSION, OURS)
        self.assertError("mark", "login, line 2", "never gets there")
        self.image.stack(MARK, AUTH, ACCOUNT, SESSION, OURS)
        self.assertWarning("mark", "line 1", "in front of all")
        self.image.stack(AUTH, MARK, ACCOUNT, SESSION)
        self.assertWarning("mark", "session line, which login does not have")
        self.image.stack("auth sufficient pam_sss.so\n", AUTH, MARK, ACCOUNT, SESSION, OURS)
        self.assertWarning("mark", "by /etc/pam.d/login, line 1 never gets to")
        self.image.stack(AUTH, MARK.replace("optional", "[default=die]"), ACCOUNT, SESSION, OURS)
        self.assertError("mark", "PAM_IGNORE", "die")
        self.image.stack(AUTH.replace("auth required pam_permit.so\n", ""), MARK, ACCOUNT, SESSION,
                         OURS)
        self.assertError("mark", "lets nobody in")
        self.image.stack(AUTH, ACCOUNT, SESSION, OURS)
        self.assertWarning("mark", "login has no mark")

    def test_acquire(self):
        lines = (ACCOUNT, SESSION, OURS)
        self.image.stack("auth required pam_unix.so\n", ACQUIRE, *lines, service="sshd")
        self.assertError("acquire", "sshd, line 2", "wrong password", service=["sshd"])
        # A substack that is over goes on behind it, however it ended.
        self.image.write("etc/pam.d/system-auth", "auth sufficient pam_unix.so\n"
                         "auth required pam_deny.so\n")
        self.image.stack("auth substack system-auth\n", ACQUIRE, *lines, service="sshd")
        self.assertError("acquire", "wrong password", service=["sshd"])
        self.image.stack("auth include system-auth\n", ACQUIRE, *lines, service="sshd")
        self.assertError("acquire", "never gets there", service=["sshd"])
        self.image.stack(AUTH, ACQUIRE, ACCOUNT, SESSION, service="sshd")
        self.assertError("acquire", "no session line", service=["sshd"])
        self.image.stack(AUTH, ACQUIRE, *lines, service="sshd")
        self.assertWell("sshd")

    def factor(self, *auth, service="login", config="same_names = yes"):
        self.image.config(config)
        self.image.stack(*auth, ACCOUNT, SESSION, OURS, service=service)
        return {"service": [service]}

    def test_second_factor(self):
        asked = self.factor(AUTH, SECOND.replace("ok ", "ok authinfo_unavail=ignore "))
        self.assertError("factor", "login, line 4", "authinfo_unavail=ignore", "pulls the cable",
                         **asked)
        asked = self.factor(AUTH, SECOND.replace("ok ", "ok service_err=ignore "))
        self.assertError("factor", "service_err=ignore", **asked)
        asked = self.factor(AUTH, SECOND.replace("ignore=ignore ", ""))
        self.assertError("factor", "ignore=die", "root", **asked)
        asked = self.factor(AUTH, "auth optional pam_bfabric.so\n")
        self.assertError("factor", "decides nothing", **asked)
        asked = self.factor("auth sufficient pam_unix.so\n", SECOND)
        self.assertWarning("factor", "line 2", "a right password never gets there", **asked)
        asked = self.factor("auth required pam_deny.so\n", "auth requisite pam_deny.so\n", SECOND)
        self.assertError("factor", "never gets there", **asked)

    def test_first_factor(self):
        asked = self.factor(FIRST.replace("authinfo_unavail=ignore ", ""), AUTH)
        self.assertError("factor", "authinfo_unavail=die", "down", **asked)
        asked = self.factor(FIRST.replace("service_err=ignore ", ""), AUTH)
        self.assertError("factor", "service_err=die", "locks everybody out", **asked)
        asked = self.factor(FIRST.replace(" ignore=ignore", ""), AUTH)
        self.assertError("factor", "ignore=die", "root", **asked)
        asked = self.factor("auth sufficient pam_bfabric.so\n", AUTH)
        self.assertWarning("factor", "auth_err=ignore", **asked)
        asked = self.factor(FIRST, "auth required pam_deny.so\n")
        self.assertError("factor", "locks everybody out", **asked)
        asked = self.factor(FIRST.replace("default=die", "default=ignore"),
                            "auth required pam_permit.so\n")
        self.assertError("factor", "lets everybody in", **asked)

    def test_what_a_factor_needs(self):
        asked = self.factor(AUTH, SECOND, config="")
        self.assertError("factor", "map_file", "nobody is let in", **asked)
        asked = self.factor(AUTH, SECOND, service="sshd")
        self.assertError("factor", "remote = second-factor", "publickey,keyboard-interactive",
                         **asked)
        # As pam_bfabric(8) has it for sshd, which wants a key before it.
        asked = self.factor("auth [success=done ignore=ignore default=die] pam_bfabric.so "
                            "remote=second-factor\n", "auth required pam_unix.so\n", service="sshd")
        self.assertFound(self.pam(*asked["service"]), "pam-stack", "factor", "ok", "want a key")

    def test_account(self):
        asked = self.factor(AUTH, SECOND, config="same_names = yes\nallowed_groups = staff")
        self.assertWarning("account", "public key", **asked)
        ours = "account [success=ok ignore=ignore default=die] pam_bfabric.so\n"
        asked = self.factor(AUTH, SECOND, ours.replace("default=die", "default=ignore"))
        self.assertError("account", "login, line 5", "denies nobody", **asked)
        asked = self.factor(AUTH, SECOND, ours.replace("ignore=ignore ", ""))
        self.assertError("account", "ignore=die", **asked)
        asked = self.factor(AUTH, SECOND, "account sufficient pam_permit.so\n", ours)
        self.assertError("account", "never gets there", **asked)
        self.factor(AUTH, SECOND, ours)
        self.assertWell("login")


if __name__ == "__main__":
    harness.main()
