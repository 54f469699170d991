#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
# cli.sh VGIC GUEST: exit statuses and messages of "vgic run". GUEST is a flat binary that ends well.
set -u
vgic=$1 guest=$2 bad=0
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# expect STATUS ARGUMENT...: that status; with 1, one clear line on stderr too.
expect() {
	want=$1
	shift
	timeout 100 "$vgic" "$@" </dev/null >"$folder/out" 2>"$folder/err"
	got=$?
	if [ "$got" -ne "$want" ] || { [ "$want" -eq 1 ] && [ ! -s "$folder/err" ]; }; then
		echo "vgic $*: status $got instead of $want"
		sed 's/^/    /' "$folder/err"
		bad=1
	fi
}

printf '\000\000\000\024' >"$folder/loop"      # b .
printf '\000\000\240\322\001\000\300\362\001\000\100\371' >"$folder/wild" # an access far outside: mov/movk/ldr
: >"$folder/empty"
head -c 3000000 /dev/zero >"$folder/big"
printf '\177ELF' >"$folder/elf"

expect 0 run "$guest"
expect 0 run --cpus 4 --lrs 1 --mem 64 --stats "$guest"
expect 124 run --timeout 1 "$folder/loop"
expect 124 run --cpus 2 --timeout 1 "$folder/loop"
expect 1 run
expect 1 run "$folder/none"
expect 1 run "$folder"
expect 1 run "$folder/empty"
expect 1 run "$folder/elf"
expect 1 run --mem 2 "$folder/big"
expect 1 run --initrd "$folder/none" "$guest"
expect 1 run --dtb "$folder/none" "$guest"
for option in "--cpus 0" "--cpus 1000" "--cpus x" "--cpus -1" "--cpus" "--mem 0" "--mem 99999999999" "--mem x" "--lrs 0" "--lrs 17" \
	"--timeout 0" "--timeout x" "--frobnicate" "--cpus 1x"; do
	# shellcheck disable=SC2086
	expect 1 run $option "$guest"
done
expect 1 run --cpus
expect 1 qtest --cpus 0
expect 1 qtest --cpus 124
expect 1 qtest --pri-bits 4
expect 1 qtest --pri-bits 8
expect 1 qtest --frobnicate
expect 1 frobnicate
[ "$bad" -eq 0 ] && echo "cli: in order"
exit "$bad"
