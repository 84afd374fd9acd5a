"""Web hosts that share nothing but services: each with an instance folder and a port of its own."""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

from tests.applications import hashbag
from tests.postgresql import PostgresServer
from tests.s3_server import BUCKET, S3Server
from tests.serving import Server, eventually, served

OWNER = "of-the-owner"
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
        eventually(lambda: server.get("/readyz").status == 200, f"{name} was ready")
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


def database_name(folder: Path) -> str:
    return re.sub(r"\W", "_", folder.name).lower()


@pytest.fixture(params=["folder", "s3"])
def hosts(
    request: pytest.FixtureRequest, postgresql: PostgresServer, tmp_path: Path
) -> Iterator[Hosts]:
    """Have a database and a place for photos, with nothing in either."""
    database = postgresql.new_database(database_name(tmp_path))
    photos, more = str(tmp_path / "shared"), dict[str, str]()
    if request.param == "s3":
        server: S3Server = request.getfixturevalue("s3")
        photos, more = f"s3://{BUCKET}/{tmp_path.name}", server.environment
    with hosts_of(tmp_path, database, photos, more | {"HASHBAG_MAP": "off"}) as found:
        yield found


def similar(server: Server, number: int = 1, more: str = "") -> Any:
    """Return the bags nearest to one, as JSON; the server must be ready."""
    answer = server.get(f"/api/v1/items/{number}/similar?by=whash&k=50{more}")
    assert answer.status == 200, answer.text
    return answer.json


def ids(result: Any) -> list[int]:
    return [hit["item"]["id"] for hit in result["hits"]]


Check = Callable[[], bool]
