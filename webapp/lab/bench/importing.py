"""The `import` section: photos a second and peak memory, beside a plain loop over imagehash."""

import itertools
import random
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import imagehash
from PIL import Image

from webapp.catalog.import_list import read
from webapp.hashing.kinds import KINDS
from webapp.lab.bench import memory
from webapp.lab.bench.rows import BenchRow, Progress
from webapp.lab.bench.stocked import core_at
from webapp.lab.demo.drawing import draw
from webapp.lab.demo.plan import plan
from webapp.processes import in_order, pool
from webapp.search.look import LEARNED

PHOTOS = {224: 1200, 1000: 1500, 3000: 40}
"""The number of photos by their width and height in pixels."""

_DRAWN_BAGS = 12
_CROP_PIXELS = 30
_JPEG_QUALITY = 90
_MEMORY_INTERVAL_SECONDS = 0.1

_RECIPE_KINDS = ("whash", "colorhash")
_OURS = {
    "hashbag, the recipe's two kinds": _RECIPE_KINDS,
    "hashbag, all kinds of pixels": tuple(name for name in KINDS if name != LEARNED),
    **({"hashbag, all and the learned": tuple(KINDS)} if LEARNED in KINDS else {}),
}

Step = Progress | BenchRow


def measure(pixels: int, count: int, seed: int, jobs: int) -> Iterator[Step]:
    """Draw photos of one size and import them in every way, one after another."""
    with tempfile.TemporaryDirectory(prefix="hashbag-bench-") as name:
        folder = Path(name, "photos")
        yield Progress(f"import, {pixels} px: drawing {count} photos")
        _draw(folder, pixels, count, seed, jobs)
        yield Progress(f"import, {pixels} px: the recipe's loop")
        recipe = _recipe(folder)
        yield Progress(f"import, {pixels} px: decoding only")
        decoding = _decoding(folder, jobs)
        yield Progress(f"import, {pixels} px: hashbag")
        measured: dict[str, tuple[float, int | None]] = {}
        for number, (system, kinds) in enumerate(_OURS.items()):
            # A new process, so that its memory is that of the import alone.
            with pool(1) as workers:
                instance = Path(name, f"instance-{number}")
                measured[system] = workers.submit(_ours, instance, folder, jobs, kinds).result()
        measured["the recipe's loop, two kinds"] = recipe, None
        measured["floor: decode on all cores"] = decoding, None
        for system, (seconds, peak) in measured.items():
            yield BenchRow(
                section="import",
                system=system,
                size=count,
                case=f"{pixels} px",
                per_second=round(count / seconds, 1),
                seconds=round(seconds, 2),
                ratio=round(seconds / recipe, 3),
                memory_mb=None if peak is None else round(peak / 1e6, 1),
            )


def _draw(folder: Path, pixels: int, count: int, seed: int, jobs: int) -> None:
    """Write photos of drawn bags, each cropped differently by some pixels."""
    folder.mkdir(parents=True)
    chance = random.Random(seed)  # noqa: S311 - repeatable, not secret
    drawn = [image for _, image in in_order(draw, plan(min(_DRAWN_BAGS, count)), jobs)]
    for number, image in zip(range(count), itertools.cycle(drawn), strict=False):
        left, top = chance.randrange(_CROP_PIXELS), chance.randrange(_CROP_PIXELS)
        right, bottom = image.width - _CROP_PIXELS + left, image.height - _CROP_PIXELS + top
        photo = image.crop((left, top, right, bottom))
        photo = photo.resize((pixels, pixels), Image.Resampling.BICUBIC)
        photo.save(folder / f"{number:05}.jpg", "JPEG", quality=_JPEG_QUALITY)


def _recipe(folder: Path) -> float:
    """Return the seconds of a plain loop over imagehash, file after file."""
    began = time.perf_counter()
    for path in sorted(folder.iterdir()):
        with Image.open(path) as image:
            imagehash.whash(image)
            imagehash.colorhash(image)
    return time.perf_counter() - began


def _decoding(folder: Path, jobs: int) -> float:
    paths = sorted(folder.iterdir())
    with ProcessPoolExecutor(jobs) as workers:
        list(workers.map(_decode, paths[:jobs]))  # starts the processes
        began = time.perf_counter()
        list(workers.map(_decode, paths, chunksize=4))
        return time.perf_counter() - began


def _decode(path: Path) -> None:
    with Image.open(path) as image:
        image.load()


def _ours(instance: Path, folder: Path, jobs: int, kinds: tuple[str, ...]) -> tuple[float, int]:
    """Import with thumbnails, then publish; return seconds and the peak memory in bytes."""
    core = core_at(instance)
    with _memory_watched() as samples:
        began = time.perf_counter()
        for _ in core.importer.take(read(folder), jobs, kinds):
            pass
        core.generations.publish(core.catalog)
        seconds = time.perf_counter() - began
    return seconds, max(samples)


@contextmanager
def _memory_watched() -> Iterator[list[int]]:
    """Collect the memory, in bytes, of this process and those below it, ten times a second."""
    samples = [0]
    done = threading.Event()

    def watch() -> None:
        while not done.wait(_MEMORY_INTERVAL_SECONDS):
            samples.append(memory.of_tree())

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield samples
    finally:
        done.set()
        thread.join()
