"""What a request's body must be before it is read: of a known length, and of a type we read."""

from flask import request
from werkzeug.exceptions import LengthRequired

from webapp.exceptions import WrongMediaType

FORM = "multipart/form-data"


def check_body(*types: str) -> None:
    """Refuse a body that cannot be read here; a request with none at all passes.

    Raises:
        LengthRequired: it says neither how long its body is nor that it comes in chunks.
        WrongMediaType: its body is of another type than these.
    """
    length = request.content_length
    if length is None and not is_chunked():
        raise LengthRequired("say how long the body is: send `Content-Length`")
    if request.mimetype not in types and (request.mimetype or length):
        raise WrongMediaType(f"send {' or '.join(types)}, not '{request.mimetype[:60]}'")


def is_chunked() -> bool:
    """Say whether the request's body comes in chunks: how long it is, its end tells."""
    return request.headers.get("Transfer-Encoding", "").lower() == "chunked"
