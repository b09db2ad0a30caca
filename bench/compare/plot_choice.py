"""Which plots a scenario gets: bars and percentiles at one point, curves over a sweep."""

from compare import plots
from compare.figures import compared, figures_of

PERCENTILES = ("p50", "p90", "p99", "p99.9")


def plots_of(scenario):
    """SVG texts; none where nothing was measured."""
    measured = [{name: peer["summary"] for name, peer in point["peers"].items()
                 if peer["status"] == "measured" and "summary" in peer} for point in scenario["points"]]
    if not any(measured):
        return []
    return _over_sweep(scenario, measured) if scenario["parameter"] else _at_point(scenario, measured[0])


def _figures(scenario, keys):
    return [figure for figure in figures_of(scenario["unit"]) if figure.key in keys]


def _at_point(scenario, summaries):
    found = [plots.bars(f"{scenario['name']} {figure.key}", figure.title,
                        [(name, *_scaled(figure, summary[figure.key])) for name, summary in summaries.items()])
             for figure in _figures(scenario, {compared(scenario["unit"]), "rate"})]
    if all("p50" in summary for summary in summaries.values()):
        lines = {name: [(place, *(summary[key][part] / 1000 for part in ("median", "min", "max")))
                        for place, key in enumerate(PERCENTILES)] for name, summary in summaries.items()}
        found.append(plots.curves(f"{scenario['name']} latency", "latency ms", lines, list(enumerate(PERCENTILES))))
    return found


def _over_sweep(scenario, measured):
    """Cost, throughput and slow answers against the swept value; a peer appears where it was measured."""
    ticks = [(place, point["label"]) for place, point in enumerate(scenario["points"])]
    found = []
    for figure in _figures(scenario, {compared(scenario["unit"]), "rate", "p99"}):
        lines = {}
        for place, summaries in enumerate(measured):
            for name, summary in summaries.items():
                lines.setdefault(name, []).append((place, *_scaled(figure, summary[figure.key])))
        found.append(plots.curves(f"{scenario['name']} {figure.key}", f"{figure.title} against {scenario['parameter']}",
                                  lines, ticks))
    return found


def _scaled(figure, numbers):
    return tuple(numbers[part] * figure.scale for part in ("median", "min", "max"))
