"""Items with the identical picture stand as one, and count."""

import re
from pathlib import Path

import numpy as np
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import core_of, take_in
from tests.pictures import bag
from webapp import create_app
from webapp.index import identical_pictures
from webapp.models import Filters
from webapp.search.query import RANKINGS, Query


def shop(folder: Path) -> Flask:
    """Twelve pictures; the second is there five times, three of them saved in other formats."""
    photos = folder / "photos"
    photos.mkdir()
    lines = ["filename,brand"]
    for number in range(12):
        bag(number).save(photos / f"{number:02}.png")
        lines.append(f"{number:02}.png,Ora")
    for copy, suffix in enumerate(("png", "bmp", "tiff", "webp")):
        bag(1).save(photos / f"copy{copy}.{suffix}", lossless=True)
        lines.append(f"copy{copy}.{suffix},{'Vell' if copy else 'Ora'}")
    (photos / "bags.csv").write_text("\n".join(lines))
    app = create_app({"instance": folder / "instance"})
    take_in(app, photos / "bags.csv")
    return app


def test_copies_stand_as_one_with_their_count_and_nine_others_still_come(tmp_path: Path) -> None:
    app = shop(tmp_path)
    searcher = core_of(app).searcher
    for kind in RANKINGS.values():
        folded = searcher.similar_to_item(5, Query(kind, 9, fold=True)).hits
        plain = searcher.similar_to_item(5, Query(kind, 60)).hits
        assert len(folded) == 9
        assert {hit.copies for hit in folded if hit.item.id != 2} == {1}
        seen = [hit for hit in plain if hit.item.id not in (13, 14, 15, 16)][:9]
        assert [(hit.distance, hit.item.id) for hit in folded] == [
            (hit.distance, hit.item.id) for hit in seen
        ]
        assert all(hit.copies == 5 for hit in folded if hit.item.id == 2)


def test_the_item_asked_with_is_not_counted_among_its_copies(tmp_path: Path) -> None:
    first = core_of(shop(tmp_path)).searcher.similar_to_item(
        13, Query(RANKINGS["phash"], fold=True)
    )
    assert (first.hits[0].item.id, first.hits[0].distance, first.hits[0].copies) == (2, 0, 4)


def test_only_copies_that_pass_the_filters_are_counted(tmp_path: Path) -> None:
    vell = Query(RANKINGS["phash"], 9, Filters(brand=("Vell",)), fold=True)
    hits = core_of(shop(tmp_path)).searcher.similar_to_item(5, vell).hits
    assert [(hit.item.id, hit.copies) for hit in hits] == [(14, 3)]


def test_the_page_folds_and_unfolds_by_links(tmp_path: Path) -> None:
    client = shop(tmp_path).test_client()
    page = client.get("/items/5?by=phash&k=20").get_data(as_text=True)
    unfold = re.search(r'<a href="([^"]+)">5 with this picture</a>', page)
    assert unfold
    opened = client.get(unfold[1].replace("&amp;", "&")).get_data(as_text=True)
    assert len(re.findall(r'data-item="(?:2|13|14|15|16)"', opened)) == 5
    assert "Fold identical pictures" in opened


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2)), max_size=30))
def test_twins_are_equal_in_every_kind(codes: list[tuple[int, int]]) -> None:
    witnesses = [
        np.array([one[kind] for one in codes], dtype=np.int32).reshape(-1, 1) for kind in (0, 1)
    ]
    found = identical_pictures.find(len(codes), witnesses)
    for position, code in enumerate(codes):
        same = [other for other, its in enumerate(codes) if its == code]
        assert found.picture(position) == same[0]
        assert found.sharing(same[0]).tolist() == (same if len(same) > 1 else [])
