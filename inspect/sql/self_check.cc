// The fixed list that a parser reads before it is trusted: see self_check.h.
#include "inspect/sql/self_check.h"

#include <array>

#include "inspect/sql/parse.h"

namespace gabion::inspect::sql {
namespace {

struct Case {
  std::string_view text;
  std::string_view facts;
  std::string_view flags;
};

// Together they read a field near the end of every structure that facts come from.
constexpr std::array<Case, 118> kCases{{
    {"SELECT a.x, lower(y) FROM s.t AS a WHERE a.z = 1 FOR UPDATE OF a",
     "SELECT | s.t:select s.t:lock | s.t.x s.t.y s.t.z | lower | | s.t.x ?", "has-where returns-rows row-lock"},
    {"WITH d AS (DELETE FROM t USING u WHERE t.a = u.b RETURNING t.c) SELECT 1 FROM d",
     "SELECT | t:delete u:select | t.a t.c u.b | | | constant", "returns-rows writes value-read"},
    {"INSERT INTO t (a) SELECT b FROM u ON CONFLICT (a) DO UPDATE SET c = excluded.d RETURNING e",
     "INSERT | t:insert t:update u:select | t.a t.a:insert t.c:update t.e u.b | | | t.e",
     "returns-rows writes value-read"},
    {"UPDATE t SET (a, b) = (SELECT u.c, u.d FROM u) WHERE CURRENT OF k",
     "UPDATE | t:update u:select | t.a:update t.b:update u.c u.d | | -k", "has-where writes value-read"},
    {"MERGE INTO t USING u ON t.a = u.b WHEN NOT MATCHED THEN INSERT (c) VALUES (u.d)",
     "MERGE | t:insert u:select | t.a t.c:insert u.b u.d", "writes value-read"},
    {"MERGE INTO t USING u ON true WHEN MATCHED AND u.c THEN DELETE", "MERGE | t:delete u:select | u.c", "writes"},
    {"SELECT CASE WHEN x IS NULL THEN f(VARIADIC y) END OPERATOR(o.+) z::regclass FROM a JOIN b USING (k)",
     "SELECT | a:select b:select | x y z a.k b.k | f o.+:word | | ?", "returns-rows reg-cast unknown-columns"},
    {"SELECT p.row_to_json, (p).a[b:c], ROW(d) FROM t p",
     "SELECT | t:select | t.* t.b t.c t.d t.row_to_json | row_to_json:attribute | | ? ? ?", "returns-rows row-value"},
    {"SELECT COALESCE(a, GREATEST(b, NULLIF(c, d))), e COLLATE \"C\", ARRAY[f], g IS TRUE, GROUPING(h), current_user "
     "FROM t GROUP BY CUBE (h)",
     "SELECT | t:select | t.a t.b t.c t.d t.e t.f t.g t.h | current_user:word | | ? ? ? ? ? ?", "returns-rows"},
    {"SELECT xmlelement(name n, xmlattributes(a), b), xmlserialize(content c AS text) FROM t",
     "SELECT | t:select | t.a t.b t.c | | | ? ?", "returns-rows"},
    {"SELECT x.* FROM XMLTABLE('/r' PASSING (SELECT d FROM t) COLUMNS n int PATH (SELECT e FROM u)) x",
     "SELECT | t:select u:select | t.d u.e | | | ?", "returns-rows"},
    {"SELECT * FROM ROWS FROM (f(1), g((SELECT a FROM t))) r, u TABLESAMPLE bernoulli (h(1)) REPEATABLE (i(1))",
     "SELECT | t:select u:select | t.a u.* | f g h i | | *", "returns-rows"},
    {"SELECT sum(a) FILTER (WHERE b) OVER (PARTITION BY c ORDER BY d ROWS e(1) PRECEDING), max(f ORDER BY g) FROM t "
     "WINDOW w AS (ORDER BY h)",
     "SELECT | t:select | t.a t.b t.c t.d t.f t.g t.h | e max sum | | ? ?", "returns-rows"},
    {"SELECT DISTINCT ON (a) b FROM t WHERE c = ANY (SELECT d FROM u) GROUP BY e HAVING f ORDER BY g USING "
     "OPERATOR(o.<) LIMIT h(1) OFFSET i(2)",
     "SELECT | t:select u:select | d t.a t.b t.c t.e t.f t.g | h i o.<:word | | t.b",
     "has-where returns-rows unknown-columns"},
    {"SELECT j.k FROM (t JOIN u ON t.a = u.b) AS j, LATERAL (SELECT c FROM v) w WHERE j IS NOT NULL",
     "SELECT | t:select u:select v:select | * c j k t.a u.b | | | ?",
     "has-where returns-rows unknown-columns row-value"},
    {"WITH RECURSIVE r AS (SELECT a FROM t UNION SELECT b FROM r JOIN u ON true) SEARCH DEPTH FIRST BY a SET o CYCLE a "
     "SET c TO 1 DEFAULT 2 USING p SELECT a FROM r",
     "SELECT | t:select u:select | t.a u.b | | | ?", "returns-rows"},
    {"SELECT a INTO u FROM t WHERE b = $1", "SELECT | t:select u:ddl | t.a t.b | | | t.a",
     "has-where writes parameters"},
    {"(SELECT a FROM t) EXCEPT (SELECT b FROM u INTERSECT VALUES (f(1)))",
     "SELECT | t:select u:select | t.a u.b | f | | ?", "returns-rows"},
    {"COPY t (a) FROM PROGRAM 'x' WHERE b > 1", "COPY | t:insert | t.a:insert t.b", "copy-program writes"},
    {"COPY (SELECT a FROM t) TO STDOUT", "COPY/SELECT | t:select | t.a | | | t.a", "copy-to-stdout"},
    {"EXPLAIN ANALYZE CREATE TABLE n AS EXECUTE p (1)", "EXPLAIN/EXECUTE | n:ddl | | | -p",
     "returns-rows writes executes"},
    {"PREPARE p AS TABLE t", "PREPARE/SELECT | t:select | t.* | | +p:SELECT | *", ""},
    {"DECLARE c CURSOR FOR SELECT a FROM t", "DECLARE/SELECT | t:select | t.a | | +c:SELECT | t.a", ""},
    {"EXECUTE p (f(1))", "EXECUTE | | | f | -p", "returns-rows"},
    {"FETCH 2 FROM c", "FETCH | | | | -c", "returns-rows"},
    {"DEALLOCATE p", "DEALLOCATE | | | | -p", ""},
    {"DISCARD ALL", "DISCARD | | | | * -all -all", "lexer-setting name-setting writes"},
    {"CALL s.p((SELECT a FROM t))", "CALL | t:select | t.a | s.p", "writes"},
    {"LOCK TABLE s.t", "LOCK | s.t:lock", ""},
    {"TRUNCATE s.t, u", "TRUNCATE | u:truncate s.t:truncate", "writes"},
    {"SET TRANSACTION ISOLATION LEVEL SERIALIZABLE", "SET | | | | transaction_isolation", ""},
    {"SET LOCAL search_path = x", "SET | | | | search_path", "name-setting"},
    {"CREATE RULE r AS ON UPDATE TO t WHERE old.a > 1 DO ALSO DELETE FROM u WHERE u.b = new.c",
     "CREATE RULE | t:ddl u:delete | t.a t.c u.b", "defines-code writes"},
    {"CREATE TABLE t (a int REFERENCES u DEFAULT f(), LIKE w, CHECK (g(a))) INHERITS (v) PARTITION BY RANGE (h(a))",
     "CREATE TABLE | t:ddl u:ddl v:ddl w:select | | f g h", "defines-code writes"},
    {"CREATE TABLE t PARTITION OF u FOR VALUES FROM (f(1)) TO (g(2))", "CREATE TABLE | t:ddl u:ddl | | f g", "writes"},
    {"CREATE FUNCTION f(a int DEFAULT g()) RETURNS int SET search_path = x BEGIN ATOMIC SELECT h(a) FROM t; END",
     "CREATE FUNCTION | t:select | t.a | g h | search_path", "defines-code name-setting writes"},
    {"CREATE FUNCTION f() RETURNS int RETURN (SELECT a FROM t)", "CREATE FUNCTION | t:select | t.a",
     "defines-code writes"},
    {"CREATE VIEW s.v AS SELECT a FROM t", "CREATE VIEW/SELECT | t:select s.v:ddl | t.a", "defines-code writes"},
    {"CREATE MATERIALIZED VIEW v AS SELECT a FROM t", "CREATE MATERIALIZED VIEW/SELECT | t:select v:ddl | t.a",
     "writes"},
    {"CREATE INDEX i ON t (f(a), b) INCLUDE (c) WHERE g(d)", "CREATE INDEX | t:ddl | t.a t.d | f g", "writes"},
    {"CREATE TRIGGER g AFTER UPDATE ON t FOR EACH ROW WHEN (old.a <> f(new.b)) EXECUTE FUNCTION s.f('x')",
     "CREATE TRIGGER | t:ddl | t.a t.b | f s.f", "defines-code writes"},
    {"CREATE CONSTRAINT TRIGGER g AFTER INSERT ON t FROM u FOR EACH ROW WHEN (h(new.b)) EXECUTE FUNCTION s.f('x')",
     "CREATE TRIGGER | t:ddl u:ddl | t.b | h s.f", "defines-code writes"},
    {"CREATE POLICY p ON t USING (f(a)) WITH CHECK (g(b))", "CREATE POLICY | t:ddl | t.a t.b | f g",
     "defines-code writes"},
    {"ALTER POLICY p ON t WITH CHECK (g(b))", "ALTER POLICY | t:ddl | t.b | g", "defines-code writes"},
    {"CREATE STATISTICS s ON a, (f(b)) FROM t", "CREATE STATISTICS | t:ddl | t.b | f", "writes"},
    {"CREATE DOMAIN d AS int CHECK (f(VALUE))", "CREATE DOMAIN | | | f", "defines-code writes"},
    {"ALTER DOMAIN d ADD CHECK (f(VALUE))", "ALTER DOMAIN | | | f", "defines-code writes"},
    {"CREATE SCHEMA s CREATE TABLE t (a int DEFAULT f())", "CREATE SCHEMA | t:ddl | | f", "defines-code writes"},
    {"CREATE PUBLICATION p FOR TABLE t WHERE (f(a)), TABLES IN SCHEMA s", "CREATE PUBLICATION | t:ddl | t.a | f",
     "writes unnamed-relations"},
    {"CREATE EVENT TRIGGER g ON ddl_command_start EXECUTE FUNCTION f()", "CREATE EVENT TRIGGER | | | f",
     "defines-code writes"},
    {"ALTER SEQUENCE s RESTART", "ALTER SEQUENCE | s:ddl", "writes"},
    {"ALTER TABLE t ATTACH PARTITION u FOR VALUES IN (f(1))", "ALTER TABLE | t:ddl u:ddl | | f", "writes"},
    {"ALTER TABLE t INHERIT w", "ALTER TABLE | t:ddl w:ddl", "writes"},
    {"ALTER TABLE t ADD COLUMN a int DEFAULT f() REFERENCES u, DROP COLUMN c CASCADE",
     "ALTER TABLE | t:ddl u:ddl | | f", "defines-code writes unnamed-relations"},
    {"ALTER TABLE t RENAME a TO b", "ALTER TABLE | t:ddl", "writes"},
    {"ALTER TABLE t SET SCHEMA s", "ALTER TABLE | t:ddl", "writes"},
    {"ALTER TABLE t OWNER TO r", "ALTER TABLE | t:ddl", "writes"},
    {"ALTER INDEX i DEPENDS ON EXTENSION x", "ALTER INDEX | i:ddl", "writes"},
    {"ALTER ROLE r SET search_path = x", "ALTER ROLE | | | | search_path", "name-setting writes"},
    {"ALTER FUNCTION f() SET role = x", "ALTER FUNCTION | | | | role", "name-setting writes"},
    {"DROP TABLE t, s.u CASCADE", "DROP TABLE | t:ddl s.u:ddl", "writes unnamed-relations"},
    {"DROP TRIGGER g ON s.t", "DROP TRIGGER | s.t:ddl", "writes"},
    {"COMMENT ON COLUMN s.t.a IS 'x'", "COMMENT | s.t:ddl", "writes"},
    {"SECURITY LABEL ON TABLE t IS 'x'", "SECURITY LABEL | t:ddl", "writes"},
    {"GRANT SELECT ON s.t TO r", "GRANT | s.t:ddl", "writes"},
    {"GRANT SELECT ON ALL TABLES IN SCHEMA s TO r", "GRANT", "writes unnamed-relations"},
    {"VACUUM t, s.u", "VACUUM | t:ddl s.u:ddl", "writes"},
    {"CLUSTER t", "CLUSTER | t:ddl", "writes"},
    {"REINDEX TABLE t", "REINDEX | t:ddl", "writes"},
    {"REINDEX SCHEMA s", "REINDEX", "writes unnamed-relations"},
    {"REFRESH MATERIALIZED VIEW v", "REFRESH MATERIALIZED VIEW | v:ddl", "writes"},
    {"SELECT set_config(setting_name => 'role', new_value => b, is_local => NOT c OR true) FROM t",
     "SELECT | t:select | t.b t.c | set_config | role | ?", "constant-or name-setting returns-rows"},
    {"BEGIN ISOLATION LEVEL SERIALIZABLE", "BEGIN", "transaction"},
    {"DO LANGUAGE plpgsql 'x'", "DO", "dynamic-sql writes"},
    {"SHOW work_mem", "SHOW", "returns-rows"},
    {"CREATE FOREIGN TABLE t (a int DEFAULT f()) SERVER s OPTIONS (x '1')", "CREATE FOREIGN TABLE | t:ddl | | f",
     "defines-code writes"},
    {"ALTER VIEW s.v OWNER TO r", "ALTER VIEW | s.v:ddl", "writes"},
    {"ALTER SCHEMA s OWNER TO r", "ALTER SCHEMA", "writes unnamed-relations"},
    {"ALTER SEQUENCE s OWNED BY t.a", "ALTER SEQUENCE | s:ddl", "writes"},
    {"ALTER STATISTICS s SET STATISTICS 1", "ALTER STATISTICS", "writes"},
    {"ALTER PUBLICATION p ADD TABLE t WHERE (f(a))", "ALTER PUBLICATION | t:ddl | t.a | f", "writes"},
    {"CREATE SUBSCRIPTION s CONNECTION 'c' PUBLICATION p WITH (x = 1)", "CREATE SUBSCRIPTION",
     "writes unnamed-relations"},
    {"ALTER SUBSCRIPTION s SET (x = 1)", "ALTER SUBSCRIPTION", "writes unnamed-relations"},
    {"ALTER DATABASE d SET TABLESPACE x", "ALTER DATABASE", "writes unnamed-relations"},
    {"ALTER DATABASE d SET search_path = x", "ALTER DATABASE | | | | search_path", "name-setting writes"},
    {"ALTER SYSTEM SET work_mem = 1", "ALTER SYSTEM | | | | work_mem", "writes"},
    {"ALTER ROLE r CREATEDB", "ALTER ROLE", "writes"},
    {"CREATE ROLE r LOGIN", "CREATE ROLE", "writes"},
    {"GRANT a TO b", "GRANT", "writes"},
    {"CREATE DATABASE d OWNER r", "CREATE DATABASE", "writes"},
    {"DROP DATABASE d WITH (FORCE)", "DROP DATABASE", "writes unnamed-relations"},
    {"CREATE TABLESPACE x LOCATION '/x' WITH (y = 1)", "CREATE TABLESPACE", "writes"},
    {"ALTER TABLESPACE x SET (y = 1)", "ALTER TABLESPACE", "writes"},
    {"ALTER TABLE ALL IN TABLESPACE x SET TABLESPACE y", "ALTER TABLE", "writes unnamed-relations"},
    {"ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO r", "ALTER DEFAULT PRIVILEGES", "writes unnamed-relations"},
    {"DROP OWNED BY r", "DROP OWNED", "writes unnamed-relations"},
    {"REASSIGN OWNED BY a TO b", "REASSIGN OWNED", "writes unnamed-relations"},
    {"CREATE EXTENSION x SCHEMA s", "CREATE EXTENSION", "defines-code writes unnamed-relations"},
    {"ALTER EXTENSION x UPDATE TO '2'", "ALTER EXTENSION", "defines-code writes unnamed-relations"},
    {"ALTER EXTENSION x ADD TABLE s.t", "ALTER EXTENSION | s.t:ddl", "writes"},
    {"CREATE FOREIGN DATA WRAPPER w HANDLER f OPTIONS (x '1')", "CREATE FOREIGN DATA WRAPPER", "defines-code writes"},
    {"ALTER FOREIGN DATA WRAPPER w OPTIONS (x '1')", "ALTER FOREIGN DATA WRAPPER", "defines-code writes"},
    {"CREATE SERVER s FOREIGN DATA WRAPPER w OPTIONS (x '1')", "CREATE SERVER", "writes"},
    {"ALTER SERVER s OPTIONS (x '1')", "ALTER SERVER", "writes"},
    {"CREATE USER MAPPING FOR r SERVER s OPTIONS (x '1')", "CREATE USER MAPPING", "writes"},
    {"ALTER USER MAPPING FOR r SERVER s OPTIONS (x '1')", "ALTER USER MAPPING", "writes"},
    {"IMPORT FOREIGN SCHEMA s FROM SERVER v INTO x OPTIONS (y '1')", "IMPORT FOREIGN SCHEMA",
     "writes unnamed-relations"},
    {"CREATE AGGREGATE s.g (int) (SFUNC = f, STYPE = int)", "CREATE AGGREGATE", "defines-code writes"},
    {"CREATE TYPE ty AS (a int)", "CREATE TYPE", "writes"},
    {"CREATE TYPE r AS RANGE (SUBTYPE = int)", "CREATE TYPE", "defines-code writes"},
    {"ALTER TYPE ty SET (x = y)", "ALTER TYPE", "defines-code writes"},
    {"CREATE CAST (a AS b) WITH FUNCTION f(a)", "CREATE CAST", "defines-code writes"},
    {"CREATE TRANSFORM FOR a LANGUAGE b (FROM SQL WITH FUNCTION f(internal))", "CREATE TRANSFORM",
     "defines-code writes"},
    {"CREATE OPERATOR CLASS o FOR TYPE a USING btree AS OPERATOR 1 <, FUNCTION 1 f(a, a), STORAGE b",
     "CREATE OPERATOR CLASS", "defines-code writes"},
    {"ALTER OPERATOR FAMILY o USING btree ADD OPERATOR 1 < (a, a)", "ALTER OPERATOR FAMILY", "defines-code writes"},
    {"ALTER OPERATOR + (a, a) SET (RESTRICT = f)", "ALTER OPERATOR", "defines-code writes"},
    {"ALTER TEXT SEARCH DICTIONARY d (x = 1)", "ALTER TEXT SEARCH DICTIONARY", "writes"},
    {"SELECT 'a\\', set_config('role', '', true) --'", "SELECT | | | set_config | role | constant ?",
     "trailing-comment name-setting returns-rows"},
}};

std::string flags_text(Flags flags) {
  std::string text;
  for (std::size_t i = 0; i < kFlagCount; ++i) {
    if (const auto flag = static_cast<Flag>(i); flags.has(flag)) {
      text += (text.empty() ? "" : " ") + std::string(to_string(flag));
    }
  }
  return text;
}

}  // namespace

std::string self_check(Parser& parser) {
  Facts facts;
  for (const auto& [text, expected, flags] : kCases) {
    parser.parse(text, {}, facts);
    if (facts.statements().size() != 1) {
      return std::string(text) + " is read as " + std::string(to_string(facts.error()));
    }
    const Statement& read = facts.statements().front();
    if (fact_text(read) != expected || flags_text(read.flags) != flags) {
      return std::string(text) + " is read as " + fact_text(read) + ", " + flags_text(read.flags);
    }
  }
  return {};
}

}  // namespace gabion::inspect::sql
