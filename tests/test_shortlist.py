"""A shortlist: kept by a cookie, shared by its address, and a search for what is like all of it."""

from collections.abc import Sequence

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given, settings
from hypothesis import strategies as st
from playwright.sync_api import Browser, expect

from tests.browsing import Look, looking
from tests.conftest import core_of
from tests.serving import Server
from webapp.search.query import Query, ranking_named


@pytest.fixture
def visitor(filled: Flask) -> FlaskClient:
    return filled.test_client()


def press(visitor: FlaskClient, number: int, back: str = "/") -> str:
    answer = visitor.post("/list", data={"toggle": str(number), "back": back})
    assert answer.status_code == 303
    return answer.headers["Location"]


def listed(visitor: FlaskClient) -> str:
    return visitor.get("/list").headers.get("Location", "")


def test_a_heart_puts_a_bag_on_the_list_and_takes_it_off(visitor: FlaskClient) -> None:
    assert press(visitor, 5, "/items/5?by=whash") == "/items/5?by=whash#heart-5"
    press(visitor, 3)
    assert listed(visitor).endswith("/list?ids=5,3")
    page = visitor.get("/list?ids=5,3").get_data(as_text=True)
    assert "Your shortlist" in page
    assert visitor.get("/items/3").get_data(as_text=True).count('aria-pressed="true"') >= 1
    press(visitor, 5)
    assert listed(visitor).endswith("/list?ids=3")
    press(visitor, 3)
    assert visitor.get("/list").status_code == 200
    assert "Nothing is on it yet" in visitor.get("/list").get_data(as_text=True)


def test_a_shared_list_is_shown_and_leaves_ones_own_alone(visitor: FlaskClient) -> None:
    press(visitor, 5)
    page = visitor.get("/list?ids=2,4").get_data(as_text=True)
    assert "A shortlist" in page
    assert "Keep it as mine" in page
    assert listed(visitor).endswith("ids=5")
    visitor.post("/list", data={"ids": "2,4"})
    assert listed(visitor).endswith("ids=2,4")


def test_a_list_can_be_put_in_another_order(visitor: FlaskClient) -> None:
    for number in (1, 2, 3):
        press(visitor, number)
    page = visitor.get("/list?ids=1,2,3").get_data(as_text=True)
    for value in ("2,1,3", "1,3,2", "2,3", "1,3", "1,2"):
        assert f'value="{value}"' in page
    visitor.post("/list", data={"ids": "2,1,3"})
    assert listed(visitor).endswith("ids=2,1,3")


@pytest.mark.parametrize(
    "ids", ["x", "1;2", "1,-2", "1.5", "٣", "1" * 40, ",".join(map(str, range(1, 27)))]
)
def test_a_list_that_cannot_be_read_is_refused(visitor: FlaskClient, ids: str) -> None:
    answer = visitor.get("/list", query_string={"ids": ids})
    assert answer.status_code == 400
    assert "ids" in answer.get_data(as_text=True)


def test_a_cookie_that_cannot_be_read_is_no_list(visitor: FlaskClient) -> None:
    visitor.set_cookie("shortlist", "<script>")
    assert visitor.get("/").status_code == 200
    assert "Nothing is on it yet" in visitor.get("/list").get_data(as_text=True)


def test_bags_that_are_gone_are_said_and_others_shown(visitor: FlaskClient) -> None:
    page = visitor.get("/list?ids=2,987654").get_data(as_text=True)
    assert "1 of this list is no longer here" in page
    answer = visitor.post("/list", data={"toggle": "987654"})
    assert answer.status_code == 404


def test_a_list_has_an_end(visitor: FlaskClient) -> None:
    visitor.post("/list", data={"ids": ",".join(map(str, range(1, 25)))})
    answer = visitor.post("/list", data={"toggle": "25"})
    assert answer.status_code == 400
    assert "at most 24 bags" in answer.get_data(as_text=True)


@pytest.mark.parametrize(
    "back",
    ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "x"],
)
def test_a_heart_never_leads_to_another_site(visitor: FlaskClient, back: str) -> None:
    assert press(visitor, 5, back).endswith("/list?ids=5")


def test_another_site_cannot_change_a_list(visitor: FlaskClient) -> None:
    press(visitor, 5)
    sent = {"toggle": "6"}
    answer = visitor.post("/list", data=sent, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403
    assert listed(visitor).endswith("ids=5")


def plainly(app: Flask, by: str, ids: Sequence[int], k: int) -> list[tuple[int, int]]:
    """Add up the distances of every item from each of the list, one item after another."""
    searcher, catalog = core_of(app).searcher, core_of(app).catalog
    query = Query(ranking_named(by), k=catalog.count())
    sums: dict[int, int] = {}
    for one in ids:
        result = searcher.similar_to(catalog.fingerprints([one])[one], query)
        for hit in result.hits:
            sums[hit.item.id] = sums.get(hit.item.id, 0) + hit.distance
    return sorted((total, number) for number, total in sums.items() if number not in ids)[:k]


@settings(max_examples=25, deadline=None)
@given(
    st.sampled_from(["look", "whash", "shape", "colorhash"]),
    st.lists(st.integers(1, 30), min_size=1, max_size=5, unique=True),
    st.integers(1, 12),
)
def test_what_is_like_all_of_them_has_the_least_sum(
    filled: Flask, by: str, ids: list[int], k: int
) -> None:
    searcher = core_of(filled).searcher
    result = searcher.answer(searcher.of_items(ids, Query(ranking_named(by), k=k)))
    assert [(hit.distance, hit.item.id) for hit in result.hits] == plainly(filled, by, ids, k)
    assert result.exact


@pytest.mark.slow
@pytest.mark.parametrize("scripts", [True, False])
def test_a_person_keeps_two_bags_and_looks_at_them(
    chromium: Browser, shop: Server, scripts: bool
) -> None:
    with looking(chromium, shop, Look(390, scripts=scripts)) as page:
        page.goto("/?seed=5")
        for place in (2, 4):
            page.locator(".card .heart").nth(place).click()
            expect(page.locator(".card .heart").nth(place)).to_have_attribute(
                "aria-pressed", "true"
            )
        expect(page.locator(".shortlist-link .number")).to_have_text("2")
        page.locator(".shortlist-link").click()
        expect(page.locator("h1")).to_have_text("Your shortlist")
        expect(page.locator(".listed > li")).to_have_count(2)
        expect(page.locator("#results .card")).to_have_count(9)
        first = page.locator(".listed .title").first.inner_text()
        page.locator(".listed > li").nth(1).get_by_role("button", name="earlier").click()
        expect(page.locator(".listed .title").nth(1)).to_have_text(first)
        page.get_by_role("button", name="off").first.click()
        expect(page.locator(".listed > li")).to_have_count(1)
