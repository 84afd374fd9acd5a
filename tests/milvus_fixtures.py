"""A Milvus server for all tests that want one: started when the first of them comes."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.util import find_spec

import pytest

from tests.serving import free_port

WITH_MILVUS = [pytest.mark.slow, pytest.mark.xdist_group("milvus")]
"""The marks of tests that want the server: one worker runs them all, and starts one."""

_TOKEN = "root:Milvus"


@dataclass(frozen=True)
class Milvus:
    """A running server, and how it is reached."""

    url: str
    process: subprocess.Popen[str]

    @property
    def settings(self) -> Mapping[str, str]:
        """The settings of an application that uses it."""
        return {"engine": "milvus", "engine_url": self.url, "engine_token": _TOKEN}

    def stop(self) -> None:
        """Let it end by itself."""
        self._tell("stop")

    def kill(self) -> None:
        """End it as a lost machine would."""
        self._tell("kill")

    def start(self) -> None:
        """Start it again; it answers some seconds later."""
        self._tell("start")

    def _tell(self, word: str) -> None:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(f"{word}\n")
        self.process.stdin.flush()
        assert self.process.stdout.readline() == "done\n"


@pytest.fixture(scope="session")
def milvus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Milvus]:
    """Start a server; continuous integration must have it."""
    missing = [name for name in ("milvus", "pymilvus") if find_spec(name) is None]
    if missing:
        _lack(f"not installed: {', '.join(missing)}")
    port = free_port()
    folder = tmp_path_factory.mktemp("milvus")
    with (folder / "errors").open("w") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.milvus_server", str(folder / "server"), str(port)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
    assert process.stdin
    assert process.stdout
    with process:
        if process.stdout.readline() == "ready\n":
            yield Milvus(f"http://127.0.0.1:{port}", process)
        process.stdin.close()  # then it stops the server
    shutil.rmtree(folder / "server", ignore_errors=True)  # half a gigabyte, most of it the program
    if process.returncode:
        _lack((folder / "errors").read_text())


def _lack(what: str) -> None:
    if os.environ.get("CI") == "true":
        pytest.fail(f"no Milvus server: {what}")
    pytest.skip(f"no Milvus server: {what}")
