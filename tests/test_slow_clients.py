"""Clients that send or take slowly, or lie about what they send: pages go on beside them."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.pictures import bag, encoded
from tests.serving import HANGS, Server, eventually, picture_form, served

pytestmark = pytest.mark.slow

CROWD = 40
"""More than the threads of both workers, which are 20."""

PATIENCE = "1"
BODY, HEADERS = picture_form(encoded(bag(3), "PNG"), "bag.png")
TYPE = f"Content-Type: {HEADERS['Content-Type']}\r\n"


def connected(server: Server) -> socket.socket:
    at = urlsplit(server.url)
    return socket.create_connection((at.hostname, at.port), HANGS)


def head(path: str, *lines: str, method: str = "POST") -> bytes:
    return "\r\n".join((f"{method} {path} HTTP/1.1", "Host: here", *lines, "", "")).encode()


def answered(client: socket.socket) -> bytes:
    """Read until the server closes the connection."""
    parts = []
    try:
        while part := client.recv(65536):
            parts.append(part)
    except ConnectionResetError:
        """It was closed while we were sending."""
    return b"".join(parts)


@contextmanager
def dripping(server: Server, first: bytes, count: int = CROWD) -> Iterator[list[socket.socket]]:
    """Have many clients send something, and then a byte now and then for ever."""
    over = threading.Event()
    with ExitStack() as stack:
        clients = [stack.enter_context(connected(server)) for _ in range(count)]
        for client in clients:
            client.sendall(first)

        def drip() -> None:
            while not over.wait(0.1):
                for client in clients:
                    try:
                        client.send(b"a", socket.MSG_DONTWAIT)
                    except OSError:
                        continue

        thread = threading.Thread(target=drip)
        thread.start()
        try:
            yield clients
        finally:
            over.set()
            thread.join()


SLOW = {
    "nothing at all": b"",
    "a head": b"GET / HTTP/1.1\r\nHost: here\r\nX-Long: ",
    "a small body": head("/list", "Content-Length: 60000"),
    "a large body": head("/list", "Content-Length: 9000000"),
    "a picture": head("/search", TYPE.strip(), "Content-Length: 9000000"),
    "a body in chunks": head("/api/v1/search", TYPE.strip(), "Transfer-Encoding: chunked")
    + b"ffffff\r\n",
    "a body for nobody": head("/nowhere", "Content-Length: 9000000"),
    "a body that waits to be asked for": head(
        "/search", TYPE.strip(), "Expect: 100-continue", "Content-Length: 9000"
    ),
}


CUT_OFF = {b"100", b"303", b"404", b"408", b"503"}
"""What was said before; 303 and 404 need no body."""


@pytest.fixture(scope="module")
def patient(eight: Path) -> Iterator[Server]:
    """Serve with the patience that is the default."""
    with served(eight, 2) as server:
        yield server


@pytest.fixture(scope="module")
def hasty(eight: Path) -> Iterator[Server]:
    with served(eight, 2, {"HASHBAG_PATIENCE": PATIENCE}) as server:
        yield server


@pytest.mark.parametrize("what", SLOW)
def test_pages_are_answered_beside_more_slow_clients_than_threads(
    patient: Server, what: str
) -> None:
    with dripping(patient, SLOW[what]):
        for _ in range(10):
            assert patient.get("/items/3").status == 200
        assert patient.post_picture("/api/v1/search", b"x").status in {415, 503}


@pytest.mark.parametrize("what", SLOW)
def test_a_slow_client_is_cut_off(hasty: Server, what: str) -> None:
    with dripping(hasty, SLOW[what], 3) as clients:
        for client in clients:
            said = answered(client)
            assert said == b"" or said.split()[1] in CUT_OFF, said
    assert hasty.get("/items/3").status == 200
    assert "Traceback" not in hasty.errors.read_text()


def test_a_body_that_is_too_slow_is_told_so(hasty: Server) -> None:
    with dripping(hasty, SLOW["a picture"], 1) as (client,):
        said = answered(client)
    assert said.startswith(b"HTTP/1.1 408 ")
    assert b"came too slowly" in said


def test_a_client_that_takes_its_answer_slowly_is_cut_off(hasty: Server) -> None:
    """It asks again and again and takes nothing, until no more of its answers can be kept."""
    client = connected(hasty)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    with client:

        def is_over() -> bool:
            try:
                client.send(head("/items/3", method="GET"), socket.MSG_DONTWAIT)
            except BlockingIOError:
                return False
            except OSError:
                return True
            return False

        eventually(is_over, "the server closed the connection")
    assert hasty.get("/items/3").status == 200
    assert "Traceback" not in hasty.errors.read_text()


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        # More is announced than comes, and then the client stops.
        (head("/search", TYPE.strip(), f"Content-Length: {len(BODY) + 99}") + BODY, b"408"),
        (head("/search", TYPE.strip(), "Content-Length: 9000000") + BODY, b"408"),
        (head("/api/v1/search", TYPE.strip(), f"Content-Length: {len(BODY) - 99}") + BODY, b"400"),
        # Chunks that end in the middle, and a last one that never comes.
        (
            head("/api/v1/search", TYPE.strip(), "Transfer-Encoding: chunked") + b"ff\r\nabc",
            b"408",
        ),
        (
            head("/api/v1/search", TYPE.strip(), "Transfer-Encoding: chunked") + b"3\r\nabc\r\n",
            b"408",
        ),
        (head("/search", TYPE.strip()), b"411"),
    ],
)
def test_a_body_whose_length_lies_or_is_absent_is_refused(
    hasty: Server, sent: bytes, status: bytes
) -> None:
    with connected(hasty) as client:
        client.sendall(sent)
        client.shutdown(socket.SHUT_WR)
        said = answered(client)
    assert said.split()[1] == status, said
    assert hasty.get("/items/3").status == 200
    assert "Traceback" not in hasty.errors.read_text()


def test_chunks_without_end_are_refused_at_the_largest_upload(hasty: Server) -> None:
    with connected(hasty) as client:
        client.sendall(head("/api/v1/search", TYPE.strip(), "Transfer-Encoding: chunked"))
        chunk = b"10000\r\n" + b"x" * 65536 + b"\r\n"
        try:
            for _ in range(16 * 16 + 32):  # 2 MB more than an upload may have
                client.sendall(chunk)
        except OSError:
            """It was told by now."""
        said = answered(client)
    assert said.split()[1] == b"413", said


def test_requests_sent_in_one_go_are_answered_one_by_one(hasty: Server) -> None:
    form = head("/search", TYPE.strip(), f"Content-Length: {len(BODY)}") + BODY
    last = head("/healthz", "Connection: close", method="GET")
    with connected(hasty) as client:
        client.sendall(
            head("/healthz", method="GET") + form + head("/nowhere", method="GET") + last
        )
        said = answered(client)
    assert [one.split()[0] for one in said.split(b"HTTP/1.1 ")[1:]] == [
        b"200",
        b"303",
        b"404",
        b"200",
    ]


def test_a_request_that_comes_in_pieces_is_whole_in_the_end(patient: Server) -> None:
    form = head("/api/v1/search", TYPE.strip(), f"Content-Length: {len(BODY)}", "Connection: close")
    with connected(patient) as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sent = form + BODY
        for start in range(0, len(sent), 97):
            client.sendall(sent[start : start + 97])
            time.sleep(0.001)
        assert answered(client).split()[1] == b"200"


def test_a_body_that_was_asked_for_comes(patient: Server) -> None:
    announced = head(
        "/api/v1/search",
        TYPE.strip(),
        f"Content-Length: {len(BODY)}",
        "Expect: 100-continue",
        "Connection: close",
    )
    with connected(patient) as client:
        client.sendall(announced)
        assert client.recv(65536).startswith(b"HTTP/1.1 100 ")
        client.sendall(BODY)
        assert answered(client).split()[1] == b"200"


def test_a_server_stops_though_slow_clients_are_there(eight: Path) -> None:
    with served(eight, 2) as server:
        clients = [connected(server) for _ in range(5)]
        for client in clients:
            client.sendall(b"GET / HTTP/1.1\r\nX-Slow: ")
    for client in clients:
        client.close()
