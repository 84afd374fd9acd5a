"""The command that copies the catalogue to another database."""

from dataclasses import replace

import click

from webapp.catalog import catalog_copy
from webapp.cli.common import finish, reports_errors
from webapp.context import hashbag
from webapp.exceptions import BadParameter

_DIGITS = 16


@click.command()
@click.option(
    "--to",
    "address",
    required=True,
    metavar="URL",
    help="The database, as HASHBAG_DATABASE names it.",
)
@reports_errors
def copy(address: str) -> None:
    """Copy the catalogue to another database, SQLite or PostgreSQL, and compare all of it.

    Items, their photos' places and codes, what was changed live, tokens, the bin, counts: all but
    the photos themselves, which stay where they are. The index goes on to serve. Stopped and run
    again, it goes on where it was. What is changed in the old database afterwards is not in the
    copy: to be sure, end the servers, run it once more, and start them with the new one.
    """
    core = hashbag()
    url = replace(core.settings, database=address).database_url
    if url == core.settings.database_url:
        raise BadParameter("--to", "the catalogue is in this database already")
    core.catalog.require()
    copied = finish(catalog_copy.copy(core.catalog, url))
    for table in copied.tables:
        click.echo(f"{table.name:14}{table.rows:>12,} rows   {table.digest[:_DIGITS]}")
    total = sum(table.rows for table in copied.tables)
    before = total - min(copied.written, total)
    click.echo(f"wrote {copied.written:,} rows, {before:,} were there; all are equal")
    there = url.render_as_string(hide_password=True)
    click.echo(f"now set HASHBAG_DATABASE to {there}, and start the servers anew", err=True)
