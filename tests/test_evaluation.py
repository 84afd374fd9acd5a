"""Search quality: what is asked, how ranks are counted, and what comes out."""

import json
import sys
import tomllib
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from flask import Flask
from PIL import Image

from tests.applications import hashbag
from tests.conftest import core_of, take_in
from tests.pictures import bag, catalogue
from webapp import create_app
from webapp.exceptions import BadParameter, NoCatalog, UnreadableImage
from webapp.hashing import bag_sense
from webapp.lab.evaluation import (
    EvaluationRow,
    Options,
    Progress,
    confusion,
    evaluate,
    heat_map,
    rivals,
    scenes,
    sscd,
    to_json,
    to_text,
    views,
)
from webapp.lab.evaluation.asked_pictures import asked_pictures
from webapp.lab.evaluation.drawing import is_dark, strength
from webapp.lab.evaluation.edits import EDITS, IDENTITY, edited
from webapp.lab.evaluation.gallery import Gallery, build
from webapp.lab.evaluation.grid import MEAN, grid_of
from webapp.lab.evaluation.hard_negatives import pairs
from webapp.lab.evaluation.levels import auc
from webapp.lab.evaluation.logistic import fitted
from webapp.lab.evaluation.ranks import neighbours, rank
from webapp.lab.evaluation.rivals import RIVALS
from webapp.lab.evaluation.rows import (
    AnotherPhoto,
    Cost,
    HardNegatives,
    Levels,
    OtherShots,
    SameLook,
    SamePicture,
    SameSort,
    Where,
)
from webapp.lab.evaluation.systems import chosen
from webapp.search import levels
from webapp.search.look import LOOK
from webapp.search.query import Query

pytestmark = pytest.mark.slow

SYSTEMS = ("look-harder", "phash", "colorhash")
PAPER, INK, OXBLOOD = (248, 245, 239), (31, 27, 23), (122, 31, 43)


def rows_of(app: Flask, options: Options) -> list[EvaluationRow]:
    """Evaluate to the end."""
    events = evaluate(core_of(app).catalog, options)
    return [event for event in events if not isinstance(event, Progress)]


def gallery_of(app: Flask, folder: Path, *systems: str) -> Gallery:
    """Build a gallery; it comes after all progress."""
    *_, gallery = build(core_of(app).catalog, folder, systems, jobs=1)
    assert isinstance(gallery, Gallery)
    return gallery


@pytest.fixture(scope="module")
def rows(filled: Flask) -> list[EvaluationRow]:
    """Evaluate three systems with four of sixty drawn pictures."""
    return rows_of(filled, Options(kinds=SYSTEMS, sample=4))


@pytest.fixture
def two_colours(tmp_path: Path) -> Flask:
    """Import a bag in red and in blue, a copy of the red one, and another model."""
    folder = tmp_path / "photos"
    folder.mkdir()
    red = bag(3)
    red.save(folder / "red.png")
    red.save(folder / "copy.png")
    Image.merge("RGB", red.split()[::-1]).save(folder / "blue.png")
    bag(4).save(folder / "other.png")
    (folder / "manifest.csv").write_text(
        "filename,title,brand,colour,category\n"
        "red.png,Ora Navy Red Tote,Ora,Red,Tote\n"
        "copy.png,Ora Red Tote,Ora,Red,Tote\n"
        "blue.png,Ora Navy Blue tote,Ora,Navy Blue,Tote\n"
        "other.png,Ora Green Clutch,Ora,Green,Clutch\n",
        "utf-8",
    )
    app = create_app({"instance": tmp_path / "instance"})
    take_in(app, folder / "manifest.csv")
    return app


@pytest.mark.parametrize("edit", EDITS)
def test_every_edit_gives_another_rgb_picture_and_the_same_one_for_the_same_seed(edit: str) -> None:
    picture = bag(1)
    once, again = (edited(picture, edit, seed=7, item_id=1) for _ in range(2))
    assert once.mode == "RGB"
    assert once.size == again.size
    assert once.tobytes() == again.tobytes()
    assert (once.tobytes() == picture.tobytes()) == (edit == IDENTITY)


