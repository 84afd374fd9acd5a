"""Who sends a request, for whatever counts or shares out by client."""

import hashlib
import hmac
import ipaddress

from flask import request

from webapp.context import hashbag
from webapp.web.guards.secret_key import secret_key

_IPV6_NETWORK_BITS = 64  # what one household has


def network() -> str:
    """Name the client by its address; one of IPv6 by its network, all of which is one client's.

    Behind proxies it is the address that the trusted ones tell; see `webapp.web.mounting`. A
    socket of this machine has no address: all who come by it count as one.
    """
    return network_of(request.remote_addr or "")


def network_of(address: str) -> str:
    """Name the client that has an address."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv4Address):
        return address
    if found.ipv4_mapped:
        return str(found.ipv4_mapped)
    return str(ipaddress.ip_network((found.packed, _IPV6_NETWORK_BITS), strict=False))


def client_digest() -> str:
    """Name the client by a hash that tells no address: for what is written down.

    Raises:
        CatalogError: there is no key to hash with, and none can be kept.
    """
    key = secret_key(hashbag().settings)
    return hmac.new(key.encode(), network().encode(), hashlib.sha256).hexdigest()
