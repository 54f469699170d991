#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
#
# usage: glue/xen/install.sh XEN_TREE
# Put libvgic into a tree of Xen (4.17 or newer) as its virtual GIC: the glue takes the place of xen/arch/arm/vgic and
# asm/new_vgic.h, and GICv3 and the host's ITS are allowed with CONFIG_NEW_VGIC in xen/arch/arm/Kconfig. Nothing else is
# touched; doing it again brings a newer libvgic.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
arm=${1:?usage: $0 XEN_TREE}/xen/arch/arm
vgic=$arm/vgic
if [ ! -e "$arm/Kconfig" ] || [ ! -e "$arm/include/asm/new_vgic.h" ]; then
	echo "$0: $1 is not a tree of Xen with CONFIG_NEW_VGIC" >&2
	exit 1
fi

rm -rf "$vgic"
mkdir -p "$vgic/libvgic"
cp "$here"/*.c "$here"/Makefile "$vgic/"
for header in "$here"/*.h; do
	case ${header##*/} in
	new_vgic.h) cmp -s "$header" "$arm/include/asm/new_vgic.h" || cp "$header" "$arm/include/asm/" ;; # all of Xen depends on it
	*) cp "$header" "$vgic/" ;;
	esac
done
cp -R "$here/../../include" "$here/../../src" "$vgic/libvgic/"
cp "$here/../../LICENSE" "$vgic/libvgic/"
sed -i '/^config GICV3$/,/^config /s/ && !NEW_VGIC$//; /^config GICV3_ESPI$/,/^config /s/ && !NEW_VGIC$//
	/^config HAS_ITS$/,/^config /s/ && !NEW_VGIC$//' "$arm/Kconfig"
if grep -n '!NEW_VGIC' "$arm/Kconfig" >&2; then
	echo "$0: something in Kconfig excludes CONFIG_NEW_VGIC still" >&2
	exit 1
fi
