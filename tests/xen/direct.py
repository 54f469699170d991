#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""Are the calls of ops direct in a Xen that was built with the library?

On the way of an interrupt (injection, queue, list registers, routing, messages, SGIs) the disassembly has no call through
a register; and each op is branched to by its name. Elsewhere there are tables: registers, ITS commands, GICv4 drivers.

usage: direct.py BUILD-DIRECTORY     (of Xen: BUILD-DIRECTORY/arch/arm/vgic)
"""
import pathlib
import re
import subprocess
import sys

PATHS = ("core/inject", "core/irq", "core/lr", "core/queue", "core/route", "core/vcpu", "core/vif", "its/msi", "v3/sgi")
OPS = {"core/lr": ("lr_load", "lr_store", "hw_get", "hw_set", "kick"), "core/queue": ("kick",),
       "core/irq": ("halt", "resume", "hw_set"), "core/vcpu": ("kick",)}


def check(vgic):
    for path in PATHS:
        obj = vgic / "libvgic/src" / f"{path}.o"
        code = subprocess.run(["aarch64-linux-gnu-objdump", "-dr", "--no-show-raw-insn", obj], check=True,
                              capture_output=True, text=True).stdout
        indirect = len(re.findall(r"\tbl?r\t", code))
        if indirect:
            yield f"{path}.o: {indirect} calls through a register"
        for op in OPS.get(path, ()):
            if not re.search(rf"R_AARCH64_(CALL|JUMP)26\tvgic_op_{op}\b", code):
                yield f"{path}.o: no branch to vgic_op_{op}"


def main():
    wrong = list(check(pathlib.Path(sys.argv[1]) / "arch/arm/vgic"))
    print("\n".join(wrong) or f"calls of ops are direct: no call through a register in {len(PATHS)} files")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
