-- What every client asks first.

SELECT 1;
SELECT 1 AS one, 'a' AS letter, true, NULL;
SELECT 1 / 2, 1.0 / 3, 7 % 3, -7 / 2;
VALUES (1, 'a'), (2, 'b') ORDER BY 1;
SELECT no_such_column;
SELECT * FROM no_such_table;
SELEC 1;
SELECT current_schema();
SHOW standard_conforming_strings;
