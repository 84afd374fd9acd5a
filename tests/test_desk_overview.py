"""The desk's first page says how the catalogue is, and what people search, in numbers alone."""

import re
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.applications import core_of, kept_in
from tests.desk import OWNER, photo, send, sign_in, told
from tests.serving import eventually
from webapp import create_app
from webapp.catalog.daily_counts import KEPT_DAYS, DailyCounts, today
from webapp.catalog.schema import daily_counts
from webapp.web import visits


def row(desk: FlaskClient, number: int = 0) -> list[str]:
    """Return what is told of a day; the first is today."""
    rows = desk.get("/admin").text.split("<tbody>")[1].split("</tbody>")[0].split("<tr>")[1:]
    return re.findall(r"<td>([^<]*)</td>", rows[number])


def counts(app: Flask) -> DailyCounts:
    return core_of(app).daily_counts


@pytest.fixture
def visitor(desk_app: Flask) -> FlaskClient:
    return desk_app.test_client()


@pytest.mark.thorough
def test_what_visitors_do_is_counted_a_day(desk: FlaskClient, visitor: FlaskClient) -> None:
    assert row(desk) == ["0", "–", "0", "–", "0"]
    found = visitor.post("/search", data={"image": photo(3)}).headers["Location"]
    assert visitor.get(found).status_code == 200
    for text in ("bag", "quilted", "purple", "bag"):
        visitor.get(f"/browse?text={text}")
    for item_id in (3, 3, 5, 999):
        visitor.get(f"/items/{item_id}")
    visitor.get("/items/4", headers={"Sec-Purpose": "prefetch"})
    visitor.get("/browse")
    assert row(desk) == ["1", "0 %", "4", "50 %", "3"]
    most = desk.get("/admin").text.split("Most opened")[1]
    assert re.findall(r"/admin/items/(\d+)", most) == ["3", "5"]
    assert "2 times" in most


def test_nothing_is_kept_of_what_was_searched_or_by_whom(
    desk: FlaskClient, visitor: FlaskClient, desk_instance: Path
) -> None:
    words = "zzyzxwords"
    visitor.get(f"/browse?text={words}", environ_base={"REMOTE_ADDR": "198.51.100.77"})
    assert row(desk)[2] == "1"
    kept = kept_in(desk_instance)
    assert words not in kept
    assert "198.51.100.77" not in kept


@pytest.mark.thorough
def test_all_workers_counts_come_together(
    desk: FlaskClient, visitor: FlaskClient, desk_instance: Path
) -> None:
    another = create_app({"instance": desk_instance, "admin_token": OWNER, "counts": "on"})
    visitor.get("/items/3")
    with another.test_client() as elsewhere:
        elsewhere.get("/items/3")
        sign_in(elsewhere)
        elsewhere.get("/admin")
    assert row(desk)[4] == "2"


def test_counting_writes_in_batches_and_asks_no_new_index(
    desk_app: Flask, desk: FlaskClient, visitor: FlaskClient
) -> None:
    core = core_of(desk_app)
    before = core.catalog.revision
    for _ in range(5):
        visitor.get("/items/3")
    assert counts(desk_app).by_day(1)[today()] == {}
    row(desk)
    assert counts(desk_app).by_day(1)[today()] == {"opened": 5}
    assert core.catalog.revision == before


def test_what_cannot_be_written_now_is_written_later(desk_app: Flask, tmp_path: Path) -> None:
    nowhere = create_app({"instance": tmp_path / "nothing is here", "counts": "on"})
    kept = visits.Visits()
    kept.note(counts(nowhere), "opened", 3)
    kept.write(counts(nowhere))
    kept.write(counts(desk_app))
    assert counts(desk_app).by_day(1)[today()] == {"opened": 1}


def test_old_counts_are_forgotten(desk_app: Flask) -> None:
    counts(desk_app).add({(today() - KEPT_DAYS - 1, "opened", 3): 7, (today(), "opened", 3): 1})
    with core_of(desk_app).catalog.connect() as connection:
        assert connection.execute(daily_counts.select()).all() == [(today(), "opened", 3, 1)]


@pytest.mark.slow
def test_the_index_is_built_anew_by_a_button(desk_app: Flask, desk: FlaskClient) -> None:
    send(desk, desk.get("/admin/add"), "/admin/add", image=photo(50))
    page = desk.get("/admin")
    assert "and by 1 bag changed since" in page.text
    before = core_of(desk_app).newest().generation.name
    send(desk, page, "/admin/rebuild")
    assert "A new index is being built" in told(desk.get("/admin"))
    eventually(lambda: core_of(desk_app).newest().generation.name != before, "a new index")
    assert "changed since" not in desk.get("/admin").text


def test_sizes_and_versions_are_told(desk: FlaskClient) -> None:
    page = desk.get("/admin/sizes")
    assert page.status_code == 200
    assert "Thumbs" in page.text
    assert "whash" in page.text
