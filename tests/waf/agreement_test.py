"""Differences between two engines are found, counted once, and put in the right class."""

import pytest

from crs.agreement import compare, report


def line(name, *rules, inbound=0, **more):
    return {"id": name, "rules": list(rules), "action": "pass", "status": 200, "inbound_score": inbound,
            "outbound_score": 0, **more}


def classes(found):
    return [(one.rule, one.what, one.count) for one in found]


def test_order_and_reporting_rules_do_not_matter():
    found = compare([line("a", 1, 2, 980130)], [line("a", 2, 1)])
    assert (found.requests, found.equal, found.same_scores, found.classes) == (1, 1, 1, [])


def test_missing_and_extra_are_told_apart_and_counted():
    ours = [line("a", 920100), line("b", 920100), line("c", 920100, 930100)]
    theirs = [line("a", 920100, 930100), line("b", 930100), line("c", 920100, 930100)]
    found = compare(ours, theirs)
    assert (found.requests, found.equal) == (3, 1)
    assert classes(found.classes) == [(930100, "missing", 2), (920100, "extra", 1)]
    assert found.classes[0].examples == ["a", "b"]


def test_detectors_and_what_follows_from_them_are_counted_apart():
    ours = [line("a", 942100, 949110, inbound=5), line("b"), line("c", 941100, 949110, inbound=5), line("d", 942101, 930100)]
    theirs = [line("a", inbound=0), line("b", 942100, 949110, inbound=5), line("c", 941100, 949110, inbound=5), line("d")]
    found = compare(ours, theirs)
    assert (found.equal, found.equal_without_detectors, found.same_scores) == (1, 3, 2)
    assert classes(found.classes) == [(930100, "extra", 1)]
    assert sorted(classes(found.detector_classes)) == [(942100, "extra", 1), (942100, "missing", 1), (942101, "extra", 1)]
    assert found.detectors[942100] == {"extra": 1, "missing": 1} and found.detectors[941100] == {"both": 1}


def test_evaluation_counts_where_no_detector_explains_it():
    found = compare([line("a", 949110, inbound=5)], [line("a", inbound=5)])
    assert found.equal_without_detectors == 0 and classes(found.classes) == [(949110, "extra", 1)]


@pytest.mark.parametrize("field,value", [("inbound_score", 3), ("outbound_score", 4), ("action", "deny"), ("status", 403)])
def test_a_field_that_differs_though_the_rules_agree_is_a_class(field, value):
    found = compare([line("a", 1, **({} if field == "inbound_score" else {field: value}), inbound=value if field == "inbound_score" else 0)],
                    [line("a", 1)])
    assert classes(found.classes) == [(field, "differs", 1)]


def test_a_request_one_side_did_not_answer_is_a_difference():
    found = compare([line("a"), line("c")], [line("a"), line("b")])
    assert (found.requests, found.equal) == (3, 1)
    assert classes(found.classes) == [("answer", "extra", 1), ("answer", "missing", 1)]


def test_an_id_twice_is_an_error():
    with pytest.raises(ValueError, match="occurs twice"):
        compare([line("a"), line("a")], [line("a")])


def test_the_report_has_figures_and_examples():
    text = report(compare([line("a"), line("b", 942100)], [line("a", 920100), line("b", 942100)]))
    assert "2 requests; same set of rule ids: 1 = 50.00 %" in text
    assert "942100: both 1" in text
    assert "920100          missing        1  a" in text


def test_nothing_compared_is_no_agreement():
    assert "0 = 0.00 %" in report(compare([], []))
