"""Which core runs what: all proxies share one, load and application another."""

import os
import shutil

TASKSET = shutil.which("taskset")


def chosen():
    """(core of the proxies, core of load and application); (None, None) where there is no choice."""
    allowed = sorted(os.sched_getaffinity(0))
    if TASKSET is None or len(allowed) < 2:
        return None, None
    return allowed[0], allowed[1]


def pinned(core):
    """The words before a command that keep it on one core."""
    return [] if core is None else [TASKSET, "-c", str(core)]
