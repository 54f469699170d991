#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""The line protocol of "vgic qtest": every command, every form of error, and lives of interrupts with expectations from IHI 0069.

usage: qtest.py VGIC
"""
import subprocess
import sys

GICD, GITS, GICR, RAM = 0x08000000, 0x08080000, 0x080A0000, 0x40000000
SGI = GICR + 0x10000
failures = []


class Machine:
    def __init__(self, vgic, *options):
        self.process = subprocess.Popen([vgic, "qtest", *options], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.checks = 0

    def raw(self, line):
        self.process.stdin.write(line)
        self.process.stdin.flush()
        return self.process.stdout.readline().decode().rstrip("\n")

    def ask(self, line):
        return self.raw(line.encode() + b"\n")

    def expect(self, line, answer):
        got = self.ask(line)
        self.checks += 1
        if got != answer:
            failures.append(f"check {self.checks}: {line}: expected {answer!r}, got {got!r}")

    def fails(self, line, raw=False):
        got = self.raw(line) if raw else self.ask(line)
        self.checks += 1
        if not got.startswith("FAIL ") or len(got) < 8:
            failures.append(f"{line[:60]!r}: expected FAIL and a reason, got {got!r}")

    def read(self, address, value, width="l"):
        self.expect(f"read{width} {address:#x}", f"OK 0x{value:016x}")

    def write(self, address, value, width="l"):
        self.expect(f"write{width} {address:#x} {value:#x}", "OK")

    def icc(self, cpu, name, value):
        self.expect(f"x-icc-read {cpu} ICC_{name}_EL1", f"OK {value:#x}")

    def set(self, cpu, name, value):
        self.expect(f"x-icc-write {cpu} ICC_{name}_EL1 {value:#x}", "OK")

    def lines(self, cpu, value):
        self.expect(f"x-lines {cpu}", f"OK {value:#x}")

    def wire(self, intid, level, cpu=None):
        n = intid - 32 if cpu is None else 256 + 32 * cpu + intid
        self.expect(f"set_irq_in /machine/gic unnamed-gpio-in {n} {level}", "OK")

    def end(self):
        self.process.stdin.close()
        if self.process.wait(10):
            failures.append(f"exit status {self.process.returncode} at end of input")
        return self.checks


def protocol(vgic):
    m = Machine(vgic, "--cpus", "2")
    # RAM, by every width and in bulk.
    m.expect(f"memset {RAM:#x} 16 0xa5", "OK")
    for width, value in (("b", 0xA5), ("w", 0xA5A5), ("l", 0xA5A5A5A5), ("q", 0xA5A5A5A5A5A5A5A5)):
        m.read(RAM, value, width)
        m.write(RAM + 32, 0x1122334455667788 & ((1 << 8 * {"b": 1, "w": 2, "l": 4, "q": 8}[width]) - 1), width)
    m.expect(f"read {RAM + 32:#x} 8", "OK 0x8877665544332211")
    m.expect(f"write {RAM + 3} 3 0x0102ff", "OK")
    m.expect(f"read {RAM} 8", "OK 0xa5a5a50102ffa5a5")
    m.read(RAM + 0xFFFFFF8, 0, "q")
    # Errors: a reason, and the next line is served.
    for line in ("", "frob", "readl", "readl zz", "readl -1", "readl 0x8000000 1", "readx 0x8000000", "writel 0x8000000",
                 "writel 0x8000000 0x", "writel 0x8000000 1 2", "readl 0x99999999999999999999", "readl 0x0", "writel 0x9000000 1",
                 f"readq {RAM + 0xFFFFFFC:#x}", f"readl {RAM + 0x10000000:#x}", f"read {RAM:#x} 0x10000001", f"read {RAM:#x} 0",
                 f"read {RAM:#x} 0xffffffffffffffff", "read 0x8000000 4", f"memset {RAM:#x} 1", f"memset {RAM:#x} 1 256",
                 f"memset {RAM:#x} 0xffffffffffffffff 0", f"write {RAM:#x} 2 0x11", f"write {RAM:#x} 1 0xzz", f"write {RAM:#x} 1 11",
                 "set_irq_in x unnamed-gpio-in", "set_irq_in x other 0 1", "set_irq_in x unnamed-gpio-in 320 1",
                 "set_irq_in x unnamed-gpio-in 256 1", "set_irq_in x unnamed-gpio-in 0 z", "x-icc-read 2 ICC_PMR_EL1",
                 "x-icc-read z ICC_PMR_EL1", "x-icc-read 0 ICC_NONE_EL1", "x-icc-read 0", "x-icc-write 0 ICC_PMR_EL1",
                 "x-icc-write 0 ICC_PMR_EL1 z", "x-lines 2", "x-lines", "x-power 0", "x-power 2 0", "x-power 0 2", "x-msi 0", "x-msi 0 0 1", "x-msi z 0", "a b c d e f g h i j k l", "x" * 100000):
        m.fails(line)
    m.fails(b"readl 0x8\x00000000\n", raw=True)
    if m.raw(b"readl 0x08000004\r\n") != "OK 0x00000000057a0008":
        failures.append("a line that ends in CR LF")
    for name in ("EOIR1", "EOIR0", "DIR", "SGI1R", "SGI0R", "ASGI1R", "AP1R1", "AP0R3", "NMIAR1"):
        m.expect(f"x-icc-read 0 ICC_{name}_EL1", "FAIL UNDEF")
    for name in ("IAR1_EL1", "HPPIR0_EL1", "RPR_EL1", "SRE_EL2", "CTLR_EL3", "SRE_EL3", "IGRPEN1_EL3"):
        m.expect(f"x-icc-write 0 ICC_{name} 0", "FAIL UNDEF")
    return m.end()


def open_machine(vgic, groups=0xFFFFFFFF, cpus=2):
    m = Machine(vgic, "--cpus", str(cpus))
    m.read(GICD, 0x50)
    m.write(GICD, 3)
    m.read(GICD, 0x53)
    m.write(GICD + 0x84, groups)
    m.write(GICD + 0x104, 0xFF)
    for cpu in range(cpus):
        frame = SGI + 0x20000 * cpu
        m.write(frame + 0x80, 0xFFFFFFFF)
        m.write(frame + 0x100, 0xFFFFFFFF)
        m.icc(cpu, "PMR", 0)
        m.set(cpu, "PMR", 0xFF)
        m.icc(cpu, "PMR", 0xF8)
        m.set(cpu, "IGRPEN1", 1)
        m.set(cpu, "IGRPEN0", 1)
        m.lines(cpu, 0)
    return m


def level_and_edge(vgic):
    m = open_machine(vgic)
    # A level that stays asserted is pending again after its end (4.1.1, 4.3).
    m.wire(32, 1)
    m.lines(0, 1)
    m.icc(0, "HPPIR1", 32)
    m.icc(0, "IAR1", 32)
    m.lines(0, 0)
    m.read(GICD + 0x204, 1)
    m.read(GICD + 0x304, 1)
    m.set(0, "EOIR1", 32)
    m.lines(0, 1)
    m.wire(32, 0)
    m.lines(0, 0)
    m.icc(0, "IAR1", 1023)
    # Software makes a level pending: once; clearing takes it back, but not against the line (12.9 GICD_ICPENDR).
    m.write(GICD + 0x204, 1)
    m.lines(0, 1)
    m.write(GICD + 0x284, 1)
    m.lines(0, 0)
    m.wire(32, 1)
    m.write(GICD + 0x284, 1)
    m.read(GICD + 0x204, 1)
    m.wire(32, 0)
    m.write(GICD + 0x204, 1)
    m.icc(0, "IAR1", 32)
    m.set(0, "EOIR1", 32)
    m.lines(0, 0)
    # An edge is latched when the wire rises, and once for a wire that stays high.
    m.write(GICD + 0xC08, 2 << 2)
    m.wire(33, 1)
    m.wire(33, 1)
    m.wire(33, 0)
    m.icc(0, "IAR1", 33)
    m.wire(33, 1)
    m.set(0, "EOIR1", 33)
    m.icc(0, "IAR1", 33)
    m.set(0, "EOIR1", 33)
    m.icc(0, "IAR1", 1023)
    # Disabled while pending: kept (4.3); PPI of the other CPU.
    m.write(GICD + 0x184, 1)
    m.wire(32, 1)
    m.lines(0, 0)
    m.write(GICD + 0x104, 1)
    m.lines(0, 1)
    m.wire(27, 1, cpu=1)
    m.lines(1, 1)
    m.icc(1, "IAR1", 27)
    return m.end()


def priorities(vgic):
    m = open_machine(vgic)
    m.write(GICD + 0x420, 0xA0, "b")
    m.write(GICD + 0x421, 0x47, "b")
    m.read(GICD + 0x420, 0x40A0)
    m.write(GICD + 0x204, 3)
    m.icc(0, "IAR1", 33)
    m.icc(0, "RPR", 0x40)
    m.icc(0, "AP1R0", 1 << 8)
    m.lines(0, 0)
    m.icc(0, "HPPIR1", 32)
    m.icc(0, "IAR1", 1023)
    m.set(0, "EOIR1", 33)
    m.icc(0, "RPR", 0xFF)
    # The mask: strictly higher than PMR.
    m.set(0, "PMR", 0xA0)
    m.lines(0, 0)
    m.set(0, "PMR", 0xA8)
    m.lines(0, 1)
    # Preemption, and none within a group of priorities (BPR1 = 7: bit 7 only).
    m.set(0, "BPR1", 7)
    m.icc(0, "IAR1", 32)
    m.icc(0, "RPR", 0x80)
    m.set(0, "PMR", 0xF8)
    m.write(GICD + 0x204, 2)
    m.lines(0, 1)
    m.write(GICD + 0x421, 0x90, "b")
    m.lines(0, 0)
    m.set(0, "EOIR1", 32)
    m.lines(0, 1)
    # EOImode 1: the drop and the deactivation are two; the other CPU may deactivate an SPI (4.4).
    for cpu in range(2):
        m.set(cpu, "CTLR", 2)
    m.icc(0, "IAR1", 33)
    m.set(0, "EOIR1", 33)
    m.icc(0, "RPR", 0xFF)
    m.read(GICD + 0x304, 2)
    m.write(GICD + 0x204, 2)
    m.lines(0, 0)
    m.set(1, "DIR", 33)
    m.read(GICD + 0x304, 0)
    m.lines(0, 1)
    return m.end()


def groups_and_sgis(vgic):
    m = open_machine(vgic, groups=0xFFFFFFFE)
    # SPI 32 is Group 0: FIQ, IAR0.
    m.write(GICD + 0x204, 1)
    m.lines(0, 2)
    m.icc(0, "IAR1", 1023)
    m.icc(0, "HPPIR1", 1023)
    m.icc(0, "HPPIR0", 32)
    m.write(GICD, 2)
    m.lines(0, 0)
    m.write(GICD, 3)
    m.lines(0, 2)
    m.set(0, "IGRPEN0", 0)
    m.lines(0, 0)
    m.set(0, "IGRPEN0", 1)
    m.icc(0, "IAR0", 32)
    m.set(0, "EOIR0", 32)
    # SGIs: to the other, to all but self; the group rules with DS = 1.
    m.set(0, "SGI1R", 7 << 24 | 2)
    m.lines(0, 0)
    m.icc(1, "IAR1", 7)
    m.set(1, "EOIR1", 7)
    m.set(1, "SGI1R", 3 << 24 | 1 << 40)
    m.lines(1, 0)
    m.icc(0, "IAR1", 3)
    m.set(0, "EOIR1", 3)
    m.write(SGI + 0x80, 0xFFFFFFFE)
    for name, intid, pending in (("SGI0R", 0, 1), ("SGI0R", 1, 0), ("ASGI1R", 0, 1), ("ASGI1R", 1, 0), ("SGI1R", 0, 1), ("SGI1R", 1, 2)):
        m.set(1, name, intid << 24 | 1)
        m.read(SGI + 0x200, pending)
        m.write(SGI + 0x280, 3)
    # Nobody there: nothing happens.
    m.set(0, "SGI1R", 3 << 24 | 0xFFFC)
    m.set(0, "SGI1R", 3 << 24 | 1 << 16 | 3)
    m.lines(0, 0)
    m.lines(1, 0)
    return m.end()


def active_and_routes(vgic):
    m = open_machine(vgic)
    # Active by software: not delivered until cleared (4.3).
    m.write(GICD + 0x304, 1)
    m.write(GICD + 0x204, 1)
    m.lines(0, 0)
    m.write(GICD + 0x384, 1)
    m.lines(0, 1)
    # Re-routed while pending; while active it stays active where it is.
    m.write(GICD + 0x6100, 1, "q")
    m.lines(0, 0)
    m.lines(1, 1)
    m.icc(1, "IAR1", 32)
    m.write(GICD + 0x6100, 0, "q")
    m.write(GICD + 0x204, 1)
    m.lines(0, 0)
    m.set(1, "EOIR1", 32)
    m.lines(0, 1)
    m.lines(1, 0)
    # To nobody, then 1 of N: exactly one.
    m.write(GICD + 0x6104, 0x55)
    m.read(GICD + 0x6100, 0x5500000000, "q")
    m.lines(0, 0)
    m.lines(1, 0)
    m.write(GICD + 0x6100, 0x80000000)
    m.read(GICD + 0x6100, 0x5580000000, "q")
    both = [m.ask("x-lines 0"), m.ask("x-lines 1")]
    if sorted(both) != ["OK 0x0", "OK 0x1"]:
        failures.append(f"1 of N: {both}")
    return m.end()


class Its:
    """A guest's driver of the first ITS: tables and queue in RAM, LPIs on for all CPUs."""

    def __init__(self, m, cpus):
        self.m, self.tail = m, 0
        m.expect(f"memset {RAM + 0x100000:#x} 0x10000 0xa1", "OK")
        for cpu in range(cpus):
            rd = GICR + cpu * 0x20000
            m.write(rd + 0x70, (RAM + 0x100000) | 15, "q")
            m.write(rd + 0x78, RAM + 0x200000 + cpu * 0x10000, "q")
            m.write(rd, 1)
            m.read(rd, 7)
        m.write(GITS + 0x100, 1 << 63 | RAM + 0x400000 | 2 << 8 | 7, "q")
        m.read(GITS + 0x100, 1 << 63 | 1 << 56 | 7 << 48 | RAM + 0x400000 | 2 << 8 | 7, "q")
        m.write(GITS + 0x108, 1 << 63 | RAM + 0x500000 | 2 << 8, "q")
        m.write(GITS + 0x80, 1 << 63 | RAM + 0x300000 | 15, "q")
        m.write(GITS, 1)

    def put(self, *words):
        for i, word in enumerate(words):
            self.m.write(RAM + 0x300000 + self.tail + 8 * i, word, "q")
        self.tail = (self.tail + 32) % 0x10000

    def run(self, *words):
        self.put(*words)
        self.m.write(GITS + 0x88, self.tail, "q")
        self.m.read(GITS + 0x90, self.tail, "q")


