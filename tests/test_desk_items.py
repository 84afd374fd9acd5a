"""At the desk bags are added, changed and taken out, and brought back."""

import html
import io
import json
import re
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.applications import core_of, hashbag
from tests.desk import photo, send, sign_in, told
from tests.pictures import bag, encoded
from webapp import create_app
from webapp.catalog.item_bin import KEPT_SECONDS
from webapp.catalog.schema import items
from webapp.models import Item


def add(desk: FlaskClient, seed: int = 50, **fields: str) -> TestResponse:
    """Add a bag, and return the page that comes then."""
    sent = send(desk, desk.get("/admin/add"), "/admin/add", image=photo(seed), **fields)
    assert sent.status_code == 303, told(sent)
    return desk.get(sent.headers["Location"])


def item(desk: FlaskClient, item_id: int) -> Item:
    return core_of(desk.application).catalog.item(item_id)


def nearest(client: FlaskClient, item_id: int) -> list[int]:
    answer = client.get(f"/api/v1/items/{item_id}/similar?by=shape&k=100")
    return [hit["item"]["id"] for hit in answer.get_json()["hits"]]


def sources(instance: Path) -> list[str]:
    """List the photos that were sent."""
    return sorted(path.name for path in instance.glob("originals/*/*"))


def test_a_bag_is_added_with_its_photo_and_attributes_and_found_at_once(desk: FlaskClient) -> None:
    page = add(desk, title="Quilted étui", price="1.234,50 €", new_name="lining", new_value="silk")
    assert told(page) == "Nothing else here has the same picture."
    added = item(desk, 9)
    assert (added.title, added.price, added.currency) == ("Quilted étui", 1234.5, "EUR")
    assert added.extra == {"lining": "silk"}
    assert 9 in nearest(desk, 1)
    assert "Quilted étui" in desk.get("/browse").text
    assert page.text.count('class="card"') == 8


def test_several_photos_are_one_bag(desk: FlaskClient) -> None:
    images = [photo(50, "front.png"), photo(51, "back.png")]
    sent = send(desk, desk.get("/admin/add"), "/admin/add", image=images, title="Two sides")
    assert sent.status_code == 303
    assert [one.filename for one in item(desk, 9).photos] == ["front.png", "back.png"]


def test_it_says_so_if_the_picture_is_there_already_and_takes_it_out_again(
    desk: FlaskClient,
) -> None:
    add(desk, 50)
    page = add(desk, 50)
    assert told(page) == (
        "It seems to be here already: this bag has the same picture. Keep it, or remove it again."
    )
    assert "/admin/items/9" in page.text
    removed = send(desk, page, "/admin/items/10/remove")
    assert removed.headers["Location"] == "/admin/removed"
    assert 10 not in nearest(desk, 1)
    assert 9 in nearest(desk, 1)
    assert desk.get("/images/9", buffered=True).status_code == 200


def test_it_says_so_too_if_the_picture_of_a_further_photo_is_there(desk: FlaskClient) -> None:
    images = [photo(50, "front.png"), photo(51, "side.png"), photo(3, "back.png")]
    sent = send(desk, desk.get("/admin/add"), "/admin/add", image=images)
    page = desk.get(sent.headers["Location"])
    assert told(page).startswith("It seems to be here already: this bag has the same picture.")
    first, *others = re.findall(r'<a href="/admin/items/(\d+)">', page.text.partition("<ol")[2])
    assert first == "4"
    assert sorted(others) == ["1", "2", "3", "5", "6", "7", "8"]


def test_the_same_form_sent_twice_adds_one_bag(desk: FlaskClient) -> None:
    asking = desk.get("/admin/add")
    for _ in range(2):
        sent = send(desk, asking, "/admin/add", image=photo(50), title="Once")
        assert sent.headers["Location"] == "/admin/items/9/added"
    assert core_of(desk.application).catalog.count() == 9
    # Another bag from the same form, after going back, is another bag.
    sent = send(desk, asking, "/admin/add", image=photo(51), title="Twice")
    assert sent.headers["Location"] == "/admin/items/10/added"


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"image": (io.BytesIO(b""), "")}, "Choose a photo of it."),
        ({"image": (io.BytesIO(b"no picture"), "bag.jpg")}, "not a picture that we read"),
        ({"image": (io.BytesIO(encoded(bag(1), "PNG")[:300]), "b.png")}, "damaged"),
        ({"image": photo(50), "price": "a lot"}, "This is not a price"),
        ({"image": photo(50), "new_value": "silk"}, "Give ‘silk’ a name."),
        ({"image": photo(50), "new_name": "width", "new_value": "3"}, "Cannot be set"),
    ],
)
def test_what_is_wrong_is_told_and_what_was_typed_stays(
    desk: FlaskClient, fields: dict[str, object], problem: str
) -> None:
    asking = desk.get("/admin/add")
    answer = send(desk, asking, "/admin/add", title="A <b>title", brand="Zork", **fields)
    assert answer.status_code == 422
    assert problem in told(answer)
    assert 'value="A &lt;b&gt;title"' in answer.text
    assert 'value="Zork"' in answer.text
    assert core_of(desk.application).catalog.count() == 8


