-- Aggregates: filters, order, distinct, grouping sets, ordered sets, mistakes.

CREATE TABLE s (g text, a int, f float8, d numeric(10,2), b boolean, day date);
INSERT INTO s VALUES ('x', 1, 1.5, 1.10, true, '2024-01-01'), ('x', 2, 2.5, 2.20, false, '2024-01-02'), ('x', 2, NULL, 3.30, NULL, '2024-01-02'), ('y', 5, 0.5, NULL, true, '2024-02-01'), ('y', NULL, 4.5, 5.50, true, NULL), (NULL, 7, 7.5, 7.70, false, '2024-03-01');
CREATE TABLE none_here (a int, g text);

SELECT count(*), count(a), count(DISTINCT a), sum(a), min(a), max(a) FROM s;
SELECT count(*), sum(a), min(a), max(g), avg(a), bool_and(a > 1), array_agg(a), string_agg(g, ',') FROM none_here;
SELECT g, count(*), sum(a) FROM s GROUP BY g ORDER BY g;
SELECT g, count(*) FROM none_here GROUP BY g;
SELECT avg(a), avg(d), sum(d), sum(f), avg(f) FROM s;
SELECT sum(a::bigint), sum(a::smallint), sum(d) FROM s;
SELECT count(*) FILTER (WHERE a > 1), sum(a) FILTER (WHERE g = 'x'), count(*) FILTER (WHERE false) FROM s;
SELECT g, count(*) FILTER (WHERE a > 1) AS n FROM s GROUP BY g ORDER BY g;
SELECT bool_and(b), bool_or(b), every(b) FROM s;
SELECT g, every(a > 1) FROM s GROUP BY g ORDER BY g;
SELECT bit_and(a), bit_or(a) FROM s;
SELECT min(g), max(g), min(day), max(day), min(f), max(d) FROM s;
SELECT string_agg(g, ',' ORDER BY g) FROM s;
SELECT string_agg(g, ',' ORDER BY g DESC) FROM s;
SELECT string_agg(DISTINCT g, ',' ORDER BY g) FROM s;
SELECT string_agg(a::text, '-' ORDER BY a DESC NULLS LAST, g) FROM s;
SELECT string_agg(g, NULL ORDER BY a) FROM s;
SELECT array_agg(a ORDER BY a), array_agg(a ORDER BY a DESC) FROM s;
SELECT array_agg(DISTINCT a ORDER BY a) FROM s;
SELECT array_agg(g ORDER BY g NULLS FIRST) FROM s;
SELECT array_agg(a ORDER BY a) FILTER (WHERE a IS NOT NULL) FROM s;
SELECT g, array_agg(a ORDER BY a) FROM s GROUP BY g ORDER BY g;
SELECT stddev(a), variance(a), stddev_pop(f), var_samp(f) FROM s;
-- departs: the last digit of a sum of doubles
SELECT corr(a, f), covar_pop(a, f), regr_count(a, f), regr_slope(a, f) FROM s;
SELECT max(a) + min(a), max(a) * 2 FROM s;
SELECT g || '!', max(a) FROM s GROUP BY g || '!' ORDER BY 1;
SELECT a > 1 AS big, count(*) FROM s GROUP BY a > 1 ORDER BY 1;
SELECT CASE WHEN a > 1 THEN 'big' ELSE 'small' END AS size, count(*) FROM s GROUP BY 1 ORDER BY 1;
SELECT count(*) FROM s HAVING count(*) > 100;
SELECT g FROM s GROUP BY g HAVING count(*) > 1 ORDER BY g;
SELECT g, max(a) FROM s GROUP BY g HAVING max(a) IS NOT NULL ORDER BY max(a) DESC;
SELECT sum(a) AS total FROM s GROUP BY g ORDER BY total;
SELECT DISTINCT g, count(*) FROM s GROUP BY g ORDER BY g;
SELECT count(DISTINCT g), count(DISTINCT (g, a)) FROM s;
SELECT sum(DISTINCT a), avg(DISTINCT a), min(DISTINCT a) FROM s;
SELECT count(DISTINCT a) FILTER (WHERE g = 'x') FROM s;

