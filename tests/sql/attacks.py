"""The attacks of the guide's lists, as bytes: each shows a secret to whoever sends it straight to the server.

A row is Attack(where it is listed, what it is called, what is sent, what is told of it, parameters of the start-up). `WORD` lies in table `secret`,
which the rules deny, and in `other.orders`; `EMAIL` in `people.email`, which they withhold.
"""

import dataclasses
import struct

import wire

WORD, EMAIL = "canary-of-the-word", "canary-of-the-email"
# With standard_conforming_strings on this is one literal; with it off a sub-query.
FLIPPED = "SELECT '\\'', (SELECT word FROM secret) --'"
SJIS = b"SELECT E'\x95\x5c', (SELECT word FROM secret) --'"

SCHEMA = f"""
CREATE TABLE orders (id int, note text); INSERT INTO orders VALUES (1, 'plain');
CREATE TABLE secret (id int, word text); INSERT INTO secret VALUES (1, '{WORD}');
CREATE TABLE people (id int PRIMARY KEY, email text UNIQUE); INSERT INTO people VALUES (1, '{EMAIL}'), (7, 'a'), (8, 'z');
CREATE SCHEMA other; CREATE TABLE other.orders (id int, note text); INSERT INTO other.orders VALUES (1, '{WORD}');
CREATE VIEW v_secret AS SELECT word FROM secret; CREATE VIEW v_people AS SELECT email AS id FROM people;
CREATE FUNCTION peek() RETURNS text LANGUAGE sql SECURITY DEFINER AS 'SELECT word FROM secret';
ANALYZE people;
"""


@dataclasses.dataclass(frozen=True)
class Attack:
    listed: str
    name: str
    sent: bytes
    told: tuple = ()  # SQLSTATEs in their order; of a denial with its reason, as the audit log has it
    start: dict = dataclasses.field(default_factory=dict)
    ends: str | None = None  # the session, for this reason
    covered: bool = False  # something leaves, and the stand-in is in it
    unheard: tuple = ()  # denials of what the server skips for an error of its own

    @property
    def rounds(self):
        """How often the server says that it is ready."""
        count, rest = 0, self.sent
        while rest:
            count += rest[:1] in (b"Q", b"S", b"F")
            rest = rest[1 + struct.unpack(">I", rest[1:5])[0]:]
        return count


def denied(*reasons):
    return tuple("42501 " + reason for reason in reasons)


SECRET, LEXER, PATH = denied("table: public.secret"), denied("setting: standard_conforming_strings"), denied("setting: search_path")
STACKED, MASKING = denied("stacked: 2 statements"), denied("masking: public.people.email")
AT_START = {"told": ("42501",), "ends": "startup_refused"}


def simple(*texts):
    return b"".join(map(wire.query, texts))


def batch(*texts):
    return b"".join(wire.parse("", text) + wire.bind("") + wire.describe_portal() + wire.execute() for text in texts) + wire.SYNC


def call(oid, *values):
    """A FunctionCall with values in text."""
    given = b"".join(struct.pack(">I", len(value)) + value.encode() for value in values)
    return wire.message("F", struct.pack(">IHH", oid, 0, len(values)) + given + struct.pack(">H", 0))


SET_CONFIG, READ_TEXT = 2078, 2923  # oids in pg_proc: set_config(text, text, bool), table_to_xml(…)


