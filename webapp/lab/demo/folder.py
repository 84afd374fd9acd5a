"""The demo catalogue on disk: pictures and their import list, each published by rename."""

import csv
import io
from collections.abc import Generator
from pathlib import Path

from webapp.atomic_files import write_atomically
from webapp.lab.demo.bag import DrawnBag
from webapp.lab.demo.drawing import draw
from webapp.lab.demo.plan import plan
from webapp.processes import pool

COLUMNS = ("filename", "title", "brand", "price", "currency", "colour", "category", "model")
JPEG_QUALITY = 90


def write(folder: Path, items: int = 900, seed: int = 81, *, jobs: int) -> Generator[Path]:
    """Draw a catalogue into `folder`; yield the path of each picture once it exists, in order.

    Existing pictures are not drawn again, so an interrupted run continues. `manifest.csv`, the
    import list, is written last.

    Raises:
        OSError: the folder cannot be written.
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
    _write_import_list(folder / "manifest.csv", bags)


def _publish(bag: DrawnBag, path: Path) -> None:
    """Draw one picture and publish its file by rename."""
    out = io.BytesIO()
    draw(bag).save(out, "JPEG", quality=JPEG_QUALITY, optimize=True)
    write_atomically(path, out.getvalue())


def _write_import_list(path: Path, bags: list[DrawnBag]) -> None:
    out = io.StringIO(newline="")
    rows = csv.writer(out)
    rows.writerow(COLUMNS)
    rows.writerows([getattr(bag, column) for column in COLUMNS] for bag in bags)
    write_atomically(path, out.getvalue().encode())
