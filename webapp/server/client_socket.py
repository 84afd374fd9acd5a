"""A connection of one client that gathers small requests by itself, and waits only so long."""

import re
import socket
import time
from collections.abc import Callable
from errno import ECONNRESET
from typing import Any, TypeVar

T = TypeVar("T")

GATHERED_BYTES = 64 * 1024
"""A request with so small a body is given to a thread once all of it is there."""

BYTES_A_SECOND = 8 * 1024
"""So fast a body must come, or an answer be taken, after the client's first seconds."""

_MOST_HEAD_BYTES = 128 * 1024  # gunicorn refuses heads that are shorter than this
_HEAD_ENDS = b"\r\n\r\n"
_LENGTH = re.compile(rb"\r\ncontent-length:([^\r\n]*)", re.IGNORECASE)
# A client that asks whether to go on sends its body once it was told so.
_NOT_GATHERED = re.compile(rb"\r\n(transfer-encoding|expect):", re.IGNORECASE)


class ClientSocket(socket.socket):
    """Hands out what was gathered first, and reads on from there.

    All that a thread waits for it counts: `patience` seconds for a request, and one more for every
    `BYTES_A_SECOND` that came or went. After that the connection counts as gone.
    """

    def __init__(self, client: socket.socket, patience: float) -> None:
        super().__init__(fileno=client.detach())
        self._patience = patience
        self._ahead = bytearray()
        self._waited = 0.0
        self._moved_bytes = 0
        self._has_ended = False
        self.is_gathered = False

    def gather(self) -> bool:
        """Take what has come, without waiting; say whether a thread is to see the request.

        It is once it is whole, and where no more of it is gathered: its body is large or of
        unknown length, its head too long or none at all, or the client sends no more.
        """
        try:
            came = super().recv(GATHERED_BYTES, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return self.has_request()
        except OSError:
            came = b""
        self._ahead += came
        self._has_ended = not came
        return self._has_ended or self.has_request()

    def has_request(self) -> bool:
        """Say whether what was gathered is a whole request, or is not to grow."""
        self.is_gathered = False
        if not self._ahead:
            return False
        end = self._ahead.find(_HEAD_ENDS)
        if end < 0:  # no method begins with anything but a capital letter
            self._has_ended |= len(self._ahead) > _MOST_HEAD_BYTES or not self._ahead[:1].isupper()
            return self._has_ended
        head = self._ahead[: end + 2]
        body = _gathered_length(head)
        if body is None:
            return True
        self.is_gathered = len(self._ahead) >= end + len(_HEAD_ENDS) + body
        return self.is_gathered

    def has_any(self) -> bool:
        """Say whether anything was gathered."""
        return bool(self._ahead)

    def put_back(self, data: bytes) -> None:
        """Have bytes that were read too far be read again."""
        self._ahead[:0] = data

    def begin_request(self) -> None:
        """Count from here what a thread waits for."""
        self._waited = 0.0
        self._moved_bytes = 0

    def discard(self) -> bool:
        """Drop what has come, without waiting; say whether more may come."""
        self._ahead.clear()
        try:
            return bool(super().recv(GATHERED_BYTES, socket.MSG_DONTWAIT))
        except BlockingIOError:
            return True
        except OSError:
            return False

    def recv(self, bufsize: int, flags: int = 0, /) -> bytes:
        """Read what was gathered, else what comes next.

        Raises:
            ConnectionResetError: the client is too slow, or sends less than it said.
        """
        if self._ahead:
            data = bytes(self._ahead[:bufsize])
            del self._ahead[:bufsize]
            return data
        if not self._has_ended:
            data = self._timed(lambda: super(ClientSocket, self).recv(bufsize, flags))
            self._moved_bytes += len(data)
            self._has_ended = not data
        if self._has_ended:
            raise ConnectionResetError(ECONNRESET, "the client sends no more")
        return data

    def sendall(self, data: Any, flags: int = 0, /) -> None:
        """Send.

        Raises:
            ConnectionResetError: the client takes it too slowly.
        """
        self._moved_bytes += memoryview(data).nbytes
        self._timed(lambda: super(ClientSocket, self).sendall(data, flags))

    def sendfile(self, file: Any, offset: int = 0, count: int | None = None) -> int:
        """Send a file; see `sendall`."""
        self._moved_bytes += count or 0
        return self._timed(lambda: super(ClientSocket, self).sendfile(file, offset, count))

    def _timed(self, wait: Callable[[], T]) -> T:
        allowed = self._patience + self._moved_bytes / BYTES_A_SECOND
        if self._waited >= allowed:
            raise ConnectionResetError(ECONNRESET, "the client was too slow")
        self.settimeout(allowed - self._waited)
        began = time.monotonic()
        try:
            return wait()
        except TimeoutError as error:
            raise ConnectionResetError(ECONNRESET, "the client is too slow") from error
        finally:
            self._waited += time.monotonic() - began


def _gathered_length(head: bytes | bytearray) -> int | None:
    """Return how long the body after a head is; None where it is not to be gathered.

    What else is wrong with a head, gunicorn tells: it reads the same bytes.
    """
    found = _LENGTH.search(head)
    length = found[1].strip() if found else b"0"
    if not length.isdigit() or len(length) > 9 or _NOT_GATHERED.search(head):
        return None
    return int(length) if int(length) <= GATHERED_BYTES else None
