#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""The library needs nothing and leaves nothing lying about.

Merges the archive of src/ with "ld -r --whole-archive" (so that calls between own files are resolved) and fails on:
an undefined symbol other than the four memory functions; a variable that is not const; constructors, destructors,
thread-locals; an external name that does not start with lvgic_.

usage: check_freestanding.py LD NM OBJDUMP ARCHIVE
"""
import os
import subprocess
import sys
import tempfile

MEMORY = {"memcpy", "memmove", "memset", "memcmp"}
WRITABLE = set("bBdDgGsSC")
# Sections that must be empty, by the start of their name.
FORBIDDEN = (".data", ".bss", ".tdata", ".tbss", ".init", ".fini", ".ctors", ".dtors", ".preinit", "COMMON")


def run(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def check(ld, nm, objdump, archive):
    with tempfile.TemporaryDirectory() as folder:
        merged = os.path.join(folder, "merged.o")
        run(ld, "-r", "--whole-archive", "-o", merged, archive)
        functions = 0
        for line in run(nm, "--format=posix", merged).splitlines():
            name, kind = line.split()[:2]
            functions += kind in "tT"
            if kind in "Uvw" and name not in MEMORY:
                yield f"undefined symbol {name}"
            elif kind in WRITABLE:
                yield f"variable {name}: nothing in src/ may be writable"
            elif kind.isupper() and kind not in "UN" and not name.startswith("lvgic_"):
                yield f"external name {name} does not start with lvgic_"
        for line in run(objdump, "--section-headers", merged).splitlines():
            fields = line.split()
            if len(fields) > 2 and fields[0].isdigit() and int(fields[2], 16) and fields[1].startswith(FORBIDDEN):
                yield f"section {fields[1]} is not empty"
        if not functions:
            yield "no function found: nothing was checked"


if __name__ == "__main__":
    problems = list(check(*sys.argv[1:5]))
    print("\n".join(problems) or "freestanding: in order")
    sys.exit(bool(problems))
