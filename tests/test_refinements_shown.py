"""What refines a ranking is offered, kept, told and taken off again, on pages and in the shell."""

import io
import json
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.applications import core_of, hashbag
from tests.pictures import bag, encoded, multipart
from tests.test_pages import Page, page

REFINED = {"tint": ["red"], "not": ["9", "12"]}
ADDRESS = "/items/7?by=look&tint=red&not=9&not=12&trail=3.4"


def refinements_in(link: str) -> dict[str, list[str]]:
    found = parse_qs(urlsplit(link).query)
    return {name: found[name] for name in ("tint", "colour_of", "not") if name in found}


def link_named(shown: Page, words: str, after: str = "") -> str:
    """Find the first link with these words, after others, by what stands before them."""
    rest = shown.html.partition(after)[2] if after else shown.html
    before, found, _ = rest.partition(f">{words}</a>")
    assert found, words
    return before.rpartition('href="')[2].partition('"')[0].replace("&amp;", "&")


def test_hits_price_bands_and_the_trail_keep_what_refines(client: FlaskClient) -> None:
    shown = page(client, ADDRESS)
    to_items = [link for link in shown.links("/items/") if "/items/7?" not in link]
    assert len(to_items) > 20
    assert [link for link in to_items if refinements_in(link) != REFINED] == []


def test_forms_that_narrow_keep_what_refines(client: FlaskClient) -> None:
    shown = page(client, ADDRESS)
    hidden = [(box.get("name"), box.get("value")) for box in shown.all("input")]
    for name, values in REFINED.items():
        for value in values:
            assert hidden.count((name, value)) == 2, "one for words, one for the filters"


def test_a_photo_asked_from_a_refined_page_is_refined_too(client: FlaskClient) -> None:
    forms = page(client, ADDRESS).all("form")
    (action,) = [form["action"] for form in forms if form.get("class") == "upload"]
    assert refinements_in(action) == REFINED
    sent = client.post(action, **multipart(encoded(bag(20), "PNG")))
    assert refinements_in(sent.headers["Location"]) == REFINED
    found = page(client, sent.headers["Location"])
    assert "Not like Bag 8" in found.html
    refused = client.post(action.replace("red", "mauve"), **multipart(encoded(bag(20), "PNG")))
    assert refused.status_code == 400


def test_a_page_says_what_each_refinement_means(client: FlaskClient) -> None:
    shown = page(client, ADDRESS)
    assert "<b>In red</b>: colours are compared with those of a bag of that colour" in shown.html
    assert "<b>Not like Bag 8</b>: it is left out, and so is whatever is nearer" in shown.html


def test_where_nothing_is_left_the_page_says_why(client: FlaskClient) -> None:
    shown = page(client, "/items/7?not=9&text=Bag+8")
    assert "All that passes these filters is nearer to what it is not to be like" in shown.html


def test_why_measures_a_match_against_what_it_is_not_to_be_like(
    client: FlaskClient, filled: Flask
) -> None:
    hits = client.get("/api/v1/items/7/similar?by=shape&k=59").get_json()["hits"]
    from_unwanted = client.get("/api/v1/items/9/similar?by=shape&k=59").get_json()["hits"]
    apart = {hit["item"]["id"]: hit["distance"] for hit in from_unwanted}
    assert len(apart) == core_of(filled).catalog.count() - 1
    told = set()
    for hit in hits[:6] + hits[-6:]:
        number, own = hit["item"]["id"], hit["distance"]
        if number == 9:
            continue
        verdict = "so it is left out" if apart[number] < own else "so it stays"
        told.add(verdict)
        shown = " ".join(page(client, f"/why?item=7&to={number}&by=shape&not=9").html.split())
        assert f"It is {own} from the bag you asked with and {apart[number]} from <a" in shown
        assert verdict in shown
    assert told == {"so it is left out", "so it stays"}


