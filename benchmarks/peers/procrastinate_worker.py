"""procrastinate doing what a worker of ours does: one POST and one durable record for each job.

    python benchmarks/peers/procrastinate_worker.py DSN URL JOBS

Puts the jobs in, prints `ready`, works them off after a line on its input, prints how many are recorded.
"""

import asyncio
import logging
import sys

import aiohttp
from procrastinate import App, PsycopgConnector

IN_FLIGHT = 100


async def main(dsn: str, url: str, jobs: int) -> None:
    logging.disable(logging.WARNING)
    app = App(connector=PsycopgConnector(conninfo=dsn, min_size=4, max_size=8))
    async with app.open_async():
        await app.schema_manager.apply_schema_async()
        connector = aiohttp.TCPConnector(limit=IN_FLIGHT)
        async with aiohttp.ClientSession(connector=connector) as session:

            @app.task(name="post")
            async def post(text: str) -> None:
                async with session.post(url, data=text.encode()) as response:
                    await response.read()

            await post.batch_defer_async(*({"text": "hello"} for _ in range(jobs)))
            print("ready", flush=True)
            await asyncio.to_thread(sys.stdin.readline)
            await app.run_worker_async(
                wait=False, concurrency=IN_FLIGHT, listen_notify=False, install_signal_handlers=False
            )
            rows = await app.connector.execute_query_all_async(
                "select count(*) as done from procrastinate_jobs where status = 'succeeded'"
            )
            print(rows[0]["done"], flush=True)


asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
