"""Folded stacks: how much was spent under each chain of callers, outermost first."""

import collections
import os
import re
import shutil
import subprocess

PERF = shutil.which("perf")
HERTZ = 499
STACK_BYTES = 16384
# Callgrind knows callers and callees, not whole stacks: what is deeper or rarer than this stays with its caller.
DEEPEST, LEAST_SHARE = 60, 0.0005


def perf_missing():
    """Why perf cannot record here; empty when it can. It is asked, not its settings."""
    if PERF is None:
        return "perf is not installed (linux-perf)"
    tried = subprocess.run([PERF, "record", "-e", "cpu-clock", "-o", os.devnull, "--", "true"], capture_output=True,
                           text=True, timeout=20, check=False)
    return "" if tried.returncode == 0 else "perf: " + tried.stderr.strip().split("\n")[-1]


class PerfRecord:
    """Samples user and kernel stacks of running processes until finish()."""

    def __init__(self, pids, file):
        self._file = file
        self._process = subprocess.Popen(
            [PERF, "record", "-q", "-e", "cpu-clock", "-F", str(HERTZ), "--call-graph", f"dwarf,{STACK_BYTES}", "-o",
             str(file), "-p", ",".join(map(str, pids))], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE, text=True)

    def finish(self):
        """{(frame, …): samples}"""
        self._process.terminate()
        said = self._process.communicate(timeout=60)[1]
        told = subprocess.run([PERF, "script", "-i", str(self._file), "-F", "comm,ip,sym,dso"], capture_output=True,
                              text=True, errors="replace", timeout=600, check=False)
        found = folded_perf(told.stdout)
        if not found:
            raise RuntimeError(f"perf recorded nothing: {said.strip()[-300:]}")
        return found


def folded_perf(text):
    """What `perf script` printed, as {(frame, …): samples}. Kernel frames end in "_[k]"."""
    found = collections.Counter()
    for sample in text.split("\n\n"):
        frames = []
        for line in sample.strip().split("\n")[1:]:
            place = re.match(r"\s*[0-9a-f]+\s+(.*?)(?:\+0x[0-9a-f]+)?\s+\((.*)\)$", line)
            if place:
                frames.append(_frame(*place.groups()))
        if frames:
            found[tuple(reversed(frames))] += 1
    return dict(found)


def _frame(symbol, module):
    if symbol == "[unknown]":
        symbol = os.path.basename(module.split(" ")[0])
    return short_name(symbol) + ("_[k]" if module.startswith("[") and module not in ("[vdso]", "[stack]") else "")


def short_name(symbol):
    """Without arguments, template arguments and the clones' numbers: what a person calls it."""
    name = re.sub(r"\[clone [^]]*\]|\[abi:[^]]*\]", "", symbol)
    while (shorter := re.sub(r"<[^<>]*>|\([^()]*\)", "", name)) != name:
        name = shorter
    name = name.replace(" const", "").strip()
    return name.split(" ")[-1] if " " in name and "operator" not in name else name or symbol


def folded_callgrind(profile):
    """A callgrind profile as {(frame, …): instructions}. A function's cost is split among its callers in proportion to
    their calls' costs, since callgrind does not keep whole stacks apart."""
    own, calls = _read_callgrind(profile)
    inclusive = {name: own[name] + sum(calls[name].values()) for name in {*own, *calls}}
    called = {callee for name in calls for callee in calls[name] if callee != name}
    roots = [name for name in inclusive if name not in called] or [max(inclusive, key=inclusive.get)]
    found = collections.Counter()
    least = LEAST_SHARE * sum(own.values())

    def walk(path, share):
        name = path[-1]
        scale = share / inclusive[name] if inclusive[name] else 0
        deep = len(path) >= DEEPEST
        for callee, cost in calls[name].items():
            if deep or callee in path or cost * scale < least:
                found[path] += cost * scale
            else:
                walk((*path, callee), cost * scale)
        found[path] += own[name] * scale

    for root in roots:
        if inclusive[root] >= least:
            walk((root,), inclusive[root])
    return {path: cost for path, cost in found.items() if cost >= 1}


def _function(name, module):
    """Where there is no symbol, the place in its library."""
    return f"{module}+{name.lower().replace('0x', '').lstrip('0')}" if name.startswith("0x") else short_name(
        re.sub(r"'\d+$", "", name))


def _read_callgrind(profile):
    """({function: own cost}, {function: {callee: cost of the calls}}) of a file as valgrind's manual, §6.2, has it."""
    own, calls = collections.Counter(), collections.defaultdict(collections.Counter)
    modules = {"ob": "", "cob": ""}
    names, objects, function, callee = {}, {}, "", None
    for line in profile.read_text(encoding="utf-8", errors="replace").split("\n"):
        if named := re.match(r"(c?fn|c?ob)=\((\d+)\)(?: (.*))?", line):
            kind, number, name = named.groups()
            if kind.endswith("ob"):
                objects[number] = os.path.basename(name) if name else objects[number]
                modules[kind] = objects[number]
                continue
            if name:
                module = modules["cob"] if kind == "cfn" and modules["cob"] else modules["ob"]
                names[number] = _function(name, module)
            if kind == "fn":
                function = names[number]
            else:
                callee, modules["cob"] = names[number], ""  # said only where it differs from the caller's
        elif line[:1] in "0123456789+-*" and (costs := line.split(" "))[1:2]:
            if callee is None:
                own[function] += int(costs[1])
            elif callee != function:
                calls[function][callee] += int(costs[1])
            callee = None
    return own, calls
