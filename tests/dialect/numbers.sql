-- Whole numbers, numerics, floats: what operators and functions give.

-- Literals and their types.
SELECT pg_typeof(1)::text, pg_typeof(2147483648)::text, pg_typeof(9223372036854775808)::text, pg_typeof(1.5)::text, pg_typeof(1e3)::text;
SELECT pg_typeof(-2147483648)::text, pg_typeof(2147483647)::text;
SELECT -2147483648, 2147483648, 9223372036854775807, 9223372036854775808, 123456789012345678901234567890;
SELECT 1., .5, 1e3, 1.5e-3, 1e10, 1.0, 1.50, 0.0, -0.0;
SELECT 0.1 + 0.2, 1.10 + 2.205, 1.5 - 2, 2 * 1.25, 1.5 * 1.25;

-- Operators over whole numbers.
SELECT 1 / 2, 7 / 2, -7 / 2, 7 / -2, 5 % 3, 5 % -3, -5 % 3;
SELECT 1 + 1, 2 - 3, 2 * 3;
SELECT 1::int2 + 1::int2, 1::int2 + 1, 1::int4 + 1::int8, 1::int2 * 2::int8;
SELECT pg_typeof(1::int2 + 1::int2)::text, pg_typeof(1::int2 + 1)::text, pg_typeof(1::int4 + 1::int8)::text, pg_typeof(1 / 2)::text, pg_typeof(5 % 3)::text;
SELECT 32767::int2 + 1::int2;
SELECT 2147483647 + 1;
SELECT 9223372036854775807 + 1;
SELECT -2147483648 - 1;
SELECT 2147483647 * 2;
SELECT (-2147483648) / -1;
SELECT (-9223372036854775808) / -1;
SELECT (-2147483648) % -1;
SELECT 1 / 0;
SELECT 1 % 0;
SELECT 1::int2 / 0::int2;
SELECT 1::int8 % 0::int8;
SELECT 1.0 / 0;
SELECT 1.0 % 0;
SELECT 2 ^ 3, 2 ^ 0.5, 2.0 ^ 3, 2::float8 ^ 3, 2 ^ -1;
SELECT pg_typeof(2 ^ 3)::text, pg_typeof(2.0 ^ 3)::text, pg_typeof(2::int8 ^ 2)::text;
SELECT @ -5, @ -5.5, @ (-5)::int8, @ -1.5::float8;
-- departs: the cube root is the nearest double, where glibc's is one off
SELECT |/ 4, |/ 2, ||/ 27, ||/ -8;
SELECT |/ -1;
SELECT 6 & 3, 6 | 3, 6 # 3, ~6, 1 << 4, 256 >> 4, -8 >> 1;
SELECT 6::int8 & 3, 6::int2 | 3::int2, 6::int8 # 3::int8, ~6::int8, 1::int8 << 40, ~1::int2;
SELECT pg_typeof(6 & 3)::text, pg_typeof(6::int8 & 3)::text, pg_typeof(~6)::text, pg_typeof(1::int8 << 4)::text, pg_typeof(1::int2 << 4)::text;
SELECT 1.5 & 2;
SELECT -5, +5, - -5, -(-5), +1.5;
-- departs: the same error in other words
SELECT 5 !;
SELECT 1 <> 2, 1 != 1, 1 < 2, 2 <= 2, 3 > 4, 4 >= 4;
SELECT 1 = 1.0, 1 = 1::float8, 1::int2 = 1::int8, 1.10 = 1.1;
SELECT - (-9223372036854775808);
SELECT abs((-2147483648)), abs((-32768)::int2);
SELECT abs((-9223372036854775808));
SELECT -(-32768)::int2;

