"""Where two engines fire different rules for the same requests: how often they agree, and the differences in classes."""

import collections
import dataclasses

# libinjection's rules: another detector may judge otherwise with good reason, so they are counted apart.
DETECTORS = frozenset((941100, 941101, 942100, 942101))
# They follow from the score, and so from every rule before them.
EVALUATION = frozenset((949110, 949111, 959100, 959101))
# ModSecurity v3 tells its log nothing of rules with `noauditlog`; these reporting rules of CRS 3 have it.
REPORTING = range(980000, 981000)
EXAMPLES = 5


@dataclasses.dataclass
class Class:
    """One kind of difference: `what` is "missing" (only theirs fired), "extra" (only ours), or a field that differs."""

    rule: object
    what: str
    count: int = 0
    examples: list = dataclasses.field(default_factory=list)

    def add(self, name):
        self.count += 1
        if len(self.examples) < EXAMPLES:
            self.examples.append(name)


@dataclasses.dataclass
class Agreement:
    """`equal`: the same set of ids. `equal_without_detectors`: the same but for DETECTORS and what follows from them.
    `detectors`: {id: Counter of both, missing, extra}. `classes` never holds a detector."""

    requests: int = 0
    equal: int = 0
    equal_without_detectors: int = 0
    same_scores: int = 0
    detectors: dict = dataclasses.field(default_factory=dict)
    classes: list = dataclasses.field(default_factory=list)
    detector_classes: list = dataclasses.field(default_factory=list)

    def rate(self, number):
        return 100 * number / self.requests if self.requests else 0.0


def compare(ours, theirs):
    """Agreement of two lists of replay output about the same requests. A request that only one answered differs."""
    mine, other = ({line["id"]: line for line in lines} for lines in (ours, theirs))
    if len(mine) != len(ours) or len(other) != len(theirs):
        raise ValueError("an id occurs twice in one output")
    found = Agreement(detectors={number: collections.Counter() for number in sorted(DETECTORS)})
    classes = {}
    for name in dict.fromkeys([*other, *mine]):
        found.requests += 1
        if name not in mine or name not in other:
            _class(classes, "answer", "missing" if name not in mine else "extra").add(name)
        else:
            _compare_one(found, classes, name, mine[name], other[name])
    ordered = sorted(classes.values(), key=lambda one: (-one.count, str(one.rule), one.what))
    found.classes = [one for one in ordered if one.rule not in DETECTORS]
    found.detector_classes = [one for one in ordered if one.rule in DETECTORS]
    return found


def _class(classes, rule, what):
    return classes.setdefault((rule, what), Class(rule, what))


def _compare_one(found, classes, name, mine, other):
    fired, wanted = ({number for number in line["rules"] if number not in REPORTING} for line in (mine, other))
    differ = fired ^ wanted
    for number in DETECTORS & (fired | wanted):
        found.detectors[number]["both" if number not in differ else "missing" if number in wanted else "extra"] += 1
    rest = differ - DETECTORS
    if differ & DETECTORS:
        rest -= EVALUATION
    found.equal += not differ
    found.equal_without_detectors += not rest
    for number in rest | (differ & DETECTORS):
        _class(classes, number, "missing" if number in wanted else "extra").add(name)
    fields = [field for field in ("inbound_score", "outbound_score", "action", "status") if mine[field] != other[field]]
    found.same_scores += "inbound_score" not in fields and "outbound_score" not in fields
    if not differ:  # otherwise they follow from the ids
        for field in fields:
            _class(classes, field, "differs").add(name)


def report(found, show=40):
    """The figures and the classes, most frequent first, as text."""
    lines = [f"{found.requests:,} requests; same set of rule ids: {found.equal:,} = {found.rate(found.equal):.2f} %",
             f"the same but for {', '.join(map(str, sorted(DETECTORS)))}: {found.equal_without_detectors:,} = "
             f"{found.rate(found.equal_without_detectors):.2f} %",
             f"same inbound and outbound score: {found.same_scores:,} = {found.rate(found.same_scores):.2f} %"]
    for number, counts in found.detectors.items():
        if counts:
            lines.append(f"  {number}: both {counts['both']:,}, missing {counts['missing']:,}, extra {counts['extra']:,}")
    for title, classes in (("differences", found.classes), ("of the detectors", found.detector_classes)):
        if classes:
            lines += [f"{title}:", f"  {'rule':<16}{'what':<9}{'count':>7}  requests"]
            lines += [f"  {one.rule!s:<16}{one.what:<9}{one.count:>7,}  {', '.join(one.examples)}" for one in classes[:show]]
        if len(classes) > show:
            lines.append(f"  and {len(classes) - show} more classes")
    return "\n".join(lines)
