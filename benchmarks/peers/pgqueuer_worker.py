"""pgqueuer doing what a worker of ours does: one POST and one durable record for each job.

    python benchmarks/peers/pgqueuer_worker.py DSN URL JOBS

Puts the jobs in, prints `ready`, works them off after a line on its input, prints how many are recorded.
"""

import asyncio
import sys

import aiohttp
import asyncpg
from pgqueuer import AsyncpgPoolDriver, Job, PgQueuer
from pgqueuer.types import QueueExecutionMode

IN_FLIGHT = 100


async def main(dsn: str, url: str, jobs: int) -> None:
    async with asyncpg.create_pool(dsn, min_size=4, max_size=8) as pool:
        queuer = PgQueuer(AsyncpgPoolDriver(pool))
        await queuer.qm.queries.install()
        await queuer.qm.queries.enqueue(["post"] * jobs, [b"hello"] * jobs, [0] * jobs)
        connector = aiohttp.TCPConnector(limit=IN_FLIGHT)
        async with aiohttp.ClientSession(connector=connector) as session:

            @queuer.entrypoint("post")
            async def post(job: Job) -> None:
                async with session.post(url, data=job.payload) as response:
                    await response.read()

            print("ready", flush=True)
            await asyncio.to_thread(sys.stdin.readline)
            await queuer.qm.run(batch_size=IN_FLIGHT, mode=QueueExecutionMode.drain)
            done = await pool.fetchval("select count(*) from pgqueuer_log where status = 'successful'")
            print(done, flush=True)
        await queuer.qm.queries.uninstall()


asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
