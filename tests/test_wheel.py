"""Installed as a wheel, the application has its templates, static files and migrations with it."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
ASK = """
from webapp import create_app
from webapp.catalog.writer import CatalogWriter
app = create_app()
# Its tables are made by the migrations.
CatalogWriter(app.extensions["hashbag"].catalog).make_catalog()
assert app.extensions["hashbag"].catalog.count() == 0
answer = app.test_client().get("/about")
assert answer.status_code == 200, answer.get_data(as_text=True)
assert "hashbag.css?v=" in answer.get_data(as_text=True)
import webapp; print(webapp.__file__)
"""


@pytest.mark.slow
def test_a_wheel_serves_a_page_far_from_the_checkout(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "installed")
    environ = {k: v for k, v in os.environ.items() if not k.startswith("HASHBAG_")}
    shown = subprocess.run(
        [sys.executable, "-P", "-c", ASK],
        cwd=tmp_path,
        env=environ | {"PYTHONPATH": str(tmp_path / "installed")},
        check=True,
        capture_output=True,
        text=True,
    )
    assert str(tmp_path) in shown.stdout
