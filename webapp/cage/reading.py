"""What a process of the cage does: it reads one picture for each request."""

import traceback
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any

from webapp.cage import limits, wire
from webapp.exceptions import HashbagError, UnreadableImage
from webapp.hashing.fingerprinting import EncodedPicture
from webapp.hashing.picture_work import Here, Work

Start = Callable[[str, list[tuple[str, str]]], object]

TOO_MUCH = "this picture takes more memory to read than one may: save it smaller and try again"

_here = Here()
_WORK: dict[str, Callable[[EncodedPicture], bytes]] = {
    Work.UPLOAD: lambda encoded: wire.upload_told(_here.upload(encoded)),
    Work.ITEM: lambda encoded: wire.item_told(_here.item(encoded)),
}


def application(environ: dict[str, Any], start: Start) -> Iterable[bytes]:
    """Answer one request (WSGI): the path names the work, the body is the picture's file."""
    limits.grant_seconds()
    data = environ["wsgi.input"].read()
    encoded = wire.picture_of(environ["HTTP_X_PICTURE"], data)
    work = _WORK[environ["PATH_INFO"].strip("/")]
    try:
        status, body = HTTPStatus.OK, work(encoded)
    except HashbagError as error:
        status, body = HTTPStatus.UNPROCESSABLE_ENTITY, wire.error_told(error)
    except MemoryError:
        status, body = HTTPStatus.UNPROCESSABLE_ENTITY, wire.error_told(UnreadableImage(TOO_MUCH))
    except Exception:  # noqa: BLE001 - whoever asked raises it again, and logs it
        status, body = HTTPStatus.INTERNAL_SERVER_ERROR, traceback.format_exc().encode()
    headers = [("Content-Length", str(len(body)))]
    if status == HTTPStatus.INTERNAL_SERVER_ERROR:
        headers.append((wire.FAILED, "yes"))
    start(f"{status.value} {status.phrase}", headers)
    return [body]
