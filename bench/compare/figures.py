"""What a round is worth in numbers, and what several rounds allow to say about two peers."""

import dataclasses
import statistics

# Paired ratios that differ by more than this share of their median are not printed.
STEADY = 0.20
MIB = 1 << 20
# What one unit of work is, and how many of them a finished load did.
UNITS = {
    "request": lambda counted: counted["requests"],
    "message": lambda counted: counted["requests"],
    "handshake": lambda counted: counted["handshakes"],
    "MiB": lambda counted: (counted["bytes_sent"] + counted["bytes_received"]) / MIB,
    "idle connection": lambda counted: counted["idle_open"],
}


@dataclasses.dataclass(frozen=True)
class Figure:
    """How a number of a round is called and written; `scale` takes it to its printed unit."""

    key: str
    title: str
    scale: float = 1
    digits: int = 1

    def text(self, value):
        return f"{value * self.scale:,.{self.digits}f}"


def figures_of(unit):
    """The figures of a scenario, the compared one first."""
    memory = (Figure("rss", "RSS MiB", 1 / MIB), Figure("pss", "PSS MiB", 1 / MIB))
    if unit == "idle connection":
        return (Figure("idle_bytes", "KiB per connection", 1 / 1024, 2), Figure("idle", "connections", digits=0),
                *memory)
    return (Figure("cpu", f"CPU µs/{unit}"), Figure("rate", f"{unit}s/s" if unit != "MiB" else "MiB/s", digits=0),
            Figure("p50", "p50 ms", 1e-3, 2), Figure("p99", "p99 ms", 1e-3, 2), Figure("p99.9", "p99.9 ms", 1e-3, 2),
            *memory)


def compared(unit):
    """The figure whose ratio is printed: the cost of a unit of work."""
    return figures_of(unit)[0].key


def of_round(unit, counted, cpu_seconds, memory, grown):
    """The figures of one round: `counted` by the generator, the rest seen from outside. `memory` is {rss, pss};
    `grown` the resident bytes gained while the load stood."""
    work = UNITS[unit](counted)
    if not work:
        raise ValueError(f"no {unit} was done: {counted}")
    found = {"errors": counted["errors"]["total"], "requests": counted["requests"], **memory}
    if unit == "idle connection":
        return {**found, "idle_bytes": grown / work, "idle": work}
    latency = {key: counted["latency_us"][key] for key in ("p50", "p90", "p99", "p99.9")}
    return {**found, "cpu": cpu_seconds * 1e6 / work, "rate": work / counted["seconds"], **latency}


def summary(rounds):
    """Median, least and most of each figure over the rounds."""
    return {key: {"median": statistics.median(values), "min": min(values), "max": max(values)}
            for key in rounds[0] for values in [[one[key] for one in rounds]]}


def ratio(ours, theirs):
    """What paired rounds say about ours / theirs: median, min, max, spread, and `steady`, without which nobody may
    print the median. One pair is no spread, so it is never steady; a zero on their side makes it unknown."""
    pairs = list(zip(ours, theirs))
    if not pairs or not all(second for _, second in pairs):
        return {"rounds": len(pairs), "steady": False, "why": "nothing to compare"}
    found = [first / second for first, second in pairs]
    middle = statistics.median(found)
    spread = (max(found) - min(found)) / middle if middle else float("inf")
    why = "one round" if len(found) < 2 else "unsteady" if spread > STEADY else ""
    return {"rounds": len(found), "median": middle, "min": min(found), "max": max(found), "spread": spread,
            "steady": not why, "why": why}


def ratio_text(found):
    """×0.85 (0.83–0.88), or why there is no ratio, with the spread."""
    if "median" not in found:
        return found["why"]
    digits = 3 if found["median"] < 0.1 else 2
    spread = f"{found['min']:.{digits}f}–{found['max']:.{digits}f}"
    return f"×{found['median']:.{digits}f} ({spread})" if found["steady"] else f"{found['why']} ({spread})"
