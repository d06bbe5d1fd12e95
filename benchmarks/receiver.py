"""A bare provider in a process of its own: it takes a POST, counts it, and answers; nothing else.

    python -m benchmarks.receiver

Prints its port. What it tells:

- `GET /count`: how many messages have arrived (a batch counts as many as it carries);
- `GET /last`: when the last request came (unix seconds);
- `GET /busiest`: how many requests came within one second, wherever it begins, at most;
- `GET /pace`: how many came each second from the first to the last;
- `GET /reset` forgets everything.

Paths that end in `/sendMessage` are answered as Telegram does, `/emails/batch` as Resend, all others with an
empty object.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence

EMPTY = b"{}"


class Receiver:
    def __init__(self) -> None:
        self.count = 0
        self.last = 0.0
        self.arrivals: list[float] = []

    def answer(self, method: bytes, path: bytes, body: bytes) -> bytes:
        if method == b"GET":
            return self._tell(path)
        self.last = time.time()
        self.arrivals.append(time.perf_counter())
        if path.endswith(b"/emails/batch"):
            first, size = self.count, body.count(b'"to":[')
            self.count += size
            return b'{"data":[' + b",".join(b'{"id":"%d"}' % n for n in range(first, first + size)) + b"]}"
        self.count += 1
        if path.endswith(b"/sendMessage"):
            return b'{"ok":true,"result":{"message_id":%d}}' % self.count
        return b'{"id":"%d"}' % self.count if path.endswith(b"/emails") else EMPTY

    def _tell(self, path: bytes) -> bytes:
        if path == b"/reset":
            self.count, self.last, self.arrivals = 0, 0.0, []
        told: dict[bytes, Callable[[], float]] = {
            b"/last": lambda: self.last,
            b"/busiest": lambda: busiest(self.arrivals),
            b"/pace": lambda: pace(self.arrivals),
        }
        return b"%f" % told[path]() if path in told else b"%d" % self.count


def busiest(arrivals: Sequence[float]) -> int:
    """The most arrivals within one second, wherever it begins."""
    most, first = 0, 0
    for last, arrival in enumerate(arrivals):
        while arrival - arrivals[first] >= 1:
            first += 1
        most = max(most, last - first + 1)
    return most


def pace(arrivals: Sequence[float]) -> float:
    """Arrivals a second between the first and the last."""
    return (len(arrivals) - 1) / (arrivals[-1] - arrivals[0]) if len(arrivals) > 1 else 0.0


class Connection(asyncio.Protocol):
    """Just enough of HTTP/1.1: requests with Content-Length, one after the other."""

    def __init__(self, receiver: Receiver) -> None:
        self._receiver = receiver
        self._unread = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._unread += data
        while (end := self._unread.find(b"\r\n\r\n")) >= 0:
            head = bytes(self._unread[:end])
            size = _content_length(head)
            if len(self._unread) < end + 4 + size:
                return
            body = bytes(self._unread[end + 4 : end + 4 + size])
            del self._unread[: end + 4 + size]
            method, path, _ = head.split(b" ", 2)
            answer = self._receiver.answer(method, path, body)
            self._transport.write(
                b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b"
                % (len(answer), answer)
            )


def _content_length(head: bytes) -> int:
    lowered = head.lower()
    start = lowered.find(b"content-length:")
    return int(lowered[start + 15 :].split(b"\r\n", 1)[0]) if start >= 0 else 0


async def serve() -> None:
    receiver = Receiver()
    server = await asyncio.get_running_loop().create_server(lambda: Connection(receiver), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve())