def test_a_rank_is_what_shuffling_and_sorting_gives_in_the_mean() -> None:
    random = np.random.default_rng(0)
    for _ in range(20):
        distances = random.integers(0, 5, 12)
        wanted = np.zeros(12, dtype=np.bool_)
        wanted[random.choice(12, 2, replace=False)] = True
        counted = [rank(distances, wanted, random) for _ in range(600)]
        shuffled = []
        for _ in range(600):
            order = random.permutation(12)
            order = order[np.argsort(distances[order], kind="stable")]
            shuffled.append(int(np.flatnonzero(wanted[order])[0]) + 1)
        assert set(counted) == set(shuffled)
        assert np.mean(counted) == pytest.approx(np.mean(shuffled), abs=0.4)


def test_without_ties_a_rank_leaves_nothing_to_chance() -> None:
    random = np.random.default_rng(0)
    distances = np.array([0.5, 0.1, 0.9, 0.3])
    assert rank(distances, np.array([True, False, False, False]), random) == 3


def test_neighbours_are_the_nine_nearest_of_those_not_left_out() -> None:
    distances = np.arange(20)[::-1]
    left_out = distances < 3
    found = neighbours(distances, left_out, np.random.default_rng(0))
    assert distances[found].tolist() == list(range(3, 12))


def test_neighbours_that_are_equally_near_are_drawn_evenly() -> None:
    random = np.random.default_rng(0)
    nothing = np.zeros(20, dtype=np.bool_)
    counts = np.zeros(20)
    for _ in range(2000):
        counts[neighbours(np.zeros(20, dtype=np.int64), nothing, random)] += 1
    assert counts / 2000 == pytest.approx(np.full(20, 9 / 20), abs=0.05)


def test_the_json_rows_have_the_promised_names(rows: list[EvaluationRow]) -> None:
    found = json.loads(to_json(rows))
    tests = {"same picture", "same look", "same sort", "cost", "another photo", "where"}
    assert {row["test"] for row in found} == tests
    assert {row["kind"] for row in found} == {*SYSTEMS, "random", "bag finder"}
    for row in found:
        if row["test"] == "same picture":
            assert row["edit"] in EDITS
            assert 0 <= row["recall_at_1"] <= row["recall_at_9"] <= 1


def test_every_system_is_asked_with_every_edit(rows: list[EvaluationRow]) -> None:
    asked = [(row.kind, row.edit) for row in rows if isinstance(row, SamePicture)]
    assert asked == [(system, edit) for system in SYSTEMS for edit in EDITS]


def test_an_unedited_photo_finds_itself_when_all_codes_are_distinct(
    rows: list[EvaluationRow],
) -> None:
    distinct = {row.kind: row.distinct_codes for row in rows if isinstance(row, Cost)}
    assert distinct["phash"] == distinct["look-harder"] == 60
    grid = grid_of(rows)
    assert grid.value("phash", IDENTITY) == grid.value("look-harder", IDENTITY) == 1


def test_a_bag_before_another_background_is_asked_for_and_looked_for(
    rows: list[EvaluationRow],
) -> None:
    asked = [row for row in rows if isinstance(row, AnotherPhoto)]
    assert {row.kind for row in asked} == set(SYSTEMS)
    assert {row.sort for row in asked} >= {scenes.ROOMS, *views.VIEWS}
    assert all(0 <= row.recall_at_1 <= row.recall_at_9 <= 1 for row in asked)
    places = [row for row in rows if isinstance(row, Where)]
    sorts = dict.fromkeys(row.sort for row in asked)
    assert [row.background for row in places] == [s for s in sorts if s not in views.VIEWS]
    assert all(row.queries == asked[0].queries for row in places)
    text = to_text(rows)
    assert "another photo: " in text
    assert "where: the frame found" in text


