-- Text, bytes, patterns.

-- Literals.
SELECT 'a', 'it''s', E'a\nb', E'tab\there', E'\x41\u00e9', E'\101', U&'d\0061t\+000061', U&'!0041' UESCAPE '!', $$dollar$$, $x$a$$b$x$;
SELECT 'a' 'b';
SELECT 'a'
'b';
SELECT N'abc';

-- Concatenation.
SELECT 'a' || 'b', 'a' || 1, 1 || 'a', 'a' || 1.5, 'a' || true, 'a' || NULL, 'x' || 1.50::numeric(5, 2), 'd' || '2024-01-31'::date;
SELECT 1 || 2;
SELECT 'a'::varchar || 'b'::char(3) || 'c', 'a'::char(3) || 'b';
SELECT pg_typeof('a' || 'b')::text, pg_typeof('a'::varchar || 'b')::text, pg_typeof('a')::text, pg_typeof('a'::char(3) || 'b')::text;
SELECT concat('a', 1, NULL, true, 1.50), concat(NULL), concat_ws(',', 'a', NULL, 1), concat_ws(NULL, 'a'), concat_ws('-', 1, 2.5, true);
SELECT concat();

-- char(n), varchar(n), name.
SELECT 'abc'::char(5), 'abc'::char(5) = 'abc', 'abc'::char(5) = 'abc  ', length('abc'::char(5)), octet_length('abc'::char(5)), 'abcdef'::char(3);
SELECT 'abc'::char(5) || '|', 'abc'::char(5)::text || '|', 'abc  '::char(5) = 'abc'::text, 'a'::char = 'a', 'abc'::char;
SELECT 'abcdef'::varchar(3), 'ab  '::varchar(3), 'abc'::varchar(3), ''::varchar(3);
SELECT pg_typeof('a'::char(3))::text, pg_typeof('a'::varchar(3))::text, pg_typeof('a'::bpchar)::text, pg_typeof('a'::name)::text, pg_typeof('a'::"char")::text;
SELECT 'abc'::name, repeat('x', 70)::name, 'abc'::bpchar;
SELECT upper('abc'::char(5)), lower('ABC'::varchar(5)), trim('abc'::char(5)), 'abc'::char(5) LIKE 'abc', 'abc'::char(5) LIKE 'abc  ';
CREATE TABLE c (a char(3), b varchar(3), t text, i int, u uuid, y bytea);
INSERT INTO c VALUES ('ab', 'ab', 'x', 1, 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '\x0102');
INSERT INTO c (a) VALUES ('abcd');
INSERT INTO c (b) VALUES ('abcd');
INSERT INTO c (a, b) VALUES ('abc   ', 'abc   ');
SELECT a, b, length(a), length(b), a || '|', b || '|' FROM c ORDER BY a;
SELECT a FROM c WHERE a = 'ab';
SELECT a FROM c WHERE a = 'ab   ';
SELECT a FROM c WHERE a IN ('ab', 'x');
SELECT count(*) FROM c WHERE b = 'ab ';
INSERT INTO c (i) VALUES ('7');
INSERT INTO c (i) VALUES ('x');
INSERT INTO c (i) VALUES ('a'::text);
INSERT INTO c (i) VALUES (1.5);
INSERT INTO c (i) VALUES (true);
INSERT INTO c (t) VALUES (5);
INSERT INTO c (t) VALUES (1.50);
INSERT INTO c (i) SELECT t FROM c;
INSERT INTO c (u) VALUES ('x');
INSERT INTO c (i) VALUES (99999999999);
SELECT t, i FROM c ORDER BY i, t;
DROP TABLE c;

-- Length and case.
SELECT length('héllo'), char_length('héllo'), character_length('x'), octet_length('héllo'), bit_length('abc'), length(''), length(NULL);
SELECT length(5);
SELECT upper(5);
SELECT char_length(1.5);
SELECT lower('ABC'), upper('abc'), initcap('hello WORLD foo-bar'), lower(NULL);
SELECT pg_typeof(length('a'))::text, pg_typeof(upper('a'))::text, pg_typeof(octet_length('a'))::text;
SELECT ascii('a'), ascii(''), ascii('é'), chr(65), chr(233), chr(8364);
SELECT chr(0);
SELECT chr(-1);