-- Functions over numbers.
SELECT abs(-5), abs(5), abs(-5.5), abs(-5::int8), abs(-1.5::float8), abs(-1::int2), abs('-3');
SELECT pg_typeof(abs(-5))::text, pg_typeof(abs(-5.5))::text, pg_typeof(abs(-1::int2))::text, pg_typeof(abs(-1::int8))::text, pg_typeof(abs(1::real))::text;
SELECT sign(-5), sign(0), sign(7.5), sign(-2::float8), sign(0.00);
SELECT pg_typeof(sign(-5))::text, pg_typeof(sign(1.5))::text;
SELECT ceil(1.2), ceil(-1.2), ceiling(1.5), ceil(5), ceil(1.2::float8), ceil(1.0);
SELECT floor(1.7), floor(-1.2), floor(5), floor(-1.5::float8);
SELECT pg_typeof(ceil(5))::text, pg_typeof(ceil(1.5))::text, pg_typeof(floor(5))::text, pg_typeof(floor(5::int8))::text;
SELECT round(2.5), round(3.5), round(-2.5), round(1.45, 1), round(1234.567, -2), round(2), round(2.5::float8), round(3.5::float8), round(-0.5::float8);
SELECT round(1.005, 2), round(15, -1), round(14.9, 0), round(1.5, 3), round(123.456, 5), round(NULL::numeric), round(1.2, NULL);
SELECT round(2.5::float8, 1);
SELECT pg_typeof(round(2))::text, pg_typeof(round(2.5))::text, pg_typeof(round(2, 1))::text, pg_typeof(round(2.5::real))::text;
SELECT trunc(1.7), trunc(-1.7), trunc(1.789, 2), trunc(1789.5, -2), trunc(5), trunc(1.7::float8), trunc(-1.7::float8), trunc(42.4382, 5);
SELECT pg_typeof(trunc(5))::text, pg_typeof(trunc(1.5))::text, pg_typeof(trunc(1.5, 1))::text;
SELECT mod(5, 3), mod(-5, 3), mod(5.5, 2), mod(5::int8, 3), mod(5, -3), mod(7::int2, 4::int2);
SELECT pg_typeof(mod(5, 3))::text, pg_typeof(mod(5.5, 2))::text, pg_typeof(mod(5::int8, 3))::text, pg_typeof(mod(5::int2, 3::int2))::text;
SELECT mod(5, 0);
SELECT mod(5.5, 0);
SELECT mod(5.5::float8, 2);
SELECT div(7, 2), div(-7, 2), div(7.5, 2), div(9, 4);
SELECT div(1, 0);
SELECT power(2, 3), power(2, 0.5), power(2.0, 3), power(9, 0.5), pow(2, 10), power(2::float8, 0.5), power(0, 0);
SELECT power(2, -1), power(2.5, 2), power(10.0, -2), power(1.1, 10);
SELECT power(0, -1);
SELECT power(-8, 0.5);
SELECT power(-8::float8, 0.5);
SELECT power(0::float8, -1);
SELECT exp(1), exp(1.0), exp(0), exp(2.5), exp(1::float8), exp(0.0), exp(-1.0), exp(10.0);
SELECT ln(2), ln(2.0), ln(10), ln(2.718281828), ln(1.0), ln(0.5), ln(100.0);
SELECT ln(0);
SELECT ln(-1);
SELECT ln(0.0);
SELECT ln(-1.5);
SELECT log(100), log(100.0), log(2.0), log10(1000), log10(50.0), log(2, 64), log(2.0, 10), log(10.0, 1000);
SELECT log(0);
SELECT log(-1.0);
SELECT log(2.0::float8);
SELECT sqrt(2), sqrt(4), sqrt(2.0), sqrt(16.0), sqrt(0.5), sqrt(1000000.0), sqrt(2::float8), sqrt(0);
SELECT sqrt(-1);
SELECT sqrt(-1.0);
-- departs: the cube root is the nearest double, where glibc's is one off
SELECT cbrt(27), cbrt(-8), cbrt(2.0), cbrt(10);
SELECT gcd(12, 18), gcd(-12, 18), gcd(0, 5), gcd(12::int8, 18), gcd(1.5, 0.5), lcm(4, 6), lcm(0, 5), lcm(4::int8, 6), lcm(1.5, 2);
SELECT pg_typeof(gcd(12, 18))::text, pg_typeof(gcd(12::int8, 18))::text, pg_typeof(gcd(1.5, 0.5))::text, pg_typeof(lcm(4, 6))::text;
SELECT lcm(2147483647, 2147483646);
SELECT factorial(5), factorial(0), factorial(20), factorial(25);
SELECT factorial(-1);
SELECT degrees(1), radians(180), degrees(pi()), radians(45.0), pi();
SELECT sin(1), cos(1), tan(1), cot(1), asin(1), acos(0.5), atan(1), atan2(1, 2);
SELECT sinh(1), cosh(1), tanh(0.5), asinh(1), acosh(2), atanh(0.5);
SELECT sind(30), cosd(60), tand(45), cotd(45), asind(0.5), acosd(0.5), atand(1), atan2d(1, 1);
SELECT sind(0), sind(90), sind(45), cosd(0), cosd(90), cosd(45), tand(0), tand(135), sind(-30), cosd(120);
SELECT asin(2);
SELECT acos(-2);
SELECT acosh(0.5);
SELECT atanh(2);
SELECT width_bucket(5.35, 0.024, 10.06, 5), width_bucket(5.35::float8, 0.024, 10.06, 5), width_bucket(-1, 0, 10, 5), width_bucket(11, 0, 10, 5), width_bucket(10, 0, 10, 5), width_bucket(3, 10, 0, 5);
SELECT width_bucket(5, ARRAY[1, 3, 4, 10]), width_bucket(0, ARRAY[1, 3]), width_bucket(2.5, ARRAY[1.0, 2.0, 3.0]), width_bucket('b', ARRAY['a', 'c']);
SELECT width_bucket(5, 0, 10, 0);
SELECT width_bucket(5, 1, 1, 3);
-- departs: a column of numerics has one number of digits, where PostgreSQL has one per value
SELECT greatest(1, 2.5), least(1, 2.5), greatest(1, NULL, 3), least(NULL, NULL), greatest('a', 'b'), greatest(1, '5');
SELECT pg_typeof(greatest(1, 2.5))::text, pg_typeof(least(1, 2::int8))::text, pg_typeof(greatest(1, 2::float8))::text;
SELECT scale(1.50), scale(1), scale(0.001), min_scale(1.500), min_scale(8.4100), trim_scale(1.500), trim_scale(100.00), min_scale(100);
SELECT numeric_inc(1.5), numeric_inc(4);
SELECT int4inc(4);
SELECT random() >= 0, random() < 1;
SELECT setseed(0.5);
SELECT setseed(2);
SELECT pg_typeof(random())::text, pg_typeof(pi())::text, pg_typeof(sqrt(2))::text, pg_typeof(sqrt(2.0))::text, pg_typeof(exp(1))::text, pg_typeof(power(2, 3))::text, pg_typeof(power(2.0, 3))::text, pg_typeof(cbrt(8))::text, pg_typeof(log(10))::text, pg_typeof(log(2, 8))::text, pg_typeof(div(7, 2))::text;
SELECT to_hex(255), to_hex(-1), to_hex(255::int8);

