"""A small load generator: so many connections that each ask, wait for the answer, and ask again.

One thread with one `epoll`, and no more looked at than a response's length: what the client costs
is taken from the server on the same machine, from every server alike.
"""

import re
import selectors
import socket
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_PATIENCE = 30.0
_APART = 0.01


@dataclass(frozen=True, slots=True)
class Load:
    """What came back: milliseconds of each answer, over so many seconds; `failed` were no 200."""

    milliseconds: Sequence[float]
    seconds: float
    failed: int

    @property
    def per_second(self) -> float:
        """Answers a second."""
        return round(len(self.milliseconds) / self.seconds, 1)

    def at_us(self, percent: float) -> float:
        """Return a percentile of the times, in microseconds."""
        return round(1000 * float(np.percentile(self.milliseconds, percent)))


@dataclass
class _Connection:
    socket: socket.socket
    began: float = 0.0
    awaited: int = 0  # bytes of the answer; 0 until its head is there
    got: bytearray = field(default_factory=bytearray)


def drive(port: int, requests: Iterator[bytes], connections: int, seconds: float) -> Load:
    """Send requests to a server on this machine for some seconds.

    Raises:
        OSError: nobody answers.
    """
    taken: list[float] = []
    failed = 0
    with selectors.DefaultSelector() as selector:
        for _ in range(connections):
            connection = _Connection(socket.create_connection(("127.0.0.1", port), _PATIENCE))
            connection.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            selector.register(connection.socket, selectors.EVENT_READ, connection)
            # One after the other, or the worker that is first awake takes them all.
            time.sleep(_APART)
        began = time.perf_counter()
        end = began + seconds
        for key in list(selector.get_map().values()):
            _ask(key.data, next(requests))
        waiting = connections
        while waiting:
            ready = selector.select(_PATIENCE)
            if not ready:
                raise TimeoutError(f"no answer within {_PATIENCE:g} seconds")
            for key, _ in ready:
                connection = key.data
                if not _answered(connection):
                    continue
                now = time.perf_counter()
                taken.append(1000 * (now - connection.began))
                failed += not connection.got.startswith(b"HTTP/1.1 200")
                if now < end:
                    _ask(connection, next(requests))
                    continue
                selector.unregister(connection.socket)
                connection.socket.close()
                waiting -= 1
        return Load(taken, time.perf_counter() - began, failed)


def _ask(connection: _Connection, request: bytes) -> None:
    connection.got.clear()
    connection.awaited = 0
    connection.began = time.perf_counter()
    connection.socket.sendall(request)


def _answered(connection: _Connection) -> bool:
    """Read what is there, and say whether the answer is whole."""
    got = connection.got
    some = connection.socket.recv(1 << 18)
    if not some:
        raise ConnectionError("the server closed a connection that was to be kept")
    got += some
    if not connection.awaited:
        head = got.find(b"\r\n\r\n")
        if head < 0:
            return False
        length = _LENGTH.search(got, 0, head)
        if length is None:
            raise ConnectionError("an answer does not tell its length")
        connection.awaited = head + 4 + int(length[1])
    return len(got) >= connection.awaited


def get(path: str) -> bytes:
    """Write a request for a page."""
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()


def post_picture(path: str, data: bytes) -> bytes:
    """Write a request with a picture in a form, as a browser sends it."""
    edge = b"edge-of-the-parts-of-this-form"
    body = (
        b"--" + edge + b'\r\nContent-Disposition: form-data; name="image"; filename="bag.jpg"\r\n'
        b"Content-Type: image/jpeg\r\n\r\n" + data + b"\r\n--" + edge + b"--\r\n"
    )
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(body)}\r\n"
        f"Content-Type: multipart/form-data; boundary={edge.decode()}\r\n\r\n"
    )
    return head.encode() + body