@pytest.mark.thorough
def test_a_bag_is_changed_in_place(desk: FlaskClient) -> None:
    add(desk, brand="Zork", price="30", new_name="lining", new_value="silk")
    page = desk.get("/admin/items/9")
    fields = {"price": "12,50 €", "brand": "", "extra.lining": "", "title": "Étui"}
    answer = send(desk, page, "/admin/items/9", **fields)
    assert answer.status_code == 303
    assert told(desk.get("/admin/items/9")) == "Saved Étui."
    changed = item(desk, 9)
    assert (changed.price, changed.currency, changed.brand, changed.extra) == (12.5, "EUR", "", {})
    assert "Étui" in desk.get("/items/9").text


def test_saving_what_was_not_touched_changes_nothing(desk: FlaskClient) -> None:
    add(desk, title="As  it is", price="30.10", currency="EUR")
    before = item(desk, 9)
    send(desk, desk.get("/admin/items/9"), "/admin/items/9")
    assert item(desk, 9) == before


def test_what_a_list_brought_in_several_lines_stays_as_it_is_where_nobody_writes(
    desk: FlaskClient,
) -> None:
    lines = "Calf leather.\n\nMade  in Porto."
    given = {"title": "Two\nlines", "description": lines}
    core_of(desk.application).live_items.change(1, given)
    send(desk, desk.get("/admin/items/1"), "/admin/items/1", brand="Zork")
    changed = item(desk, 1)
    assert (changed.title, changed.extra["description"]) == (given["title"], lines)
    page = desk.get("/admin/items/1")
    send(desk, page, "/admin/items/1", **{"extra.description": "One.\r\n\r\nTwo."})
    assert item(desk, 1).extra["description"] == "One.\n\nTwo."


def test_a_column_of_a_list_may_be_called_as_an_attribute_is(desk: FlaskClient) -> None:
    core = core_of(desk.application)
    extra = {"Price": "30", "width": "12 cm"}  # as `import --map "Sale price=price"` leaves them
    with core.catalog.engine.begin() as connection:
        connection.execute(items.update().where(items.c.id == 1).values(extra=extra, price=20))
    fields = {"extra.Price": "35", "extra.width": "13 cm"}
    assert send(desk, desk.get("/admin/items/1"), "/admin/items/1", **fields).status_code == 303
    changed = item(desk, 1)
    assert (changed.price, changed.extra) == (20, {"Price": "35", "width": "13 cm"})


def test_its_photos_are_replaced(desk: FlaskClient, desk_instance: Path) -> None:
    add(desk, 50, title="Étui")
    before = sources(desk_instance)
    answer = send(desk, desk.get("/admin/items/9"), "/admin/items/9", image=photo(77))
    assert answer.status_code == 303
    assert desk.get("/images/9", buffered=True).data == encoded(bag(77), "PNG")
    assert item(desk, 9).title == "Étui"
    assert len(sources(desk_instance)) == 1
    assert sources(desk_instance) != before


def test_of_two_who_change_a_bag_at_once_neither_loses_anything(
    desk_app: Flask, desk: FlaskClient
) -> None:
    add(desk, title="Étui", brand="Zork", price="30")
    other = desk_app.test_client()
    sign_in(other)
    mine, theirs = desk.get("/admin/items/9"), other.get("/admin/items/9")
    send(other, theirs, "/admin/items/9", price="45", brand="Alder", colour="red")
    answer = send(
        desk, mine, "/admin/items/9", price="40", title="Etui", new_name="size", new_value="S"
    )
    assert answer.status_code == 409
    assert told(answer) == (
        "Nothing is saved yet: somebody else changed this bag while you did. "
        "Somebody else wrote ‘45’ meanwhile."
    )
    assert item(desk, 9).price == 45
    # Sent again, mine counts where I wrote, and theirs where they did.
    assert send(desk, answer, "/admin/items/9").status_code == 303
    both = item(desk, 9)
    assert (both.price, both.title, both.brand, both.colour) == (40, "Etui", "Alder", "red")
    assert both.extra == {"size": "S"}


