"""The engines by the name that the setting HASHBAG_ENGINE gives them."""

from collections.abc import Callable
from functools import partial
from importlib.util import find_spec

from webapp.config.settings import Settings
from webapp.exceptions import ConfigError
from webapp.index.engines import Engine
from webapp.index.engines.annoy import AnnoyEngine
from webapp.index.engines.exact import ExactEngine
from webapp.index.engines.milvus import MilvusEngine, MilvusOptions
from webapp.index.engines.milvus.collection import INDEX_TYPES, Layout
from webapp.index.engines.milvus.connection import ServerAddress
from webapp.index.engines.milvus.owner import owner_of, owner_of_database


def _milvus(settings: Settings) -> Engine:
    if find_spec("pymilvus") is None:
        raise ConfigError("engine: milvus is not installed here: pip install 'hashbag[milvus]'")
    scheme, _, rest = settings.engine_url.partition("://")
    if scheme not in {"http", "https"} or not rest or "@" in rest:
        raise ConfigError(
            "HASHBAG_ENGINE_URL must be the address of a Milvus server, as in http://host:19530; "
            "a name and password go into HASHBAG_ENGINE_TOKEN, as in name:password"
        )
    if settings.engine_index not in INDEX_TYPES:
        raise ConfigError(
            f"HASHBAG_ENGINE_INDEX must be one of {', '.join(INDEX_TYPES)}, "
            f"not '{settings.engine_index}'"
        )
    address = ServerAddress(
        url=settings.engine_url,
        token=settings.engine_token,
        database=settings.engine_database,
        certificate=settings.engine_certificate,
        seconds=settings.engine_timeout,
    )
    layout = Layout(settings.engine_index, settings.engine_shards, settings.engine_replicas)
    options = MilvusOptions(layout, settings.engine_probes)
    return MilvusEngine(address, options, partial(_owner, settings))


def _owner(settings: Settings) -> str:
    if settings.shares_generations:
        return owner_of_database(settings.database_url)
    return owner_of(settings.instance)


ENGINES: dict[str, Callable[[Settings], Engine]] = {
    "annoy": lambda settings: AnnoyEngine(settings.trees, settings.search_k),
    "exact": lambda _: ExactEngine(),
    "milvus": _milvus,
}


def engine_of(settings: Settings) -> Engine:
    """Build the engine that the settings name; a remote one is not asked for anything yet.

    Raises:
        ConfigError: there is no such engine, it is not installed, or its settings are not usable.
    """
    if settings.engine not in ENGINES:
        raise ConfigError(f"engine: there is no '{settings.engine}'; try {', '.join(ENGINES)}")
    return ENGINES[settings.engine](settings)
