-- Arguments in an array, arguments by name, literals behind the name of a type, numbers and what must not stand behind them.

SELECT concat(VARIADIC ARRAY[1, 2, NULL, 4]), concat(VARIADIC NULL::int[]) IS NULL, concat(VARIADIC '{}'::int[]) = '';
SELECT concat_ws(',', VARIADIC ARRAY['a', NULL, 'b']), concat_ws(NULL, VARIADIC ARRAY['a']);
SELECT format('%s, %s', VARIADIC ARRAY[1, 2]), format('%2$s %1$s', VARIADIC ARRAY['a', 'b']), format('Hello', VARIADIC NULL::int[]);
SELECT num_nulls(VARIADIC ARRAY[1, NULL, 3]), num_nonnulls(VARIADIC ARRAY[1, NULL, 3]);
SELECT jsonb_build_array(VARIADIC ARRAY[1, 2]), json_build_object(VARIADIC ARRAY['a', '1', 'b', '2']), jsonb_build_object(VARIADIC ARRAY[1, 2]);
SELECT json_extract_path('{"a":{"b":1}}', VARIADIC ARRAY['a', 'b']), jsonb_extract_path_text('{"a":{"b":1}}', VARIADIC ARRAY['a', 'b']);
SELECT make_interval(years := 2), make_interval(days => 3, hours := 1), make_date(year => 2024, month => 2, day => 29);
SELECT jsonb_set('{"a": 1}', '{b}', '2', create_if_missing => false), jsonb_insert('[1, 2]', '{0}', '3', insert_after => true);
SELECT parse_ident('foo.boo[]', strict => false), parse_ident('a.b');
SELECT name 'one name' = name 'one name', oid '12', bpchar 'x', CAST(name 'x' AS text);
SELECT interval(0) '1 day 01:23:45.6789', interval(2) '1 day 01:23:45.6789', '1 day 01:23:45.6789'::interval(1);
SELECT 123abc;
SELECT 1_000;
SELECT 12 abc, 1.5 AS x, 1e3;
SELECT 'foo' LIKE ALL (ARRAY['f%', '%o']), 'foo' NOT LIKE ALL (ARRAY['f%', '%o']), 'foo' ILIKE ALL (ARRAY['F%', NULL]), 'foo' LIKE ALL ('{}'::text[]);
SELECT regexp_replace('abc', 'b*', 'X', 'g'), regexp_replace('aaa', 'a|$', 'b', 'g'), regexp_count('aab', 'a*');
SELECT regexp_matches('aXbX', 'X?', 'g');
SELECT regexp_split_to_array('aXbX', 'X*'), regexp_split_to_array('abc', ''), regexp_split_to_array('a,b', ',');
SELECT regexp_replace('aaa', '^a', 'b', 2), regexp_count('abcabc', 'b', 3), regexp_instr('abcabc', 'c', 1, 2), regexp_substr('foobar', 'o.', 2);
SELECT regexp_split_to_table('a1b22c', '[0-9]'), regexp_replace('a.b.c', '\.', '', 'g');
SELECT make_interval(1), make_interval(1, 2), make_interval(days := 3), make_interval(1, weeks => 2);
SELECT make_timestamptz(year => 2024, month => 1, mday => 2, hour => 3, min => 4, sec => 5), make_timestamptz(2024, 1, 2, 3, 4, 5, timezone => 'UTC');
