"""A scenario: what is asked of whom, read strictly from bench/scenarios/NAME.yaml."""

import dataclasses
import pathlib

from compare import checks
from compare.fields import Fields, ScenarioError, bytes_of, is_count, is_size, read_yaml, text_of_bytes
from compare.figures import UNITS
from peers import KNOWN
from peers.peer import HOPS
from rules import Rules

FOLDER = pathlib.Path(__file__).resolve().parents[1] / "scenarios"
# What a load may speak, with how its requests are asked and answered unless they say otherwise.
PROTOCOLS = {"http1": ("GET", 200), "http2": ("GET", 200), "grpc": ("POST", 0), "websocket": ("GET", 101)}
METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS")


@dataclasses.dataclass(frozen=True)
class Request:
    """One of the requests a load chooses from, by weight. At most one of `body` and `body_bytes` is set."""

    name: str
    method: str
    path: str
    weight: int
    headers: dict
    body: str
    body_bytes: int
    expect: tuple

    def sent_bytes(self):
        return len(self.body) or self.body_bytes


@dataclasses.dataclass(frozen=True)
class Load:
    """What gabion-bench is told. Slow and idle connections stand beside the working ones."""

    requests: tuple
    protocol: str
    connections: int
    churn: bool
    idle: int
    slow: int
    slow_rate: str


@dataclasses.dataclass(frozen=True)
class Point:
    """One value of a scenario's sweep (None without one), with all that depends on it."""

    value: int | None
    label: str
    load: Load
    rules: Rules

    def load_for_warmup(self):
        """The same requests without the connections that only stand there."""
        return dataclasses.replace(self.load, idle=0, slow=0)


@dataclasses.dataclass(frozen=True)
class Scenario:
    name: str
    description: str
    topology: str
    unit: str
    peers: tuple
    checks: tuple
    quick: bool
    rounds: int
    seconds: int
    parameter: str
    points: tuple


def names():
    return sorted(path.stem for path in FOLDER.glob("*.yaml"))


def load(path):
    """The scenario of a file; ScenarioError `file:key: what` when it says anything unknown."""
    document = read_yaml(path)
    parameter, values = _sweep(path.name, document)
    points = [_read(path.name, _with(document, parameter, value)) for value, _ in values]
    first = points[0]
    return Scenario(name=path.stem, parameter=parameter, **first[0], points=tuple(
        Point(value, label, each, rules) for (value, label), (_, each, rules) in zip(values, points)))


def _sweep(file, document):
    """(name of the parameter, [(value, label)]); ("", [(None, "")]) without a sweep."""
    fields = Fields(file, document)
    if not fields.has("sweep"):
        return "", [(None, "")]
    sweep = fields.inner("sweep")
    parameter, unit = sweep.text("parameter"), sweep.one_of("unit", ("bytes", "count"))
    accepts = is_size if unit == "bytes" else is_count
    values = sweep.listed("values")
    sweep.done()
    if not all(accepts(value) for value in values):
        raise ScenarioError(f"{file}:sweep.values: must be {unit}, is {values!r}")
    if "{" + parameter + "}" not in str({key: value for key, value in document.items() if key != "sweep"}):
        raise ScenarioError(f"{file}:sweep.parameter: nothing uses {{{parameter}}}")
    label = text_of_bytes if unit == "bytes" else "{:,}".format
    return parameter, [(bytes_of(value), label(bytes_of(value))) for value in values]


def _with(value, parameter, number):
    """The document with {parameter} replaced; text that is nothing else becomes the number itself."""
    place = "{" + parameter + "}"
    if isinstance(value, dict):
        return {key: _with(member, parameter, number) for key, member in value.items()}
    if isinstance(value, list):
        return [_with(member, parameter, number) for member in value]
    if not isinstance(value, str) or not parameter:
        return value
    return number if value == place else value.replace(place, str(number))


def _read(file, document):
    """(members of Scenario, Load, Rules) of one point."""
    fields = Fields(file, document)
    if fields.has("sweep"):
        fields.inner("sweep")
    found = {"description": fields.text("description"), "topology": fields.one_of("topology", tuple(HOPS)),
             "unit": fields.one_of("unit", tuple(UNITS), "request"),
             "peers": tuple(fields.words("peers", tuple(KNOWN))),
             "checks": tuple(fields.words("checks", tuple(checks.KNOWN), [])), "quick": fields.flag("quick"),
             "rounds": fields.count("rounds", 5, least=1), "seconds": fields.count("seconds", 2, least=1)}
    each = _load(fields.inner("load"))
    policy = fields.inner("policy", {})
    rules = Rules(policy.count("policies", 0), policy.count("rules", 0))
    policy.done()
    fields.done()
    return found, each, rules


def _load(fields):
    protocol = fields.one_of("protocol", tuple(PROTOCOLS), "http1")
    requests = tuple(_request(entry, *PROTOCOLS[protocol]) for entry in fields.entries("requests"))
    found = Load(requests, protocol, fields.count("connections", 32, least=1), fields.flag("churn"),
                 fields.count("idle", 0), fields.count("slow", 0), fields.text("slowRate", "1KiB/s"))
    fields.done()
    return found


def _request(fields, method, status):
    found = Request(fields.text("name"), fields.one_of("method", METHODS, method), fields.text("path"),
                    fields.count("weight", 1, least=1), fields.mapping("headers"),
                    fields.text("body", "") if fields.has("body") else "",
                    fields.size("bodyBytes", 0), tuple(fields.listed("expect", [status])))
    fields.done()
    return found
