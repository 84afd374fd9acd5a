"""Photos taken in by batches, on several cores: each item gets what is its own, in order."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from tests.conftest import core_of
from tests.pictures import bag
from webapp.catalog import import_list
from webapp.catalog.import_outcome import Outcome
from webapp.hashing.fingerprinting import fingerprint
from webapp.processes import in_order

COLUMNS = ("title", "brand", "colour")


def words(name: str, seed: int) -> dict[str, str]:
    """Give one photo after the other some words, then more, and none again."""
    return {column: f"{column} {seed}" for column in COLUMNS[: int(name[:2]) // 6 % 4]}


def listed(folder: Path, seeds: dict[str, int]) -> Path:
    """Write photos, and a list whose lines name different columns."""
    rows = []
    for name, seed in seeds.items():
        bag(seed).save(folder / name)
        rows.append(json.dumps({"filename": name, "url": str(seed)} | words(name, seed)))
    path = folder / "bags.jsonl"
    path.write_text("\n".join(rows))
    return path


@pytest.mark.slow
def test_each_item_has_its_own_codes_and_words_however_it_came(
    empty: Flask, tmp_path: Path
) -> None:
    core = core_of(empty)
    seeds = {f"{number:02d}.png": number for number in range(40)}
    few = dict(list(seeds.items())[1::3])
    list(core.importer.take(import_list.read(listed(tmp_path, few)), jobs=1))
    # Of those that are known some change and some stay; new ones stand between them.
    seeds |= {name: seed + 100 for name, seed in list(few.items())[::2]}
    outcomes = list(core.importer.take(import_list.read(listed(tmp_path, seeds)), jobs=1))
    assert outcomes.count(Outcome.ADDED) == len(seeds) - len(few)
    items = list(core.catalog.all_items())
    codes = core.catalog.fingerprints([item.id for item in items])
    assert {item.filename for item in items} == set(seeds)
    for item in items:
        seed = seeds[item.filename]
        assert codes[item.id] == fingerprint(bag(seed))
        given = dict.fromkeys(COLUMNS, "") | words(item.filename, seed)
        assert {column: getattr(item, column) for column in COLUMNS} == given


def test_some_kinds_alone_are_for_what_is_new_and_what_changed_loses_none(
    empty: Flask, tmp_path: Path
) -> None:
    core = core_of(empty)
    quick = ("whash", "colorhash")
    assert list(core.importer.take(import_list.read(listed(tmp_path, {"00.png": 0})), 1)) == [
        Outcome.ADDED
    ]
    changed = import_list.read(listed(tmp_path, {"00.png": 100, "01.png": 1}))
    assert list(core.importer.take(changed, 1, quick)) == [Outcome.UPDATED, Outcome.ADDED]
    old, new = (item.id for item in core.catalog.all_items())
    codes = core.catalog.fingerprints([old, new])
    assert codes[old] == fingerprint(bag(100))
    every = fingerprint(bag(1))
    assert codes[new] == {name: every[name] for name in quick}


@pytest.mark.slow
def test_answers_come_in_the_order_of_the_questions_however_many() -> None:
    for count in (0, 1, 3, 4, 5, 33):
        assert list(in_order(abs, range(-count, 0), jobs=2)) == [
            (number, -number) for number in range(-count, 0)
        ]


@pytest.mark.slow
def test_questions_are_not_taken_far_ahead_of_the_answers() -> None:
    taken = 0

    def questions() -> Iterator[int]:
        nonlocal taken
        while taken < 1000:
            taken += 1
            yield taken

    for answered, _ in enumerate(in_order(abs, questions(), jobs=2)):
        assert taken - answered <= 40
