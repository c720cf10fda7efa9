# SPDX-License-Identifier: MIT
"""Reads the tree for the structure tests: files, includes, functions, and what meson built."""
import functools
import json
import pathlib
import re
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "integration"))
import harness  # noqa: E402

ROOT, BUILD = harness.SOURCE, harness.BUILD
TestCase, main = harness.TestCase, harness.main


@functools.cache
def tracked():
    """Every file of the project, relative: git's list, or the folder where there is no git."""
    listed = harness.run(["git", "-C", ROOT, "ls-files", "-z", "--cached", "--others",
                          "--exclude-standard"])
    if listed.status == 0:
        names = [name for name in listed.out.split("\0") if name]
    else:
        names = [str(path.relative_to(ROOT)) for path in ROOT.rglob("*")]
        names = [name for name in names if not name.startswith(("build", ".git/"))
                 and "__pycache__" not in name]
    return sorted(pathlib.Path(name) for name in names if (ROOT / name).is_file())


def c_files(*below, without=()):
    """C sources and headers, those below some folders when given."""
    return [path for path in tracked() if path.suffix in (".c", ".h")
            and (not below or str(path).startswith(below)) and not str(path).startswith(tuple(without))]


@functools.cache
def text(path):
    return (ROOT / path).read_text(encoding="utf-8", errors="replace")


_TOKEN = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)


def _blank(match):
    found = match.group(0)
    if found[0] in "\"'":
        return found[0] * 2
    return " " + "\n" * found.count("\n")


@functools.cache
def code(path):
    """The text without comments and with empty strings; line numbers stay."""
    return _TOKEN.sub(_blank, text(path))


def includes(path):
    """(system names, quoted names) that a file includes."""
    # Quoted names are strings, so comments alone are taken out here.
    bare = re.sub(r"/\*.*?\*/|//[^\n]*", "", text(path), flags=re.S)
    found = re.findall(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', bare, re.M)
    return ([name for kind, name in found if kind == "<"],
            [name for kind, name in found if kind == '"'])


def resolve(path, name):
    """The project's file that `#include "name"` in `path` means; None for one that is generated."""
    import os.path
    near = pathlib.Path(os.path.normpath(path.parent / name))
    for candidate in (near, pathlib.Path(name)):
        if (ROOT / candidate).is_file():
            return candidate
    return None


def functions(path):
    """(name, first line, number of lines) of each function; the formatting puts braces in column 0."""
    lines, begin, found = code(path).splitlines(), None, []
    for number, line in enumerate(lines, 1):
        if line == "{":
            begin = number
        elif line == "}" and begin is not None:
            head = " ".join(lines[max(0, begin - 6):begin - 1])
            name = re.findall(r"(\w+)\s*\(", head)
            found.append((name[-1] if name else "?", begin, number - begin - 1))
            begin = None
    return found


def matches(pattern, files, of=code):
    """'file:line: text' of every line that matches."""
    found = []
    for path in files:
        for number, line in enumerate(of(path).splitlines(), 1):
            if re.search(pattern, line):
                found.append(f"{path}:{number}: {line.strip()}")
    return found


# ---- what meson built ----

@functools.cache
def targets():
    return json.loads((BUILD / "meson-info" / "intro-targets.json").read_text())


def target(name, kind):
    """meson's description of an executable or library; None while there is none of that name."""
    for one in targets():
        if one["name"] == name and one["type"] == kind:
            return one
    return None


def target_sources(one):
    """The project's C files that a target compiles itself, relative."""
    return sorted(pathlib.Path(source).relative_to(ROOT) for group in one["target_sources"]
                  for source in group.get("sources", []) if pathlib.Path(source).is_relative_to(ROOT))


def option(name):
    for one in json.loads((BUILD / "meson-info" / "intro-buildoptions.json").read_text()):
        if one["name"] == name:
            return one["value"]
    raise KeyError(name)


def output(*command):
    return subprocess.run([str(part) for part in command], check=True, text=True,
                          stdout=subprocess.PIPE).stdout
