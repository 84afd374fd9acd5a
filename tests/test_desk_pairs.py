"""At the desk one decides of bags that look the same: keep one, or they are different bags."""

import re

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.applications import core_of
from tests.desk import photo, send, told


@pytest.fixture
def twice(desk: FlaskClient) -> FlaskClient:
    """Add a bag three times, and another twice: numbers 9 to 11, and 12 and 13."""
    for seed in (50, 50, 50, 51, 51):
        send(desk, desk.get("/admin/add"), "/admin/add", image=photo(seed), title=f"Bag {seed}")
    return desk


def groups(page: TestResponse) -> list[list[int]]:
    """List the bags of each group, by their numbers."""
    parts = page.text.split('<section class="deciding"')[1:]
    return [
        sorted(int(number) for number in re.findall(r'name="keep" value="(\d+)"', part))
        for part in parts
    ]


def of_group(page: TestResponse, number: int) -> str:
    """Cut a page to one of its groups, so that a form of it is the first."""
    return page.text.split('<section class="deciding"')[number]


def left(desk: FlaskClient) -> list[int]:
    return [item.id for item in core_of(desk.application).catalog.all_items()]


def test_of_a_group_one_is_kept_and_the_others_can_be_brought_back(twice: FlaskClient) -> None:
    page = twice.get("/admin/duplicates")
    assert groups(page) == [[9, 10, 11], [12, 13]]
    send(twice, of_group(page, 1), "/admin/duplicates/keep", keep="10")
    page = twice.get("/admin/duplicates")
    assert "Number 10 stays; 2 others are removed." in told(page)
    assert groups(page) == [[12, 13]]
    assert left(twice) == [*range(1, 9), 10, 12, 13]
    send(twice, twice.get("/admin/removed"), "/undo")
    assert left(twice) == [*range(1, 14)]
    assert groups(twice.get("/admin/duplicates")) == [[9, 10, 11], [12, 13]]


def test_what_is_not_the_same_is_not_asked_about_again(twice: FlaskClient) -> None:
    send(twice, of_group(twice.get("/admin/duplicates"), 2), "/admin/duplicates/apart")
    page = twice.get("/admin/duplicates")
    assert told(page) == "Remembered: they are not the same."
    assert groups(page) == [[9, 10, 11]]
    # Said twice, it is the same.
    send(twice, of_group(page, 1), "/admin/duplicates/apart")
    assert groups(twice.get("/admin/duplicates")) == []
    # A further bag that looks like them is asked about.
    send(twice, twice.get("/admin/add"), "/admin/add", image=photo(51))
    page = twice.get("/admin/duplicates")
    assert groups(page) == [[12, 13, 14]]
    # Removed and brought back, it is remembered still.
    send(twice, of_group(page, 1), "/admin/duplicates/apart")
    send(twice, twice.get("/admin/items/12"), "/admin/items/12/remove")
    send(twice, twice.get("/admin/removed"), "/undo")
    page = twice.get("/admin/duplicates")
    assert groups(page) == []
    assert "Of 6 pairs you said that they are not the same." in page.text
    send(twice, page, "/admin/duplicates/forget")
    assert groups(twice.get("/admin/duplicates")) == [[9, 10, 11], [12, 13, 14]]


def test_visitors_see_the_same_groups_as_before(twice: FlaskClient) -> None:
    before = twice.get("/api/v1/items?page=1").get_json()["total"]
    send(twice, of_group(twice.get("/admin/duplicates"), 1), "/admin/duplicates/apart")
    assert twice.get("/api/v1/items?page=1").get_json()["total"] == before
    assert "3 bags" in twice.get("/duplicates").text or "Bag 50" in twice.get("/duplicates").text


def test_if_one_was_removed_meanwhile_nothing_is(twice: FlaskClient) -> None:
    page = of_group(twice.get("/admin/duplicates"), 1)
    send(twice, twice.get("/admin/items/11"), "/admin/items/11/remove")
    send(twice, page, "/admin/duplicates/keep", keep="10")
    assert "Nothing is removed" in told(twice.get("/admin/duplicates"))
    assert {9, 10} <= set(left(twice))


@pytest.mark.parametrize(
    "fields",
    [
        {"member": ["9"], "keep": "9"},
        {"member": ["9", "10"], "keep": "3"},
        {"member": ["9", "x"], "keep": "9"},
        {"member": [], "keep": "9"},
        {"member": ["9", "9" * 25], "keep": "9"},
    ],
)
def test_a_damaged_form_removes_nothing(twice: FlaskClient, fields: dict[str, object]) -> None:
    page = twice.get("/admin/duplicates")
    assert send(twice, page, "/admin/duplicates/keep", **fields).status_code == 400
    assert len(left(twice)) == 13


def test_a_bag_of_a_damaged_group_need_not_be_there(twice: FlaskClient) -> None:
    page = twice.get("/admin/duplicates")
    gone = {"member": ["9", "99999"]}
    assert send(twice, page, "/admin/duplicates/apart", **gone).status_code == 303
    assert send(twice, page, "/admin/duplicates/keep", **gone, keep="9").status_code == 303
    assert len(left(twice)) == 13
    far = {"member": ["9", "9" * 25]}
    assert send(twice, page, "/admin/duplicates/apart", **far).status_code == 400


def test_there_may_be_none(desk: FlaskClient) -> None:
    assert "No bags look the same" in desk.get("/admin/duplicates").text
