"""Sensitive values in answers of a real PostgreSQL: found by type, covered as the profile says, told without the value."""

import asyncio
import csv
import io
import json
import random
import re
import struct
import threading
import time

import asyncpg
import psycopg2
import pytest

from addresses import Subnet, split
from postgres_bed import PostgresBed
from postgres_server import OWNER, PASSWORD, PostgresServer
from postgres_wire import SYNC, Wire, bind, execute, message, parse, query
from waiting import until

CARD, MASKED = "4111111111111111", "************1111"
SSN = "078-05-1121"
EVERYTHING = {"users": [OWNER], "databases": ["shop"], "tables": ["public.*"], "functions": ["*"]}


def policy(item=None, **inspect):
    rule = {"name": "web", "action": "Allow", "from": [{"serviceAccount": {"namespace": "shop", "name": "web"}}],
            "ports": [{"port": 5432}], "protocol": "PostgreSQL",
            "sql": [item or EVERYTHING, {"users": [OWNER], "presets": ["asyncpg"]}],
            **({"inspect": inspect} if inspect else {})}
    return {"apiVersion": "gabion.dev/v1alpha1", "kind": "L7Policy", "metadata": {"name": "db", "namespace": "shop"},
            "spec": {"podSelector": {"matchLabels": {"app": "orders"}}, "ingress": [rule]}}


def acting(action, **profile):
    """Sections of a configuration whose default profile does `action` to everything it knows."""
    return {"inspection": {"dlp": {"profiles": {"rows": {"types": ["default"], "rules": [{"action": action}],
                                                         **profile}}},
                           "profiles": {"default": {"dlp": "rows"}}}}


@pytest.fixture(scope="module")
def server():
    found = PostgresServer(Subnet().endpoint(36))
    try:
        found.start()
        found.run(f"""CREATE TABLE paid (id int PRIMARY KEY, card text, body json, extra jsonb, num numeric, big bigint,
                                         raw bytea, cards text[]);
                      INSERT INTO paid VALUES (1, 'card {CARD}', '{{"card": "{CARD}"}}', '{{"card": "{CARD}"}}',
                                               {CARD}, {CARD}, 'card {CARD}', ARRAY['{CARD}']),
                                              (2, 'nothing', '{{"a": 1}}', '{{"a": 1}}', 7, 7, 'plain', ARRAY['b']),
                                              (3, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
                      CREATE TABLE people (id int, email text, note text);
                      INSERT INTO people VALUES (1, 'ada@canary.example', 'x'), (2, NULL, '{CARD}');
                      CREATE TABLE many AS SELECT n AS id, repeat('x', 100) AS filler FROM generate_series(1, 50000) n""")
        yield found
    finally:
        found.stop()


class Beds:
    """One pair of sidecars for each set of sections and policy, started when first asked for."""

    def __init__(self, binary, factory, server):
        self._binary, self._factory, self._server = binary, factory, server
        self._beds = {}

    def get(self, sections=None, rules=None):
        key = json.dumps([sections, rules], sort_keys=True)
        if key not in self._beds:
            bed = PostgresBed(self._binary, self._factory.mktemp("dlp"), self._server)
            self._beds[key] = bed
            bed.mesh.put_policy(rules or policy())
            bed.start_far(**(sections or {}))
            bed.start_near()
        return self._beds[key]

    def stop(self):
        crashes = [line for bed in self._beds.values() for line in bed.crashes()]
        for bed in self._beds.values():
            bed.stop()
        assert crashes == []


@pytest.fixture(scope="module")
def beds(binary, tmp_path_factory, server):
    found = Beds(binary, tmp_path_factory, server)
    yield found
    found.stop()


def connect(bed, **options):
    host, port = split(bed.calls)
    connection = psycopg2.connect(host=host, port=port, user=OWNER, password=PASSWORD, dbname="shop",
                                  connect_timeout=20, **options)
    connection.autocommit = True
    return connection


def ask(bed, statement):
    connection = connect(bed)
    try:
        with connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall()
    finally:
        connection.close()


