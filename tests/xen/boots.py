#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""Boots Xen with Linux as dom0, and as a domU beside it, under QEMU, and checks what the consoles say.

usage: boots.py OUTPUT-DIRECTORY LINUX-IMAGE [--only TEXT] [--parallel] KIND...    (KIND as in build.sh, which has been there before)

A boot that passes has reached LINUX-OK in each domain (init.c), has switched off, and has nothing of BAD on its console.
Consoles are kept in OUTPUT-DIRECTORY/log; of a boot that fails it is printed. What the boots have in common with those of
the other kinds is compared at the end.
"""
import argparse
import hashlib
import os
import pathlib
import re
import select
import subprocess
import sys
import time

import report

MIB = 1 << 20
COPY = 32 * MIB  # as in init.c
BAD = re.compile(r"LINUX-FAIL|Kernel panic|Oops|\bBUG\b|Call trace|call trace|Assertion|WARN|hypervisor data abort|"
                 r"Unexpected|nobody cared|timed out|timeout|soft lockup|rcu.*stall|vgic: .*error")
PANIC = re.compile(rb"Kernel panic|Reboot in five seconds|Manual reset required")
BOOT_ARGUMENTS = "console=dtuart dtuart=/pl011@9000000 dom0_mem=512M loglvl=all guest_loglvl=all"
KERNEL, INITRD, DOMU_KERNEL, DOMU_INITRD = 0x49000000, 0x4d000000, 0x51000000, 0x55000000


# Each domain says LINUX-READY and waits for a line (init.c). What is typed goes to dom0; three times CTRL-a moves it on
# to the domU, to Xen, to dom0. Only one of them speaks at a time: Xen mixes their lines otherwise.
NEXT = b"\x01\x01\x01"
KEYS = b"q0"  # what Xen is asked then: domains, vCPUs and their interrupts; registers of dom0
ALONE = [(rb"LINUX-READY", b"go\n")]
BOTH = [(rb"LINUX-READY(.|\n)*LINUX-READY", NEXT + b"go\n" + NEXT + NEXT), (rb"DOM1: .*reboot: Power down", b"go\n")]


class Boot:
    """One boot: what differs from the plainest."""

    def __init__(self, name, cpus=2, machine="gic-version=3,its=off", cpu="cortex-a57", nvme=None, domu=False, options=(),
                 words="", counted=False, timeout=150, kinds=("stock", "libvgic", "libvgic-debug")):
        self.name, self.cpus, self.machine, self.cpu, self.nvme, self.domu = name, cpus, machine, cpu, nvme, domu
        self.options, self.words, self.counted, self.timeout, self.kinds = list(options), words, counted, timeout, kinds


BOOTS = [
    Boot("dom0"),
    Boot("nvme-intx", nvme="intx", kinds=("stock", "libvgic")),
    Boot("nvme-lpi", machine="gic-version=3,its=on", nvme="msi"),
    Boot("domu", domu=True, timeout=240),
    Boot("4-cpus", cpus=4, machine="gic-version=3,its=on", nvme="msi", timeout=240),
    Boot("gicv4", machine="gic-version=4,its=on", cpu="max", nvme="msi", kinds=("stock", "libvgic")),
    # Time is what has been executed and nothing comes from outside: the counts of a Xen do not differ from run to run.
    Boot("counted", cpus=1, machine="gic-version=3,its=on,dtb-randomness=off", words="perf alone", counted=True,
         options=("-icount", "shift=0,sleep=off", "-rtc", "base=2026-01-01,clock=vm"), kinds=("stock", "libvgic")),
]


# Bare-metal domains: name, dom0 or domu, its arguments, the environment of guest/run.sh, kinds. The attacks end stock Xen.
GUESTS = pathlib.Path(__file__).resolve().parent / "guest"
EXACT = {"CPUS": "1", "VCPUS": "1", "QEMU_ARGS": "-icount shift=0,sleep=off"}
EACH = r"\001\001\001M" * 3  # typed to each domain and to Xen
DOMU_ITS = {"XEN_ARGS": "vgic-domu-lpis=1024"}
PATIENCE = {"SECONDS_LIMIT": "240", "IDLE_SECONDS": "200"}
BARE = [
    (("measure", "dom0", "", EXACT | PATIENCE), ("stock", "libvgic")),
    (("attack", "dom0", "", PATIENCE), ("libvgic", "libvgic-debug")),
    (("attack", "domu", "its=0x4020000", PATIENCE | DOMU_ITS), ("libvgic", "libvgic-debug")),
    (("msi", "domu", "its=0x4020000", PATIENCE | DOMU_ITS | {"KEYS": EACH}), ("libvgic", "libvgic-debug")),
]


class World:
    """Where things are."""

    def __init__(self, out, linux, threads):
        self.threads = threads
        self.out, self.linux, self.initrd, self.log = out, linux, out / "initrd.gz", out / "log"
        self.log.mkdir(exist_ok=True)


def device_tree(world, boot, command):
    """What QEMU would hand to Xen, and a node for the domU, as QEMU's options."""
    dtb = world.out / f"{boot.name}.dtb"
    dumping = [f"{word},dumpdtb={dtb}" if word.startswith("virt,") else word for word in command]
    subprocess.run(dumping, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=60)
    node = "/chosen/domU1"

    def put(path, name, *values, kind="s"):
        subprocess.run(["fdtput", "-p", "-t", kind, str(dtb), path, name, *map(str, values)], check=True)

    put(node, "compatible", "xen,domain")
    for name, values in {"#address-cells": [1], "#size-cells": [1], "memory": [0, 0x40000], "cpus": [2],
                         "vpl011": []}.items():
        put(node, name, *[f"{value:x}" for value in values], kind="x")
    put(node, "xen,enhanced", "no-xenstore")
    loaders = []
    for kind, at, path in (("kernel", DOMU_KERNEL, world.linux), ("ramdisk", DOMU_INITRD, world.initrd)):
        loaders += ["-device", f"loader,file={path},addr={at:#x},force-raw=on"]
        module = f"{node}/module@{at:x}"
        put(module, "compatible", f"multiboot,{kind}", "multiboot,module")
        put(module, "reg", f"{at:x}", f"{path.stat().st_size:x}", kind="x")
        if kind == "kernel":
            put(module, "bootargs", f"console=ttyAMA0 rdinit=/init {boot.words}")
    return ["-dtb", str(dtb), *loaders]


