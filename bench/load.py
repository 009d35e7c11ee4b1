"""A browser that asks as fast as it is answered, over a few connections kept open."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

Make = Callable[[], bytes]
"""Makes the next request, as it goes over the wire."""


@dataclass(frozen=True, slots=True)
class Done:
    """So many requests were answered in so many seconds; `bad` of them otherwise than expected."""

    requests: int
    seconds: float
    bad: int


def request_bytes(method: str, path: str, headers: dict[str, str], body: bytes = b"") -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    if method == "POST":
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + body


def ask_for(seconds: float, port: int, make: Make, expect: int, connections: int = 2) -> Done:
    """Ask for so long; the requests under way at the end are waited for."""
    counts = [[0, 0] for _ in range(connections)]
    end = time.perf_counter() + seconds

    def one(count: list[int]) -> None:
        with socket.create_connection(("127.0.0.1", port), 60) as connection:
            while time.perf_counter() < end:
                connection.sendall(make())
                count[1] += _status(connection) != expect
                count[0] += 1

    began = time.perf_counter()
    threads = [threading.Thread(target=one, args=(count,)) for count in counts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = time.perf_counter() - began
    return Done(sum(count[0] for count in counts), took, sum(count[1] for count in counts))


def _status(connection: socket.socket) -> int:
    """Read one answer to its end."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += _some(connection)
    head, _gap, body = data.partition(b"\r\n\r\n")
    lower = head.lower()
    at = lower.find(b"content-length:")
    left = int(lower[at + 15 :].split(b"\r\n", 1)[0]) - len(body) if at >= 0 else 0
    while left > 0:
        left -= len(_some(connection))
    return int(head[9:12])


def _some(connection: socket.socket) -> bytes:
    data = connection.recv(65536)
    if not data:
        raise ConnectionError("the server hung up")
    return data
