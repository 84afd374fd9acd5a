"""Extra columns with few values narrow a grid, as brand and colour do."""

import csv
import re
from collections import Counter
from pathlib import Path

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.conftest import core_of, take_in
from tests.pictures import bag
from webapp import create_app
from webapp.index import extra_facets
from webapp.models import ITEM_FIELDS, TAKEN_NAMES

SEASONS, MATERIALS = ("Summer", "Winter", ""), ("Calf & co", "Raffia", "Suède")
COUNT = 24


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """A catalogue with columns that sort bags, one that numbers them, and one named as `seed`."""
    folder = tmp_path_factory.mktemp("shop")
    with (folder / "list.csv").open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(("filename", "brand", "season", "material/outside", "number", "seed", "made"))
        for number in range(COUNT):
            bag(number).save(folder / f"{number}.png")
            season, material = SEASONS[number % 3], MATERIALS[number // 8]
            brand = ("Ora", "Vell")[number % 2]
            rows.writerow(
                (f"{number}.png", brand, season, material, 500 + number, number % 2, "by hand")
            )
    app = create_app({"instance": folder / "instance"})
    take_in(app, folder / "list.csv")
    return app


def test_columns_that_sort_bags_are_facets_and_others_are_not(shop: Flask) -> None:
    found = core_of(shop).facets.values
    assert found["season"] == ("Summer", "Winter")
    assert found["material/outside"] == tuple(sorted(MATERIALS))
    assert not {"number", "seed", "made"} & set(found)


@given(
    st.sets(st.sampled_from(SEASONS[:2])),
    st.sets(st.sampled_from(MATERIALS)),
    st.sets(st.sampled_from(("Ora", "Vell"))),
)
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_they_narrow_and_count_as_a_walk_over_all_items_does(
    shop: Flask, seasons: set[str], materials: set[str], brands: set[str]
) -> None:
    wanted = {"season": seasons, "material/outside": materials, "brand": brands}
    asked = {name: sorted(values) for name, values in wanted.items()}
    answer = (
        shop.test_client().get("/api/v1/items", query_string={**asked, "n": COUNT, "seed": 1}).json
    )
    assert answer is not None
    rows = [
        (item, {"brand": item.brand, **item.extra}) for item in core_of(shop).catalog.all_items()
    ]

    def passing(*without: str) -> list[dict[str, str]]:
        names = [name for name, values in wanted.items() if values and name not in without]
        return [row for _, row in rows if all(row[name] in wanted[name] for name in names)]

    assert answer["total"] == len(passing())
    for name in wanted:
        counts = Counter(row[name] for row in passing(name) if row[name])
        shown = {one["value"]: one["count"] for one in answer["facets"][name]}
        assert {value: count for value, count in shown.items() if count} == counts


def test_a_page_offers_them_keeps_them_in_its_links_and_takes_them_off(shop: Flask) -> None:
    client = shop.test_client()
    page = client.get("/", query_string={"season": "winter", "seed": 3}).get_data(as_text=True)
    assert "<legend>Season</legend>" in page
    assert re.search(r'name="season" value="Winter" checked', page)
    assert 'name="material/outside" value="Suède"' in page
    items = re.findall(r'href="(/items/\d+[^"]*)"', page)
    assert items
    assert all("season=Winter" in address for address in items)
    chip = re.search(r'<a class="chip active" href="([^"]*)"', page)
    assert chip is not None
    assert "season" not in chip[1]
    neighbours = client.get(items[0].replace("&amp;", "&")).get_data(as_text=True)
    assert "season=Winter" in neighbours


def test_a_value_that_no_item_has_is_refused_to_programs_and_shown_to_people(shop: Flask) -> None:
    client = shop.test_client()
    refused = client.get("/api/v1/items?season=Wintr")
    assert refused.status_code == 400
    assert "season" in refused.get_data(as_text=True)
    assert "did you mean 'Winter'" in refused.get_data(as_text=True)
    page = client.get("/?season=Wintr")
    assert page.status_code == 200
    assert "Wintr" in page.get_data(as_text=True)


@pytest.mark.thorough
def test_a_list_without_such_columns_has_none(tmp_path: Path) -> None:
    for number in range(6):
        bag(number).save(tmp_path / f"{number}.png")
    app = create_app({"instance": tmp_path / "instance"})
    take_in(app, tmp_path)
    core = core_of(app)
    assert extra_facets.gather(core.catalog, core.facets.ids) == {}


def test_no_name_of_a_parameter_is_given_to_a_column(shop: Flask) -> None:
    document = shop.test_client().get("/api/v1/openapi.json").json
    assert document is not None
    named = {
        parameter["name"]
        for path in document["paths"].values()
        for call in path.values()
        for parameter in call.get("parameters", ())
        if parameter["in"] == "query"
    }
    assert named <= TAKEN_NAMES | {one.name for one in ITEM_FIELDS}
