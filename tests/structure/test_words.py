# SPDX-License-Identifier: MIT
"""What may not be written in this tree, and how long things may get."""
import pathlib
import re

import source

PRODUCT = ("libbfabric/", "helper/", "keyring/", "pam_bfabric/")

# What runs for long or for others: the product and the sandbox server. The unit tests are freer.
STRICT = (*PRODUCT, "tests/sandbox/")

# call: what to use instead.
FORBIDDEN = {
    "strcpy|strcat|stpcpy|strncat|gets": "bf_secret_put, snprintf: these know no bound",
    "sprintf|vsprintf": "snprintf",
    "strtok|strtok_r": "strcspn, strspn: strtok writes into its input",
    "atoi|atol|atoll|atof": "strtoll with checks",
    "system|popen|execlp|execvp|execvpe": "a child by absolute path, without a shell",
    "alloca|strdupa|strndupa": "the heap",
    "tmpnam|tempnam|mktemp|tmpfile": "bf_file_write",
    "rand|srand|random|srandom|drand48": "bf_random",
    "setjmp|longjmp": "a status",
}
# What the library must leave to programs. secure_getenv because a program may be setuid.
LIBRARY_FORBIDDEN = {
    "getenv": "secure_getenv",
    "printf|fprintf|vprintf|vfprintf|dprintf|puts|fputs|putchar|perror|syslog|warn|warnx|err|errx":
        "the library never prints or logs",
    "exit|_exit|_Exit|abort|quick_exit|assert": "the library never ends its caller",
    "setlocale|setenv|unsetenv|putenv|umask|chdir|localtime|gmtime|strerror":
        "state of the whole process or not safe for threads",
}
# (file, call): why it is right there.
EXCEPTIONS = {
    ("helper/command.c", "execvpe"): "what a person wrote is found as their shell finds it",
}
# Files that touch the bytes of a secret themselves, and why.
SECRET_KEEPERS = {
    "libbfabric/base/secret.c": "is their home",
    "libbfabric/base/kv.c": "takes a message apart in place, so that no copy of a line is made",
    "libbfabric/local/yaml_tree.c": "has a member of this name that is no secret's: borrowed text",
}
# Words that say that something is not finished; put together so that this file passes its own test.
UNFINISHED = r"\b(" + "|".join(("TO" + "DO", "FIX" + "ME", "X" + "XX", "HA" + "CK")) + r")\b"

FILE_LINES, TEST_FILE_LINES, FUNCTION_LINES = 400, 500, 60


class Calls(source.TestCase):
    def check(self, table, files):
        self.assertGreater(len(files), 10)
        for names, instead in table.items():
            with self.subTest(instead=instead):
                found = []
                for path in files:
                    for line in source.matches(rf"(?<![\w.>])({names})\s*\(", [path]):
                        called = re.search(rf"(?<![\w.>])({names})\s*\(", line).group(1)
                        if (str(path), called) not in EXCEPTIONS:
                            found.append(line)
                self.assertEqual(found, [])

    def test_forbidden_calls(self):
        self.check(FORBIDDEN, source.c_files(*STRICT))

    def test_calls_that_the_library_leaves_to_programs(self):
        # exit and _exit end the child between fork and exec, which is not the caller.
        self.check(LIBRARY_FORBIDDEN, source.c_files("libbfabric/"))

    def test_exceptions_are_used(self):
        for path, name in EXCEPTIONS:
            with self.subTest(path=path, name=name):
                self.assertTrue(source.matches(rf"\b{name}\s*\(", [path]))

    def test_secrets_are_revealed_through_one_function(self):
        """bf_secret_reveal can be searched for; a member cannot."""
        files = [path for path in source.c_files(*PRODUCT) if str(path) not in SECRET_KEEPERS]
        self.assertEqual(source.matches(r"(\.|->)bytes\b", files), [])
        self.assertTrue(source.matches(r"\bbf_secret_reveal\s*\(", files))

    def test_structs_have_no_typedef(self):
        self.assertEqual(source.matches(r"\btypedef\s+(struct|union|enum)\b", source.c_files()), [])


class Words(source.TestCase):
    def test_nothing_is_unfinished(self):
        binary = (".png", ".bin", ".gz", ".der")
        files = [path for path in source.tracked()
                 if path.suffix not in binary and "/data/" not in str(path)]
        self.assertGreater(len(files), 40)
        self.assertEqual(source.matches(UNFINISHED, files, source.text), [])

    def test_headers_are_guarded_and_say_why(self):
        for path in source.c_files():
            if path.suffix == ".h":
                with self.subTest(path=str(path)):
                    text = source.text(path)
                    self.assertRegex(text, r"#ifndef (\w+_H)\n#define \1\n")
                    self.assertTrue(text.startswith("/*"), "no opening comment")


class Sizes(source.TestCase):
    def test_files_are_small(self):
        size = {path: len(source.text(path).splitlines()) for path in source.tracked()
                if path.suffix in (".c", ".h", ".py")}
        self.assertGreater(len(size), 30)
        # The public header is one file for its users, and most of it is manual.
        del size[pathlib.Path("libbfabric/bfabric.h")]
        self.assertEqual({str(path): lines for path, lines in size.items() if lines > (
            TEST_FILE_LINES if path.name.startswith("test_") else FILE_LINES)}, {})

    def test_functions_are_small(self):
        every = [(path, *function) for path in source.c_files(*STRICT)
                 for function in source.functions(path)]
        self.assertGreater(len(every), 100)
        found = [f"{path}:{line}: {name} has {lines} lines" for path, name, line, lines in every
                 if lines > FUNCTION_LINES]
        self.assertEqual(found, [])
        lengths = sorted(lines for *_, lines in every)
        print(f"{len(every)} functions, median {lengths[len(lengths) // 2]} lines, "
              f"longest {lengths[-1]}")


if __name__ == "__main__":
    source.main()
