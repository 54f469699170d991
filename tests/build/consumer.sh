#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
#
# The library as its users get it, in FOLDER:
#   install     install it and move the result elsewhere, as a package builder may
#   cmake       find_package of the moved installation, from C and C++; a version that is too new is refused
#   pkg-config  a compiler called by hand with what pkg-config says
#   vendored    add_subdirectory of the source
#
# usage: consumer.sh MODE FOLDER SOURCE BUILD VERSION CC CXX
set -eu

mode=$1 folder=$2 source=$3 build=$4 version=$5 CC=$6 CXX=$7
export CC CXX
here=$source/tests/build/consumer
moved=$folder/moved

# Configures, builds and runs the consumer with these CMake arguments.
build_and_run() {
	rm -rf "$folder/$mode"
	cmake -G Ninja -S "$here" -B "$folder/$mode" "$@"
	cmake --build "$folder/$mode"
	expect "$folder/$mode/consumer-c"
	expect "$folder/$mode/consumer-cc"
}

expect() {
	said=$("$@")
	[ "$said" = "$version" ] || { echo "$*: '$said' instead of '$version'" >&2; exit 1; }
}

case $mode in
install)
	rm -rf "$folder"
	cmake --install "$build" --prefix "$folder/first"
	mv "$folder/first" "$moved"
	;;
cmake)
	build_and_run -DCMAKE_PREFIX_PATH="$moved" -DLIBVGIC_VERSION="$version"
	if cmake -G Ninja -S "$here" -B "$folder/refused" -DCMAKE_PREFIX_PATH="$moved" -DLIBVGIC_VERSION=999; then
		echo "version 999 was found" >&2
		exit 1
	fi
	;;
pkg-config)
	PKG_CONFIG_PATH=$(dirname "$(find "$moved" -name libvgic.pc)")
	export PKG_CONFIG_PATH
	expect pkg-config --modversion libvgic
	# shellcheck disable=SC2046 # several flags
	$CC -o "$folder/by-hand" "$here/main.c" $(pkg-config --cflags --libs libvgic)
	expect "$folder/by-hand"
	;;
vendored)
	build_and_run -DLIBVGIC_SOURCE="$source"
	;;
esac