def test_a_mask_covers_every_type_that_holds_text_and_leaves_the_rest(beds):
    bed = beds.get(acting("mask"))
    (first, second, third) = ask(bed, "SELECT id, card, body, extra, num::text, big, cards FROM paid ORDER BY id")
    assert first[:4] == (1, f"card {MASKED}", {"card": MASKED}, {"card": MASKED})
    assert first[4] == MASKED and first[5] == 0 and first[6] == [MASKED]
    ((numbers, hidden, plain),) = ask(bed, f"SELECT ARRAY[7, {CARD}]::bigint[], ARRAY['card {CARD}']::bytea[], ARRAY['x']::bytea[]")
    assert numbers == [] and hidden == [] and [bytes(one) for one in plain] == [b"x"]
    assert second == (2, "nothing", {"a": 1}, {"a": 1}, "7", 7, ["b"]) and third == (3, *[None] * 6)


@pytest.mark.parametrize("action, expected", [
    ("log", f"card {CARD}"), ("mask", f"card {MASKED}"), ("replace", "card [CREDIT_CARD]"),
    ("token", r"card tok_\w+_\w{16}")])
def test_what_each_action_leaves(beds, action, expected):
    ((found,),) = ask(beds.get(acting(action)), "SELECT card FROM paid WHERE id = 1")
    assert found == expected or re.fullmatch(expected, found)


def test_block_is_an_error_and_the_session_goes_on(beds):
    bed = beds.get(acting("block"))
    bed.forget()
    connection = connect(bed)
    with connection.cursor() as cursor:
        with pytest.raises(psycopg2.errors.InsufficientPrivilege, match="sensitive-data") as caught:
            cursor.execute("SELECT card FROM paid ORDER BY id DESC")
        assert CARD not in str(caught.value)
        cursor.execute("SELECT id FROM paid WHERE id = 2")
        assert cursor.fetchall() == [(2,)]
    connection.close()
    told = bed.far.wait_audit(event="statement", reason="sensitive_data")
    assert told["detail"] == "answer: CREDIT_CARD" and told["pii"][0]["rule"] == "CREDIT_CARD"
    assert told["tables"] == "select paid" and told["statement"] == "SELECT card FROM paid ORDER BY id DESC"
    assert bed.far.metric("gabion_postgres_cut_answers_total") >= 1


def test_findings_are_told_by_column_and_never_the_value(beds):
    bed = beds.get(acting("mask"))
    bed.forget()
    ask(bed, f"SELECT card FROM paid WHERE id = 1 AND 'x{CARD}' <> card")
    told = bed.far.wait_audit(event="statement", sampled=False, reason="none")
    assert told["pii"][0]["field"] == "/card" and told["pii"][0]["action"] == "mask"
    assert (told["rows"], told["statement"]) == (1, "SELECT card FROM paid WHERE id = $1 AND $2 <> card")
    assert bed.far.metric("gabion_findings_total", detector="dlp", rule="CREDIT_CARD", action="mask") >= 1
    assert bed.far.metric("gabion_postgres_covered_values_total") >= 1
    assert CARD not in bed.far.text("audit.log", "output.log")


def test_the_column_s_name_is_a_cue(beds):
    bed = beds.get(acting("mask"))
    assert ask(bed, "SELECT '130692544' AS sin, '130692544' AS amount") == [("*****2544", "130692544")]


def test_a_rule_of_a_policy_asks_for_a_profile(beds):
    bed = beds.get(None, policy(dlp=[{"profile": "pci", "action": "Mask"}]))
    assert ask(bed, "SELECT card FROM paid WHERE id = 1") == [(f"card {MASKED}",)]
    other = beds.get(None, policy({**EVERYTHING, "users": ["nobody", OWNER]}))
    assert ask(other, "SELECT card FROM paid WHERE id = 1") == [(f"card {CARD}",)]


@pytest.mark.parametrize("options, line", [
    ("", f"card {MASKED}"), ("WITH (FORMAT csv)", f"card {MASKED}"), ("CSV HEADER", f"card {MASKED}")])
