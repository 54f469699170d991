#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
# run.sh NAME COMMAND...: runs a guest program and judges it. It passes if the command ends with status 0 and has
# printed the line "PASS NAME" and no line that begins with "FAIL". A "SKIP" is no pass.
set -u
name=$1
shift
log=$(mktemp) || exit 1
status=$(mktemp) || exit 1
trap 'rm -f "$log" "$status"' EXIT

echo 1 >"$status"
{ "$@" </dev/null; echo $? >"$status"; } | tr -d '\r' | tee "$log"
code=$(cat "$status")
if [ "$code" -ne 0 ]; then
    echo "run.sh: $name: exit status $code"
    exit 1
fi
if grep -q '^FAIL' "$log"; then
    exit 1
fi
if ! grep -qx "PASS $name" "$log"; then
    echo "run.sh: $name: no line \"PASS $name\""
    exit 1
fi
