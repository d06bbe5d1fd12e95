"""Sends prepared requests as fast as they are answered, and says how long it took: a load generator.

    python -m benchmarks.load PORT CONNECTIONS FILE

FILE holds one request per line, base64. Prints `ready`, begins at a line on its input, then prints JSON:
requests per second, the median and the 99th percentile of the latencies in ms, the statuses counted, and
which share of its time this process was busy: near 1, it would have measured itself. The latency of the first
answer on each connection is left out: a server that has just begun opens its own connections then.
"""

from __future__ import annotations

import asyncio
import base64
import json
import sys
import time
from collections import Counter
from pathlib import Path


class Client(asyncio.Protocol):
    """One connection. Streams cost more per request than the server that is to be measured."""

    def __init__(self, requests: list[bytes], latencies: list[float], statuses: Counter[bytes]) -> None:
        self.done = asyncio.get_running_loop().create_future()
        self._requests = requests
        self._latencies = latencies
        self._statuses = statuses
        self._received = b""
        self._began = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def ask(self) -> None:
        if not self._requests:
            self.done.set_result(None)
            self._transport.close()
            return
        self._began = time.perf_counter()
        self._transport.write(self._requests.pop())

    def data_received(self, data: bytes) -> None:
        self._received += data
        if not _is_whole(self._received):
            return
        self._latencies.append(time.perf_counter() - self._began)
        self._statuses[self._received[9:12]] += 1
        self._received = b""
        self.ask()

    def connection_lost(self, error: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(error or ConnectionError("the server hung up"))


def _is_whole(answer: bytes) -> bool:
    end = answer.find(b"\r\n\r\n")
    if end < 0:
        return False
    size = answer[:end].lower().rpartition(b"content-length:")[2].partition(b"\r\n")[0]
    return len(answer) >= end + 4 + int(size)


async def main(port: int, connections: int, file: Path) -> None:
    requests = [base64.b64decode(line) for line in file.read_bytes().splitlines()]
    requests.reverse()
    total, latencies, statuses = len(requests), list[float](), Counter[bytes]()
    loop = asyncio.get_running_loop()
    clients = [
        (await loop.create_connection(lambda: Client(requests, latencies, statuses), "127.0.0.1", port))[1]
        for _ in range(connections)
    ]
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    began, busy = time.perf_counter(), time.process_time()
    for client in clients:
        client.ask()
    await asyncio.gather(*(client.done for client in clients))
    took, busy = time.perf_counter() - began, time.process_time() - busy
    judged = sorted(latencies[connections:])
    answer = {
        "per_second": total / took,
        "p50": judged[len(judged) // 2] * 1000,
        "p99": judged[len(judged) * 99 // 100] * 1000,
        "statuses": {status.decode(): count for status, count in statuses.items()},
        "busy": busy / took,
    }
    print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])))
