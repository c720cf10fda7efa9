# SPDX-License-Identifier: MIT
"""Stores of secrets for tests that are programs: git's own, and one that can be told to fail.

    store = StoreProgram(home)          # what it keeps: store.document("SANDBOX"), None
    store.fail("get", "the disk is gone")
"""
import json
import urllib.parse

import harness
import secret_service

GIT_STORE = harness.run(["git", "--exec-path"]).out.strip() + "/git-credential-store"

# A line of its file is "host path username password"; `fail-get` and the like make it fail.
SCRIPT = """#!/bin/sh
umask 077
here={folder}
echo "$1" >> "$here/calls"
test -e "$here/fail-$1" && exit 1
while IFS='=' read -r key value; do
	test -z "$key" && break
	case "$key" in
	host|path|username|password) eval "$key=\\$value" ;;
	protocol) test "$value" = bfabric || exit 1 ;;
	esac
done
file="$here/$(printf %s "$host $path $username" | tr '/ ' '__')"
case "$1" in
get) test ! -e "$file" || printf 'password=%s\\n' "$(cat "$file")" ;;
store) printf %s "$password" > "$file" ;;
erase) rm -f "$file" ;;
esac
"""


def keyring_missing():
    """Why a test cannot use the desktop's keyring here, or None."""
    if not (harness.BUILD / "keyring" / "bfabric-keyring").exists():
        return "bfabric-keyring is not built: no libsecret"
    return secret_service.needed("gnome-keyring-daemon", "dbus-daemon")


class StoreProgram:
    def __init__(self, home, name="keeper"):
        self.folder = home.path / f"{name}-keeps"
        self.folder.mkdir(mode=0o700)
        self.path = str(home.write(home.path / name, SCRIPT.format(folder=self.folder), 0o755))

    def documents(self):
        return {path.name: json.loads(path.read_text()) for path in self.folder.iterdir()
                if not path.name.startswith("fail-") and path.name != "calls"}

    def document(self, environment):
        """What it keeps for an environment, as an object; None: nothing."""
        found = [text for name, text in self.documents().items()
                 if name.endswith("_" + environment)]
        return found[0] if found else None

    def fail(self, *operations):
        for operation in operations:
            (self.folder / f"fail-{operation}").touch()

    def mend(self):
        for path in self.folder.glob("fail-*"):
            path.unlink()

    def calls(self):
        """What it was asked for since the last question."""
        path = self.folder / "calls"
        asked = path.read_text().split() if path.exists() else []
        path.unlink(missing_ok=True)
        return asked


def kept_by_git(home):
    """The documents in the file of git's own store, by environment."""
    try:
        lines = (home.home / ".git-credentials").read_text().splitlines()
    except FileNotFoundError:
        return {}
    parts = [urllib.parse.urlsplit(line) for line in lines]
    return {urllib.parse.unquote(part.username): json.loads(urllib.parse.unquote(part.password))
            for part in parts}
