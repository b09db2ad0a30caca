"""Bodies of the corpus, cut everywhere: the same findings, the same masked bytes; and what is masked is gone."""

import collections
import json
import os
import random
import subprocess

import pytest

from corpus import documents
from gabion import ROOT, gabion

CUTS = os.environ.get("GABION_DLP_CUTS", str(ROOT / "build" / "release" / "dlp_cuts"))
SEED = 7


@pytest.fixture(scope="module", name="bodies")
def bodies_fixture(request):
    rng = random.Random(SEED)
    made = [documents.make(rng, number) for number in range(2000)]
    wanted = 500 if request.config.getoption("--long") else 100
    planted = [one for one in made if one.planted]
    plain = [one for one in made if not one.planted]
    return planted[:wanted * 4 // 5] + plain[:wanted // 5]


@pytest.fixture(scope="module", name="sent")
def sent_fixture(bodies):
    """profile -> what left of each body; the program has compared every cut by then."""
    if not os.path.exists(CUTS):
        (pytest.fail if os.environ.get("GABION_ALL_BUILT") else pytest.skip)(f"no {CUTS}")
    lines = "".join(json.dumps({"id": one.id, "type": one.media_type, "text": one.body.decode()}) + "\n"
                    for one in bodies)
    done = subprocess.run([CUTS], input=lines.encode(), capture_output=True, timeout=600, check=False)
    print(done.stderr.decode())
    by_profile = collections.defaultdict(list)
    for line in done.stdout.decode().splitlines():
        answer = json.loads(line)
        by_profile[answer["profile"]].append(answer)
    return done, by_profile


def test_a_body_is_the_same_wherever_it_is_cut(bodies, sent):
    done, by_profile = sent
    assert done.returncode == 0, done.stderr.decode()
    assert [one["id"] for one in by_profile["mask"]] == [one.id for one in bodies]
    assert sum(len(one["findings"]) for one in by_profile["mask"]) > len(bodies), "nothing to be found proves nothing"
    changed = sum(one["sent"] != body.body.decode() for one, body in zip(by_profile["replace"], bodies))
    assert changed > len(bodies) // 2


def rescan(masked):
    lines = "".join(json.dumps(one) + "\n" for one in masked)
    done = gabion("scan", "-", "--format", "jsonl", "--entities", "default", "--min-score", "0.5", "--show", text=lines)
    assert done.returncode == 0, done.stderr.decode()
    return [json.loads(line)["findings"] for line in done.stdout.decode().splitlines()]


def test_in_a_masked_body_nothing_is_found(bodies, sent):
    masked = [{"id": body.id, "type": body.media_type, "text": one["sent"]}
              for body, one in zip(bodies, sent[1]["mask"])]
    left = [(body.id, one["entity"], one["value"], body.around(one["start"], one["end"]))
            for body, findings in zip(bodies, rescan(masked)) for one in findings]
    assert not left, "\n".join(map(str, left))


def test_a_masked_body_is_as_long_and_differs_only_where_something_was_found(bodies, sent):
    for body, one in zip(bodies, sent[1]["mask"]):
        text = one["sent"].encode()
        assert len(text) == len(body.body), body.id
        spans = []
        for finding in one["findings"]:
            begin, length = map(int, finding.split()[1].split("+"))
            spans.append((begin, begin + length))
        outside = [at for at, (old, new) in enumerate(zip(body.body, text))
                   if old != new and not any(begin <= at < end for begin, end in spans)]
        assert not outside, (body.id, outside[:5])


def shape(value):
    """The value with its texts and numbers gone."""
    if isinstance(value, dict):
        return {key: shape(one) for key, one in value.items()}
    if isinstance(value, list):
        return [shape(one) for one in value]
    if isinstance(value, str) and value.startswith("{"):
        return shape(json.loads(value))
    return bool if isinstance(value, bool) else float if isinstance(value, (int, float)) else type(value)


def json_lines(media_type, text):
    return text.splitlines() if media_type == "application/x-ndjson" else [text]


@pytest.mark.parametrize("profile", ["mask", "replace"])
def test_masked_json_is_json_of_the_same_shape(bodies, sent, profile):
    compared = 0
    for body, one in zip(bodies, sent[1][profile]):
        if "json" not in body.media_type:
            continue
        before, after = (json_lines(body.media_type, text) for text in (body.body.decode(), one["sent"]))
        assert len(before) == len(after)
        for old, new in zip(before, after):
            old_shape, new_shape = shape(json.loads(old)), shape(json.loads(new))
            if profile == "mask":
                assert old_shape == new_shape, body.id
            compared += 1
    assert compared > 10
