"""Placing and drawing: near on the map is near in look, each cell one item, each tile in place."""

import io
from pathlib import Path

import numpy as np
import pytest
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from tests.conftest import core_of, draw_map
from tests.pictures import bag
from webapp.explore.map.mosaic import columns_for, snap
from webapp.explore.map.placement import Points, measure, place
from webapp.explore.map.pyramid import CELL_PIXELS, TILE_PIXELS, Pyramid
from webapp.explore.map.selection import spread
from webapp.explore.map.store import Maps
from webapp.explore.map.window import overview, window
from webapp.hashing.kinds import KINDS
from webapp.index.code_table import CodeTable, make_table
from webapp.search.look import LOOK
from webapp.search.query import Query

pytestmark = pytest.mark.thorough

ITEMS = 60


def placed(*tables: CodeTable) -> Points:
    """Measure to the end, and place."""
    work = measure(tables)
    while True:
        try:
            next(work)
        except StopIteration as end:
            return place(end.value)


def tables_of(bits: dict[str, NDArray[np.bool_]]) -> list[CodeTable]:
    """Make tables of items with these bits, shape (items, views, bits), by kind."""
    return [
        make_table(KINDS[name].bits, np.arange(1, len(one) + 1), np.packbits(one, axis=2))
        for name, one in bits.items()
    ]


def random_bits(random: np.random.Generator, name: str, count: int) -> NDArray[np.bool_]:
    return random.random((count, KINDS[name].views, KINDS[name].bits)) < 0.5


def families(count: int, size: int) -> tuple[list[CodeTable], NDArray[np.intp]]:
    """Make codes of families whose members differ in few bits; returns each item's family."""
    random = np.random.default_rng(5)
    family = np.arange(count * size) % count
    bits = {}
    for name in ("shape", "colour"):
        members = random_bits(random, name, count)[family]
        bits[name] = members ^ (random.random(members.shape) < 0.04)
    return tables_of(bits), family


def adjacent(cells: int, columns: int) -> NDArray[np.intp]:
    """List the pairs of cells that share a side, shape (P, 2)."""
    beside = [(cell, cell + 1) for cell in range(cells - 1) if (cell + 1) % columns]
    below = [(cell, cell + columns) for cell in range(cells - columns)]
    return np.array(beside + below)


def test_members_of_a_family_become_neighbours() -> None:
    tables, family = families(12, 20)
    columns = columns_for(len(family))
    there = family[snap(placed(*tables), columns)][adjacent(len(family), columns)]
    assert (there[:, 0] == there[:, 1]).mean() > 0.6  # one in twelve would be by chance


def test_neighbours_on_the_map_are_nearer_in_look_than_chance_by_a_wide_margin(
    mapped: Flask,
) -> None:
    core = core_of(mapped)
    found = core.maps.current()
    everything = Query(LOOK, ITEMS)
    distances = {
        (item, hit.item.id): hit.distance
        for item in found.ids
        for hit in core.searcher.similar_to_item(item, everything).hits
    }
    pairs = np.array(found.ids)[adjacent(ITEMS, found.columns)].tolist()
    near = np.mean([distances[first, second] for first, second in pairs])
    every = np.array(list(distances.values()))
    # Five standard errors of what a random arrangement would have.
    assert near < every.mean() - 5 * every.std() / len(pairs) ** 0.5


@settings(max_examples=15)
@given(
    st.integers(1, 20) | st.sampled_from([93, 140, 230]),
    st.sampled_from(["all alike", "two sorts", "all different"]),
)
def test_any_number_of_items_however_alike_is_placed(count: int, alike: str) -> None:
    random = np.random.default_rng(count)
    sorts = {"all alike": 1, "two sorts": 2, "all different": count}[alike]
    picked = np.arange(count) % min(count, sorts)
    bits = {name: random_bits(random, name, count)[picked] for name in ("shape", "colour")}
    points = placed(*tables_of(bits))
    assert points.shape == (count, 2)
    assert np.isfinite(points).all()


def test_the_same_items_are_placed_the_same_every_time() -> None:
    tables, _ = families(8, 20)
    first = placed(*tables)
    np.random.default_rng().random(10)
    assert first.tobytes() == placed(*tables).tobytes()


def test_the_same_catalogue_gives_the_same_map_byte_for_byte(mapped: Flask, tmp_path: Path) -> None:
    one, other = core_of(mapped).maps, Maps(tmp_path / "again")
    draw_map(mapped, other)
    version = one.current().version
    assert other.current().version == version
    for name in ("map.json", "tiles.bin"):
        again = (other.folder / version / name).read_bytes()
        assert again == (one.folder / version / name).read_bytes()


# --- the mosaic ---


@given(
    st.lists(st.tuples(st.integers(-9, 9), st.integers(-9, 9)), min_size=1, max_size=150),
    st.integers(1, 20),
)
def test_every_point_gets_a_cell_of_its_own(points: list[tuple[int, int]], columns: int) -> None:
    order = snap(np.array(points, dtype=np.float32), columns)
    assert sorted(order.tolist()) == list(range(len(points)))