def desync():
    """2.5: what is read otherwise than it was judged."""
    off = "standard_conforming_strings"
    routes = {
        "SET": simple(f"SET {off} = off"), "SET LOCAL": simple(f"BEGIN", f"SET LOCAL {off} = off"),
        "set_config": simple(f"SELECT set_config('{off}', 'off', false)"),
        "set_config, computed": simple(f"SELECT set_config('standard_conforming' || '_strings', 'off', false)"),
        "FunctionCall": call(SET_CONFIG, off, "off", "f"), "Parse": batch(f"SET {off} = off"),
        "one Parse behind the other": wire.parse("", f"SET {off} = off") + wire.bind("") + wire.execute(),
        "DO": simple(f"DO $$ BEGIN PERFORM set_config('{off}', 'off', false); END $$"),
        "UPDATE pg_settings": simple(f"UPDATE pg_settings SET setting = 'off' WHERE name = '{off}'"),
        "a function's SET": simple(f"CREATE FUNCTION pg_temp.f() RETURNS void LANGUAGE plpgsql AS "
                                   f"'BEGIN PERFORM set_config(''{off}'', ''off'', false); END'", "SELECT pg_temp.f()"),
    }
    told = {"SET LOCAL": (*LEXER, "25P02"), "set_config, computed": denied("setting: *"), "FunctionCall": denied("function-call"),
            "DO": denied("kind: DO"), "UPDATE pg_settings": denied("table: pg_catalog.pg_settings"),
            "a function's SET": denied("kind: CREATE FUNCTION", "function: pg_temp.f")}
    for name, route in routes.items():
        asked = batch(FLIPPED) if name.startswith("one Parse") else simple(FLIPPED)
        yield Attack("2.5 (1) GUC flip", name, route + asked, told.get(name, LEXER))
    yield Attack("2.5 (3) GUC flip at start-up", "options", simple(FLIPPED), start={"options": f"-c {off}=off"}, **AT_START)
    yield Attack("2.5 (3) GUC flip at start-up", "parameter", simple(FLIPPED), start={off: "off"}, **AT_START)
    for name, route in {"SET": simple("SET client_encoding = 'SJIS'"), "SET NAMES": simple("SET NAMES 'SJIS'"),
                        "set_config": simple("SELECT set_config('client_encoding', 'SJIS', false)")}.items():
        yield Attack("2.5 (2) trailing backslash, BY-05", name, route + wire.raw_query(SJIS),
                     denied("setting: client_encoding", "encoding"))
    yield Attack("2.5 (3) encoding at start-up", "parameter", wire.raw_query(SJIS), start={"client_encoding": "SJIS"}, **AT_START)
    yield Attack("2.5 (3) encoding at start-up", "options", wire.raw_query(SJIS), start={"options": "-cclient_encoding=SJIS"},
                 **AT_START)
    read = simple("SELECT note FROM orders")
    for name, route in {"SET": simple("SET search_path = other"), "SET SCHEMA": simple("SET SCHEMA 'other'"),
                        "set_config": simple("SELECT set_config('search_path', 'other', false)"),
                        "one Query": b""}.items():
        asked = read if route else simple("SET search_path = other; SELECT note FROM orders")
        yield Attack("2.5 (4) search_path, PG-20", name, route + asked, PATH if route else STACKED)
    yield Attack("2.5 (4) search_path, PG-06, BY-06", "options", read, start={"options": "-c search_path=other"}, **AT_START)
    yield Attack("2.5 (4) search_path, PG-06, BY-06", "parameter", read, start={"search_path": "other"}, **AT_START)


def indirection():
    """2.5 (5), PG-27: what no statement's tree shows."""
    texts = {
        "DO": "DO $$ BEGIN RAISE NOTICE '%', (SELECT word FROM secret); END $$",
        "query_to_xml": "SELECT query_to_xml('SELECT word FROM secret', true, false, '')",
        "table_to_xml": "SELECT table_to_xml('secret', true, false, '')",
        "schema_to_xml": "SELECT schema_to_xml('public', true, false, '')",
        "database_to_xml": "SELECT database_to_xml(true, false, '')",
        "ts_stat": "SELECT * FROM ts_stat('SELECT to_tsvector(word) FROM secret')",
        "a view": "SELECT * FROM v_secret",
        "SECURITY DEFINER": "SELECT peek()",
        "EXECUTE in a function": "CREATE FUNCTION pg_temp.f() RETURNS text LANGUAGE plpgsql AS 'DECLARE r text; BEGIN EXECUTE "
                                 "''SELECT word FROM secret'' INTO r; RETURN r; END'; SELECT pg_temp.f()",
        "BEGIN ATOMIC": "CREATE FUNCTION pg_temp.g() RETURNS text BEGIN ATOMIC SELECT word FROM secret; END; SELECT pg_temp.g()",
        "a rule": "CREATE RULE r AS ON UPDATE TO orders DO INSTEAD SELECT word FROM secret; UPDATE orders SET note = 'x' WHERE id = 1",
        "COPY PROGRAM": f"COPY orders (note) FROM PROGRAM 'echo {WORD}'; SELECT note FROM orders",
    }
    told = {"DO": denied("kind: DO"), "a view": denied("table: public.v_secret"), "SECURITY DEFINER": denied("function: public.peek"),
            "EXECUTE in a function": STACKED, "BEGIN ATOMIC": STACKED, "a rule": denied("kind: CREATE RULE"), "COPY PROGRAM": STACKED}
    for name, text in texts.items():
        yield Attack("2.5 (5) indirection", name, simple(text), told.get(name, denied(f"function: pg_catalog.{name}")))
    yield Attack("2.5 (5) indirection", "cursor_to_xml", simple(
        "BEGIN", "DECLARE c CURSOR FOR SELECT word FROM secret", "SELECT cursor_to_xml('c', 10, true, false, '')"),
                 SECRET + denied("function: pg_catalog.cursor_to_xml"))
    yield Attack("PG-27, BY-09 FunctionCall", "table_to_xml", call(READ_TEXT, "secret", "t", "f", ""), denied("function-call"))


