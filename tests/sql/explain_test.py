"""`gabion sql explain`: its JSON, its exit codes, and no literal anywhere."""

import json

import pytest


def explain(gabion, text, *arguments):
    answer = gabion("sql", "explain", "--dialect", "postgres", *arguments, text=text.encode())
    return answer.returncode, json.loads(answer.stdout), answer.stderr


def test_the_example_of_the_contract(gabion):
    code, told, errors = explain(gabion, "UPDATE public.orders SET note = lower('X') WHERE id = 7")
    assert (code, errors, told["errors"]) == (0, b"", [])
    statement, = told["statements"]
    assert {key: statement[key] for key in ("kind", "tables", "columns", "functions", "has_where", "normalized")} == {
        "kind": "UPDATE", "tables": [{"schema": "public", "name": "orders", "access": "update"}],
        "columns": ["orders.id", "orders.note"], "functions": ["lower"], "has_where": True,
        "normalized": "UPDATE public.orders SET note = lower($1) WHERE id = $2"}
    assert len(statement["fingerprint"]) == 16


@pytest.mark.parametrize("text,tables", [
    ("WITH d AS (DELETE FROM t RETURNING a) SELECT a FROM d", [(None, "t", "delete")]),
    ("SELECT a INTO n FROM s.t", [(None, "n", "ddl"), ("s", "t", "select")]),
    ("WITH t AS (SELECT 1) SELECT * FROM t", []),
    ("SELECT 1 FROM t FOR UPDATE", [(None, "t", "select"), (None, "t", "lock")]),
])
def test_tables_have_one_entry_for_each_access(gabion, text, tables):
    _, told, _ = explain(gabion, text)
    listed = [(table["schema"], table["name"], table["access"]) for table in told["statements"][0]["tables"]]
    assert sorted(listed, key=str) == sorted(tables, key=str)


@pytest.mark.parametrize("text,has_where", [
    ("DELETE FROM t", False), ("DELETE FROM t WHERE a = 1", True), ("SELECT a FROM t", False),
    ("SELECT a FROM t WHERE b = 1", True), ("EXPLAIN ANALYZE DELETE FROM t", False),
    ("WITH d AS (DELETE FROM t) UPDATE u SET a = 1 WHERE b = 2", False),
])
def test_has_where(gabion, text, has_where):
    _, told, _ = explain(gabion, text)
    assert told["statements"][0]["has_where"] is has_where


@pytest.mark.parametrize("text,code,offset", [
    ("SELECT 'canary", "syntax", 7), ("SELECT 1\0", "nul-byte", 8), ("SELECT " + "1+" * 2000 + "1", "too-deep", 0),
    ("SELECT '" + "canary" * 200000 + "'", "too-long", 1 << 20),
], ids=["syntax", "nul-byte", "too-deep", "too-long"])
def test_a_refused_text_is_an_error_without_a_literal(gabion, text, code, offset):
    exit_code, told, errors = explain(gabion, text)
    assert (exit_code, told) == (1, {"statements": [], "errors": [{"code": code, "offset": offset}]})
    assert b"canary" not in errors


def test_bytes_that_are_no_utf8_are_an_error(gabion):
    answer = gabion("sql", "explain", "--dialect", "postgres", text=b"SELECT '\x95\x5c'")
    assert (answer.returncode, json.loads(answer.stdout)["errors"]) == (1, [{"code": "encoding", "offset": 8}])


def test_nothing_but_comments_is_no_error(gabion):
    assert explain(gabion, " -- x\n;") == (0, {"statements": [], "errors": []}, b"")


def test_a_file_and_the_search_path(gabion, tmp_path):
    path = tmp_path / "a.sql"
    path.write_text("SELECT a FROM t; SELECT b FROM s.t")
    code, told, _ = explain(gabion, "", "--file", str(path), "--search-path", "app,public")
    assert code == 0
    assert [table.get("candidates") for statement in told["statements"] for table in statement["tables"]] == [
        ["app.t", "public.t"], None]


@pytest.mark.parametrize("arguments", [
    ["--dialect", "mysql"], ["--dialect", "oracle"], [], ["--dialect", "postgres", "--file", "/absent/file"],
    ["--dialect", "postgres", "--nonsense"],
])
def test_what_cannot_be_done_is_refused(gabion, arguments):
    answer = gabion("sql", "explain", *arguments, text=b"SELECT 1")
    assert (answer.returncode, answer.stdout) == (2, b"")
    assert answer.stderr
