#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
# mkinitrd.sh OUTPUT: the initial RAM disk of the Linux guest, whose only file is init.c, compiled. The same sources and
# compiler give the same bytes.
set -eu

if [ $# -ne 1 ]; then
	echo "usage: $0 OUTPUT" >&2
	exit 1
fi
here=$(cd "$(dirname "$0")" && pwd)
output=$1
cc=${AARCH64_CC:-aarch64-linux-gnu-gcc}
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT

"$cc" -std=gnu11 -O2 -Wall -Wextra -static -s -o "$root/init" "$here/init.c"
chmod 755 "$root"
mkdir "$root/dev" "$root/proc" "$root/sys"
find "$root" -exec touch -h -d @0 {} +
(cd "$root" && find . | LC_ALL=C sort | cpio --quiet --reproducible --owner=0:0 -H newc -o) | gzip -9n >"$output.new"
mv "$output.new" "$output"
