"""Answers in five shapes, built as bytes so that a planted value's place is known where it is written."""

import base64
import dataclasses
import html
import json
import typing

from . import lookalikes
from .values import KINDS

SENTENCES = ("", "", "", "Please use {} from now on.", "customer wrote: {} (confirmed)", "({})", "{}, thanks!", "see {}; closed",
             "was '{}' before")


@dataclasses.dataclass
class Cell:
    """A field: its value, and what stands around it in the same field."""

    name: str
    text: str
    before: str = ""
    after: str = ""
    is_number: bool = False
    entity: str = ""
    kind: typing.Any = None

    def whole(self):
        return self.before + self.text + self.after


@dataclasses.dataclass
class Planted:
    entity: str
    start: int  # raw bytes of the body, escapes included
    end: int


@dataclasses.dataclass
class Document:
    id: str
    kind: str
    media_type: str
    body: bytearray = dataclasses.field(default_factory=bytearray)
    planted: list[Planted] = dataclasses.field(default_factory=list)
    cells: list[tuple] = dataclasses.field(default_factory=list)  # rows: (column, start, end)

    def add(self, text):
        self.body += text.encode()

    def write(self, cell, spell=str):
        """The cell as `spell` writes it; notes where its value is, if one is planted."""
        self.add(spell(cell.before))
        start = len(self.body)
        self.add(spell(cell.text))
        if cell.entity:
            self.planted.append(Planted(cell.entity, start, len(self.body)))
        self.add(spell(cell.after))

    def around(self, start, end):
        """For whoever judges a miss: the place, with what stands beside it."""
        return repr(self.body[max(0, start - 40):end + 20].decode(errors="replace"))

    def line(self):
        return json.dumps({
            "id": self.id, "kind": self.kind, "type": self.media_type, "body_b64": base64.b64encode(self.body).decode(),
            "planted": [dataclasses.asdict(one) for one in self.planted]})


def planted_cell(rng, kind, name=None):
    frame = kind.frame
    if frame == "{}" and not kind.shapes:
        frame = rng.choice(SENTENCES) or frame
    before, _, after = frame.partition("{}")
    number = frame == "{}" and kind.is_number and rng.random() < 0.5
    return Cell(name or rng.choice(kind.fields), kind.make(rng), before, after, number, kind.entity, kind)


def fields_of(rng, shape, count, planted):
    """`count` fields of look-alikes, `planted` of them replaced; no name twice."""
    made, names = [], set()
    for _ in range(count):
        name, text, number = lookalikes.field(rng)
        if name not in names:
            names.add(name)
            made.append(Cell(name, text, is_number=number))
    kinds = [kind for kind in KINDS if not kind.shapes or shape in kind.shapes]
    for at in rng.sample(range(len(made)), min(planted, len(made))):
        cell = planted_cell(rng, rng.choice(kinds))
        if cell.name not in names:
            names.add(cell.name)
            made[at] = cell
    return made


def spelled_as_json(rng):
    """Sometimes as a serializer with other habits writes it: slashes, digits and letters escaped, or nothing at all."""
    habit = rng.random()

    def spell(text):
        written = json.dumps(text, ensure_ascii=habit < 0.7)[1:-1]
        if habit < 0.1 and "\\" not in written:
            return "".join(f"\\u{ord(c):04x}" if c.isalnum() and rng.random() < 0.3 else c for c in written)
        return written.replace("/", "\\/") if habit < 0.2 else written

    return spell


def json_object(rng, document, fields):
    document.add("{")
    for index, cell in enumerate(fields):
        document.add((", " if index else "") + json.dumps(cell.name) + rng.choice([":", ": "]))
        if cell.is_number and (not cell.entity or cell.text.isdigit() and cell.text[0] != "0"):
            document.write(cell)
        else:
            document.add('"')
            document.write(cell, spelled_as_json(rng))
            document.add('"')
    document.add("}")


def json_in_a_string(rng, document, fields):
    """An object somebody serialized twice."""
    inner = Document("", "", "")
    json_object(rng, inner, fields)

    def spell(text):
        return json.dumps(text.decode(), ensure_ascii=False)[1:-1]

    document.add('{"event": "')
    start = len(document.body)
    document.add(spell(inner.body))
    document.add('"}')
    for one in inner.planted:
        first, last = (start + len(spell(inner.body[:at]).encode()) for at in (one.start, one.end))
        document.planted.append(Planted(one.entity, first, last))


