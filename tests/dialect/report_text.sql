-- What reports do with text: cleaning, cutting, padding, searching, over columns and over literals.
CREATE TABLE customers (id int, name text, email varchar(40), city text, phone text, note text, score numeric(6, 2), since date);
INSERT INTO customers VALUES (1, 'Ada Lovelace', 'ada@example.com', 'London', '+44 20 7946-0018', 'first, of all', 12.50, '2021-03-01'), (2, 'alan turing', 'alan@Example.ORG', 'Wilmslow', '020.7946.0999', NULL, 7.25, '2022-07-15'), (3, 'Grace  Hopper ', 'grace@navy.mil', 'New York', '(212) 555-0100', 'a_b%c', NULL, '2020-02-29'), (4, 'Édith Piaf', NULL, NULL, '', '  padded  ', 0.00, NULL), (5, 'O''Brien, Pat', 'pat.o''brien@example.com', 'Cork', NULL, 'tab	here', 99.99, '2024-12-31');

-- departs: letters beyond ASCII have upper and lower case here, and not in the C locale of the comparison
SELECT id, upper(name), lower(name), initcap(name), length(name), char_length(name), octet_length(name) FROM customers ORDER BY id;
SELECT id, trim(name), btrim(name), ltrim(note), rtrim(note), trim(BOTH ' ' FROM note), trim(LEADING 'f' FROM note), trim(TRAILING FROM note) FROM customers ORDER BY id;
SELECT id, left(name, 3), right(name, 3), left(name, -3), right(name, -3), substr(name, 2, 4), substring(name FROM 2 FOR 4), substring(name FROM 5) FROM customers ORDER BY id;
SELECT id, split_part(email, '@', 1) AS local, split_part(email, '@', 2) AS domain, split_part(email, '@', -1) AS last FROM customers ORDER BY id;
SELECT split_part(email, '@', 2) AS domain, count(*) FROM customers GROUP BY 1 ORDER BY 2 DESC, 1 NULLS LAST;
SELECT id, position('a' IN name), strpos(name, 'e'), position('' IN name), strpos(email, '@') FROM customers ORDER BY id;
SELECT id, replace(name, ' ', '_'), translate(phone, '+-. ()', ''), regexp_replace(phone, '[^0-9]', '', 'g') AS digits FROM customers ORDER BY id;
SELECT id, lpad(id::text, 5, '0'), rpad(city, 10, '.'), lpad(name, 4), rpad(name, 4, 'x'), lpad('x', 0), lpad('abc', 6, ''), repeat('-', id) FROM customers ORDER BY id;
SELECT id, concat(name, ' <', email, '>'), concat_ws(', ', city, email, note), name || ' ' || city, concat(NULL, NULL), concat_ws(',', NULL, NULL) FROM customers ORDER BY id;
SELECT id, coalesce(city, 'unknown'), nullif(phone, ''), coalesce(nullif(trim(note), ''), 'none') FROM customers ORDER BY id;
SELECT id FROM customers WHERE name LIKE '%a%' ORDER BY id;
SELECT id FROM customers WHERE name ILIKE 'a%' ORDER BY id;
SELECT id FROM customers WHERE note LIKE '%\_%' ORDER BY id;
SELECT id FROM customers WHERE note LIKE '%!%%' ESCAPE '!' ORDER BY id;
SELECT id FROM customers WHERE note NOT LIKE '%a%' ORDER BY id;
SELECT id FROM customers WHERE email ~ '^[a-z]+@' ORDER BY id;
SELECT id FROM customers WHERE email ~* 'EXAMPLE\.(com|org)$' ORDER BY id;
SELECT id FROM customers WHERE name SIMILAR TO '(Ada|Grace)%' ORDER BY id;
SELECT id FROM customers WHERE name LIKE ANY (ARRAY['A%', 'G%']) ORDER BY id;
SELECT id FROM customers WHERE name NOT LIKE ALL (ARRAY['A%', 'G%']) ORDER BY id;
-- departs: letters beyond ASCII have upper and lower case here, and not in the C locale of the comparison
SELECT id FROM customers WHERE name ILIKE ANY ('{a%,é%}') ORDER BY id;
SELECT id FROM customers WHERE name LIKE ALL (ARRAY['%a%', '%e%']) ORDER BY id;
SELECT id FROM customers WHERE starts_with(name, 'A') OR name ^@ 'O' ORDER BY id;
SELECT id, reverse(name), ascii(name), md5(name), to_hex(id * 255), chr(64 + id) FROM customers ORDER BY id;
SELECT string_agg(name, '; ' ORDER BY name DESC), string_agg(DISTINCT left(name, 1), '' ORDER BY left(name, 1)), string_agg(city, ',') FILTER (WHERE id < 4) FROM customers;
SELECT min(name), max(name), min(city), max(email), count(DISTINCT city), count(note) FROM customers;
SELECT name FROM customers ORDER BY name;
SELECT name FROM customers ORDER BY lower(name) DESC;
SELECT name FROM customers ORDER BY name COLLATE "C" LIMIT 2;
SELECT id, format('%s (%s)', name, city), format('%I = %L', name, note), format('%-12s|%5s|', left(name, 5), id), format('%%'), format('%2$s %1$s', 'a', 'b') FROM customers ORDER BY id;
SELECT id, quote_literal(name), quote_ident(name), quote_nullable(city) FROM customers ORDER BY id;
SELECT id, overlay(name PLACING '***' FROM 2 FOR 3), overlay(name PLACING 'X' FROM 1) FROM customers ORDER BY id;
SELECT id, regexp_match(email, '^([^@]+)@(.+)$'), (regexp_match(email, '@(.+)$'))[1] FROM customers ORDER BY id;
-- departs: letters beyond ASCII are letters here, and not in the C locale of the comparison
SELECT id, regexp_replace(name, '(\w+)\s+(\w+)', '\2, \1'), regexp_replace(name, '\s+', ' ', 'g') FROM customers ORDER BY id;
SELECT id, regexp_split_to_array(phone, '[^0-9]+') FROM customers WHERE phone <> '' ORDER BY id;
SELECT id, substring(phone FROM '[0-9]+'), substring(phone FROM '([0-9]+)[^0-9]+([0-9]+)'), substring(email, '@(.*)\.') FROM customers ORDER BY id;
SELECT id, string_to_array(name, ' '), array_length(string_to_array(name, ' '), 1), (string_to_array(name, ' '))[1] FROM customers ORDER BY id;
SELECT c.id, w FROM customers c, unnest(string_to_array(c.name, ' ')) AS w ORDER BY c.id, w;
SELECT c.id, t.word, t.n FROM customers c CROSS JOIN LATERAL regexp_split_to_table(c.name, '\s+') WITH ORDINALITY AS t(word, n) ORDER BY 1, 3;
SELECT id, name::varchar(3), name::char(4), cast(score AS text), cast(since AS text), since::varchar, id::char(3) || '|' FROM customers ORDER BY id;
SELECT id, to_char(score, 'FM999990.00'), to_char(score, '000.0'), to_char(since, 'DD Mon YYYY'), to_char(since, 'Day, FMDDth FMMonth') FROM customers ORDER BY id;
SELECT encode(name::bytea, 'hex'), encode(name::bytea, 'base64'), convert_from(decode('4164', 'hex'), 'UTF8') FROM customers WHERE id IN (1, 4) ORDER BY id;
SELECT name < 'b', name > 'B', name BETWEEN 'A' AND 'H', name = lower(name) FROM customers ORDER BY id;
-- departs: a column of numerics has one number of digits, where PostgreSQL has one per value
SELECT left(name, 1) AS initial, count(*), avg(score), sum(score), max(since) FROM customers GROUP BY left(name, 1) ORDER BY 1;
SELECT length(trim(both from name)) AS l, count(*) FROM customers GROUP BY l ORDER BY l;
SELECT upper(left(city, 1)) || lower(substr(city, 2)) AS proper FROM customers WHERE city IS NOT NULL GROUP BY 1 ORDER BY 1;
SELECT CASE WHEN email LIKE '%example%' THEN 'internal' WHEN email IS NULL THEN 'none' ELSE 'external' END AS kind, count(*) FROM customers GROUP BY 1 ORDER BY 1;
SELECT 'a' || 1, 1 || 'a', 'a' || 1.50, 'a' || true, 'a' || NULL, 'a' || date '2024-01-31', 'x' || ARRAY['y'];
SELECT 'abc' < 'abd', 'abc' < 'ABC', 'a' < 'aa', '10' < '9', 'é' > 'z', '' < 'a';
SELECT substring('foobar' FROM 'o|oo'), substring('foobar' FROM '(o|oo)b'), substring('foobar' FROM '(?:o|oo)'), regexp_replace('foobar', 'o|oo', 'X'), regexp_match('abcd', '(a|ab)(c|bcd)');
SELECT substring('foo123bar' FROM '.*?(\d+)'), substring('foo123bar' FROM '(.*?)\d'), regexp_replace('foo123bar', 'o+?', 'X'), regexp_match('abc01234xyz', '(.*)(\d+)(.*)'), regexp_match('abc01234xyz', '(.*?)(\d+)(.*)');
SELECT regexp_match('abc01234xyz', '(?:(.*?)(\d+)(.*)){1,1}'), substring('XY1234Z', 'Y*([0-9]{1,3})'), substring('XY1234Z', 'Y*?([0-9]{1,3})');
SELECT regexp_matches('a1b22c333', '[a-z](\d+)', 'g');
SELECT substring('price: 12.50 EUR' FROM '\d+(\.\d+)?'), substring('price: 12.50 EUR' FROM '(\d+(\.\d+)?)'), substring('v1.22.333' FROM '\d+(?:\.\d+)*');
SELECT substring('2024-01-31T10:11:12' FROM '(\d{4})-(\d{2})'), regexp_match('2024-01-31', '(\d+)-(\d+)-(\d+)'), regexp_replace('2024-01-31', '(\d+)-(\d+)-(\d+)', '\3/\2/\1');
SELECT regexp_replace('a,b;c', '[,;]', ' ', 'g'), regexp_replace('aaa', 'a*', 'x'), regexp_replace('abc', '', '-', 'g'), regexp_replace('abc', 'b?', '-', 'g');
SELECT 'foobar' ~ 'foo(?=bar)', 'foobaz' ~ 'foo(?!bar)', 'foobar' ~ '(?<=foo)bar', 'foobar' ~ '(?<!foo)bar', 'abab' ~ '^(ab)\1$', 'abba' ~ '^(ab)\1$';
SELECT regexp_replace('1234567', '(\d)(?=(\d{3})+$)', '\1,', 'g'), substring('key=value' FROM '(?<==).*'), regexp_replace('aabbcd', '(.)\1', '<\1>', 'g');
SELECT regexp_split_to_array('one, two,three', ',\s*'), regexp_split_to_array('', ','), regexp_split_to_array('a||b', '\|'), regexp_split_to_array('CamelCaseText', '(?=[A-Z])');
SELECT regexp_count('banana', 'an|ana'), regexp_instr('banana', 'ana|na'), regexp_substr('banana', 'n|na|nan'), regexp_like('banana', '^b.*a$');
SELECT '100%' LIKE '100\%', 'a\b' LIKE 'a\\b', 'abc' LIKE 'a_c', 'abc' LIKE 'abc%', '' LIKE '%', NULL LIKE 'a', 'a' LIKE NULL;
SELECT 'abc' NOT SIMILAR TO 'a', 'aac' SIMILAR TO 'a+c', 'abc' SIMILAR TO '%(b|d)%', substring('foobar' SIMILAR '%#"o_b#"%' ESCAPE '#'), substring('foobar' FROM '%#"o_a#"_' FOR '#');
SELECT lpad('hi', 5, 'xy'), lpad('hello', 2), rpad('hi', 5, 'xy'), rpad('é', 3, 'ü'), lpad(NULL, 2), btrim('xyxtrimyyx', 'xyz'), ltrim('zzzytest', 'xyz'), rtrim('testxxzx', 'xyz');
SELECT ascii('é'), chr(233), chr(8364), length('€'), octet_length('€'), bit_length('€'), reverse('€a'), left('€a', 1);
-- departs: letters beyond ASCII have upper and lower case here, and not in the C locale of the comparison
SELECT normalize('é', NFC) = 'é', upper('straße'), lower('ÀÉ'), initcap('hello wORLD-foo bar_baz 1st'), 'ß' ILIKE 'SS';
SELECT 'x'::char(3) = 'x', 'x'::char(3) || 'y', length('x  '::char(5)), 'x '::varchar = 'x', 'x '::char(3) = 'x'::char(5), 'a'::char(3) LIKE 'a  ';
SELECT string_to_array('a,b,,c', ','), string_to_array('a,b,,c', ',', ''), string_to_array('', ','), string_to_array(NULL, ','), string_to_array('abc', NULL), string_to_array('a', '');
SELECT array_to_string(ARRAY['a', NULL, 'c'], '-'), array_to_string(ARRAY['a', NULL, 'c'], '-', '?'), array_to_string(string_to_array('a b c', ' '), '+');
SELECT cast('  42 ' AS int), '42'::int8 + 1, ' t '::bool, 'yes'::bool, '1e3'::float8, ' 1.50 '::numeric, '2024-1-5'::date, '0x10' = '16';
DROP TABLE customers;
