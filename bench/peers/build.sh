#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
#
# Build the race (bench/peers): the harness, libvgic, and KVM's vgic of each version named, all into one program whose
# peers cannot see each other's symbols. That program holds GPL-2.0-only code: it is made on demand and never shipped.
#
# usage: build.sh OUTPUT-DIRECTORY VERSION...      (VERSION: 6.1, 6.12; package linux-source-VERSION)
# shellcheck disable=SC2013,SC2046,SC2086,SC3013 # words are split on purpose; every sh has test -nt
set -eu

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
out=$1
shift
cc=${CC:-gcc}
flags="-O2 -g -std=gnu11 -fno-pie -fno-stack-protector -fcf-protection=none"
core="-mgeneral-regs-only" # as in a kernel

# The files of the kernel that take part, unchanged. vgic-debug.c (debugfs) does not.
vgic="vgic vgic-init vgic-irqfd vgic-its vgic-kvm-device vgic-mmio vgic-mmio-v2 vgic-mmio-v3 vgic-v2 vgic-v3 vgic-v4"
headers="include/kvm/arm_vgic.h include/kvm/iodev.h include/linux/irqchip/arm-gic.h
	include/linux/irqchip/arm-gic-common.h include/linux/irqchip/arm-gic-v3.h include/linux/irqchip/arm-gic-v4.h
	include/linux/irqchip/arm-vgic-info.h include/linux/list.h include/linux/list_sort.h include/linux/xarray.h
	include/uapi/linux/kvm.h arch/arm64/include/uapi/asm/kvm.h"

newer() { # FILE SOURCE...: is FILE newer than all of them?
	made=$1
	shift
	for source; do
		[ "$made" -nt "$source" ] || return 1
	done
}

# Out of the package into $dir/src; the headers above, and for every other that is included a line that leads to a
# stand-in, into $dir/include.
extract() { # VERSION
	package=linux-source-$1
	stamp=$(dpkg-query -W -f '${Version}' "$package")
	known=$(sed -n "s/^$1 //p" "$here/versions")
	[ "$stamp" = "$known" ] || echo "race: $package is $stamp; docs/performance.md was measured with $known" >&2
	[ "$(cat "$dir/version" 2>/dev/null)" != "$stamp" ] || return 0
	rm -rf "$dir"
	mkdir -p "$dir/src" "$dir/include"
	files="arch/arm64/kvm/vgic lib/list_sort.c lib/xarray.c $headers"
	[ "$1" = 6.1 ] || files="$files lib/radix-tree.h"
	for file in $files; do echo "$package/$file"; done |
		tar -x -C "$dir/src" --strip-components=1 -T - -f "/usr/src/$package.tar.xz"
	for file in $headers; do
		name=${file##*include/}
		name=$dir/include/${name#uapi/}
		mkdir -p "$(dirname "$name")"
		cp "$dir/src/$file" "$name"
	done
	find "$dir/src" -name '*.[ch]' -exec sed -n 's/^#include <\(.*\)>.*/\1/p' {} + | sort -u | while read -r name; do
		[ ! -e "$dir/include/$name" ] || continue
		mkdir -p "$(dirname "$dir/include/$name")"
		case $name in
		linux/kvm_host.h | asm/* | kvm/* | linux/irq* | linux/interrupt.h | trace/*) to=host.h ;;
		*) to=kernel.h ;;
		esac
		echo "#include \"$here/kvm/$to\"" >"$dir/include/$name"
	done
	echo "$stamp" >"$dir/version"
}

# One object that defines one symbol.
kvm() { # VERSION
	version=$1
	number=$(echo "$version" | tr -d .)
	dir=$out/kvm-$version
	extract "$version"
	# Warnings are off for the kernel's files but for those that mean that a stand-in does not fit.
	set -- $flags $core -nostdinc -isystem "$($cc -print-file-name=include)" -I"$here/kvm" -I"$dir/include" \
		-I"$dir/src/arch/arm64/kvm/vgic" -I"$dir/src/lib" -D__KERNEL__ -DRACE_KVM_VERSION="$number" \
		-D__LITTLE_ENDIAN -DCONFIG_KVM -DCONFIG_BASE_SMALL=0 -DCONFIG_XARRAY_MULTI -fno-strict-aliasing -fno-common -w \
		-Werror=implicit-function-declaration -Werror=implicit-int -Werror=incompatible-pointer-types \
		-Werror=int-conversion
	objects=
	for file in $(for name in $vgic; do echo "$dir/src/arch/arm64/kvm/vgic/$name"; done) \
		"$dir/src/lib/list_sort" "$dir/src/lib/xarray" "$here/kvm/shim" "$here/kvm/peer"; do
		object=$dir/$(basename "$file").o
		objects="$objects $object"
		case $file in */lib/*) first=kernel.h ;; *) first=host.h ;; esac
		newer "$object" "$file.c" "$here"/kvm/*.h "$here"/*.h "$0" "$dir/version" ||
			$cc "$@" -include $first -c "$file.c" -o "$object"
	done
	ld -r -o "$out/kvm-$version.o" $objects
	objcopy --keep-global-symbol="race_peer_kvm_$number" "$out/kvm-$version.o"
}

# The library and its adapter. Apart from the kernel's dialect, the same flags.
libvgic() {
	dir=$out/libvgic
	mkdir -p "$dir"
	objects=$dir/peer.o
	for file in $(grep '^[a-z]' "$root/src/sources.list"); do
		object=$dir/$(echo "$file" | tr / -).o
		objects="$objects $object"
		newer "$object" $(find "$root/src" "$root/include" -name '*.h') "$root/src/$file" "$0" ||
			$cc $flags $core -ffreestanding -I"$root/include" -I"$root/src" -c "$root/src/$file" \
				-o "$object"
	done
	$cc $flags -Wall -Wextra -Werror -I"$root/include" -c "$here/libvgic.c" -o "$dir/peer.o"
	ld -r -o "$out/libvgic.o" $objects
}

mkdir -p "$out"
libvgic
names=race_peer_libvgic
parts=$out/libvgic.o
for version; do
	kvm "$version"
	names="$names race_peer_kvm_$number"
	parts="$parts $out/kvm-$version.o"
done
{
	echo '#include "common.h"'
	for name in $names; do echo "extern const struct race_peer $name;"; done
	echo 'extern const struct race_peer *const race_peers[];'
	echo 'const struct race_peer *const race_peers[] = {'
	for name in $names; do echo "	&$name,"; done
	echo '	(void *)0 };'
} >"$out/peers.c"
$cc $flags -Wall -Wextra -Werror -pthread -no-pie -I"$here" "$out/peers.c" "$here/race.c" $parts -o "$out/race"