-- Numeric.
SELECT 1.0 / 3, 10.0 / 3, 1 / 3.0, 100.0 / 7, 22.0 / 7.0, 1.0 / 8, 2.0 / 1;
SELECT 1000000.0 / 3, 123456789.0 / 7, 0.0001 / 3, 1.0 / 300000, 0.5 / 0.25;
SELECT (1 / 3.0) * 100, 1.0 / 3 + 1, round(1.0 / 3, 2);
SELECT 10.5 % 3, -10.5 % 3, 10 % 3.3;
SELECT 1.23::numeric(10, 1), 1.25::numeric(10, 1), -1.25::numeric(10, 1), 123.456::numeric(5), 5::numeric(5, 2), '1.005'::numeric(10, 2);
SELECT 12345.67::numeric(5, 2);
SELECT 1e10::numeric(5);
SELECT 1::numeric(1, 1);
SELECT 1::numeric, 1.50::numeric, '1.500'::numeric, 1.5::float8::numeric, 0.1::float8::numeric, 123456.789::float8::numeric, 1e20::float8::numeric, 0.1::real::numeric, 1::int8::numeric;
SELECT 1.5::numeric(10, 3) + 1.25, 1.5::numeric(10, 3) * 1.25::numeric(10, 2), 1::numeric(10, 2) / 3;
SELECT 99999999999999999999999999999999999999 + 1;
SELECT 12345678901234567890 * 12345678901234567890;
SELECT 1.123456789012345678901234567890, 0.00000000000000000001, 1e-20;
-- departs: numerics have at most 76 digits
SELECT 1e100::numeric;
SELECT '  12.5  '::numeric, '+5'::numeric, '.5'::numeric, '5.'::numeric, '1e3'::numeric, '1.5e-2'::numeric, '-0'::numeric;
SELECT 'abc'::numeric;
SELECT ''::numeric;
SELECT '1.2.3'::numeric;
SELECT 'NaN'::numeric;
SELECT 'Infinity'::numeric, '-inf'::numeric;
SELECT 1::numeric(0);
SELECT 1::numeric(1001, 1);
SELECT numeric '1.50', numeric(5, 1) '1.55', decimal '2.5', dec '1';
SELECT -1.5::int, (-1.5)::int, 1.5::int, 2.5::int, 2.5::int8, 0.5::int2, -2.5::int;
SELECT 2.5::float8::int, 3.5::float8::int, -2.5::float8::int, 0.5::float8::int8, 1.5::real::int, 2.5::real::int2;
SELECT 2147483647.5::int;
SELECT 1e10::float8::int;
SELECT 40000::int2;
SELECT 9223372036854775808::int8;
SELECT 1e19::float8::int8;
SELECT 3000000000::int8::int4;
SELECT 'NaN'::float8::int;
-- departs: the number is shown as it was written
SELECT 1e400::float8;
SELECT '1e400'::float8;
SELECT 1e40::real;
SELECT '1e-400'::float8;