@given(st.integers(1, 12), st.integers(1, 12), st.randoms())
def test_points_that_are_a_grid_already_keep_their_places(
    columns: int, rows: int, chance: np.random.Generator
) -> None:
    shuffled = list(range(columns * rows))
    chance.shuffle(shuffled)
    cells = np.array(shuffled)
    points = np.stack([cells % columns, cells // columns], axis=1).astype(np.float32)
    assert cells[snap(points, columns)].tolist() == list(range(columns * rows))


@given(st.integers(1, 12_000))
def test_the_mosaic_is_a_little_wider_than_high(count: int) -> None:
    columns = columns_for(count)
    rows = -(-count // columns)
    assert columns >= rows
    assert count < 50 or columns / rows < 1.6


def test_every_item_is_on_the_map_once(mapped: Flask) -> None:
    assert sorted(core_of(mapped).maps.current().ids) == list(range(1, ITEMS + 1))


# --- which items ---


def test_the_sample_of_a_large_catalogue_hardly_changes_as_it_grows() -> None:
    sample = spread(np.arange(1, 50_001), 1000)
    later = spread(np.arange(1, 50_011), 1000)
    assert len(set(later.tolist()) - set(sample.tolist())) <= 10
    in_each_tenth = np.histogram(sample, bins=10, range=(1, 50_001))[0]
    assert in_each_tenth.min() > 80


@given(st.sets(st.integers(1, 10**12), max_size=60), st.integers(1, 70))
def test_a_sample_is_of_the_items_and_all_of_them_if_there_are_few(
    ids: set[int], most: int
) -> None:
    sample = spread(np.array(sorted(ids), dtype=np.int64), most).tolist()
    assert len(sample) == min(most, len(ids))
    assert set(sample) <= ids
    assert sample == sorted(sample)


# --- the picture ---


@given(st.integers(1, 10_000))
def test_one_tile_shows_everything_and_each_level_is_twice_as_wide(count: int) -> None:
    pyramid = Pyramid(columns_for(count), count)
    assert pyramid.size(0) == (1, 1)
    assert pyramid.cell(pyramid.last) == CELL_PIXELS
    levels = range(pyramid.last + 1)
    for level in levels:
        for tiles, cells in zip(pyramid.size(level), (pyramid.columns, pyramid.rows), strict=True):
            assert (tiles - 1) * TILE_PIXELS < cells * pyramid.cell(level) <= tiles * TILE_PIXELS
    sizes = [(level, *pyramid.size(level)) for level in levels]
    numbers = [
        pyramid.number(level, x, y)
        for level, across, down in sizes
        for y in range(down)
        for x in range(across)
    ]
    assert numbers == list(range(pyramid.tiles))
    assert all(pyramid.number(level, across, 0) is None for level, across, _ in sizes)


def tile_of(app: Flask, level: int, x: int, y: int) -> Image.Image:
    maps = core_of(app).maps
    data = maps.tile(maps.current().version, level, x, y)
    return Image.open(io.BytesIO(data)).convert("RGB")


def test_each_cell_shows_its_items_photo(mapped: Flask) -> None:
    found = core_of(mapped).maps.current()
    for item_id in range(1, ITEMS + 1):
        column, row = found.cell_of(item_id) or (-1, -1)
        left, top = column % 2 * CELL_PIXELS, row % 2 * CELL_PIXELS
        tile = tile_of(mapped, found.pyramid.last, column // 2, row // 2)
        cell = np.asarray(tile.crop((left, top, left + CELL_PIXELS, top + CELL_PIXELS)), dtype=int)
        pixels = np.asarray(bag(item_id - 1)).reshape(-1, 3)
        colours, counts = np.unique(pixels, axis=0, return_counts=True)
        drawn = (colours < 255).any(axis=1)
        commonest = colours[drawn][counts[drawn].argmax()].astype(int)
        assert (np.abs(cell - commonest).max(axis=2) < 40).mean() > 0.04, item_id


def test_a_tile_is_the_four_below_it_at_half_the_size(mapped: Flask) -> None:
    level = core_of(mapped).maps.current().pyramid.last - 1
    below = Image.new("RGB", (2 * TILE_PIXELS, 2 * TILE_PIXELS))
    for x, y in ((0, 0), (1, 0), (0, 1), (1, 1)):
        below.paste(tile_of(mapped, level + 1, x, y), (x * TILE_PIXELS, y * TILE_PIXELS))
    above = np.asarray(tile_of(mapped, level, 0, 0), dtype=int)
    assert np.abs(above - np.asarray(below.reduce(2), dtype=int)).mean() < 6


# --- what the page shows by itself ---


@given(st.integers(1, 10_000), st.floats(0, 30), st.floats(0, 1), st.floats(0, 1))
def test_a_window_lies_in_its_level_and_moves_unless_it_is_at_the_edge(
    count: int, level: float, across: float, down: float
) -> None:
    pyramid = Pyramid(columns_for(count), count)
    shown = window(pyramid, level, across * pyramid.columns, down * pyramid.rows)
    width, height = pyramid.size(shown.level)
    assert 0 <= shown.left <= width - shown.across
    assert 0 <= shown.top <= height - shown.down
    assert len(shown.tiles) == shown.across * shown.down <= 12
    at_the_edge = {
        (-1, 0): shown.left == 0,
        (1, 0): shown.left + shown.across == width,
        (0, -1): shown.top == 0,
        (0, 1): shown.top + shown.down == height,
    }
    for direction, ends in at_the_edge.items():
        assert (shown.moved(*direction) is None) == ends


@given(st.integers(1, 10_000))
def test_the_overview_shows_every_cell_once(count: int) -> None:
    pyramid = Pyramid(columns_for(count), count)
    cells = [
        cell
        for tile in overview(pyramid).tiles
        for cell in tile.block.cells(pyramid.columns, count)
        if cell is not None
    ]
    assert sorted(cells) == list(range(count))