def test_a_scene_is_the_same_for_the_same_seed_and_holds_the_bag_in_its_frame() -> None:
    picture = bag(2)
    once, again = (scenes.paste(picture, (), np.random.default_rng(4)) for _ in range(2))
    other = scenes.paste(picture, (), np.random.default_rng(5))
    assert once.picture.tobytes() == again.picture.tobytes() != other.picture.tobytes()
    assert once.picture.size == scenes.SIZE_PIXELS
    frame = once.frame
    assert 0 <= frame.x < frame.x + frame.width <= 1
    assert 0 <= frame.y < frame.y + frame.height <= 1


@pytest.mark.parametrize("name", views.VIEWS)
def test_a_view_is_the_same_for_the_same_seed_and_another_for_another(name: str) -> None:
    once, again = (views.view(name, bag(2), np.random.default_rng(4)) for _ in range(2))
    other = views.view(name, bag(2), np.random.default_rng(5))
    assert once.tobytes() == again.tobytes()
    assert once.tobytes() not in {other.tobytes(), bag(2).tobytes()}


def test_a_turned_bag_is_narrower_and_its_nearer_side_is_taller() -> None:
    square = Image.new("RGB", (300, 300), "white")
    square.paste("black", (75, 75, 225, 225))
    turned = views.view(views.TURNED, square, np.random.default_rng(0))
    dark = np.asarray(turned.convert("L")) < 100
    rows, columns = np.flatnonzero(dark.any(axis=1)), np.flatnonzero(dark.any(axis=0))
    assert np.ptp(columns) < 0.97 * np.ptp(rows)
    left, right = (int(dark[:, columns[place]].sum()) for place in (8, -9))
    assert abs(left - right) > 0.1 * max(left, right)


def test_other_shots_are_further_photos_and_items_of_one_model_in_one_colour(
    tmp_path: Path,
) -> None:
    app, folder = create_app({"instance": tmp_path / "instance"}), tmp_path / "photos"
    folder.mkdir()
    for number in range(6):
        bag(number).save(folder / f"{number}.png")
    (folder / "more.png").write_bytes((folder / "0.png").read_bytes() + b" ")  # the same picture
    (folder / "list.csv").write_text(
        "filename,image_2,model,colour\n0.png,more.png,Aa,Red\n1.png,,Bb,Red\n2.png,,Bb,Blue\n"
        "3.png,,Bb,red\n4.png,,,\n5.png,,,\n"
    )
    take_in(app, folder / "list.csv")
    found = rows_of(app, Options(kinds=("phash",), tests=("other shots",)))
    assert [row.queries for row in found if isinstance(row, OtherShots)] == [3]
    (row,) = found
    assert isinstance(row, OtherShots)
    # By its further photo the first bag comes first. Of the others each has five items to be among.
    assert 0.33 < row.recall_at_1 <= row.recall_at_9 == 1
    assert "other shots: 3 further photos" in to_text(found)


def test_a_photograph_that_was_used_for_tuning_is_not_in_the_other_half() -> None:
    for sort in (scenes.PLACES, scenes.OBJECTS):
        even, odd = scenes.photographs(sort, "even"), scenes.photographs(sort, "odd")
        assert not set(even) & set(odd)
        assert set(scenes.photographs(sort, "all")) == {*even, *odd}


def test_bits_are_counted_over_all_views(rows: list[EvaluationRow]) -> None:
    bits = {row.kind: row.bits for row in rows if isinstance(row, Cost)}
    assert bits == {"look-harder": 2 * 1024 + 3 * 384 + 255, "phash": 64, "colorhash": 42}


def test_a_random_draw_is_as_often_of_the_same_category_as_the_catalogue(
    rows: list[EvaluationRow],
) -> None:
    chance = next(row for row in rows if isinstance(row, SameLook) and row.kind == "random")
    assert chance.same_category == pytest.approx(29 / 59, abs=1e-4)
    assert chance.same_brand == pytest.approx(19 / 59, abs=1e-4)


