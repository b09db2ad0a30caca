"""The table and the page hold every figure and every reason, and ask nobody for anything."""

import html.parser
import io
import re

import pytest

from compare import report, table
from made_up import comparison

VOID = {"meta", "link", "br", "img", "hr"}


class Balance(html.parser.HTMLParser):
    """Counts what opens and closes, and every id."""

    def __init__(self):
        super().__init__()
        self.open, self.ids, self.wrong, self.tags = [], [], [], set()

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.ids += [value for name, value in attrs if name == "id"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.ids += [value for name, value in attrs if name == "id"]

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)


@pytest.fixture(scope="module")
def page():
    return report.page(comparison())


@pytest.fixture(scope="module")
def plain():
    return "\n".join(table.lines_of(comparison(), table.plain))


def test_the_page_stands_alone(page):
    assert re.findall(r"https?:|//\w|@import|<script|<link|<img", page) == []
    assert re.findall(r'(?:href|src)="(?!#)[^"]*', page) == []
    assert re.findall(r"url\((?!#)[^)]*", page) == []


def test_the_page_is_well_formed_and_its_ids_are_unique(page):
    found = Balance()
    found.feed(page)
    assert (found.wrong, found.open) == ([], [])
    assert len(found.ids) == len(set(found.ids)) > 0
    assert "svg" in found.tags
    used = re.findall(r'href="#([^"]+)"', page) + re.findall(r"url\(#([^)]+)\)", page)
    assert used and set(used) <= set(found.ids)


def test_the_page_holds_every_figure(page):
    result = comparison()
    for scenario in result["scenarios"]:
        for point in scenario["points"]:
            for name, peer in point["peers"].items():
                assert name in page
                for numbers in [peer["summary"]["cpu"]] if "summary" in peer else []:
                    for value in numbers.values():
                        assert f"{value:.1f}" in page, (scenario["name"], name)
    for value in result["machine"].values():
        assert value in page
    assert "×0.82" in page and "0.80–0.84" in page


@pytest.mark.parametrize("plot", ["CPU µs/request", "requests/s", "latency ms", "CPU µs/request against bytes",
                                  "requests/s against bytes", "p99 ms against bytes"])
def test_the_page_has_its_plots(page, plot):
    assert page.count(f">{plot}</text>") == 1


def test_colours_are_the_page_s(page):
    assert re.findall(r"#[0-9a-f]{6}", page.split("</style>", 1)[1]) == []


@pytest.mark.parametrize("kind", ["page", "plain"])
def test_who_is_absent_or_failed_has_a_reason_and_no_number(kind, request):
    text = request.getfixturevalue(kind)
    assert "absent: no envoy on PATH" in text
    assert "failed: check attack: " in text
    assert "<script>" not in text or kind == "plain"
    row = next(line for line in text.splitlines() if line.strip().startswith("envoy")) if kind == "plain" else ""
    assert not re.search(r"\d", row)


def test_the_table_refuses_a_ratio_that_is_not_steady(plain):
    row = next(line for line in plain.splitlines() if line.strip().startswith("nginx "))
    assert "unsteady (0.47–1.02)" in row and "×" not in row
    row = next(line for line in plain.splitlines() if line.strip().startswith("haproxy "))
    assert "×0.82 (0.80–0.84)" in row


def test_colour_only_on_a_terminal(monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    monkeypatch.delenv("NO_COLOR", raising=False)
    assert (table.paint_for(io.StringIO()), table.paint_for(Terminal())) == (table.plain, table.ansi)
    monkeypatch.setenv("NO_COLOR", "1")
    assert table.paint_for(Terminal()) == table.plain


def test_colour_changes_nothing_but_colour(plain):
    painted = "\n".join(table.lines_of(comparison(), table.ansi))
    assert painted != plain and re.sub(r"\033\[\d+m", "", painted) == plain
