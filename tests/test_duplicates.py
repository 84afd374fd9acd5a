"""Near-duplicates are grouped exactly, however many there are, and shown to people."""

import json
import re
import threading
from concurrent.futures import ThreadPoolExecutor, as_completed
from html import unescape
from itertools import islice
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests import oracle
from tests.applications import Once, hashbag
from tests.conftest import core_of, take_in
from tests.pictures import bag
from tests.serving import HANGS
from tests.test_api import problem, valid
from tests.test_pages import Page
from tests.test_pages import page as shown
from webapp import create_app, maintenance
from webapp.exceptions import BeingComputed
from webapp.explore import near_pairs, spanning_forest
from webapp.explore.duplicates import most_distance, usual_distance
from webapp.explore.grouping import Grouping, grouping_of
from webapp.explore.near_pairs import MAX_LIMIT_BITS
from webapp.explore.nodes import all_nodes
from webapp.explore.remembered import MOST_AT_ONCE
from webapp.hashing.kinds import KINDS
from webapp.index.code_table import CodeTable, make_table

COPIES = 20


def shop(folder: Path) -> Path:
    """Thirty pictures; one also twice under other names, one saved anew, one twenty times more.

    Items by number: 1 to 30 all differ; 31 and 32 are 4 again; 33 is nearly 6; 34 to 53 are equal.
    """
    folder.mkdir(parents=True)
    saved = [bag(number) for number in range(30)] + [bag(3)] * 2
    for number, picture in enumerate(saved):
        picture.save(folder / f"{number:02}.png")
    bag(5).save(folder / "32.jpg", quality=30)
    for number in range(33, 33 + COPIES):
        bag(77).save(folder / f"{number}.png")
    return folder


def take_shop(folder: Path) -> None:
    """Take that shop into an instance."""
    take_in(create_app({"instance": folder / "instance"}), shop(folder / "photos"))


@pytest.fixture(scope="module")
def doubled(once: Once) -> Flask:
    """Open an application with that shop; tests must not change it."""
    return create_app({"instance": once("doubled", take_shop) / "instance"})


@pytest.fixture
def client(doubled: Flask) -> FlaskClient:
    return doubled.test_client()


def in_words(grouping: Grouping) -> list[tuple[list[int], int]]:
    return [
        (grouping.members(number).tolist(), int(grouping.distances[number]))
        for number in range(len(grouping))
    ]


def grouped(table: CodeTable, limit: int) -> Grouping:
    return grouping_of(table.ids, all_nodes(table), limit)


# --- exact ---

WAYS = {"every pair": 0.0, "pairs that agree in a chunk": 99.0}


@pytest.mark.slow
@pytest.mark.parametrize("way", WAYS)
@given(
    seed=st.integers(0, 2**32),
    count=st.integers(1, 40),
    views=st.sampled_from([1, 3]),
    width=st.sampled_from([1, 3, 8, 24, 40]),
    centres=st.integers(1, 6),
    noise=st.sampled_from([0.0, 0.01, 0.04, 0.15, 0.5]),
    share=st.floats(0, 0.3),
)
@settings(max_examples=60)
def test_groups_are_those_of_a_walk_over_all_pairs(
    way: str,
    seed: int,
    count: int,
    views: int,
    width: int,
    centres: int,
    noise: float,
    share: float,
) -> None:
    """Whatever the codes, the tiles and how often links are merged."""
    random = np.random.default_rng(seed)
    heart = random.integers(0, 2, (centres, 8 * width), dtype=np.uint8)
    bits = heart[random.integers(0, centres, (count, views))]
    packed = np.packbits(bits ^ (random.random(bits.shape) < noise), axis=2)
    limit = int(share * 8 * width)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(near_pairs, "_MAX_CHUNK_SHARE", WAYS[way])
        patch.setattr(near_pairs, "_TILE_ROWS", int(random.integers(2, 20)))
        patch.setattr(near_pairs, "_TILE_COLUMNS", int(random.integers(1, 20)))
        patch.setattr(near_pairs, "_FIRST_SORTS", int(random.integers(0, 3)))
        patch.setattr(near_pairs, "_MIN_NEAR_SHARE", float(random.choice([0, 1])))
        patch.setattr(spanning_forest, "_BATCH_LINKS", int(random.choice([1, 30])))
        found = grouped(make_table(8 * width, np.arange(count), packed), limit)
    items = [[view.tobytes() for view in item] for item in packed]
    assert in_words(found) == oracle.groups(items, limit)