def test_the_same_sort_is_what_a_search_finds_counted_by_category(filled: Flask) -> None:
    rows = rows_of(filled, Options(kinds=("look",), tests=("same sort",), sample=120))
    core = core_of(filled)
    assert {row.category: row.queries for row in rows if isinstance(row, SameSort)} == {
        "Tote": 30,
        "Clutch": 30,
    }
    for row in rows:
        assert isinstance(row, SameSort)
        found: list[str] = []
        for item in core.catalog.all_items():
            if item.category == row.category:
                hits = core.searcher.similar_to_item(item.id, Query(LOOK)).hits
                found += [hit.item.category for hit in hits]
        # Of items that are equally far, chance takes others than a search does.
        assert row.precision_at_9 == pytest.approx(found.count(row.category) / 270, abs=0.02)
        assert sum(row.neighbours.values()) == pytest.approx(1, abs=1e-3)
        assert row.neighbours[row.category] == row.precision_at_9


def test_the_confusion_picture_shows_every_sort_by_every_sort() -> None:
    rows = [
        SameSort("look", "Tote", 9, 0.7, {"Tote": 0.7, "Clutch": 0.2, "Pouch": 0.1}),
        SameSort("look", "Clutch", 9, 1.0, {"Clutch": 1.0}),
    ]
    svg = ElementTree.fromstring(confusion(rows))
    space = "{http://www.w3.org/2000/svg}"
    hints = {title.text for title in svg.iterfind(f"{space}rect/{space}title")}
    assert hints == {
        "look: Tote finds Tote: 70.0 %",
        "look: Tote finds Clutch: 20.0 %",
        "look: Tote finds others: 10.0 %",
        "look: Clutch finds Tote: 0.0 %",
        "look: Clutch finds Clutch: 100.0 %",
        "look: Clutch finds others: 0.0 %",
    }


def test_the_same_seed_gives_the_same_rows(filled: Flask, rows: list[EvaluationRow]) -> None:
    again = rows_of(filled, Options(kinds=SYSTEMS, sample=4))
    assert [untimed(row) for row in again] == [untimed(row) for row in rows]


@pytest.mark.slow
def test_two_processes_find_what_one_finds(two_colours: Flask) -> None:
    one, two = (
        rows_of(two_colours, Options(kinds=("phash",), sample=4, jobs=jobs)) for jobs in (1, 2)
    )
    assert [untimed(row) for row in two] == [untimed(row) for row in one]


def untimed(row: EvaluationRow) -> EvaluationRow:
    """Leave out what the clock says."""
    return replace(row, hash_us=0.0) if isinstance(row, Cost) else row


def test_the_halves_are_every_other_file_name_and_together_everything(
    filled: Flask, tmp_path: Path
) -> None:
    gallery = gallery_of(filled, tmp_path, "phash")
    even, odd = gallery.half("even").tolist(), gallery.half("odd").tolist()
    assert sorted(even + odd) == gallery.half("all").tolist() == list(range(60))
    assert {int(Path(gallery.items[at].filename).stem) % 2 for at in even} == {0}


def test_file_names_are_halved_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    for number in (9, 10, 11):
        bag(number).save(folder / f"{number}.png")
    app = create_app({"instance": tmp_path / "instance"})
    take_in(app, folder)
    (tmp_path / "gallery").mkdir()
    gallery = gallery_of(app, tmp_path / "gallery", "phash")
    assert [gallery.items[at].filename for at in gallery.half("odd")] == ["10.png"]


def test_models_in_two_colours_are_found_by_title_and_grey_picture(
    two_colours: Flask, tmp_path: Path
) -> None:
    gallery = gallery_of(two_colours, tmp_path, "look")
    names = [item.filename for item in gallery.items]
    found = pairs(core_of(two_colours).catalog, gallery.items)
    named = {names[at]: {names[other] for other in others} for at, others in found.items()}
    assert named == {
        "red.png": {"blue.png"},
        "copy.png": {"blue.png"},
        "blue.png": {"red.png", "copy.png"},
    }


