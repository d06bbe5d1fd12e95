"""Where somebody is among all, and the first ten, by DuckDB, of standings that lie in memory.

python benchmarks/peers/duckdb_ranking.py FOLDER

FOLDER has standings.csv and asked.json, the ids of whom it is asked. Prints `ready`, then what
came out and the median of how long each took, in milliseconds.
"""

import json
import statistics
import sys
import time
from pathlib import Path

import duckdb

print("ready", flush=True)
folder = Path(sys.argv[1])
database = duckdb.connect()
database.execute(
    f"create table standings as select * from read_csv('{folder}/standings.csv', "
    "columns = {'user_id': 'uuid', 'xp': 'bigint'})"
)
RANK = """
select s.xp, (select 1 + count(*) from standings o where o.xp > s.xp) from standings s
where s.user_id = ?::uuid
"""
FIRST = "select user_id, xp, rank() over (order by xp desc) from standings order by xp desc, user_id limit 10"
ranks, times, pages = [], [], []
for user_id in json.loads((folder / "asked.json").read_text()):
    began = time.perf_counter()
    ranks.append(database.execute(RANK, [user_id]).fetchone())
    ranked = time.perf_counter()
    database.execute(FIRST).fetchall()
    times.append(1000 * (ranked - began))
    pages.append(1000 * (time.perf_counter() - began))
found = {"ranks": ranks, "rank": statistics.median(times), "page": statistics.median(pages)}
print(json.dumps(found), flush=True)
