"""Plots as SVG that lives inside a page: no ids twice, no address of anybody, colours that follow the page."""

import io
import re

import matplotlib

# Stand-ins that become the page's own colours.
INK, FAINT = "#010203", "#040506"
PEERS = {"gabion": "#0a0b01", "gabion-forwarding": "#0a0b02", "haproxy": "#0a0b03", "nginx": "#0a0b04",
         "nginx-modsecurity": "#0a0b05", "envoy": "#0a0b06", "gabion-crs": "#0a0b07",
         "gabion-dlp": "#0a0b08"}
MARKERS = dict(zip(PEERS, "osD^vPX*"))
VARIABLES = {INK: "var(--ink)", FAINT: "var(--faint)", **{colour: f"var(--{name})" for name, colour in PEERS.items()}}
WIDTH, HEIGHT = 4.6, 2.5

matplotlib.use("svg")
matplotlib.rcParams.update({
    "text.color": INK, "axes.edgecolor": FAINT, "axes.labelcolor": INK, "xtick.color": FAINT, "ytick.color": FAINT,
    "xtick.labelcolor": INK, "ytick.labelcolor": INK, "grid.color": FAINT, "grid.linewidth": 0.6,
    "axes.titlesize": 9.5, "axes.titleweight": "bold", "axes.titlelocation": "left",
    "svg.fonttype": "none", "font.family": "sans-serif", "font.sans-serif": ["DejaVu Sans"], "font.size": 9,
    "axes.spines.top": False, "axes.spines.right": False, "axes.linewidth": 0.8, "axes.axisbelow": True,
    "figure.constrained_layout.use": True})

from matplotlib.figure import Figure  # noqa: E402  (after the backend is chosen)
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter  # noqa: E402


def bars(name, title, rows):
    """A bar a peer; `rows` are (peer, median, least, most), whiskers from least to most. `name` is the plot's alone."""
    figure = Figure(figsize=(WIDTH, HEIGHT))
    axes = _axes(figure, title)
    for place, (peer, median, least, most) in enumerate(rows):
        axes.barh(place, median, height=0.55, color=PEERS[peer], linewidth=0)
        axes.plot([least, most], [place, place], color=INK, linewidth=1.4, solid_capstyle="butt")
        axes.annotate(_short(median), (max(median, most), place), va="center", xytext=(6, 0),
                      textcoords="offset points")
    axes.set_yticks(range(len(rows)), [row[0] for row in rows])
    axes.invert_yaxis()
    axes.tick_params(axis="y", length=0)
    axes.margins(x=0.16)
    axes.set_xlim(left=0)
    axes.grid(axis="x")
    axes.xaxis.set_major_locator(MaxNLocator(4))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: _short(value)))
    return _svg(figure, name)


def curves(name, title, lines, ticks):
    """A line a peer over `ticks` [(position, label)]; `lines` are {peer: [(position, median, least, most)]}. The value
    axis is logarithmic where all values allow that."""
    figure = Figure(figsize=(WIDTH, HEIGHT))
    axes = _axes(figure, title)
    for peer, points in lines.items():
        places = [point[0] for point in points]
        axes.fill_between(places, [point[2] for point in points], [point[3] for point in points],
                          color=PEERS[peer], alpha=0.18, linewidth=0)
        axes.plot(places, [point[1] for point in points], color=PEERS[peer], marker=MARKERS[peer], markersize=4.5,
                  linewidth=1.6, label=peer)
    axes.set_xticks([tick[0] for tick in ticks], [tick[1] for tick in ticks])
    if all(point[2] > 0 for points in lines.values() for point in points):
        axes.set_yscale("log")
        axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.yaxis.set_minor_formatter(NullFormatter())
    else:
        axes.set_ylim(bottom=0)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: _short(value)))
    axes.grid()
    axes.legend(frameon=False, fontsize=8.5)
    return _svg(figure, name)


def _axes(figure, title):
    axes = figure.add_subplot()
    axes.set_title(title)
    return axes


def _short(value):
    """Three digits are enough beside a bar."""
    if value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def _svg(figure, name):
    """The figure as an <svg> element for an HTML page."""
    figure.patch.set_alpha(0)
    for axes in figure.axes:
        axes.patch.set_alpha(0)
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    text = buffer.getvalue()
    text = text[text.index("<svg"):]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    text = re.sub(r' xmlns(?::\w+)?="[^"]*"', "", text)
    return _with_page_colours(_with_own_ids(text, name))


def _with_own_ids(text, name):
    """Ids are the page's: each plot's begin with its name."""
    own = re.sub(r"\W+", "-", name.lower()).strip("-")
    text = re.sub(r'\bid="([^"]+)"', rf'id="{own}-\1"', text)
    return re.sub(r'(href="|url\()#([^")]+)', rf"\1#{own}-\2", text)


def _with_page_colours(text):
    for colour, variable in VARIABLES.items():
        text = text.replace(colour, variable)
    return text


