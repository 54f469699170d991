#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
#
# usage: arm64-cmocka.sh DIR
# Unpacks Debian's arm64 cmocka into DIR, for the unit tests of the aarch64 preset. It uses apt's configured
# sources and keys but a state of its own, so the machine gains no foreign architecture, and it needs no root.
set -eu

dir=$1
[ ! -e "$dir/usr/include/cmocka.h" ] || exit 0

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/state/lists/partial" "$work/cache/archives/partial"

apt() {
	apt-get -q -o APT::Architecture=arm64 -o APT::Architectures::=arm64 -o APT::Sandbox::User=root \
		-o Dir::State="$work/state" -o Dir::State::status=/dev/null -o Dir::Cache="$work/cache" \
		-o Acquire::Languages=none -o Acquire::Retries=3 "$@" >&2
}

cd "$work"
apt update
apt download libcmocka0 libcmocka-dev
for deb in *.deb; do
	dpkg-deb -x "$deb" "$work/root"
done
mkdir -p "$(dirname "$dir")"
rm -rf "$dir"
mv "$work/root" "$dir"
