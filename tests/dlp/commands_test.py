"""What `gabion dlp` prints and how it ends."""

import json
import pathlib

import pytest

from gabion import ROOT, gabion


def found(text, *arguments):
    done = gabion("scan", "-", *arguments, text=text)
    assert done.returncode == 0, done.stderr.decode()
    return [json.loads(line) for line in done.stdout.decode().splitlines()]


def test_a_json_line_comes_back_with_its_id_and_five_keys_a_finding():
    line = json.dumps({"id": "a1", "text": "card 4111 1111 1111 1111"})
    assert found(line + "\n") == [{"id": "a1", "findings": [
        {"entity": "CREDIT_CARD", "start": 5, "end": 24, "score": 1.0, "validated": True, "cue": "card"}]}]


def test_one_line_for_each_text_also_where_nothing_is_found():
    lines = "".join(json.dumps({"id": number, "text": text}) + "\n" for number, text in
                    enumerate(["nothing", "4111111111111111", "é 4111111111111111"]))
    answers = found("\n" + lines)
    assert [answer["id"] for answer in answers] == [0, 1, 2]
    assert [len(answer["findings"]) for answer in answers] == [0, 1, 1]
    assert answers[2]["findings"][0]["start"] == 3, "bytes, not characters"


def test_plain_text_is_one_text():
    (answer,) = found("first line\ncard 4111111111111111\n")
    assert answer["id"] == "-"
    assert [(one["start"], one["end"]) for one in answer["findings"]] == [(16, 32)]


def test_format_text_takes_json_as_text():
    text = json.dumps({"id": 1, "text": "4111111111111111"})
    (answer,) = found(text, "--format", "text")
    assert answer["id"] == "-"
    assert answer["findings"][0]["start"] == text.index("4")


def test_bytes_that_are_no_text_are_scanned():
    done = gabion("scan", "-", text=b"\xff\xfe 4111111111111111 \x80")
    assert json.loads(done.stdout)["findings"][0]["start"] == 3


def test_a_bad_line_is_told_and_the_others_are_scanned():
    lines = '{"id": 1, "text": "a"}\nnonsense\n{"id": 3, "text": "4111111111111111"}\n'
    done = gabion("scan", "-", text=lines)
    assert done.returncode == 2
    assert done.stderr.decode().startswith("line 2: ")
    assert [json.loads(line)["id"] for line in done.stdout.splitlines()] == [1, 3]


def test_values_are_shown_only_when_asked_for():
    assert b"4111" not in gabion("scan", "-", text="card 4111111111111111").stdout
    assert found("card 4111111111111111", "--show")[0]["findings"][0]["value"] == "4111111111111111"


def test_less_certain_findings_can_be_left_out():
    assert found("130692544")[0]["findings"]
    assert not found("130692544", "--min-score", "0.5")[0]["findings"]


def test_types_can_be_chosen():
    text = "a@example.com 4111111111111111"
    assert {one["entity"] for one in found(text, "--entities", "pci")[0]["findings"]} == {"CREDIT_CARD"}
    assert {one["entity"] for one in found(text, "--entities", "default,-CREDIT_CARD")[0]["findings"]} == {
        "EMAIL_ADDRESS"}
    done = gabion("scan", "-", "--entities", "NOBODY", text=text)
    assert (done.returncode, done.stderr) == (2, b'there is no type or set "NOBODY"\n')


def test_masked_text_has_the_same_length_and_nothing_to_find():
    text = "ssn 078-05-1123, card 4111 1111 1111 1111, id 17\n"
    masked = gabion("scan", "-", "--mask", text=text).stdout.decode()
    assert masked == "ssn ***-**-****, card **** **** **** 1111, id 17\n"
    assert not found(masked, "--min-score", "0.5", "--entities", "default")[0]["findings"]
    (line,) = found(json.dumps({"id": 1, "text": text}), "--mask")
    assert line["masked"] == masked


@pytest.mark.parametrize("media_type,text,field,value", [
    ("application/json", '{"a": {"c": "\\u0034111111111111111"}}', "/a/c", "\\u0034111111111111111"),
    ("application/x-www-form-urlencoded", "a=1&c=%34111111111111111", "/c", "%34111111111111111"),
    ("text/html; charset=utf-8", "<p>é</p><b>&#52;111111111111111</b>", "/b", "&#52;111111111111111"),
    ("text/csv", "é,c\n1,4111111111111111\n", "/c", "4111111111111111"),
])
def test_a_line_with_a_type_is_read_as_a_body_of_it(media_type, text, field, value):
    (answer,) = found(json.dumps({"id": 1, "type": media_type, "text": text}, ensure_ascii=False), "--show",
                      "--entities", "pci", "--mask")
    (one,) = answer["findings"]
    assert one["value"] == value
    assert one["start"] == text.encode().index(value.encode()), "raw bytes"
    assert one["field"] == field
    assert len(answer["masked"].encode()) == len(text.encode())
    assert value not in answer["masked"]


