"""Engines judge the same requests in turns; what the rounds allow to say about their cost."""

import statistics

from compare import figures
from compare.table import Table, plain
from crs import engines

CPU = ("cpu_us_min", "cpu_us_mean")


def turns(names, rows, rules, rounds, options, replay=engines.replay, tell=lambda text: None):
    """{engine: [answers of a round]}: A B A B, so that a slow second of the machine meets both."""
    found = {name: [] for name in names}
    for number in range(1, rounds + 1):
        for name in names:
            tell(f"round {number} of {rounds}: {name}")
            found[name].append(replay(name, rules, rows, "--cpu", *options))
    return found


def summary(found):
    """{request: {engine: {min, mean, means, mins, rules}}}: the least minimum, the median mean, and those of each round."""
    out = {}
    for name, rounds in found.items():
        for answers in zip(*rounds):
            mins, means = ([answer[key] for answer in answers] for key in CPU)
            out.setdefault(answers[0]["id"], {})[name] = {
                "min": min(mins), "mean": statistics.median(means), "mins": mins, "means": means,
                "rules": sorted(answers[0]["rules"]), "inbound_score": answers[0]["inbound_score"]}
    return out


def compared(numbers, ours, theirs):
    """What both judged alike: {min: ratio, mean: ratio} of paired rounds; a sentence where they did not."""
    mine, other = numbers[ours], numbers[theirs]
    if mine["rules"] != other["rules"]:
        return f"not the same verdict: {mine['rules']} and {other['rules']}"
    return {"min": figures.ratio(mine["mins"], other["mins"]), "mean": figures.ratio(mine["means"], other["means"])}


def table(found, names):
    """Text: a line a request; CPU µs of a transaction as median (least–most) of the rounds' means, the least of all, and
    what paired rounds say about the first engine ÷ the second: by their means, and by their least."""
    titles = [title for name in names for title in (f"{name}, mean", "min")]
    rows = Table(["CPU µs/transaction", *titles, *(["÷ of means", "÷ of least"] if len(names) == 2 else [])], plain)
    for request, numbers in found.items():
        cells = [text for name in names for text in _costs(numbers[name])]
        if len(names) == 2:
            said = compared(numbers, *names)
            cells += [said] if isinstance(said, str) else [figures.ratio_text(said[key]) for key in ("mean", "min")]
        rows.add(request, *cells)
    return "\n".join(rows.lines())


def _costs(one):
    return f"{one['mean']:,.1f} ({min(one['means']):,.1f}–{max(one['means']):,.1f})", f"{one['min']:,.1f}"
