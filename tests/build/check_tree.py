#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""What must hold for the files of the tree.

    Each text file names the licence in its first lines (FILE.license may do it for a file that cannot, FOLDER.license
    for all files in a folder).
    No path of somebody's machine, and links only to hosts that outlive us.
    src/sources.list, which other build systems read, lists exactly the .c files of src/, sorted; so does the Makefile of
    a glue that compiles them itself (GLUE_MAKEFILES).
    CHANGELOG.md opens with the version of include/libvgic/types.h.

usage: check_tree.py ROOT
"""
import os
import re
import subprocess
import sys

SPDX = "SPDX-License-Identifier: " + "GPL-2.0-or-later OR BSD-2-Clause"
GLUE_MAKEFILES = {"glue/xen/Makefile": re.compile(r"^lvgic-y \+= (\S+)\.o$", re.MULTILINE)}
LICENCE_TEXTS = ("LICENSES/",)
MACHINE_PATH = re.compile(r"""(?:^|[\s"'=(:,`])(/(?:home|root|work|Users)/[\w.]\S*)""")
LINK = re.compile(r"\b(?:https?|git|ftp)://([\w.-]+)")
HOSTS = (
    "arm.com", "kernel.org", "xenproject.org", "xen.org", "qemu.org", "unicorn-engine.org", "cmake.org", "cmocka.org",
    "gnu.org", "llvm.org", "spdx.org", "opensource.org", "semver.org", "keepachangelog.com", "usenix.org", "acm.org",
    "www.debian.org", "github.com",
)
ENDINGS = tuple("." + host for host in HOSTS)


def files(root):
    """Paths below root that are, or could be, in version control."""
    if os.path.exists(os.path.join(root, ".git")):
        command = ["git", "-C", root, "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        names = subprocess.run(command, check=True, capture_output=True).stdout.decode().split("\0")
        return sorted({name for name in names if name and os.path.isfile(os.path.join(root, name))})
    found = []
    for folder, folders, names in os.walk(root):
        if folder == root and "build" in folders:
            folders.remove("build")
        found += [os.path.relpath(os.path.join(folder, name), root) for name in names]
    return sorted(found)


def read(root, name):
    with open(os.path.join(root, name), "rb") as file:
        return file.read()


def has_sidecar(root, name):
    while name:
        sidecar = os.path.join(root, name + ".license")
        if os.path.exists(sidecar) and SPDX in read(root, name + ".license").decode():
            return True
        name = os.path.dirname(name)
    return False


def text_problems(root):
    for name in files(root):
        data = read(root, name)
        if b"\0" in data or not data:
            continue
        text = data.decode("utf-8", "replace")
        if not name.startswith(LICENCE_TEXTS):
            head = "\n".join(text.splitlines()[:8])
            if SPDX not in head and not has_sidecar(root, name):
                yield f"{name}: no '{SPDX}' in the first lines"
            for number, line in enumerate(text.splitlines(), 1):
                for match in MACHINE_PATH.finditer(line):
                    yield f"{name}:{number}: path of one machine: {match[1]}"
                for match in LINK.finditer(line):
                    if not ("." + match[1]).endswith(ENDINGS):
                        yield f"{name}:{number}: link to {match[1]}, not one of the known hosts (tests/build/check_tree.py)"


def source_problems(root):
    listed = [line for line in read(root, "src/sources.list").decode().splitlines() if line and line[0] != "#"]
    present = [name[len("src/"):] for name in files(root) if name.startswith("src/") and name.endswith(".c")]
    if listed != sorted(set(listed)):
        yield "src/sources.list: not sorted, or a file twice"
    for name in sorted(set(present) - set(listed)):
        yield f"src/{name}: not in src/sources.list"
    for name in sorted(set(listed) - set(present)):
        yield f"src/sources.list: {name} does not exist"
    for makefile, pattern in GLUE_MAKEFILES.items():
        if os.path.exists(os.path.join(root, makefile)):
            built = [name + ".c" for name in pattern.findall(read(root, makefile).decode())]
            if built != listed:
                yield f"{makefile}: not the list of src/sources.list: {sorted(set(built) ^ set(listed)) or 'the order'}"


def version_problems(root):
    numbers = dict(re.findall(r"#define LVGIC_VERSION_(\w+)\s+(\d+)", read(root, "include/libvgic/types.h").decode()))
    version = ".".join(numbers.get(part, "?") for part in ("MAJOR", "MINOR", "PATCH"))
    if not os.path.exists(os.path.join(root, "CHANGELOG.md")):
        return
    heading = re.search(r"^## \[?v?([\w.]+)", read(root, "CHANGELOG.md").decode(), re.M)
    if not heading or heading[1] not in (version, "Unreleased"):
        yield f"CHANGELOG.md: its first section is not {version}, the version of include/libvgic/types.h"


def check(root):
    yield from text_problems(root)
    yield from source_problems(root)
    yield from version_problems(root)


if __name__ == "__main__":
    problems = list(check(sys.argv[1]))
    print("\n".join(problems) or "tree: in order")
    sys.exit(bool(problems))
