"""connectorx: a query cut in parts that are read side by side, into Arrow and pandas."""
# needs: drivers

import connectorx as cx
from steps import DATABASE, FLIGHTS, HOST, PASSWORD, PORT, USER, equal, step

URI = f"postgresql://{USER}:{PASSWORD}@{HOST}:{PORT}/{DATABASE}"
COLUMNS = "day, origin, dest, flight, dep_delay_min, cancelled, scheduled_departure"


@step(f"version {cx.__version__}: into pandas by binary, cursor and simple protocol")
def _():
    for protocol in ("cursor", "simple"):
        frame = cx.read_sql(URI, f"SELECT {COLUMNS} FROM curated.flights WHERE month = 2", protocol=protocol)
        equal(len(frame), 24951)
        equal(int(frame["cancelled"].sum()), 1261)


@step("by binary COPY")
def _():
    frame = cx.read_sql(URI, f"SELECT {COLUMNS} FROM curated.flights WHERE month = 2", protocol="binary")
    equal(len(frame), 24951)
    frame = cx.read_sql(URI, f"SELECT {COLUMNS} FROM curated.flights WHERE month = 2", protocol="csv")
    equal(len(frame), 24951)


@step("cut by a column and read side by side, into Arrow")
def _():
    table = cx.read_sql(URI, f"SELECT {COLUMNS}, distance_mi FROM curated.flights", partition_on="distance_mi",
                        partition_num=3, return_type="arrow")
    equal(table.num_rows, FLIGHTS)
