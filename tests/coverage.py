#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""Which lines of src/ the tests have run.

usage: coverage.py ROOT BUILD [-v]

BUILD holds the programs and all.profdata. Prints, for each file, the lines with code, those that ran, and which did not
(-v: their text); and the same in total. Fails if the total is below LIMIT, or a file of src/sources.list was in no
program.
"""
import collections
import os
import subprocess
import sys

LIMIT = 95.0


def programs(build):
    """Those that were compiled for it."""
    for folder, folders, names in os.walk(build):
        folders[:] = [name for name in folders if name != "CMakeFiles"]
        for name in names:
            path = os.path.join(folder, name)
            if os.access(path, os.X_OK) and os.path.isfile(path):
                with open(path, "rb") as file:
                    if b"__llvm_covmap" in file.read():
                        yield path


def lines_of(root, build):
    """{file: {line: how often}}; a line of a header counts as run if it ran in any file that includes it."""
    found = collections.defaultdict(dict)
    objects = sorted(programs(build))
    command = ["llvm-cov-14", "export", "-format=lcov", "-instr-profile=" + os.path.join(build, "all.profdata"), objects[0]]
    for path in objects[1:]:
        command += ["-object", path]
    file = None
    for line in subprocess.run(command + [os.path.join(root, "src")], check=True, capture_output=True,
                               text=True).stdout.splitlines():
        kind, _, rest = line.partition(":")
        if kind == "SF":
            file = os.path.relpath(rest, root)
        elif kind == "DA":
            number, count = (int(word) for word in rest.split(",")[:2])
            found[file][number] = max(found[file].get(number, 0), count)
    return found


def ranges(numbers):
    """1 2 3 7 -> 1-3, 7"""
    out = []
    for number in numbers:
        if out and out[-1][1] == number - 1:
            out[-1][1] = number
        else:
            out.append([number, number])
    return ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in out)


def main(root, build, verbose):
    found = lines_of(root, build)
    with open(os.path.join(root, "src/sources.list"), encoding="utf-8") as file:
        sources = ["src/" + line.strip() for line in file if line[0] not in "#\n"]
    # A file of tables alone has no lines.
    missing = [name for name in sources if name not in found]
    total = hit = 0
    for name in sorted(found):
        lines = found[name]
        cold = sorted(number for number, count in lines.items() if not count)
        total += len(lines)
        hit += len(lines) - len(cold)
        print(f"{name:24} {len(lines):5} {100 * (len(lines) - len(cold)) / len(lines):6.2f} %  {ranges(cold)}")
        if verbose and cold:
            with open(os.path.join(root, name), encoding="utf-8") as file:
                text = file.read().splitlines()
            for number in cold:
                print(f"    {number:5} {text[number - 1]}")
    percent = 100 * hit / total
    print(f"{'all':24} {total:5} {percent:6.2f} %  {total - hit} lines were not run")
    if missing:
        print("in no program:", " ".join(missing))
    return 1 if missing or percent < LIMIT else 0


if __name__ == "__main__":
    sys.exit(main(os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2]), "-v" in sys.argv[3:]))
