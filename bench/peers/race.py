#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""The race: the same work on KVM's vgic and on libvgic, compared, counted and timed; a table and a JSON file.

usage: race.py PROGRAM OUTPUT.json [--turns N] [--profile FOLDER]

First the results: every interrupt delivered, in the same order, every register read alike, or nothing is counted.
Instructions are callgrind's; atomic operations are those of the instructions executed that lock the bus (a lock prefix,
xchg with memory, mfence), found by address.
Times are CPU time, rates are by the clock; of each the best of N turns, the peers in turn. --profile keeps the dumps.
"""
import argparse
import collections
import glob
import json
import os
import re
import subprocess
import sys
import tempfile

# Goals for libvgic (docs/performance.md) by figure and unit, the first that matches.
GOALS = [
    (r"S[PG]I round trip, k=1$", "instructions", 350),
    (r"LPI round trip, k=1$", "instructions", 450),
    (r"[SL]PI round trip,", "instructions", 400),
    (r"exit and entry", "instructions", 400),
    (r"MSI to a queued LPI", "instructions", 80),
    (r"(MOVI,|DISCARD|MAPTI|INV$)", "instructions", 150),
    (r".*last of 512", "instructions", 150),
    (r"GIC[DR]_", "instructions", 120),
    (r"INVALL", "ns", 0.2e6),
    (r"MSI to queued LPIs, two threads", "M/s", 100),
    (r"LPI round trips, two threads", "x", 1.9),
    (r"memory per mapped LPI", "bytes", 24 + 8),
    (r"memory per vCPU", "bytes", 1536),
]
LOCKED = re.compile(r"^ *([0-9a-f]+):\t(?:lock |mfence|xchg +(?:%[a-z0-9]+,.*\(|.*\(.*\),%))")


def goal(name, unit):
    return next((value for pattern, of, value in GOALS if of == unit and re.match(pattern, name)), None)


def locked(program):
    """Addresses of instructions that are atomic read-modify-writes or full barriers."""
    text = subprocess.run(["objdump", "-d", "--no-show-raw-insn", program], check=True, stdout=subprocess.PIPE, text=True)
    return {int(match[1], 16) for match in map(LOCKED.match, text.stdout.splitlines()) if match}


def executed(dump, addresses):
    """How many instructions in all, and how many of those at the addresses."""
    total = of_those = 0
    skip = False
    with open(dump, encoding="utf-8", errors="replace") as file:
        for line in file:
            if line.startswith("calls="):
                skip = True # the next line is the cost of what was called
            elif line.startswith("0x"):
                address, _, cost = line.split()
                if not skip:
                    total += int(cost)
                    of_those += int(cost) if int(address, 16) in addresses else 0
                skip = False
    return total, of_those


def count(program, keep):
    figures = {}
    addresses = locked(program)
    with tempfile.TemporaryDirectory() as folder:
        out = os.path.join(keep or folder, "callgrind")
        text = subprocess.run(
            ["valgrind", "--tool=callgrind", "--quiet", "--instr-atstart=no", "--toggle-collect=race_guest",
             "--toggle-collect=race_aside", "--collect-atstart=yes", "--dump-instr=yes", "--compress-pos=no",
             f"--callgrind-out-file={out}", os.path.abspath(program), "count"],
            check=True, stdout=subprocess.PIPE, text=True, env={"PATH": os.environ["PATH"]}).stdout
        for dump in sorted(glob.glob(out + ".*"), key=lambda name: int(name.rsplit(".", 1)[1])):
            with open(dump, encoding="utf-8", errors="replace") as file:
                head = re.search(r"^desc: Trigger: Client Request: (.*)\|(.*)\|instructions\|(\d+)$", file.read(4096), re.M)
            if head:
                total, atomic = executed(dump, addresses)
                figures[head[1], head[2], "instructions"] = round(total / int(head[3]), 1)
                figures[head[1], head[2], "atomics"] = round(atomic / int(head[3]), 2)
                if keep:
                    os.rename(dump, os.path.join(keep, re.sub(r"\W+", "-", f"{head[1]} {head[2]}")))
    figures.update(parse(text))
    return figures


def parse(text):
    samples = collections.defaultdict(list)
    for line in text.splitlines():
        peer, name, unit, value = line.split("|")
        samples[peer, name, unit].append(float(value))
    # The least disturbed one: all that others on the machine do makes it worse.
    return {key: max(values) if key[2] == "M/s" else min(values) for key, values in samples.items()}


def scaling(figures):
    """What a second thread with a vCPU of its own adds."""
    for (peer, name, unit), value in list(figures.items()):
        one = figures.get((peer, name.replace("two threads and vCPUs", "one thread and vCPU"), unit))
        if "two threads and vCPUs" in name and one:
            figures[peer, "LPI round trips, two threads and vCPUs against one", "x"] = round(value / one, 2)


def rows(figures):
    order = {"instructions": 0, "bytes": 0, "ns": 1, "M/s": 1, "x": 1, "atomics": 2}
    names = list(dict.fromkeys(name for _, name, _ in figures))
    for name in names:
        for unit in sorted({u for _, n, u in figures if n == name}, key=order.get):
            yield name, unit, {p: v for (p, n, u), v in figures.items() if (n, u) == (name, unit)}


def number(value):
    if value is None:
        return "-"
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"


def show(figures, peers):
    others = [p for p in peers if p != "libvgic"]
    head = ["work", "unit", *others, "libvgic", *("against " + p for p in others), "goal"]
    print("| " + " | ".join(head) + " |\n" + "|---" * len(head) + "|")
    for name, unit, values in rows(figures):
        own, ratios = values.get("libvgic"), []
        for p in others:
            pair = (values.get(p), own) if unit not in ("M/s", "x") else (own, values.get(p))
            ratios.append(f"{pair[0] / pair[1]:.3g}x" if None not in pair and pair[1] else "-")
        limit = goal(name, unit)
        met = "" if limit is None else number(limit) + (
            " missed" if (own < limit if unit in ("M/s", "x") else own > limit) else "")
        print("| " + " | ".join([name, unit, *(number(values.get(p)) for p in others), number(own), *ratios, met]) + " |")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("output")
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--profile")
    options = parser.parse_args()
    if subprocess.run([options.program, "check"], check=False).returncode:
        print("race: the peers do not do the same work; nothing was counted", file=sys.stderr)
        return 1
    if options.profile:
        os.makedirs(options.profile, exist_ok=True)
    figures = count(options.program, options.profile)
    figures.update(parse(subprocess.run([options.program, "time", str(options.turns)], check=True, stdout=subprocess.PIPE,
                                        text=True).stdout))
    scaling(figures)
    peers = sorted({p for p, _, _ in figures}, key=lambda p: [int(n) for n in re.findall(r"\d+", p)] or [99])
    show(figures, peers)
    with open(options.output, "w", encoding="ascii") as file:
        json.dump([{"peer": p, "work": n, "unit": u, "value": v} for (p, n, u), v in figures.items()], file, indent=1)
        file.write("\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
