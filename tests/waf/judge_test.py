"""A test passes for the right reason only, and nothing counts twice."""

import pytest

from crs.ftw import Case
from crs.judge import ids_in, judge, judge_all, report


def judged(output, answer):
    return [(one.by, one.passed) for one in judge(Case("n", "f", {}, output), answer)]


def answer(*rules, status=200, **more):
    return {"id": "n", "rules": list(rules), "status": status, **more}


@pytest.mark.parametrize("text,ids", [
    ('id "942100"', [942100]), ('id "942480', [942480]), ("id:921140", [921140]), ("930120", [930120]), (930120, [930120]),
])
def test_ids_are_found_however_they_are_written(text, ids):
    assert ids_in(text) == ids


def test_an_expectation_without_an_id_is_an_error():
    with pytest.raises(ValueError, match="no rule id"):
        ids_in("id ")


@pytest.mark.parametrize("output,said,expected", [
    ({"log_contains": 'id "942100"'}, answer(920100, 942100), [("id", True)]),
    ({"log_contains": 'id "942100"'}, answer(942101), [("id", False)]),
    ({"no_log_contains": 'id "942100"'}, answer(942101), [("id", True)]),
    ({"no_log_contains": 'id "942100"'}, answer(942100), [("id", False)]),
    ({"status": 400}, answer(status=400), [("status", True)]),
    ({"status": [403, 400]}, answer(), [("status", False)]),
    ({"status": 200, "no_log_contains": "921140"}, answer(921140), [("id", False), ("status", True)]),
    ({"expect_error": True}, answer(), [("error", False)]),
    ({"expect_error": True}, answer(status=400), [("error", True)]),
    ({"expect_error": True}, answer(error="closed"), [("error", True)]),
    ({"no_log_contains": "942100"}, None, [("id", False)]),
])
def test_a_judgement(output, said, expected):
    assert judged(output, said) == expected


def test_expecting_nothing_is_an_error():
    with pytest.raises(ValueError, match="nothing is expected"):
        judged({}, answer())


def test_the_report_counts_by_kind_and_gives_reasons():
    cases = [Case("a", "f", {}, {"log_contains": "942100"}), Case("b", "f", {}, {"log_contains": "942100"}),
             Case("c", "f", {}, {"status": 400})]
    found = report(judge_all(cases, {"a": answer(942100), "b": answer(941100), "c": answer()}), kinds=("id",))
    assert "1 of 2 passed = 50.00 %" in found
    assert "FAILED b (id): 942100 did not fire; fired: [941100]" in found
    assert "not judged: 1 expectations of status" in found and "FAILED c" not in found
