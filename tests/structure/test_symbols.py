# SPDX-License-Identifier: MIT
"""The rings as the linker sees them: what each static library needs, and what it keeps."""
import pathlib
import re

import source


class Symbols(source.TestCase):
    """The same rule for what the linker sees: a ring may only need what lies below it."""

    BELOW = {"bf_base": [], "bf_local": ["bf_base"], "bf_oauth": ["bf_base"], "bf_net": ["bf_base"],
             "bf_pam_line": ["bf_base"]}

    def symbols(self, name, *flags):
        archive = source.target(name, "static library")
        self.assertIsNotNone(archive, f"there is no ring {name}")
        listed = source.output("nm", "--format=posix", *flags, archive["filename"][0])
        # An archive's members are named by a line of their own, which ends in a colon.
        return {line.split()[0] for line in listed.splitlines()
                if line.strip() and not line.endswith(":")}

    def test_rings_need_only_what_lies_below(self):
        defined = {name: self.symbols(name, "--defined-only", "--extern-only") for name in self.BELOW}
        for name, below in self.BELOW.items():
            needed = self.symbols(name, "--undefined-only")
            for other in self.BELOW:
                if other != name and other not in below:
                    with self.subTest(ring=name, other=other):
                        self.assertEqual(sorted(needed & defined[other]), [])

    def test_library_keeps_no_mutable_state(self):
        """No variable in .data or .bss: a session may be shared, a process may hold several."""
        found = []
        for name in (*self.BELOW, "bf_session"):
            archive = source.target(name, "static library")
            self.assertIsNotNone(archive, f"there is no ring {name}")
            folder = pathlib.Path(archive["filename"][0] + ".p")
            for made in sorted(folder.glob("*.o")):
                found += [f"{name} {made.name}: {one}" for one in self.variables(made)
                          if re.sub(r"\.\d+$", "", one) not in self.PROCESS_WIDE]
        self.assertEqual(found, [])

    # Named with a reason each: what is truly one for the whole process.
    PROCESS_WIDE = {
        "global_status": "curl_global_init, which libcurl wants once a process",
        "once": "the pthread_once for it",
    }

    def variables(self, made):
        sections = {int(number): name for number, name in
                    re.findall(r"^\s*\[\s*(\d+)\]\s+(\S+)", source.output("readelf", "-SW", made),
                               re.M)}
        for line in source.output("readelf", "-sW", made).splitlines():
            part = line.split()
            if len(part) == 8 and part[3] in ("OBJECT", "TLS") and part[6].isdigit():
                section = sections.get(int(part[6]), "")
                if re.match(r"\.(data|bss|tdata|tbss)(\.(?!rel\.ro)|$)", section) \
                        and not part[7].startswith(("__asan", "__odr_asan", ".L")):
                    yield part[7]


if __name__ == "__main__":
    source.main()
