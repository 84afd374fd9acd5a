"""The `hashbag` command."""

import click
from flask.cli import FlaskGroup

from webapp import create_app
from webapp.cli import duplicates, inspection, intake, measuring, service
from webapp.cli.common import errors_in_a_line

group = FlaskGroup(
    name="hashbag",
    help="Visual search for handbags: see which bags look alike, and why.",
    create_app=create_app,
    add_version_option=False,
)
click.version_option(package_name="hashbag")(group)

for command in (
    intake.demo,
    intake.import_,
    intake.remove,
    intake.index,
    inspection.status,
    inspection.verify,
    inspection.search,
    duplicates.duplicates,
    inspection.evaluate,
    measuring.bench,
    service.serve,
):
    group.add_command(command)


def main() -> None:
    """Run the command; settings that cannot be used are one line, not a traceback."""
    with errors_in_a_line():
        group.main()