def positions():
    """BY-07, BY-08: a denied table wherever it may stand, and in any message of a segment."""
    texts = {
        "FROM": "SELECT word FROM secret", "TABLE": "TABLE secret", "sub-query": "SELECT (SELECT word FROM secret)",
        "UNION": "SELECT note FROM orders UNION SELECT word FROM secret", "WITH": "WITH w AS (SELECT word FROM secret) TABLE w",
        "UPDATE FROM": "UPDATE orders SET note = word FROM secret WHERE orders.id = 1 RETURNING note",
        "DELETE USING": "DELETE FROM orders USING secret WHERE orders.id = 1 RETURNING word",
        "INSERT SELECT": "INSERT INTO orders SELECT id, word FROM secret RETURNING note",
        "UPDATE RETURNING": "UPDATE secret SET id = 2 WHERE id = 1 RETURNING word",
        "DELETE RETURNING": "DELETE FROM secret WHERE id = 1 RETURNING word",
        "LATERAL": "SELECT x.word FROM orders o, LATERAL (SELECT word FROM secret) x", "VALUES": "VALUES ((SELECT word FROM secret))",
        "ORDER BY": "SELECT note FROM orders UNION ALL (SELECT word FROM secret ORDER BY 1)",
        "CASE": "SELECT CASE WHEN true THEN (SELECT word FROM secret) END FROM orders",
        "COPY": "COPY secret TO STDOUT", "COPY query": "COPY (SELECT word FROM secret) TO STDOUT",
        "written otherwise": 'SELECT word FROM U&"s\\0065cret"', "behind a comment": "SELECT word FROM /* /* */ */ secret",
        "behind a dollar": "SELECT $x$'$x$, word FROM secret", "a continued literal": "SELECT 'a'\n'b', word FROM secret",
        "cast to text of a row": "SELECT secret::text FROM secret",
    }
    for name, text in texts.items():
        yield Attack("BY-08 positions", name, simple(text), SECRET)
        if not name.startswith("COPY"):
            yield Attack("BY-10 by the extended protocol", name, batch(text), SECRET)
    yield Attack("BY-07 several Q in a segment", "the second", simple("SELECT 1", "SELECT word FROM secret", "SELECT 2"), SECRET)
    yield Attack("BY-07 no verdict carries over", "behind a syntax error", simple("SELEC 1", "ROLLBACK", "SELECT word FROM secret"),
                 denied("parse-error") + SECRET)
    yield Attack("BY-07 stacked", "one Query", simple("SELECT 1; SELECT word FROM secret"), STACKED)
    yield Attack("BY-11 a long common beginning", "2 KiB", simple(f"SELECT /* {'x' * 2048} */ note FROM orders",
                                                                  f"SELECT /* {'x' * 2048} */ word FROM secret"), SECRET)


def names():
    """PG-22, PG-23, PG-24: names of SQL and of the protocol are one space."""
    unknown = SECRET + denied("unknown-name")
    run = lambda name: wire.bind(name) + wire.execute() + wire.SYNC  # noqa: E731
    yield Attack("PG-23 names", "PREPARE, then Bind", simple("PREPARE x AS SELECT word FROM secret") + run("x"), unknown)
    yield Attack("PG-23 names", "PREPARE, then EXECUTE", simple("PREPARE x AS SELECT word FROM secret", "EXECUTE x"), unknown)
    yield Attack("PG-23 names", "Parse, then EXECUTE", wire.parse("x", "SELECT word FROM secret") + wire.SYNC + simple("EXECUTE x"),
                 unknown)
    yield Attack("PG-23 names", "DECLARE, then FETCH", simple("BEGIN", "DECLARE c CURSOR FOR SELECT word FROM secret", "FETCH c"),
                 unknown)
    yield Attack("PG-23 names", "DECLARE, then Execute", simple("BEGIN", "DECLARE c CURSOR FOR SELECT word FROM secret")
                 + wire.describe_portal("c") + wire.execute("c") + wire.SYNC, (*SECRET, "34000"), unheard=("unknown-name",))
    yield Attack("PG-22 duplicate name", "42P05", wire.parse("a", "SELECT word FROM secret") + wire.SYNC
                 + wire.parse("a", "SELECT 1") + wire.SYNC + simple("ROLLBACK") + run("a"), (*SECRET, "42501"), ends="sensitive_data")
    yield Attack("PG-22 unnamed statement", "kept by an error", wire.parse("", "SELECT word FROM secret") + wire.bind("")
                 + wire.execute() + wire.SYNC, SECRET)
    yield Attack("PG-24 pipelining", "a name made again behind a Sync", wire.parse("a", "SELECT 1") + wire.SYNC
                 + wire.message("C", b"Sa\0") + wire.parse("a", "SELECT word FROM secret") + wire.SYNC + run("a"),
                 (*SECRET, "26000"))


