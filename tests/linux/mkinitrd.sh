#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
# mkinitrd.sh OUTPUT: the initial RAM disk for Linux guests, whose only program is init.c.
set -eu

if [ $# -ne 1 ]; then
	echo "usage: $0 OUTPUT" >&2
	exit 2
fi
here=$(cd "$(dirname "$0")" && pwd)
case $1 in
/*) output=$1 ;;
*) output=$PWD/$1 ;;
esac
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

mkdir "$tmp/root" "$tmp/root/dev"
"${GUEST_CC:-aarch64-linux-gnu-gcc}" -std=gnu11 -O2 -Wall -Wextra -static -o "$tmp/root/init" "$here/init.c"
aarch64-linux-gnu-strip "$tmp/root/init" 2>/dev/null || true
# The archive is the same for the same input.
find "$tmp/root" -exec touch -h -d @0 {} +
(cd "$tmp/root" && find . | LC_ALL=C sort | cpio --quiet -o -H newc -R 0:0 --reproducible) | gzip -9n >"$output"
