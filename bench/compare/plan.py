"""How long a comparison will take, told before it starts, and how far it is."""

import dataclasses
import sys
import time

from compare.figures import figures_of

# Beside the load itself: starting and checking a peer, and starting and reading two runs of the generator.
START_SECONDS, ROUND_SECONDS = 1.5, 0.6
# A load before each round that is not counted: connections are open, pools are filled, caches are warm.
WARMUP_SECONDS = 0.5


@dataclasses.dataclass(frozen=True)
class Wish:
    """What the command line changes; None leaves the scenario's own."""

    rounds: int | None = None
    seconds: int | None = None
    peers: tuple | None = None

    def applied(self, scenario):
        return dataclasses.replace(
            scenario, rounds=self.rounds or scenario.rounds, seconds=self.seconds or scenario.seconds,
            peers=tuple(name for name in scenario.peers if self.peers is None or name in self.peers))


def seconds_of(scenario, count):
    """Wall time of a scenario with `count` peers present."""
    turn = WARMUP_SECONDS + scenario.seconds + ROUND_SECONDS
    return len(scenario.points) * count * (START_SECONDS + scenario.rounds * turn)


def clock(seconds):
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


class Progress:
    """Tells a stream what was planned and what was measured, a line a round."""

    def __init__(self, planned, stream=sys.stderr):
        self._planned, self._stream, self._started = planned, stream, time.monotonic()

    def _say(self, text):
        elapsed = clock(time.monotonic() - self._started)
        print(f"[{elapsed} of {clock(self._planned)}] {text}", file=self._stream, flush=True)

    def prepared(self, scenario, point, contestant):
        if not contestant.stands:
            self._say(f"{title(scenario, point)} {contestant.name}: {contestant.status}: {contestant.reason}")

    def measured(self, scenario, point, contestant, number, seconds):
        place = f"{title(scenario, point)} {number}/{scenario.rounds} {contestant.name}"
        if not contestant.stands:
            self._say(f"{place}: {contestant.status}: {contestant.reason}")
            return
        told = ", ".join(f"{figure.text(contestant.rounds[-1][figure.key])} {figure.title}"
                         for figure in figures_of(scenario.unit)[:2])
        self._say(f"{place}: {told} ({seconds:.1f} s)")


def title(scenario, point):
    """two_hop_get, or response_size body=64 KiB."""
    return f"{scenario.name} {scenario.parameter}={point.label}" if scenario.parameter else scenario.name
