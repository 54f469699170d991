#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
# mkinitrd.sh OUTPUT [MODULES]: the initial RAM disk for Linux guests: the programs init.c and drive.c, and the kernel modules
# in the folder MODULES.
set -eu

if [ $# -lt 1 ] || [ $# -gt 2 ]; then
	echo "usage: $0 OUTPUT [MODULES]" >&2
	exit 2
fi
here=$(cd "$(dirname "$0")" && pwd)
case $1 in
/*) output=$1 ;;
*) output=$PWD/$1 ;;
esac
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

mkdir "$tmp/root" "$tmp/root/dev" "$tmp/root/modules"
for program in init drive; do
	"${GUEST_CC:-aarch64-linux-gnu-gcc}" -std=gnu11 -O2 -Wall -Wextra -static -o "$tmp/root/$program" \
		"$here/$program.c" "$here/lib.c"
	aarch64-linux-gnu-strip "$tmp/root/$program" 2>/dev/null || true
done
for module in "${2:-/nonexistent}"/*.ko; do
	[ ! -e "$module" ] || cp "$module" "$tmp/root/modules/"
done
# The archive is the same for the same input.
find "$tmp/root" -exec touch -h -d @0 {} +
(cd "$tmp/root" && find . | LC_ALL=C sort | cpio --quiet -o -H newc -R 0:0 --reproducible) | gzip -9n >"$output"
