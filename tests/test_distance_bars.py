"""Bars count the pairs of bags at each distance, and choose how near duplicates must be."""

import itertools
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given, settings
from hypothesis import strategies as st
from playwright.sync_api import Browser, expect

from tests import oracle
from tests.applications import Once
from tests.browsing import Look, looking
from tests.conftest import take_in
from tests.pictures import bag
from tests.serving import Server
from tests.test_duplicates import take_shop, views_of
from tests.test_pages import Page
from tests.test_pages import page as shown
from webapp import create_app
from webapp.explore import pair_counts
from webapp.explore.duplicates import most_distance
from webapp.explore.nodes import all_nodes
from webapp.explore.pair_counts import count_pairs
from webapp.hashing.kinds import KINDS
from webapp.index.code_table import make_table

BAR = re.compile(
    r'<a[^>]* href="[^"]*distance=(\d+)[^"]*"[^>]*>\s*<span class="hidden">([\d,]+) pairs? with '
    r"(\d+)(?: to (\d+))? bits between them: group up to (\d+)</span>"
)


@pytest.fixture(scope="module")
def doubled(once: Once) -> Flask:
    """Open an application with some pictures many times; tests must not change it."""
    return create_app({"instance": once("doubled", take_shop) / "instance"})


@pytest.fixture
def client(doubled: Flask) -> FlaskClient:
    return doubled.test_client()


def counted(items: Sequence[Sequence[bytes]], limit: int) -> list[int]:
    """Count the pairs at each distance, one after the other."""
    pairs = itertools.combinations(items, 2)
    nearest = [min(oracle.distance(a, b) for a in one for b in other) for one, other in pairs]
    return [nearest.count(length) for length in range(limit + 1)]


@pytest.mark.slow
@given(
    seed=st.integers(0, 2**32),
    count=st.integers(1, 40),
    views=st.sampled_from([1, 3]),
    width=st.sampled_from([1, 8, 24, 40]),
    noise=st.sampled_from([0.0, 0.02, 0.15, 0.5]),
    share=st.floats(0, 0.4),
)
@settings(max_examples=60)
def test_pairs_are_those_of_a_plain_count(
    seed: int, count: int, views: int, width: int, noise: float, share: float
) -> None:
    """Whatever the codes and the tiles."""
    random = np.random.default_rng(seed)
    heart = random.integers(0, 2, (4, 8 * width), dtype=np.uint8)
    bits = heart[random.integers(0, 4, (count, views))]
    packed = np.packbits(bits ^ (random.random(bits.shape) < noise), axis=2)
    limit = int(share * 8 * width)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pair_counts, "_TILE_ROWS", int(random.integers(1, 20)))
        patch.setattr(pair_counts, "_TILE_COLUMNS", int(random.integers(20, 40)))
        found = count_pairs(all_nodes(make_table(8 * width, np.arange(count), packed)), limit)
    items = [[view.tobytes() for view in item] for item in packed]
    assert (found.pairs.tolist(), found.items) == (counted(items, limit), count)


def test_of_too_many_a_sample_is_counted() -> None:
    codes = np.zeros((1000, 1, 8), dtype=np.uint8)
    found = count_pairs(all_nodes(make_table(64, np.arange(1000), codes)), 3, most_codes=100)
    assert (found.pairs.tolist(), found.items) == ([100 * 99 // 2, 0, 0, 0], 100)


def bars_of(page: Page) -> list[tuple[int, int, int, int]]:
    """Read of each bar the distance it leads to, the pairs it says, and between which distances."""
    found = []
    for leads_to, pairs, first, last, up_to in BAR.findall(page.html):
        assert leads_to == up_to == (last or first)
        found.append((int(leads_to), int(pairs.replace(",", "")), int(first), int(last or first)))
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_the_bars_say_how_many_pairs_lie_at_each_distance(client: FlaskClient, kind: str) -> None:
    items = client.get("/api/v1/items?page=1&per_page=200&fields=hashes").get_json()["items"]
    codes = [views_of(item["hashes"][kind], kind) for item in items]
    most = most_distance(KINDS[kind])
    expected = counted(codes, most)
    bars = bars_of(shown(client, f"/duplicates?by={kind}"))
    assert [bar[1] for bar in bars] == [sum(expected[a : b + 1]) for _, _, a, b in bars]
    assert [bar[2] for bar in bars] == [0, *(bar[3] + 1 for bar in bars[:-1])]
    assert bars[-1][3] == most
    assert 6 <= len(bars) <= 8


def test_each_bar_leads_to_the_groups_up_to_it(client: FlaskClient) -> None:
    page = shown(client, "/duplicates?by=phash&seed=5")
    links = re.findall(r'href="([^"]+)"[^>]*>\s*<span class="hidden">[\d,]+ pair', page.html)
    for (distance, *_), link in zip(bars_of(page), links, strict=True):
        there = shown(client, link.replace("&amp;", "&"))
        assert f'name="distance" min="0" max="10" value="{distance}"' in there.html
        chosen = re.findall(
            r'aria-current="true">\s*<span class="hidden">.*up to (\d+)<', there.html
        )
        assert chosen == [str(distance)]
        assert "seed=5" in link


@pytest.mark.thorough
def test_pictures_that_prove_nothing_are_in_no_pair_but_with_the_same_picture(
    tmp_path: Path,
) -> None:
    photos = tmp_path / "photos"
    photos.mkdir()
    for number in range(3):
        bag(number).save(photos / f"{number}.png")
    blank = bag(0).point(lambda _: 255)
    blank.save(photos / "blank.png")
    blank.save(photos / "blank-too.png")
    app = create_app({"instance": tmp_path / "instance"})
    take_in(app, photos)
    bars = bars_of(shown(app.test_client(), "/duplicates"))
    assert [bar[1] for bar in bars] == [1, *[0] * (len(bars) - 1)]


def test_the_group_of_one_bag_has_no_bars(client: FlaskClient) -> None:
    assert bars_of(shown(client, "/duplicates?of=4")) == []


@pytest.mark.slow
@pytest.mark.parametrize("width", [320, 390, 1280])
def test_a_bar_is_chosen_by_the_keyboard_without_scripts(
    width: int, chromium: Browser, shop: Server
) -> None:
    with looking(chromium, shop, Look(width, scripts=False)) as page:
        page.goto("/duplicates?by=ahash")
        page.locator(".pairs a").nth(2).focus()
        page.keyboard.press("Enter")
        page.wait_for_url("**/duplicates?by=ahash&distance=2")
        chosen = page.locator(".pairs a[aria-current]")
        expect(chosen).to_have_count(1)
        heights = [
            box["height"]
            for box in (it.bounding_box() for it in page.locator(".pairs rect").all())
            if box
        ]
        assert max(heights) > 50
        page.emulate_media(forced_colors="active")
        assert chosen.evaluate("it => getComputedStyle(it).outlineStyle") == "solid"
