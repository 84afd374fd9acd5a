"""What makes changes visible: only what was asked for is computed, nothing that served is lost."""

import json
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.applications import core_of, hashbag
from tests.pictures import bag, catalogue
from webapp import context, create_app
from webapp.catalog import import_list
from webapp.catalog.database import connect_to
from webapp.catalog.import_outcome import Outcome
from webapp.catalog.item_entries import Entry
from webapp.catalog.write_lock import writing
from webapp.catalog.writer import CatalogWriter
from webapp.config import load
from webapp.exceptions import NothingDrawn
from webapp.hashing.kinds import KINDS

TWO = {"whash", "colorhash"}


def status(instance: Path) -> Any:
    return json.loads(hashbag(["status", "--json"], instance).stdout)


def codes(instance: Path) -> dict[str, int]:
    """Count the stored codes by kind."""
    found = status(instance)["codes"]
    return {kind: sum(one["count"] for one in made) for kind, made in found.items()}


def indexed(instance: Path) -> dict[str, int]:
    """Count the items that the published index has, by kind."""
    return {kind: entry["items"] for kind, entry in status(instance)["index"]["kinds"].items()}


@pytest.fixture
def in_two_kinds(tmp_path: Path) -> Path:
    """Take in six photos in two kinds."""
    instance = tmp_path / "instance"
    photos = catalogue(tmp_path / "photos", 6)
    hashbag(["import", photos, "--kinds", "whash,colorhash"], instance)
    return instance


def made_by_other_versions(instance: Path) -> None:
    """Have all stored codes look as if other library versions had made them."""
    engine = connect_to(load({}, {"instance": instance}).database_url)
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE makers SET versions = 'old ' || versions"))
    engine.dispose()


@pytest.mark.thorough
def test_a_removal_computes_nothing_and_builds_no_index(in_two_kinds: Path) -> None:
    done = hashbag(["remove", "5"], in_two_kinds)

    assert done.stdout == "removed 1\n"
    assert "published" not in done.stderr
    assert codes(in_two_kinds) == dict.fromkeys(TWO, 5)
    assert indexed(in_two_kinds) == dict.fromkeys(TWO, 6)
    assert status(in_two_kinds)["index"]["problems"] == []

    hashbag(["index", "--changes"], in_two_kinds)

    assert indexed(in_two_kinds) == codes(in_two_kinds) == dict.fromkeys(TWO, 5)


@pytest.mark.thorough
def test_an_import_computes_the_codes_of_its_own_photos_only(
    in_two_kinds: Path, tmp_path: Path
) -> None:
    same = hashbag(["import", tmp_path / "photos", "--kinds", "whash,colorhash"], in_two_kinds)
    assert same.stdout == "added 0, updated 0, unchanged 6, rejected 0\n"
    assert codes(in_two_kinds) == dict.fromkeys(TWO, 6)

    more = catalogue(tmp_path / "more", 2)
    done = hashbag(["import", more], in_two_kinds)

    assert "6 items lack codes" in done.stderr
    assert codes(in_two_kinds) == {kind: 8 if kind in TWO else 2 for kind in KINDS}
    assert indexed(in_two_kinds) == codes(in_two_kinds)


@pytest.mark.thorough
def test_the_index_command_fills_in_what_is_missing(in_two_kinds: Path) -> None:
    some = hashbag(["index", "--kinds", "dhash"], in_two_kinds)
    assert indexed(in_two_kinds) == dict.fromkeys([*TWO, "dhash"], 6)
    assert "6 items lack codes" in some.stderr

    done = hashbag(["index"], in_two_kinds)

    assert "lack" not in done.stderr
    assert codes(in_two_kinds) == indexed(in_two_kinds) == dict.fromkeys(KINDS, 6)


@pytest.mark.thorough
def test_codes_by_other_versions_are_renewed_before_the_index_would_lose_them(
    in_two_kinds: Path, tmp_path: Path
) -> None:
    """One index has codes of one version a kind: left alone, they would be in it no more."""
    made_by_other_versions(in_two_kinds)
    merged = hashbag(["index", "--changes"], in_two_kinds)
    assert merged.returncode == 1
    assert "run `hashbag index`" in merged.stderr
    assert indexed(in_two_kinds) == dict.fromkeys(TWO, 6)

    done = hashbag(
        ["import", catalogue(tmp_path / "more", 1), "--kinds", "whash,colorhash"], in_two_kinds
    )

    assert "renewed the codes of 6 items" in done.stderr
    assert codes(in_two_kinds) == indexed(in_two_kinds) == dict.fromkeys(TWO, 7)


@pytest.mark.thorough
def test_codes_by_other_versions_that_no_search_uses_can_wait(
    in_two_kinds: Path, tmp_path: Path
) -> None:
    hashbag(["index"], in_two_kinds)
    made_by_other_versions(in_two_kinds)
    hashbag(["index", "--kinds", "whash"], in_two_kinds)
    assert set(indexed(in_two_kinds)) == {"whash"}

    more = catalogue(tmp_path / "more", 1)
    done = hashbag(["import", more, "--kinds", "whash"], in_two_kinds)

    assert "renewed" not in done.stderr
    assert "7 items lack codes" in done.stderr
    assert indexed(in_two_kinds) == {"whash": 7}
    assert codes(in_two_kinds) == dict.fromkeys(KINDS, 6) | {"whash": 7}


