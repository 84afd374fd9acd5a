"""At the desk all bags that pass filters are changed or taken out at once, or none."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.applications import core_of
from tests.desk import send, told
from webapp.catalog import many_items
from webapp.models import Item


def items(desk: FlaskClient) -> dict[int, Item]:
    return {item.id: item for item in core_of(desk.application).catalog.all_items()}


def check(desk: FlaskClient, filters: str, **wish: str) -> TestResponse:
    """Go from the list to the page that says what will be done."""
    listed = desk.get(f"/admin/bags?{filters}")
    way = re.search(r'href="(/admin/many[^"]*)"', listed.text)
    assert way
    asking = desk.get(way[1].replace("&amp;", "&"))
    fields = {f"many.{name}": value for name, value in wish.items()}
    text = asking.text
    if wish.get("do") == "remove":  # the second of its forms
        text = text[text.rindex("<form", 0, text.index("Remove all of them")) :]
    return send(desk, text, "/admin/many/check", **fields)


def test_bags_are_listed_searched_and_filtered_as_everywhere(desk: FlaskClient) -> None:
    def listed(query: str) -> list[int]:
        found = re.findall(r'href="/admin/items/(\d+)"', desk.get(f"/admin/bags?{query}").text)
        return sorted(map(int, found))

    assert listed("") == list(range(1, 9))
    assert listed("brand=Ora") == [1, 4, 7]
    assert listed("brand=Ora&category=Tote") == [1, 7]
    assert listed("text=bag+3") == [4]
    assert listed("max_price=20") == [2, 3]
    assert "is not a price" in desk.get("/admin/bags?max_price=cheap").text
    assert desk.get("/admin/bags/by-number?number=3").headers["Location"] == "/admin/items/3"
    assert desk.get("/admin/bags/by-number?number=300").status_code == 404
    assert desk.get("/admin/bags/by-number?number=x").status_code == 400
    assert desk.get("/admin/bags?page=9").status_code == 404


@pytest.mark.parametrize(
    ("name", "value", "attribute", "wanted"),
    [
        ("price", "19,90 €", "price", 19.9),
        ("category", "Bucket", "category", "Bucket"),
        ("brand", "", "brand", ""),
        ("lining", "silk", "extra", {"season": "Summer", "lining": "silk"}),
        ("season", "", "extra", {}),
    ],
)
def test_an_attribute_is_set_in_all_that_pass_the_filters(
    desk: FlaskClient, name: str, value: str, attribute: str, wanted: object
) -> None:
    before = items(desk)
    page = check(desk, "category=Tote", do="set", other=name, value=value)
    assert "of 4 bags" in page.text or "from 4 bags" in page.text
    assert items(desk) == before
    done = send(desk, page, "/admin/many?category=Tote")
    assert done.status_code == 303, told(done)
    after = items(desk)
    for item_id, item in after.items():
        if before[item_id].category == "Tote":
            assert getattr(item, attribute) == wanted
        else:
            assert item == before[item_id]
    assert "Changed 4 of 4" in told(desk.get("/admin/bags"))


def test_searches_see_it_at_once(desk: FlaskClient) -> None:
    page = check(desk, "category=Tote", do="set", name="category", other="", value="Bucket")
    send(desk, page, "/admin/many?category=Tote")
    assert desk.get("/api/v1/items?page=1&category=Bucket").get_json()["total"] == 4


def test_all_that_pass_are_removed_and_brought_back_at_once(desk: FlaskClient) -> None:
    before = items(desk)
    page = check(desk, "brand=Ora", do="remove")
    assert "Remove 3 bags?" in page.text
    assert "Bag 0" in page.text
    assert send(desk, page, "/admin/many?brand=Ora").headers["Location"] == "/admin/removed"
    assert sorted(items(desk)) == [2, 3, 5, 6, 8]
    listed = desk.get("/admin/removed")
    assert "3 bags" in listed.text
    assert "Bag 0, Bag 3, Bag 6" in listed.text
    send(desk, listed, "/undo")
    assert "3 bags are back, with the same numbers" in told(desk.get("/admin/removed"))
    assert items(desk) == before


def test_without_filters_it_says_that_it_is_everything(desk: FlaskClient) -> None:
    page = check(desk, "", do="remove")
    assert "Remove 8 bags?" in page.text
    assert told(page) == "This is every bag of the catalogue."
    send(desk, page, "/admin/many")
    assert items(desk) == {}
    assert desk.get("/admin/bags").status_code == 200
    send(desk, desk.get("/admin/removed"), "/undo")
    assert len(items(desk)) == 8


def test_if_other_bags_pass_meanwhile_it_asks_again(desk: FlaskClient) -> None:
    page = check(desk, "brand=Ora", do="remove")
    send(desk, desk.get("/admin/items/2"), "/admin/items/2", brand="Ora")
    again = send(desk, page, "/admin/many?brand=Ora")
    assert told(again).endswith(
        "Nothing is done yet: meanwhile other bags pass these filters. Look again."
    )
    assert "Remove 4 bags?" in again.text
    assert len(items(desk)) == 8
    send(desk, again, "/admin/many?brand=Ora")
    assert len(items(desk)) == 4


def test_what_fails_half_way_changes_nothing(
    desk_app: Flask, desk: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = items(desk)
    monkeypatch.setattr(many_items, "_CHUNK_ITEMS", 3)
    with pytest.raises(Exception, match="nothing is changed"):
        many_items.change_many(core_of(desk_app).catalog, [*range(1, 9), 99], {"brand": "Zork"})
    assert items(desk) == before
    assert many_items.change_many(core_of(desk_app).catalog, range(1, 9), {"brand": "Zork"}) == 8


@pytest.mark.parametrize(
    ("query", "problem"),
    [
        ("brand=Ora&many.other=price&many.value=dear", "price"),
        ("brand=Ora&many.other=width&many.value=3", "cannot be set"),
        ("brand=Ora&many.name=", "choose one"),
        ("brand=Nobody&many.do=remove", "no bag passes"),
        ("min_price=x&many.do=remove", "is not a price"),
    ],
)
def test_what_cannot_be_done_is_told_before(desk: FlaskClient, query: str, problem: str) -> None:
    answer = desk.get(f"/admin/many/check?{query}")
    assert answer.status_code == 400
    assert problem in answer.text


def test_more_than_can_be_done_at_once_is_refused(
    desk: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("webapp.web.desk.many.MOST_AT_ONCE", 7)
    answer = desk.get("/admin/many/check?many.do=remove")
    assert answer.status_code == 400
    assert "at most 7 can be changed at once" in answer.text


def test_an_extra_column_may_have_any_name(desk: FlaskClient) -> None:
    page = check(desk, "brand=Ora", do="set", other="value", value="7")
    send(desk, page, "/admin/many?brand=Ora")
    assert items(desk)[1].extra["value"] == "7"
    page = check(desk, "brand=Vell", do="set", other="value", value="8")
    assert "of 3 bags" in page.text
    send(desk, page, "/admin/many?brand=Vell")
    assert items(desk)[2].extra["value"] == "8"
