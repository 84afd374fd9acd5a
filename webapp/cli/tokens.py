"""The commands for tokens: make one, list them, revoke one."""

from datetime import UTC, datetime

import click

from webapp.catalog.tokens import Scope
from webapp.catalog.writer import CatalogWriter
from webapp.cli.common import reports_errors
from webapp.context import hashbag


@click.group()
def token() -> None:
    """Say who may use the API: named tokens, each with what it may do."""


@token.command()
@click.argument("name")
@click.option(
    "--scope",
    type=click.Choice([scope.value for scope in Scope]),
    default=Scope.WRITE.value,
    show_default=True,
    help="read: look, where everything asks for a token; write: change items; admin: all.",
)
@reports_errors
def create(name: str, scope: str) -> None:
    """Make a token and print it, once: only a hash of it is kept."""
    CatalogWriter(hashbag().catalog).make_catalog()
    click.echo(hashbag().tokens.create(name, Scope(scope)))
    click.echo("keep it: it cannot be shown again", err=True)


@token.command("list")
@reports_errors
def list_() -> None:
    """List the tokens by name, with what each may do and since when."""
    for one in hashbag().tokens.all():
        made = datetime.fromtimestamp(one.created, UTC).strftime("%Y-%m-%d")
        click.echo(f"{one.name}  {one.scope}  since {made}")


@token.command()
@click.argument("name")
@reports_errors
def revoke(name: str) -> None:
    """Make a token worthless, at once and everywhere."""
    hashbag().tokens.revoke(name)
    click.echo(f"revoked {name}")