-- Pieces.
SELECT substring('hello' from 2 for 3), substring('hello' from 2), substring('hello' for 2), substring('hello', 2), substring('hello', 2, 3), substr('hello', 2), substr('hello', 2, 2);
SELECT substring('hello' from 0 for 3), substring('hello' from -1 for 3), substring('hello' from 10), substr('hello', -2), substr('hello', 0);
SELECT substring('hello' from 2 for -1);
SELECT substring('foobar' from 'o.b'), substring('foobar' from 'o(.)b'), substring('foobar', 'z'), substring('foobar' similar '%#"o_b#"%' escape '#'), substring('foobar' from '%#"o_b#"%' for '#');
SELECT left('hello', 2), left('hello', -2), left('hello', 0), left('hello', 10), right('hello', 2), right('hello', -2), right('hello', 10);
SELECT position('l' in 'hello'), position('z' in 'hello'), position('' in 'hello'), strpos('hello', 'lo'), strpos('hello', '');
SELECT overlay('Txxxxas' placing 'hom' from 2 for 4), overlay('abcdef' placing 'X' from 3), overlay('abc' placing 'XYZ' from 2 for 0);
SELECT trim('  a  '), trim(both 'x' from 'xxaxx'), trim(leading 'x' from 'xxaxx'), trim(trailing 'x' from 'xxaxx'), trim('xy' from 'yxaxy'), trim(leading from '  a '), trim('xxaxx', 'x');
SELECT btrim('  a  '), btrim('xyaxy', 'xy'), ltrim('  a'), ltrim('xxa', 'x'), rtrim('a  '), rtrim('axx', 'x');
SELECT lpad('a', 3), lpad('a', 5, 'xy'), lpad('abc', 2), lpad('abc', 5, ''), rpad('a', 3) || '|', rpad('a', 5, 'xy'), rpad('abc', 2), lpad('a', -1);
SELECT repeat('ab', 3), repeat('a', 0), repeat('a', -1), reverse('abc'), reverse('héllo'), replace('aXbX', 'X', 'yy'), replace('abc', '', 'x'), translate('12345', '143', 'ax'), translate('abc', 'abc', '');
SELECT split_part('a,b,c', ',', 1), split_part('a,b,c', ',', 4), split_part('a,b,c', ',', -1), split_part('a,b,c', ',', -4), split_part('abc', '', 1), split_part('', ',', 1);
SELECT split_part('a,b,c', ',', 0);
SELECT starts_with('hello', 'he'), starts_with('hello', 'x'), 'hello' ^@ 'he';
SELECT quote_ident('a b'), quote_ident('abc'), quote_ident('Abc'), quote_ident('select'), quote_literal('it''s'), quote_literal(E'a\\b'), quote_literal(5), quote_nullable(NULL), quote_nullable('x'), quote_literal(NULL);
SELECT format('Hello %s', 'World'), format('%s %s', 1, NULL), format('%I', 'a b'), format('%L', 'it''s'), format('%L', NULL), format('%%'), format('%1$s %2$s %1$s', 'a', 'b');
SELECT format('|%10s|', 'foo'), format('|%-10s|', 'foo'), format('|%*s|', 10, 'foo'), format('|%*s|', -10, 'foo'), format('|%-*s|', 10, 'foo'), format('|%*2$s|', 'foo', 10, 'bar'), format('%2$s', 'a', 'b');
SELECT format('%s');
SELECT format('%I', NULL);
SELECT format('%x', 'a');
SELECT format('%s and %');
SELECT format(NULL), format('abc'), format('%s', true), format('%s', 1.50), format('%s', ARRAY[1, 2]);
SELECT md5('abc'), md5(''), sha224('abc'), sha256('abc'), sha384('abc'), sha512('abc');
SELECT encode('abc', 'hex'), encode('\x00ff', 'hex'), encode('abc', 'base64'), encode('\x00ff41', 'escape'), decode('616263', 'hex'), decode('YWJj', 'base64'), decode('a\000b', 'escape');
SELECT encode('abc', 'nope');
SELECT decode('zz', 'hex');
SELECT decode('abc', 'hex');
SELECT convert_from('\x616263', 'UTF8'), convert_to('abc', 'UTF8'), convert_from('\xe9', 'LATIN1'), convert_to('é', 'LATIN1');
SELECT string_to_array('a,b,c', ','), string_to_array('a,b,c', ',', 'b'), string_to_array('abc', NULL), string_to_array('', ','), string_to_array('abc', ''), string_to_array(NULL, ',');
-- departs: a column of numerics has one number of digits, where PostgreSQL has one per value
SELECT array_to_string(ARRAY[1, 2, NULL, 3], ','), array_to_string(ARRAY[1, NULL, 3], ',', '*'), array_to_string(ARRAY['a', 'b'], ''), array_to_string('{}'::int[], ','), array_to_string(ARRAY[1.50, 2], '|');
SELECT string_to_table('a,b,c', ',');
SELECT * FROM string_to_table('a,b', ',');
SELECT unistr('\0041bc'), unistr('\+000041'), unistr('a\\b'), normalize('é', NFD) = 'é', normalize('é'), 'é' IS NORMALIZED;
SELECT num_nulls(1, NULL, 'a'), num_nonnulls(1, NULL, 'a'), num_nulls(NULL);
SELECT to_hex(10), ascii('A'), md5('x') = md5('x');
SELECT octet_length('\x0102'::bytea), length('\x010203'::bytea), bit_length('\x01'::bytea), get_byte('\x0102'::bytea, 1), set_byte('\x0102'::bytea, 0, 255), get_bit('\x01'::bytea, 0), set_bit('\x00'::bytea, 3, 1);
SELECT get_byte('\x01'::bytea, 5);

