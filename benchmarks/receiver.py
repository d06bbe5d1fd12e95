"""A bare provider in a process of its own: it takes a POST, counts it, and answers; nothing else.

    python -m benchmarks.receiver

Prints its port. `GET /count` tells how many messages have arrived (a batch counts as many as it carries),
`GET /last` when the last one did (unix seconds), `GET /reset` starts anew. Paths that end in `/sendMessage`
are answered as Telegram does, `/emails/batch` as Resend, all others with an empty object.
"""

from __future__ import annotations

import asyncio
import time

EMPTY = b"{}"


class Receiver:
    def __init__(self) -> None:
        self.count = 0
        self.last = 0.0

    def answer(self, method: bytes, path: bytes, body: bytes) -> bytes:
        if method == b"GET":
            return self._tell(path)
        self.last = time.time()
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
            self.count, self.last = 0, 0.0
        return b"%f" % self.last if path == b"/last" else b"%d" % self.count


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