def qemu(world, boot, kind):
    """The command line, the drive, and the file of counts."""
    words = f"console=hvc0 rdinit=/init dom0 {boot.words}"
    drive = world.out / f"{boot.name}-{kind}.raw"
    if boot.nvme:
        words += f" nvme={boot.nvme}"
        drive.write_bytes(os.urandom(COPY))
        os.truncate(drive, 2 * COPY)
    command = ["qemu-system-aarch64", "-M", f"virt,virtualization=on,{boot.machine}", "-cpu", boot.cpu,
               "-smp", str(boot.cpus), "-m", "2G", "-accel", f"tcg,thread={world.threads}", "-display", "none",
               "-monitor", "none", "-serial", "stdio", "-no-reboot", "-net", "none", "-kernel", str(world.out / kind / "xen"), "-append", BOOT_ARGUMENTS,
               "-device", f"guest-loader,addr={KERNEL:#x},kernel={world.linux},bootargs={words}",
               "-device", f"guest-loader,addr={INITRD:#x},initrd={world.initrd}", *boot.options]
    if boot.nvme:
        command += ["-drive", f"file={drive},format=raw,if=none,id=d0", "-device", "nvme,drive=d0,serial=1"]
    counts = world.out / f"{boot.name}-{kind}.counts"
    if boot.counted:
        command += ["-plugin", f"{world.out / 'count.so'},from={report.XEN_START:#x},size={report.XEN_SIZE:#x},to={counts}"]
    if boot.domu:
        command += device_tree(world, boot, command)
    return command, drive, counts


def converse(command, timeout, dialogue, to_xen):
    """Runs it; dialogue is pairs of what to wait for and what to answer. When it hangs Xen is asked what the vCPUs do.

    Returns all it said, and why it was ended, or ""."""
    said, dialogue, why, end = b"", list(dialogue), "", time.monotonic() + timeout
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        def answer(text):
            process.stdin.write(text)
            process.stdin.flush()

        while True:
            left = end - time.monotonic()
            if left <= 0 and why:
                process.kill()
                break
            if left <= 0 or PANIC.search(said[-4096:]) and not why:
                why = "it hangs" if left <= 0 else "it panics"
                end = time.monotonic() + 10
                answer(to_xen + KEYS)
                continue
            if not select.select([process.stdout], [], [], min(left, 1))[0]:
                continue
            chunk = os.read(process.stdout.fileno(), 65536)
            if not chunk:
                break
            said += chunk
            if dialogue and re.search(dialogue[0][0], said):
                answer(dialogue.pop(0)[1])
        try:
            status = process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            status = process.wait()
    return said.decode(errors="replace").replace("\r", ""), why or (f"QEMU ended with status {status}" if status else "")


