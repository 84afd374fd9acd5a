"""gunicorn's worker with threads, of which no slow client holds one.

As it comes, that worker gives a connection to a thread before anything of a request is there, and
the thread waits without end for a head that comes byte by byte. Here the loop that accepts
connections gathers each request's head, and its body if that is small; only then a thread sees it.
What is larger a thread reads, with a limit on all its waiting: see `webapp.server.client_socket`.

The loop also takes what is still being sent after the answer, for some seconds: were the connection
closed at once, the client would never see the answer; were it read here until its end, nobody else
would be served meanwhile.
"""

import os
import selectors
import socket
import time
from collections import deque
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from typing import Any

from gunicorn.http.parser import RequestParser
from gunicorn.workers.gthread import TConn, ThreadWorker

from webapp.config import load as load_settings
from webapp.server.client_socket import ClientSocket

_LINGERING_SECONDS = 5.0
_STOPPING_SECONDS = 2.0  # as gunicorn has for connections that are kept


class GatheringWorker(ThreadWorker):
    """Serves with threads; connections wait in its loop."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._lingering: deque[TConn] = deque()
        self._patience = load_settings(os.environ).patience

    def enqueue_req(self, conn: TConn) -> None:
        """Wait in the loop for a request to be there; then give it to a thread."""
        if not isinstance(conn.sock, ClientSocket):
            conn.sock = ClientSocket(conn.sock, self._patience)
        if conn.sock.has_request():
            self._hand_over(conn)
            return
        conn.sock.setblocking(False)
        conn.timeout = time.monotonic() + self._patience
        self.pending_conns.append(conn)
        heard = partial(self.on_pending_socket_readable, conn)
        self.poller.register(conn.sock, selectors.EVENT_READ, heard)

    def on_pending_socket_readable(self, conn: TConn, client: socket.socket) -> None:
        """Take what has come of a request."""
        if _socket(conn).gather():
            self.poller.unregister(client)
            self.pending_conns.remove(conn)
            self._hand_over(conn)

    def on_client_socket_readable(self, conn: TConn, client: socket.socket) -> None:
        """Take what has come of another request on a connection that was kept."""
        self.poller.unregister(client)
        self.keepalived_conns.remove(conn)
        if _socket(conn).gather():
            self._hand_over(conn)
        else:
            self.enqueue_req(conn)

    def _hand_over(self, conn: TConn) -> None:
        conn.data_ready = True
        _socket(conn).begin_request()
        super().enqueue_req(conn)

    def finish_request(self, conn: TConn, fs: "Future[Any]") -> None:
        """Keep a connection, or take leave of it."""
        if fs.cancelled() or fs.exception() or not fs.result():
            self._linger(conn)
            return
        client = _socket(conn)
        client.put_back(_parser(conn).unreader.take_buffered())
        if client.has_any():
            self.enqueue_req(conn)
        else:
            super().finish_request(conn, fs)

    def _keepalive_after(self, conn: TConn, keepalive: bool) -> bool:
        """Say whether a connection can be used again: not where a body has still to be read."""
        if not _socket(conn).is_gathered and _has_unread_body(_parser(conn)):
            return False
        return bool(super()._keepalive_after(conn, keepalive))  # type: ignore[misc] # not in its types

    def _linger(self, conn: TConn) -> None:
        """Say that nothing follows, and hear the client out for some seconds."""
        try:
            conn.sock.shutdown(socket.SHUT_WR)
            conn.sock.setblocking(False)
            heard = partial(self._on_lingering_readable, conn)
            self.poller.register(conn.sock, selectors.EVENT_READ, heard)
        except (OSError, ValueError):  # it has gone already
            self._close(conn)
        else:
            conn.timeout = time.monotonic() + _LINGERING_SECONDS
            self._lingering.append(conn)

    def _on_lingering_readable(self, conn: TConn, _: socket.socket) -> None:
        if not _socket(conn).discard():
            self._lingering.remove(conn)
            self._leave(conn)

    def murder_pending(self) -> None:
        """Close connections of which no request came in time, and those whose leave is over."""
        now = time.monotonic()
        if not self.alive:  # the server stops, and waits for requests only that are there
            for conn in self.pending_conns:
                conn.timeout = min(conn.timeout or now, now + _STOPPING_SECONDS)
        super().murder_pending()
        while self._lingering and (self._lingering[0].timeout or 0) <= now:
            self._leave(self._lingering.popleft())

    def _leave(self, conn: TConn) -> None:
        with suppress(OSError, KeyError, ValueError):  # as gunicorn does: it may be gone
            self.poller.unregister(conn.sock)
        self._close(conn)

    def _close(self, conn: TConn) -> None:
        self.nr_conns -= 1
        conn.close()


def _socket(conn: TConn) -> ClientSocket:
    assert isinstance(conn.sock, ClientSocket), "each is made one when it comes"
    return conn.sock


def _parser(conn: TConn) -> RequestParser:
    assert isinstance(conn.parser, RequestParser), "no other protocol is on"
    return conn.parser


def _has_unread_body(parser: RequestParser) -> bool:
    """Say whether a request's body has a part that nobody read."""
    reader = parser.mesg and parser.mesg.body and parser.mesg.body.reader
    return bool(getattr(reader, "length", 0) or getattr(reader, "parser", None))