def power(vgic):
    m = open_machine(vgic)
    # A comment has no answer.
    m.expect("# x-power 1 0\nx-power 0 0", "OK")
    m.expect("x-power 0 0", "OK")
    m.fails("x-lines 0")
    m.fails("x-icc-read 0 ICC_PMR_EL1")
    # Made pending while its CPU is off, by a debugger: it is there when the CPU comes back.
    m.write(GICD + 0x204, 1)
    m.read(GICD + 0x204, 1)
    m.lines(1, 0)
    m.expect("x-power 0 1", "OK")
    m.icc(0, "PMR", 0)
    m.set(0, "PMR", 0xFF)
    m.set(0, "IGRPEN1", 1)
    m.lines(0, 1)
    m.icc(0, "IAR1", 32)
    return m.end()


def messages(vgic):
    m = Machine(vgic, "--cpus", "2", "--its", "0")
    m.fails(f"readl {GITS:#x}")
    m.fails("x-msi 0 0")
    m.read(GICD + 4, 0x05480008)
    checks = m.end()

    m = Machine(vgic, "--cpus", "2", "--its", "2")
    for cpu in (0, 1):
        m.set(cpu, "PMR", 0xF8)
        m.set(cpu, "IGRPEN1", 1)
    m.write(GICD, 2)
    m.read(GITS, 0x80000000)
    m.read(GITS + 8, 1 | 7 << 4 | 15 << 8 | 15 << 13 | 3 << 32 | 1 << 36, "q")
    m.read(0x0B100000 + 8, 1 | 7 << 4 | 15 << 8 | 15 << 13 | 3 << 32 | 1 << 36, "q")
    its = Its(m, 2)
    its.run(0x09, 0, 1 << 63 | 0 << 16 | 0, 0)  # MAPC 0 to CPU 0
    its.run(0x09, 0, 1 << 63 | 1 << 16 | 1, 0)  # MAPC 1 to CPU 1
    its.run(7 << 32 | 0x08, 4, 1 << 63 | RAM + 0x600000, 0)  # MAPD 7, 32 events
    its.run(7 << 32 | 0x0A, 8200 << 32 | 3, 0, 0)  # MAPTI event 3 to 8200, collection 0
    m.expect("x-msi 7 4", "OK 0")
    m.expect("x-msi 8 3", "OK 0")
    m.expect("x-msi 7 3 1", "OK 0")
    m.expect("x-msi 7 3", "OK 1")
    m.lines(0, 1)
    m.lines(1, 0)
    its.run(7 << 32 | 0x01, 3, 1, 0)  # MOVI to collection 1
    m.lines(0, 0)
    m.lines(1, 1)
    m.icc(1, "IAR1", 8200)
    m.icc(1, "RPR", 0xA0)
    m.set(1, "EOIR1", 8200)
    m.icc(1, "RPR", 0xFF)
    its.run(7 << 32 | 0x03, 3, 0, 0)  # INT
    m.lines(1, 1)
    its.run(7 << 32 | 0x04, 3, 0, 0)  # CLEAR
    m.lines(1, 0)
    # Disabled in the table: seen after INV only.
    m.write(RAM + 0x100000 + 8200 - 8192, 0xA0, "b")
    m.expect("x-msi 7 3", "OK 1")
    m.lines(1, 1)
    its.run(7 << 32 | 0x0C, 3, 0, 0)  # INV
    m.lines(1, 0)
    m.write(RAM + 0x100000 + 8200 - 8192, 0xA1, "b")
    its.run(0x0D, 0, 1, 0)  # INVALL
    m.lines(1, 1)
    its.run(7 << 32 | 0x0F, 3, 0, 0)  # DISCARD
    m.lines(1, 0)
    m.expect("x-msi 7 3", "OK 0")
    # An error is skipped: the event is not mapped any more.
    its.run(7 << 32 | 0x03, 3, 0, 0)
    # Pending state goes to the table and comes back.
    its.run(7 << 32 | 0x0A, 8201 << 32 | 0, 0, 0)
    m.expect("x-msi 7 0", "OK 1")
    m.write(GICR, 0)
    m.read(GICR, 6)
    m.lines(0, 0)
    m.read(RAM + 0x200000 + 8201 // 8, 2, "b")
    m.write(GICR, 1)
    m.lines(0, 1)
    m.read(RAM + 0x200000 + 8201 // 8, 0, "b")
    m.icc(0, "IAR1", 8201)
    return checks + m.end()


def main():
    checks = sum(test(sys.argv[1]) for test in (protocol, level_and_edge, priorities, groups_and_sgis, active_and_routes, power, messages))
    for line in failures:
        print(line)
    print(f"{checks} checks, {len(failures)} failures")
    return bool(failures) or checks < 200


if __name__ == "__main__":
    sys.exit(main())