@pytest.mark.thorough
@pytest.mark.parametrize(("width", "limit"), [(8, 0), (8, 3), (8, 9), (48, 20), (32, 60)])
def test_some_hundred_items_in_dense_clusters_are_grouped_alike(width: int, limit: int) -> None:
    """In tiles of the size that is used."""
    random = np.random.default_rng(width + limit)
    heart = random.integers(0, 2, (40, 8 * width), dtype=np.uint8)
    chosen = np.minimum(random.geometric(0.1, 400), 40) - 1
    noise = random.random((400, 8 * width)) < limit / (8 * width) / 2
    packed = np.packbits(heart[chosen] ^ noise, axis=1)
    found = grouped(make_table(8 * width, np.arange(400), packed[:, None]), limit)
    assert in_words(found) == oracle.groups([[code.tobytes()] for code in packed], limit)
    assert len(found.ids) > 1


def planted(count: int, random: np.random.Generator) -> tuple[NDArray[np.uint8], list[int]]:
    """Make codes of 128 bits, all far apart but for planted groups; returns the groups' sizes.

    A planted group is a walk of steps of one to four bits away from where it starts.
    """
    packed: list[NDArray[np.uint8]] = []
    sizes: list[int] = []
    while sum(sizes) < count:
        size = min(int(random.zipf(1.7)), 30, count - sum(sizes))
        walk = random.permutation(128)
        ends = np.cumsum(np.append(0, random.integers(1, 5, size - 1)))
        code = random.integers(0, 2, 128, dtype=np.uint8)
        for end in ends:
            stepped = code.copy()
            stepped[walk[:end]] ^= 1
            packed.append(np.packbits(stepped))
        sizes.append(size)
    return np.array(packed)[:, None], sizes


@pytest.mark.slow
def test_a_hundred_thousand_codes_are_grouped_as_they_were_planted() -> None:
    packed, sizes = planted(100_000, np.random.default_rng(8))
    found = grouped(make_table(128, np.arange(100_000), packed), 4)
    starts = np.cumsum([0, *sizes])
    expected = sorted(
        (list(range(start, start + size)) for start, size in zip(starts, sizes, strict=False)),
        key=lambda group: (-len(group), group),
    )
    assert [group for group, _ in in_words(found)] == [one for one in expected if len(one) > 1]


@pytest.mark.slow
def test_a_hundred_thousand_codes_that_all_hang_together_are_one_group() -> None:
    """All pairs within the limit would be billions."""
    counted = np.arange(100_000, dtype=">u8").view(np.uint8).reshape(-1, 1, 8)
    found = grouped(make_table(64, np.arange(100_000), counted), 10)
    assert (len(found), len(found.ids), found.distances.tolist()) == (1, 100_000, [1])


def test_every_kind_has_a_usual_distance_and_a_limit_that_the_search_can_take() -> None:
    for kind in KINDS.values():
        assert 0 <= usual_distance(kind) <= most_distance(kind) <= min(kind.bits, MAX_LIMIT_BITS)


# --- kept ---


def test_a_few_who_ask_at_once_are_given_one_and_the_same_and_no_more_wait(
    doubled: Flask, client: FlaskClient
) -> None:
    """Of 100,000 bags it takes ten seconds, and a dozen who wait are all the threads there are."""
    known = core_of(doubled)._groupings  # noqa: SLF001 - what all requests share
    begun, go_on = threading.Event(), threading.Event()
    empty = np.empty(0, np.int64)
    computed = Grouping(0, empty, empty, empty, np.empty(0, np.uint8))

    def compute() -> Grouping:
        begun.set()
        assert go_on.wait(HANGS)
        return computed

    with ThreadPoolExecutor(8) as threads:
        asked = [threads.submit(known.once, ("some", "kind", 0), compute)]
        try:
            assert begun.wait(HANGS)
            asked += [threads.submit(known.once, ("some", "kind", 0), compute) for _ in range(7)]
            refused = list(islice(as_completed(asked, HANGS), 8 - MOST_AT_ONCE))
            for path in ("/duplicates", "/api/v1/duplicates"):
                answer = client.get(f"{path}?by=ahash&distance=2")
                assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
                assert "try again in a moment" in answer.text
        finally:
            go_on.set()
    assert {type(one.exception()) for one in refused} == {BeingComputed}
    assert all(one.result() is computed for one in asked if one not in refused)
    assert client.get("/duplicates?by=ahash&distance=2").status_code == 200


