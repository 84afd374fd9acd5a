"""The command `hashbag import`, run in this process: what it prints, and what is there then."""

from pathlib import Path

from click.testing import CliRunner, Result
from flask import Flask
from flask.cli import ScriptInfo

from tests.pictures import bag
from webapp.cli.importing import import_


def run_import(app: Flask, *args: str | Path) -> Result:
    """Run the command to its end; no exception may leave it."""
    info = ScriptInfo(create_app=lambda: app)
    given = ["--jobs", "1", "--kinds", "whash", *map(str, args)]  # one kind is quicker than all
    done = CliRunner().invoke(import_, given, obj=info)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done


def draw_photos(folder: Path, *names: str) -> Path:
    """Draw a small picture under each name, each another; returns the folder."""
    for seed, name in enumerate(names):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        bag(seed, (48, 36)).save(folder / name)
    return folder
