"""The `hashbag` command."""

import csv
import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import ParamSpec, TypeVar

import click
from flask.cli import FlaskGroup
from tqdm import tqdm

from webapp import create_app, manifest, upkeep
from webapp.context import Hashbag, hashbag
from webapp.exceptions import BadParameter, ConfigError, HashbagError, ItemNotFound, ManifestError
from webapp.hashing import query_fingerprint
from webapp.images import open_picture
from webapp.ingest import Outcome, tally
from webapp.lock import writing
from webapp.manifest import Wanted
from webapp.models import Rejected, Result
from webapp.processes import available_cores
from webapp.rankings import RANKINGS, Question, ranking_named

P = ParamSpec("P")
T = TypeVar("T")

UNUSABLE = (ManifestError, ConfigError, BadParameter, ItemNotFound)


@contextmanager
def _errors() -> Iterator[None]:
    """Turn our errors into one line and an exit status: 2 for unusable arguments, else 1."""
    try:
        yield
    except HashbagError as error:
        click.echo(f"hashbag: {error}", err=True)
        sys.exit(2 if isinstance(error, UNUSABLE) else 1)


def _reports_errors(command: Callable[P, T]) -> Callable[P, T]:
    @wraps(command)
    def reporting(*args: P.args, **kwargs: P.kwargs) -> T:
        with _errors():
            return command(*args, **kwargs)

    return reporting


group = FlaskGroup(
    name="hashbag",
    help="Visual search for handbags: see which bags look alike, and why.",
    create_app=create_app,
    add_version_option=False,
)
click.version_option(package_name="hashbag")(group)

jobs_option = click.option(
    "--jobs",
    type=click.IntRange(1, 256),
    default=available_cores,
    show_default="all cores",
    help="Processes to work with.",
)


@group.command()
@click.option("--items", type=click.IntRange(1, 100_000), default=900, show_default=True)
@jobs_option
@_reports_errors
def demo(items: int, jobs: int) -> None:
    """Draw the demo catalogue, import and index it."""
    core = hashbag()
    with writing(core.settings.instance):
        _draw_demo(core, items, jobs)


def _draw_demo(core: Hashbag, items: int, jobs: int) -> None:
    from webapp.demo import write  # noqa: PLC0415 - only this command draws

    click.echo(
        f"Drawing {items} bags for the demo catalogue; it takes about a minute ...", err=True
    )
    folder = core.settings.instance / "demo"
    for _ in _progress(write(folder, items, jobs=jobs), items, "drawing"):
        pass
    _take_in(core, manifest.read(folder / "manifest.csv"), jobs, None)


@group.command("import")
@click.argument("path", type=click.Path(path_type=Path))
@click.option(
    "--rejects",
    type=click.Path(path_type=Path, dir_okay=False, writable=True),
    help="Write what was rejected, and why, to this CSV file.",
)
@jobs_option
@_reports_errors
def import_(path: Path, rejects: Path | None, jobs: int) -> None:
    """Take in a folder of pictures, or a CSV or JSONL manifest.

    Pictures stay where they are; running it again takes in what changed. Exits 1 when any
    picture was rejected.
    """
    core = hashbag()
    with writing(core.settings.instance):
        if _take_in(core, manifest.read(path), jobs, rejects):
            sys.exit(1)


def _take_in(
    core: Hashbag, wanted: list[Wanted | Rejected], jobs: int, rejects: Path | None
) -> int:
    """Import, tell, index; returns how many were rejected."""
    outcomes = _followed(core, wanted, jobs)
    refused = [outcome for outcome in outcomes if isinstance(outcome, Rejected)]
    if rejects:
        _write_rejects(rejects, refused)
    _publish(core)
    click.echo(", ".join(f"{name} {count}" for name, count in tally(outcomes).items()))
    return len(refused)