def test_why_names_the_colour_that_was_asked_for_over_its_bars(client: FlaskClient) -> None:
    by_name = page(client, "/why?item=7&to=9&by=colour&tint=red").html
    assert "Red, as asked for, above, the match below" in by_name
    of_a_bag = page(client, "/why?item=7&to=9&by=colour&colour_of=item:3").html
    assert "The colour asked for above, the match below" in of_a_bag
    assert "The bag you asked with above" in page(client, "/why?item=7&to=9&by=colour").html


def test_a_list_offers_the_shape_of_one_bag_and_the_colour_of_another(client: FlaskClient) -> None:
    shown = page(client, "/list?ids=7,12,3")
    for words, shape, colour in (
        ("The shape of the first, the colour of the second", "7", "item:12"),
        ("The shape of the second, the colour of the first", "12", "item:7"),
    ):
        link = link_named(shown, words)
        assert urlsplit(link).path == f"/items/{shape}"
        assert refinements_in(link) == {"colour_of": [colour]}
        assert "In the colour of" in page(client, link).html
    assert "The shape of the first" not in page(client, "/list?ids=7").html


def test_bags_on_ones_shortlist_are_offered_as_the_second_bag(filled: Flask) -> None:
    visitor = filled.test_client()
    assert "on your shortlist" not in page(visitor, "/items/7").html
    visitor.post("/list", data={"ids": "7,12"})
    shown = page(visitor, "/items/7?tint=red&not=9")
    link = link_named(shown, "Bag 11", "on your shortlist")
    assert refinements_in(link) == {"colour_of": ["item:12"], "not": ["9"]}
    offered = shown.html.partition("on your shortlist")[2].partition("</nav>")[0]
    assert offered.count("<a ") == 1, "the bag itself has that colour"
    assert page(visitor, link).hits()


def test_more_like_its_shape_and_more_like_its_colour_are_links(client: FlaskClient) -> None:
    shown = page(client, "/items/7?by=whash&not=9")
    for words, part in (("More like its shape", "shape"), ("More like its colour", "colour")):
        link = link_named(shown, words)
        assert refinements_in(link) == {"not": ["9"]}
        found = page(client, link)
        assert f'aria-current="true">{words}</a>' in found.html
        asked = {**parse_qs(urlsplit(link).query), "k": "40", "fold": "0"}
        leaning = client.get("/api/v1/items/7/similar", query_string=asked).get_json()["hits"]
        alone = client.get(f"/api/v1/items/7/similar?by={part}&k=5").get_json()["hits"]
        nearest = {hit["item"]["id"] for hit in leaning[:9]}
        assert sum(hit["item"]["id"] in nearest for hit in alone if hit["item"]["id"] != 9) >= 2


@pytest.mark.parametrize("options", [["--tint", "red"], ["--not", "5", "--not", "21"]])
def test_the_shell_refines_as_the_api_does(
    filled: Flask, client: FlaskClient, tmp_path: Path, options: list[str]
) -> None:
    picture = encoded(bag(20), "PNG")
    (tmp_path / "bag.png").write_bytes(picture)
    done = hashbag(
        ["search", tmp_path / "bag.png", "--json", *options],
        core_of(filled).settings.instance,
    )
    assert done.returncode == 0, done.stderr
    printed = [(hit["distance"], hit["id"]) for hit in json.loads(done.stdout)["hits"]]
    asked: dict[str, object] = {"image": (io.BytesIO(picture), "bag.png")}
    asked |= {"not": ["5", "21"]} if "--not" in options else {"tint": "red"}
    hits = client.post("/api/v1/search", data=asked).get_json()["hits"]
    assert printed == [(hit["distance"], hit["item"]["id"]) for hit in hits]


def test_the_shell_says_which_rankings_ask_for_a_colour(filled: Flask, tmp_path: Path) -> None:
    (tmp_path / "bag.png").write_bytes(encoded(bag(20), "PNG"))
    done = hashbag(
        ["search", tmp_path / "bag.png", "--by", "whash", "--tint", "red"],
        core_of(filled).settings.instance,
    )
    assert done.returncode != 0
    assert "whash does not ask for a colour" in done.stderr
