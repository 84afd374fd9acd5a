"""The command that lists near-duplicates."""

import json

import click

from webapp.cli.common import reports_errors
from webapp.context import hashbag
from webapp.explore.duplicates import DEFAULT_KIND, Group, kind_named, usual_distance
from webapp.hashing.kinds import KINDS


@click.command()
@click.option(
    "--by",
    "name",
    default=DEFAULT_KIND,
    show_default=True,
    help=f"Hash kind: {', '.join(KINDS)}.",
)
@click.option(
    "--distance",
    type=int,
    show_default="by kind",
    help="By how many bits items of one group may differ from one to the next.",
)
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
@reports_errors
def duplicates(name: str, distance: int | None, as_json: bool) -> None:
    """List groups of items whose photos are the same, or nearly."""
    kind = kind_named(name)
    limit = usual_distance(kind) if distance is None else distance
    grouping = hashbag().duplicates.grouping(kind, limit)
    if as_json:
        head = {"by": kind.name, "distance": limit, "bits": kind.bits}
        counts = {"total": len(grouping), "items": len(grouping.ids)}
        groups = [_as_data(group) for group in hashbag().duplicates.all_groups(grouping)]
        click.echo(json.dumps(head | counts | {"groups": groups}, indent=1, ensure_ascii=False))
        return
    for group in hashbag().duplicates.all_groups(grouping):
        click.echo(f"{group.size} items, {_distance(group.distance, kind.bits)}")
        for item, number in zip(group.items, group.photos, strict=True):
            click.echo(f"{item.id:>8}  {item.photo(number).filename}  {item.title}".rstrip())
    nearness = f"at most {limit} of {kind.bits} bits of {kind.name} differ from one to the next"
    click.echo(f"{len(grouping)} groups, {len(grouping.ids)} items: {nearness}")


def _distance(bits: int, of: int) -> str:
    return f"up to {bits} of {of} bits differ" if bits else "identical codes"


def _as_data(group: Group) -> dict[str, object]:
    items = [
        {
            "id": item.id,
            "filename": item.photo(number).filename,
            "title": item.title,
            "photo": number,
        }
        for item, number in zip(group.items, group.photos, strict=True)
    ]
    return {"size": group.size, "distance": group.distance, "items": items}