def _followed(
    core: Hashbag, wanted: list[Wanted | Rejected], jobs: int
) -> list[Outcome | Rejected]:
    outcomes: list[Outcome | Rejected] = []
    jobs = min(jobs, max(1, len(wanted) // 8))  # starting a process takes as long as a few photos
    try:
        for outcome in _progress(core.ingest.take(wanted, jobs), len(wanted), "importing"):
            outcomes.append(outcome)
            if isinstance(outcome, Rejected):
                tqdm.write(f"rejected {outcome.source}: {outcome.reason}", file=sys.stderr)
    except KeyboardInterrupt:
        click.echo(
            f"stopped after {len(outcomes)} of {len(wanted)}; nothing is lost: run the same "
            "command again to go on",
            err=True,
        )
        sys.exit(130)
    return outcomes


def _write_rejects(path: Path, refused: Iterable[Rejected]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("source", "reason"))
        writer.writerows((one.source, one.reason) for one in refused)


def _publish(core: Hashbag) -> None:
    if not upkeep.is_published(core.catalog, core.generations):
        folder = core.generations.publish(core.catalog)
        core.generations.current()
        click.echo(f"published index generation {folder.name}", err=True)


def _progress(things: Iterable[T], total: int, verb: str) -> Iterable[T]:
    """Show a bar with rate and time left, on a terminal only."""
    return tqdm(things, total=total, desc=verb, unit="photo", disable=None)


@group.command()
@click.argument("ids", type=int, nargs=-1, required=True)
@_reports_errors
def remove(ids: tuple[int, ...]) -> None:
    """Take items out; their original photos stay where they are."""
    core = hashbag()
    with writing(core.settings.instance):
        upkeep.remove(core.catalog, core.thumbs, sorted(set(ids)))
        _publish(core)
    click.echo(f"removed {len(set(ids))}")


@group.command()
@jobs_option
@_reports_errors
def index(jobs: int) -> None:
    """Bring all codes up to date with the installed libraries, and build the indexes anew."""
    core = hashbag()
    with writing(core.settings.instance):
        wanted: list[Wanted | Rejected] = list(upkeep.stale(core.catalog))
        outcomes = _followed(core, wanted, jobs)
        folder = core.generations.publish(core.catalog)
        core.generations.current()
    if core.generations.problem:
        raise core.generations.problem
    click.echo(f"published index generation {folder.name} of {core.catalog.count()} items")
    if tally(outcomes)["rejected"]:
        sys.exit(1)


@group.command()
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
@_reports_errors
def status(as_json: bool) -> None:
    """Tell what is in the catalogue, and which index generation serves it."""
    core = hashbag()
    found = upkeep.status(core.catalog, core.generations)
    if as_json:
        click.echo(json.dumps(found, indent=1))
        return
    for line in _in_lines(found):
        click.echo(line)


def _in_lines(found: dict[str, object], indent: str = "") -> Iterator[str]:
    for name, value in found.items():
        if isinstance(value, dict):
            yield f"{indent}{name}"
            yield from _in_lines(value, indent + "  ")
        elif isinstance(value, list):
            yield f"{indent}{name}" + ("" if value else "  none")
            yield from (f"{indent}  {_in_words(one)}" for one in value)
        else:
            yield f"{indent}{name:<16}  {value}"


def _in_words(one: object) -> str:
    return "  ".join(map(str, one.values())) if isinstance(one, dict) else str(one)


@group.command()
@jobs_option
@_reports_errors
def verify(jobs: int) -> None:
    """Check every photo, thumbnail, code and index file; exit 1 with what is wrong."""
    core = hashbag()
    total = core.catalog.count()
    checks = _progress(upkeep.check_items(core.catalog, core.thumbs, jobs), total, "checking")
    wrong = [problem for problem in checks if problem]
    wrong += upkeep.check_index(core.catalog, core.generations)
    for problem in wrong:
        click.echo(f"{problem.source}: {problem.reason}")
    if wrong:
        sys.exit(1)
    click.echo(f"{total} items and their index are as they should be")


@group.command()
@click.argument("image", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--by", "kind", help=f"Hash kind: {', '.join(RANKINGS)}.")
@click.option("-k", type=click.IntRange(1, 100), default=9, show_default=True, help="How many.")
@click.option(
    "--harder/--plain",
    default=True,
    show_default=True,
    help="Ask it mirrored, turned and as a crop too, where the kind can.",
)
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
@_reports_errors
def search(image: Path, kind: str | None, k: int, harder: bool, as_json: bool) -> None:
    """Find the items whose photos are nearest to a picture."""
    core = hashbag()
    asked = Question(ranking_named(kind or core.settings.default_kind), k, harder=harder)
    picture = open_picture(image.read_bytes(), core.settings.max_pixels)
    result = core.searcher.similar_to(query_fingerprint(picture.image), asked)
    click.echo(_as_json(result) if as_json else _as_table(result))


def _as_json(result: Result) -> str:
    hits = [
        {
            "rank": hit.rank,
            "distance": hit.distance,
            "similarity": round(hit.similarity, 4),
            "matched": hit.matched,
            "id": hit.item.id,
            "filename": hit.item.filename,
            "title": hit.item.title,
            "brand": hit.item.brand,
            "price": hit.item.price,
        }
        for hit in result.hits
    ]
    head = {name: getattr(result, name) for name in ("by", "k", "bits", "exact", "weak")}
    return json.dumps(head | {"hits": hits}, indent=1, ensure_ascii=False)


def _as_table(result: Result) -> str:
    lines = [
        f"{hit.rank:>3}  {hit.distance:>3} of {result.bits}  {hit.item.id:>6}  "
        f"{hit.item.title or hit.item.filename}" + (f"  ({hit.matched})" if hit.matched else "")
        for hit in result.hits
    ]
    return "\n".join(lines) or "the catalogue is empty"


@group.command()
@click.option("--bind", default="127.0.0.1:8000", show_default=True, metavar="HOST:PORT")
@click.option("--workers", type=click.IntRange(1, 256), default=available_cores)
@click.option("--demo", "with_demo", is_flag=True, help="If the catalogue is empty, draw the demo.")
@_reports_errors
def serve(bind: str, workers: int, with_demo: bool) -> None:
    """Serve with gunicorn."""
    core = hashbag()
    if with_demo and not core.catalog.count():
        with writing(core.settings.instance):
            _draw_demo(core, 900, available_cores())
    click.echo(f"Hashbag is on http://{bind}", err=True)
    environ = os.environ | {
        "HASHBAG_INSTANCE": str(core.settings.instance),
        "HASHBAG_BIND": bind,
        "HASHBAG_WORKERS": str(workers),
        # Where the workers keep their counts, for whichever is asked to sum them.
        "PROMETHEUS_MULTIPROC_DIR": tempfile.mkdtemp(prefix="hashbag-metrics-"),
    }
    command = [sys.executable, "-m", "gunicorn", "--config", "python:webapp.serving"]
    os.execve(sys.executable, command, environ)  # noqa: S606 - becomes gunicorn, keeps the pid


def main() -> None:
    """Run the command; settings that cannot be used are one line, not a traceback."""
    with _errors():
        group.main()
