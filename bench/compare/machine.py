"""On what, of what and when a comparison was measured."""

import datetime
import os
import pathlib
import platform
import re
import shlex
import ssl

from binaries import ROOT, shown
from peers.peer import first_line


def cpu_model():
    text = pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8")
    found = re.search(r"^model name\s*:\s*(.+)$", text, re.MULTILINE)
    return found.group(1) if found else platform.machine()


def memory_bytes():
    found = re.search(r"^MemTotal:\s+(\d+) kB", pathlib.Path("/proc/meminfo").read_text(encoding="ascii"), re.MULTILINE)
    return int(found.group(1)) * 1024


def system():
    return platform.freedesktop_os_release().get("PRETTY_NAME", platform.system())


def commit():
    """The short id, "-dirty" behind it when files differ; "unknown" outside a repository."""
    said = first_line("git", "-C", str(ROOT), "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*")
    return said if re.fullmatch(r"[0-9a-f]{7,40}(-dirty)?", said) else "unknown"


def described(arguments, binary, generator):
    """{what: text}, in the order of a reader's questions."""
    return {
        "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
        "command": shlex.join(["./dev", "bench", "compare", *arguments]),
        "commit": commit(),
        "cpu": f"{cpu_model()}, {os.cpu_count()} cores",
        "memory": f"{memory_bytes() / (1 << 30):.1f} GiB",
        "system": f"{system()}, kernel {platform.release()}",
        "openssl": ssl.OPENSSL_VERSION,
        "gabion": f"{first_line(str(binary), 'version')}, {shown(binary)}",
        "gabion-bench": first_line(str(generator), "--version"),
    }
