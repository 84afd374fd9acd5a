"""A desk of a small catalogue, signed in to, for tests to work at."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.applications import core_of
from tests.desk import OWNER, sign_in
from webapp import create_app
from webapp.catalog.database import connect_to
from webapp.catalog.schema import daily_counts
from webapp.config import load


@pytest.fixture
def desk_instance(eight: Path, tmp_path: Path) -> Path:
    """Copy an instance with 8 drawn pictures, without the visits of tests that serve it."""
    instance = Path(shutil.copytree(eight, tmp_path / "instance"))
    (instance / "secret.key").unlink(missing_ok=True)  # of tests that send tokens
    engine = connect_to(load({}, {"instance": instance}).database_url)
    with engine.begin() as connection:
        connection.execute(daily_counts.delete())
    engine.dispose()
    return instance


@pytest.fixture
def desk_app(desk_instance: Path) -> Iterator[Flask]:
    """Open it, with a token of its owner."""
    app = create_app({"instance": desk_instance, "admin_token": OWNER, "counts": "on"})
    yield app
    core_of(app).catalog.engine.dispose()


@pytest.fixture
def desk(desk_app: Flask) -> FlaskClient:
    """Sign in as the owner."""
    client = desk_app.test_client()
    sign_in(client)
    return client
