"""Items with the identical picture stand as one, and count."""

import random
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType

import numpy as np
import pytest
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st

from tests import oracle
from tests.conftest import core_of, take_in
from tests.pictures import bag
from webapp import create_app
from webapp.catalog.item_entries import Entry
from webapp.catalog.writer import CatalogWriter
from webapp.hashing.kinds import KINDS
from webapp.index import identical_pictures
from webapp.models import Filters
from webapp.search.query import RANKINGS, Query


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """Build a shop of twelve pictures; the second is there five times, three of them converted."""
    folder = tmp_path_factory.mktemp("shop")
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


def test_copies_stand_as_one_with_their_count_and_nine_others_still_come(shop: Flask) -> None:
    searcher = core_of(shop).searcher
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


def test_the_item_asked_with_is_not_counted_among_its_copies(shop: Flask) -> None:
    first = core_of(shop).searcher.similar_to_item(13, Query(RANKINGS["phash"], fold=True))
    assert (first.hits[0].item.id, first.hits[0].distance, first.hits[0].copies) == (2, 0, 4)


def test_only_copies_that_pass_the_filters_are_counted(shop: Flask) -> None:
    vell = Query(RANKINGS["phash"], 9, Filters(brand=("Vell",)), fold=True)
    hits = core_of(shop).searcher.similar_to_item(5, vell).hits
    assert [(hit.item.id, hit.copies) for hit in hits] == [(14, 3)]


def test_the_page_folds_and_unfolds_by_links(shop: Flask) -> None:
    client = shop.test_client()
    page = client.get("/items/5?by=phash&k=20").get_data(as_text=True)
    unfold = re.search(r'<a href="([^"]+)">5 with this picture</a>', page)
    assert unfold
    opened = client.get(unfold[1].replace("&amp;", "&")).get_data(as_text=True)
    assert len(re.findall(r'data-item="(?:2|13|14|15|16)"', opened)) == 5
    assert "Fold identical pictures" in opened


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2)), max_size=30), st.data())
def test_pictures_are_identical_where_every_kind_says_so(
    codes: list[tuple[int, int]], data: st.DataObject
) -> None:
    witnesses = [
        np.array([one[kind] for one in codes], dtype=np.int32).reshape(-1, 1) for kind in (0, 1)
    ]
    takes_part = data.draw(st.lists(st.booleans(), min_size=len(codes), max_size=len(codes)))
    found = identical_pictures.find(len(codes), witnesses).among(np.array(takes_part, dtype=bool))
    there = [position for position, taken in enumerate(takes_part) if taken]
    same = {one: [other for other in there if codes[other] == codes[one]] for one in there}
    assert found.counts(np.array(there, dtype=int)) == [len(same[one]) for one in there]
    assert found.repeats.tolist() == [one for one in there if same[one][0] != one]


# --- beside a plain oracle, in catalogues of made-up codes ---

MadeUp = tuple[int | None, int, str]
"""An item: its code in whash, if it has one, its code in dhash, its brand."""

brands = st.sampled_from(["Ora", "Vell"])
NUMBERS = (0, 1, 2, 2**60 - 1)  # some of them at equal distances
made_up = st.lists(
    st.tuples(st.sampled_from(NUMBERS), st.integers(0, 1), brands), min_size=8, max_size=24
)


def with_or_without(one: tuple[bool, int, str]) -> MadeUp:
    """Make an item whose picture dhash tells: what has the same, has the same whash, or none."""
    has, dhash, brand = one
    return NUMBERS[dhash % len(NUMBERS)] if has else None, dhash, brand


with_gaps = st.lists(
    st.tuples(st.booleans(), st.integers(0, 5), brands).map(with_or_without), max_size=24
)


@pytest.mark.thorough
@given(made_up | with_gaps, st.sets(st.integers(1, 12), max_size=6), st.integers(1, 6))
@settings(max_examples=12)
def test_folding_is_as_a_plain_walk_over_all_items_says(
    entries: list[MadeUp], gone: set[int], k: int
) -> None:
    of_item: dict[int, MadeUp] = dict(enumerate(entries, 1))
    gone &= of_item.keys()
    # Pictures are told apart by the kinds that all items have; plain ones, zeros, by their files.
    complete = all(one is not None for one, *_ in entries)
    picture: dict[int, tuple[object, ...]] = {
        one: entry[:2] if complete else entry[1:2] for one, entry in of_item.items()
    }
    picture = {one: codes if any(codes) else ("its file", one) for one, codes in picture.items()}
    codes = {one: entry[0].to_bytes(8) for one, entry in of_item.items() if entry[0] is not None}
    with TemporaryDirectory() as folder:
        core = core_of(stocked(Path(folder), entries))
        CatalogWriter(core.catalog).remove(sorted(gone))
        for asked in codes.keys() - gone:
            for chosen in {(), *((brand,) for *_, brand in entries)}:
                query = Query(RANKINGS["whash"], k, Filters(brand=chosen), fold=True)
                hits = core.searcher.similar_to_item(asked, query).hits
                passing = [
                    one
                    for one in codes
                    if one != asked and (not chosen or of_item[one][2] in chosen)
                ]
                first: dict[tuple[object, ...], int] = {}
                for one in passing:
                    if one not in gone:
                        first.setdefault(picture[one], one)
                found = [(hit.distance, hit.item.id) for hit in hits]
                assert found == oracle.nearest(codes, codes[asked], k, first.values())
                for hit in hits:
                    sharing = {one for one in passing if picture[one] == picture[hit.item.id]}
                    assert len(sharing - gone) <= hit.copies <= len(sharing)


def stocked(folder: Path, entries: Sequence[MadeUp]) -> Flask:
    """Publish items without photos."""
    app = create_app({"instance": folder})
    core = core_of(app)
    versions = {name: KINDS[name].versions() for name in ("whash", "dhash")}
    size: dict[str, object] = {"width": 9, "height": 9, "extra": {}}
    writer = CatalogWriter(core.catalog)
    writer.make_catalog()
    writer.write(
        [
            Entry(
                None,
                {"path": f"{number}.png", "digest": f"{number}", "brand": brand, **size},
                {"dhash": other.to_bytes(8)} | ({} if one is None else {"whash": one.to_bytes(8)}),
                versions,
            )
            for number, (one, other, brand) in enumerate(entries)
        ]
    )
    core.generations.publish(core.catalog)
    return app


@pytest.mark.thorough
@pytest.mark.parametrize("path", ["/items/7?by=whash", "/api/v1/items/7/similar?by=whash&fold=1"])
def test_many_copies_of_one_picture_are_no_more_work_than_other_items(
    tmp_path: Path, path: str
) -> None:
    """Work is counted in calls of functions: seconds depend on what else the machine does."""
    chance = random.Random(5)
    others = [(chance.getrandbits(64), chance.getrandbits(64), "Ora") for _ in range(200)]
    copies = stocked(tmp_path / "copies", [(1, 1, "Ora")] * 2000 + others)
    few = stocked(tmp_path / "few", others)
    assert calls(copies, path) < 2 * calls(few, path)


def calls(app: Flask, path: str) -> int:
    """Count the functions that are called to answer a request, the second time it is made."""
    client, count = app.test_client(), 0

    def note(_frame: FrameType, event: str, _: object) -> None:
        nonlocal count
        count += event in {"call", "c_call"}

    assert client.get(path).status_code == 200
    sys.setprofile(note)
    try:
        client.get(path)
    finally:
        sys.setprofile(None)
    return count
