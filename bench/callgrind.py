"""Counting a running program's instructions: callgrind is switched on only while the requests run."""

import re
import shutil
import subprocess

VALGRIND = shutil.which("valgrind")
SECONDS = 120


def prefix(folder):
    """The words before a command, for Scene.tool: it runs uncounted until counting() says otherwise."""
    return (VALGRIND, "--tool=callgrind", "--instr-atstart=no", f"--callgrind-out-file={folder}/callgrind.out.%p")


def _control(pid, *words):
    subprocess.run(["callgrind_control", *words, str(pid)], check=True, capture_output=True, timeout=SECONDS)


def counted(pids, folder, work):
    """Runs `work()`; one profile of it for each process, as callgrind wrote it."""
    for pid in pids:
        _control(pid, "-z")
        _control(pid, "-i", "on")
    work()
    found = []
    for pid in pids:
        before = set(folder.glob(f"callgrind.out.{pid}*"))
        _control(pid, "-d")
        _control(pid, "-i", "off")
        written = sorted(set(folder.glob(f"callgrind.out.{pid}*")) - before)
        if len(written) != 1:
            raise RuntimeError(f"callgrind wrote {len(written)} profiles of process {pid}")
        found.append(written[0])
    return found


def total(profile):
    """User-space instructions in one profile."""
    return int(re.search(r"^(?:summary|totals): (\d+)", profile.read_text(encoding="utf-8"), re.MULTILINE).group(1))
