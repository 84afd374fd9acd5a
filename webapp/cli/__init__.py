"""The `hashbag` command: one module for each group of subcommands."""

from importlib import import_module

import click
from flask.cli import FlaskGroup

from webapp import create_app
from webapp.cli.common import errors_in_a_line

_MODULE_OF = {
    "demo": "demo",
    "import": "importing",
    "add": "items",
    "set": "items",
    "remove": "items",
    "index": "indexing",
    "status": "inspection",
    "verify": "verifying",
    "search": "inspection",
    "export": "exporting",
    "copy": "copying",
    "evaluate": "inspection",
    "duplicates": "duplicates",
    "bench": "measuring",
    "token": "tokens",
    "backup": "backups",
    "restore": "backups",
    "serve": "service",
    "desk-import": "desk_import",
}


class Commands(FlaskGroup):
    """Loads a command's module when it is asked for, so that `serve` starts fast."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """List our commands and Flask's own."""
        return sorted({*super().list_commands(ctx), *_MODULE_OF})

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """Load one."""
        if name not in _MODULE_OF:
            return super().get_command(ctx, name)
        module = import_module(f"webapp.cli.{_MODULE_OF[name]}")
        # `import` and `set` are words of Python's own: the functions are called `import_`, `set_`.
        found: click.Command = getattr(module, name.replace("-", "_"), None) or getattr(
            module, f"{name}_"
        )
        return found


group = Commands(
    name="hashbag",
    help="Visual search for handbags: see which bags look alike, and why.",
    create_app=create_app,
    add_version_option=False,
)
click.version_option(package_name="hashbag")(group)


def main() -> None:
    """Run the command; a setting that cannot be used is one line, not a traceback."""
    with errors_in_a_line():
        group.main()
