#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""Does the suite notice? One faulty line of src/ at a time, from a committed list; reports which faults survive.

usage: mutate.py run LIST DIR [--jobs N] [--only TEXT]   each fault in a copy of the tree under DIR
       mutate.py make SEED COUNT                         propose faults, as they stand in the list

A fault is caught by the model (random programs against a second GIC) or, if that sees nothing, by the unit tests and the
inputs of the fuzz targets. What survives has its reason in the list: with = it is no fault, because nothing that anybody
could see is different; with ? it is one that these tests do not see.

    src/core/queue.c             [N]: the N-th such line, if there are several
    -<the line, without its indentation>
    +<the faulty line>
    =<why it is none>, or ?<why it is not seen>
"""
import argparse
import collections
import multiprocessing
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
MODEL = ["build/tests/model/model", "--programs", "4000"]
Fault = collections.namedtuple("Fault", "file nth old new why")

# --- The list ---


def read_list(path):
    faults, block = [], []
    for line in path.read_text().splitlines() + [""]:
        if line.startswith("#"):
            continue
        if line.strip():
            block.append(line)
        elif block:
            file, nth = (block[0].split() + ["1"])[:2]
            marks = {line[0]: line[1:] for line in block[1:]}
            faults.append(Fault(file, int(nth), marks["-"], marks["+"], next((mark + marks[mark] for mark in "=?" if mark in marks), None)))
            block = []
    return faults


def apply(fault):
    """The text of the file with the fault; None: there is no such line."""
    lines = (ROOT / fault.file).read_text().split("\n")
    at = [i for i, line in enumerate(lines) if line.strip() == fault.old]
    if len(at) < fault.nth:
        return None
    i = at[fault.nth - 1]
    lines[i] = lines[i].replace(fault.old, fault.new)
    return "\n".join(lines)


# --- Proposals ---

SWAPS = [(r" == ", " != "), (r" != ", " == "), (r" < ", " <= "), (r" <= ", " < "), (r" > ", " >= "), (r" >= ", " > "),
         (r" && ", " || "), (r" \|\| ", " && "), (r" \+ ", " - "), (r" - ", " + "), (r"\btrue\b", "false"),
         (r"\bfalse\b", "true"), (r" \| ~?[A-Z][A-Z_]+[A-Z0-9_a-z]*", ""), (r"~(?=[A-Zb(])", ""), (r" & ~", " | ~"),
         (r"\bif \((?!unlikely|!)(.*)\)$", r"if (!(\1))"), (r"\bif \((?:un)?likely\((.*)\)\)$", r"if (!(\1))"),
         (r"(?<=[\[ (])1u\b", "2u"), (r"(?<= )0;", "1;"), (r"<< ", ">> "), (r">> ", "<< "),
         (r"^(?!return|break|goto|.* = .*\bop|const|static|uint|u?int|bool|struct|enum|void|size_t)[\w(].*\);$", ";"),
         (r"^[\w>.-]+(?:\[.*\])? [|&]?= .*;$", ";"), (r"^continue;$", ";")]
SKIP = re.compile(r"^(/?\*|//|#|\*)|STAT_ADD|trace\(|likely\(v->stats|report_guest_error|_Static_assert|typedef|extern|^static inline \w+ \w+\(")


def proposals():
    for path in sorted((ROOT / "src").glob("*/*.[ch]")):
        if path.name in ("names.h", "trace.c", "atomic.h", "ops.c"):
            continue
        text = re.sub(r"/\*.*?\*/", lambda m: re.sub(r"[^\n]", " ", m.group()), path.read_text(), flags=re.S)
        seen = collections.Counter()
        for line in path.read_text().split("\n"):
            seen[line.strip()] += 1
        count = collections.Counter()
        for line in text.split("\n"):
            old = line.strip()
            count[old] += 1
            if not old or SKIP.search(old) or not line.startswith("\t") or not seen[old]:
                continue
            for pattern, new in SWAPS:
                for match in re.finditer(pattern, old):
                    text_new = old[:match.start()] + match.expand(new) + old[match.end():]
                    if text_new != old:
                        yield Fault(str(path.relative_to(ROOT)), count[old], old, text_new, None)


def make(seed, count):
    faults = list(proposals())
    chosen = random.Random(seed).sample(faults, count)
    for fault in sorted(chosen):
        print(fault.file + (f" {fault.nth}" if fault.nth > 1 else ""), f"-{fault.old}", f"+{fault.new}", "", sep="\n")


# --- Trying them ---


def quiet(command, cwd, seconds):
    """The exit status; 124: it did not end."""
    with subprocess.Popen(command, cwd=cwd, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True) as process:
        try:
            return process.wait(seconds)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, 9)
            return 124


def copy_tree(to):
    """A copy whose unchanged files keep their times, so that builds stay incremental."""
    names = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    for name in names.split("\n"):
        source, target = ROOT / name, to / name
        if name and source.is_file() and (not target.exists() or target.read_bytes() != source.read_bytes()):
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
            shutil.copymode(source, target)


def attempt(tree, fault):
    text = apply(fault)
    if text is None:
        return "stale: no such line"
    path = tree / fault.file
    good = path.read_text()
    path.write_text(text)
    try:
        if quiet(["ninja", "-C", "build", "model"], tree, 600):
            return "stale: does not compile"
        if quiet(MODEL, tree, 120):
            return "model"
        if quiet(["ninja", "-C", "build"], tree, 900):
            return "build"
        status = quiet(["ctest", "-L", "^(unit|fuzz)$", "--stop-on-failure", "--timeout", "200"], tree / "build", 1200)
        return "unit tests" if status else "survives"
    finally:
        path.write_text(good)


def worker(tree, tasks, results):
    copy_tree(tree)
    quiet(["cmake", "-G", "Ninja", "-S", ".", "-B", "build", "-DCMAKE_C_FLAGS=-O1 -w"], tree, 120)
    while (task := tasks.get()) is not None:
        results.put((task[0], attempt(tree, task[1])))


def run(list_path, directory, jobs, only):
    faults = [f for f in read_list(list_path) if not only or only in f"{f.file} {f.old} {f.new}"]
    tasks, results = multiprocessing.Queue(), multiprocessing.Queue()
    for task in list(enumerate(faults)) + [None] * jobs:
        tasks.put(task)
    workers = [multiprocessing.Process(target=worker, args=(directory / str(i), tasks, results)) for i in range(jobs)]
    for process in workers:
        process.start()
    verdict = {}
    while len(verdict) < len(faults):
        i, how = results.get()
        verdict[i] = how
        fault = faults[i]
        print(f"[{len(verdict)}/{len(faults)}] {how:10} {fault.file}: {fault.old}  ->  {fault.new}", flush=True)
        if how == "survives":
            print(f"    {fault.why or 'NOT EXPLAINED'}", flush=True)
    for process in workers:
        process.join()
    tally = collections.Counter(verdict.values())
    caught = sum(tally[how] for how in ("model", "unit tests", "build"))
    stale = sum(tally[how] for how in tally if how.startswith("stale"))
    unexplained = sum(verdict[i] == "survives" and not faults[i].why for i in verdict)
    needless = [faults[i] for i in verdict if faults[i].why and verdict[i] != "survives"]
    for fault in needless:
        print(f"caught, though the list says that it cannot be: {fault.file}: {fault.new}")
    total = len(faults) - sum((fault.why or "").startswith("=") for fault in faults)
    print(f"{len(faults)} lines, {total} faults: {caught} caught ({100 * caught / max(1, total):.1f} %; {tally['model']} by the model), "
          f"{tally['survives']} survive ({unexplained} without an explanation), {stale} stale")
    return bool(stale or unexplained or caught < 0.95 * total)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    sub = commands.add_parser("run")
    sub.add_argument("list", type=pathlib.Path)
    sub.add_argument("directory", type=pathlib.Path)
    sub.add_argument("--jobs", type=int, default=os.cpu_count())
    sub.add_argument("--only", help="only faults in whose file or line this text is")
    sub = commands.add_parser("make")
    sub.add_argument("seed", type=int)
    sub.add_argument("count", type=int)
    args = parser.parse_args()
    if args.command == "make":
        return make(args.seed, args.count)
    return run(args.list, args.directory.resolve(), args.jobs, args.only)


if __name__ == "__main__":
    sys.exit(main())
