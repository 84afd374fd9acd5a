"""What a page shows, saved as CSV and JSON: the same rows, whole, in the same order."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.conftest import take_in
from tests.pictures import bag, encoded
from tests.test_pages import page
from webapp import create_app


def saved(client: FlaskClient, address: str) -> list[dict[str, Any]]:
    """Return the rows of an address as JSON, after comparing them with those of its CSV."""
    both = "&" if "?" in address else "?"
    as_json = client.get(f"{address}{both}format=json")
    as_csv = client.get(f"{address}{both}format=csv")
    assert (as_json.mimetype, as_csv.mimetype) == ("application/json", "text/csv")
    for answer, ending in ((as_json, "json"), (as_csv, "csv")):
        disposition = answer.headers["Content-Disposition"]
        assert disposition.startswith("attachment")
        assert disposition.endswith(f".{ending}")
    rows: list[dict[str, Any]] = json.loads(as_json.data)
    table = list(csv.DictReader(io.StringIO(as_csv.get_data(as_text=True), newline="")))
    assert len(table) == len(rows)
    for line, row in zip(table, rows, strict=True):
        assert list(line) == list(row)
        for name in ("id", "title", "filename"):
            assert line[name] == str(row[name])
    return rows


def test_browse_is_saved_whole_as_it_is_filtered_and_sorted(client: FlaskClient) -> None:
    rows = saved(client, "/browse?brand=Ora&sort=price")
    assert len(rows) == 20  # every third of 60
    assert {row["brand"] for row in rows} == {"Ora"}
    prices = [row["price"] for row in rows if row["price"] is not None]
    assert prices == sorted(prices)
    assert rows[0]["extra"] == {"season": "Summer"}


@pytest.mark.parametrize("by", ["whash", "look"])
def test_neighbours_are_saved_as_the_page_lists_them(client: FlaskClient, by: str) -> None:
    address = f"/items/7?by={by}&k=12&brand=Vell"
    rows = saved(client, address)
    assert [str(row["id"]) for row in rows] == page(client, address).hits()
    found = client.get(f"/api/v1/items/7/similar?by={by}&k=12&brand=Vell&fold=1").get_json()
    assert [(row["rank"], row["distance"], row["level"]) for row in rows] == [
        (hit["rank"], hit["distance"], hit["level"]) for hit in found["hits"]
    ]


def test_a_result_of_a_photo_is_saved_by_its_address(client: FlaskClient) -> None:
    data = {"image": (io.BytesIO(encoded(bag(20), "PNG")), "x.png")}
    address = client.post("/search", data=data).headers["Location"]
    assert saved(client, address)[0]["title"] == "Bag 20"


def test_a_comparison_is_saved_kind_by_kind(client: FlaskClient) -> None:
    rows = saved(client, "/compare?item=7&by=whash&by=phash&k=4")
    assert [(row["by"], row["rank"]) for row in rows] == [
        (kind, rank) for kind in ("whash", "phash") for rank in (1, 2, 3, 4)
    ]


@pytest.fixture
def doubled(tmp_path: Path) -> Flask:
    """One bag in three sizes, another twice, and two that are alone."""
    for name, number, size in (
        ("a-small", 1, (120, 90)),
        ("a-large", 1, (480, 360)),
        ("a", 1, (240, 180)),
        ("b", 2, (160, 120)),
        ("b-again", 2, (160, 120)),
        ("c", 3, (160, 120)),
        ("d", 4, (160, 120)),
    ):
        bag(number, (160, 120)).resize(size).save(tmp_path / f"{name}.png")
    app = create_app({"instance": tmp_path / "instance"})
    take_in(app, tmp_path)
    return app


def test_of_near_duplicates_the_largest_is_marked_and_the_others_are_a_list(
    doubled: Flask, tmp_path: Path
) -> None:
    client = doubled.test_client()
    rows = saved(client, "/duplicates?by=shape&distance=20")
    largest = {row["filename"] for row in rows if row["largest"]}
    assert "a-large.png" in largest
    assert len(largest) == 2  # of each group one
    for row in rows:
        assert row["bytes"] == (tmp_path / row["filename"]).stat().st_size
    others = json.loads(client.get("/duplicates?by=shape&distance=20&format=json&others=1").data)
    assert {row["filename"] for row in others} == {row["filename"] for row in rows} - largest
    shown = page(client, "/duplicates?by=shape&distance=20")
    ids = " ".join(str(row["id"]) for row in rows if row["group"] == 1 and not row["largest"])
    assert f"hashbag remove {ids}" in shown.html
    assert "480 × 360" in shown.html


def test_a_photo_that_is_gone_is_told_and_no_fault(doubled: Flask, tmp_path: Path) -> None:
    (tmp_path / "a-small.png").unlink()
    client = doubled.test_client()
    rows = saved(client, "/duplicates?by=shape&distance=20")
    assert [row["bytes"] for row in rows if row["filename"] == "a-small.png"] == [None]
    assert "not there" in page(client, "/duplicates?by=shape&distance=20").html


def test_no_cell_is_run_as_a_formula(tmp_path: Path) -> None:
    bag(1).save(tmp_path / "1.png")
    (tmp_path / "list.csv").write_text('filename,title\n1.png,"=1+1"\n', "utf-8")
    app = create_app({"instance": tmp_path / "instance"})
    take_in(app, tmp_path / "list.csv")
    text = app.test_client().get("/browse?format=csv").get_data(as_text=True)
    assert next(csv.DictReader(io.StringIO(text, newline="")))["title"] == "'=1+1"


def test_an_unknown_format_is_refused_and_an_empty_answer_is_an_empty_list(
    client: FlaskClient,
) -> None:
    assert client.get("/browse?format=xml").status_code == 400
    assert client.get("/browse?text=nothinglikeit&format=json").get_json() == []
    assert client.get("/browse?text=nothinglikeit&format=csv").data == b""


@pytest.mark.parametrize(
    "address", ["/browse?brand=Ora", "/items/7?by=whash", "/compare?item=7", "/duplicates"]
)
def test_pages_link_to_their_files_with_all_of_their_address(
    client: FlaskClient, address: str
) -> None:
    shown = page(client, address)
    files = [link["href"] for link in shown.all("a") if "download" in link]
    assert len([one for one in files if "format=csv" in one]) >= (address != "/duplicates")
    if "?" in address:
        assert all(address.partition("?")[2] in one for one in files)
