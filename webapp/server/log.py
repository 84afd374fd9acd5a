"""gunicorn's log in our lines; and how its processes ended, which it tells there alone."""

import logging
import os
import re
import sys
from collections.abc import MutableMapping
from typing import Any
from urllib.parse import quote

from gunicorn.glogging import Logger

from webapp import log_lines

STYLE = "_HASHBAG_LOG"
"""How the style of lines is told to all processes of a server."""

_HEADER = "x-request-id"
_SENT = re.compile(r"Worker \(pid:%s\) was sent %s")
_EXITED = re.compile(r"Worker \(pid:%s\) exited with code")
_REASONS = {"SIGXCPU": "processor", "SIGKILL": "killed", "SIGTERM": "renewed"}


class ServerLog(Logger):
    """Writes what gunicorn and the application say, and one line for each request."""

    def __init__(self, cfg: Any) -> None:
        self._ended: dict[int, str] = {}
        super().__init__(cfg)

    def setup(self, cfg: Any) -> None:
        """Have all lines written in one style, those of the application and its libraries too."""
        super().setup(cfg)
        style = os.environ.get(STYLE, log_lines.Style.LINES)
        logging.captureWarnings(style == log_lines.Style.JSON)
        ours = logging.StreamHandler(sys.stderr)
        ours.set_name("hashbag")
        root = logging.getLogger()
        root.handlers = [one for one in root.handlers if one.get_name() != "hashbag"] + [ours]
        for handler in (ours, *self.error_log.handlers, *self.access_log.handlers):
            handler.setFormatter(log_lines.formatter(style))

    def access(
        self, resp: Any, _req: Any, environ: MutableMapping[str, Any], request_time: Any
    ) -> None:
        """Log one answered request: not who asked, and not what for."""
        route = environ.get(log_lines.ROUTE, "none")
        path = environ.get("PATH_INFO", "").encode("latin-1", "replace")
        headers = {name.lower(): value for name, value in resp.headers}
        answered = {
            "request": headers.get(_HEADER, ""),
            "method": environ["REQUEST_METHOD"],
            "route": route,
            # What leads nowhere may be anything that somebody typed or pasted.
            "path": "" if route == "none" else quote(path),
            "status": int(str(resp.status).split(None, 1)[0]),
            "bytes": getattr(resp, "sent", None),
            "milliseconds": round(request_time.total_seconds() * 1000, 1),
        }
        self.access_log.info("", extra={log_lines.ANSWERED: answered})

    def info(self, msg: Any, *args: Any, **more: Any) -> None:
        """Log, and note how a process ended."""
        self._note(msg, args)
        super().info(msg, *args, **more)

    def warning(self, msg: Any, *args: Any, **more: Any) -> None:
        """Log, and note how a process ended."""
        self._note(msg, args)
        super().warning(msg, *args, **more)

    def error(self, msg: Any, *args: Any, **more: Any) -> None:
        """Log, and note how a process ended."""
        self._note(msg, args)
        super().error(msg, *args, **more)

    def _note(self, msg: Any, args: tuple[Any, ...]) -> None:
        if _SENT.match(str(msg)):
            self._ended[args[0]] = _REASONS.get(args[1], "crashed")
        elif _EXITED.match(str(msg)):
            self._ended[args[0]] = "crashed"

    def reason(self, worker: Any) -> str:
        """Say why a worker ended that was just reaped: one of `metrics.END_REASONS`."""
        noted = self._ended.pop(worker.pid, "renewed")
        return "too long" if worker.aborted else noted
