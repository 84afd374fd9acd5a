"""Real commands, real servers and small drawn catalogues, for tests that start processes."""

import csv
import http.client
import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, cast
from urllib.parse import urlsplit

from PIL import Image, ImageDraw

from tests.on_postgresql import environment_of

# Run in the background, tests inherit that Ctrl-C is ignored, and would pass it on.
signal.signal(signal.SIGINT, signal.default_int_handler)

BRANDS = ("Alder", "Birch", "Cedar", "Dogwood")
CATEGORIES = ("tote", "clutch", "satchel")
COLOURS = ("red", "green", "blue", "ochre", "black")

HANGS = 600.0
"""Seconds after which what has not come never will; a machine with much to do is not that slow."""

T = TypeVar("T")


def draw_catalogue(folder: Path, n: int, seed: int) -> Path:
    """Draw n small pictures that all differ; returns their manifest."""
    folder.mkdir(parents=True, exist_ok=True)
    chance = random.Random(seed)
    manifest = folder / "manifest.csv"
    with manifest.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("filename", "title", "brand", "price", "colour", "category"))
        for number in range(n):
            name = f"bag-{number:03d}.png"
            draw_picture(folder / name, chance)
            writer.writerow(
                (
                    name,
                    f"Bag {number} of {folder.name}",
                    BRANDS[number % len(BRANDS)],
                    10 + number,
                    COLOURS[number % len(COLOURS)],
                    CATEGORIES[number % len(CATEGORIES)],
                )
            )
    return manifest


def draw_picture(path: Path, chance: random.Random) -> None:
    """Draw a handful of coloured shapes on white."""
    image = Image.new("RGB", (120, 120), "white")
    pen = ImageDraw.Draw(image)
    for _ in range(9):
        left, top = chance.randrange(100), chance.randrange(100)
        box = (left, top, left + chance.randrange(15, 70), top + chance.randrange(15, 70))
        colour = tuple(chance.randrange(256) for _ in range(3))
        chance.choice((pen.rectangle, pen.ellipse))(box, fill=colour)
    image.save(path)


def _command(args: Sequence[str | Path]) -> list[str]:
    return [str(Path(sys.executable).with_name("hashbag")), *map(str, args)]


def _environ(instance: Path, more: Mapping[str, str] | None = None) -> dict[str, str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("HASHBAG_")}
    ours = {"HASHBAG_INSTANCE": str(instance), "HASHBAG_LIMITS": "off"} | environment_of(instance)
    return clean | ours | dict(more or {})


