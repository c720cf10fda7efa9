# SPDX-License-Identifier: MIT
"""The manual pages name what there is: options as --help has them, keys, statuses, JSON members."""
import re
import shutil

import source
import test_binaries

VERBS = ("token", "auth status", "auth pkce", "auth device-code", "auth pat", "auth service-account",
         "auth list", "auth activate", "auth logout", "auth remove", "auth register",
         "auth register-webapp", "auth client-show",
         "auth client-update", "auth client-delete", "auth refresh", "auth store", "auth unlock",
         "configure git", "exec", "doctor")
API = ("api read", "api create", "api update", "api delete", "api inspect")
COMMON = "common to all verbs"
PAGES = ("bfabric.1", "bfabric-api.1", "git-credential-bfabric.1", "libbfabric.3", "bfabricpy.yml.5",
         "bfabric-keyring.8", "pam_bfabric.8", "bfabric-pam-login.8", "bfabric-pam.conf.5")


def page(name):
    return source.text(f"man/{name}")


def options_of_help(text):
    """{"--env", "-f", ...} as the generated help lists them."""
    lines = [line for line in text.splitlines() if re.match(r"  -", line)]
    heads = [re.split(r"\s{2,}(?=[A-Z])", line.strip())[0] for line in lines]
    return set(re.findall(r"(?<![\w-])--?[\w-]+", " ".join(heads)))


def options_of_page(text):
    """The same from the tagged lists of mdoc: .It Fl f , Fl -config-file Ar FILE"""
    found = set()
    for line in re.findall(r"^\.It (Fl .*)$", text, re.M):
        found |= {"-" + name for name in re.findall(r"\bFl ([\w-]+)", line)}
    return found