def test_a_model_in_two_colours_is_told_apart_by_colour_and_near_in_shape(
    two_colours: Flask,
) -> None:
    rows = rows_of(two_colours, Options(kinds=("shape", "colour"), sample=4))
    negatives = {row.kind: row for row in rows if isinstance(row, HardNegatives)}
    assert negatives["colour"].told_apart == 1
    assert negatives["shape"].median_rank_of_other == 1
    assert negatives["shape"].pairs == 4


def test_a_copy_of_the_photo_counts_as_the_original(two_colours: Flask) -> None:
    rows = rows_of(two_colours, Options(kinds=("look",), sample=4))
    assert grid_of(rows).value("look", IDENTITY) == 1


def test_rivals_that_are_not_installed_are_named(
    rows: list[EvaluationRow], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rivals, "find_spec", lambda _: None)
    assert "not asked: pdq (pip install pdqhash)" in to_text(rows)
    assert not set(chosen(())) & set(RIVALS)
    with pytest.raises(BadParameter, match="install pdqhash"):
        chosen(("pdq",))


def test_a_system_that_nobody_knows_is_refused_with_those_that_are() -> None:
    with pytest.raises(BadParameter, match=r"there is no 'wash'.*whash.*cv-marr"):
        chosen(("wash",))


# SSCD's package is for Python 3.12 and later.
INSTALLABLE = [
    rival
    for rival in RIVALS.values()
    if sscd.PACKAGE not in rival.modules or sys.version_info >= (3, 12)
]


@pytest.mark.parametrize("rival", INSTALLABLE, ids=lambda rival: rival.name)
def test_a_rival_finds_a_picture_nearest_to_itself(rival: rivals.Rival) -> None:
    if not rival.installed:
        pytest.skip(f"{rival.package} is not installed")
    hashes = np.stack([rival.compute(bag(seed)) for seed in range(6)])
    for position, own in enumerate(hashes):
        distances = rival.distances(hashes, own)
        assert distances[position] == pytest.approx(0, abs=1e-6)
        assert distances.argmin() == position
        assert hashes[0].dtype.itemsize * 8 * len(own) == rival.bits


def test_an_empty_catalogue_says_what_to_do(empty: Flask) -> None:
    with pytest.raises(NoCatalog, match="hashbag import"):
        rows_of(empty, Options(kinds=("phash",)))


def test_a_photo_that_is_gone_is_named(two_colours: Flask, tmp_path: Path) -> None:
    (tmp_path / "photos" / "other.png").unlink()
    with pytest.raises(UnreadableImage, match=r"other\.png.*hashbag verify"):
        rows_of(two_colours, Options(kinds=("phash",), sample=4))


def test_no_line_of_the_tables_is_wider_than_a_terminal(rows: list[EvaluationRow]) -> None:
    many = [
        replace(row, kind=f"system-number-{copy}")
        for copy in range(25)
        for row in rows
        if isinstance(row, SamePicture) and row.kind == "phash"
    ]
    text = to_text([*rows, *many])
    assert max(map(len, text.splitlines())) <= 120
    assert sum(line.startswith(MEAN) for line in text.splitlines()) == 6


def test_the_picture_shows_every_value_of_the_table(rows: list[EvaluationRow]) -> None:
    svg = ElementTree.fromstring(heat_map(rows))
    space = "{http://www.w3.org/2000/svg}"
    hints = [title.text for title in svg.iterfind(f"{space}rect/{space}title")]
    assert len(hints) == len(SYSTEMS) * (len(EDITS) + 1)
    assert "phash, identity: 100.0 %" in hints
    words = {text.text for text in svg.iter(f"{space}text")}
    assert {*SYSTEMS, *EDITS, MEAN} <= words


@pytest.mark.parametrize("share", np.linspace(0, 1, 21))
@pytest.mark.parametrize("paper", [PAPER, INK])
def test_every_cell_can_be_read_on_light_and_dark(
    share: float, paper: tuple[int, int, int]
) -> None:
    cell = strength(share) * np.array(OXBLOOD) + (1 - strength(share)) * np.array(paper)
    text = PAPER if is_dark(share) or paper == INK else INK
    high, low = sorted((luminance(cell), luminance(np.array(text))), reverse=True)
    assert (high + 0.05) / (low + 0.05) >= 4.5


