# SPDX-License-Identifier: MIT
# What scripts/test, scripts/demo and scripts/bench share; sourced, not run.
# Everything made lies in build/ (or $BF_BUILD_ROOT): build/gcc, build/clang, ..., build/log, build/venv.

set -uo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build_root=${BF_BUILD_ROOT:-$root/build}
logs=$build_root/log
cd "$root" || exit 1
mkdir -p "$logs"

# Debian packages, by what needs them. `packages_for build demo` lists those of two groups.
packages_build=(gcc libc6-dev meson ninja-build pkg-config python3 git ca-certificates
	libcurl4-openssl-dev libjansson-dev libyaml-dev libmd-dev libssl-dev libqrencode-dev
	libmicrohttpd-dev libxml2-dev libcmocka-dev libsecret-1-dev libpam0g-dev)
packages_test=(clang libclang-rt-14-dev clang-format valgrind mandoc python3-venv binutils strace
	faketime curl chromium gnome-keyring keepassxc dbus libsecret-tools
	openssh-server openssh-client login)
# Node.js may be there from another source, whose package would quarrel with these.
packages_node=(nodejs npm)
packages_bench=(valgrind curl python3-venv gnome-keyring dbus)

if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then
	bold=$'\e[1m' red=$'\e[31m' green=$'\e[32m' yellow=$'\e[33m' plain=$'\e[0m'
else
	bold='' red='' green='' yellow='' plain=''
fi

say() { printf '%s\n' "$*"; }
title() { printf '\n%s%s%s\n' "$bold" "$*" "$plain"; }
# A line of the list of steps: line COLOUR WORD WHAT [REMARK]
line() { printf '  %s%-5s%s %-44s %s\n' "$1" "$2" "$plain" "$3" "${4:-}"; }
die() {
	printf '%s%s%s\n' "$red" "$*" "$plain" >&2
	exit 1
}

# Debian 12 calls it 14; other releases ship other versions of the same package.
package_installed() {
	[ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# need_packages GROUP...: installs with apt what is missing, and says so. Without apt, trusts the person.
need_packages() {
	local group name missing=() as_root=()
	if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
		line "$yellow" note "packages" "no apt here: install what the build asks for yourself"
		return 0
	fi
	for group in "$@"; do
		local -n names=packages_$group
		for name in "${names[@]}"; do
			package_installed "$name" || missing+=("$name")
		done
	done
	if [ ${#missing[@]} -eq 0 ]; then
		line "$green" ok "packages" "all installed"
		return 0
	fi
	if [ "$(id -u)" != 0 ]; then
		command -v sudo >/dev/null ||
			die "These packages are missing; install them as root: apt-get install ${missing[*]}"
		as_root=(sudo)
	fi
	say "  Installing with apt (log: $logs/apt.log): ${missing[*]}"
	{
		"${as_root[@]}" apt-get update
		"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
			apt-get install -y --no-install-recommends "${missing[@]}"
	} >"$logs/apt.log" 2>&1 || {
		tail -n 20 "$logs/apt.log"
		die "apt could not install them."
	}
	line "$green" ok "packages" "installed ${#missing[@]}"
}

# configure NAME OPTION...: a build folder with these options; made anew when they change.
# CC and the like come from the environment.
configure() {
	local folder=$build_root/$1 wanted
	shift
	wanted="${CC:-cc} ${CC_LD:-} $root $*"
	if [ -f "$folder/build.ninja" ] && [ "$(cat "$folder/.options" 2>/dev/null)" = "$wanted" ]; then
		return 0
	fi
	rm -rf "$folder"
	meson setup "$folder" "$root" "$@" && printf '%s\n' "$wanted" >"$folder/.options"
}

# The ordinary build, in build/gcc: what the demo shows and the benchmark measures is what was tested.
build_gcc() {
	CC=gcc configure gcc -Dwerror=true && ninja -C "$build_root/gcc"
}

# An authorization server that is not ours, and what drives a real browser: packages of npm, each of
# the version and the content that the lock file names. A second run asks nobody.
make_node_modules() {
	local node=$build_root/node lock=package-lock.json
	cmp -s "tests/interop/$lock" "$node/.installed" && return 0
	command -v npm >/dev/null || need_packages node
	rm -rf "$node"
	mkdir -p "$node" && cp tests/interop/package.json "tests/interop/$lock" "$node/" &&
		npm ci --prefix "$node" --cache "$build_root/npm-cache" --ignore-scripts --no-audit \
			--no-fund --no-update-notifier --loglevel=error &&
		cp "$node/$lock" "$node/.installed"
}

# bfabricPy, whose files we share, in a virtual environment of its own.
make_venv() {
	local venv=$build_root/venv
	cmp -s tests/requirements.txt "$venv/.requirements" && return 0
	rm -rf "$venv"
	python3 -m venv "$venv" &&
		"$venv/bin/pip" install --quiet --disable-pip-version-check -r tests/requirements.txt &&
		cp tests/requirements.txt "$venv/.requirements"
}
