"""The comparison as one HTML page that needs nothing else: figures, plots, machine, commands."""

import html
import pathlib

from compare.figures import compared, figures_of, ratio_text
from compare.plot_choice import plots_of
from peers.gabion import OURS

STYLE = pathlib.Path(__file__).with_name("report.css")
READING = (
    "All peers of a scenario run on this machine in the same minutes and take turns, round by round. Proxies share one "
    "core; load and application share another. CPU is what the kernel charged the proxies' processes (all hops, all "
    "threads), divided by the work done. Numbers are medians, small ones below them least and most over the rounds; "
    "whiskers and bands in plots are the same. A ratio is ours ÷ theirs, taken round by round: below 1 means that ours "
    "needs less. Where rounds disagree by more than 20 % no ratio is given. Every peer has passed the named checks "
    "before it was measured; one that failed is not measured.")


def page(result):
    """The text of the page; `result` is the JSON of a comparison."""
    title = f"Gabion side by side, {result['machine']['date']}"
    sections = "".join(_section(scenario) for scenario in result["scenarios"])
    return (f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
            f'<meta name="viewport" content="width=device-width, initial-scale=1">\n<title>{_text(title)}</title>\n'
            f'<style>\n{STYLE.read_text(encoding="utf-8")}</style>\n</head>\n<body>\n<main>\n'
            f"<h1>Gabion side by side</h1>\n"
            f"{_machine(result['machine'])}\n<h2>Cost of ours ÷ cost of each peer</h2>\n{_overview(result)}\n"
            f'<p class="reading">{_text(READING)}</p>\n{_versions(result)}\n{sections}</main>\n</body>\n</html>\n')


def _text(value):
    return html.escape(str(value))


def _machine(machine):
    rows = "".join(f"<dt>{_text(name)}</dt><dd>{_text(value)}</dd>" for name, value in machine.items())
    return f'<dl class="machine">{rows}</dl>'


def _versions(result):
    """Every peer once, with its version or why it is not here."""
    found = {}
    for scenario in result["scenarios"]:
        for point in scenario["points"]:
            for name, peer in point["peers"].items():
                found.setdefault(name, peer["version"] or peer["reason"])
    rows = "".join(f"<dt>{_peer(name)}</dt><dd>{_text(said)}</dd>" for name, said in found.items())
    return f'<dl class="machine">{rows}</dl>'


def _peer(name):
    return f'<span class="swatch" style="background:var(--{_text(name)})"></span>{_text(name)}'


def _overview(result):
    """A row a point and peer of ours, a column a peer: the ratio of the compared figure."""
    columns = list(dict.fromkeys(name for scenario in result["scenarios"] for point in scenario["points"]
                                 for name in point["peers"] if name not in OURS))
    rows = []
    for scenario in result["scenarios"]:
        for point in scenario["points"]:
            for own, others in point["ratios"].items():
                value = f" {scenario['parameter']}={point['label']}" if scenario["parameter"] else ""
                name = _text(scenario["name"] + value)
                cells = "".join(_overview_cell(scenario, point, own, others, column) for column in columns)
                rows.append(f'<tr><th>{name}</th><td class="name">{_peer(own)}</td>{cells}</tr>')
    heads = "".join(f"<th>÷ {_text(name)}</th>" for name in columns)
    heads = f'<tr><th>scenario</th><th class="name">ours</th>{heads}</tr>'
    return f'<div class="wide"><table>{heads}{"".join(rows)}</table></div>'


def _overview_cell(scenario, point, own, others, column):
    if column not in point["peers"]:
        return '<td class="none"></td>'
    if column in others:
        return _ratio(others[column][compared(scenario["unit"])])
    return f'<td class="none">{_text(point["peers"][column]["status"])}</td>'


def _ratio(found):
    kind = "unsteady"
    if found["steady"]:
        kind = "less" if found["max"] < 1 else "more" if found["min"] > 1 else "same"
    text, _, spread = ratio_text(found).partition(" (")
    small = f"<small>{_text(spread.rstrip(')'))}</small>" if spread else ""
    return f'<td class="{kind}">{_text(text)}{small}</td>'


def _section(scenario):
    facts = [scenario["topology"].replace("_", " "), f"{scenario['connections']} connections",
             f"{scenario['rounds']} rounds of {scenario['seconds']} s",
             "checks: " + (", ".join(name.replace("_", " ") for name in scenario["checks"]) or "none")]
    tables = "".join(_table(scenario, point) for point in scenario["points"])
    plots = "".join(f'<figure>{svg}</figure>' for svg in plots_of(scenario))
    name = _text(scenario["name"])
    return (f'<section id="{name}">\n<h2>{name}</h2>\n<p>{_text(scenario["description"])}</p>\n'
            f'<p class="facts">{_text(" · ".join(facts))}</p>\n'
            f'<div class="plots">{plots}</div>\n{tables}\n</section>\n')


def _table(scenario, point):
    figures = figures_of(scenario["unit"])
    heads = "".join(f"<th>{_text(figure.title)}</th>" for figure in figures)
    rows = "".join(f"<tr><th>{_peer(name)}</th>{_cells(figures, peer)}</tr>" for name, peer in point["peers"].items())
    caption = ""
    if scenario["parameter"]:
        caption = f"<caption>{_text(scenario['parameter'])} = {_text(point['label'])}</caption>"
    return f'<div class="wide"><table>{caption}<tr><th>peer</th>{heads}<th>errors</th></tr>{rows}</table></div>'


def _cells(figures, peer):
    if "summary" not in peer:
        return f'<td class="none" colspan="{len(figures) + 1}">{_text(peer["status"])}: {_text(peer["reason"])}</td>'
    found = []
    for figure in figures:
        numbers = peer["summary"][figure.key]
        found.append(f"<td>{figure.text(numbers['median'])}<small>{figure.text(numbers['min'])}–"
                     f"{figure.text(numbers['max'])}</small></td>")
    failed = peer["reason"] or f"{sum(one['errors'] for one in peer['rounds'])}"
    return "".join(found) + f"<td>{_text(failed)}</td>"
