"""Servers to measure, all of them gunicorn with the settings that `hashbag serve` has."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from webapp.exceptions import HashbagError
from webapp.lab.bench import memory

_PATIENCE = 120.0
_MEGA = 1e6


@dataclass(frozen=True, slots=True)
class Server:
    """A running server: port, process id of the parent, seconds from its start to an answer."""

    port: int
    pid: int
    seconds: float

    def workers(self) -> list[int]:
        """List the worker processes."""
        return memory.children(self.pid)

    def cpu_seconds(self) -> float:
        """Return the processor time that the workers have used."""
        return sum(_cpu_ticks(pid) for pid in self.workers()) / os.sysconf("SC_CLK_TCK")

    def private_mb(self) -> float:
        """Return the mean private memory of the workers, in MB."""
        each = [memory.private(pid) for pid in self.workers()]
        return round(sum(each) / len(each) / _MEGA, 1)


def _cpu_ticks(pid: int) -> int:
    # The command's name, in brackets, may hold anything: what counts comes after it.
    fields = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


@contextmanager
def served(
    application: str | None, instance: Path, first: str, settings: Mapping[str, str]
) -> Iterator[Server]:
    """Serve Hashbag, or another application by its import path, from its first answer on.

    `first` is the page that is asked for until it answers.

    Raises:
        HashbagError: it ends, or does not answer in time.
    """
    port = _free_port()
    counts = tempfile.mkdtemp(prefix="hashbag-metrics-")
    clean = {name: value for name, value in os.environ.items() if not name.startswith("HASHBAG_")}
    bind = f"127.0.0.1:{port}"
    ours = {"HASHBAG_INSTANCE": str(instance), "HASHBAG_LIMITS": "off"}
    environ = clean | ours | dict(settings)
    # No worker is replaced while we measure: that would close connections.
    environ["GUNICORN_CMD_ARGS"] = "--max-requests 0"
    if application is None:
        main = "from webapp.cli import main; main()"
        command = [sys.executable, "-c", main, "serve", "--bind", bind]
    else:
        # Another application, with the settings of `hashbag serve`.
        command = [sys.executable, "-m", "gunicorn", "--config", "python:webapp.serving"]
        command.append(application)
        environ |= {
            "HASHBAG_BIND": bind,
            "HASHBAG_WORKERS": str(len(os.sched_getaffinity(0))),
            "PROMETHEUS_MULTIPROC_DIR": counts,
        }
    began = time.perf_counter()
    process = subprocess.Popen(  # noqa: S603 - our own interpreter and modules
        command, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        _wait_for(process, port, first)
        yield Server(port, process.pid, time.perf_counter() - began)
    finally:
        process.terminate()
        process.wait(_PATIENCE)
        shutil.rmtree(counts, ignore_errors=True)


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _wait_for(process: subprocess.Popen[bytes], port: int, first: str) -> None:
    end = time.monotonic() + _PATIENCE
    request = f"GET {first} HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n".encode()
    while time.monotonic() < end and process.poll() is None:
        try:
            with socket.create_connection(("127.0.0.1", port), _PATIENCE) as connection:
                connection.sendall(request)
                if b" 200 " in connection.recv(64):
                    return
        except OSError:
            time.sleep(0.01)
    raise HashbagError("a server that was to be measured did not come up")
