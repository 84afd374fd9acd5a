"""How gunicorn runs Hashbag: its configuration, in the environment that `hashbag serve` sets."""

import gc
import json
import os
import re
import sys
from collections.abc import MutableMapping
from typing import Any

from gunicorn.glogging import Logger

bind = os.environ["HASHBAG_BIND"]
workers = int(os.environ["HASHBAG_WORKERS"])
worker_class = "gthread"
threads = 4
# The master maps the indexes once; workers share its pages.
preload_app = True
timeout = 60  # a worker that is silent for longer is replaced
graceful_timeout = 30  # requests in flight may end at a reload or stop
keepalive = 5
max_requests = 20_000  # bounds whatever a decoder may leak
max_requests_jitter = 2_000
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: PTH112, S108
control_socket_disable = True
accesslog = "-"
wsgi_app = "webapp.serving:application()"


class JsonLog(Logger):
    """Writes one JSON object for each request."""

    def access(
        self, resp: Any, req: Any, environ: MutableMapping[str, Any], request_time: Any
    ) -> None:
        """Log one answered request."""
        atoms = self.atoms(resp, req, environ, request_time)
        line = {
            "time": atoms["t"].strip("[]"),
            "client": atoms["h"],
            "method": atoms["m"],
            "path": atoms["U"],
            # A fingerprint is of somebody's photo: it is not for the log.
            "query": re.sub(r"(^|&)q=[^&]*", r"\1q=", atoms["q"] or ""),
            "status": int(str(resp.status).split(None, 1)[0]),
            "bytes": getattr(resp, "sent", None),
            "milliseconds": round(request_time.total_seconds() * 1000, 1),
            "worker": os.getpid(),
        }
        self.access_log.info(json.dumps(line, ensure_ascii=False))


logger_class = JsonLog
access_log_format = ""


def when_ready(_server: Any) -> None:
    """Say where to look, now that it answers."""
    print(f"Hashbag is on http://{bind}", file=sys.stderr)  # noqa: T201


def child_exit(_server: Any, worker: Any) -> None:
    """Keep an ended worker's counts, and drop what is only true of living ones."""
    from prometheus_client.multiprocess import mark_process_dead  # noqa: PLC0415

    mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]


def application() -> Any:
    """Build the application, its index opened before the workers are forked."""
    from webapp import create_app  # noqa: PLC0415 - after gunicorn has set up its logging
    from webapp.exceptions import CatalogError, IndexNotReady  # noqa: PLC0415

    app = create_app()
    core = app.extensions["hashbag"]
    try:
        core.generations.current()
        # Connections must not cross a fork: each worker opens its own.
        core.catalog.engine.dispose()
    except (IndexNotReady, CatalogError) as problem:
        print(f"Serving all the same: {problem}", file=sys.stderr)  # noqa: T201
    # What is there now stays: collectors would touch, and so copy, its pages in every worker.
    gc.collect()
    gc.freeze()
    return app
