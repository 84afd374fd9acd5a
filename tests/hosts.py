"""Web hosts that share nothing but services: each with an instance folder and a port of its own."""

import os
import re
import signal
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.applications import hashbag
from tests.milvus_fixtures import Milvus
from tests.nginx import balancing
from tests.postgresql import PostgresServer
from tests.s3_server import BUCKET, S3Server
from tests.serving import Server, children_of, eventually, served
from webapp.config import load
from webapp.index.engines.registry import engine_of

OWNER = "of-the-owner"
ONE_OR_TWO = ["one host", pytest.param("two hosts", marks=pytest.mark.xdist_group("milvus"))]
"""What journeys are made with: the default, and two hosts that share services."""

MOST_HITS = 100
AS_OWNER = {"Authorization": f"Bearer {OWNER}"}
_KEY = "what-all-hosts-sign-with-and-nobody-else"


@dataclass
class Hosts:
    """The services, and what is set on all hosts alike."""

    folder: Path
    settings: Mapping[str, str]
    servers: ExitStack = field(default_factory=ExitStack)

    def instance(self, name: str) -> Path:
        """Return the folder of a host; it need not be there."""
        return self.folder / name

    def run(self, name: str, *args: str | Path) -> CompletedProcess[str]:
        """Run a command on a host, which must go well."""
        done = hashbag(args, self.instance(name), self.settings)
        assert done.returncode == 0, done.stderr + done.stdout
        return done

    def serve(self, name: str, workers: int = 2) -> Server:
        """Serve from a host until the test ends."""
        return self.servers.enter_context(served(self.instance(name), workers, self.settings))

    def ready(self, name: str) -> Server:
        """Serve from a host, and wait until it has the index."""
        server = self.serve(name)
        eventually(lambda: _is_ready(server), f"{name} was ready")
        return server


@contextmanager
def hosts_of(
    folder: Path, database: str, photos: str, more: Mapping[str, str] | None = None
) -> Iterator[Hosts]:
    """Name the services for hosts; their servers end with this."""
    settings = {
        "HASHBAG_DATABASE": database,
        "HASHBAG_PHOTOS": photos,
        "HASHBAG_GENERATIONS": "shared",
        "HASHBAG_SECRET_KEY": _KEY,
        "HASHBAG_ADMIN_TOKEN": OWNER,
        "HASHBAG_COPY_PHOTOS": "on",
        **(more or {}),
    }
    hosts = Hosts(folder, settings)
    with hosts.servers:
        yield hosts
    if settings.get("HASHBAG_ENGINE") == "milvus":
        engine_of(load(settings, {"instance": folder / "any"})).drop_others(())


@dataclass(frozen=True)
class Balanced(Server):
    """What stands before two hosts, and hands each request to the next of them."""

    hosts: Hosts
    running: dict[str, tuple[Server, ExitStack]]

    def lose_one(self) -> None:
        """Have the first host end as by a power cut, if another is left."""
        if len(self.running) > 1:
            server, ending = self.running.pop(next(iter(self.running)))
            kill(server)
            ending.close()


def kill(server: Server) -> None:
    """End a server and all that it started at once."""
    others = {*children_of(server.pid), *server.cage()}
    for one in (server.pid, *others):  # the first would start others anew
        os.kill(one, signal.SIGKILL)


@contextmanager
def balanced(hosts: Hosts) -> Iterator[Balanced]:
    """Serve from two hosts behind one address; all that runs ends with this."""
    with ExitStack() as stack:
        running = {}
        for name in ("a", "b"):
            ending = stack.enter_context(ExitStack())
            server = ending.enter_context(served(hosts.instance(name), 1, hosts.settings))
            running[name] = server, ending
            eventually(partial(_is_ready, server), f"{name} was ready")
        where = [urlsplit(server.url).netloc for server, _ in running.values()]
        url = stack.enter_context(balancing(hosts.folder / "nginx", where))
        front = running["b"][0]
        yield Balanced(url, front.pid, front.log, front.errors, hosts, dict(running))
        for server, _ in running.values():
            lines = server.log.read_text().splitlines()
            answered = [one for one in lines if "GET" in one and "/readyz" not in one]
            assert len(answered) > 10, f"{server.url} had no share of the requests"


@contextmanager
def two_hosts(request: pytest.FixtureRequest, folder: Path, source: Path) -> Iterator[Balanced]:
    """Serve what a list or folder names, with PostgreSQL and Milvus, from two hosts."""
    postgresql: PostgresServer = request.getfixturevalue("postgresql")
    more = settings_of(request.getfixturevalue("milvus")) | {"HASHBAG_MAP": "off"}
    database = postgresql.new_database(database_name(folder))
    with hosts_of(folder, database, str(folder / "shared"), more) as hosts:
        hosts.run("a", "import", source)
        with balanced(hosts) as front:
            yield front


def _is_ready(server: Server) -> bool:
    return server.get("/readyz").status == 200


def lose_one(shop: Server) -> None:
    """Have one of several hosts end, where there are several: nobody may miss it."""
    if isinstance(shop, Balanced):
        shop.lose_one()


def database_name(folder: Path) -> str:
    return re.sub(r"\W", "_", folder.name).lower()


@pytest.fixture(params=["folder", "s3"])
def hosts(
    request: pytest.FixtureRequest, postgresql: PostgresServer, tmp_path: Path
) -> Iterator[Hosts]:
    """Have a database and a place for photos, with nothing in either."""
    database = postgresql.new_database(database_name(tmp_path))
    photos, more = str(tmp_path / "shared"), {"HASHBAG_MAP": "off"}
    if request.param == "s3":
        server: S3Server = request.getfixturevalue("s3")
        photos, more = f"s3://{BUCKET}/{tmp_path.name}", more | server.environment
    if request.param == "with milvus":
        more |= settings_of(request.getfixturevalue("milvus"))
    with hosts_of(tmp_path, database, photos, more) as found:
        yield found


def settings_of(milvus: Milvus) -> dict[str, str]:
    """Name a Milvus server as hosts do."""
    return {f"HASHBAG_{name.upper()}": value for name, value in milvus.settings.items()}


def similar(server: Server, number: int = 1, more: str = "") -> Any:
    """Return the bags nearest to one, as JSON; the server must be ready."""
    answer = server.get(f"/api/v1/items/{number}/similar?by=whash&k={MOST_HITS}{more}")
    assert answer.status == 200, answer.text
    return answer.json


def ids(result: Any) -> list[int]:
    return [hit["item"]["id"] for hit in result["hits"]]
