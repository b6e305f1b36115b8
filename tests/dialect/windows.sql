-- Window functions: frames, names, over aggregates, mistakes.

CREATE TABLE w (k int, g text, v int, day date);
INSERT INTO w VALUES (1, 'x', 10, '2024-01-01'), (2, 'x', 20, '2024-01-03'), (3, 'x', 20, '2024-01-04'), (4, 'y', 5, '2024-01-01'), (5, 'y', NULL, '2024-01-10'), (6, 'y', 15, '2024-01-11');

SELECT k, row_number() OVER (ORDER BY k) FROM w ORDER BY k;
SELECT k, row_number() OVER (PARTITION BY g ORDER BY k DESC) AS n FROM w ORDER BY k;
SELECT k, rank() OVER (ORDER BY v), dense_rank() OVER (ORDER BY v) FROM w ORDER BY k;
SELECT k, percent_rank() OVER (ORDER BY v), cume_dist() OVER (ORDER BY v) FROM w ORDER BY k;
SELECT k, ntile(3) OVER (ORDER BY k), ntile(4) OVER (PARTITION BY g ORDER BY k) FROM w ORDER BY k;
SELECT k, lag(v) OVER (ORDER BY k), lead(v) OVER (ORDER BY k) FROM w ORDER BY k;
SELECT k, lag(v, 2) OVER (ORDER BY k), lead(v, 1, -1) OVER (ORDER BY k), lag(v, 1, 0) OVER (PARTITION BY g ORDER BY k) FROM w ORDER BY k;
SELECT k, lag(v, 0) OVER (ORDER BY k), lag(g, 1, 'none') OVER (ORDER BY k) FROM w ORDER BY k;
SELECT k, first_value(v) OVER (PARTITION BY g ORDER BY k), last_value(v) OVER (PARTITION BY g ORDER BY k) FROM w ORDER BY k;
SELECT k, nth_value(v, 2) OVER (PARTITION BY g ORDER BY k) FROM w ORDER BY k;
SELECT k, nth_value(v, 2) OVER (PARTITION BY g ORDER BY k ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) FROM w ORDER BY k;
SELECT k, sum(v) OVER () FROM w ORDER BY k;
SELECT k, sum(v) OVER (ORDER BY k) FROM w ORDER BY k;
SELECT k, sum(v) OVER (PARTITION BY g) FROM w ORDER BY k;
SELECT k, sum(v) OVER (PARTITION BY g ORDER BY v) FROM w ORDER BY k;
SELECT k, avg(v) OVER (PARTITION BY g) FROM w ORDER BY k;
SELECT k, count(*) OVER (PARTITION BY g), count(v) OVER (PARTITION BY g) FROM w ORDER BY k;
SELECT k, min(v) OVER (ORDER BY k ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING) FROM w ORDER BY k;
SELECT k, sum(v) OVER (ORDER BY k ROWS 2 PRECEDING) FROM w ORDER BY k;
SELECT k, sum(v) OVER (ORDER BY k ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) FROM w ORDER BY k;
SELECT k, sum(v) OVER (ORDER BY k ROWS BETWEEN 2 PRECEDING AND 1 PRECEDING) FROM w ORDER BY k;
SELECT k, sum(v) OVER (ORDER BY v RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) FROM w ORDER BY k;
SELECT k, sum(v) OVER (ORDER BY v RANGE BETWEEN 5 PRECEDING AND 5 FOLLOWING) FROM w ORDER BY k;
SELECT k, count(*) OVER (ORDER BY day RANGE BETWEEN INTERVAL '2 days' PRECEDING AND CURRENT ROW) FROM w ORDER BY k;
SELECT k, sum(v) OVER (ORDER BY v GROUPS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM w ORDER BY k;
-- departs: EXCLUDE in a window frame is not supported
SELECT k, sum(v) OVER (ORDER BY k ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING EXCLUDE CURRENT ROW) FROM w ORDER BY k;
-- departs: EXCLUDE in a window frame is not supported
SELECT k, sum(v) OVER (ORDER BY v GROUPS BETWEEN 1 PRECEDING AND 1 FOLLOWING EXCLUDE TIES) FROM w ORDER BY k;
-- departs: EXCLUDE in a window frame is not supported
SELECT k, sum(v) OVER (ORDER BY k ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING EXCLUDE NO OTHERS) FROM w ORDER BY k;
SELECT k, sum(v) OVER win, avg(v) OVER win FROM w WINDOW win AS (PARTITION BY g ORDER BY k) ORDER BY k;
SELECT k, sum(v) OVER (win ORDER BY k) FROM w WINDOW win AS (PARTITION BY g) ORDER BY k;
SELECT k, rank() OVER w2 FROM w WINDOW w1 AS (PARTITION BY g), w2 AS (w1 ORDER BY v) ORDER BY k;
SELECT k, string_agg(g, ',') OVER (ORDER BY k) FROM w ORDER BY k;
SELECT k, array_agg(v) OVER (PARTITION BY g ORDER BY k) FROM w ORDER BY k;
SELECT k, sum(v) FILTER (WHERE v > 10) OVER (ORDER BY k) FROM w ORDER BY k;
SELECT k, bool_or(v > 10) OVER (PARTITION BY g), every(v > 1) OVER (PARTITION BY g) FROM w ORDER BY k;
SELECT g, sum(v), rank() OVER (ORDER BY sum(v) DESC) FROM w GROUP BY g ORDER BY g;
SELECT g, sum(v), sum(sum(v)) OVER () FROM w GROUP BY g ORDER BY g;
SELECT g, count(*) * 100 / sum(count(*)) OVER () AS pct FROM w GROUP BY g ORDER BY g;
SELECT k, v - lag(v) OVER (ORDER BY k) AS diff FROM w ORDER BY k;
-- departs: a column of numerics has one scale
SELECT k, v::numeric / sum(v) OVER (PARTITION BY g) AS share FROM w WHERE v IS NOT NULL ORDER BY k;
SELECT * FROM (SELECT k, g, row_number() OVER (PARTITION BY g ORDER BY v DESC NULLS LAST) AS n FROM w) s WHERE n = 1 ORDER BY k;
SELECT k, row_number() OVER (ORDER BY v NULLS FIRST, k) FROM w ORDER BY k;
SELECT k, rank() OVER (ORDER BY k, abs(k)) FROM w ORDER BY k;
SELECT k, rank() OVER (ORDER BY abs(k), k) FROM w ORDER BY k;
SELECT k, rank() OVER (ORDER BY g, lower(g), k) FROM w ORDER BY k;
SELECT k, row_number() OVER () IS NOT NULL FROM w ORDER BY k;
SELECT k FROM w ORDER BY row_number() OVER (ORDER BY k DESC);
SELECT DISTINCT count(*) OVER (PARTITION BY g) FROM w;
SELECT k, max(v) OVER (PARTITION BY g ORDER BY k) - min(v) OVER (PARTITION BY g ORDER BY k) AS spread FROM w ORDER BY k;
SELECT k, sum(v) OVER (PARTITION BY g), sum(v) OVER (PARTITION BY g) FROM w ORDER BY k;
SELECT k, stddev(v) OVER (PARTITION BY g) IS NULL FROM w ORDER BY k;
SELECT sum(v) OVER (ORDER BY k) AS s, k FROM w WHERE k < 4 ORDER BY s DESC;
SELECT g, first_value(k) OVER (PARTITION BY g ORDER BY v DESC) FROM w WHERE v IS NOT NULL ORDER BY g, k;
SELECT k, lead(k) OVER (PARTITION BY g ORDER BY k) IS NULL AS last FROM w ORDER BY k;
-- departs: lakewire answers where PostgreSQL refuses
SELECT k, count(DISTINCT v) OVER () FROM w;
SELECT k, sum(v) OVER (ORDER BY k RANGE BETWEEN 1 FOLLOWING AND 2 FOLLOWING) FROM w ORDER BY k;
SELECT k, date_trunc('month', day) AS m, count(*) OVER (PARTITION BY date_trunc('month', day)) FROM w ORDER BY k;

-- Mistakes.
SELECT k FROM w WHERE row_number() OVER () = 1;
-- departs: the words of this error differ
SELECT k FROM w GROUP BY row_number() OVER ();
-- departs: the words of this error differ
SELECT k FROM w HAVING row_number() OVER () = 1;
SELECT row_number() FROM w;
SELECT rank() FROM w;
SELECT lag(v) FROM w;
-- departs: lakewire answers where PostgreSQL refuses
SELECT lower(g) OVER () FROM w;
-- departs: the words of this error differ
SELECT sum(row_number() OVER ()) OVER () FROM w;
SELECT sum(sum(v) OVER ()) FROM w;
SELECT sum(v) OVER nosuch FROM w;
SELECT sum(v) OVER (ROWS BETWEEN UNBOUNDED FOLLOWING AND CURRENT ROW) FROM w;
-- departs: the words of this error differ
SELECT sum(v) OVER (ROWS BETWEEN CURRENT ROW AND 1 PRECEDING) FROM w;
SELECT sum(v) OVER (RANGE BETWEEN 1 PRECEDING AND CURRENT ROW) FROM w;
SELECT sum(v) OVER (ORDER BY k, g RANGE BETWEEN 1 PRECEDING AND CURRENT ROW) FROM w;
-- departs: the words of this error differ
SELECT sum(v) OVER (ORDER BY k ROWS BETWEEN -1 PRECEDING AND CURRENT ROW) FROM w;
-- departs: the words of this error differ
SELECT sum(v) OVER (ORDER BY k ROWS -1 PRECEDING) FROM w;
-- departs: the words of this error differ
SELECT ntile(0) OVER (ORDER BY k) FROM w;
-- departs: lakewire answers where PostgreSQL refuses
SELECT nth_value(v, 0) OVER (ORDER BY k) FROM w;
SELECT sum(v) OVER (GROUPS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM w;
SELECT sum(v) OVER (PARTITION BY nosuch) FROM w;
SELECT sum(v) OVER win FROM w WINDOW win AS (PARTITION BY g), win AS (ORDER BY k);
-- departs: the words of this error differ
SELECT row_number() OVER (ORDER BY k) FILTER (WHERE true) FROM w;
