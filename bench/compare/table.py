"""The comparison as text: a table a scenario, coloured on a terminal, with ratios or why there are none."""

import os

from compare.figures import compared, figures_of, ratio_text

BOLD, DIM, GREEN, RED, YELLOW, PLAIN = "\033[1m", "\033[2m", "\033[32m", "\033[31m", "\033[33m", "\033[0m"


def plain(text, _colour):
    return text


def ansi(text, colour):
    return f"{colour}{text}{PLAIN}" if colour and text else text


def paint_for(stream):
    """ansi for a terminal that nobody asked to stay without colour, else plain."""
    return ansi if stream.isatty() and "NO_COLOR" not in os.environ else plain


class Table:
    """Rows of cells; a cell is text or (text, colour); `paint` is plain or ansi."""

    def __init__(self, titles, paint):
        self._rows, self._paint = [[(title, DIM) for title in titles]], paint

    def add(self, *cells):
        self._rows.append([cell if isinstance(cell, tuple) else (cell, "") for cell in cells])

    def lines(self):
        """The first column to the left, the others to the right; a row may end early."""
        columns = len(self._rows[0])
        widths = [max((len(row[column][0]) for row in self._rows if len(row) == columns), default=0)
                  for column in range(columns)]
        for row in self._rows:
            cells = [text.ljust(width) if not column else text.rjust(width) if len(row) == columns else text
                     for column, ((text, _), width) in enumerate(zip(row, widths))]
            yield "  " + "  ".join(self._paint(text, colour) for text, (_, colour) in zip(cells, row))


def ratio_cell(found):
    """Green where ours is cheaper beyond all rounds, red where it is dearer, yellow where nothing may be said."""
    colour = YELLOW
    if found["steady"]:
        colour = GREEN if found["max"] < 1 else RED if found["min"] > 1 else ""
    return ratio_text(found), colour


def lines_of_point(scenario, point, paint):
    """`scenario` and `point` as in the JSON."""
    figures = [figure for figure in figures_of(scenario["unit"]) if figure.key != "pss"]
    key = compared(scenario["unit"])
    # A column a peer of ours, where there is another peer to stand beside.
    ours = [own for own, others in point["ratios"].items() if others]
    table = Table(["peer", *(figure.title for figure in figures), *(f"{own} ÷ peer" for own in ours)], paint)
    for name, result in point["peers"].items():
        if result["status"] != "measured" or "summary" not in result:
            table.add(name, (f"{result['status']}: {result['reason']}", RED if result["status"] == "failed" else DIM))
            continue
        cells = [figure.text(result["summary"][figure.key]["median"]) for figure in figures]
        shares = [ratio_cell(point["ratios"][own][name][key]) if name in point["ratios"][own] else ("", "")
                  for own in ours]
        table.add((name, BOLD), *cells, *shares)
    return table.lines()


def lines_of(report, paint):
    """The whole report; cost ratios below 1 mean that ours is cheaper."""
    for scenario in report["scenarios"]:
        yield ""
        yield f"{paint(scenario['name'], BOLD)}: {scenario['description']}"
        yield (f"  {scenario['topology']}, {scenario['rounds']} rounds of {scenario['seconds']} s in turns; medians; "
               f"÷ is {figures_of(scenario['unit'])[0].title}, ours ÷ peer's, (least–most of paired rounds)")
        for point in scenario["points"]:
            if scenario["parameter"]:
                yield f"  {scenario['parameter']} = {point['label']}"
            yield from lines_of_point(scenario, point, paint)
