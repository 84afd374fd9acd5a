"""Counts for Prometheus, for who is on this machine or has a token that may read."""

import os
from collections.abc import Iterator
from ipaddress import IPv6Address, ip_address
from pathlib import Path

from flask import Blueprint, Response, request
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from webapp import count_files, metrics
from webapp.catalog.tokens import Scope
from webapp.context import hashbag
from webapp.exceptions import NotSignedIn
from webapp.web.guards import access
from webapp.web.monitoring.server_state import Samples, state

bp = Blueprint("exposition", __name__)

_CLIENT = "X-Forwarded-For"
_TOLD_BY_PROXIES = (_CLIENT, "Forwarded", "Via", "X-Real-IP")


@bp.get("/metrics")
def show() -> Response:
    """Expose what was counted, and the state of the server."""
    if not _is_from_here():
        if not access.bearer():
            raise NotSignedIn(
                "counts are told to this machine itself, or with a token that may read, from "
                "`hashbag token create NAME --scope read`"
            )
        access.check(Scope.READ)  # who guesses is locked out, as everywhere
    now = CollectorRegistry()
    now.register(_Now(state()))
    text = _counted() + generate_latest(now)
    answer = Response(text, mimetype="text/plain; version=0.0.4")
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _counted() -> bytes:
    """Write what all processes of the server counted."""
    if metrics.FOLDER not in os.environ:
        return generate_latest(metrics.REGISTRY)
    every = CollectorRegistry()
    MultiProcessCollector(every)  # type: ignore[no-untyped-call]
    with count_files.being_read(Path(os.environ[metrics.FOLDER])):
        return generate_latest(every)


class _Now(Collector):
    """States, which are the same from every worker, so that nothing is summed."""

    def __init__(self, samples: Samples) -> None:
        self._samples = samples

    def collect(self) -> Iterator[Metric]:
        for one in metrics.DESCRIBED:
            if one.name in self._samples:
                family = GaugeMetricFamily(one.name, one.told, labels=one.labels)
                for values, value in self._samples[one.name].items():
                    family.add_metric(values, value)
                yield family


def _is_from_here() -> bool:
    """Say whether the client is on this machine; a proxy on it that is not trusted is nobody's."""
    told = [name for name in _TOLD_BY_PROXIES if name in request.headers]
    if told and not (hashbag().settings.trusted_proxies and _CLIENT in told):
        return False
    try:
        address = ip_address(request.remote_addr or "")
    except ValueError:  # by a socket of the system, or through a proxy that does not know
        return False
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return address.is_loopback
