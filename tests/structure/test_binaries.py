# SPDX-License-Identifier: MIT
"""What the dynamic linker loads for each binary, and what libbfabric.so exports."""
import ctypes
import re
import unittest

import source
import test_rings

LIBC = {"libc.so.6"}
LIGHT = {"libjansson.so.4", "libyaml-0.so.2", "libmd.so.0"}
GLIB = {"libgio-2.0.so.0", "libglib-2.0.so.0", "libgobject-2.0.so.0"}

# Exactly these. The front's list is its start-up time; a new name here needs a reason and a figure.
NEEDED = {
    ("bfabric", "executable"): {"static": LIBC, "shared": LIBC | LIGHT},
    ("bfabric-full", "executable"): LIBC | LIGHT | {"libcurl.so.4", "libqrencode.so.4"},
    ("bfabric-api", "executable"): LIBC | LIGHT | {"libcrypto.so.3", "libcurl.so.4", "libqrencode.so.4",
                                                    "libxml2.so.2"},
    ("bfabric-pam-login", "executable"): LIBC | LIGHT | {"libcrypto.so.3", "libcurl.so.4",
                                                          "libqrencode.so.4"},
    ("bfabric", "shared library"): LIBC | LIGHT | {"libcrypto.so.3", "libcurl.so.4", "libxml2.so.2"},
}
# Built where libsecret is.
if source.target("bfabric-keyring", "executable"):
    NEEDED["bfabric-keyring", "executable"] = LIBC | GLIB | {"libsecret-1.so.0"}
# Built where libpam is.
if source.target("pam_bfabric", "shared module"):
    NEEDED["pam_bfabric", "shared module"] = LIBC | {"libpam.so.0"}
    NEEDED["bfabric-pam-sweep", "executable"] = LIBC | {"libpam.so.0"}
SANITIZER = re.compile(r"^(lib(asan|ubsan|tsan|lsan|m|dl|rt|pthread|resolv|gcc_s)\.so|ld-linux)")


def needed(binary):
    listed = source.output("readelf", "-dW", binary)
    return set(re.findall(r"\(NEEDED\).*\[(.+)\]", listed))


def declared():
    header = source.text("libbfabric/bfabric.h")
    header = re.sub(r"/\*.*?\*/|^#[^\n]*(\\\n[^\n]*)*$", "", header, flags=re.S | re.M)
    found = re.findall(r"BFABRIC_API\b[^;{]*?\b(bfabric_\w+)\s*\(", header)
    if len(found) < 6 or len(found) != len(set(found)):
        raise AssertionError(f"cannot read bfabric.h: {found}")
    return set(found)


def exit_codes():
    built = source.target("bfabric", "shared library")
    if not built:
        raise AssertionError("libbfabric.so is not built")
    if source.option("b_sanitize") != "none":
        raise unittest.SkipTest("a sanitized library cannot be loaded into Python")
    loaded = ctypes.CDLL(built["filename"][0])
    loaded.bfabric_status_name.restype = ctypes.c_char_p
    header = source.text("libbfabric/bfabric.h")
    body = re.search(r"enum bfabric_status \{(.*?)\};", header, re.S).group(1)
    names = re.findall(r"\bBFABRIC_([A-Z_]+)\b", re.sub(r"/\*.*?\*/", "", body, flags=re.S))
    table = {}
    for number, name in enumerate(names):
        if loaded.bfabric_status_name(number).decode() != name:
            raise AssertionError(f"{name} has another name in the library")
        table[name] = loaded.bfabric_status_exit_code(number)
    return table, body