def test_photos_that_a_change_of_somebody_else_kept_out_are_asked_for_again(
    desk: FlaskClient,
) -> None:
    page = desk.get("/admin/items/3")
    send(desk, page, "/admin/items/3", title="Theirs")
    answer = send(desk, page, "/admin/items/3", image=photo(77))
    assert answer.status_code == 409
    assert "Choose your photos once more" in told(answer)


def test_a_mistake_in_a_change_keeps_what_was_typed(desk: FlaskClient) -> None:
    add(desk, price="30", new_name="lining", new_value="silk")
    fields = {"price": "dear", "extra.lining": "cotton", "title": "Étui"}
    answer = send(desk, desk.get("/admin/items/9"), "/admin/items/9", **fields)
    assert answer.status_code == 422
    assert told(answer) == "This is not a price; write it like 49.90."
    assert item(desk, 9).price == 30
    assert send(desk, answer, "/admin/items/9", price="31").status_code == 303
    changed = item(desk, 9)
    assert (changed.price, changed.extra, changed.title) == (31, {"lining": "cotton"}, "Étui")


@pytest.mark.thorough
def test_a_removed_bag_comes_back_with_its_number_photos_and_attributes(
    desk: FlaskClient, desk_instance: Path
) -> None:
    images = [photo(50, "front.png"), photo(51, "back.png")]
    asking = desk.get("/admin/add")
    send(desk, asking, "/admin/add", image=images, title="Étui", price="3", new_name="a")
    before, near, kept = item(desk, 9), nearest(desk, 9), sources(desk_instance)
    page = desk.get("/items/9").text
    send(desk, desk.get("/admin/items/9"), "/admin/items/9/remove")
    assert desk.get("/items/9").status_code == 404
    assert 9 not in nearest(desk, 1)
    removed = desk.get("/admin/removed")
    assert "Étui" in removed.text
    undone = send(desk, removed, "/undo")
    assert undone.headers["Location"] == "/admin/items/9"
    assert "with the same number" in told(desk.get("/admin/items/9"))
    assert item(desk, 9) == before
    assert sources(desk_instance) == kept
    another = create_app({"instance": desk_instance}).test_client()
    for client in (desk, another):
        assert client.get("/images/9", buffered=True).data == encoded(bag(50), "PNG")
        assert client.get("/images/9?photo=2", buffered=True).data == encoded(bag(51), "PNG")
        assert client.get("/thumbs/9", buffered=True).status_code == 200
        assert nearest(client, 9) == near
    strip = re.compile(r'<form id="hearts".*?</form>', re.DOTALL)
    assert strip.sub("", desk.get("/items/9").text) == strip.sub("", page)
    assert "Nothing was removed" in desk.get("/admin/removed").text
    assert hashbag(["verify"], desk_instance).returncode == 0
    # A new index finds it too.
    assert hashbag(["index"], desk_instance).returncode == 0
    assert nearest(create_app({"instance": desk_instance}).test_client(), 9) == near


@pytest.mark.thorough
def test_no_other_bag_gets_the_number_of_a_removed_one(desk: FlaskClient) -> None:
    add(desk, 50)
    send(desk, desk.get("/admin/items/9"), "/admin/items/9/remove")
    assert "number 10" in add(desk, 51).text
    send(desk, desk.get("/admin/removed"), "/undo")
    assert "number 11" in add(desk, 52).text


@pytest.mark.thorough
def test_a_photo_of_a_folder_stays_where_it_is_and_imports_know_it_again(
    desk: FlaskClient, desk_instance: Path
) -> None:
    send(desk, desk.get("/admin/items/3"), "/admin/items/3/remove")
    again = hashbag(["import", desk_instance / "photos"], desk_instance)
    assert "left out 1" in again.stderr
    send(desk, desk.get("/admin/removed"), "/undo")
    again = hashbag(["import", desk_instance / "photos"], desk_instance)
    assert "added 0, updated 0, unchanged 8, rejected 0" in again.stdout