def bound_values():
    """PG-26: what a bound value is, no text shows; so what would run it or set by it is refused as such."""
    def bound(text, *values):
        return wire.parse("", text) + wire.bind("", *values) + wire.describe_portal() + wire.execute() + wire.SYNC

    yield Attack("PG-26 bound values", "query_to_xml($1)",
                 bound("SELECT query_to_xml($1, true, false, '')", "SELECT word FROM secret"),
                 denied("function: pg_catalog.query_to_xml"))
    yield Attack("PG-26 bound values", "table_to_xml($1)", bound("SELECT table_to_xml($1::regclass, true, false, '')", "secret"),
                 denied("function: pg_catalog.table_to_xml"))
    yield Attack("PG-26 bound values", "ts_stat($1)",
                 bound("SELECT word FROM ts_stat($1)", "SELECT array_to_tsvector(ARRAY[word]) FROM secret"),
                 denied("function: pg_catalog.ts_stat"))
    yield Attack("PG-26 bound values", "set_config($1)", bound(
        "SELECT set_config($1, $2, false)", "standard_conforming_strings", "off") + simple(FLIPPED),
                 denied("setting: *"))
    yield Attack("PG-26 bound values", "set_config($1), search_path", bound(
        "SELECT set_config($1, $2, false)", "search_path", "other") + simple("SELECT note FROM orders"),
                 denied("setting: *"))


def channels():
    """2.6: where a withheld column may leave."""
    texts = {
        "column": "SELECT email FROM people", "alias": "SELECT p.email AS id FROM people p", "star": "SELECT * FROM people",
        "sub-select": "SELECT id FROM (SELECT email AS id FROM people) x", "WITH": "WITH w AS MATERIALIZED (SELECT email FROM people) TABLE w",
        "RETURNING": "UPDATE people SET id = 1 WHERE id = 1 RETURNING email", "a view": "SELECT id FROM v_people",
        "CTAS": "CREATE TEMP TABLE mine AS SELECT email FROM people; SELECT email FROM mine",
        "expression": "SELECT email || '' FROM people", "UNION": "SELECT email FROM people UNION SELECT ''",
        "string_agg": "SELECT string_agg(email, '') FROM people", "ARRAY": "SELECT ARRAY(SELECT email FROM people)",
        "to_json": "SELECT to_json(p) FROM people p", "CASE": "SELECT CASE WHEN true THEN email END FROM people",
        "whole row": "SELECT p FROM people p", "table_to_xml": "SELECT table_to_xml('people', true, false, '')",
        "pg_stats": "SELECT histogram_bounds FROM pg_stats WHERE tablename = 'people'",
        "22P02": "SELECT email::int FROM people WHERE id = 1", "23505": f"INSERT INTO people VALUES (2, '{EMAIL}')",
        "application_name": "SELECT set_config('application_name', email, false) FROM people",
        "COPY": "COPY people TO STDOUT",
        "COPY binary": "COPY people TO STDOUT (FORMAT binary)", "COPY query": "COPY (SELECT email FROM people) TO STDOUT",
        "RAISE": "DO $$ BEGIN RAISE EXCEPTION '%', (SELECT max(email) FROM people WHERE id = 1); END $$",
        "ORDER BY an error": "SELECT id FROM people WHERE id = 1 ORDER BY email::int",
    }
    covered = {"column", "alias", "star", "sub-select", "WITH", "RETURNING"}
    told = {"a view": denied("table: public.v_people"), "CTAS": denied("kind: CREATE TABLE AS"),
            "to_json": denied("function: public.to_json"), "table_to_xml": denied("function: pg_catalog.table_to_xml"),
            "pg_stats": denied("table: pg_catalog.pg_stats"), "23505": ("23505",), "RAISE": denied("kind: DO"),
            "ORDER BY an error": ("22P02",), **dict.fromkeys(("COPY", "COPY binary", "COPY query", *covered), ())}
    for name, text in texts.items():
        yield Attack("2.6 masking", name, simple(text), told.get(name, MASKING), covered=name in covered)
    yield Attack("2.6 masking", "pg_notify", simple("LISTEN x; SELECT pg_notify('x', email) FROM people", "COMMIT"), MASKING)
    yield Attack("2.6 masking", "FETCH", simple("BEGIN", "DECLARE c CURSOR FOR SELECT email FROM people WHERE id = 1", "FETCH c"), covered=True)
    yield Attack("2.6 masking", "binary", wire.parse("", "SELECT email FROM people") + wire.bind("", results=1)
                 + wire.describe_portal() + wire.execute() + wire.SYNC, covered=True)
    yield Attack("2.6 masking", "without Describe", wire.parse("", "SELECT email FROM people") + wire.bind("") + wire.execute() + wire.SYNC,
                 ("42501",), ends="sensitive_data")


ATTACKS = [*desync(), *indirection(), *positions(), *names(), *bound_values(), *channels()]
