DROP SCHEMA IF EXISTS recorded CASCADE;

CREATE SCHEMA recorded;

COMMENT ON SCHEMA recorded IS 'what tools look at';

CREATE TABLE recorded.item (
    id integer NOT NULL,
    small smallint,
    big bigint,
    name varchar(20),
    note text,
    price numeric(10,2),
    ratio double precision,
    half real,
    sold boolean,
    day date,
    at timestamp,
    seen timestamptz,
    raw bytea
);

COMMENT ON TABLE recorded.item IS 'what is sold';

COMMENT ON COLUMN recorded.item.price IS 'in euros';

INSERT INTO recorded.item
VALUES (1, 2, 3, 'one', 'a note', 1.50, 0.25, 0.5, true, '2024-02-29', '2024-02-29 12:00:00', '2024-02-29 12:00:00+00', '\x00ff'),
       (2, NULL, NULL, 'two', NULL, NULL, NULL, NULL, false, '2024-03-01', '2024-03-01 00:00:00', '2024-03-01 00:00:00+00', NULL);

CREATE TABLE recorded.sale (
    id bigint NOT NULL,
    item integer,
    total numeric(12,2),
    at timestamptz
);

CREATE VIEW recorded.dear AS
SELECT id, name, price
FROM recorded.item
WHERE price > 100;

COMMENT ON VIEW recorded.dear IS 'what is dear';

GRANT SELECT ON recorded.item TO PUBLIC;