def as_json(rng, document, planted):
    document.add('{"meta": {"page": 1, "took_ms": %d}, "items": [' % rng.randrange(1000))
    rows = rng.randrange(1, 8)
    spread = [0] * rows
    for _ in range(planted):
        spread[rng.randrange(rows)] += 1
    for index, here in enumerate(spread):
        document.add(", " if index else "")
        # What is named by its key in quotes is so only where the quotes are no escapes.
        is_inner = rng.random() < 0.1
        write = json_in_a_string if is_inner else json_object
        write(rng, document, fields_of(rng, "string" if is_inner else "json", rng.randrange(4, 14), here))
    document.add("]}")


def spelled_as_html(rng):
    habit = rng.random()

    def spell(text):
        written = [html.escape(c) if c != "\u00a0" else "&nbsp;" for c in text]
        if habit < 0.15:
            return "".join(rng.choice([f"&#{ord(c)};", f"&#x{ord(c):x};"]) if c.isalnum() and rng.random() < 0.3 else out
                           for c, out in zip(text, written))
        return "".join(written)

    return spell


HTML_ROWS = (("<tr><th>{}</th><td>", "</td></tr>\n"), ('<dt class="k">{}</dt><dd class="v text-right">', "</dd>\n"),
             ("<p><b>{}:</b> ", "</p>\n"), ('<input type="hidden" name="{}" value="', '">\n'),
             ("<li><span>{}</span> <span>", "</span></li>\n"))


def as_html(rng, document, planted):
    document.add("<!doctype html><html><head><title>Order</title><style>p { width: 40px }</style></head><body>\n")
    for cell in fields_of(rng, "html", rng.randrange(6, 30), planted):
        before, after = rng.choice(HTML_ROWS)
        document.add(before.format(html.escape(cell.name)))
        document.write(cell, spelled_as_html(rng))
        document.add(after)
    document.add("<script>var page = {next: 2, total: 14};</script></body></html>")


def csv_cell(document, cell):
    quote = '"' if any(c in cell.whole() for c in ',"\n') else ""
    document.add(quote)
    document.write(cell, lambda text: text.replace('"', '""') if quote else text)
    document.add(quote)


def as_csv(rng, document, planted):
    columns = fields_of(rng, "csv", rng.randrange(4, 10), planted)
    document.add(",".join(cell.name for cell in columns) + "\r\n")
    for _ in range(rng.randrange(1, 6)):
        for index, cell in enumerate(columns):
            document.add("," if index else "")
            csv_cell(document, cell)
        document.add("\r\n")
        columns = [planted_cell(rng, cell.kind, cell.name) if cell.entity else cell for cell in columns]


def as_log(rng, document, planted):
    lines = rng.randrange(3, 20)
    at = set(rng.sample(range(lines), min(planted, lines)))
    is_json = rng.random() < 0.3
    document.media_type = "application/x-ndjson" if is_json else document.media_type
    for index in range(lines):
        cells = fields_of(rng, "log", 1, 1 if index in at else 0)
        if is_json:
            document.add(f'{{"time": "{lookalikes.isotime(rng)}", "level": "info", "fields": ')
            json_object(rng, document, cells)
            document.add("}\n")
            continue
        document.add(f"{lookalikes.isotime(rng)} {rng.choice(['INFO', 'WARN', 'ERROR'])} [worker-{rng.randrange(16)}] ")
        document.add(rng.choice(["handled", "stored", "sent"]) + f" {cells[0].name}" + rng.choice(["=", ": "] + [" "] * (cells[0].entity != "GENERIC_SECRET")))
        document.write(cells[0])
        document.add(f" in {rng.randrange(1000)} ms\n")


def as_rows(rng, document, planted):
    """What a SQL client prints unaligned: names first, then a row a line."""
    columns = [cell for cell in fields_of(rng, "rows", rng.randrange(3, 9), planted) if "\n" not in cell.text]
    document.add("\t".join(cell.name for cell in columns) + "\n")
    for _ in range(rng.randrange(1, 6)):
        for index, cell in enumerate(columns):
            document.add("\t" if index else "")
            start = len(document.body)
            document.write(cell)
            document.cells.append((cell.name, start, len(document.body)))
        document.add("\n")
        columns = [planted_cell(rng, cell.kind, cell.name) if cell.entity else cell for cell in columns]


SHAPES = (("json", "application/json", as_json), ("html", "text/html; charset=utf-8", as_html),
          ("csv", "text/csv", as_csv), ("log", "text/plain", as_log), ("rows", "text/tab-separated-values", as_rows))


def make(rng, number):
    """Document `number`: every second has planted values."""
    name, media_type, write = SHAPES[number // 2 % len(SHAPES)]
    document = Document(f"{name}-{number}", name, media_type)
    write(rng, document, rng.randrange(1, 5) if number % 2 else 0)
    return document
