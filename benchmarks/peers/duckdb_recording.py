"""Events kept once each and counted per person, day and type, by DuckDB, with a commit for each batch.

python benchmarks/peers/duckdb_recording.py FOLDER

FOLDER has the batches as 0.json, 1.json and so on, each a list of events. Prints `ready`, then
how many events were kept and counted, and how long it took, in seconds.
"""

import json
import sys
import time
from pathlib import Path

import duckdb

print("ready", flush=True)
folder = Path(sys.argv[1])
database = duckdb.connect(str(folder / "events.duckdb"))
database.execute("set timezone = 'UTC'")
database.execute("create sequence ids")
database.execute(
    "create table events (id bigint default nextval('ids'), event_id text unique, user_id uuid, type text, "
    "metadata json, occurred_at timestamptz)"
)
database.execute(
    "create table days (user_id uuid, day date, type text, events int, primary key (user_id, day, type))"
)
READ = (
    "read_json(?, columns = {'event_id': 'text', 'user': 'uuid', 'type': 'text', 'metadata': 'json', "
    "'occurred_at': 'timestamptz'})"
)
batches = sorted(folder.glob("*.json"), key=lambda file: int(file.stem))
began = time.perf_counter()
for batch in batches:
    database.begin()
    database.execute(
        "insert or ignore into events (event_id, user_id, type, metadata, occurred_at) "
        f'select event_id, "user", type, metadata, occurred_at from {READ}',
        [str(batch)],
    )
    database.execute(
        f'insert into days select "user", occurred_at::date, type, count(*) from {READ} group by all '
        "on conflict do update set events = days.events + excluded.events",
        [str(batch)],
    )
    database.commit()
seconds = time.perf_counter() - began
kept, counted = database.execute(
    "select (select count(*) from events), (select sum(events)::int from days)"
).fetchone()
print(json.dumps({"seconds": seconds, "kept": kept, "counted": counted}), flush=True)