-- Floats.
SELECT 1::float8, 1.5::float8, 0.1::float8, 1e15::float8, 1e16::float8, 123456789.123::float8, 1e-5::float8, 0.0001::float8, 1e100::float8;
SELECT 1::real, 1.5::real, 0.1::real, 1e6::real, 16777217::real, 1e-5::real, 3.4e38::real, 123456.789::real;
SELECT 0.1::real::float8, 0.1::float8::real, 1.0::float, 1.0::float(24), 1.0::float(25), double precision '1.5', real '2.5';
SELECT pg_typeof(1.0::float)::text, pg_typeof(1.0::float(24))::text, pg_typeof(1.0::float(25))::text, pg_typeof(1::real + 1::real)::text, pg_typeof(1::real + 1::float8)::text, pg_typeof(1::real + 1)::text, pg_typeof(1::real + 1.5)::text, pg_typeof(1::float8 + 1.5)::text;
SELECT 0.1::float8 + 0.2::float8, 1::float8 / 3, 1::real / 3::real, 1::real / 3, 2::real * 0.1::real, 0.1::real + 0.2::float8;
SELECT 'NaN'::float8, 'Infinity'::float8, '-Infinity'::float8, 'inf'::float8, 'nan'::real, '-0'::float8;
SELECT 'NaN'::float8 = 'NaN'::float8, 'NaN'::float8 > 'Infinity'::float8, 'NaN'::float8 > 1, 'NaN'::float8 < 1, 'NaN'::float8 = 'NaN', '-0'::float8 = 0;
SELECT x FROM (VALUES ('NaN'::float8), (1), ('-Infinity'), ('Infinity'), (NULL), (-5)) t(x) ORDER BY x;
SELECT x FROM (VALUES ('NaN'::float8), (1), ('-Infinity'), ('Infinity'), (NULL), (-5)) t(x) ORDER BY x DESC;
SELECT x, count(*) FROM (VALUES ('NaN'::float8), ('NaN'), (0), ('-0')) t(x) GROUP BY x ORDER BY x;
SELECT max(x), min(x) FROM (VALUES ('NaN'::float8), (1), (2)) t(x);
SELECT 1::float8 / 0;
SELECT 0::float8 / 0;
SELECT 'Infinity'::float8 - 'Infinity'::float8, 'Infinity'::float8 * 2, 1 / 'Infinity'::float8;
SELECT 1e308::float8 * 10;
SELECT 1e308::float8 + 1e308::float8;
SELECT 1e-308::float8 * 1e-308::float8;
SELECT 3e38::real * 10::real;
SELECT exp(1000::float8);
SELECT power(10::float8, 400);
SELECT 5.5::float8 % 2;
SELECT 'abc'::float8;
SELECT ''::float8;
SELECT '1 2'::float8;
SELECT float8 '1.5' + int '2', float4 '1.5' * 2;
SELECT 1 + 1.5::float8, 1.5 + 1::float8, 2 * 1.5::real, 1.5::real * 1.5;