-- Grouping sets.
SELECT g, a, count(*) FROM s GROUP BY GROUPING SETS ((g), (a), ()) ORDER BY g, a, 3;
SELECT g, b, sum(a) FROM s GROUP BY ROLLUP (g, b) ORDER BY g, b, 3;
SELECT g, b, sum(a) FROM s GROUP BY CUBE (g, b) ORDER BY g, b, 3;
SELECT g, grouping(g), count(*) FROM s GROUP BY ROLLUP (g) ORDER BY 2, 1;
SELECT g, b, grouping(g, b) AS k, count(*) FROM s GROUP BY CUBE (g, b) ORDER BY k, g, b;
SELECT g, sum(a) FROM s GROUP BY GROUPING SETS ((g), ()) HAVING sum(a) > 5 ORDER BY 1, 2;
SELECT coalesce(g, 'all') AS name, sum(a) FROM s WHERE g IS NOT NULL GROUP BY ROLLUP (g) ORDER BY 1;
SELECT count(*) FROM s GROUP BY GROUPING SETS (());
SELECT g, b, count(*) FROM s GROUP BY g, ROLLUP (b) ORDER BY g, b, 3;
SELECT grouping(a) FROM s GROUP BY g;
SELECT count(*) FROM none_here GROUP BY GROUPING SETS ((g), ());

-- Ordered and hypothetical sets.
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY a) FROM s;
SELECT percentile_cont(0.25) WITHIN GROUP (ORDER BY f), percentile_cont(0) WITHIN GROUP (ORDER BY f), percentile_cont(1) WITHIN GROUP (ORDER BY f) FROM s;
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY f DESC) FROM s;
SELECT percentile_cont(ARRAY[0.25, 0.5, 0.75]) WITHIN GROUP (ORDER BY f) FROM s;
SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY a) FROM s;
SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY g), percentile_disc(0.9) WITHIN GROUP (ORDER BY day) FROM s;
SELECT percentile_disc(ARRAY[0, 0.5, 1]) WITHIN GROUP (ORDER BY a) FROM s;
SELECT g, percentile_cont(0.5) WITHIN GROUP (ORDER BY f) AS m FROM s GROUP BY g ORDER BY g;
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY a) FILTER (WHERE g = 'x') FROM s;
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY a) FROM none_here;
SELECT percentile_cont(1.5) WITHIN GROUP (ORDER BY a) FROM s;
-- departs: the message names the array that the values are gathered in
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY g) FROM s;
SELECT percentile_cont(NULL) WITHIN GROUP (ORDER BY a) FROM s;
-- departs: the message says what is missing instead of the types
SELECT percentile_cont(0.5) FROM s;
SELECT mode() WITHIN GROUP (ORDER BY a) FROM s;
SELECT mode() WITHIN GROUP (ORDER BY g), mode() WITHIN GROUP (ORDER BY g DESC) FROM s;
SELECT g, mode() WITHIN GROUP (ORDER BY a) FROM s GROUP BY g ORDER BY g;
SELECT mode() WITHIN GROUP (ORDER BY a) FROM none_here;
SELECT rank(2) WITHIN GROUP (ORDER BY a), dense_rank(5) WITHIN GROUP (ORDER BY a) FROM s;
SELECT rank(3) WITHIN GROUP (ORDER BY a DESC), percent_rank(2) WITHIN GROUP (ORDER BY a), cume_dist(2) WITHIN GROUP (ORDER BY a) FROM s;
SELECT rank(2) WITHIN GROUP (ORDER BY a) FROM none_here;

-- Mistakes.
SELECT sum(g) FROM s;
SELECT avg(b) FROM s;
SELECT sum(sum(a)) FROM s;
SELECT a FROM s WHERE count(*) > 1;
SELECT count(*) FROM s GROUP BY count(*);
SELECT g, a FROM s GROUP BY g;
SELECT g FROM s ORDER BY count(*);
SELECT max(a) OVER (PARTITION BY g) FROM s GROUP BY g;
SELECT string_agg(g) FROM s;
SELECT string_agg(a, ',') FROM s;
SELECT bool_and(a) FROM s;
SELECT count(DISTINCT *) FROM s;
SELECT sum(*) FROM s;
SELECT sum() FROM s;
SELECT sum(a, a) FROM s;
SELECT min(DISTINCT a, a) FROM s;
SELECT array_agg(DISTINCT a ORDER BY g) FROM s;
SELECT count(a) FILTER (WHERE sum(a) > 1) FROM s;
SELECT lower(g) FILTER (WHERE true) FROM s;
SELECT lower(DISTINCT g) FROM s;
SELECT count(*) FROM s WHERE sum(a) OVER () > 1;
