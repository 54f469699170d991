#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
# build.sh OUTDIR: the bare-metal domains of this folder as arm64 Images, OUTDIR/NAME.img. Needs a cross compiler only.
set -eu
out=${1:?usage: build.sh OUTDIR}
here=$(cd "$(dirname "$0")" && pwd)
lib=$here/../../guest/lib
gcc=${CROSS_COMPILE:-aarch64-linux-gnu-}gcc
mkdir -p "$out"

flags="-std=gnu11 -O2 -g -ffreestanding -nostdlib -mgeneral-regs-only -mno-outline-atomics -mstrict-align
    -fno-tree-loop-distribute-patterns -fpie -fvisibility=hidden -fno-stack-protector -fno-asynchronous-unwind-tables
    -Wall -Wextra -Wconversion -Wshadow -Wvla -Werror -I$here -I$lib"
link="-nostdlib -static-pie -Wl,--no-dynamic-linker,-z,norelro,-z,notext,--build-id=none,--no-warn-rwx-segments
    -Wl,-T,$here/guest.ld"

program() { # NAME SOURCE...
    name=$1
    shift
    # shellcheck disable=SC2086 # words are split on purpose
    "$gcc" $flags $link -o "$out/$name.elf" "$here/start.S" "$lib/vectors.S" "$lib/print.c" "$here/fdt.c" \
        "$here/domain.c" "$@"
    "${gcc%gcc}objcopy" -O binary "$out/$name.elf" "$out/$name.img"
}

program idle "$here/idle.c"
program msi "$here/its.c" "$here/msi.c"
program measure "$here/its.c" "$here/measure.c"
program attack "$here/icc.S" "$here/its.c" "$here/attack.c" "$here/attack_its.c"
