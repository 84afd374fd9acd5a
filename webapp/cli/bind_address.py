"""Where a server is to listen: whether it can is found out before anything is started."""

import errno
import socket
import time
from typing import Any

from webapp.exceptions import BadParameter, HashbagError

_NAME = "--bind"
_PATIENCE_SECONDS = 5.0  # a server that was just told to end may still answer its last requests
_STEP_SECONDS = 0.2
_REASONS = {
    errno.EADDRINUSE: "something listens there already: end it, or name another port",
    errno.EACCES: "this user may not listen there: name a port from 1024 on",
    errno.EADDRNOTAVAIL: "this machine does not have that address",
}


def check_bind(bind: str) -> None:
    """See that one can listen at HOST:PORT; a socket's path is left to gunicorn.

    Raises:
        BadParameter: it is no address.
        HashbagError: nobody can listen there now.
    """
    if bind.startswith(("unix:", "fd://")):
        return
    host, _, port = bind.rpartition(":")
    if not (port.isascii() and port.isdigit() and int(port) < 2**16):
        raise BadParameter(_NAME, f"'{bind}' is no HOST:PORT, such as 127.0.0.1:8000")
    try:
        found = socket.getaddrinfo(host.strip("[]") or None, int(port), type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise BadParameter(_NAME, f"there is no host '{host}'") from error
    family, *_, address = found[0]
    _listen(bind, family, address)


def _listen(bind: str, family: int, address: tuple[Any, ...]) -> None:
    give_up = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            with socket.socket(family, socket.SOCK_STREAM) as tried:
                tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                tried.bind(address)
                tried.listen(1)  # only now another that listens is noticed
        except OSError as error:
            if error.errno != errno.EADDRINUSE or time.monotonic() > give_up:
                reason = _REASONS.get(error.errno or 0, error.strerror)
                raise HashbagError(f"cannot serve at {bind}: {reason}") from error
            time.sleep(_STEP_SECONDS)
        else:
            return
