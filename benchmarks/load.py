"""Sends prepared requests as fast as they are answered, and says how long it took: a load generator.

    python -m benchmarks.load PORT CONNECTIONS FILE

FILE holds one request per line, base64. Prints `ready`, begins at a line on its input, then prints JSON:
requests per second, the median and the 99th percentile of the latencies in ms, and the statuses counted.
"""

from __future__ import annotations

import asyncio
import base64
import json
import sys
import time
from collections import Counter
from pathlib import Path


async def client(port: int, requests: list[bytes], latencies: list[float], statuses: Counter[str]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    while requests:
        request = requests.pop()
        began = time.perf_counter()
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        size = int(head.lower().split(b"content-length:", 1)[1].split(b"\r\n", 1)[0])
        await reader.readexactly(size)
        latencies.append(time.perf_counter() - began)
        statuses[head[9:12].decode()] += 1
    writer.close()


async def main(port: int, connections: int, file: Path) -> None:
    requests = [base64.b64decode(line) for line in file.read_bytes().splitlines()]
    requests.reverse()
    total, latencies, statuses = len(requests), list[float](), Counter[str]()
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    began = time.perf_counter()
    await asyncio.gather(*(client(port, requests, latencies, statuses) for _ in range(connections)))
    took = time.perf_counter() - began
    latencies.sort()
    answer = {
        "per_second": total / took,
        "p50": latencies[total // 2] * 1000,
        "p99": latencies[total * 99 // 100] * 1000,
        "statuses": statuses,
    }
    print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])))
