"""A name for this process that is the same after a restart and that no other process has at the same time.

Under it work is leased: what an earlier life had leased and not begun is released at once when the name
comes back.
"""

from __future__ import annotations

import fcntl
import hashlib
import itertools
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def worker_name(data_dir: Path) -> Iterator[str]:
    """Takes the first free number of this host and DATA_DIR; the lock ends with the process."""
    data_dir.mkdir(parents=True, exist_ok=True)
    place = hashlib.sha256(str(data_dir.resolve()).encode()).hexdigest()[:6]
    descriptor, number = _first_free(data_dir)
    try:
        yield f"{socket.gethostname()}-{place}-{number}"
    finally:
        os.close(descriptor)


def _first_free(data_dir: Path) -> tuple[int, int]:
    for number in itertools.count(1):
        descriptor = os.open(data_dir / f".worker-{number}.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
        else:
            return descriptor, number
    raise AssertionError("numbers do not end")
