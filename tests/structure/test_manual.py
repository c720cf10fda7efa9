# SPDX-License-Identifier: MIT
"""The manual pages say what the programs and the library do."""
import re

import source
import test_binaries


class Manual(source.TestCase):
    def test_manual_has_each_function(self):
        manual = source.text("man/libbfabric.3")
        described = set(re.findall(r"^\.(?:Fo|Fn)\s+\"?(?:[\w *]*[ *])?(bfabric_\w+)", manual, re.M))
        self.assertEqual(sorted(described), sorted(test_binaries.declared()))

    def test_manual(self):
        table, _ = test_binaries.exit_codes()
        manual = source.text("man/bfabric.1")
        section = re.search(r"^\.Sh EXIT STATUS\n(.*?)(?=^\.Sh |\Z)", manual, re.S | re.M)
        self.assertIsNotNone(section, "man/bfabric.1 has no section EXIT STATUS")
        codes = set(map(int, re.findall(r"^\.It(?: Er| Ic| Li| Sy)?\s+(\d+)", section.group(1), re.M)))
        self.assertEqual(codes, set(table.values()))


if __name__ == "__main__":
    source.main()
