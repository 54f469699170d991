#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""
The models of tests/model-check: do they hold, are faults caught, is the C code still what they were made from?

    check.py run NAME DIRECTORY     one of RUNS must hold in all states
    check.py faults PROGRAM DIRECTORY   each fault that can be compiled into PROGRAM must break its property
    check.py quotes ROOT            each "C: FILE FUNCTION: TEXT" of the models is in that function, and each atomic
                                    operation of the functions quoted is in some quotation
"""
import pathlib
import re
import shutil
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent

# What must hold: program and definitions. "live": no execution goes on for ever.
RUNS = {
    "queue": ("queue", "-DSECOND=1 -DBACK"),
    "queue-same": ("queue", "-DTWO"),
    "queue-disable": ("queue", "-DDISABLE"),
    "queue-backlog": ("queue", "-DSECOND=1 -DDRAIN_MAX=1"),
    "queue-live": ("queue", "-DSECOND=1"),
    "lpi": ("lpi", "-DVCPUS=1 -DMESSAGES=2"),
    "lpi-two": ("lpi", "-DVCPUS=2 -DMESSAGES=1 -DNR_IRQS=2"),
    "lpi-live": ("lpi", "-DVCPUS=1 -DMESSAGES=1"),
    "off": ("off", "-DOFFS -DTOGGLES1=1"),
    "off-route": ("off", "-DOFFS -DMOVER"),
    "off-live": ("off", "-DTOGGLES0=1 -DTOGGLES1=2"),
    "off-groups": ("off", "-DTOGGLES0=1 -DTOGGLES1=2"),
}

# Where each fault shows.
FAULTS = {
    "APPLY_NOT_ATOMIC": ("queue", ""),
    "BACKLOG_FORGOTTEN": ("queue", "-DSECOND=1 -DDRAIN_MAX=1"),
    "CLEAR_INBOX_FIRST": ("queue", ""),
    "DECIDE_NOT_ATOMIC": ("queue", ""),
    "END_NOT_REPORTED": ("queue", ""),
    "FOLD_NOT_ATOMIC": ("queue", ""),
    "FORGET_KICK_LATE": ("queue", ""),
    "FORWARD_NOT_PUSHED": ("queue", ""),
    "FREE_NOT_DIRTY": ("queue", "-DSECOND=1"),
    "KICK_FIRST": ("queue", ""),
    "LEFT_IN_LIST_REGISTER": ("lpi", "-DVCPUS=2 -DMESSAGES=1 -DNR_IRQS=2"),
    "LOAD_NOT_CHECKED": ("queue", "-DSECOND=1"),
    "NO_FENCE": ("queue", ""),
    "NO_GENERATION": ("lpi", "-DVCPUS=1 -DMESSAGES=1"),
    "NO_KICK": ("queue", ""),
    "OFF_DOES_NOT_STEAL": ("off", "-DOFFS -DMOVER"),
    "OFF_LATE": ("off", "-DOFFS"),
    "PARK_DOES_NOT_LOOK": ("off", "-DTOGGLES0=1 -DTOGGLES1=2"),
    "PARK_LATE": ("off", "-DTOGGLES0=1 -DTOGGLES1=2"),
    "PUSH_NOT_ATOMIC": ("queue", "-DSECOND=1"),
    "PUSH_NOT_OWNED": ("queue", ""),
    "PUSH_NOT_RECHECKED": ("off", "-DOFFS -DMOVER"),
    "RETIRED_WHILE_QUEUED": ("lpi", "-DVCPUS=1 -DMESSAGES=1"),
    "TAKE_NOT_ATOMIC": ("queue", "-DSECOND=1"),
    "THIEF_DOES_NOT_LOOK_AGAIN": ("off", "-DOFFS -DMOVER"),
    "UNLOAD_DROPS_EDGE": ("queue", ""),
    "WORD_BEFORE_INBOX": ("queue", ""),
}

# All atomic operations of these files are in the models.
COMPLETE = ["src/core/queue.c"]

MEMORY = 1800  # MiB at most


def fail(text):
    sys.exit(f"check.py: {text}")


def verify(directory, program, defines, live=False, brief=False):
    """All states: ("errors: N" as a number, what pan says). "brief": compiling takes longer than running."""
    directory.mkdir(parents=True, exist_ok=True)
    for model in HERE.glob("*.pml"):
        shutil.copy(model, directory)
    for tool in (["spin", "-a", *defines, program + ".pml"],
                 ["gcc", "-O0" if brief or program == "off" else "-O1", "-w", *(["-DNP", "-DNOFAIR"] if live else ["-DSAFETY"]), "-DCOLLAPSE", "-DVECTORSZ=2048", f"-DMEMLIM={MEMORY}",
                  "-o", "pan", "pan.c"]):
        done = subprocess.run(tool, cwd=directory, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        if done.returncode or "rror:" in done.stdout:
            fail(" ".join(tool) + "\n" + done.stdout)
    done = subprocess.run(["./pan", "-m100000", *(["-l"] if live else [])], cwd=directory, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False)
    errors = re.search(r"errors: (\d+)", done.stdout)
    if not errors or re.search(r"MEMLIM|max search depth too small|VECTORSZ|aborting", done.stdout):
        fail("not checked in full\n" + done.stdout)
    return int(errors.group(1)), done.stdout


def run(name, directory):
    program, defines = RUNS[name]
    errors, said = verify(directory / name, program, defines.split(), name.endswith("-live"))
    print(said)
    if errors:
        trail = subprocess.run(["spin", "-t", "-p", "-g", *defines.split(), program + ".pml"],
                               cwd=directory / name, stdout=subprocess.PIPE, text=True, check=False)
        print(trail.stdout)
        fail(name + " does not hold")


def faults(program, directory):
    seen = {name for path in HERE.glob("*.pml") for name in re.findall(r"\bFAULT_(\w+)", path.read_text())}
    if seen != set(FAULTS):
        fail(f"faults that are not in both the models and the table: {sorted(seen ^ set(FAULTS))}")
    missed = []
    for name, (where, defines) in FAULTS.items():
        if where != program:
            continue
        start = time.monotonic()
        errors, said = verify(directory / ("fault-" + name.lower()), where, ["-DFAULT_" + name, *defines.split()],
                              brief=True)
        how = re.search(r"^pan:\d+: (.*)", said, re.M)
        print(f"{name}: {how.group(1) if errors else 'NOT CAUGHT'} ({time.monotonic() - start:.1f} s)", flush=True)
        if not errors:
            missed.append(name)
    if missed:
        fail("not caught: " + " ".join(missed))


# --- The correspondence ---

def squeeze(text):
    """Without comments; one space where there was any."""
    text = re.sub(r"/\*.*?\*/", " ", text, flags=re.S)
    return " ".join(text.split())


def functions(path):
    """The functions of a C file in the style of this tree: a brace in column 0 begins and ends one."""
    found = {}
    head = []
    body = None
    for line in path.read_text().splitlines():
        if line == "{":
            names = re.findall(r"(\w+)\s*\(", re.sub(r"__attribute__\(\(.*?\)\)", "", " ".join(head)))
            body = []
            name = names[0] if names else ""
        elif line == "}" and body is not None:
            found[name] = squeeze("\n".join(body))
            body = None
        elif body is not None:
            body.append(line)
        if line.startswith(("}", "#")) or not line.strip() or line.startswith(("/*", " *")):
            head = []
        else:
            head.append(line)
    return found


ATOMIC = re.compile(r"\b(?:load|store|cas|xchg|or|and|add)\d+_(?:relaxed|acquire|release|seq)\(|\bfence_seq\(")


def quotes(root):
    files, spans, bad = {}, {}, []
    number = 0
    for model in sorted(HERE.glob("*.pml")):
        for kind, file, name, text in re.findall(r"/\* (C|not modelled): (\S+) (\w+): (.*?) \*/$", model.read_text(), re.M):
            number += 1
            if file not in files:
                files[file] = functions(root / file)
            body = files[file].get(name)
            if body is None:
                bad.append(f"{model.name}: {file} has no function {name}")
                continue
            at = body.find(squeeze(text))
            if at < 0:
                bad.append(f"{model.name}: {file} {name} does not contain: {text}")
            covered = spans.setdefault((file, name), [])
            while at >= 0:
                covered.append((at, at + len(squeeze(text))))
                at = body.find(squeeze(text), at + 1)
    for (file, name), covered in spans.items():
        for op in ATOMIC.finditer(files[file][name]):
            if not any(a <= op.start() < b for a, b in covered):
                bad.append(f"{file} {name}: no model has {files[file][name][op.start():op.start() + 60]!r}")
    for file in COMPLETE:
        bad += [f"{file} {name}: in no model" for name, body in functions(root / file).items()
                if ATOMIC.search(body) and (file, name) not in spans]
    print(f"{number} quotations of {len(spans)} functions")
    if bad or not number:
        fail("\n".join(bad))


def main():
    if len(sys.argv) == 4 and sys.argv[1] == "run" and sys.argv[2] in RUNS:
        run(sys.argv[2], pathlib.Path(sys.argv[3]))
    elif len(sys.argv) == 4 and sys.argv[1] == "faults":
        faults(sys.argv[2], pathlib.Path(sys.argv[3]))
    elif len(sys.argv) == 3 and sys.argv[1] == "quotes":
        quotes(pathlib.Path(sys.argv[2]))
    else:
        fail(__doc__)


main()
