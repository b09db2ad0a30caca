"""Attack and legitimate parameter values as requests, and how many of each an engine takes for an attack."""

import collections
import gzip
import json
import urllib.parse

from crs.ftw import EMPTY_ANSWER

THRESHOLD = 5  # the Core Rule Set's inbound anomaly score threshold
HEADERS = [["Host", "shop.example"], ["User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:115.0) Gecko/20100101 Firefox/115.0"],
           ["Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"],
           ["Accept-Language", "en-US,en;q=0.5"], ["Accept-Encoding", "gzip, deflate"]]


def read_payloads(path):
    """[{cat, malicious, payload, id}]"""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [{**json.loads(line), "id": f"payload-{number}"} for number, line in enumerate(lines, 1)]


def replay_line(payload):
    """A GET whose only argument is the payload, every reserved byte of it escaped."""
    value = urllib.parse.quote(payload["payload"], safe="")
    return {"id": payload["id"], "method": "GET", "uri": f"/search?q={value}", "version": "HTTP/1.1",
            "headers": HEADERS, "body_b64": "", "response": EMPTY_ANSWER}


def is_detection(number):
    """Whether a rule of this id looks for attacks: not set-up, skipping, evaluation or reporting."""
    return 911000 <= number < 949000 and number != 941010 and not 11 <= number % 100 <= 18


def rates(payloads, answers):
    """{category: {total, fired, scored}}: with a detection rule, with a score at the threshold."""
    by_id = {answer["id"]: answer for answer in answers}
    found = collections.defaultdict(collections.Counter)
    for payload in payloads:
        answer = by_id[payload["id"]]
        kinds = [payload["cat"], "all attacks"] if payload["malicious"] else ["legitimate"]
        for kind in kinds:
            found[kind]["total"] += 1
            found[kind]["fired"] += any(map(is_detection, answer["rules"]))
            found[kind]["scored"] += answer["inbound_score"] >= THRESHOLD
    return {kind: dict(counts) for kind, counts in found.items()}


def false_positive_rules(payloads, answers):
    """[(rule, count)] of the detection rules that fired on legitimate values, most frequent first."""
    by_id = {answer["id"]: answer for answer in answers}
    found = collections.Counter(number for payload in payloads if not payload["malicious"]
                                for number in set(by_id[payload["id"]]["rules"]) if is_detection(number))
    return found.most_common()


def report(found, noisy):
    """Detection rates by category, the false-positive rate, and the rules behind it."""
    lines = [f"  {'payloads':<18}{'total':>8}{'a rule fired':>20}{f'score >= {THRESHOLD}':>20}"]
    for kind, counts in found.items():
        cells = [f"{counts[key]:,} = {100 * counts[key] / counts['total']:.2f} %" for key in ("fired", "scored")]
        lines.append(f"  {kind:<18}{counts['total']:>8,}{cells[0]:>20}{cells[1]:>20}")
    lines.append("  on legitimate values: " + (", ".join(f"{rule} {count:,}" for rule, count in noisy[:12]) or "none"))
    return "\n".join(lines)
