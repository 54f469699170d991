#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""Instructions per operation, counted by callgrind: a table against the goals, and a JSON file.

usage: run.py BENCH-PROGRAM OUTPUT.json [--baseline FILE]

With --baseline: exit status 1 if a figure is more than 3 % worse than there, or missing on either side.
To accept new figures: run ./dev bench, and copy build/bench.json to bench/baseline.json.
"""
import argparse
import glob
import json
import os
import re
import subprocess
import sys
import tempfile

# Goals by name, the first that matches; None: no goal.
GOALS = [
    (r"(spi|sgi)\.inject-to-eoi\.k1\.", 350),
    (r"(spi|sgi)\.inject-to-eoi\.", 400),
    (r"idle\.", 400),
    (r"sgi\.last-of-512", 150),
    (r"gicd\.irouter\.write", 150),
    (r"gic[dr]\.", 120),
    (r"memory\.vcpu", 1536),
    (r"msi\.queued", 80),
    (r"msi\.inject-to-eoi\.k1\.", 450),
    (r"msi\.inject-to-eoi\.", 400),
    (r"its\.(mapti|movi|discard)", 150),
    (r"memory\.lpi", 24),
    (r"memory\.event", 8),
]


def goal(name):
    return next((value for pattern, value in GOALS if re.match(pattern, name)), None)


def measure(program):
    figures = []
    with tempfile.TemporaryDirectory() as folder:
        out = os.path.join(folder, "out")
        # An empty environment: its size moves nothing then.
        text = subprocess.run(
            ["valgrind", "--tool=callgrind", "--quiet", f"--callgrind-out-file={out}", os.path.abspath(program)],
            check=True, stdout=subprocess.PIPE, text=True, env={"PATH": os.environ["PATH"]}).stdout
        parts = glob.glob(out + ".*")
        parts.sort(key=lambda name: int(name.rsplit(".", 1)[1]))
        for part in parts:
            with open(part, encoding="ascii") as file:
                dump = file.read()
            trigger = re.search(r"^desc: Trigger: Client Request: (\S+)=(\d+)$", dump, re.M)
            total = re.search(r"^(?:totals|summary): (\d+)", dump, re.M)
            if trigger:
                figures.append({"name": trigger[1], "value": round(int(total[1]) / int(trigger[2]), 1),
                                "unit": "instructions"})
        for name, value in re.findall(r"^(\S+)=(\d+)$", text, re.M):
            figures.append({"name": name, "value": int(value), "unit": "commands" if name.endswith(".commands") else "bytes"})
    for figure in figures:
        figure["goal"] = goal(figure["name"])
    return figures


def show(figures):
    print(f"{'operation':<36}{'measured':>10}{'goal':>8}  unit")
    for f in figures:
        verdict = "" if f["goal"] is None or f["value"] <= f["goal"] else f"  missed by {f['value'] - f['goal']:.0f}"
        limit = "-" if f["goal"] is None else f["goal"]
        print(f"{f['name']:<36}{f['value']:>10}{limit:>8}  {f['unit']}{verdict}")


def compare(figures, baseline):
    old = {f["name"]: f["value"] for f in baseline}
    new = {f["name"]: f["value"] for f in figures}
    for name in sorted(old.keys() | new.keys()):
        if name not in old:
            yield f"{name}: not in the baseline"
        elif name not in new:
            yield f"{name}: in the baseline, but not measured"
        elif new[name] > old[name] * 1.03:
            yield f"{name}: {new[name]}, baseline {old[name]}: {100 * (new[name] / old[name] - 1):.1f} % worse"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("output")
    parser.add_argument("--baseline")
    options = parser.parse_args()
    figures = measure(options.program)
    show(figures)
    with open(options.output, "w", encoding="ascii") as file:
        json.dump(figures, file, indent=1)
        file.write("\n")
    if not figures:
        print("nothing was measured")
        return 1
    problems = []
    if options.baseline:
        with open(options.baseline, encoding="ascii") as file:
            problems = list(compare(figures, json.load(file)))
        print("\n".join(problems) or "no figure is more than 3 % worse than the baseline")
    return bool(problems)


if __name__ == "__main__":
    sys.exit(main())