-- Text to whole numbers.
SELECT '12'::int, ' 12 '::int, '-12'::int, '+12'::int, '007'::int;
SELECT '12.5'::int;
SELECT '1e3'::int;
SELECT ''::int;
SELECT 'abc'::int2;
SELECT '99999999999'::int;
SELECT '99999'::int2;
SELECT '99999999999999999999'::int8;
SELECT '0x10'::int;
SELECT 1_000;

-- Aggregates.
CREATE TABLE n (i int2, j int4, k int8, r real, d float8, m numeric(10, 2), b bool, t text);
INSERT INTO n VALUES (1, 10, 100, 1.5, 2.5, 1.25, true, 'a'), (2, 20, 200, 2.5, 3.5, 2.50, false, 'b'), (3, 30, 300, 3.5, 4.5, NULL, true, NULL), (NULL, NULL, NULL, NULL, NULL, NULL, NULL, 'd');
SELECT sum(i), sum(j), sum(k), sum(r), sum(d), sum(m) FROM n;
SELECT pg_typeof(sum(i))::text, pg_typeof(sum(j))::text, pg_typeof(sum(k))::text, pg_typeof(sum(r))::text, pg_typeof(sum(d))::text, pg_typeof(sum(m))::text FROM n;
SELECT avg(i), avg(j), avg(k), avg(r), avg(d), avg(m) FROM n;
SELECT pg_typeof(avg(i))::text, pg_typeof(avg(j))::text, pg_typeof(avg(k))::text, pg_typeof(avg(r))::text, pg_typeof(avg(d))::text, pg_typeof(avg(m))::text FROM n;
SELECT min(i), max(j), min(k), max(r), min(d), max(m), min(t), max(t) FROM n;
SELECT stddev(j), stddev_samp(j), stddev_pop(j), variance(j), var_samp(j), var_pop(j) FROM n;
SELECT stddev(d), stddev_pop(d), variance(d), var_pop(d) FROM n;
-- departs: a column of numerics has one number of digits, where PostgreSQL has one per value
SELECT stddev(m), stddev_pop(m), variance(m), var_pop(m) FROM n;
-- departs: a column of numerics has one number of digits, where PostgreSQL has one per value
SELECT stddev(i), variance(k), stddev(r) FROM n;
SELECT pg_typeof(stddev(j))::text, pg_typeof(variance(d))::text, pg_typeof(var_pop(m))::text FROM n;
SELECT stddev(j), variance(d), avg(j) FROM n WHERE i = 1;
-- departs: a column of numerics has one number of digits, where PostgreSQL has one per value
SELECT stddev_pop(j), var_pop(d) FROM n WHERE i = 1;
-- departs: the last digit of regressions over doubles
SELECT corr(d, j), covar_pop(d, j), covar_samp(d, j), regr_slope(d, j), regr_intercept(d, j), regr_r2(d, j), regr_count(d, j), regr_avgx(d, j), regr_avgy(d, j), regr_sxx(d, j), regr_syy(d, j), regr_sxy(d, j) FROM n;
SELECT bit_and(i), bit_or(j), bit_xor(k), bool_and(b), bool_or(b), every(b) FROM n;
SELECT pg_typeof(bit_and(i))::text, pg_typeof(bit_or(j))::text, pg_typeof(bit_xor(k))::text, pg_typeof(count(*))::text, pg_typeof(regr_count(d, j))::text FROM n;
SELECT count(*), count(j), count(DISTINCT b), sum(j) FILTER (WHERE i > 1) FROM n;
SELECT sum(j), avg(j), max(j), count(j), bool_and(b), array_agg(j), string_agg(t, ',') FROM n WHERE false;
SELECT sum(t) FROM n;
SELECT avg(b) FROM n;
SELECT max(b) FROM n;
SELECT string_agg(j, ',') FROM n;
SELECT sum(DISTINCT j), avg(DISTINCT j) FROM n;
SELECT sum(9223372036854775807) FROM n;
SELECT i, sum(j) OVER (ORDER BY i), avg(j) OVER (ORDER BY i), row_number() OVER (ORDER BY i) FROM n ORDER BY i;
SELECT sum(j) / count(j), avg(j)::int, round(avg(k), 2) FROM n;
-- departs: a column of numerics has one number of digits, where PostgreSQL has one per value
SELECT j + d, j * m, m / j, r * d, j + i, k * i, m + k FROM n WHERE i = 1;
-- departs: a column of numerics has one number of digits, where PostgreSQL has one per value
SELECT j / 3, m / 3, d / 3, r / 3, k / 7 FROM n WHERE i = 2;
SELECT round(m, 1), round(d), trunc(m), ceil(m), floor(d), abs(m), sqrt(j), sqrt(m), power(j, 2), exp(r), ln(m) FROM n WHERE i = 2;
SELECT j FROM n WHERE j = '10';
SELECT j FROM n WHERE j IN ('10', '20') ORDER BY j;
SELECT j FROM n WHERE j BETWEEN '10' AND '20' ORDER BY j;
SELECT j FROM n WHERE j = 'abc';
SELECT j FROM n WHERE t = 1;
SELECT j FROM n WHERE j = t;
SELECT j FROM n WHERE d > 3 AND m = 2.5;
SELECT j FROM n WHERE b = 'yes' ORDER BY j;
SELECT j FROM n WHERE b = 1;
SELECT j FROM n WHERE j;
SELECT j FROM n WHERE k > 1.5e2 ORDER BY 1;
-- departs: a column of numerics has one number of digits, where PostgreSQL has one per value
SELECT coalesce(m, 0), coalesce(m, '0'), nullif(j, 10), nullif(t, 'a') FROM n ORDER BY i;
-- departs: a column of numerics has one number of digits, where PostgreSQL has one per value
SELECT CASE WHEN j > 10 THEN m ELSE 0 END FROM n ORDER BY i;
SELECT 1 / (j - 10) FROM n WHERE j <> 10 ORDER BY 1;
SELECT j FROM n WHERE j <> 10 AND 1 / (j - 10) > -1 ORDER BY 1;
SELECT j FROM n WHERE j = 10 OR 1 / (j - 10) = 0 ORDER BY 1;
SELECT CASE WHEN j = 10 THEN 0 ELSE 1 / (j - 10) END FROM n ORDER BY i;
SELECT sum(CASE WHEN j <> 10 THEN 100 / (j - 10) ELSE 0 END) FROM n;
DROP TABLE n;