def test_copy_leaves_covered(beds, options, line):
    connection = connect(beds.get(acting("mask")))
    out = io.StringIO()
    with connection.cursor() as cursor:
        cursor.copy_expert(f"COPY (SELECT card FROM paid ORDER BY id) TO STDOUT {options}", out)
        rows = [row[0] if row else "" for row in csv.reader(io.StringIO(out.getvalue()))]
        assert line in rows and CARD not in out.getvalue() and "nothing" in rows
        with pytest.raises(psycopg2.errors.InsufficientPrivilege, match="COPY in a form"):
            cursor.copy_expert("COPY paid TO STDOUT (DELIMITER ';')", io.StringIO())
        cursor.execute("SELECT 1")
        assert cursor.fetchall() == [(1,)]
    connection.close()


def test_copy_of_a_withheld_column_leaves_null(beds):
    bed = beds.get(None, policy({**EVERYTHING, "mask": [{"column": "public.people.email", "with": "Redact"}]}))
    connection = connect(bed)
    with connection.cursor() as cursor:
        for statement, expected in [
                ("COPY people TO STDOUT", [["1", "\\N", "x"], ["2", "\\N", CARD]]),
                ("COPY people (note, email) TO STDOUT", [["x", "\\N"], [CARD, "\\N"]]),
                ("COPY (SELECT email, id FROM people) TO STDOUT", [["\\N", "1"], ["\\N", "2"]]),
                ("COPY (SELECT * FROM people) TO STDOUT", [["1", "\\N", "x"], ["2", "\\N", CARD]])]:
            out = io.StringIO()
            cursor.copy_expert(statement, out)
            assert [row.split("\t") for row in out.getvalue().splitlines()] == expected, statement
        for statement in ("COPY (SELECT upper(email) FROM people) TO STDOUT",
                          "COPY (SELECT *, email FROM people) TO STDOUT"):
            with pytest.raises(psycopg2.errors.InsufficientPrivilege):
                cursor.copy_expert(statement, io.StringIO())
        cursor.execute("SELECT id FROM people WHERE id = 1")
        assert cursor.fetchall() == [(1,)]
    connection.close()
    assert bed.far.metric("gabion_postgres_withheld_values_total") >= 5


def test_errors_and_notices_are_covered(beds):
    connection = connect(beds.get(acting("mask")))
    with connection.cursor() as cursor:
        with pytest.raises(psycopg2.Error) as caught:
            cursor.execute("SELECT card::int FROM paid WHERE id = 1")
        assert CARD not in str(caught.value) and MASKED in str(caught.value)
    connection.close()


def test_asyncpg_in_binary(beds):
    bed = beds.get(acting("mask"))

    async def run():
        host, port = split(bed.calls)
        connection = await asyncpg.connect(host=host, port=port, user=OWNER, password=PASSWORD, database="shop",
                                           ssl=False, timeout=20)
        try:
            rows = await connection.fetch("SELECT card, body, extra, big, raw FROM paid ORDER BY id")
            async with connection.transaction():
                pieces = [row["card"] async for row in connection.cursor("SELECT card FROM paid ORDER BY id",
                                                                         prefetch=1)]
            return [tuple(row) for row in rows], pieces
        finally:
            await connection.close()
    rows, pieces = asyncio.run(run())
    assert rows[0][0] == f"card {MASKED}" and json.loads(rows[0][1]) == {"card": MASKED}
    assert json.loads(rows[0][2]) == {"card": MASKED} and rows[0][3] == 0 and rows[0][4] == f"card {MASKED}".encode()
    assert rows[1] == ("nothing", '{"a": 1}', '{"a": 1}', 7, b"plain") and rows[2] == (None,) * 5
    assert pieces == [f"card {MASKED}", "nothing", None]


def test_a_value_longer_than_is_held_is_masked_in_the_stream_or_passes_as_onlimit_says(beds):
    statement = f"SELECT repeat('x', 300000) || ' {CARD}', 'card {CARD}'"
    sections = acting("mask")
    ((long, short),) = ask(beds.get(sections), statement)
    assert long == "[REDACTED]" and short == "*" * len(f"card {CARD}")
    sections = json.loads(json.dumps(sections))
    sections["inspection"]["profiles"]["default"]["onLimit"] = "allow"
    ((long, _),) = ask(beds.get(sections), statement)
    assert long.endswith(CARD)


