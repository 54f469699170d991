#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
#
# Xen for AArch64 out of Debian's source package, with its own virtual GIC (stock) and with the library as its virtual GIC
# (libvgic, and libvgic-debug with all assertions), and the initial RAM disk of the Linux guests. A linked Xen is GPL-2.0:
# it is made on demand and never shipped.
#
# usage: build.sh OUTPUT-DIRECTORY LINUX-DIRECTORY KIND...    (KIND: stock, libvgic, libvgic-debug)
# makes OUTPUT-DIRECTORY/KIND/xen, initrd.gz, count.so, guest/*.img; LINUX-DIRECTORY is what cmake/arm64-debs.sh linux has made
set -eu

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
out=$1
linux=$2
shift 2
series=4.17 # of Xen; what init.c knows of its interface is of this one
known=4.17.5+72-g01140da4e8

die() {
	echo "xen: $*" >&2
	exit 1
}

# The tarball of the project's own release, without Debian's patches, as $out/orig/*.tar.xz. apt's configured sources and
# keys, but source packages, and a state of its own. Not every mirror has each version that it lists: the newest that is.
fetch() {
	work=$out/apt
	rm -rf "$work"
	mkdir -p "$work/state/lists/partial" "$work/cache/archives/partial" "$work/parts" "$work/orig"
	for list in /etc/apt/sources.list /etc/apt/sources.list.d/*; do
		[ ! -e "$list" ] || sed -E 's/^Types:.*/Types: deb-src/; s/^deb /deb-src /' "$list" >"$work/parts/${list##*/}"
	done
	options="-q -o APT::Sandbox::User=root -o Dir::State=$work/state -o Dir::State::status=/dev/null
		-o Dir::Cache=$work/cache -o Dir::Etc::SourceList=/dev/null -o Dir::Etc::SourceParts=$work/parts
		-o Acquire::Languages=none -o Acquire::Retries=3"
	# shellcheck disable=SC2086 # words are split on purpose
	apt-get $options update || echo "xen: some sources have no source packages" >&2
	# shellcheck disable=SC2086
	versions=$(apt-cache $options showsrc xen | sed -n 's/^Version: //p' | sort -rVu)
	[ -n "$versions" ] || die "no source package xen here"
	for version in $versions; do
		# shellcheck disable=SC2086
		(cd "$work/orig" && apt-get $options source --download-only --tar-only "xen=$version") && break
		echo "xen: $version is not to be had" >&2
	done
	ls "$work"/orig/xen_*.orig.tar.xz >/dev/null || die "no source of Xen"
	mv "$work/orig" "$out/orig"
	rm -rf "$work"
}

# A tree of its own for the library's: it is an overlay. Both are built out of tree. $out/TREE.stamp is when it was made.
tree() { # TREE
	tree=$out/src-$1
	[ ! -e "$tree.stamp" ] || [ "$1" = libvgic ] || return 0
	if [ "$1" = libvgic ]; then
		[ -x "$root/glue/xen/install.sh" ] || die "glue/xen/install.sh is not there"
		[ ! -e "$tree.stamp" ] || [ -n "$(find "$root/glue/xen" "$root/src" "$root/include" -newer "$tree.stamp")" ] || return 0
	fi
	rm -rf "$tree"
	mkdir -p "$tree"
	touch "$tree.new"
	tar -x -f "$out"/orig/xen_*.orig.tar.xz -C "$tree" --strip-components=1
	[ "$1" = stock ] || "$root/glue/xen/install.sh" "$tree"
	mv "$tree.new" "$tree.stamp"
}

config() { # KIND
	echo CONFIG_EXPERT=y # for the next two
	echo CONFIG_UNSUPPORTED=y
	echo CONFIG_HAS_ITS=y
	echo CONFIG_PERF_COUNTERS=y
	[ "$1" = stock ] || echo CONFIG_NEW_VGIC=y
	[ "$1" != libvgic-debug ] || echo CONFIG_DEBUG=y
}

xen() { # KIND
	tree "${1%-debug}"
	mkdir -p "$out/$1"
	config "$1" >"$out/$1/config.new"
	make="timeout 900 make -s -C $tree/xen -j$(nproc) O=$out/$1 XEN_TARGET_ARCH=arm64 CROSS_COMPILE=aarch64-linux-gnu-"
	if ! cmp -s "$out/$1/config.new" "$out/$1/config.wanted"; then
		cp "$out/$1/config.new" "$out/$1/.config"
		$make olddefconfig
		while read -r line; do
			grep -qx "$line" "$out/$1/.config" || die "$1: Kconfig did not take: $line"
		done <"$out/$1/config.new"
		mv "$out/$1/config.new" "$out/$1/config.wanted"
	fi
	$make
}

initrd() {
	rm -rf "$out/initrd"
	mkdir -p "$out/initrd/dev" "$out/initrd/modules"
	# Position-independent: its addresses are not those of Xen, by which the instructions of both are told apart.
	aarch64-linux-gnu-gcc -std=gnu11 -O2 -Wall -Wextra -Werror -static-pie -s -o "$out/initrd/init" \
		"$here/init.c" "$root/tests/linux/lib.c"
	cp "$linux/modules/"xen-*.ko "$out/initrd/modules"
	find "$out/initrd" -exec touch -h -d @0 {} +
	(cd "$out/initrd" && find . | LC_ALL=C sort | cpio --quiet -o -H newc -R 0:0 --reproducible) | gzip -n >"$out/initrd.gz"
}

mkdir -p "$out"
[ -d "$out/orig" ] || fetch
version=$(basename "$out"/orig/xen_*.orig.tar.xz .orig.tar.xz)
[ "$version" = "xen_$known" ] || echo "xen: this is $version; what is known was measured with $known" >&2
case $version in
xen_$series.*) ;;
*) die "not Xen $series" ;;
esac
initrd
${CC:-gcc} -std=gnu11 -O2 -Wall -Wextra -Werror -shared -fPIC -o "$out/count.so" "$here/count.c"
"$here/guest/build.sh" "$out/guest"
for kind; do
	xen "$kind"
done
