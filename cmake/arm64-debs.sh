#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
#
# usage: arm64-debs.sh cmocka DIR    Debian's arm64 cmocka, for the unit tests of the aarch64 preset
#        arm64-debs.sh linux DIR     Debian's arm64 kernel for virtual machines: DIR/linux and DIR/modules/*.ko
# Unpacks packages into DIR, unless they are there. It uses apt's configured sources and keys but a state of its own, so
# the machine gains no foreign architecture, and it needs no root.
set -eu

what=$1
case $2 in
/*) dir=$2 ;;
*) dir=$PWD/$2 ;;
esac
case $what in
cmocka) marker=usr/include/cmocka.h ;;
linux) marker=modules/xen-evtchn.ko ;;
*) exit 2 ;;
esac
[ ! -e "$dir/$marker" ] || exit 0

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/state/lists/partial" "$work/cache/archives/partial" "$work/unpacked"

options="-q -o APT::Architecture=arm64 -o APT::Architectures::=arm64 -o APT::Sandbox::User=root -o Dir::State=$work/state
	-o Dir::State::status=/dev/null -o Dir::Cache=$work/cache -o Acquire::Languages=none -o Acquire::Retries=3"

# shellcheck disable=SC2086 # words are split on purpose
fetch() { # PACKAGE...
	apt-get $options download "$@" >&2
	for deb in *.deb; do
		dpkg-deb -x "$deb" "$work/unpacked"
	done
}

cd "$work"
# shellcheck disable=SC2086
apt-get $options update >&2
case $what in
cmocka)
	fetch libcmocka0 libcmocka-dev
	result=$work/unpacked
	;;
linux)
	# The package without a version in its name depends on the newest.
	# shellcheck disable=SC2086
	fetch "$(apt-cache $options depends linux-image-cloud-arm64 | sed -n 's/^ *Depends: \(linux-image-6.*\)$/\1/p')"
	result=$work/result
	mkdir -p "$result/modules"
	cp "$work"/unpacked/boot/vmlinuz-* "$result/linux"
	for module in virtio virtio_ring virtio_pci_legacy_dev virtio_pci_modern_dev virtio_pci virtio_blk xen-evtchn xen-privcmd; do
		find "$work/unpacked/lib/modules" -name "$module.ko" -exec cp {} "$result/modules/" \;
	done
	;;
esac
mkdir -p "$(dirname "$dir")"
rm -rf "$dir"
mv "$result" "$dir"
