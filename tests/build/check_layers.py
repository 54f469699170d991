#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""Who may include whom.

    src/core <- src/v3 <- src/its; v4 and evtchn are reached through src/v4/v4.h and src/evtchn/evtchn.h only.
    src/ and include/ include nothing outside of the library; only include/libvgic/port.h includes standard headers.
    glue/, tools/, bench/ and examples/ see include/libvgic only.

usage: check_layers.py ROOT
"""
import os
import re
import sys

# Layer: the layers whose headers it may include.
BELOW = {
    "core": {"core"},
    "v3": {"core", "v3"},
    "its": {"core", "v3", "its"},
    "v4": {"core", "v3", "its", "v4"},
    "evtchn": {"core", "v3", "evtchn"},
}
# The one header through which any layer may reach these.
DOORS = {"v4/v4.h", "evtchn/evtchn.h"}
OUTSIDE = ("glue", "tools", "bench", "examples")
# Headers that the embedder may provide, and the one file that includes each.
MACROS = {"LVGIC_PORT_HEADER": "include/libvgic/port.h", "LVGIC_OPS_HEADER": "src/core/internal.h"}
STANDARD = {"stdbool.h", "stddef.h", "stdint.h"}

INCLUDE = re.compile(r'^\s*#\s*include\s+(?:(<)([^>]+)>|"([^"]+)"|(\S+))')


def includes(path):
    """(line number, name, in angle brackets, macro) of each #include; the name is None where a macro gives it."""
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            match = INCLUDE.match(line)
            if match:
                yield number, match[2] or match[3], bool(match[1]), match[4]


def inside(root, path, name):
    """The header below src/ that this #include reaches, or None."""
    src = os.path.join(root, "src")
    for base in (os.path.dirname(path), src, root):
        target = os.path.relpath(os.path.join(base, name), src)
        if not target.startswith("..") and os.path.exists(os.path.join(src, target)):
            return target
    return name if name.split("/")[0] in BELOW else None


def problem(root, path, name, angle, macro):
    where = os.path.relpath(path, root).split("/")
    if macro:
        return None if MACROS.get(macro) == "/".join(where) else "macro instead of the name of a header"
    public = name.startswith("libvgic/") and os.path.exists(os.path.join(root, "include", name))
    if where[0] in OUTSIDE:
        return "reaches into src/: only include/libvgic is public" if inside(root, path, name) else None
    if where[0] == "include":
        if public or (where[-1] == "port.h" and name in STANDARD):
            return None
        return "a public header includes <libvgic/...> only (port.h: standard types)"
    if public:
        return None if angle else "public headers are included with angle brackets"
    target = inside(root, path, name)
    if angle or target is None:
        return "src/ includes its own headers and <libvgic/...> only"
    if target in DOORS or target.split("/")[0] in BELOW[where[1]]:
        return None
    return f"layer {where[1]} must not see {target}"


def check(root):
    root = os.path.abspath(root)
    for top in ("src", "include", *OUTSIDE):
        for folder, _, files in os.walk(os.path.join(root, top)):
            for file in files:
                path = os.path.join(folder, file)
                if not file.endswith((".c", ".h")):
                    continue
                if top == "src" and os.path.relpath(folder, root).split("/")[1:2] not in [[x] for x in BELOW]:
                    yield f"{os.path.relpath(path, root)}: not in a layer of src/"
                    continue
                for number, name, angle, macro in includes(path):
                    message = problem(root, path, name, angle, macro)
                    if message:
                        yield f"{os.path.relpath(path, root)}:{number}: {name or macro}: {message}"


if __name__ == "__main__":
    problems = list(check(sys.argv[1]))
    print("\n".join(problems) or "layers: in order")
    sys.exit(bool(problems))
