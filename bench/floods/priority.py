"""Keeps the machine's other work out of what is measured, as far as this user may."""

import os
import shutil

import cores

FIRST = [shutil.which("chrt"), "--fifo", "1"] if os.geteuid() == 0 and shutil.which("chrt") else []


def undisturbed(core):
    """The words before a command on this core that runs before all others: root may ask for it. They rest most of the time;
    a proxy that never did would be set back by the kernel for 50 ms a second."""
    return [*cores.pinned(core), *FIRST]


def step_back():
    """For an attacker, on the load's core: the load must not wait for its Python, or that would be measured."""
    if not FIRST:
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
