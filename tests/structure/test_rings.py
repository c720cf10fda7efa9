# SPDX-License-Identifier: MIT
"""Who may use whom: dependencies point downwards only (README.md, the rings)."""
import re

import source

VOCABULARY = "libbfabric/bfabric.h"
BASE, LOCAL, OAUTH, NET = (f"libbfabric/{ring}/" for ring in ("base", "local", "oauth", "net"))
LIBRARY = "libbfabric/"

# What an administrator wrote for the module, doctor reads by the module's own readers (base alone).
READS_FOR_THE_MODULE = "helper/doctor_pam"

# folder: (folders of the project that it may include, libraries that it may include).
# The longest folder that fits a file decides.
RINGS = {
    BASE: ([BASE], ["libmd"]),
    LOCAL: ([LOCAL, BASE], ["jansson", "libyaml"]),
    OAUTH: ([OAUTH, BASE], ["jansson"]),
    # Records of the web services are values of jansson: they go to the library's users as they are.
    NET: ([NET, BASE], ["curl", "openssl", "libxml2", "jansson"]),
    LIBRARY: ([LIBRARY], ["jansson"]),
    "libbfabric/qr.": (["libbfabric/qr.", BASE], ["qrencode"]),
    "helper/": (["helper/", LIBRARY], ["jansson"]),
    READS_FOR_THE_MODULE: (["helper/", LIBRARY, "pam_bfabric/pam_conf.", "pam_bfabric/map."], ["jansson"]),
    "keyring/": (["keyring/", BASE], ["glib", "libsecret"]),
    "pam_bfabric/": (["pam_bfabric/", LIBRARY], ["jansson", "libpam"]),
    # What the module has in common with its children must not bring anything into sshd.
    "pam_bfabric/line.": (["pam_bfabric/line.", BASE], []),
}
# What the front adds to those of the folder it lies in: it must not reach the other rings.
FRONT = (["helper/", BASE, LOCAL], ["jansson"])

LIBRARIES = {
    "libmd": r"^(md5|sha|sha1|sha2|rmd160)\.h$",
    "jansson": r"^jansson\.h$",
    "libyaml": r"^yaml\.h$",
    "curl": r"^curl/",
    "openssl": r"^openssl/",
    "libxml2": r"^libxml/",
    "glib": r"^(glib|gio)[/.]",
    "libsecret": r"^libsecret/",
    "qrencode": r"^qrencode\.h$",
    "microhttpd": r"^microhttpd\.h$",
    "libpam": r"^security/",
    "cmocka": r"^cmocka\.h$",
}
# Each of these is heavy: one .c file includes it, behind a header that does not.
HEAVY = ("curl", "openssl", "libxml2", "libsecret", "qrencode", "microhttpd")


def library_of(name):
    for library, pattern in LIBRARIES.items():
        if re.search(pattern, name):
            return library
    return None


def ring_of(path):
    fitting = [folder for folder in RINGS if str(path).startswith(folder)]
    return max(fitting, key=len) if fitting else None


def allowed_folder(path, folders):
    name = str(path)
    return name == VOCABULARY or any(name.startswith(folder) for folder in folders)


def reached(path):
    """A file and every header of the project that it includes, directly or not."""
    found, todo = set(), [path]
    while todo:
        one = todo.pop()
        if one in found:
            continue
        found.add(one)
        todo += filter(None, (source.resolve(one, name) for name in source.includes(one)[1]))
    return found


def breaches(path, folders, libraries):
    system, quoted = source.includes(path)
    for name in quoted:
        meant = source.resolve(path, name)
        if meant and not allowed_folder(meant, folders):
            yield f"{path} includes {meant}"
    for name in system:
        library = library_of(name)
        if library and library not in libraries:
            yield f"{path} includes <{name}> ({library})"


class Rings(source.TestCase):
    def test_includes_point_downwards(self):
        found, looked_at = [], 0
        for path in source.c_files(without=["tests/"]):
            ring = ring_of(path)
            self.assertIsNotNone(ring, f"{path} lies in no ring")
            looked_at += 1
            found += breaches(path, *RINGS[ring])
        self.assertGreater(looked_at, 20)
        self.assertEqual(found, [])

    def test_nobody_includes_a_programs_header(self):
        programs = ("helper/", "keyring/", "pam_bfabric/", "tests/")
        found = []
        for path in source.c_files(without=["tests/"]):
            for name in source.includes(path)[1]:
                meant = source.resolve(path, name)
                for program in programs:
                    if meant and str(meant).startswith(program) \
                            and not str(path).startswith(program) \
                            and not str(path).startswith(READS_FOR_THE_MODULE):
                        found.append(f"{path} includes {meant}")
        self.assertEqual(found, [])

    def test_heavy_libraries_have_one_file(self):
        # The sandbox is a test tool of its own; libmicrohttpd stays within it.
        for library in HEAVY:
            users = [path for path in source.c_files(without=["tests/"])
                     if any(library_of(name) == library for name in source.includes(path)[0])]
            with self.subTest(library=library):
                self.assertEqual([p for p in users if p.suffix == ".h"], [])
                self.assertLessEqual(len(users), 0 if library == "microhttpd" else 1, users)

    def test_no_source_file_is_included(self):
        found = [f"{path}: {name}" for path in source.c_files() for name in source.includes(path)[1]
                 if name.endswith(".c")]
        self.assertEqual(found, [])


if __name__ == "__main__":
    source.main()
