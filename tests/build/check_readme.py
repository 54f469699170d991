#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""The example of README.md is a program that the tests run.

The C block after the line "<!-- example -->" must be the text of examples/first_interrupt.c without its licence line.

usage: check_readme.py README EXAMPLE
"""
import difflib
import re
import sys


def check(readme, example):
    blocks = re.findall(r"^<!-- example -->\s*^```c\n(.*?)^```$", readme, re.M | re.S)
    if len(blocks) != 1:
        yield f'{len(blocks)} C blocks after "<!-- example -->" in README.md instead of one'
        return
    program = [line for line in example.splitlines() if "SPDX-License-Identifier" not in line]
    while program and not program[0]:
        program.pop(0)
    yield from difflib.unified_diff(program, blocks[0].splitlines(), "examples/first_interrupt.c", "README.md", lineterm="")


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as readme, open(sys.argv[2], encoding="utf-8") as example:
        problems = list(check(readme.read(), example.read()))
    print("\n".join(problems) or "README.md: in order")
    sys.exit(bool(problems))
