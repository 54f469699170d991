#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
# run.sh XEN IMAGE dom0|domu [ARGUMENTS]: boots a bare-metal domain of build.sh under QEMU, as dom0 or as a dom0less
# domU beside idle.img, with two vCPUs, and prints the console. Status 0: the domain came to its end ("NAME: done") and
# neither it nor Xen complained; 1: it did not; 2: usage. In the environment:
#   VCPUS, CPUS   of the domain (2), of the machine (2)
#   MACHINE       more for -machine (",its=off"), QEMU_ARGS more arguments ("-icount shift=0,sleep=off"), CPU (cortex-a57)
#   XEN_ARGS      more for Xen's command line; SECONDS_LIMIT of wall time (120); IDLE_SECONDS of dom0 beside a domU (60)
#   KEYS          typed on the console once a second (as printf's %b: "\\001\\001\\001" moves to the next domain, or Xen)
#   DOMU_PROPS    more properties of the domU's node, "NAME=CELL" words, or "NAME" for an empty one
set -eu
if [ $# -lt 3 ]; then
    sed -n '3,10s/^# //p' "$0" >&2
    exit 2
fi
xen=$1 image=$2 kind=$3 arguments=${4:-none}
name=$(basename "$image" .img)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

machine="-machine virt,virtualization=on,gic-version=3${MACHINE:-} -cpu ${CPU:-cortex-a57} -smp ${CPUS:-2} -m 1G"
kernel_at=0x49000000 # QEMU's device tree is at 0x48000000
domu_at=0x4a000000

# shellcheck disable=SC2086 # words are split on purpose, here and below
qemu-system-aarch64 $machine -nographic -nic none -machine dumpdtb="$work/dtb" >/dev/null 2>&1

module() { # NODE COMPATIBLE ADDRESS FILE BOOTARGS
    fdtput -p -t s "$work/dtb" "$1" compatible "$2" multiboot,module
    fdtput -t x "$work/dtb" "$1" reg 0 "$3" 0 "$(printf %x "$(wc -c <"$4")")"
    fdtput -t s "$work/dtb" "$1" bootargs "$5"
    loaders="${loaders:-} -device loader,file=$4,addr=$3,force-raw=on"
}

case $kind in
dom0)
    module /chosen/module@0 multiboot,kernel $kernel_at "$image" "$arguments"
    dom0_vcpus=${VCPUS:-2}
    ;;
domu)
    module /chosen/module@0 multiboot,kernel $kernel_at "$(dirname "$image")/idle.img" "seconds=${IDLE_SECONDS:-60}"
    fdtput -p -t s "$work/dtb" /chosen/domU1 compatible xen,domain
    fdtput -t x "$work/dtb" /chosen/domU1 '#address-cells' 2
    fdtput -t x "$work/dtb" /chosen/domU1 '#size-cells' 2
    fdtput -t x "$work/dtb" /chosen/domU1 memory 0 40000 # KiB
    fdtput -t x "$work/dtb" /chosen/domU1 cpus "${VCPUS:-2}"
    for property in vpl011 ${DOMU_PROPS:-}; do
        case $property in
        *=*) fdtput -t x "$work/dtb" /chosen/domU1 "${property%%=*}" "${property#*=}" ;;
        *) fdtput "$work/dtb" /chosen/domU1 "$property" ;;
        esac
    done
    module /chosen/domU1/module@1 multiboot,kernel $domu_at "$image" "$arguments"
    dom0_vcpus=1
    ;;
*)
    echo "run.sh: dom0 or domu, not $kind" >&2
    exit 2
    ;;
esac

typing() { # until nobody listens
    while [ -n "${KEYS:-}" ] && sleep 1; do
        printf '%b' "$KEYS" || break
    done
}

# shellcheck disable=SC2086
{
    typing | timeout -k 5 "${SECONDS_LIMIT:-120}" qemu-system-aarch64 $machine -dtb "$work/dtb" -display none -serial stdio \
        -monitor none -nic none -no-reboot ${QEMU_ARGS:-} -kernel "$xen" $loaders \
        -append "console=dtuart dtuart=/pl011@9000000 dom0_mem=256M dom0_max_vcpus=$dom0_vcpus ${XEN_ARGS:-}" \
        2>&1 && : >"$work/ended"
} | tr -d '\r' | tee "$work/console"

verdict() {
    echo "run.sh: $name as $kind: $1"
    exit "$2"
}
prefix="^"
[ "$kind" = dom0 ] || prefix="^(\\(XEN\\) )?(DOM1: )?" # the domU's lines come through Xen, the focused one's as they are
bad=$(grep -E -m 1 '^(\(XEN\) )?(DOM1: )?FAIL|Assertion .* failed|Xen BUG|Panic on CPU|CPU[0-9]+: Unexpected|Xen call trace' \
    "$work/console" || :)
[ -z "$bad" ] || verdict "$bad" 1
grep -Eq "$prefix$name: done" "$work/console" || verdict "did not come to its end" 1
if [ "$kind" = domu ]; then
    grep -q "^idle: done, a domain has gone" "$work/console" || verdict "dom0 was not told that the domU has gone" 1
fi
[ -e "$work/ended" ] || verdict "the machine was not switched off" 1
verdict "passed" 0
