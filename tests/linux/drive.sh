#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
# drive.sh VGIC MKDRIVE KERNEL INITRD CPUS: boot Linux with two PCIe drives behind the ITS, and require that it reads them well
# on all CPUs while their interrupts move.
set -u

if [ $# -ne 5 ]; then
	echo "usage: $0 VGIC MKDRIVE KERNEL INITRD CPUS" >&2
	exit 1
fi
vgic=$1 mkdrive=$2 kernel=$3 initrd=$4 cpus=$5
if [ ! -r "$kernel" ]; then
	echo "$kernel is not there: run ./dev setup" >&2
	exit 1
fi
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
sum=$("$mkdrive" "$dir/drive" 64) || exit 1

"$vgic" run --cpus "$cpus" --mem 512 --initrd "$initrd" --stats --timeout 280 \
	--drive "$dir/drive" --drive "$dir/drive,queues=2,vectors=2" \
	--append "rdinit=/drive panic=-1 cryptomgr.notests sum=$sum" "$kernel" </dev/null >"$dir/log" 2>&1
status=$?
cat "$dir/log"
if [ "$status" -ne 0 ]; then
	echo "FAILED: vgic run ended with status $status" >&2
	exit 1
fi
tr -d '\r' <"$dir/log" >"$dir/text"
if ! grep -qx "LINUX-OK $cpus" "$dir/text" || ! grep -q "ITS-MSI" "$dir/text"; then
	echo "FAILED: no line LINUX-OK $cpus, or no ITS-MSI interrupt" >&2
	exit 1
fi