def test_a_budget_is_spent_over_sessions(beds):
    bed = beds.get(acting("mask", budget={"records": 3, "per": "1h"}))
    ask(bed, "SELECT card FROM paid WHERE id = 1")
    connection = connect(bed)
    with connection.cursor() as cursor, pytest.raises(psycopg2.errors.InsufficientPrivilege):
        for _ in range(4):
            cursor.execute("SELECT card FROM paid WHERE id = 1")
    connection.close()


LIMITED = {**EVERYTHING, "limits": {"rows": 100}}


@pytest.mark.parametrize("named", [False, True])
def test_a_cursor_is_counted_over_its_pieces(beds, named):
    connection = connect(beds.get(None, policy(LIMITED)))
    connection.autocommit = False
    fetched = 0
    with connection.cursor("c" if named else None) as cursor:
        if not named:
            cursor.execute("DECLARE d CURSOR FOR SELECT id FROM many")
        else:
            cursor.execute("SELECT id FROM many")
        with pytest.raises(psycopg2.errors.InsufficientPrivilege, match="row-limit"):
            for _ in range(20):
                if not named:
                    cursor.execute("FETCH 30 FROM d")
                fetched += len(cursor.fetchmany(30))
    connection.rollback()
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM many LIMIT 3")
        assert len(cursor.fetchall()) == 3
    connection.close()
    assert 60 <= fetched <= 100


@pytest.mark.parametrize("made, take", [
    (query("DECLARE c CURSOR FOR SELECT id FROM many"), message("E", b"c\0" + struct.pack(">I", 30)) + SYNC),
    (parse("", "SELECT id FROM many") + bind("c", "") + SYNC, query("FETCH 30 FROM c"))],
    ids=["declared by SQL, taken by Execute", "bound, taken by FETCH"])
def test_a_cursor_is_counted_whichever_way_rows_are_taken(beds, made, take):
    """SQL and the protocol name cursors and portals in one space."""
    connection = connect(beds.get(None, policy(LIMITED)))
    with Wire(connection) as wire:
        wire.send(query("BEGIN") + made)
        assert wire.answers()[0] == "CZ"
        wire.answers()
        rows = 0
        for _ in range(20):
            wire.send(take)
            kinds, errors = wire.answers()
            rows += kinds.count("D")
            if errors:
                break
        assert errors and errors[0]["C"] == "42501" and "row-limit" in errors[0]["M"]
        assert 60 <= rows <= 100
    connection.close()


@pytest.mark.parametrize("value", [f"{CARD}.00::numeric(20,2)", f"{CARD}::float8", f"-{CARD}::numeric", f"{CARD}::int8"])
def test_a_number_is_found_however_it_is_written(beds, value):
    connection = connect(beds.get(acting("mask"), policy()))
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {value} AS card")
        assert cursor.fetchall() == [(0,)]
        cursor.execute("SELECT 4111111111111112::numeric(20,2) AS card")
        assert cursor.fetchall() == [(4111111111111112,)]
    connection.close()


def test_a_number_with_an_exponent_is_found_in_texts_arrays_and_copy(beds):
    """As the server writes a double of more than 15 digits."""
    connection = connect(beds.get(acting("mask"), policy()))
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {CARD}::float8::text, ARRAY[7, -{CARD}]::float8[], "
                       f"ARRAY[7, {CARD}]::float8[]::text, ARRAY['x', {CARD}::float8::text]")
        assert cursor.fetchall() == [(MASKED, [], "[REDACTED]", [])]
        cursor.execute("SELECT 4111111111111112::float8::text, ARRAY[7, 4111111111111112]::float8[], '4e+15 and more'")
        assert cursor.fetchall() == [("4.111111111111112e+15", [7, 4111111111111112], "4e+15 and more")]
        for options, line in (("", f"{MASKED}\t\\N\t{{7,4.111111111111112e+15}}\n"),
                              ("WITH (FORMAT csv)", f'"{MASKED}",,"{{7,4.111111111111112e+15}}"\n')):
            out = io.StringIO()
            cursor.copy_expert(f"COPY (SELECT {CARD}::float8 AS card, ARRAY[7, {CARD}]::float8[] AS cards, "
                               f"ARRAY[7, 4111111111111112]::float8[] AS others) TO STDOUT {options}", out)
            assert out.getvalue() == line
    connection.close()


