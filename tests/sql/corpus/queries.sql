-- Forms of queries that the generator does not make.
TABLE people
TABLE shop.people ORDER BY id LIMIT 1
VALUES (1, 'a'), (2, 'b')
VALUES ((SELECT max(id) FROM orders))
SELECT
SELECT FROM people
SELECT people FROM people
SELECT p.* FROM people p, orders
SELECT (p).t FROM people p
SELECT t(p) FROM people p
SELECT to_json(people), row_to_json(o) FROM people, orders o
SELECT ROW(p.*) FROM people p
SELECT p.x FROM people AS p(x, y)
SELECT x FROM (people JOIN orders USING (id)) AS j (x)
SELECT j.id FROM (people JOIN orders USING (id)) AS j
SELECT u.id FROM people JOIN orders USING (id) AS u
SELECT count(*) FROM people NATURAL JOIN orders
SELECT 1 FROM people FULL JOIN orders ON people.id = orders.id RIGHT JOIN shop.items i ON i.id = orders.a
SELECT public.people.id FROM public.people
SELECT postgres.public.people.id FROM postgres.public.people
SELECT "id" FROM "people"
SELECT "Odd Name"."id" FROM "Odd Name"
SELECT ID FROM PEOPLE
SELECT U&"id" FROM U&"p\0065ople"
SELECT id FROM U&"p!0065ople" UESCAPE '!'
SELECT id FROM/**/people/* x */--y
SELECT id FROM people WHERE t='x'AND id=1
SELECT id FROM people WHERE t = 'a' 'b'
SELECT g FROM generate_series(1, 3) g
SELECT g.* FROM generate_series(1, 3) WITH ORDINALITY AS g (x, y)
SELECT * FROM ROWS FROM (generate_series(1, 2), generate_series(1, 3)) AS r (x, y)
SELECT x.a FROM json_to_recordset('[{"a": 1}]') AS x(a int)
SELECT e.value FROM people p, json_each_text(row_to_json(p)) e
SELECT p.id, w.n FROM people p LEFT JOIN LATERAL (SELECT o.n FROM orders o WHERE o.id = p.id LIMIT 1) w ON true
SELECT p.id FROM people p, LATERAL generate_series(1, p.a) s
SELECT id FROM people TABLESAMPLE bernoulli (10) REPEATABLE (1)
SELECT x.n FROM XMLTABLE('/r' PASSING (SELECT xmlforest(max(t) AS r) FROM people) COLUMNS n int PATH 'n') x
SELECT xmlforest(max(t)) FROM people
SELECT xmlelement(name a, xmlattributes(t AS b), xmlforest(id)), xmlparse(content t), xmlserialize(content xmlcomment(t) AS text) FROM people
SELECT current_user, session_user, current_date, current_timestamp(2), localtime, current_catalog, current_schema, user
SELECT extract(epoch FROM now()), substring(t FROM 1 FOR 2), trim(both 'x' FROM t), overlay(t PLACING 'y' FROM 1), position('x' IN t) FROM people
SELECT t COLLATE "C", t::varchar(3), id::text::int, CAST(id AS numeric(5,2)) FROM people ORDER BY t COLLATE "C" DESC NULLS LAST
SELECT id OPERATOR(pg_catalog.+) 1 FROM people ORDER BY id USING OPERATOR(pg_catalog.<)
SELECT now() AT TIME ZONE 'UTC', interval '1' day, date '2020-01-01', timestamp '2020-01-01' + interval '1 h'
SELECT (1, 2) = (SELECT id, a FROM people WHERE id = 1)
SELECT ROW(1, 2)::pair, (ROW(1, 2)::pair).x
SELECT id IS DISTINCT FROM a, id IS NULL, (id > 1) IS TRUE, t IS NORMALIZED FROM people
SELECT t LIKE 'x' ESCAPE '!', t ILIKE 'x', t SIMILAR TO 'x', t ~ 'x', t NOT LIKE 'y' FROM people
SELECT id = ANY (ARRAY[1, 2]), id <> ALL ('{1,2}'::int[]), 1 < SOME (SELECT a FROM orders) FROM people
SELECT ARRAY[[1, 2], [3, 4]][1][2:2], (ARRAY(SELECT id FROM orders))[1]
SELECT count(DISTINCT a), string_agg(t, ',' ORDER BY id), count(*) FILTER (WHERE a > 1), percentile_cont(0.5) WITHIN GROUP (ORDER BY id) FROM people
SELECT sum(a) OVER (PARTITION BY b ORDER BY id ROWS BETWEEN 1 PRECEDING AND CURRENT ROW EXCLUDE TIES) FROM people
SELECT a, b, grouping(a, b) FROM people GROUP BY GROUPING SETS ((a), (b), ()), CUBE (a)
SELECT DISTINCT ON (a) a, b FROM people ORDER BY a, b
SELECT id FROM people ORDER BY id FETCH FIRST 2 ROWS WITH TIES
SELECT id FROM people LIMIT ALL OFFSET (SELECT 1)
SELECT id AS "select", a "from" FROM people
SELECT 1 AS id UNION SELECT id FROM people UNION ALL SELECT a FROM orders ORDER BY id
(SELECT id FROM people ORDER BY id LIMIT 1) UNION ALL (SELECT a FROM orders LIMIT 1)
SELECT id FROM people EXCEPT ALL SELECT id FROM orders INTERSECT SELECT n FROM shop.items
SELECT p.id FROM people p, orders o WHERE p.id = o.id FOR UPDATE OF p SKIP LOCKED
SELECT s.id FROM (SELECT id FROM people) s FOR UPDATE
SELECT id FROM v_people
SELECT id FROM shop.v_items WHERE n > 1
SELECT id FROM m_orders
SELECT last_value FROM counter
SELECT nextval('counter'), currval('counter'), 'people'::regclass::oid
SELECT twice(id), twice(twice(a)) FROM people
SELECT set_config('work_mem', '8MB', true), current_setting('work_mem')
SELECT relname FROM pg_class WHERE relname = 'people'
SELECT table_name FROM information_schema.tables LIMIT 1
SELECT c.oid FROM pg_catalog.pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
SELECT query_to_xml('SELECT 1', true, true, '')
WITH a AS (SELECT id FROM people), b AS (SELECT id FROM a), c AS (SELECT id FROM b UNION SELECT n FROM orders) SELECT id FROM c
WITH people AS (SELECT id FROM shop.people) SELECT id FROM people
WITH people AS (SELECT id FROM shop.people) SELECT p.id FROM public.people p, people
WITH x AS (SELECT 1 AS id) SELECT id FROM (WITH x AS (SELECT id FROM orders) SELECT id FROM x) y
WITH x AS (SELECT id FROM people) SELECT (SELECT max(id) FROM x), (SELECT max(id) FROM orders)
WITH RECURSIVE t(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM t WHERE n < 3) SELECT sum(n) FROM t
WITH RECURSIVE t AS (SELECT id, a FROM people WHERE id = 1 UNION ALL SELECT p.id, p.a FROM people p JOIN t ON p.a = t.id + 1) SEARCH DEPTH FIRST BY id SET o CYCLE id SET c USING p SELECT id FROM t
WITH x AS NOT MATERIALIZED (SELECT id FROM people) SELECT x.id FROM x, x y
WITH d AS (DELETE FROM orders WHERE id = 1 RETURNING *), i AS (INSERT INTO shop.items (id, a) SELECT id + 1000, a FROM d RETURNING id) SELECT id FROM i
WITH u AS (UPDATE people SET a = 2 WHERE id = 1 RETURNING id) DELETE FROM orders o USING u WHERE o.id = u.id
SELECT CASE WHEN EXISTS (SELECT FROM orders) THEN (SELECT max(a) FROM shop.items) ELSE 0 END
SELECT COALESCE((SELECT a FROM orders LIMIT 1), NULLIF(1, 2), GREATEST(1, (SELECT 1 FROM people LIMIT 1)))
SELECT 1 WHERE 1 IN (SELECT id FROM people WHERE a IN (SELECT a FROM orders WHERE n IN (SELECT n FROM shop.items)))
SELECT E'\x41\102\n', U&'\0041', U&'d!0061' UESCAPE '!', N'x', B'01', X'1F', $$a'b$$, $t$a$$b$t$, 1e3, .5, 5.
SELECT 0 AS "a""b", '''', 'a\b', E'a\'b'
SELECT /* a /* nested */ b */ 1 -- end
