"""Payload rates count what fired, by kind of payload."""

import pytest

from crs.payloads import false_positive_rules, is_detection, rates, replay_line, report


@pytest.mark.parametrize("number,expected", [
    (911100, True), (942100, True), (944250, True), (901340, False), (949110, False), (980130, False), (200002, False),
    (941010, False), (942013, False), (942018, False), (942110, True), (942011, False),
])
def test_detection_rules_are_told_from_the_others(number, expected):
    assert is_detection(number) is expected


def test_a_payload_becomes_one_argument():
    line = replay_line({"payload": "a&b=c d%\né/", "id": "p"})
    assert line["uri"] == "/search?q=a%26b%3Dc%20d%25%0A%C3%A9%2F"


def test_rates():
    payloads = [{"cat": "sqli", "malicious": True, "id": "a"}, {"cat": "xss", "malicious": True, "id": "b"},
                {"cat": "norm", "malicious": False, "id": "c"}, {"cat": "norm", "malicious": False, "id": "d"}]
    answers = [{"id": "a", "rules": [942100, 949110], "inbound_score": 5}, {"id": "b", "rules": [949110], "inbound_score": 4},
               {"id": "c", "rules": [920300, 942013], "inbound_score": 3}, {"id": "d", "rules": [], "inbound_score": 0}]
    found = rates(payloads, answers)
    assert found["all attacks"] == {"total": 2, "fired": 1, "scored": 1}
    assert found["xss"] == {"total": 1, "fired": 0, "scored": 0}
    assert found["legitimate"] == {"total": 2, "fired": 1, "scored": 0}
    assert false_positive_rules(payloads, answers) == [(920300, 1)]
    assert "1 = 50.00 %" in report(found, [(920300, 1)])
