"""The demo catalogue: its plan, its pictures and its folder."""

import csv
import hashlib
import re
import subprocess
import sys
from collections import Counter, defaultdict
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from webapp.lab.demo import DrawnBag, draw, plan, write
from webapp.lab.demo.makers import BRANDS
from webapp.lab.demo.silhouettes import SILHOUETTES

REAL_MAKERS = [
    "hermes",
    "chanel",
    "vuitton",
    "gucci",
    "prada",
    "dior",
    "fendi",
    "celine",
    "loewe",
    "bottega",
    "balenciaga",
    "burberry",
    "givenchy",
    "valentino",
    "versace",
    "ferragamo",
    "mulberry",
    "coach",
    "michael",
    "kors",
    "kate",
    "spade",
    "tory",
    "burch",
    "furla",
    "longchamp",
    "lancel",
    "goyard",
    "moynat",
    "delvaux",
    "valextra",
    "polene",
    "strathberry",
    "demellier",
    "radley",
    "aspinal",
    "osprey",
    "fossil",
    "guess",
    "dkny",
    "coccinelle",
    "nannini",
    "senreve",
    "cuyana",
    "wandler",
    "staud",
    "cult",
    "gaia",
    "mansur",
    "gavriel",
    "telfar",
    "jacquemus",
    "chloe",
    "lanvin",
    "mcqueen",
    "stella",
    "mccartney",
    "marc",
    "jacobs",
    "rebecca",
    "minkoff",
    "brahmin",
    "dooney",
    "bourke",
    "vera",
    "bradley",
    "tumi",
    "samsonite",
    "kipling",
    "herschel",
    "charles",
    "keith",
    "aldo",
    "parfois",
    "mango",
    "zara",
]

DIGEST = """
import hashlib
from webapp.lab.demo import draw, plan
print(hashlib.sha256(draw(plan(3)[2]).tobytes()).hexdigest())
"""


@pytest.fixture(scope="module")
def bags() -> list[DrawnBag]:
    return plan()


def test_a_plan_has_as_many_pictures_as_were_asked_for() -> None:
    assert [len(plan(items)) for items in (1, 7, 81)] == [1, 7, 81]


def test_a_longer_plan_begins_with_the_shorter_one() -> None:
    assert plan(300)[:81] == plan(81)


def test_another_seed_makes_another_catalogue() -> None:
    assert plan(20, seed=1) != plan(20, seed=2)


def test_nothing_to_draw_is_refused_with_a_sentence() -> None:
    with pytest.raises(ValueError, match="at least one"):
        plan(0)


def test_filenames_are_unique_and_sort_in_catalogue_order(bags: list[DrawnBag]) -> None:
    names = [bag.filename for bag in bags]
    assert names == sorted(set(names))
    assert all(re.fullmatch(r"\d{4}-[a-z-]+\.jpg", name) for name in names)


def test_there_are_many_kinds_of_bag_and_of_colour(bags: list[DrawnBag]) -> None:
    assert len({bag.category for bag in bags}) >= 10
    assert len({bag.design.silhouette for bag in bags}) == len(SILHOUETTES) >= 10
    colours = Counter(bag.colour for bag in bags)
    assert len(colours) >= 14
    assert {"Black", "Brown", "Tan"} <= {colour for colour, _ in colours.most_common(4)}


def test_no_maker_is_a_real_one(bags: list[DrawnBag]) -> None:
    words = {word for bag in bags for word in bag.brand.lower().split()}
    assert words.isdisjoint(REAL_MAKERS)
    assert {bag.brand for bag in bags} == {brand.name for brand in BRANDS}


def test_prices_are_money_with_a_shops_endings(bags: list[DrawnBag]) -> None:
    for bag in bags:
        assert Decimal(9) < Decimal(bag.price) < Decimal(5000)
        assert bag.price[-3:] in {".00", ".99"}
        assert bag.currency == "EUR"


def test_most_models_come_in_several_colours_with_the_same_drawing(bags: list[DrawnBag]) -> None:
    models = defaultdict(list)
    for bag in bags:
        models[bag.model].append(bag)
    several = [group for group in models.values() if len({bag.colour for bag in group}) > 1]
    assert len(several) > 0.8 * len(models)
    for group in models.values():
        assert len({bag.design for bag in group}) == 1
        assert len({(bag.brand, bag.price, bag.category) for bag in group}) == 1


def test_some_models_are_photographed_more_than_once_in_one_colour(bags: list[DrawnBag]) -> None:
    shots = defaultdict(set)
    for bag in bags:
        shots[bag.model, bag.colour].add(bag.shot)
    assert sum(len(each) > 1 for each in shots.values()) > 20


def test_a_title_names_the_model_the_kind_and_the_shade(bags: list[DrawnBag]) -> None:
    for bag in bags:
        noun = SILHOUETTES[bag.design.silhouette].noun
        assert noun in bag.title
        assert bag.title.endswith(f"in {bag.colourway.shade}")


@pytest.mark.parametrize("kind", sorted(SILHOUETTES))
def test_every_silhouette_is_drawn_inside_the_picture(kind: str) -> None:
    bag = next(
        bag for bag in plan() if bag.design.silhouette == kind and bag.shot.backdrop == "studio"
    )
    picture = draw(bag)
    assert picture.mode == "RGB"
    pixels = np.asarray(picture).astype(int)
    border = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    assert border.min() == 255
    covered = (pixels.min(axis=2) < 235).mean()
    assert 0.08 < covered < 0.75


@pytest.mark.thorough
def test_a_picture_has_the_same_bytes_in_every_process() -> None:
    here = hashlib.sha256(draw(plan(3)[2]).tobytes()).hexdigest()
    there = subprocess.run(
        [sys.executable, "-c", DIGEST], capture_output=True, text=True, check=True
    )
    assert there.stdout.strip() == here


@pytest.mark.slow
def test_a_folder_is_written_whole_and_resumes_where_it_stopped(tmp_path: Path) -> None:
    paths = list(write(tmp_path, 6, jobs=2))
    assert [path.name for path in paths] == [bag.filename for bag in plan(6)]
    before = {path: path.read_bytes() for path in paths}
    for path in paths:
        with Image.open(path) as picture:
            picture.verify()
    with (tmp_path / "manifest.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["filename"] for row in rows] == [path.name for path in paths]
    assert list(rows[0]) == [
        "filename", "title", "brand", "price", "currency", "colour", "category", "model",
    ]  # fmt: skip

    kept, lost = paths[0], paths[3]
    stamp = kept.stat().st_mtime_ns
    lost.unlink()
    assert list(write(tmp_path, 6, jobs=1)) == paths
    assert kept.stat().st_mtime_ns == stamp
    assert {path: path.read_bytes() for path in paths} == before
    assert sorted(tmp_path.iterdir()) == sorted([*paths, tmp_path / "manifest.csv"])


@pytest.mark.thorough
def test_a_folder_left_early_has_no_manifest(tmp_path: Path) -> None:
    pictures = write(tmp_path, 3, jobs=1)
    next(pictures)
    pictures.close()
    assert not (tmp_path / "manifest.csv").exists()