def test_a_number_with_an_exponent_is_found_in_json(beds):
    connection = connect(beds.get(acting("mask"), policy()))
    with connection.cursor() as cursor:
        exact, other = '{"card": 4.111111111111111E15}', '{"card": 4.111111111111112E15, "text": "4.1e+15"}'
        cursor.execute(f"SELECT '{exact}'::json::text, '[1, 4111111111111111e0]', '{other}'")
        assert cursor.fetchall() == [("[REDACTED]", "[REDACTED]", other)]
        out = io.StringIO()
        cursor.copy_expert(f"COPY (SELECT '{exact}'::json, '[5e15]'::json) TO STDOUT", out)
        assert out.getvalue() == "\\N\t[5e15]\n"
    connection.close()


ELEMENTS = {"int8": 20, "numeric": 1700, "float8": 701}


@pytest.mark.parametrize("element", ELEMENTS)
def test_arrays_of_numbers_in_binary_are_read_element_by_element(beds, element):
    """The wire's own bytes: an array in which a card is found has no element left, any other is untouched."""
    connection = connect(beds.get(acting("mask"), policy()))
    kept = ("ARRAY[7, NULL, 4111111111111112]", "ARRAY[[1, 2], [3, 4]]", "ARRAY[]")
    with Wire(connection) as wire:
        def ask(*values):
            wire.send(parse("", "SELECT " + ", ".join(f"{value}::{element}[]" for value in values)) + bind("", "", 1) +
                      message("D", b"P\0") + execute() + SYNC)
            rows = []
            while (got := wire.message())[0] != "Z":
                assert got[0] != "E", got
                rows += [got[1]] if got[0] == "D" else []
            return values_of(rows[0])

        empty = struct.pack(">III", 0, 0, ELEMENTS[element])
        assert ask(f"ARRAY[7, {CARD}]", f"ARRAY[[NULL, -{CARD}], [1, 2]]", f"ARRAY[{CARD}]") == [empty] * 3
        for whole, value in zip(ask(*kept), kept):
            assert (whole != empty) == (value != "ARRAY[]"), value
            assert struct.unpack(">I", whole[8:12])[0] == ELEMENTS[element]
        seven, null, card = elements_of(ask(kept[0])[0])
        assert null is None and len(seven) and len(card)
        if element != "numeric":
            assert struct.unpack(">d" if element == "float8" else ">q", card) == (4111111111111112,)
    connection.close()


def values_of(row):
    """The values of a DataRow's body."""
    found, at = [], 2
    while at < len(row):
        length = struct.unpack(">i", row[at:at + 4])[0]
        found.append(None if length < 0 else row[at + 4:at + 4 + length])
        at += 4 + max(length, 0)
    assert len(found) == struct.unpack(">H", row[:2])[0]
    return found


def elements_of(array):
    """Of an array in binary, of one dimension."""
    found, at = [], 20
    while at < len(array):
        length = struct.unpack(">i", array[at:at + 4])[0]
        found.append(None if length < 0 else array[at + 4:at + 4 + length])
        at += 4 + max(length, 0)
    return found


def test_asyncpg_reads_arrays_of_numbers(beds):
    """It asks the catalogue about array types first, which its preset allows, and takes everything in binary."""
    bed = beds.get(acting("mask"), policy())

    async def run():
        host, port = split(bed.calls)
        connection = await asyncpg.connect(host=host, port=port, user=OWNER, password=PASSWORD, database="shop",
                                           ssl=False, timeout=20)
        try:
            columns = ", ".join(f"ARRAY[7, {number}]::{element}[]" for element in ELEMENTS
                                for number in (CARD, 4111111111111112))
            return [list(value) for value in await connection.fetchrow(f"SELECT {columns}")]
        finally:
            await connection.close()
    assert asyncio.run(run()) == [[], [7, 4111111111111112]] * 3


def test_profiles_that_change_while_an_answer_is_under_way(beds):
    """What was found under the old ones is told all the same."""
    bed = beds.get(acting("mask"), policy())
    connection = connect(bed)
    with connection.cursor() as cursor:
        for action in ("replace", "mask") * 3:
            bed.far.configuration.update(acting(action))
            bed.far.write()
            threading.Timer(0.2, bed.far.reload).start()
            cursor.execute("SELECT card FROM paid WHERE id = 1 UNION ALL SELECT pg_sleep(0.5)::text")
            assert CARD not in str(cursor.fetchall())
    connection.close()
    assert bed.far.running()


