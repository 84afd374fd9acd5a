"""The versions of libraries that decide the bits of codes."""

from functools import cache
from importlib.metadata import version


@cache
def installed_version(library: str) -> str:
    """Return the version of an installed library; reading it takes a millisecond, so it is kept."""
    return version(library)
