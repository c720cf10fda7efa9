# SPDX-License-Identifier: MIT
"""What `meson install` lays out, and a C program that uses it as a stranger would."""
import json
import re
import shutil

import harness

# As in the manual page: one session, one token, one line of trouble.
PROGRAM = r"""
#include <bfabric.h>
#include <stdio.h>

int main(void)
{
	struct bfabric_session *session = NULL;
	struct bfabric_token token = {0};
	struct bfabric_auth auth = {0};
	struct bfabric_error err;
	enum bfabric_status status = bfabric_session_open(NULL, &session, &err);

	if (status == BFABRIC_OK)
		status = bfabric_session_token(session, 60, 0, &token, &err);
	if (status == BFABRIC_OK)
		status = bfabric_session_auth(session, 60, 0, &auth, &err);
	if (status == BFABRIC_OK)
		printf("%s\n%s\n%s\n%s\n", token.value, auth.login, auth.password,
			bfabric_session_cache_path(session));
	else
		fprintf(stderr, "%s: %s\n", bfabric_status_name(status), err.text);
	bfabric_auth_clear(&auth);
	bfabric_token_clear(&token);
	bfabric_session_free(session);
	return bfabric_status_exit_code(status);
}
"""

INSTALLED = ["bin/bfabric", "bin/git-credential-bfabric", "include/bfabric.h",
             "lib/systemd/user/bfabric-keyring.path", "lib/systemd/user/bfabric-refresh.timer",
             "libexec/bfabric/bfabric-full", "libexec/bfabric/bfabric-api", "share/man/man1/bfabric.1",
             "share/man/man1/git-credential-bfabric.1", "share/man/man3/libbfabric.3",
             "share/man/man5/bfabricpy.yml.5"]

PAM = ["share/man/man5/bfabric-pam.conf.5", "share/man/man8/pam_bfabric.8", "share/pam-configs/bfabric",
       "lib/sysusers.d/bfabric.conf", "lib/tmpfiles.d/bfabric.conf",
       "share/doc/bfabric-auth/examples/pam.conf"]


def build_option(name):
    options = json.loads((harness.BUILD / "meson-info" / "intro-buildoptions.json").read_text())
    return next(option["value"] for option in options if option["name"] == name)


class Install(harness.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = cls.enterClassContext(harness.Temporary()).path
        result = harness.run(["meson", "install", "-C", harness.BUILD, "--no-rebuild", "--destdir",
                              cls.folder], timeout=120)
        if result.status:
            raise AssertionError(repr(result))
        cls.prefix = cls.folder / build_option("prefix").lstrip("/")

    def test_everything_is_there_and_nothing_of_the_tests(self):
        for path in INSTALLED:
            with self.subTest(path=path):
                self.assertTrue((self.prefix / path).exists())
        names = {path.name for path in self.folder.rglob("*") if not path.is_dir()}
        self.assertTrue({"libbfabric.so", "libbfabric.so.0", "libbfabric.pc"} <= names, names)
        self.assertEqual([name for name in names if "sandbox" in name or "test" in name
                          or name.endswith(".a")], [])

    def test_pam_module(self):
        module = next(self.folder.rglob("pam_bfabric.so"), None)
        if not module:
            self.skipTest("libpam is not installed")
        for path in PAM:
            with self.subTest(path=path):
                self.assertTrue((self.prefix / path).exists())
        # A profile that is not on until somebody ticks it, and that names the module that was installed
        profile = (self.prefix / "share/pam-configs/bfabric").read_text()
        self.assertIn("\nDefault: no\n", profile)
        named = set(re.findall(r"^\toptional\t(\S+)", profile, re.M))
        self.assertEqual(len(named), 1)
        self.assertIn(named.pop(), ("pam_bfabric.so", "/" + str(module.relative_to(self.folder))))

    def test_programs_find_each_other(self):
        with harness.Sandbox() as server, harness.Home() as home:
            reply = home.login(server)
            env = home.env(BFABRIC_LIBEXEC=self.prefix / "libexec" / "bfabric")
            # Fresh: the front alone. Refused: the full program.
            for more in ([], ["--force-refresh"]):
                got = harness.run([self.prefix / "bin" / "bfabric", "token", *more], env)
                self.assertExit(got, 0)
                self.assertEqual(got.out.strip() == reply["access_token"], not more)
            asked = harness.run([self.prefix / "bin" / "git-credential-bfabric", "get"], env,
                                f"protocol=http\nhost={server.host}\n\n")
            self.assertEqual(asked.fields().get("username"), "__oauth__")
            self.assertEqual(asked.fields().get("password"), got.out.strip())

    def test_c_program_through_pkg_config(self):
        sanitize = build_option("b_sanitize")
        if not shutil.which("pkg-config"):
            self.skipTest("pkg-config is not installed")
        description = next(self.folder.rglob("libbfabric.pc"))
        env = {**harness.base_environment(), "PKG_CONFIG_LIBDIR": str(description.parent),
               "PKG_CONFIG_SYSROOT_DIR": str(self.folder)}
        flags = harness.run(["pkg-config", "--cflags", "--libs", "libbfabric"], env)
        self.assertExit(flags, 0)
        (self.folder / "stranger.c").write_text(PROGRAM)
        # A sanitized library wants a sanitized program.
        more = [] if sanitize == "none" else [f"-fsanitize={sanitize}"]
        built = harness.run(["cc", "-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-o",
                             self.folder / "stranger", self.folder / "stranger.c", *more,
                             *flags.out.split()])
        self.assertExit(built, 0)
        with harness.Sandbox() as server, harness.Home() as home:
            environment = home.env(LD_LIBRARY_PATH=description.parent.parent)
            nobody = harness.run([self.folder / "stranger"], environment)
            self.assertExit(nobody, 3)
            self.assertIn("NOT_LOGGED_IN", nobody.err)
            reply = home.login(server)
            got = harness.run([self.folder / "stranger"], environment)
            self.assertExit(got, 0)
            self.assertEqual(got.out.splitlines(), [
                reply["access_token"], "__oauth__", reply["access_token"],
                str(home.place(server.base_url))])


if __name__ == "__main__":
    harness.main()