def run_hashbag(
    args: Sequence[str | Path],
    instance: Path,
    more: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run one command to its end, `more` in its environment."""
    return subprocess.run(
        _command(args),
        env=_environ(instance, more),
        capture_output=True,
        text=True,
        timeout=HANGS,
        check=False,
    )


@contextmanager
def started(
    args: Sequence[str | Path], instance: Path, more: Mapping[str, str] | None = None
) -> Iterator[subprocess.Popen[str]]:
    """Start a command in a process group of its own, as a shell does; nothing outlives it."""
    process = subprocess.Popen(
        _command(args),
        env=_environ(instance, more),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    with process:
        try:
            yield process
        finally:
            if group_of(process.pid):
                os.killpg(process.pid, signal.SIGKILL)


def group_of(leader: int) -> dict[int, str]:
    """List the live processes of a process group, with their command lines."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            # The command's name, in brackets, may hold anything: what counts comes after it.
            state, _, group = (folder / "stat").read_text().rpartition(")")[2].split()[:3]
            if int(group) == leader and state != "Z":
                found[int(folder.name)] = (folder / "cmdline").read_text().replace("\0", " ")
        except (FileNotFoundError, ProcessLookupError):
            continue
    return found


def eventually(check: Callable[[], T], what: str) -> T:
    """Ask until the answer is true; fail when it never will be."""
    end = time.monotonic() + HANGS
    while not (answer := check()):
        assert time.monotonic() < end, f"this never came: {what}"
        time.sleep(0.01)
    return answer


def suspend(process: subprocess.Popen[Any]) -> None:
    """Let a process do nothing until it gets a SIGCONT.

    The signal alone is not enough: threads go on until the one that takes it is given its turn.
    """
    process.send_signal(signal.SIGSTOP)
    os.waitid(os.P_PID, process.pid, os.WSTOPPED)


@dataclass(frozen=True)
class Answer:
    """What a server said."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Server:
    """A running gunicorn: where it listens, its parent's pid, and what it writes."""

    url: str
    pid: int
    log: Path
    errors: Path

    def get(self, target: str, headers: Mapping[str, str] | None = None) -> Answer:
        """Ask for a page over a connection of its own."""
        return self.send("GET", target, headers or {})

    def send(
        self, method: str, target: str, headers: Mapping[str, str], body: Any = None
    ) -> Answer:
        """Send a request over a connection of its own."""
        connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=HANGS)
        try:
            connection.request(method, target, body, dict(headers))
            response = connection.getresponse()
            return Answer(
                response.status, cast(Mapping[str, str], response.headers), response.read()
            )
        finally:
            connection.close()

    def post_picture(
        self, target: str, data: bytes, name: str = "photo.png", forwarded_for: str = ""
    ) -> Answer:
        """Send a form with a picture in it, as a browser does; behind a proxy, that names it."""
        body, headers = picture_form(data, name)
        if forwarded_for:
            headers["X-Forwarded-For"] = forwarded_for
        return self.send("POST", target, headers, body)

    def workers(self) -> set[int]:
        """List the pids of the workers."""
        return {child for child in children_of(self.pid) if not is_cage(child)}

    def cage(self) -> set[int]:
        """List the pids of the processes that read pictures."""
        return {
            one for child in children_of(self.pid) if is_cage(child) for one in children_of(child)
        }


def children_of(pid: int) -> set[int]:
    """List the pids of the processes that a process started; one from a thread is one too."""
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return {int(child) for task in tasks for child in task.read_text().split()}


def is_cage(pid: int) -> bool:
    """Say whether a process is the one that keeps a cage's processes, or one of these."""
    try:
        return "webapp.cage" in Path(f"/proc/{pid}/cmdline").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


def picture_form(data: bytes, name: str) -> tuple[bytes, dict[str, str]]:
    """Write a multipart form with one picture."""
    edge = "edge-of-the-parts-of-this-form"
    head = (
        f'--{edge}\r\nContent-Disposition: form-data; name="image"; filename="{name}"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n"
    )
    body = head.encode() + data + f"\r\n--{edge}--\r\n".encode()
    return body, {"Content-Type": f"multipart/form-data; boundary={edge}"}


def free_port() -> int:
    """Find a port that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextmanager
def served(
    instance: Path, workers: int = 2, settings: Mapping[str, str] | None = None
) -> Iterator[Server]:
    """Serve an instance with `hashbag serve`, from its first answer on."""
    port = free_port()
    bind = f"127.0.0.1:{port}"
    beside = instance.parent
    while not os.access(beside, os.W_OK):
        beside = beside.parent
    log, errors = (beside / f"{instance.name}-{port}.{what}" for what in ("log", "errors"))
    with log.open("w") as out, errors.open("w") as err:
        process = subprocess.Popen(
            _command(["serve", "--bind", bind, "--workers", str(workers)]),
            env=_environ(instance, settings),
            stdout=out,
            stderr=err,
        )
    server = Server(f"http://{bind}", process.pid, log, errors)
    try:
        alive = f"{(settings or {}).get('HASHBAG_PREFIX', '')}/healthz"
        eventually(lambda: _answers(server, process, alive), f"a server, but {errors} says why not")
        eventually(lambda: len(server.workers()) == workers, "all workers were there")
        yield server
    finally:
        process.terminate()
        try:
            process.wait(HANGS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise


def _answers(server: Server, process: subprocess.Popen[bytes], alive: str) -> bool:
    assert process.poll() is None, server.errors.read_text()
    try:
        return server.get(alive).status == 200
    except OSError:
        return False