def luminance(colour: np.ndarray[tuple[int], np.dtype[np.float64]]) -> float:
    """Return the relative luminance that WCAG compares."""
    unit = colour / 255
    linear = np.where(unit > 0.04045, ((unit + 0.055) / 1.055) ** 2.4, unit / 12.92)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def test_levels_are_measured_calibrated_and_drawn(filled: Flask, tmp_path: Path) -> None:
    drawn = tmp_path / "levels.svg"
    asked = Options(
        tests=("levels",), sample=6, jobs=2, calibrate=tmp_path / "found", levels_picture=drawn
    )
    found = [row for row in rows_of(filled, asked) if isinstance(row, Levels)]
    assert {row.kind for row in found} == set(levels.shipped())
    assert {row.items for row in found} == {30, 60}
    for row in found:
        assert row.no_bag_auc is not None
        assert row.no_bag_auc > 0.9
        assert row.bags_unlike <= 0.5
    written = tomllib.loads((tmp_path / "found" / "levels.toml").read_text("utf-8"))
    assert written.keys() == levels.shipped().keys()
    weights = tomllib.loads((tmp_path / "found" / "bag_sense.toml").read_text("utf-8"))["weights"]
    assert len(weights) == len(bag_sense.shipped().weights)
    words = {
        text.text for text in ElementTree.parse(drawn).iter("{http://www.w3.org/2000/svg}text")
    }
    assert {"the same picture", "very alike", "other things"} <= words
    assert max(map(len, to_text(found).splitlines())) <= 120


@pytest.mark.parametrize("option", ["--bags", "--calibrate"])
def test_what_the_test_levels_alone_uses_is_refused_without_it(tmp_path: Path, option: str) -> None:
    done = hashbag(["evaluate", "--test", "cost", option, tmp_path], tmp_path / "instance")
    assert done.returncode == 2
    assert f"{option} is of the test levels" in done.stderr


def test_photos_of_bags_and_other_things_come_from_folders_or_lists_without_bags(
    tmp_path: Path,
) -> None:
    for folder in ("bags", "things"):
        catalogue(tmp_path / folder, 4)
    rows = "".join(f"{n:03d}.png,{'Bags' if n % 2 else 'Shoes'}\n" for n in range(4))
    (tmp_path / "things" / "all.csv").write_text("filename,category\n" + rows, "utf-8")
    asked = asked_pictures([], tmp_path / "bags", tmp_path / "things" / "all.csv", "all", seed=0)
    named = [(one.sort, one.path.name) for one in asked if one.path]
    assert [name for sort, name in named if sort == "other thing"] == ["000.png", "002.png"]
    assert [name for sort, name in named if sort == "bag"] == [f"{n:03d}.png" for n in range(4)]
    halves = [
        {(one.sort, one.number) for one in asked_pictures([], None, None, half, seed=0)}
        for half in ("even", "odd")
    ]
    assert not halves[0] & halves[1]


def test_weights_tell_apart_what_can_be() -> None:
    random = np.random.default_rng(4)
    values = random.normal(size=(400, 5))
    positive = values[:, 1] > 0.5 * values[:, 3]
    weights, bias = fitted(values, positive)
    assert np.mean((values @ weights + bias > 0) == positive) > 0.9
    assert auc(values[positive] @ weights, values[~positive] @ weights) > 0.97


def test_an_auc_is_how_often_a_pair_is_in_order() -> None:
    random = np.random.default_rng(5)
    for _ in range(20):
        high, low = random.integers(0, 6, 9), random.integers(0, 6, 7)
        pairs_in_order = [1 if a > b else 0.5 if a == b else 0 for a in high for b in low]
        assert auc(high, low) == pytest.approx(np.mean(pairs_in_order))
