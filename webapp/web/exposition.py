"""Counts for Prometheus, for who is on this machine or has a token that may read."""

from ipaddress import IPv6Address, ip_address

from flask import Blueprint, Response, request

from webapp import metrics
from webapp.context import hashbag
from webapp.exceptions import NotSignedIn
from webapp.web import access
from webapp.web.server_state import state

bp = Blueprint("exposition", __name__)

_CLIENT = "X-Forwarded-For"
_TOLD_BY_PROXIES = (_CLIENT, "Forwarded", "Via", "X-Real-IP")


@bp.get("/metrics")
def show() -> Response:
    """Expose what was counted, and the state of the server."""
    if not _is_from_here() and access.scope_of(access.token()) is None:
        raise NotSignedIn(
            "counts are told to this machine itself, or with a token that may read, from "
            "`hashbag token create NAME --scope read`"
        )
    answer = Response(metrics.exposition(state()), mimetype="text/plain; version=0.0.4")
    answer.headers["Cache-Control"] = "no-store"
    return answer


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
