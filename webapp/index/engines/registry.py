"""The engines by the name that the setting HASHBAG_ENGINE gives them."""

from collections.abc import Callable

from webapp.config import Settings
from webapp.exceptions import ConfigError
from webapp.index.engines import Engine
from webapp.index.engines.annoy import AnnoyEngine
from webapp.index.engines.exact import ExactEngine

ENGINES: dict[str, Callable[[Settings], Engine]] = {
    "annoy": lambda settings: AnnoyEngine(settings.trees, settings.search_k),
    "exact": lambda _: ExactEngine(),
}


def engine_of(settings: Settings) -> Engine:
    """Build the engine that the settings name.

    Raises:
        ConfigError: there is no such engine.
    """
    if settings.engine not in ENGINES:
        raise ConfigError(f"engine: there is no '{settings.engine}'; try {', '.join(ENGINES)}")
    return ENGINES[settings.engine](settings)
