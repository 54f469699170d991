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
    (r"LPI round trips, two threads against one, devices", "x", 1.9),
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
    """How many instructions in all, how many at the addresses, and how many by function."""
    total = atomic = 0
    functions = collections.Counter()
    function, called = None, False
    with open(dump, encoding="utf-8", errors="replace") as file:
        for line in file:
            if line.startswith("fn="):
                function = line[3:].split("'")[0].strip()
            elif line.startswith("calls="):
                called = True # the next line is the cost of what was called
            elif line.startswith("0x"):
                if not called:
                    address, _, cost = line.split()
                    functions[function] += int(cost)
                    total += int(cost)
                    atomic += int(cost) if int(address, 16) in addresses else 0
                called = False
    return total, atomic, functions


def count(program, keep):
    """Figures by peer, work and unit; and the ten dearest functions by peer and work."""
    figures, profiles = {}, {}
    addresses = locked(program)
    with tempfile.TemporaryDirectory() as folder:
        out = os.path.join(keep or folder, "callgrind")
        text = subprocess.run(
            ["valgrind", "--tool=callgrind", "--quiet", "--instr-atstart=no", "--toggle-collect=race_guest",
             "--toggle-collect=race_aside", "--collect-atstart=yes", "--dump-instr=yes", "--compress-pos=no",
             "--compress-strings=no", f"--callgrind-out-file={out}", os.path.abspath(program), "count"],
            check=True, stdout=subprocess.PIPE, text=True, env={"PATH": os.environ["PATH"]}).stdout
        for dump in sorted(glob.glob(out + ".*"), key=lambda name: int(name.rsplit(".", 1)[1])):
            with open(dump, encoding="utf-8", errors="replace") as file:
                head = re.search(r"^desc: Trigger: Client Request: (.*)\|(.*)\|instructions\|(\d+)$", file.read(4096), re.M)
            if head:
                peer, work, per = head[1], head[2], int(head[3])
                total, atomic, functions = executed(dump, addresses)
                figures[peer, work, "instructions"] = round(total / per, 1)
                figures[peer, work, "atomics"] = round(atomic / per, 2)
                profiles[peer, work] = [(name, cost / per) for name, cost in functions.most_common(10)]
                if keep:
                    os.rename(dump, os.path.join(keep, re.sub(r"\W+", "-", f"{peer} {work}")))
    figures.update(parse(text))
    return figures, profiles


def parse(text):
    samples = collections.defaultdict(list)
    for line in text.splitlines():
        peer, name, unit, value = line.split("|")
        samples[peer, name, unit].append(float(value))
    # The least disturbed one: all that others on the machine do makes it worse.
    return {key: max(values) if key[2] == "M/s" else min(values) for key, values in samples.items()}


def scaling(figures):
    """What a second thread adds."""
    for (peer, name, unit), value in list(figures.items()):
        first, two, rest = name.partition(", two threads")
        one = figures.get((peer, first + ", one thread", unit))
        if two and one:
            figures[peer, first + ", two threads against one" + rest, "x"] = round(value / one, 2)


def number(value):
    if value is None:
        return "-"
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"


TABLES = [
    ("Instructions per operation (atomic ones among them)", "instructions"),
    ("Nanoseconds per operation", "ns"),
    ("Million operations a second", "M/s"),
    ("Two against one", "x"),
    ("Bytes", "bytes"),
]


def show(figures, peers):
    """The tables; returns the works in which libvgic is not ahead or does not reach its goal."""
    others = [p for p in peers if p != "libvgic"]
    behind = []
    for title, unit in TABLES:
        works = list(dict.fromkeys(work for _, work, u in figures if u == unit))
        if not works:
            continue
        head = [title, *others, "libvgic", *("against " + p.removeprefix("KVM ") for p in others), "goal"]
        print("\n| " + " | ".join(head) + " |\n" + "|---" * len(head) + "|")
        for work in works:
            own = figures.get(("libvgic", work, unit))
            cells = []
            for p in [*others, "libvgic"]:
                atomics = figures.get((p, work, "atomics")) if unit == "instructions" else None
                value = figures.get((p, work, unit))
                cells.append(number(value) + (f" ({number(atomics)})" if atomics is not None else ""))
            more_is_better = unit in ("M/s", "x")
            missed = []
            for p in others:
                value = figures.get((p, work, unit))
                if value is None or not own:
                    cells.append("-")
                    continue
                ratio = own / value if more_is_better else value / own
                cells.append(f"{number(ratio)}x")
                if ratio <= 1:
                    missed.append("not ahead of " + p)
            limit = goal(work, unit)
            cells.append("" if limit is None else number(limit))
            if limit is not None and (own < limit if more_is_better else own > limit):
                missed.append("goal missed")
                cells[-1] += ", missed"
            if missed:
                behind.append((work, unit, ", ".join(missed)))
            print("| " + " | ".join([work, *cells]) + " |")
    return behind


def explain(behind, profiles, peers):
    """Where the instructions go, for the works in which libvgic does not shine."""
    print()
    for work, unit, why in behind:
        print(f"{work} ({unit}): {why}")
        for peer in peers if unit == "instructions" else ():
            parts = ", ".join(f"{name} {cost:.0f}" for name, cost in profiles.get((peer, work), ()))
            if parts and (peer == "libvgic" or "not ahead" in why):
                print(f"    {peer}: {parts}")


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
    figures, profiles = count(options.program, options.profile)
    figures.update(parse(subprocess.run([options.program, "time", str(options.turns)], check=True, stdout=subprocess.PIPE,
                                        text=True).stdout))
    scaling(figures)
    peers = sorted({p for p, _, _ in figures}, key=lambda p: [int(n) for n in re.findall(r"\d+", p)] or [99])
    explain(show(figures, peers), profiles, peers)
    with open(options.output, "w", encoding="ascii") as file:
        json.dump([{"peer": p, "work": n, "unit": u, "value": v} for (p, n, u), v in figures.items()], file, indent=1)
        file.write("\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
