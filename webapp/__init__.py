"""Hashbag: which bags look alike, and why, by perceptual hashes."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask


def create_app(overrides: Mapping[str, object] | None = None) -> "Flask":
    """Build one isolated application; tests pass overrides of settings."""
    # All of it takes a second to import, and some of it looks at the environment then: whoever
    # only wants a part, or has to set the environment first, is not made to wait.
    from webapp import application  # noqa: PLC0415

    return application.build(overrides)
