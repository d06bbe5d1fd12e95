"""Scores and signals of everybody, by DuckDB, of days that lie in memory.

python benchmarks/peers/duckdb_scoring.py FOLDER

FOLDER has behavior_days.csv, users.csv and asked.json, the statements. Prints `ready`, then
what came out and how long it took.
"""

import json
import sys
import time
from pathlib import Path

import duckdb

print("ready", flush=True)
folder = Path(sys.argv[1])
asked = json.loads((folder / "asked.json").read_text())
database = duckdb.connect()
database.execute("set timezone = 'UTC'")
TYPES = (
    "{'user_id': 'uuid', 'day': 'date', 'type': 'text', 'events': 'int', 'first_at': 'timestamptz', "
    "'last_at': 'timestamptz', 'half_hours': 'bigint', 'channels': 'int'}"
)
database.execute(
    f"create table behavior_days as select * from read_csv('{folder}/behavior_days.csv', columns = {TYPES})"
)
database.execute(f"create table users as select id::uuid as id from read_csv('{folder}/users.csv')")
database.execute(asked["macros"])

began = time.perf_counter()
database.execute(asked["scores"])
database.execute(asked["signals"])
seconds = time.perf_counter() - began

scores = database.execute("select count(*), sum(overall), sum(telegram), sum(email) from scores").fetchone()
columns = [row[0] for row in database.execute("describe signals").fetchall() if row[0] != "user_id"]
sums = database.execute(f"select {', '.join(f'sum({name})' for name in columns)} from signals").fetchone()
print(
    json.dumps(
        {
            "seconds": seconds,
            "scores": scores,
            "names": columns,
            "signals": [float(each or 0) for each in sums],
        }
    ),
    flush=True,
)
