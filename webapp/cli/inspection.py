"""Commands that ask: status, verify, search, evaluate."""

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, TextIO

import click
from tqdm import tqdm

from webapp.cli.common import WRITTEN, by_comma, jobs_option, reports_errors
from webapp.context import hashbag
from webapp.hashing.fingerprinting import EncodedPicture, hash_query
from webapp.lab import evaluation
from webapp.maintenance.status import status_of
from webapp.search.colour_wish import TINTS, check_asks_colour, tinted
from webapp.search.look import LOOK, WISHED
from webapp.search.query import RANKINGS, Query, ranking_named
from webapp.search.result import Result

_SOURCE = click.Path(exists=True, path_type=Path)


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
@reports_errors
def status(as_json: bool) -> None:
    """Tell what is in the catalogue, and which index generation serves it."""
    core = hashbag()
    found = status_of(core.catalog, core.generations, core.maps)
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


@click.command()
@click.argument("image", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--by", "kind", help=f"Hash kind: {', '.join(RANKINGS)}.")
@click.option("-k", type=click.IntRange(1, 100), default=9, show_default=True, help="How many.")
@click.option(
    "--harder/--plain",
    default=True,
    show_default=True,
    help="Ask it mirrored, turned and as a crop too, where the kind can.",
)
@click.option("--tint", type=click.Choice(tuple(TINTS)), help="In this colour, not in its own.")
@click.option(
    "--not",
    "unlike",
    type=click.IntRange(1),
    multiple=True,
    help="Leave out what is nearer to this item, by its id; repeatable.",
)
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
@reports_errors
def search(
    image: Path,
    kind: str | None,
    k: int,
    harder: bool,
    tint: str | None,
    unlike: tuple[int, ...],
    as_json: bool,
) -> None:
    """Find the items whose photos are nearest to a picture."""
    core = hashbag()
    query = _refined(kind, tint, Query(LOOK, k, harder=harder, unlike=unlike))
    # Opened before the clock starts, as in a server; and before the picture, which may be in vain.
    core.generations.current()
    fingerprint = hash_query(EncodedPicture(image.read_bytes(), core.settings.max_pixels))
    began = time.perf_counter()
    result = core.searcher.similar_to(fingerprint, query)
    milliseconds = 1000 * (time.perf_counter() - began)
    click.echo(_as_json(result, milliseconds) if as_json else _as_table(result, milliseconds))


def _refined(kind: str | None, tint: str | None, query: Query) -> Query:
    """Complete a query by what ranks, and in which colour."""
    if not tint:
        return replace(query, by=ranking_named(kind or hashbag().settings.default_kind))
    by = ranking_named(kind or LOOK.name)
    check_asks_colour(by.name, "tint")
    return replace(query, by=by, lean=WISHED, colour=tinted(tint))


def _as_json(result: Result, milliseconds: float) -> str:
    hits = [
        {
            "rank": hit.rank,
            "distance": hit.distance,
            "similarity": round(hit.similarity, 4),
            "level": hit.level,
            "matched": hit.matched,
            "photo": hit.photo,
            "id": hit.item.id,
            "filename": hit.item.filename,
            "title": hit.item.title,
            "brand": hit.item.brand,
            "price": hit.item.price,
        }
        for hit in result.hits
    ]
    head = {name: getattr(result, name) for name in ("by", "k", "bits", "exact", "weak", "level")}
    head |= {} if result.bag is None else {"bag": result.bag}
    whole = head | {"milliseconds": round(milliseconds, 2), "hits": hits}
    return json.dumps(whole, indent=1, ensure_ascii=False)


def _as_table(result: Result, milliseconds: float) -> str:
    lines = [
        f"{hit.rank:>3}  {hit.distance:>4} of {result.bits}  {hit.level or '':<12}  "
        f"{hit.item.id:>6}  "
        f"{hit.item.title or hit.item.filename}" + (f"  ({hit.matched})" if hit.matched else "")
        for hit in result.hits
    ]
    lines += ["nothing here is much like it"] if result.weak else []
    lines += ["the photo seems to show no bag"] if result.bag is False else []
    lines.append(f"{'proven exact' if result.exact else 'not proven'}, {milliseconds:.1f} ms")
    return "\n".join(lines)


@click.command()
@click.option(
    "--kinds", multiple=True, callback=by_comma, help="Which, by comma or repeated; else all."
)
@click.option(
    "--test",
    "tests",
    multiple=True,
    type=click.Choice(evaluation.TESTS),
    help="Which test, repeatable; else all.",
)
@click.option("--sample", type=click.IntRange(1), default=200, show_default=True, help="Photos.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True)
@click.option(
    "--half",
    type=click.Choice(["all", "even", "odd"]),
    default="all",
    show_default=True,
    help="Ask with every other photo only; parameters were tuned on the even ones.",
)
@click.option("--bags", type=_SOURCE, help="Folder or list of photos of bags, for the test levels.")
@click.option(
    "--others", type=_SOURCE, help="The same of other things; rows that say 'Bags' are left out."
)
@click.option(
    "--calibrate",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write the thresholds that levels should have, by the photos asked, to this folder.",
)
@click.option(
    "--levels-picture",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Draw how near photos come, and how much they look like a bag, as SVG, here.",
)
@click.option("--json", "rows_file", type=WRITTEN, help="Write all rows here.")
@click.option("--picture", type=WRITTEN, help="Draw a heat map of edits, as SVG, here.")
@click.option(
    "--confusion", type=WRITTEN, help="Draw which sorts are taken for which, as SVG, here."
)
@jobs_option
@reports_errors
def evaluate(
    rows_file: TextIO | None, picture: TextIO | None, confusion: TextIO | None, **options: Any
) -> None:
    """Measure search quality on this catalogue, beside the rivals that are installed."""
    tests = options["tests"]
    if tests and "levels" not in tests:
        for name in ("bags", "others", "calibrate", "levels_picture"):
            if options[name]:
                option = f"--{name.replace('_', '-')}"
                raise click.UsageError(f"{option} is of the test levels: add --test levels")
    rows: list[evaluation.EvaluationRow] = []
    with tqdm(unit="photo", disable=None) as bar:
        for step in evaluation.evaluate(hashbag().catalog, evaluation.Options(**options)):
            if not isinstance(step, evaluation.Progress):
                rows.append(step)
                continue
            if step.done == 1:
                bar.reset(step.total)
                bar.set_description(step.doing)
            bar.update()
    click.echo(evaluation.to_text(rows))
    if rows_file:
        rows_file.write(evaluation.to_json(rows))
    if picture:
        picture.write(evaluation.heat_map(rows))
    if confusion:
        confusion.write(evaluation.confusion(rows))
