"""Runs one point of a scenario: every peer started, checked, then measured in turns, A B A B."""

import threading
import time

import measure
from compare import checks, figures
from compare.plan import WARMUP_SECONDS
from generator import LoadFailed
from peers.peer import Scene

# Slow readers come with the counted run, so their coming is warmed up within it.
SLOW_WARMUP_SECONDS = 1
# How often the memory of a peer is looked at while idle connections come.
LOOK_SECONDS = 0.25


class Contestant:
    """One peer at one point: its scene, its rounds, and why there are no more of them."""

    def __init__(self, peer, scene):
        self.peer, self.scene = peer, scene
        self.rounds, self.reason = [], peer.missing()
        self.status = "absent" if self.reason else "measured"

    @property
    def name(self):
        return self.peer.name

    @property
    def stands(self):
        return self.status == "measured"

    def fail(self, reason):
        self.status, self.reason = "failed", " ".join(str(reason).split())[:600]

    def report(self):
        version = "" if self.status == "absent" else self.peer.version()
        found = {"status": self.status, "reason": self.reason, "version": version}
        if self.rounds:
            found |= {"rounds": self.rounds, "summary": figures.summary(self.rounds)}
        return found


class PeakMemory:
    """The largest resident set seen while entered."""

    def __init__(self, pids):
        self._pids, self._done = pids, threading.Event()
        self.start_bytes = self.peak_bytes = measure.rss_bytes(pids)
        self._thread = threading.Thread(target=self._look, daemon=True)

    def _look(self):
        while not self._done.wait(LOOK_SECONDS):
            try:
                self.peak_bytes = max(self.peak_bytes, measure.rss_bytes(self._pids))
            except OSError:
                return

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *unused):
        self._done.set()
        self._thread.join()


def contestants(world, scenario, point, makers, folder):
    """One for every peer, not started; `makers` are functions that make a peer."""
    found = []
    for make in makers:
        peer = make()
        scene = Scene(world, scenario.topology, folder / peer.name, point.rules,
                      protocol=point.load.protocol)
        scene.folder.mkdir(parents=True)
        found.append(Contestant(peer, scene))
    return found


def start(contestant):
    """Running, or failed with the reason."""
    try:
        contestant.peer.start(contestant.scene)
    except (AssertionError, OSError, NotImplementedError) as error:
        contestant.peer.stop()
        contestant.fail(f"start: {error}")


def prepare(contestant, scenario, point):
    """Started and checked, or failed."""
    start(contestant)
    if contestant.stands:
        try:
            checks.run(contestant.scene, scenario, point, contestant.peer)
        except checks.Failed as failure:
            contestant.fail(f"check {failure}")


def measured(contestant, scenario, point, generator):
    """The figures of one round after a warm-up of its own."""
    peer, scene = contestant.peer, contestant.scene
    generator.start(point.load_for_warmup(), peer, scene, WARMUP_SECONDS).finish()
    with PeakMemory(peer.pids) as memory:
        warmup = SLOW_WARMUP_SECONDS if point.load.slow else 0
        running = generator.start(point.load, peer, scene, scenario.seconds, warmup)
        time.sleep(warmup)
        before = measure.cpu_seconds(peer.pids)
        counted = running.finish()
        spent = measure.cpu_seconds(peer.pids) - before
    if counted["idle_open"] < point.load.idle:
        raise ValueError(f"only {counted['idle_open']} of {point.load.idle} idle connections stood open")
    held = {"rss": memory.peak_bytes, "pss": measure.pss_bytes(peer.pids)}
    return figures.of_round(scenario.unit, counted, spent, held, memory.peak_bytes - memory.start_bytes)


def one_round(contestant, scenario, point, generator):
    """Adds a round, or fails the contestant: a round with an error counts for nothing."""
    if point.load.idle and contestant.rounds:
        contestant.peer.stop()
        start(contestant)
        if not contestant.stands:
            return
    try:
        found = measured(contestant, scenario, point, generator)
    except (LoadFailed, ValueError, KeyError, OSError) as error:
        contestant.fail(f"round {len(contestant.rounds) + 1}: {error}")
        return
    if found["errors"]:
        contestant.fail(f"round {len(contestant.rounds) + 1}: {found['errors']} of {found['requests']} requests failed")
    else:
        contestant.rounds.append(found)


def run_point(scenario, point, field, generator, count, progress):
    """`count` rounds of all contestants of `field`, which all have ended when it returns."""
    try:
        for contestant in field:
            if contestant.stands:
                prepare(contestant, scenario, point)
                progress.prepared(scenario, point, contestant)
        for number in range(1, count + 1):
            for contestant in field:
                if contestant.stands:
                    started = time.monotonic()
                    one_round(contestant, scenario, point, generator)
                    progress.measured(scenario, point, contestant, number, time.monotonic() - started)
    finally:
        for contestant in field:
            if contestant.status != "absent":
                contestant.peer.stop()
    return {contestant.name: contestant.report() for contestant in field}


def ratios(scenario, results, ours):
    """{our peer: {other peer: {figure: ratio}}} of paired rounds, for those that were measured to the end."""
    whole = {name: result["rounds"] for name, result in results.items()
             if result["status"] == "measured" and result.get("rounds")}
    keys = [figure.key for figure in figures.figures_of(scenario.unit)]
    return {own: {other: {key: figures.ratio([one[key] for one in whole[own]], [one[key] for one in rounds])
                          for key in keys} for other, rounds in whole.items() if other != own}
            for own in ours if own in whole}