class Needed(source.TestCase):
    def test_needed_lists(self):
        for (name, kind), wanted in NEEDED.items():
            with self.subTest(name=name, kind=kind):
                built = source.target(name, kind)
                self.assertIsNotNone(built, f"{kind} {name} is not built")
                if isinstance(wanted, dict):
                    wanted = wanted[source.option("front")]
                found = needed(built["filename"][0])
                if source.option("b_sanitize") != "none":
                    found = {one for one in found if not SANITIZER.match(one)} | LIBC
                self.assertEqual(sorted(found), sorted(wanted))

    def test_no_search_path_is_installed(self):
        """An rpath into somebody's folder would let that folder replace our libraries."""
        for name, kind in NEEDED:
            built = source.target(name, kind)
            self.assertIsNotNone(built, f"{kind} {name} is not built")
            listed = source.output("readelf", "-dW", built["filename"][0])
            with self.subTest(name=name, kind=kind):
                self.assertNotRegex(listed, r"\((RPATH|RUNPATH)\)")

    def test_hardening(self):
        for name, kind in NEEDED:
            built = source.target(name, kind)
            self.assertIsNotNone(built, f"{kind} {name} is not built")
            headers = source.output("readelf", "-hldW", built["filename"][0])
            with self.subTest(name=name, kind=kind):
                self.assertRegex(headers, r"Type:\s+DYN")  # position independent
                self.assertIn("GNU_RELRO", headers)
                self.assertRegex(headers, r"FLAGS.*NOW|BIND_NOW")
                self.assertRegex(headers, r"GNU_STACK.* RW ")

    def test_front_stays_light(self):
        front = source.target("bfabric", "executable")
        self.assertIsNotNone(front, "there is no front program")
        reach = set().union(*(test_rings.reached(path) for path in source.target_sources(front)))
        found = [breach for path in sorted(reach) for breach in test_rings.breaches(path, *test_rings.FRONT)]
        self.assertEqual(found, [])


class Exports(source.TestCase):
    def test_exports_are_what_the_header_declares(self):
        library = source.target("bfabric", "shared library")
        self.assertIsNotNone(library, "libbfabric.so is not built")
        listed = source.output("nm", "-D", "--defined-only", "--format=posix",
                               library["filename"][0])
        exported = {line.split()[0].partition("@")[0] for line in listed.splitlines()}
        exported = {one for one in exported if not re.match(r"__(asan|odr_asan|ubsan|lsan)|LIBBFABRIC_",
                                                            one)}
        self.assertEqual(sorted(exported), sorted(declared()))

    def test_module_exports_what_pam_looks_up(self):
        module = source.target("pam_bfabric", "shared module")
        if not module:
            self.skipTest("libpam is not installed")
        listed = source.output("nm", "-D", "--defined-only", "--format=posix", module["filename"][0])
        exported = {line.split()[0].partition("@")[0] for line in listed.splitlines()}
        exported = {one for one in exported if not re.match(r"__(asan|odr_asan|ubsan|lsan)", one)}
        self.assertEqual(exported, {f"pam_sm_{name}" for name in (
            "authenticate", "setcred", "acct_mgmt", "open_session", "close_session")})

    def test_map_names_what_the_header_declares(self):
        text = re.sub(r"/\*.*?\*/", "", source.text("libbfabric/libbfabric.map"), flags=re.S)
        self.assertRegex(text, r"local:\s*\*;")
        named = re.findall(r"\b(bfabric_\w+)\s*;", text)
        self.assertEqual(len(named), len(set(named)))
        self.assertEqual(sorted(named), sorted(declared()))

    def test_every_public_function_is_declared_public(self):
        header = re.sub(r"/\*.*?\*/", "", source.text("libbfabric/bfabric.h"), flags=re.S)
        every = set(re.findall(r"\b(bfabric_\w+)\s*\(", header))
        self.assertEqual(sorted(every), sorted(declared()))

    def test_header_needs_nothing_else(self):
        """A C and a C++ program may include <bfabric.h> first."""
        for language in ("c", "c++"):
            result = source.harness.run(
                ["cc", "-x", language, "-Wall", "-Wextra", "-Werror", "-fsyntax-only",
                 source.ROOT / "libbfabric" / "bfabric.h", "-Wno-pragma-once-outside-header"])
            if language == "c++" and "cc1plus" in result.err:
                continue  # no C++ compiler here
            self.assertExit(result, 0)


class ExitCodes(source.TestCase):
    """One table: the library's, the header's comments and the manual's."""

    def test_header_comments(self):
        table, body = exit_codes()
        said, waiting = {}, []
        for name, code in re.findall(r"BFABRIC_([A-Z_]+)\b|\bexit\s+\**\s*(\d+)", body):
            if name:
                waiting.append(name)
            else:
                said.update(dict.fromkeys(waiting, int(code)))
                waiting = []
        said["OK"] = 0
        self.assertEqual(said, table)


if __name__ == "__main__":
    source.main()
