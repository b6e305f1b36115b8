-- Arrays: literals, elements, operators, functions.

-- departs: a column of numerics has one number of digits, where PostgreSQL has one per value
SELECT '{1,2,3}'::int[], ARRAY[1, 2, 3], '{}'::int[], ARRAY[]::int[], '{1,NULL,3}'::int[], '{a,"b c",NULL,"NULL","",d\"e}'::text[], '{1.5,2}'::numeric[], '{t,f}'::bool[];
SELECT ARRAY[];
SELECT '{1,2'::int[];
SELECT '1,2'::int[];
SELECT '{1,a}'::int[];
SELECT '{1,,2}'::int[];
SELECT '{1,2}x'::int[];
SELECT ''::int[];
SELECT pg_typeof(ARRAY[1, 2])::text, pg_typeof(ARRAY['a'])::text, pg_typeof(ARRAY[1, 2.5])::text, pg_typeof('{1}'::int8[])::text, pg_typeof(ARRAY[1::int2])::text, pg_typeof(ARRAY[true])::text, pg_typeof(ARRAY['a'::varchar])::text;
-- departs: a column of numerics has one number of digits, where PostgreSQL has one per value
SELECT ARRAY[1, NULL, 3], ARRAY['a', 'b c', '', 'NULL', NULL, 'q"x', 'b\s', 'x,y', '{z}'], ARRAY[1.50, 2], ARRAY[true, false], ARRAY[1.5::float8, 1e20], ARRAY['2024-01-31'::date];
SELECT ARRAY(SELECT x FROM (VALUES (3), (1), (2)) t(x) ORDER BY x), ARRAY(SELECT 1 WHERE false), ARRAY(SELECT 'a');
SELECT (ARRAY[1, 2, 3])[1], (ARRAY[1, 2, 3])[3], (ARRAY[1, 2, 3])[0], (ARRAY[1, 2, 3])[4], (ARRAY[1, 2, 3])[-1], (ARRAY[1, 2, 3])[NULL], ('{a,b}'::text[])[2];
SELECT (ARRAY[1, 2, 3, 4])[2:3], (ARRAY[1, 2, 3, 4])[:2], (ARRAY[1, 2, 3, 4])[3:], (ARRAY[1, 2, 3, 4])[:], (ARRAY[1, 2, 3])[2:10], (ARRAY[1, 2, 3])[5:6], (ARRAY[1, 2, 3])[0:1], (ARRAY[1, 2, 3])[3:2], (ARRAY[1, 2, 3])[-1:2];
SELECT a[1], a[2:], a[9] FROM (SELECT ARRAY[1, 2, 3] AS a) t;
SELECT (ARRAY[1, 2])['1'];
SELECT 1[1];
SELECT ARRAY[1, 2] || ARRAY[3], ARRAY[1, 2] || 3, 0 || ARRAY[1, 2], ARRAY[1] || NULL, NULL || ARRAY[1], ARRAY['a'] || 'b'::text, '{}'::int[] || 1, ARRAY[1] || '{2,3}';
SELECT ARRAY['a'] || 'b';
SELECT ARRAY[1] || 'a'::text;
SELECT ARRAY[1] || ARRAY['a'];
SELECT ARRAY[1, 2, 3] @> ARRAY[2], ARRAY[1, 2] @> ARRAY[3], ARRAY[2] <@ ARRAY[1, 2], ARRAY[1, 2] && ARRAY[2, 3], ARRAY[1] && ARRAY[2], '{}'::int[] <@ ARRAY[1], ARRAY[1, NULL] @> ARRAY[NULL]::int[], ARRAY[1, 2] @> '{1}', ARRAY[1] @> '{}'::int[];
SELECT ARRAY[1] @> ARRAY['a'];
-- departs: not yet as PostgreSQL answers
SELECT ARRAY[1, 2] = ARRAY[1, 2], ARRAY[1, 2] = '{1,2}', ARRAY[1, 2] < ARRAY[1, 3], ARRAY[1, 2] <> ARRAY[2, 1], ARRAY[1] < ARRAY[1, 1], ARRAY[2] > ARRAY[1, 5], ARRAY[1, NULL] = ARRAY[1, NULL], ARRAY[NULL]::int[] > ARRAY[1], ARRAY['a', 'b'] = ARRAY['a', 'b'];
SELECT ARRAY[1] = ARRAY[1.0];
SELECT ARRAY[1] = ARRAY['a'];
SELECT 1 = ANY (ARRAY[1, 2]), 3 = ANY (ARRAY[1, 2]), 3 = ANY (ARRAY[1, NULL]), 1 = ALL (ARRAY[1, 1]), 1 = ALL (ARRAY[1, 2]), 1 < ANY (ARRAY[0, 2]), 1 > ALL (ARRAY[0, -1]), 1 <> ALL (ARRAY[2, 3]), 1 <> ANY (ARRAY[1]), 1 = ANY ('{1,2}'::int[]), 1 = ANY ('{1,2}'), 'a' = ANY ('{a,b}'), 1 = SOME (ARRAY[1]), 1 = ALL ('{}'::int[]), 1 = ANY (NULL::int[]), NULL = ANY (ARRAY[1]), 2 >= ANY (ARRAY[3, 2]), 2 <= ALL (ARRAY[3, 2]);
SELECT x FROM (VALUES (1), (2), (3)) t(x) WHERE x = ANY (ARRAY[1, 3]) ORDER BY x;
SELECT x FROM (VALUES (1), (2), (3)) t(x) WHERE x = ANY ('{1,3}') ORDER BY x;
SELECT x FROM (VALUES (1), (2), (3)) t(x) WHERE x <> ALL ('{1,3}') ORDER BY x;
SELECT x FROM (VALUES ('a'), ('b')) t(x) WHERE x = ANY (ARRAY['a', 'c']) ORDER BY x;
SELECT array_append(ARRAY[1, 2], 3), array_append(NULL::int[], 1), array_append(ARRAY[1], NULL), array_prepend(0, ARRAY[1]), array_cat(ARRAY[1], ARRAY[2, 3]), array_cat(NULL, ARRAY[1]), array_cat(ARRAY[1], NULL), array_append(ARRAY['a'], 'b');
SELECT array_remove(ARRAY[1, 2, 1], 1), array_remove(ARRAY[1, NULL], NULL), array_remove(ARRAY['a', 'b'], 'a'), array_replace(ARRAY[1, 2, 1], 1, 9), array_replace(ARRAY[1, NULL], NULL, 5), array_remove('{}'::int[], 1);
SELECT array_position(ARRAY['a', 'b', 'c'], 'b'), array_position(ARRAY[1, 2], 9), array_position(ARRAY[1, 2, 1], 1, 2), array_position(ARRAY[1, NULL], NULL), array_positions(ARRAY[1, 2, 1], 1), array_positions(ARRAY[1], 5);
SELECT array_length(ARRAY[1, 2], 1), array_length('{}'::int[], 1), array_length(ARRAY[1], 2), array_length(ARRAY[1], 0), array_ndims(ARRAY[1]), array_ndims('{}'::int[]), array_dims(ARRAY[1, 2]), array_dims('{}'::int[]), array_lower(ARRAY[1, 2], 1), array_upper(ARRAY[1, 2], 1), array_lower('{}'::int[], 1), cardinality(ARRAY[1, 2]), cardinality('{}'::int[]), cardinality(NULL::int[]);
SELECT pg_typeof(array_length(ARRAY[1], 1))::text, pg_typeof(cardinality(ARRAY[1]))::text, pg_typeof(array_position(ARRAY[1], 1))::text, pg_typeof(array_positions(ARRAY[1], 1))::text, pg_typeof(array_dims(ARRAY[1]))::text, pg_typeof(array_agg(1))::text, pg_typeof(array_agg('a'::text))::text, pg_typeof(string_to_array('a', 'b'))::text;
SELECT array_fill(7, ARRAY[3]), array_fill('a'::text, ARRAY[2]), array_fill(NULL::int, ARRAY[2]), array_fill(1, ARRAY[0]);
SELECT trim_array(ARRAY[1, 2, 3], 2), trim_array(ARRAY[1, 2, 3], 0);
SELECT trim_array(ARRAY[1], 2);
SELECT unnest(ARRAY[1, 2, 3]);
SELECT unnest(ARRAY['a', NULL]);
SELECT unnest('{}'::int[]);
SELECT * FROM unnest(ARRAY[1, 2]);
SELECT * FROM unnest(ARRAY[1, 2]) AS t(x);
SELECT x FROM unnest('{1,2}'::int[]) x ORDER BY x;
SELECT * FROM unnest(ARRAY[1, 2], ARRAY['a', 'b', 'c']) AS t(x, y);
SELECT unnest(ARRAY[1, 2]) + 1;
SELECT unnest(ARRAY[1, 2]), 'a';
-- departs: not yet as PostgreSQL answers
SELECT array_agg(x), array_agg(x ORDER BY x DESC), array_agg(DISTINCT y ORDER BY y) FROM (VALUES (1, 'a'), (2, 'b'), (3, 'a')) t(x, y);
SELECT array_agg(x) FROM (VALUES (1), (NULL)) t(x);
SELECT array_agg(x) FILTER (WHERE x > 1) FROM (VALUES (1), (2)) t(x);
SELECT a FROM (VALUES (ARRAY[2, 1]), (ARRAY[1, 2]), (ARRAY[1]), (NULL)) t(a) ORDER BY a;
SELECT a, count(*) FROM (VALUES (ARRAY[1]), (ARRAY[1]), (ARRAY[2])) t(a) GROUP BY a ORDER BY a;
-- departs: not yet as PostgreSQL answers
SELECT ARRAY[1, 2]::text, ARRAY['a b', NULL]::text, ARRAY[1, 2]::text[], ARRAY['1', '2']::int[], ARRAY[1.5, 2.5]::int[], '{1,2}'::text::int[], ARRAY[1, 2]::float8[], ARRAY[true]::text;
SELECT ARRAY['a']::int[];
SELECT ARRAY[1, 2] IS NULL, ARRAY[1] IS NOT NULL, coalesce(NULL, ARRAY[1]), CASE WHEN true THEN ARRAY[1] END;
SELECT ARRAY[[1, 2], [3, 4]];
SELECT (ARRAY[[1, 2], [3, 4]])[2][1];
SELECT array_length(ARRAY[[1, 2], [3, 4]], 2), array_ndims(ARRAY[[1], [2]]), array_dims(ARRAY[[1, 2], [3, 4]]), cardinality(ARRAY[[1, 2], [3, 4]]);
SELECT '{{1,2},{3,4}}'::int[];
-- departs: array literals of several dimensions or other bounds are refused
SELECT '[0:1]={1,2}'::int[];
SELECT string_to_array('1,2', ',')::int[], array_to_string(ARRAY['a', 'b'], ','), array_to_string(ARRAY[true, false], ','), array_to_string(ARRAY['2024-01-31'::date], ',');
SELECT array_length(5, 1);
SELECT array_append(1, 2);
SELECT array_append(ARRAY[1], 'a');
SELECT array_append(ARRAY[1], 'a'::text);
-- departs: the same refusal in other words
SELECT unnest(5);
SELECT cardinality('a'::text);
SELECT array_upper(ARRAY[1], 1) + 1, array_ndims(NULL::int[]);
SELECT generate_subscripts(ARRAY[5, 6], 1);
SELECT array_shuffle(ARRAY[1]);
SELECT array_to_json(ARRAY[1, 2]);
CREATE TABLE r (id int, a int[], t text[]);
INSERT INTO r VALUES (1, '{1,2,3}', '{x,y}'), (2, ARRAY[4], ARRAY['z', NULL]), (3, NULL, '{}'), (4, '{}', NULL);
SELECT * FROM r ORDER BY id;
SELECT id FROM r WHERE 2 = ANY (a);
SELECT id FROM r WHERE a @> '{1,2}' ORDER BY id;
SELECT id FROM r WHERE 'z' = ANY (t);
SELECT id FROM r WHERE a && ARRAY[4, 1] ORDER BY id;
SELECT id, a[1], t[2], array_length(a, 1), cardinality(t) FROM r ORDER BY id;
SELECT id, unnest(a) FROM r ORDER BY 1, 2;
SELECT r.id, u.x FROM r, unnest(r.a) AS u(x) ORDER BY 1, 2;
SELECT id FROM r WHERE a = '{4}';
SELECT a || 9, a || a, 0 || a FROM r WHERE id = 1;
SELECT array_agg(id ORDER BY id) FROM r GROUP BY a IS NULL ORDER BY 1;
SELECT id FROM r WHERE id IN (SELECT unnest(ARRAY[1, 3])) ORDER BY id;
SELECT array_agg(a) FROM r WHERE id = 1;
DROP TABLE r;
