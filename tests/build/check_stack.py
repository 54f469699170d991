#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause
"""Stack use and recursion of src/, from what GCC says with -fcallgraph-info=su.

Fails on a function that uses LIMIT bytes of stack or more, or an amount not known when it is compiled, and on a cycle
of direct calls. Calls through pointers (ops, rows of tables) are not followed. Reports the deepest chain of calls.

usage: check_stack.py LIMIT OBJECT...     each with its .ci file beside it
"""
import os
import re
import sys

NODE = re.compile(r'^node: \{ title: "([^"]+)" label: "([^"]*)"')
EDGE = re.compile(r'^edge: \{ sourcename: "([^"]+)" targetname: "([^"]+)"')
STACK = re.compile(r"(\d+) bytes \(([^)]*)\)")


def load(objects):
    """Stack use of each function, {name: (bytes, kind)}, and the calls, {name: {name}}."""
    stack, calls = {}, {}
    for name in objects:
        with open(os.path.splitext(name)[0] + ".ci", encoding="utf-8") as file:
            for line in file:
                node, edge = NODE.match(line), EDGE.match(line)
                used = STACK.search(node[2]) if node else None
                if used:
                    stack[node[1]] = (int(used[1]), used[2])
                if edge:
                    calls.setdefault(edge[1], set()).add(edge[2])
    return stack, calls


def deepest(stack, calls, name, path, known):
    """(bytes, chain) of the deepest chain of calls that starts at a function; raises on a cycle."""
    if name in path:
        raise RecursionError(" -> ".join(path[path.index(name):] + [name]))
    if name not in known:
        best = (0, [])
        for callee in sorted(calls.get(name, ())):
            if callee in stack:
                best = max(best, deepest(stack, calls, callee, path + [name], known), key=lambda found: found[0])
        known[name] = (best[0] + stack[name][0], [name] + best[1])
    return known[name]


def check(limit, objects, report=lambda text: None):
    stack, calls = load(objects)
    if not stack:
        yield "no function found: nothing was checked"
    for name, (used, kind) in sorted(stack.items()):
        if kind != "static":
            yield f"{name}: its use of stack is {kind}"
        if used >= limit:
            yield f"{name}: {used} bytes of stack, the limit is under {limit}"
    known = {}
    for name in sorted(stack):
        try:
            deepest(stack, calls, name, [], known)
        except RecursionError as cycle:
            yield f"recursion: {cycle}"
            return
    if known:
        used, chain = max(known.values(), key=lambda found: found[0])
        report(f"deepest chain of direct calls: {used} bytes: {' > '.join(link.split(':')[-1] for link in chain)}")


if __name__ == "__main__":
    problems = list(check(int(sys.argv[1]), sys.argv[2:], print))
    print("\n".join(problems) or "stack: in order")
    sys.exit(bool(problems))
