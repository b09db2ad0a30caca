"""Answers with planted values and look-alikes: how many of the planted are found, and how much else is."""

import base64
import collections
import json
import os
import random

import pytest

from corpus import documents
from gabion import gabion

COUNT = 2000
SEEDS = [int(seed) for seed in os.environ.get("GABION_DLP_SEEDS", "1").split(",")]
RECALL = 0.98
PRECISION = 0.99

# Entity found, entity planted there: both are right.
# A token below "token" or "apiKey" is a value named as a secret, too; what stands before the @ of an address with
# credentials may be read as an e-mail address.
NAMED_SECRETS = ("JWT", "STRIPE_KEY", "SLACK_TOKEN", "GITHUB_TOKEN", "GCP_API_KEY", "AWS_SECRET_KEY", "AZURE_SECRET",
                 "PASSWORD_HASH", "PRIVATE_KEY")
DOUBLE_READINGS = {("GENERIC_SECRET", one) for one in NAMED_SECRETS} | {("EMAIL_ADDRESS", "URL_CREDENTIALS")}


def lines_of(document):
    """What is scanned of it: the body, or each cell of rows below its column, as a SQL session sees them."""
    if not document.cells:
        yield 0, {"type": document.media_type, "text": document.body.decode()}
    for column, start, end in document.cells:
        yield start, {"field": column, "text": document.body[start:end].decode()}


def scan(made):
    """The findings a policy would act on, of each document."""
    asked = [(at, start, line) for at, one in enumerate(made) for start, line in lines_of(one)]
    lines = "".join(json.dumps({"id": at} | line) + "\n" for at, _, line in asked)
    done = gabion("scan", "-", "--format", "jsonl", "--entities", "default", "--min-score", "0.5", "--show", text=lines)
    assert done.returncode == 0, done.stderr.decode()
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [one["id"] for one in answers] == [at for at, _, _ in asked]
    found = [[] for _ in made]
    for (at, start, _), answer in zip(asked, answers):
        found[at] += [one | {"start": one["start"] + start, "end": one["end"] + start} for one in answer["findings"]]
    return found


def overlaps(finding, planted):
    return finding["start"] < planted.end and planted.start < finding["end"]


class Tally:
    """Of one corpus."""

    def __init__(self):
        self.planted, self.found, self.exact, self.false = (collections.Counter() for _ in range(4))
        self.misses, self.wrong = [], []

    def add(self, document, findings):
        for one in document.planted:
            hits = [hit for hit in findings if hit["entity"] == one.entity and overlaps(hit, one)]
            self.planted[one.entity] += 1
            self.found[one.entity] += bool(hits)
            self.exact[one.entity] += any((hit["start"], hit["end"]) == (one.start, one.end) for hit in hits)
            if not hits:
                self.misses.append((one.entity, document.around(one.start, one.end)))
        for hit in findings:
            under = [one for one in document.planted if overlaps(hit, one)]
            if not any(one.entity == hit["entity"] or (hit["entity"], one.entity) in DOUBLE_READINGS for one in under):
                self.false[hit["entity"]] += 1
                self.wrong.append((hit["entity"], hit["score"], hit["value"],
                                   document.around(hit["start"], hit["end"])))

    def recall(self):
        return sum(self.found.values()) / sum(self.planted.values())

    def precision(self):
        return sum(self.found.values()) / (sum(self.found.values()) + sum(self.false.values()))

    def rows(self):
        for entity in sorted(self.planted | self.false):
            planted, found, false = self.planted[entity], self.found[entity], self.false[entity]
            yield (entity, planted, found, self.exact[entity], false, f"{found / planted:.3f}" if planted else "-",
                   f"{found / (found + false):.3f}" if found + false else "-")
        yield ("all", sum(self.planted.values()), sum(self.found.values()), sum(self.exact.values()),
               sum(self.false.values()), f"{self.recall():.4f}", f"{self.precision():.4f}")

    def show(self, seed):
        print(f"\nseed {seed}, {COUNT} documents\n{'entity':28}{'planted':>9}{'found':>7}{'exact':>7}{'false':>7}"
              f"{'recall':>9}{'precision':>11}")
        for entity, planted, found, exact, false, recall, precision in self.rows():
            print(f"{entity:28}{planted:>9}{found:>7}{exact:>7}{false:>7}{recall:>9}{precision:>11}")
        for miss in self.misses[:60]:
            print("missed", *miss)
        for wrong in self.wrong[:60]:
            print("false ", *wrong)


@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_planted_is_found_and_little_else(seed):
    rng = random.Random(seed)
    made = [documents.make(rng, number) for number in range(COUNT)]
    tally = Tally()
    for document, findings in zip(made, scan(made)):
        tally.add(document, findings)
    tally.show(seed)
    assert sum(tally.planted.values()) > COUNT
    assert tally.recall() >= RECALL
    assert tally.precision() >= PRECISION
