"""The published vectors of Presidio's recognisers, judged as the design's section 11 says: named entity, byte spans."""

import collections
import json

from gabion import cases, gabion, scan

# Positives that are not found, each with its reason. What is not listed here must be found.
KNOWN_MISSES = {
    ("FI_PERSONAL_IDENTITY_CODE", "My finnish id code is030594W903B."): "no edge: a letter stands before it",
    ("IN_PAN", "ABCND1234Z"): "its fourth letter, N, is no class of holder",
}


def load():
    lines = [json.loads(line) for line in cases("pii_presidio.jsonl").read_text(encoding="utf-8").splitlines()]
    known = {row["entity"] for row in json.loads(gabion("types", "--json").stdout) if "default" in row["sets"]}
    lines = [line for line in lines if line["entity"] in known]
    times = collections.Counter((line["entity"], line["text"]) for line in lines)
    return [line for line in lines if times[line["entity"], line["text"]] == 1]


def judge():
    """One row a case: (case, findings of its entity)."""
    lines = load()
    found = scan([line["text"] for line in lines])
    return [(line, [one for one in findings if one["entity"] == line["entity"]])
            for line, findings in zip(lines, found)]


def is_found(case, findings):
    return len(findings) >= case["expect_count"]


def is_exact(case, findings):
    spans = [[one["start"], one["end"]] for one in findings]
    return all(span in spans for span in case["bspans"])


def report(rows):
    """entity -> [positives, found, exact, negatives, clean, validated among negatives]"""
    table = collections.defaultdict(lambda: [0] * 6)
    for case, findings in rows:
        row = table[case["entity"]]
        if case["expect_count"] > 0:
            row[0] += 1
            row[1] += is_found(case, findings)
            row[2] += is_found(case, findings) and is_exact(case, findings)
        else:
            row[3] += 1
            row[4] += not findings
            row[5] += any(one["validated"] for one in findings)
    return table


def print_report(table):
    print(f"\n{'entity':28}{'recall':>12}{'exact':>9}{'precision':>11}{'negatives clean':>17}")
    for entity, (positives, found, exact, negatives, clean, _) in sorted(table.items()):
        flagged = found + negatives - clean
        precision = f"{found / flagged:.3f}" if flagged else "-"
        print(f"{entity:28}{found:>6}/{positives:<5}{exact:>9}{precision:>11}{clean:>10}/{negatives}")


def test_positives_are_found_and_exact():
    rows = judge()
    table = report(rows)
    print_report(table)
    positives = sum(row[0] for row in table.values())
    found = sum(row[1] for row in table.values())
    exact = sum(row[2] for row in table.values())
    print(f"found {found}/{positives} = {found / positives:.4f}, exact {exact}/{positives} = {exact / positives:.4f}")
    missed = [(case["entity"], case["text"], findings) for case, findings in rows
              if case["expect_count"] > 0 and not (is_found(case, findings) and is_exact(case, findings))]
    unexplained = [miss for miss in missed if miss[:2] not in KNOWN_MISSES]
    assert not unexplained, "\n".join(map(str, unexplained))
    assert positives > 150
    assert found / positives >= 0.98
    assert exact / positives >= 0.95


def test_no_negative_is_validated():
    wrong = [(case["entity"], case["text"], findings) for case, findings in judge()
             if case["expect_count"] == 0 and any(one["validated"] for one in findings)]
    assert not wrong, "\n".join(map(str, wrong))


def test_every_known_miss_is_still_one():
    missed = {(case["entity"], case["text"]) for case, findings in judge()
              if case["expect_count"] > 0 and not (is_found(case, findings) and is_exact(case, findings))}
    assert set(KNOWN_MISSES) <= missed, "found now: take it out of the list"
