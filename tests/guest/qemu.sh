#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
# qemu.sh DIRECTORY [NAME [CPUS]]: runs one guest program, or all, from the folder with the .bin files (tests/guest of
# a build) under QEMU: another GIC to hold the checks against. Cases that are listed in qemu-known.txt may fail.
set -u
here=$(dirname "$0")
if [ $# -lt 1 ]; then
    echo "usage: $0 DIRECTORY [NAME [CPUS]]" >&2
    exit 2
fi
dir=$1
log=$(mktemp) || exit 1
trap 'rm -f "$log"' EXIT
failed=0

run() {
    name=$1
    cpus=$2
    verdict=ok
    timeout "${QEMU_TIMEOUT:-300}" qemu-system-aarch64 -M virt,gic-version=3 -cpu cortex-a57 -smp "$cpus" -m 128 \
        -nographic -nic none -no-reboot -kernel "$dir/$name.bin" </dev/null 2>&1 | tr -d '\r' >"$log"
    if [ -n "${VERBOSE:-}" ]; then
        cat "$log"
    fi
    if grep -qx "PASS $name" "$log"; then
        verdict=PASS
    elif grep -q "^SKIP $name:" "$log"; then
        verdict=$(grep "^SKIP" "$log")
    else
        # only known cases, and the program has come to its end
        unknown=$(sed -n "s/^  bad  \\([^:]*\\):.*/$name: \\1/p" "$log" | sort -u | grep -vxFf "$here/qemu-known.txt")
        if grep -q "^FAIL $name: .* failed checks in" "$log" && [ -z "$unknown" ]; then
            verdict="known failures only"
        else
            verdict=FAIL
            failed=1
        fi
    fi
    echo "$name, $cpus CPUs: $verdict"
    if [ "$verdict" = FAIL ]; then
        cat "$log"
    fi
}

if [ $# -gt 1 ]; then
    run "$2" "${3:-4}"
    exit $failed
fi
for bin in "$dir"/*.bin; do
    prog=$(basename "$bin" .bin)
    run "$prog" 4
    run "$prog" 1
done
exit $failed
