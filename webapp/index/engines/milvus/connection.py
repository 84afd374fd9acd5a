"""One Milvus server, asked within a time limit; its errors are ours."""

import logging
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from webapp.exceptions import EngineUnavailable, IndexDamaged

if TYPE_CHECKING:
    from pymilvus import MilvusClient

# After a failure nobody asks for so long: else each of many visitors would wait for the time limit.
_REST_SECONDS = 1.0
_NO_SUCH_COLLECTION = 100

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ServerAddress:
    """Where a server is, and how one is let in.

    `certificate`: file of the certificate that signed the server's, where the system does not know
    it. `seconds`: how long to wait for an answer.
    """

    url: str
    token: str
    database: str
    certificate: str
    seconds: float


class Connection:
    """Asks a server; safe to use from several threads, and in processes forked before it is used.

    It connects when it is first asked, and again whenever the server comes back.
    """

    def __init__(self, address: ServerAddress) -> None:
        self._address = address
        self._lock = threading.Lock()
        self._client: MilvusClient | None = None
        self._process = 0
        self._turn = threading.Lock()
        self._failed = False
        self._failures = 0
        self._resting_until = 0.0

    def ask(self, question: Callable[["MilvusClient", float], T], seconds: float = 0) -> T:
        """Put a question, a function of a client and a time limit in seconds.

        Raises:
            EngineUnavailable: the server is not there, does not let us in, or does not answer in
                time.
            IndexDamaged: it has no such collection.
        """
        from grpc import FutureTimeoutError, RpcError  # noqa: PLC0415 - only who uses Milvus has it
        from pymilvus.exceptions import MilvusException  # noqa: PLC0415

        self._take_turn()
        try:
            answer = question(self._connected(), seconds or self._address.seconds)
        except MilvusException as error:
            if error.code == _NO_SUCH_COLLECTION:
                self._failed = False
                raise IndexDamaged(
                    "the search engine has lost what was indexed: run `hashbag index`",
                    private=error,
                ) from error
            if not _is_of_the_server(error):
                raise
            raise self._unavailable(error) from error
        except (RpcError, FutureTimeoutError) as error:
            raise self._unavailable(error) from error
        self._failed = False
        return answer

    def _connected(self) -> "MilvusClient":
        if self._client is None or self._process != os.getpid():
            failures = self._failures
            if not self._lock.acquire(timeout=self._address.seconds):
                raise self._unavailable("another thread connects")
            try:
                if self._failures != failures:
                    raise _unavailable("another thread could not connect")
                if self._client is None or self._process != os.getpid():
                    self._client, self._process = self._connect(), os.getpid()
            finally:
                self._lock.release()
        return self._client

    def _connect(self) -> "MilvusClient":
        from pymilvus import MilvusClient  # noqa: PLC0415

        # What goes wrong is raised, and told by us once: it would write a page for each try.
        logging.getLogger("pymilvus").setLevel(logging.CRITICAL + 1)
        address = self._address
        trusted = {"server_pem_path": address.certificate} if address.certificate else {}
        return MilvusClient(
            uri=address.url,
            token=address.token,
            db_name=address.database,
            timeout=address.seconds,
            dedicated=True,
            **trusted,
        )

    def _take_turn(self) -> None:
        """After a failure let one ask, once all have rested; the others are refused until it knows.

        A server that hangs would else hold every thread of ours, also those that pages need.
        """
        if not self._failed:
            return
        with self._turn:
            now = time.monotonic()
            if now < self._resting_until:
                raise _unavailable("it did not answer a moment ago")
            self._resting_until = now + self._address.seconds

    def _unavailable(self, why: object) -> EngineUnavailable:
        self._failed, self._resting_until = True, time.monotonic() + _REST_SECONDS
        self._failures += 1
        return _unavailable(why)


def _is_of_the_server(error: Exception) -> bool:
    """Say whether an error of the client comes from the server, and not from a fault of ours.

    It wraps whatever goes wrong.
    """
    from grpc import FutureTimeoutError, RpcError  # noqa: PLC0415
    from pymilvus.exceptions import MilvusException  # noqa: PLC0415

    cause = error.__cause__
    if cause is None or isinstance(cause, MilvusException | RpcError | FutureTimeoutError):
        return True
    return "closed channel" in str(cause)  # another thread connects anew


def _unavailable(why: object) -> EngineUnavailable:
    return EngineUnavailable("the search engine is out of reach for a moment", private=why)
