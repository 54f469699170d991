# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""What boots.py tells: a line for each boot, and a table that compares the kinds of Xen.

Instructions come from the plugin count.c, function by function: of the virtual GIC are those of its source files, whatever
they are called by. Traps are what Xen counts (CONFIG_PERF_COUNTERS) and prints (its key p), in code that the kinds share.
"""
import bisect
import collections
import re
import subprocess

XEN_START, XEN_SIZE = 0x200000, 0x200000  # of Xen's own virtual addresses; Linux and what runs on it have none of these
VGIC = re.compile(r"xen/arch/arm/(vgic/|vgic|gic-vgic)")
HOST_GIC = re.compile(r"xen/arch/arm/(gic|irq)")
TRAPS = ["trap: guest data abort", "trap: sysreg access", "trap: 64-bit hvc", "trap: wfi", "#interrupts",
         "Maintenance interrupts", "Virtual timer interrupts", "#IPIs", "vcpu: notify other vcpu"]


def line(result):
    """One line: result, seconds, name, and what is wrong."""
    wrong = result["wrong"]
    return (f"{'FAILED' if wrong else 'passed'} {result['seconds']:6.1f} s  {result['name']}"
            f"{': ' if wrong else ''}{'; '.join(wrong[:4])}")


def functions(xen_syms):
    """Addresses of functions, ascending, and of each its name and source file."""
    nm = subprocess.run(["aarch64-linux-gnu-nm", "-n", "--line-numbers", xen_syms], check=True, capture_output=True, text=True)
    found = {}
    for symbol in nm.stdout.splitlines():
        match = re.match(r"([0-9a-f]+) [tTwW] ([^\s$]\S*)(?:\t(.*):\d+)?$", symbol)
        if match and (match[3] or int(match[1], 16) not in found):
            found[int(match[1], 16)] = (match[2], match[3] or "")
    addresses = sorted(found)
    return addresses, [found[address] for address in addresses]


def instructions(counts, xen_syms):
    """The plugin's counts as {row: number}, and the most expensive functions of the virtual GIC."""
    addresses, names = functions(xen_syms)
    by_function, total = collections.Counter(), 0
    with open(counts, encoding="ascii") as file:
        for row in file:
            where, count = row.split()
            if where == "all":
                total = int(count)
            else:
                by_function[names[bisect.bisect(addresses, XEN_START + int(where, 16)) - 1]] += int(count)
    vgic = collections.Counter({name: count for (name, source), count in by_function.items() if VGIC.search(source)})
    return {"instructions": total, "... in Xen": sum(by_function.values()),
            "... of its virtual GIC": sum(vgic.values()),
            "... of its driver of the GIC": sum(count for (_, source), count in by_function.items()
                                                if HOST_GIC.search(source) and not VGIC.search(source))}, vgic.most_common(8)


def traps(console):
    """What Xen has counted when it was asked last."""
    rows = dict(re.findall(r"^\(XEN\) (\S.*?) +TOTAL\[ *(\d+)\]", console, re.MULTILINE))
    return {name: int(rows[name]) for name in TRAPS if name in rows}


def table(title, columns):
    """{column: {row: value}} as text."""
    rows = list(dict.fromkeys(row for column in columns.values() for row in column))
    widths = [max(len(name), 14) for name in columns]
    lines = [f"{title:42}" + "".join(f"{name:>{width + 2}}" for name, width in zip(columns, widths))]
    for row in rows:
        cells = [column.get(row, "") for column in columns.values()]
        cells = [cell if isinstance(cell, str) else f"{cell:,}" for cell in cells]
        lines.append(f"{row:42}" + "".join(f"{cell:>{width + 2}}" for cell, width in zip(cells, widths)))
    return "\n".join(lines)


def whole(results):
    """All of it: the kinds side by side, then a line for each boot."""
    kinds = list(dict.fromkeys(result["kind"] for result in results))
    boots = list(dict.fromkeys(result["boot"] for result in results))
    seconds = {kind: {f"{boot}, s": f"{result['seconds']:.1f}" for boot in boots for result in results
                      if (result["kind"], result["boot"]) == (kind, boot)} for kind in kinds}
    parts = [table("boots, wall time", seconds)]
    for boot in boots:
        title = f"{boot}, instructions each" if boot.startswith("measure") else f"boot {boot}"
        numbers = {result["kind"]: result["numbers"] for result in results if result["boot"] == boot and "numbers" in result}
        if numbers:
            parts.append(table(title, numbers))
        parts += [f"{result['name']}, of the virtual GIC: " + ", ".join(f"{name} {count:,}" for name, count in result["top"])
                  for result in results if result["boot"] == boot and "top" in result]
    parts.append("\n".join(line(result) for result in results))
    return "\n\n".join(parts)