@pytest.mark.parametrize(("kind", "most"), [("phash", 1), ("colour", 2)])
def test_codes_of_other_kinds_are_read_until_one_tells_that_no_picture_is_plain(
    filled: Flask, kind: str, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where an engine keeps the codes, all those of a kind are fetched to be read."""
    read: list[CodeTable] = []

    def whole(table: CodeTable) -> CodeTable:
        read.append(table)
        return table

    monkeypatch.setattr(CodeTable, "whole", property(whole))
    core_of(filled).duplicates.grouping(KINDS[kind], 3)
    assert 1 <= len({id(table) for table in read}) <= most


def test_only_a_few_groupings_are_kept(doubled: Flask) -> None:
    duplicates, kind = core_of(doubled).duplicates, KINDS["ahash"]
    first = duplicates.grouping(kind, 0)
    for limit in (1, 2, 3, 0, 4, 5, 6, 7, 8):
        duplicates.grouping(kind, limit)
    assert duplicates.grouping(kind, 0) is first, "asked again meanwhile"
    for limit in range(1, 9):
        duplicates.grouping(kind, limit)
    assert duplicates.grouping(kind, 0) is not first


@pytest.mark.thorough
def test_what_comes_and_goes_is_grouped_anew(tmp_path: Path) -> None:
    app = create_app({"instance": tmp_path / "instance"})
    photos = shop(tmp_path / "photos")
    take_in(app, photos)
    core, client = core_of(app), app.test_client()
    asked = "/api/v1/duplicates?distance=0"
    assert client.get(asked).get_json()["total"] == 2

    maintenance.remove(core.catalog, core.thumbs, [31, 32, 53])
    groups = client.get(asked).get_json()["groups"]
    assert [len(group["items"]) for group in groups] == [COPIES - 1], "gone before the next index"
    assert "No other bag" not in shown(client, "/duplicates?distance=0").html

    bag(9).save(photos / "again.png")
    take_in(app, photos)
    groups = client.get(asked).get_json()["groups"]
    assert [group["size"] for group in groups] == [20, 3, 2]


# --- through HTTP ---


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("distance", [None, 0, 6])
def test_the_api_groups_items_as_their_hashes_say(
    client: FlaskClient, kind: str, distance: int | None
) -> None:
    more = "" if distance is None else f"&distance={distance}"
    answer = client.get(f"/api/v1/duplicates?by={kind}&per_page=200{more}")
    found = valid(client, answer, "Duplicates")
    assert (found["by"], found["bits"], found["page"]) == (kind, KINDS[kind].bits, 1)
    assert distance in (None, found["distance"])
    items = client.get("/api/v1/items?page=1&per_page=200&fields=hashes").get_json()["items"]
    codes = [
        views_of(item["hashes"][kind], kind) for item in sorted(items, key=lambda it: it["id"])
    ]
    expected = [
        ([number + 1 for number in group], longest)
        for group, longest in oracle.groups(codes, found["distance"])
    ]
    assert [(ids_of(group), group["distance"]) for group in found["groups"]] == expected
    assert [group["size"] for group in found["groups"]] == [len(group) for group, _ in expected]
    assert (found["total"], found["items"]) == (len(expected), sum(len(g) for g, _ in expected))


def views_of(digits: str, kind: str) -> list[bytes]:
    """Read the hexadecimal digits of several views."""
    each = len(digits) // KINDS[kind].views
    width = -(-each // 2)
    views = [digits[start : start + each] for start in range(0, len(digits), each)]
    return [int(view, 16).to_bytes(width, "big") for view in views]


def ids_of(group: dict[str, Any]) -> list[int]:
    return [item["id"] for item in group["items"]]


def test_the_api_pages_through_groups_and_through_one(client: FlaskClient) -> None:
    asked = "/api/v1/duplicates?distance=0"
    pages = [client.get(f"{asked}&per_page=1&page={page}").get_json() for page in (1, 2, 3)]
    assert [[group["size"] for group in page["groups"]] for page in pages] == [[20], [3], []]
    whole = valid(client, client.get(f"{asked}&of=40"), "Duplicates")
    assert ids_of(whole["groups"][0]) == list(range(34, 54))
    last = client.get(f"{asked}&of=40&per_page=15&page=2").get_json()
    assert (last["groups"][0]["size"], ids_of(last["groups"][0])) == (20, list(range(49, 54)))
    assert client.get(f"{asked}&of=1").get_json()["groups"] == []


def test_copies_are_found_and_without_asking_nearly_equal_ones_too(client: FlaskClient) -> None:
    exact = client.get("/api/v1/duplicates?distance=0").get_json()
    assert exact["by"] == "shape"
    assert [ids_of(group) for group in exact["groups"]] == [[*range(34, 54)], [4, 31, 32]]
    near = client.get("/api/v1/duplicates").get_json()
    assert near["distance"] == 19
    assert [6, 33] in [ids_of(group) for group in near["groups"]]


BAD = {
    "by=nope": "by: there is no hash kind 'nope'; try shape, colour",
    "by=look": "by: the look blends several kinds",
    "distance=39": "distance: must be from 0 to 38 of shape's 384 bits, not 39",
    "by=phash&distance=11": "distance: must be from 0 to 10 of phash's 64 bits, not 11",
    "distance=-1": "distance: ",
    "distance=far": "distance: 'far' is not a whole number",
    "page=0": "page: ",
    "of=0": "of: ",
    "of=x": "of: ",
}


@pytest.mark.parametrize(("query", "detail"), BAD.items())
def test_a_bad_parameter_is_named(client: FlaskClient, query: str, detail: str) -> None:
    assert problem(client.get(f"/api/v1/duplicates?{query}"), 400).startswith(detail)
    assert detail.split(": ", 1)[1] in unescape(shown(client, f"/duplicates?{query}", 400).html)


def test_what_is_not_there_is_404(client: FlaskClient) -> None:
    assert "no item 4711" in problem(client.get("/api/v1/duplicates?of=4711"), 404)
    assert "no item 4711" in shown(client, "/duplicates?of=4711", 404).html
    assert "Page 2 is past the end" in shown(client, "/duplicates?page=2", 404).html
    assert problem(client.get("/api/v1/duplicates?per_page=201"), 400).startswith("per_page: ")


def groups_of(page: Page) -> list[tuple[str, str, list[int]]]:
    """Read of each group what its heading says, and which items it shows."""
    found = []
    for part in re.split(r'<section class="group', page.html)[1:]:
        heading = re.search(r"<h2[^>]*>([^<]+)</h2>\s*<p>([^<]+)</p>", part)
        assert heading
        cards = re.findall(r'<li class="card"[^>]*>\s*<a href="/items/(\d+)', part)
        found.append((heading[1], heading[2], [int(card) for card in cards]))
    return found


def test_the_page_shows_groups_largest_first_and_long_ones_cut(client: FlaskClient) -> None:
    page = shown(client, "/duplicates?seed=5")
    large, middle, *pairs_ = groups_of(page)
    assert large == ("20 bags", "identical to shape", list(range(34, 46)))
    assert middle == ("3 bags", "identical to shape", [4, 31, 32])
    near = next(group for group in pairs_ if group[2] == [6, 33])
    assert re.fullmatch(r"\d+ of 384 bits differ", near[1])

    more = re.search(r'href="([^"]+)">and 8 more', page.html)
    assert more
    assert "seed=5" in more[1]
    whole = shown(client, unescape(more[1]))
    assert groups_of(whole) == [("20 bags", "identical to shape", list(range(34, 54)))]
    back = re.search(r'href="([^"]+)">All groups', whole.html)
    assert back
    assert groups_of(shown(client, unescape(back[1]))) == groups_of(page)


def test_the_page_is_made_of_links_and_one_form_that_keep_what_was_chosen(
    client: FlaskClient,
) -> None:
    page = shown(client, "/duplicates?by=phash&distance=2&seed=5")
    asked = [parse_qs(urlsplit(link).query) for link in page.links("/duplicates?")]
    assert {one["seed"][0] for one in asked} == {"5"}
    assert {one["by"][0] for one in asked if "by" in one} == set(KINDS)
    same_kind = [one for one in asked if one.get("by") == ["phash"]]
    distances = {one["distance"][0] for one in same_kind if "distance" in one}
    assert distances >= {"0", "1", "3"}
    fields = {field["name"]: field for field in page.all("input") if field.get("name")}
    assert {"by", "seed"} <= {name for name, it in fields.items() if it["type"] == "hidden"}
    assert {name: fields["distance"][name] for name in ("type", "min", "max", "value")} == {
        "type": "number",
        "min": "0",
        "max": "10",
        "value": "2",
    }
    assert "of 64 bits may differ" in page.html


@pytest.mark.thorough
def test_groups_are_paged(tmp_path: Path) -> None:
    app = create_app({"instance": tmp_path / "instance"})
    (tmp_path / "photos").mkdir()
    for number in range(25):
        for copy in "ab":
            bag(number).save(tmp_path / "photos" / f"{number:02}{copy}.png")
    take_in(app, tmp_path / "photos")
    client = app.test_client()
    first = shown(client, "/duplicates?distance=0")
    following = re.search(r'rel="next" href="([^"]+)"', first.html)
    assert following
    second = shown(client, unescape(following[1]))
    assert [len(groups_of(page)) for page in (first, second)] == [20, 5]
    ids = [item for page in (first, second) for _, _, items in groups_of(page) for item in items]
    assert ids == list(range(1, 51))


def test_where_nothing_is_that_near_the_page_says_what_to_loosen(client: FlaskClient) -> None:
    page = shown(client, "/duplicates?of=1&distance=0")
    assert "No other bag is this near" in page.html
    link = re.search(r'href="([^"]+)">Let up to 9 bits differ', page.html)
    assert link
    assert parse_qs(urlsplit(unescape(link[1])).query)["distance"] == ["9"]
    most = shown(client, "/duplicates?of=1&distance=38").html
    assert "No other bag is this near" in most
    assert "Let up to" not in most


def test_a_catalogue_without_any_says_so(filled: Flask) -> None:
    page = shown(filled.test_client(), "/duplicates?distance=0")
    assert "No two bags are this near" in page.html
    assert "Let up to 9 bits differ" in page.html


def test_an_empty_catalogue_says_how_to_fill_it(empty: Flask) -> None:
    client = empty.test_client()
    assert "hashbag import" in shown(client, "/duplicates").html
    assert "hashbag import" in problem(client.get("/api/v1/duplicates"), 503)


# --- from a shell, and on real photos ---


def test_the_command_lists_groups_with_files_and_distances(doubled: Flask) -> None:
    instance = core_of(doubled).settings.instance
    lines = hashbag(["duplicates", "--distance", "0"], instance)
    assert lines.returncode == 0, lines.stderr
    text = lines.stdout.splitlines()
    assert text[0] == "20 items, identical codes"
    assert text[21:25] == [
        "3 items, identical codes",
        "       4  03.png",
        "      31  30.png",
        "      32  31.png",
    ]
    assert text[25].startswith("2 groups, 23 items")

    told = json.loads(hashbag(["duplicates", "--json"], instance).stdout)
    assert (told["by"], told["distance"], told["bits"]) == ("shape", 19, 384)
    near = next(group for group in told["groups"] if group["items"][0]["id"] == 6)
    assert near["distance"] > 0
    assert [item["filename"] for item in near["items"]] == ["05.png", "32.jpg"]
    assert told["items"] == sum(group["size"] for group in told["groups"])

    wrong = hashbag(["duplicates", "--by", "phash", "--distance", "11"], instance)
    assert (wrong.returncode, "from 0 to 10 of phash's 64 bits" in wrong.stderr) == (2, True)
