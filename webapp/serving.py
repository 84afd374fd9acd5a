"""gunicorn's configuration: it reads this module, `hashbag serve` sets the variables."""

import gc
import logging
import os
from pathlib import Path
from typing import Any

from webapp import metrics
from webapp.cage.keeper import SOCKET, CageKeeper
from webapp.config import load as load_settings
from webapp.processes import available_cores
from webapp.server.log import ServerLog

bind = os.environ["HASHBAG_BIND"]
workers = int(os.environ["HASHBAG_WORKERS"])
worker_class = "webapp.server.worker.GatheringWorker"
# Pages find one free while `webapp.web.guards.upload_slots` wait for pictures to be read.
threads = 10
# The master opens the index files before it forks, so workers share their memory.
preload_app = True
timeout = 60  # seconds; a worker that is silent for longer is replaced
graceful_timeout = 30  # seconds in which requests may end when the server stops or reloads
keepalive = 5
max_requests = 20_000  # then a worker is replaced: image decoders may leak memory
max_requests_jitter = 2_000
# gunicorn makes a file of its own there, readable to nobody else.
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: PTH112, S108  # nosec B108
control_socket_disable = True
accesslog = "-"
# What proxies say of a client is believed by HASHBAG_TRUSTED_PROXIES alone.
forwarded_allow_ips = ""
wsgi_app = "webapp.serving:application()"

log = logging.getLogger(__name__)


logger_class = ServerLog
access_log_format = ""

# Its own for each master: one that replaces another for a moment runs beside it.
os.environ[SOCKET] = str(Path(os.environ["PROMETHEUS_MULTIPROC_DIR"], f"cage-{os.getpid()}"))

_keepers: list[CageKeeper] = []


def on_starting(_server: Any) -> None:
    """Start the processes that read pictures."""
    metrics.begin()  # what this process counts later has its place on disk from now on
    instance = load_settings(os.environ).instance
    _keepers.append(CageKeeper(Path(os.environ[SOCKET]), available_cores(), instance))
    _keepers[0].start()


def on_exit(_server: Any) -> None:
    """End them."""
    for keeper in _keepers:
        keeper.stop()


def when_ready(server: Any) -> None:
    """Tell the address when the server answers."""
    root = server.app.wsgi().config["APPLICATION_ROOT"].rstrip("/")
    server.log.info("Hashbag is on http://%s%s", bind, root)


def post_fork(server: Any, _worker: Any) -> None:
    """Have a worker that begins be seen in the metrics, and follow other hosts."""
    from webapp.web.guards.upload_slots import MOST  # noqa: PLC0415 - the application is there by now

    metrics.begin()
    metrics.WORKERS.set(1)
    metrics.PLACES.set(MOST)
    core = server.app.wsgi().extensions.get("hashbag")
    if core is not None:  # the bench measures other applications with these settings
        core.follow_hosts()


def child_exit(server: Any, worker: Any) -> None:
    """Keep the counts of a worker that ended, drop its gauges, and count why it ended."""
    metrics.forget(worker.pid)
    metrics.WORKER_ENDS.labels(server.log.reason(worker)).inc()


def application() -> Any:
    """Build the application; what can be opened is, once for all workers, before they are forked.

    What cannot be opened yet, workers open as soon as they can.
    """
    from webapp import create_app  # noqa: PLC0415 - after gunicorn has set up its logging
    from webapp.exceptions import CatalogError, IndexNotReady  # noqa: PLC0415

    app = create_app()
    core = app.extensions["hashbag"]
    core.is_serving = True
    for opening in (_open_generation, _open_catalog):
        try:
            opening(core)
        except (IndexNotReady, CatalogError) as problem:
            log.warning("Serving all the same: %s", problem.for_owner)
    # The objects that exist now stay: collecting garbage among them would write to their pages of
    # memory, and so copy these in every worker.
    gc.collect()
    gc.freeze()
    return app


def _open_generation(core: Any) -> None:
    core.generations.current().facets.prepare()


def _open_catalog(core: Any) -> None:
    """Have tables of an older layout brought up to date now, and not at a visitor's request."""
    try:
        _ = core.catalog.revision
    finally:
        core.catalog.engine.dispose()  # connections must not cross a fork: each worker has its own