def test_an_execute_of_a_prepared_name_is_bound_by_what_the_name_stands_for(beds):
    free = {"users": [OWNER], "statements": ["PREPARE", "EXECUTE"], "tables": ["public.none"]}
    rules = policy(LIMITED)
    rules["spec"]["ingress"][0]["sql"].append(free)
    connection = connect(beds.get(None, rules))
    with connection.cursor() as cursor:
        cursor.execute("PREPARE p AS SELECT id FROM many")
        with pytest.raises(psycopg2.errors.InsufficientPrivilege, match="row-limit"):
            cursor.execute("EXECUTE p")
        cursor.execute("SELECT 7")
        assert cursor.fetchall() == [(7,)]
    connection.close()


def test_the_server_stops_what_was_cut_and_what_follows_is_not_stopped(beds):
    bed = beds.get(None, policy(LIMITED))
    before = bed.far.metric("gabion_postgres_cancels_total")
    connection = connect(bed)
    with connection.cursor() as cursor:
        for _ in range(20):
            begin = time.monotonic()
            with pytest.raises(psycopg2.errors.InsufficientPrivilege, match="row-limit"):
                cursor.execute("SELECT a.id, b.filler FROM many a, many b")  # 2.5 billion rows
            cursor.execute("SELECT count(*) FROM many")
            assert cursor.fetchall() == [(50_000,)]
            assert time.monotonic() - begin < 60
    connection.close()
    until(lambda: bed.far.metric("gabion_postgres_cancels_total") >= before + 20, "each is counted")


def random_statement(chance):
    """Columns of random types over rows of random values, some of them sensitive; all of it in one text."""
    def value(kind):
        text = "".join(chance.choice("ab 1,;\n\t\\") for _ in range(chance.randrange(12)))
        plain = {"text": lambda: text, "varchar": lambda: text, "json": lambda: json.dumps({"k": text}),
                 "jsonb": lambda: json.dumps({"k": text}), "int4": lambda: str(chance.randrange(1000)),
                 "text[]": lambda: "{a,b}", "date": lambda: "2026-11-26"}
        if kind in ("text", "varchar", "json", "jsonb", "text[]") and chance.random() < 0.4:
            held = f"{chance.choice(['', 'card '])}{CARD}"
            return {"json": json.dumps({"card": held}), "jsonb": json.dumps({"card": held}),
                    "text[]": '{"%s"}' % held}.get(kind, held)
        return plain[kind]()
    kinds = [chance.choice(["text", "varchar", "json", "jsonb", "int4", "text[]", "date"])
             for _ in range(chance.randrange(1, 6))]
    rows = []
    for _ in range(chance.randrange(1, 20)):
        cells = [f"NULL::{kind}" if chance.random() < 0.1 else
                 "E'" + value(kind).replace("\\", "\\\\").replace("'", "''") + f"'::{kind}" for kind in kinds]
        rows.append("SELECT " + ", ".join(f"{cell} AS c{i}" for i, cell in enumerate(cells)))
    return " UNION ALL ".join(rows)


def covered(value):
    """The reference: by text alone."""
    if isinstance(value, str):
        return value.replace(CARD, MASKED)
    if isinstance(value, list):
        return [covered(item) for item in value]
    if isinstance(value, dict):
        return {key: covered(item) for key, item in value.items()}
    return value


@pytest.mark.parametrize("seed", range(8))
def test_random_rows_leave_as_the_reference_covers_them(beds, server, seed):
    chance = random.Random(seed)
    host, port = split(server.endpoint)
    direct = psycopg2.connect(host=host, port=port, user=OWNER, password=PASSWORD, dbname="shop")
    direct.autocommit = True
    through = connect(beds.get(acting("mask")))
    with direct.cursor() as plain, through.cursor() as masked:
        for _ in range(25):
            statement = random_statement(chance)
            plain.execute(statement)
            masked.execute(statement)
            assert masked.fetchall() == [tuple(map(covered, row)) for row in plain.fetchall()], statement
    direct.close()
    through.close()