def domains(console):
    """The lines of each console: of Xen, of dom0, of the domU."""
    lines = {"xen": [], "d0": [], "d1": []}
    for line in console.split("\n"):
        match = re.match(r"\(XEN\) (DOM1: )?(.*)", line)
        lines[("d1" if match[1] else "xen") if match else "d0"].append(match[2] if match else line)
    return lines


def verdict(boot, console, why, drive):
    """What is wrong: a list."""
    lines = domains(console)
    wrong = [why] if why else []
    wrong += sorted({line.strip() for line in console.split("\n") if BAD.search(line)})
    if f"LINUX-OK {boot.cpus}" not in lines["d0"]:
        wrong.append(f"no LINUX-OK {boot.cpus} of dom0")
    if boot.domu and "LINUX-OK 2" not in lines["d1"]:
        wrong.append("no LINUX-OK 2 of the domU")
    if not any("Hardware Dom0 halted" in line for line in lines["xen"]):
        wrong.append("dom0 has not switched off")
    if boot.nvme:
        with open(drive, "rb") as file:
            first, second = (hashlib.md5(file.read(COPY)).hexdigest() for _ in range(2))
        if first != second:
            wrong.append(f"md5 {first} has become {second}")
    return wrong


def run(world, boot, kind):
    """One boot; returns its line of the summary and what it measured."""
    name = f"{kind} {boot.name}"
    command, drive, counts = qemu(world, boot, kind)
    start = time.monotonic()
    console, why = converse(command, boot.timeout, *((BOTH, NEXT + NEXT) if boot.domu else (ALONE, NEXT)))
    seconds = time.monotonic() - start
    (world.log / f"{kind}-{boot.name}.txt").write_text(console)
    wrong = verdict(boot, console, why, drive)
    drive.unlink(missing_ok=True)
    if wrong:
        print(f"--- console of {name} ---\n{console}\n--- end of the console of {name} ---")
    result = {"name": name, "seconds": seconds, "wrong": wrong, "kind": kind, "boot": boot.name}
    if boot.counted and not wrong:
        numbers, result["top"] = report.instructions(counts, world.out / kind / "xen-syms")
        result["numbers"] = numbers | report.traps(console)
    print(report.line(result), flush=True)
    return result


def run_guest(world, guest, kind):
    """One bare-metal domain (guest/run.sh); returns the same as run()."""
    name, role, words, environment = guest
    start = time.monotonic()
    image = world.out / "guest" / f"{name}.img"
    done = subprocess.run([GUESTS / "run.sh", world.out / kind / "xen", image, role, words or "none"],
                          env=os.environ | environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, errors="replace", check=False)
    boot = f"{name}-{role}"
    (world.log / f"{kind}-{boot}.txt").write_text(done.stdout)
    wrong = [done.stdout.strip().split("\n")[-1]] if done.returncode else []
    if wrong:
        print(f"--- end of the console of {kind} {boot} ---\n" + "\n".join(done.stdout.split("\n")[-60:]))
    result = {"name": f"{kind} {boot}", "seconds": time.monotonic() - start, "wrong": wrong, "kind": kind, "boot": boot}
    if name == "measure":
        result["numbers"] = {row: float(value) for row, value in
                             re.findall(r"^(?:\(XEN\) )?(?:DOM1: )?measure: (\S+) ([\d.]+) ns", done.stdout, re.MULTILINE)}
    print(report.line(result), flush=True)
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("linux", type=pathlib.Path)
    parser.add_argument("kinds", nargs="+")
    parser.add_argument("--only", default="")
    parser.add_argument("--parallel", action="store_true", help="a thread for each CPU; stock Xen hangs in one of 20 then")
    arguments = parser.parse_args()
    world = World(arguments.out.resolve(), arguments.linux.resolve(), "multi" if arguments.parallel else "single")
    results = []
    for kind in arguments.kinds:
        results += [run(world, boot, kind) for boot in BOOTS if kind in boot.kinds and arguments.only in boot.name]
        results += [run_guest(world, guest, kind) for guest, kinds in BARE
                    if kind in kinds and arguments.only in f"{guest[0]}-{guest[1]}"]
    text = report.whole(results)
    (world.out / "report.txt").write_text(text + "\n")
    print(f"\n{text}")
    return 1 if not results or any(result["wrong"] for result in results) else 0


if __name__ == "__main__":
    sys.exit(main())
