#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""Each check of this folder must be able to fail: run it on something bad, and on the same thing mended.

usage: selftest.py CC AR LD NM OBJDUMP
"""
import os
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
import check_freestanding
import check_layers
import check_readme
import check_stack
import check_tree

LICENCE = "/* " + check_tree.SPDX + " */\n"
CC, AR, LD, NM, OBJDUMP = "cc", "ar", "ld", "nm", "objdump"


class Case(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = folder.name

    def put(self, name, text):
        path = os.path.join(self.root, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def expect(self, found, *needed):
        """Exactly one problem for each needed text, in any order."""
        found = list(found)
        self.assertEqual(len(found), len(needed), found)
        for text in needed:
            self.assertTrue(any(text in line for line in found), f"{text!r} not in {found}")


class Layers(Case):
    def setUp(self):
        super().setUp()
        for name in ("core/word.h", "v3/dist.h", "its/its.h", "v4/v4.h", "v4/vpe.h", "evtchn/evtchn.h"):
            self.put("src/" + name, "")
        self.put("include/libvgic/port.h", "#include <stdint.h>\n#include LVGIC_PORT_HEADER\n")
        self.put("include/libvgic/types.h", "#include <libvgic/port.h>\n")

    def one(self, name, line, *needed):
        path = self.put(name, line + "\n")
        self.expect(check_layers.check(self.root), *needed)
        os.unlink(path)

    def test_allowed(self):
        self.one("src/core/a.c", '#include "core/word.h"\n#include "word.h"\n#include <libvgic/types.h>\n#include "v4/v4.h"')
        self.one("src/its/a.c", '#include "core/word.h"\n#include "v3/dist.h"\n#include "its.h"\n#include "evtchn/evtchn.h"')
        self.one("src/v4/a.c", '#include "vpe.h"\n#include "its/its.h"')
        self.one("glue/mock/a.c", '#include <stdlib.h>\n#include <libvgic/types.h>\n#include "mock.h"')

    def test_upwards(self):
        self.one("src/core/a.c", '#include "v3/dist.h"', "layer core must not see v3/dist.h")
        self.one("src/core/a.c", '#include "../v3/dist.h"', "layer core must not see v3/dist.h")
        self.one("src/v3/a.c", '#include "its/its.h"', "layer v3 must not see its/its.h")
        self.one("src/its/a.c", '  #  include "v4/vpe.h"', "layer its must not see v4/vpe.h")
        self.one("src/evtchn/a.c", '#include "its/its.h"', "layer evtchn must not see its/its.h")

    def test_system_headers(self):
        self.one("src/core/a.c", "#include <string.h>", "own headers and <libvgic/...> only")
        self.one("src/core/a.c", "#include <stdint.h>", "own headers and <libvgic/...> only")
        self.one("src/core/a.c", '#include "libvgic/types.h"', "angle brackets")
        self.one("src/core/a.c", "#include LVGIC_OPS_HEADER", "macro")
        self.one("src/core/internal.h", "#include LVGIC_OPS_HEADER")
        self.one("include/libvgic/b.h", "#include <stdint.h>", "a public header includes")
        self.one("include/libvgic/b.h", '#include "../../src/core/word.h"', "a public header includes")

    def test_glue(self):
        self.one("src/core/a.c", '#include "../../glue/mock/mock.h"', "own headers and <libvgic/...> only")
        self.one("glue/mock/a.c", '#include "../../src/core/word.h"', "reaches into src/")
        self.one("glue/mock/a.c", '#include "core/word.h"', "reaches into src/")
        self.one("tools/vgic/a.c", "#include <v3/dist.h>", "reaches into src/")

    def test_misplaced(self):
        self.one("src/other/a.c", "", "not in a layer")
        self.one("src/a.c", "", "not in a layer")


class Tree(Case):
    def setUp(self):
        super().setUp()
        self.put("include/libvgic/types.h", LICENCE + "".join(
            f"#define LVGIC_VERSION_{part} {number}\n" for part, number in (("MAJOR", 1), ("MINOR", 2), ("PATCH", 3))))
        self.put("src/sources.list", "# " + check_tree.SPDX + "\ncore/a.c\nv3/b.c\n")
        self.put("src/core/a.c", LICENCE)
        self.put("src/v3/b.c", LICENCE)

    def test_in_order(self):
        self.put("CHANGELOG.md", LICENCE + "## 1.2.3\n\nsee https://developer.arm.com/x\n## 0.9\n")
        self.put("data.bin", "\0")
        self.put("golden", "x")
        self.put("golden.license", check_tree.SPDX)
        self.put("seeds/a/b", "x")
        self.put("seeds.license", check_tree.SPDX)
        self.expect(check_tree.check(self.root))

    def test_licence(self):
        self.put("src/core/a.c", "int a;\n")
        self.put("late.txt", "\n" * 20 + LICENCE)
        self.expect(check_tree.check(self.root), "src/core/a.c: no 'SPDX", "late.txt: no 'SPDX")

    def test_words(self):
        self.put("a.md", LICENCE + "in /ho" + "me/me/src\nfrom http" + "://mirror.example.org/x\n")
        self.expect(check_tree.check(self.root), "a.md:2: path of one machine", "a.md:3: link to mirror.example.org")

    def test_sources(self):
        self.put("src/its/c.c", LICENCE)
        os.unlink(os.path.join(self.root, "src/core/a.c"))
        self.expect(check_tree.check(self.root), "src/its/c.c: not in", "core/a.c does not exist")

    def test_sources_sorted(self):
        self.put("src/sources.list", "# " + check_tree.SPDX + "\nv3/b.c\ncore/a.c\n")
        self.expect(check_tree.check(self.root), "not sorted")

    def test_glue_makefile(self):
        self.put("glue/xen/Makefile", "# " + check_tree.SPDX + "\nlvgic-y += core/a.o\nlvgic-y += v3/b.o\n")
        self.expect(check_tree.check(self.root))
        self.put("glue/xen/Makefile", "# " + check_tree.SPDX + "\nlvgic-y += core/a.o\n")
        self.expect(check_tree.check(self.root), "glue/xen/Makefile: not the list of src/sources.list: ['v3/b.c']")

    def test_version(self):
        self.put("CHANGELOG.md", LICENCE + "## 1.2.4\n## 1.2.3\n")
        self.expect(check_tree.check(self.root), "first section is not 1.2.3")

    def test_in_git(self):
        subprocess.run(["git", "init", "-q", self.root], check=True)
        self.put(".gitignore", "# " + check_tree.SPDX + "\n/out\n")
        self.put("out", "ignored, so without a licence")
        self.expect(check_tree.check(self.root))
        self.put("new", "not ignored")
        self.expect(check_tree.check(self.root), "new: no 'SPDX")


class Freestanding(Case):
    def one(self, text, *needed):
        self.expect(self.found(text), *needed)

    def found(self, text):
        objects = []
        for number, part in enumerate((text, "int lvgic_b(int x);\nint lvgic_b(int x) { return x; }")):
            source = self.put(f"{number}.c", part)
            objects.append(f"{self.root}/{number}.o")
            subprocess.run([CC, "-c", "-O1", "-ffreestanding", "-fno-pic", "-o", objects[-1], source], check=True)
        archive = os.path.join(self.root, "all.a")
        if os.path.exists(archive):
            os.unlink(archive)
        subprocess.run([AR, "rcs", archive, *objects], check=True)
        return list(check_freestanding.check(LD, NM, OBJDUMP, archive))

    def test_in_order(self):
        self.one("""
            int lvgic_b(int x);
            void *memcpy(void *, const void *, unsigned long);
            static int (*const table[])(int) = {lvgic_b};
            int lvgic_a(int x, void *p) { memcpy(p, &x, (unsigned long)x); return table[x](x) + lvgic_b(x); }""")

    def test_undefined(self):
        self.one("int puts(const char *); int lvgic_a(void) { return puts(0); }", "undefined symbol puts")
        self.one("int weak(void) __attribute__((weak)); int lvgic_a(void) { return weak ? weak() : 0; }",
                 "undefined symbol weak")
        self.one("unsigned __int128 lvgic_a(unsigned __int128 x, unsigned __int128 y) { return x / y; }",
                 "undefined symbol __udivti3")

    def test_variables(self):
        self.one("static int n; int lvgic_a(void) { return n++; }", "variable n", "section .bss")
        self.one("int lvgic_n = 3;", "variable lvgic_n", "section .data")
        self.assertIn("section .tbss is not empty", self.found("static __thread int n; int lvgic_a(void) { return n++; }"))

    def test_constructor(self):
        self.one("__attribute__((constructor)) void lvgic_a(void) { __asm__ volatile(\"\"); }", "section .init_array")

    def test_name(self):
        self.one("int vgic_a(void) { return 1; }", "external name vgic_a")


class Stack(Case):
    def one(self, text, *needed):
        source = self.put("a.c", text)
        command = [CC, "-c", "-O2", "-fno-optimize-sibling-calls", "-fcallgraph-info=su", "-o", f"{self.root}/a.o", source]
        subprocess.run(command, check=True)
        self.expect(check_stack.check(1024, [f"{self.root}/a.o"]), *needed)

    def test_in_order(self):
        self.one("int g(int); __attribute__((noinline)) static int f(int x) { return g(x) + 1; } int h(int x) { return f(x); }")

    def test_large(self):
        self.one("void g(char *); void f(void) { char b[2000]; g(b); }", "f: 20")

    def test_dynamic(self):
        self.one("void g(char *); void f(int n) { char b[n]; g(b); }", "f: its use of stack is dynamic")

    def test_recursion(self):
        self.one("int f(int n) { return n ? f(n - 1) : 0; }", "recursion: f -> f")
        self.one("""
            int f(int); int h(int);
            __attribute__((noinline)) int g(int n) { return n ? f(n - 1) + 1 : h(n); }
            __attribute__((noinline)) int f(int n) { return n ? g(n - 1) * 3 : 0; }""", "recursion: ")

    def test_nothing(self):
        self.one("extern int x;", "nothing was checked")


class Readme(Case):
    readme = "text\n<!-- example -->\n```c\n{}```\n\n```c\nother\n```\n"

    def test_in_order(self):
        self.expect(check_readme.check(self.readme.format("int a;\n\nint b;\n"), LICENCE + "\nint a;\n\nint b;\n"))

    def test_differs(self):
        self.assertIn("-int a;", list(check_readme.check(self.readme.format("int b;\n"), LICENCE + "int a;\n")))

    def test_absent(self):
        self.expect(check_readme.check("```c\nint a;\n```\n", "int a;\n"), "0 C blocks")


if __name__ == "__main__":
    CC, AR, LD, NM, OBJDUMP = sys.argv[1:6]
    unittest.main(argv=sys.argv[:1])