-- LIKE and friends.
SELECT 'abc' LIKE 'a%', 'abc' LIKE '_b_', 'abc' LIKE 'b', 'ABC' ILIKE 'a%', 'abc' NOT LIKE 'a%', 'a%c' LIKE 'a\%c', 'abc' LIKE 'a\%c', 'a%c' LIKE 'a!%c' ESCAPE '!', 'a_c' LIKE 'a#_c' ESCAPE '#', 'abc' ILIKE '%B%';
SELECT 'a\c' LIKE 'a\c' ESCAPE '', 'abc' NOT ILIKE 'ABC', NULL LIKE 'a', 'a' LIKE NULL, '' LIKE '', '' LIKE '%', 'a!b' NOT LIKE 'a!!b' ESCAPE '!';
SELECT 'abc' LIKE 'ab\';
SELECT 'abc' ~~ 'a%', 'abc' !~~ 'a%', 'ABC' ~~* 'a%', 'ABC' !~~* 'a%';
SELECT 5 LIKE '5';
SELECT 'abc' LIKE 5;
SELECT 'abc' LIKE ANY (ARRAY['x%', 'a%']), 'abc' LIKE ALL (ARRAY['a%', '%c']), 'abc' ILIKE ANY (ARRAY['A%']);
SELECT 'abc' SIMILAR TO 'abc', 'abc' SIMILAR TO 'a', 'abc' SIMILAR TO '%(b|d)%', 'abc' SIMILAR TO '(b|c)%', 'abc' NOT SIMILAR TO 'a%', 'a%' SIMILAR TO 'a!%' ESCAPE '!', 'aaa' SIMILAR TO 'a{3}', 'ab' SIMILAR TO '[a-c]+', 'a.c' SIMILAR TO 'a.c', 'abc' SIMILAR TO 'a.c';
SELECT 'abc' ~ 'b', 'abc' ~ '^b', 'ABC' ~* 'abc', 'abc' !~ 'b', 'ABC' !~* 'abc', 'abc' ~ 'a.c', 'a1' ~ '\d', 'a b' ~ '\s', 'foo bar' ~ '\mbar\M', 'abc' ~ '[[:alpha:]]+', 'x' ~ '';
SELECT 'abc' ~ '(';
SELECT 'abc' ~ '[';
SELECT 'abc' ~ 'a**';
SELECT 5 ~ '5';
SELECT regexp_replace('foobar', 'o', 'x'), regexp_replace('foobar', 'o', 'x', 'g'), regexp_replace('foobar', '(o)(b)', '\2\1'), regexp_replace('FOO', 'o', 'x', 'gi'), regexp_replace('abc', 'b', '[\&]'), regexp_replace('Thomas', '.[mN]a.', 'M'), regexp_replace('abc', 'z', 'x');
SELECT regexp_replace('foobarfoo', 'foo', 'X', 4), regexp_replace('foofoofoo', 'foo', 'X', 1, 2), regexp_replace('a$b', '\$', 'x');
SELECT regexp_match('foobarbequebaz', 'ba.'), regexp_match('foobarbequebaz', '(bar)(beque)'), regexp_match('abc', 'z'), regexp_match('ABC', 'b', 'i'), regexp_match('ab', '(a)(x)?');
SELECT regexp_match('abc', 'b', 'g');
SELECT regexp_matches('foobarbequebaz', 'ba.', 'g');
SELECT regexp_matches('foobarbequebaz', 'ba.');
SELECT * FROM regexp_matches('foobarbaz', '(ba)(.)', 'g');
SELECT regexp_split_to_array('a1b22c', '\d+'), regexp_split_to_array('hello', ''), regexp_split_to_array('a b  c', '\s+'), regexp_split_to_array('abc', 'x');
SELECT regexp_split_to_table('a1b2c', '\d');
SELECT regexp_count('abcabc', 'b'), regexp_count('ABCabc', 'b', 1, 'i'), regexp_count('abcabc', 'b', 3), regexp_instr('abcabc', 'c'), regexp_instr('abcabc', 'b', 3), regexp_instr('abcabc', 'b', 1, 2), regexp_substr('foobar', 'o.'), regexp_substr('foobar', 'z'), regexp_like('abc', 'B'), regexp_like('abc', 'B', 'i');
SELECT regexp_substr('foobarbaz', 'ba(.)', 1, 2, '', 1), regexp_instr('foobar', 'b(a)r', 1, 1, 0, '', 1), regexp_instr('foobar', 'o+', 1, 1, 1);
SELECT regexp_replace('abc', 'b', 'x', 'q!');
SELECT 'foobar' ~ 'foo(?=bar)';
SELECT 'foobar' ~ '(o)\1';
SELECT 'a' ~ 'A(?i)', 'ab' ~ '(?i)AB', 'a.b' ~ '***=a.b';
SELECT 'abc' ~ E'^ab\\w$', 'line1
line2' ~ '1.l', 'line1
line2' ~ '^line2';

