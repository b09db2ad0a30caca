"""Connections of one attack, opened again whenever they are closed, in a process that only runs where nobody else wants to."""

import collections
import multiprocessing
import os
import threading
import time

from floods.attacks import begin, ending
from floods.priority import step_back
from h2_wire import Wire

CONNECTIONS = 4
LONGEST_SECONDS = 30
LAST_WORDS_SECONDS = 0.1


class Attackers:
    """Runs from start until stop(), which returns {ending: how often} and how many connections there were."""

    def __init__(self, attack, endpoint, source, core):
        fork = multiprocessing.get_context("fork")
        self._ends, (self._told, tells) = fork.Event(), fork.Pipe(duplex=False)
        self._process = fork.Process(target=_run, args=(attack, endpoint, source, core, self._ends, tells), daemon=True)
        self._process.start()

    def stop(self):
        self._ends.set()
        try:
            endings = self._told.recv() if self._told.poll(LONGEST_SECONDS) else {"did not end": 1}
        finally:
            self._process.join(1)
            self._process.kill()
            self._process.join()
        return endings


def _run(attack, endpoint, source, core, ends, tells):
    if core is not None:
        os.sched_setaffinity(0, {core})
    step_back()
    endings, until = collections.Counter(), time.monotonic() + LONGEST_SECONDS
    threads = [threading.Thread(target=_repeat, args=(attack, endpoint, source, ends, until, endings), daemon=True)
               for _ in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.0, until - time.monotonic()))
    tells.send(dict(endings))


def _repeat(attack, endpoint, source, ends, until, endings):
    def over():
        return ends.is_set() or time.monotonic() >= until

    while not over():
        try:
            with Wire(endpoint, source=source, receive_buffer=attack.receive_buffer) as wire:
                attack.send(begin(wire, attack.settings), over)
                wire.read_until(lambda: wire.closed, LAST_WORDS_SECONDS)
                endings[ending(wire)] += 1
        except OSError:
            endings["not let in"] += 1
            time.sleep(LAST_WORDS_SECONDS)