class Manual(source.TestCase):
    def setUp(self):
        self.home = self.enterContext(source.harness.Home())

    def help_of(self, *command):
        result = self.home.run(*command, "--help")
        self.assertExit(result, 0)
        return options_of_help(result.out)

    def sections(self, name="bfabric.1"):
        """{"token": "...", ...}: the subsections of a page, and what comes before them."""
        body = re.search(r"^\.Sh DESCRIPTION\n(.*?)^\.Sh ", page(name), re.S | re.M).group(1)
        first, *rest = re.split(r"^\.Ss ", body, flags=re.M)
        found = {text.partition("\n")[0]: text for text in rest}
        self.assertRegex(first, r"common\s+to\s+all")
        return {COMMON: first, **found}

    def test_options_of_each_verb(self):
        sections = self.sections()
        common = options_of_page(sections[COMMON])
        self.assertEqual(common, {"--env", "--config-env", "-f", "--config-file", "-h", "--help"})
        for verb in VERBS:
            with self.subTest(verb=verb):
                self.assertEqual(options_of_page(sections[verb]) | common,
                                 self.help_of("bfabric", *verb.split()))

    def test_verbs(self):
        result = self.home.run("bfabric", "--help")
        listed = re.findall(r"^  ([a-z-]+(?: [a-z-]+)?)  +\S", result.out, re.M)
        self.assertEqual(sorted(listed), sorted([*VERBS, *API]))
        self.assertEqual(sorted(self.sections()), sorted([*VERBS, COMMON, "help"]))
        synopsis = re.findall(r"^\.Nm bfabric (.+)$", page("bfabric.1"), re.M)
        self.assertEqual(sorted(synopsis), sorted([*VERBS, "help"]))

    def test_api(self):
        sections = self.sections("bfabric-api.1")
        self.assertEqual(sorted(sections), sorted([*API, COMMON]))
        common = options_of_page(sections[COMMON])
        for verb in API:
            with self.subTest(verb=verb):
                self.assertEqual(options_of_page(sections[verb]) | common,
                                 self.help_of("bfabric", *verb.split()))
        synopsis = re.findall(r"^\.Nm bfabric (api .+)$", page("bfabric-api.1"), re.M)
        self.assertEqual(sorted(synopsis), sorted(API))

    def test_options_of_the_git_helper(self):
        self.assertEqual(options_of_page(page("git-credential-bfabric.1")),
                         self.help_of("git-credential-bfabric"))

    def test_members_of_the_status_report(self):
        members = set(self.home.run("bfabric", "auth", "status", "--json").json())
        text = self.sections()["auth status"]
        said = set(re.findall(r"^\.Cm ([a-z_]+)(?: ,)?$", text, re.M))
        self.assertEqual(said, members)

    def test_keys_of_the_configuration(self):
        reader = source.text("libbfabric/local/config_ours.c")
        table = re.findall(r'^\t\{"(\w+)", read_\w+\},$', reader, re.M)
        self.assertGreater(len(table), 4)
        text = page("bfabricpy.yml.5")
        own = text.partition(".Ss Keys of the mapping libbfabric")[2]
        said = re.findall(r"^\.It Cm (\w+)$", own, re.M)
        self.assertEqual(sorted(said), sorted(table))

    def test_statuses(self):
        header = source.text("libbfabric/bfabric.h")
        body = re.search(r"enum bfabric_status \{(.*?)\};", header, re.S).group(1)
        names = re.findall(r"\bBFABRIC_[A-Z_]+\b", re.sub(r"/\*.*?\*/", "", body, flags=re.S))
        self.assertEqual(re.findall(r"^\.It Dv (\w+)$", page("libbfabric.3"), re.M), names)

    def test_manual_has_each_function(self):
        described = set(re.findall(r"^\.(?:Fo|Fn)\s+\"?(?:[\w *]*[ *])?(bfabric_\w+)",
                                   page("libbfabric.3"), re.M))
        self.assertEqual(sorted(described), sorted(test_binaries.declared()))

    def test_exit_codes(self):
        table, _ = test_binaries.exit_codes()
        section = re.search(r"^\.Sh EXIT STATUS\n(.*?)(?=^\.Sh |\Z)", page("bfabric.1"), re.S | re.M)
        self.assertIsNotNone(section, "man/bfabric.1 has no section EXIT STATUS")
        codes = set(map(int, re.findall(r"^\.It(?: Er| Ic| Li| Sy)?\s+(\d+)", section.group(1), re.M)))
        self.assertEqual(codes, set(table.values()))

    def test_keyring_program(self):
        """Operations, keys of the request, statuses with their exit codes, as the sources have them."""
        text = page("bfabric-keyring.8")
        body = re.search(r"^\.Sh DESCRIPTION\n(.*?)^\.Sh ", text, re.S | re.M).group(1)
        first, *rest = re.split(r"^\.Ss ", body, flags=re.M)
        said = re.findall(r"^\.It Cm (\w+)$", first, re.M)
        self.assertEqual(said, re.findall(r'^\t\{"(\w+)", bf_operation_', source.text("keyring/main.c"),
                                          re.M))
        request = re.findall(r"^\.It Cm (\w+)$", rest[0], re.M)
        reader = source.text("keyring/request.c")
        for key in request:
            self.assertIn(f'"{key}"', reader)
        answer = source.text("keyring/answer.c")
        names = dict(re.findall(r'case (BF_OUT_\w+):\n\t\treturn "([\w-]+)";', answer))
        codes = {}
        for cases, code in re.findall(r"((?:\tcase BF_OUT_\w+:\n)+)\t\treturn (\d+);", answer):
            codes.update({names[one]: code for one in re.findall(r"BF_OUT_\w+", cases)})
        self.assertEqual(len(codes), 7)
        section = text.partition(".Sh EXIT STATUS\n")[2].partition("\n.Sh ")[0]
        self.assertEqual(dict(re.findall(r"^\.It Cm (\S+) Ta (\d+) Ta ", section, re.M)), codes)

    def test_pam_configuration(self):
        """Keys of pam.conf and arguments of the module, as the sources have them."""
        reader = source.text("pam_bfabric/pam_conf.c")
        keys = re.findall(r"^\tKEY\((\w+), \w+\),$", reader, re.M)
        self.assertGreater(len(keys), 20)
        said = re.findall(r"^\.It Cm (\w+)$", page("bfabric-pam.conf.5"), re.M)
        self.assertEqual(sorted(said), sorted(keys))
        arguments = source.text("pam_bfabric/pam_arguments.c")
        known = re.findall(r'^\t\{"(\w+)", read_\w+\},$', arguments, re.M)
        known += re.findall(r'strcmp\(name, "(\w+)"\) == 0', arguments)
        self.assertGreater(len(known), 8)
        listed = page("pam_bfabric.8").partition(".Ss Arguments\n")[2].partition("\n.El")[0]
        self.assertEqual(sorted(re.findall(r"^\.It Cm (\w+)", listed, re.M)), sorted(known))

    def test_pages_are_well_formed(self):
        if not shutil.which("mandoc"):
            self.skipTest("mandoc is not installed")
        for name in PAGES:
            result = source.harness.run(["mandoc", "-Tlint", "-Wwarning", source.ROOT / "man" / name])
            complaints = [line for line in result.out.splitlines()
                          if re.search(r": (WARNING|ERROR|UNSUPP):", line)]
            self.assertEqual(complaints, [])

    def test_all_pages_are_installed(self):
        build = source.text("man/meson.build")
        pages = [path.name for path in source.tracked() if re.match(r"man/.*\.[1-8]$", str(path))]
        self.assertEqual(sorted(pages), sorted(PAGES))
        self.assertEqual([name for name in pages if f"'{name}'" not in build], [])


if __name__ == "__main__":
    source.main()