def test_items_that_lack_codes_are_counted_without_loading_them(
    in_two_kinds: Path, tmp_path: Path
) -> None:
    statements: list[str] = []

    def note(_: object, __: object, statement: str, *___: object) -> None:
        statements.append(statement)

    sa.event.listen(sa.Engine, "before_cursor_execute", note)
    try:
        photos = tmp_path / "photos" / "manifest.csv"
        done = hashbag(["import", photos, "--kinds", "whash,colorhash"], in_two_kinds)
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", note)

    assert "6 items lack codes" in done.stderr
    assert any("count(" in statement for statement in statements)
    assert [one for one in statements if "items.title" in one and "items.id IN" in one] == []


def test_a_change_while_an_import_is_half_done_is_found_and_builds_nothing(
    in_two_kinds: Path, tmp_path: Path
) -> None:
    server = create_app({"instance": in_two_kinds})
    core, client = core_of(server), server.test_client()
    writer = CatalogWriter(core.catalog)

    def found(query: str) -> list[int]:
        answer = client.get(f"/api/v1/items?page=1&{query}").get_json()
        return sorted(item["id"] for item in answer["items"])

    photo = tmp_path / "another.png"
    bag(50).save(photo)
    with writing(core.catalog):
        writer.write([Entry(1, {"title": "by the import"}, None, {})])
        for args in (["set", "2", "price=5"], ["remove", "4"], ["add", photo, "--brand", "Zork"]):
            done = hashbag([*args, "--no-map"], in_two_kinds)
            assert (done.returncode, done.stderr) == (0, "")
            writer.write([Entry(3, {"title": f"by the import, after {args[0]}"}, None, {})])
        assert found("max_price=5") == [2]
        assert found("brand=Zork") == [7]
        assert found("n=20") == [1, 2, 3, 5, 6, 7]
        assert client.get("/api/v1/items/7/similar?by=whash").status_code == 200
        assert len(list(in_two_kinds.glob("generations/[0-9]*"))) == 1

    # Once nobody imports, the index that lacks what an import wrote is built anew.
    done = hashbag(["set", "2", "price=6", "--no-map"], in_two_kinds)
    assert "published index generation" in done.stderr
    core.catalog.engine.dispose()


@pytest.mark.thorough
def test_a_request_can_publish_what_changed_and_draw_the_map_afterwards(
    empty: Flask, tmp_path: Path
) -> None:
    photos = import_list.read(catalogue(tmp_path / "photos", 6))
    client = empty.test_client()
    with empty.test_request_context():
        core = context.hashbag()
        with writing(core.catalog):
            assert list(core.importer.take(photos, 1)) == [Outcome.ADDED] * 6
            assert [step.doing for step in core.publisher.publish(1)] == ["building the index"] * 2
            assert client.get("/api/v1/items/3/similar").get_json()["exact"]
            with pytest.raises(NothingDrawn):
                core.maps.current()
            assert [step.doing for step in core.publisher.draw_map()][-1] == "drawing"
            assert len(core.maps.current().ids) == 6
            assert list(core.publisher.publish(1)) == list(core.publisher.draw_map()) == []


@pytest.mark.thorough
@pytest.mark.parametrize("settings", [{}, {"HASHBAG_MAP": "off"}], ids=["asked", "set"])
def test_a_map_can_be_left_out(tmp_path: Path, settings: dict[str, str]) -> None:
    instance, photos = tmp_path / "instance", catalogue(tmp_path / "photos", 6)
    left_out = [] if settings else ["--no-map"]
    for args in (["import", photos], ["remove", "2"], ["index"]):
        done = hashbag([*args, *left_out], instance, settings)
        assert "drew the map" not in done.stderr
    assert not (instance / "maps").exists()
    assert hashbag(["verify", "--jobs", "1"], instance, settings).returncode == 0


@pytest.mark.thorough
def test_a_map_left_behind_is_no_damage_but_told(tmp_path: Path) -> None:
    instance, photos = tmp_path / "instance", catalogue(tmp_path / "photos", 6)
    hashbag(["import", photos], instance)
    hashbag(["remove", "2", "--no-map"], instance)

    assert (
        "the map is older than the catalogue" in hashbag(["verify", "--jobs", "1"], instance).stderr
    )
    assert "map" not in hashbag(["verify", "--jobs", "1"], instance, {"HASHBAG_MAP": "off"}).stderr
    hashbag(["index"], instance)
    assert "map" not in hashbag(["verify", "--jobs", "1"], instance).stderr


def test_the_map_is_on_or_off(tmp_path: Path) -> None:
    done = hashbag(["status"], tmp_path / "instance", {"HASHBAG_MAP": "perhaps"})
    assert done.returncode == 2
    assert "HASHBAG_MAP must be on or off, not 'perhaps'" in done.stderr