@pytest.mark.thorough
def test_a_photo_that_another_bag_loses_stays_for_the_one_in_the_bin(
    desk: FlaskClient, desk_instance: Path
) -> None:
    add(desk, 50)
    add(desk, 50)
    send(desk, desk.get("/admin/items/9"), "/admin/items/9/remove")
    bearer = {"Authorization": "Bearer of-the-owner"}
    assert desk.delete("/api/v1/items/10", headers=bearer).status_code == 204
    send(desk, desk.get("/admin/removed"), "/undo")
    assert desk.get("/images/9", buffered=True).data == encoded(bag(50), "PNG")
    assert desk.get("/thumbs/9", buffered=True).status_code == 200
    assert hashbag(["verify"], desk_instance).returncode == 0


def test_undone_beside_a_new_bag_of_the_same_photo_there_are_two(desk: FlaskClient) -> None:
    add(desk, 50)
    send(desk, desk.get("/admin/items/9"), "/admin/items/9/remove")
    add(desk, 50, title="Again")
    send(desk, desk.get("/admin/removed"), "/undo")
    assert {item(desk, 9).occurrence, item(desk, 10).occurrence} == {0, 1}


def test_after_a_day_it_is_gone_with_its_files(
    desk: FlaskClient, desk_instance: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(desk, 50)
    send(desk, desk.get("/admin/items/9"), "/admin/items/9/remove")
    listed = desk.get("/admin/removed")
    assert len(sources(desk_instance)) == 1
    core = core_of(desk.application)
    assert core.item_bin.empty() == 0
    later = time.time() + KEPT_SECONDS + 1
    monkeypatch.setattr("webapp.catalog.item_bin.time", SimpleNamespace(time=lambda: later))
    assert "Nothing was removed" in desk.get("/admin/removed").text
    assert core.item_bin.empty() == 1
    assert sources(desk_instance) == []
    answer = send(desk, listed, "/undo")
    assert "cannot be undone any more" in told(desk.get(answer.headers["Location"]))


def test_a_number_that_no_bag_can_have_is_no_bags(desk: FlaskClient) -> None:
    page = desk.get("/admin/items/3").text.replace("/admin/items/3", f"/admin/items/{'9' * 25}")
    answer = send(desk, page, "/remove")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/admin/removed")


def test_what_somebody_changed_meanwhile_is_not_removed_unseen(desk: FlaskClient) -> None:
    page = desk.get("/admin/items/3")
    send(desk, page, "/admin/items/3", title="Better")
    answer = send(desk, page, "/admin/items/3/remove")
    assert "It was not removed" in told(desk.get(answer.headers["Location"]))
    assert item(desk, 3).title == "Better"


@pytest.mark.thorough
def test_what_people_write_is_shown_as_they_wrote_it(desk: FlaskClient) -> None:
    evil = '"><script>alert(1)</script>'
    add(desk, title=evil, brand=evil, url="javascript:alert(1)", new_name=evil, new_value=evil)
    for page in ("/admin/items/9", "/admin/items/9/added", "/admin", "/items/9"):
        text = desk.get(page).text
        assert "<script>alert" not in text
    shown = re.search(r'name="was" value="([^"]*)"', desk.get("/admin/items/9").text)
    assert shown
    assert json.loads(html.unescape(shown[1]))["title"] == evil


def test_every_write_asks_who_it_is_and_where_it_comes_from(
    desk_app: Flask, desk: FlaskClient
) -> None:
    writes: list[tuple[str, dict[str, Any]]] = [
        ("/admin/add", {"image": photo(50)}),
        ("/admin/items/3", {"title": "Hacked"}),
        ("/admin/items/3/remove", {}),
        ("/admin/removed/x/undo", {}),
    ]
    stranger = desk_app.test_client()
    for address, fields in writes:
        answer = stranger.post(address, data=fields)
        assert answer.status_code == 403
        assert "Nothing was changed" in answer.text
        assert "Set-Cookie" not in answer.headers  # nobody is signed out by another site
    for address, fields in writes:
        again = {name: photo(50) if name == "image" else text for name, text in fields.items()}
        assert desk.post(address, data=again).status_code == 400
    assert core_of(desk_app).catalog.count() == 8
    assert item(desk, 3).title != "Hacked"
