"""An instance as the first version left it."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

# As the first version made them.
LAYOUT_1 = """
CREATE TABLE items (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    path TEXT NOT NULL,
    filename TEXT DEFAULT '' NOT NULL,
    title TEXT DEFAULT '' NOT NULL,
    brand TEXT DEFAULT '' NOT NULL,
    price FLOAT,
    currency TEXT DEFAULT '' NOT NULL,
    colour TEXT DEFAULT '' NOT NULL,
    category TEXT DEFAULT '' NOT NULL,
    url TEXT DEFAULT '' NOT NULL,
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    media_type TEXT DEFAULT '' NOT NULL,
    digest TEXT NOT NULL,
    extra JSON NOT NULL,
    UNIQUE (path)
);
CREATE INDEX ix_items_brand ON items (brand);
CREATE INDEX ix_items_category ON items (category);
CREATE INDEX ix_items_colour ON items (colour);
CREATE INDEX ix_items_digest ON items (digest);
CREATE INDEX ix_items_price ON items (price);
CREATE TABLE makers (
    id INTEGER NOT NULL,
    versions TEXT NOT NULL,
    PRIMARY KEY (id),
    UNIQUE (versions)
);
CREATE TABLE facts (
    name TEXT NOT NULL,
    value INTEGER NOT NULL,
    PRIMARY KEY (name)
);
CREATE TABLE codes (
    kind TEXT NOT NULL,
    item_id INTEGER NOT NULL,
    code BLOB NOT NULL,
    maker_id INTEGER NOT NULL,
    PRIMARY KEY (kind, item_id),
    FOREIGN KEY(item_id) REFERENCES items (id) ON DELETE CASCADE,
    FOREIGN KEY(maker_id) REFERENCES makers (id)
);
CREATE INDEX ix_codes_item_id ON codes (item_id);
"""
ROWS_1 = """
INSERT INTO items SELECT id, path, filename, title, brand, price, currency, colour, category, url,
    width, height, media_type, digest, extra FROM now.items;
UPDATE sqlite_sequence SET seq = 40 WHERE name = 'items';
INSERT INTO makers SELECT id, versions FROM now.makers;
INSERT INTO codes SELECT kind, item_id, code, maker_id FROM now.codes;
INSERT INTO facts SELECT name, value FROM now.facts;
UPDATE facts SET value = 1 WHERE name = 'schema';
"""


def database_of(instance: Path) -> Path:
    return instance / "hashbag.db"


@pytest.fixture(scope="session")
def first_version(eight: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An instance as the first version left it, for tests to copy."""
    folder = tmp_path_factory.mktemp("first")
    instance = shutil.copytree(eight, folder / "instance")
    now = database_of(instance).rename(folder / "now.db")
    with closing(sqlite3.connect(database_of(instance))) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.executescript(LAYOUT_1)
        connection.execute("ATTACH ? AS now", [str(now)])
        connection.executescript(f"BEGIN; {ROWS_1} COMMIT;")
    return instance
