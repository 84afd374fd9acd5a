"""Why processes that read pictures ended is told apart, and told to whoever watches."""

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client.multiprocess import MultiProcessCollector

from tests.held_decoder import hold_decoders
from tests.serving import eventually
from tests.test_cage import SECONDS, Caged, picture
from webapp.cage.client import Cage
from webapp.cage.keeper import CageKeeper
from webapp.exceptions import UnreadableImage
from webapp.metrics import END_REASONS

pytestmark = pytest.mark.slow


@pytest.fixture
def counted(tmp_path: Path) -> Iterator[Caged]:
    """Start a cage that counts in a folder, as those of a server do."""
    hold_decoders(tmp_path)
    short = Path(tempfile.mkdtemp(prefix="cage-"))  # the path of a socket may not be long
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", f"{tmp_path}{os.pathsep}{os.environ.get('PYTHONPATH', '')}")
        patch.setenv("PROMETHEUS_MULTIPROC_DIR", str(short))
        keeper = CageKeeper(short / "socket", 2, tmp_path, SECONDS)
    keeper.start()
    yield Caged(keeper, Cage(short / "socket"), short)
    keeper.stop()
    shutil.rmtree(short)


def ends(caged: Caged) -> dict[str, float]:
    """Return how many ended, by reason."""
    families = MultiProcessCollector(None, str(caged.folder)).collect()  # type: ignore[no-untyped-call]
    samples = [one for family in families for one in family.samples]
    found = {
        one.labels["reason"]: one.value
        for one in samples
        if one.name == "hashbag_cage_process_ends_total"
    }
    return {reason: found.get(reason, 0) for reason in END_REASONS}


SIGNALS = {
    signal.SIGTERM: "renewed",
    signal.SIGXCPU: "processor",
    signal.SIGKILL: "killed",
    signal.SIGSEGV: "crashed",
}


def test_each_reason_is_told_apart(counted: Caged) -> None:
    expected = dict.fromkeys(END_REASONS, 0)
    for sent, reason in SIGNALS.items():
        eventually(lambda: len(counted.processes()) == 2, "both were there")
        counted.cage.upload(picture(1))  # they are at work, and no longer starting
        os.kill(min(counted.processes()), sent)
        expected[reason] += 1
        eventually(lambda: ends(counted) == expected, f"one was {reason}")
    eventually(lambda: len(counted.processes()) == 2, "both were there")
    with pytest.raises(UnreadableImage, match="too long"):
        counted.cage.upload(picture(2, "sleep"))
    expected["too long"] += 1
    eventually(lambda: ends(counted) == expected, "one took too long")
