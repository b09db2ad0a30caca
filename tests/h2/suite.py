"""Runs the cases against a server of HTTP/2 and tells what came back."""

import dataclasses

from h2_wire import SETTINGS, Wire

import connection_cases
import frame_cases
import hpack_cases
import message_cases
import upgrade_cases

CASES = [*connection_cases.CASES, *frame_cases.CASES, *message_cases.CASES, *hpack_cases.CASES,
         *upgrade_cases.CASES]
TITLES = {
    "3": "Starting HTTP/2", "4": "HTTP frames", "5": "Streams and multiplexing", "6": "Frame definitions",
    "7": "Error codes", "8": "Expressing HTTP semantics", "7541": "HPACK (RFC 7541)",
    "8441": "Extended CONNECT (RFC 8441)", "7540": "Upgrade: h2c (RFC 7540)"
}


@dataclasses.dataclass(frozen=True)
class Server:
    """Where the server under test is, and what of `needs` it has: tls, body (GET / has one), big (GET /big has 100 KiB
    or more), upload (POST / takes 1 MiB), asterisk (OPTIONS *
    is served), upgrade (Upgrade: h2c is taken), max streams, extended connect. `tls` is a client's setting, with h2 in its ALPN."""

    endpoint: str
    tls: object = None
    source: object = None
    has: frozenset = frozenset({"body"})
    seconds: float = 10.0  # that an answer may take

    def wire(self):
        return Wire(self.endpoint, source=self.source, tls=self.tls, seconds=self.seconds)


@dataclasses.dataclass(frozen=True)
class Result:
    case: object
    passed: object  # None: skipped
    got: str


def lacking(case, server, wire):
    """Why the case means nothing there, or an empty string."""
    if case.needs == "max streams":
        most = wire.setting(3)
        return "" if most is not None and most <= 1000 else f"it allows {most} streams"
    if case.needs == "extended connect":
        return "" if wire.setting(8) == 1 else "it offers no extended CONNECT"
    if case.needs == "tls":
        return "" if server.tls else "not over TLS"
    return "" if not case.needs or case.needs in server.has else f"no {case.needs} to ask for"


def run(case, server):
    with server.wire() as wire:
        if not case.raw:
            wire.start(*case.settings)
        if (reason := lacking(case, server, wire)):
            return Result(case, None, reason)
        before = len(wire.seen)
        case.send(wire)
        passed = bool(case.expect(wire))
        told = wire.seen[before:] if not case.raw else wire.seen
        return Result(case, passed, wire.account() if told or wire.closed else "nothing")


def speaks_h2(server):
    """Whether it answers the preface with SETTINGS."""
    try:
        with server.wire() as wire:
            return bool(wire.start().of(SETTINGS))
    except OSError:
        return False


def section_key(section):
    return [int(part) for part in section.replace("-", ".").split(".")]


def table(results):
    """The results as text: a line a section, and one for each case that did not pass."""
    lines, sections = [], {}
    for result in results:
        sections.setdefault(result.case.section, []).append(result)
    lines.append(f"{'section':12} {'passed':>6} {'failed':>6} {'skipped':>7}")
    for section in sorted(sections, key=section_key):
        found = sections[section]
        chapter = section.replace("-", ".").split(".")[0]
        counts = [sum(1 for one in found if one.passed is wanted) for wanted in (True, False, None)]
        lines.append(f"{section:12} {counts[0]:6} {counts[1]:6} {counts[2]:7}  {TITLES[chapter]}")
        for one in found:
            if one.passed is not True:
                what = "failed" if one.passed is False else "skipped"
                lines.append(
                    f"    {what} {one.case.id}: {one.case.sentence}; expected {one.case.expected}; got {one.got}")
    total = [sum(1 for one in results if one.passed is wanted) for wanted in (True, False, None)]
    lines.append(f"{'all':12} {total[0]:6} {total[1]:6} {total[2]:7}")
    return "\n".join(lines)
