"""Asks the cage to read pictures."""

import http.client
import logging
import socket
import time
from http import HTTPStatus
from pathlib import Path

from webapp import metrics
from webapp.cage import limits, wire
from webapp.exceptions import HashbagError, PicturesBusy, UnreadableImage
from webapp.hashing.fingerprinting import EncodedPicture, HashedUpload
from webapp.hashing.picture_work import ReadPicture, Work

# The cage kills what takes longer than it may; this is for when the cage itself hangs.
_WAIT_SECONDS = 3 * limits.SECONDS
_TRIES = 2
_START_SECONDS = 5.0
_LOOK_SECONDS = 0.05
_LONG_SECONDS = limits.SECONDS / 2

log = logging.getLogger(__name__)


class Cage:
    """Has pictures read by the processes behind a socket."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def upload(self, encoded: EncodedPicture) -> HashedUpload:
        """Return what to search with."""
        return wire.upload_of(self._ask(Work.UPLOAD, encoded))

    def item(self, encoded: EncodedPicture) -> ReadPicture:
        """Return what is kept of an item's new photo."""
        return wire.item_of(self._ask(Work.ITEM, encoded))

    def is_there(self) -> bool:
        """Say whether somebody listens behind the socket; whoever is only busy does."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as looking:
            looking.setblocking(False)
            try:
                looking.connect(str(self._path))
            except BlockingIOError:  # as many wait as may
                return True
            except OSError:
                return False
        return True

    def _ask(self, work: Work, encoded: EncodedPicture) -> bytes:
        """Ask, and tell the metrics what came of it; raises as `_asked` does."""
        outcome = "failed"
        try:
            with (
                metrics.PICTURES_AWAITED.track_inprogress(),
                metrics.PICTURE_SECONDS.labels(work).time(),
            ):
                answer = self._asked(work, encoded)
            outcome = "read"
        except PicturesBusy:
            outcome = "unreachable"
            raise
        except _ProcessEnded:
            outcome = "ended"
            raise
        except HashbagError:
            outcome = "unreadable"
            raise
        finally:
            metrics.PICTURES.labels(work, outcome).inc()
        return answer

    def _asked(self, work: Work, encoded: EncodedPicture) -> bytes:
        """Ask, and once more if the process that read the picture ended.

        Raises:
            UnreadableImage: the picture cannot be read.
            _ProcessEnded: two processes in turn ended over it.
            PicturesBusy: the cage cannot be reached.
        """
        for _ in range(_TRIES):
            began = time.monotonic()
            try:
                return self._answer(work, encoded)
            except (ConnectionRefusedError, FileNotFoundError, BlockingIOError) as error:
                raise PicturesBusy(
                    "pictures cannot be read at the moment: try again in some seconds"
                ) from error
            except (ConnectionError, http.client.HTTPException, TimeoutError) as error:
                log.warning("a process that read a picture ended: %s", type(error).__name__)
            if time.monotonic() - began > _LONG_SECONDS:
                break  # it was killed for that, and another would be as well
        raise _ProcessEnded(
            "this picture takes too long or too much memory to read: save it smaller and try again"
        )

    def _answer(self, work: Work, encoded: EncodedPicture) -> bytes:
        connection = _UnixConnection(self._path)
        try:
            headers = {wire.HEADER: wire.head_of(encoded)}
            connection.request("POST", f"/{work}", encoded.data, headers)
            answer = connection.getresponse()
            body = answer.read()
        finally:
            connection.close()
        if answer.status == HTTPStatus.OK:
            return body
        if answer.status == HTTPStatus.UNPROCESSABLE_ENTITY:
            raise wire.error_of(body)
        if wire.FAILED not in answer.headers:  # gunicorn's last word for a process that it ends
            raise ConnectionResetError(answer.reason)
        raise RuntimeError(f"reading a picture failed: {body.decode(errors='replace')}")


class _ProcessEnded(UnreadableImage):
    """What read the picture ended over it."""


class _UnixConnection(http.client.HTTPConnection):
    """A connection to a server at a path of this machine."""

    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=_WAIT_SECONDS)
        self._path = path

    def connect(self) -> None:
        """Connect; a server that is just starting is waited for a moment."""
        deadline = time.monotonic() + _START_SECONDS
        while True:
            self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            self.sock.settimeout(self.timeout)
            try:
                self.sock.connect(str(self._path))
            except (FileNotFoundError, ConnectionRefusedError):
                self.sock.close()
                if time.monotonic() > deadline:
                    raise
                time.sleep(_LOOK_SECONDS)
            else:
                return
