#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
# run.sh VGIC KERNEL INITRD CPUS: boot Linux and require that init was content and that the power went off.
set -u

if [ $# -ne 4 ]; then
	echo "usage: $0 VGIC KERNEL INITRD CPUS" >&2
	exit 1
fi
vgic=$1 kernel=$2 initrd=$3 cpus=$4
if [ ! -r "$kernel" ]; then
	echo "$kernel is not there: install the packages of cmake/packages.txt, or set LVGIC_LINUX_IMAGE" >&2
	exit 1
fi
log=$(mktemp)
trap 'rm -f "$log"' EXIT

# The console is shown whatever happens: it is what one wants to see of a failure.
"$vgic" run --cpus "$cpus" --mem 512 --initrd "$initrd" --stats --timeout 380 \
	--append "console=ttyAMA0 earlycon nokaslr panic=-1" "$kernel" </dev/null >"$log" 2>&1
status=$?
cat "$log"
if [ "$status" -ne 0 ]; then
	echo "FAILED: vgic run ended with status $status" >&2
	exit 1
fi
if ! tr -d '\r' <"$log" | grep -qx "LINUX-OK $cpus"; then
	echo "FAILED: no line LINUX-OK $cpus" >&2
	exit 1
fi
