"""celery doing what a worker of ours does: one POST and one durable record for each job.

    python benchmarks/peers/celery_worker.py DSN URL JOBS

Needs redis-server on the PATH, and starts one for itself. Puts the jobs in, prints `ready`, works them off in
one process after a line on its input, prints how many are recorded.
"""

import logging
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from urllib.parse import urlsplit

from celery import Celery
from celery.contrib.testing.worker import start_worker
from psycopg_pool import ConnectionPool

IN_FLIGHT = 32


@contextmanager
def redis() -> Iterator[str]:
    """The address of a broker of our own."""
    with tempfile.TemporaryDirectory() as folder:
        socket = f"{folder}/redis.sock"
        command = ("redis-server", "--port", "0", "--unixsocket", socket, "--dir", folder, "--save", "")
        server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        try:
            yield f"redis+socket://{socket}"
        finally:
            server.terminate()
            server.wait()


def main(dsn: str, url: str, jobs: int) -> None:
    logging.disable(logging.WARNING)
    where, local = urlsplit(url), threading.local()
    with redis() as broker, ConnectionPool(dsn, min_size=8, max_size=8, kwargs={"autocommit": True}) as pool:
        with pool.connection() as connection:
            connection.execute("create table done (id serial primary key, job text)")
        app = Celery(broker=broker, set_as_current=True)
        app.conf.update(
            task_acks_late=True, worker_prefetch_multiplier=4, broker_connection_retry_on_startup=True
        )

        @app.task(name="post", ignore_result=True)
        def post(text: str) -> None:
            if not hasattr(local, "http"):
                local.http = HTTPConnection(str(where.hostname), where.port)
            local.http.request("POST", where.path, text.encode())
            local.http.getresponse().read()
            with pool.connection() as connection:
                connection.execute("insert into done (job) values (%s)", (text,))

        def recorded() -> int:
            with pool.connection() as connection:
                row = connection.execute("select count(*) from done").fetchone()
            return int(row[0]) if row else 0

        for _ in range(jobs):
            post.delay("hello")
        print("ready", flush=True)
        sys.stdin.readline()
        with start_worker(
            app, pool="threads", concurrency=IN_FLIGHT, perform_ping_check=False, shutdown_timeout=30
        ):
            while recorded() < jobs:
                time.sleep(0.02)
            print(recorded(), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
