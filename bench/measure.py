"""What a run costs, seen from outside: CPU time and memory from /proc; the two requests that are counted one by one."""

import os
import pathlib
import re

from raw_client import RawClient, request
from world import HOST

TICKS = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")
JSON_BODY = '{"order":' + '{"id":4711,"customer":"Grace Hopper","lines":[' + ",".join(
    f'{{"sku":"A-{number:04d}","count":{number},"price":"{number}.99"}}' for number in range(1, 9)) + ']}}'
JSON_BODY = JSON_BODY[:-1] + ',"note":"' + "n" * (430 - len(JSON_BODY) - 10) + '"}'
assert len(JSON_BODY) == 430

# The two requests whose instructions are counted.
REQUESTS = {
    "GET 1 KiB": ("GET", "/index.txt", [], b""),
    "POST 430 B JSON": ("POST", "/json", [("Content-Type", "application/json")], JSON_BODY.encode()),
}


def children_of(task):
    """The ids of the processes that a thread started; none when the thread has just ended."""
    try:
        return [int(word) for word in (task / "children").read_text(encoding="ascii").split()]
    except (FileNotFoundError, ProcessLookupError):
        return []


def with_children(pids):
    """The ids and those of all their descendants, of every thread."""
    found, open_ends = [], list(pids)
    while open_ends:
        pid = open_ends.pop()
        found.append(pid)
        for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
            open_ends += children_of(task)
    return found


def cpu_seconds(pids):
    """utime + stime of all threads of these processes and their children (proc(5))."""
    total = 0
    for pid in with_children(pids):
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
        total += int(fields[11]) + int(fields[12])
    return total / TICKS


def rss_bytes(pids):
    """Resident bytes, shared pages counted in each process."""
    return sum(int(pathlib.Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]) * PAGE
               for pid in with_children(pids))


def pss_bytes(pids):
    """Proportional set size: a page of n processes counts 1/n in each. Walks the page tables: not while measuring."""
    return sum(int(re.search(r"^Pss:\s+(\d+) kB", pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii"),
                             re.MULTILINE).group(1)) * 1024 for pid in with_children(pids))


def ask_many(endpoint, wanted, count):
    """`count` requests, one after another over one connection; `wanted` is one of REQUESTS' values."""
    method, path, headers, body = wanted
    wire = request(method, path, headers, body, HOST)
    with RawClient(endpoint, seconds=60) as asking:
        for _ in range(count):
            asking.send(wire)
            answer = asking.read()
            if answer.status != 200:
                raise RuntimeError(f"{path}: {answer}")
