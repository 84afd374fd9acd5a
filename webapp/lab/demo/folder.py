"""The demo catalogue on disk: pictures and their manifest, each published by rename."""

import csv
from collections.abc import Generator
from pathlib import Path

from webapp.lab.demo.bag import DrawnBag
from webapp.lab.demo.drawing import draw
from webapp.lab.demo.plan import plan
from webapp.processes import pool

COLUMNS = ("filename", "title", "brand", "price", "currency", "colour", "category", "model")
QUALITY = 90


def write(folder: Path, items: int = 900, seed: int = 81, *, jobs: int) -> Generator[Path]:
    """Draw a catalogue into `folder`, yielding each picture's path as it is there, in plan order.

    Pictures that exist are kept, so an interrupted run goes on where it stopped;
    `manifest.csv` comes last. Raises OSError when the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    bags = plan(items, seed)
    paths = [folder / bag.filename for bag in bags]
    with pool(jobs) as workers:
        try:
            drawn = {
                path: workers.submit(_publish, bag, path)
                for bag, path in zip(bags, paths, strict=True)
                if not path.exists()
            }
            for path in paths:
                if path in drawn:
                    drawn[path].result()
                yield path
        finally:
            workers.shutdown(wait=True, cancel_futures=True)
    _write_manifest(folder / "manifest.csv", bags)


def _publish(bag: DrawnBag, path: Path) -> None:
    """Draw and save one picture, whole or not at all."""
    unfinished = path.with_suffix(".part")
    draw(bag).save(unfinished, "JPEG", quality=QUALITY, optimize=True)
    unfinished.replace(path)


def _write_manifest(path: Path, bags: list[DrawnBag]) -> None:
    unfinished = path.with_suffix(".part")
    with unfinished.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(COLUMNS)
        rows.writerows([getattr(bag, column) for column in COLUMNS] for bag in bags)
    unfinished.replace(path)
