"""What pgbench is told to do through a peer, and what it says it has done."""

import dataclasses
import pathlib
import re
import subprocess
import tempfile

import cores
from addresses import split
from postgres.peers import DATABASE
from postgres_server import BINARIES, OWNER

ROWS = """\\set first random(1, 100000 * :scale - 1000)
SELECT aid, bid, abalance, filler FROM pgbench_accounts WHERE aid BETWEEN :first AND :first + 999;
"""
LOADS = {  # name: (arguments of pgbench, script or None, most that ours may cost of pgbouncer's or None: it is told, not judged)
    "select-only simple": (("-S", "-M", "simple"), None, 1.0),
    "select-only extended": (("-S", "-M", "extended"), None, 1.0),
    "select-only prepared": (("-S", "-M", "prepared"), None, 1.0),
    "1,000 rows": (("-M", "simple"), ROWS, 0.5),
    "a session each": (("-S", "-C", "-M", "simple"), None, None),
}
CLIENTS = 8


@dataclasses.dataclass(frozen=True)
class Done:
    transactions: int
    per_second: float
    p50: float  # microseconds
    p99: float


def prepare(endpoint, scale):
    run(endpoint, "-i", "-q", "-s", str(scale))


def run(endpoint, *arguments, core=None, folder=None):
    address, port = split(endpoint)
    command = [*cores.pinned(core), str(BINARIES / "pgbench"), "-h", address, "-p", str(port), "-U", OWNER, *arguments, DATABASE]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, cwd=folder,
                          env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "PGSSLMODE": "disable"})
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr[-2000:]}")
    return done.stdout


def load(name, endpoint, seconds, scale, core, clients=CLIENTS):
    """Answers Done; every transaction counts, none may fail."""
    arguments, script, _ = LOADS[name]
    with tempfile.TemporaryDirectory(prefix="gabion-pgbench-") as folder:
        if script is not None:
            file = pathlib.Path(folder) / "script.sql"
            file.write_text(script, encoding="ascii")
            arguments = (*arguments, "-f", str(file), "-D", f"scale={scale}")
        said = run(endpoint, "-n", "-c", str(clients), "-j", "1", "-T", str(seconds), "-l", *arguments, core=core, folder=folder)
        latencies = sorted(float(line.split()[2]) for path in pathlib.Path(folder).glob("pgbench_log.*")
                           for line in path.read_text(encoding="ascii").splitlines())
    failed = re.search(r"number of failed transactions: (\d+)", said)
    if failed and int(failed.group(1)):
        raise RuntimeError(f"{failed.group(1)} transactions failed")
    count = int(re.search(r"number of transactions actually processed: (\d+)", said).group(1))
    rate = float(re.search(r"tps = ([\d.]+)", said).group(1))
    return Done(count, rate, latencies[len(latencies) // 2], latencies[len(latencies) * 99 // 100])
