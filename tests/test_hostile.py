"""Hostile files are read or refused in words; they stop neither pages nor processes."""

import shutil
from pathlib import Path

import pytest

from tests.hostile import corpus, crafted
from tests.hostile.siege import SETTINGS, Siege
from tests.pictures import bag, encoded
from tests.serving import eventually, served
from webapp.exceptions import UnreadableImage
from webapp.pictures.opening import open_picture

# Pillow warns of what it is told to write here, and of some damage before it raises.
pytestmark = pytest.mark.filterwarnings("ignore")

MOST_SECONDS = 5


def besiege(eight: Path, folder: Path, count: int, seed: int) -> tuple[Siege, float]:
    """Send so many files; returns what came of it, and how much longer pages took meanwhile."""
    instance = Path(shutil.copytree(eight, folder / "instance"))
    # No worker is replaced by design after many requests: each that goes is one that was lost.
    settings = {**SETTINGS, "GUNICORN_CMD_ARGS": "--max-requests 0"}
    with served(instance, 2, settings) as server:
        warm = encoded(bag(1), "PNG")
        eventually(lambda: server.post_picture("/search", warm).status == 303, "pictures are read")
        siege = Siege(server, corpus(count, seed))
        siege.idle(1)
        idle = siege.idle(3)
        workers = server.workers()
        busy = siege.run()
        print(  # noqa: T201 - figures that pytest -s shows
            f"\n{count} files: answered {dict(sorted(siege.answers.items()))}; slowest "
            f"{', '.join(f'{took:.1f} s ({name})' for took, name in siege.slowest)}; "
            f"pages p99 {1000 * idle:.0f} ms alone, {1000 * busy:.0f} ms beside"
        )
        assert siege.wrong == []
        assert siege.answers.total() >= count
        assert set(siege.pages) == {200}
        assert server.workers() == workers
        assert "Traceback" not in server.errors.read_text()
        assert not list(instance.glob("originals/*/*"))
    return siege, busy / idle


@pytest.mark.thorough
def test_a_few_hundred_are_read_or_refused_in_words() -> None:
    refused = 0
    for name, data in corpus(len(crafted()) + 100, seed=1):
        try:
            picture = open_picture(data, 1_000_000)
        except UnreadableImage as refusal:
            refused += 1
            assert len(str(refusal).split()) > 3, name  # noqa: PT017
            assert "\n" not in str(refusal), name  # noqa: PT017
        else:
            assert picture.image.mode == "RGB", name
    assert 100 < refused < len(crafted()) + 100


@pytest.mark.slow
def test_a_served_catalogue_answers_all_of_them(eight: Path, tmp_path: Path) -> None:
    besiege(eight, tmp_path, 500, seed=2)


@pytest.mark.fuzz
def test_ten_thousand_keep_nobody_waiting(eight: Path, tmp_path: Path) -> None:
    siege, times = besiege(eight, tmp_path, 10_000, seed=3)
    took, name = siege.slowest[0]
    assert took < MOST_SECONDS, name
    print(f"pages took {times:.1f} times as long as alone")  # noqa: T201