-- Comparison and order.
SELECT 'a' < 'b', 'a' < 'B', 'abc' = 'abc', 'a' <> 'b', 'a' = 'a ', 'Z' < 'a', '10' < '9';
SELECT x FROM (VALUES ('b'), ('A'), ('a'), ('B'), ('é'), (''), (NULL)) t(x) ORDER BY x;
SELECT 'a' IS NULL, NULL IS NULL, 'a' IS NOT NULL, '' IS NULL, 'a' IS DISTINCT FROM NULL, 'a' IS NOT DISTINCT FROM 'a', NULL IS DISTINCT FROM NULL;
SELECT 'a'::text = 'a'::varchar, 'a'::text = 'a'::char(5), 'a'::name = 'a', 'a'::varchar || 'b'::name;
SELECT 'a'::text = 1;
SELECT 'a'::text + 1;
SELECT 'a'::text < '2024-01-01'::date;
SELECT 'a'::varchar = 1;
SELECT greatest('a', 'b', 'c'), least('b', 'a'), coalesce(NULL, 'x'), nullif('a', 'a'), nullif('a', 'b');
SELECT min(x), max(x) FROM (VALUES ('b'), ('a'), ('é')) t(x);
SELECT string_agg(x, ',' ORDER BY x), string_agg(x, '' ORDER BY x DESC) FROM (VALUES ('b'), ('a'), (NULL)) t(x);

-- Names of columns.
SELECT 'a' || 'b', upper('a'), substring('abc' from 1 for 1), trim('a'), position('a' in 'b'), overlay('a' placing 'b' from 1), 'a' LIKE 'b', 'a' ~ 'b', 'a'::varchar(3), CAST('a' AS char(3)), coalesce('a', 'b'), nullif('a', 'b'), greatest('a', 'b'), CASE WHEN true THEN 'a' END, left('abc', 1), extract(year FROM '2024-01-01'::date), 'a' COLLATE "C", normalize('a'), 'a' IS NORMALIZED, 'a' SIMILAR TO 'b', concat('a');

-- bytea.
SELECT '\xDEADbeef'::bytea, 'abc'::bytea, '\\x41'::bytea, '\101\102'::bytea, E'\\000'::bytea, ''::bytea;
SELECT '\xDE'::bytea || '\xAD'::bytea, '\x01'::bytea < '\x02'::bytea, '\x01'::bytea = '\x01', '\x0102'::bytea::text, substring('\x010203'::bytea from 2 for 1), position('\x02'::bytea in '\x0102'::bytea), reverse('abc'), trim('\x00'::bytea from '\x000100'::bytea), overlay('\x010203'::bytea placing '\xff'::bytea from 2 for 1);
SELECT '\xzz'::bytea;
SELECT '\x123'::bytea;
SELECT 'a\'::bytea;
SELECT md5('\x616263'::bytea), sha256('\x616263'::bytea), encode(sha256('abc'::bytea), 'hex'), length('abc'::bytea);
SELECT upper('abc'::bytea);

-- uuid.
SELECT 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid, 'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'::uuid, '{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}'::uuid, 'a0eebc999c0b4ef8bb6d6bb9bd380a11'::uuid, 'a0ee-bc99-9c0b-4ef8-bb6d-6bb9-bd38-0a11'::uuid;
SELECT 'x'::uuid;
SELECT 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1'::uuid;
SELECT 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid = 'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid::text, 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid < 'b0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11';
SELECT pg_typeof(gen_random_uuid())::text, length(gen_random_uuid()::text);
SELECT 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid = 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::text;
SELECT 1::uuid;