def test_numbers_of_json_stay_numbers_when_they_are_masked():
    text = '{"card": 4111111111111111, "other": "4111111111111111"}'
    (answer,) = found(json.dumps({"id": 1, "type": "application/json", "text": text}), "--mask")
    assert json.loads(answer["masked"]) == {"card": 9999999999991111, "other": "************1111"}


@pytest.mark.parametrize("field", ["sin", ["customer", "sin"], ["sin", "value"]])
def test_a_line_may_stand_below_names(field):
    line = {"id": 1, "text": "130692544", "field": field}
    (answer,) = found(json.dumps(line), "--min-score", "0.5")
    (one,) = answer["findings"]
    assert (one["entity"], one["cue"]) == ("CA_SIN", "sin")
    assert one["field"] == "/" + (field if isinstance(field, str) else "/".join(field))


def test_names_stand_above_those_of_the_body():
    line = {"id": 1, "text": '{"value": "130692544"}', "type": "application/json", "field": "sin"}
    (answer,) = found(json.dumps(line), "--min-score", "0.5")
    assert [one["field"] for one in answer["findings"]] == ["/sin/value"]


@pytest.mark.parametrize("line", [{"type": 1}, {"field": 1}, {"field": [1]}, {"field": {}}, {"field": ["a"] * 65}])
def test_what_a_line_says_of_its_text_is_read_strictly(line):
    done = gabion("scan", "-", "--format", "jsonl", text=json.dumps({"text": "a"} | line))
    assert done.returncode == 2
    assert done.stderr.startswith(b"line 1: ")


@pytest.mark.parametrize("arguments", [("scan", "/nowhere/at/all"), ("scan", "-", "--format", "xml"), ("scan", "/"),
                                       ("scan", "-", "--min-score", "2"), ("test", "/nowhere/at/all"), ()])
def test_wrong_use_ends_with_2(arguments):
    done = gabion(*arguments)
    assert done.returncode == 2
    assert done.stderr


def test_empty_input_is_an_empty_text():
    assert found("") == [{"id": "-", "findings": []}]


def test_help_has_an_example():
    for command in ("scan", "types", "test"):
        assert "Example:" in gabion(command, "--help").stdout.decode()


def sample(tmp_path, text):
    path = tmp_path / "samples.yaml"
    path.write_text(text, encoding="utf-8")
    return gabion("test", str(path))


def test_samples_that_are_decided_as_expected_pass(tmp_path):
    done = sample(tmp_path, """
entities: [default, +IMEI]
samples:
- text: "card 4111 1111 1111 1111"
  expect: [{entity: CREDIT_CARD, value: "4111 1111 1111 1111"}]
- {text: "imei 490154203237518", expect: [{entity: IMEI, start: 5, end: 20}]}
- {text: "order 4111111111111112", expect: []}
""")
    assert (done.returncode, done.stdout) == (0, b"3 passed, 0 failed\n"), done.stdout + done.stderr


def test_samples_that_differ_are_told_without_their_values(tmp_path):
    done = sample(tmp_path, """samples:
- {text: "card 4111111111111111", expect: []}
- {name: no ssn, text: "078051123", expect: [{entity: US_SSN}]}
""")
    assert done.returncode == 1
    lines = done.stdout.decode().splitlines()
    assert lines[0].endswith(":2: samples[0]: not expected: CREDIT_CARD at 5-21, score 1.00")
    assert lines[1].endswith(":3: no ssn: not found: US_SSN")
    assert lines[2] == "0 passed, 2 failed"
    assert b"4111" not in done.stdout


@pytest.mark.parametrize("text,why", [
    ("samples: []", "samples"), ("samples:\n- {text: a, expected: []}", "expect"), ("a: 1", "samples"),
    ("samples:\n- {text: a, expect: [{entity: NOBODY}]}", "there is no type"), ("- 1", "map"),
    ("samples:\n- {text: a, expect: [{entity: US_SSN, start: 1}]}", "end"),
    ("minScore: 7\nsamples:\n- {text: a, expect: []}", "minScore"),
])
def test_sample_files_are_read_strictly(tmp_path, text, why):
    done = sample(tmp_path, text)
    assert done.returncode == 2
    assert why in done.stderr.decode()


def test_the_documented_table_is_the_catalogue():
    rows = [line.split("|") for line in pathlib.Path(ROOT / "docs" / "dlp.md").read_text(encoding="utf-8").splitlines()
            if line.startswith("| `") and line.split("`")[1].isupper()]
    documented = {row[1].strip().strip("`"): [cell.strip() for cell in row[2:7]] for row in rows}
    catalogue = {row["entity"]: [row["title"], "yes" if row["checked"] else "no", row["needs_cue"], row["response"],
                                 ", ".join(row["sets"]) or "off"]
                 for row in json.loads(gabion("types", "--json").stdout)}
    assert documented == catalogue
