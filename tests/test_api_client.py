"""A client is made of the API's document by one command, and what help shows of it works."""

import html
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.pictures import bag, encoded
from tests.serving import HANGS, served


@pytest.mark.slow
@pytest.mark.parametrize("prefix", ["", "/bags"])
def test_a_generated_client_adds_a_bag_and_finds_it(
    eight: Path, tmp_path: Path, prefix: str
) -> None:
    instance = Path(shutil.copytree(eight, tmp_path / "instance"))
    (tmp_path / "bag.jpg").write_bytes(encoded(bag(50), "JPEG"))
    settings = {"HASHBAG_ADMIN_TOKEN": "TOKEN", "HASHBAG_PREFIX": prefix}
    with served(instance, 1, settings) as server:
        shown = server.get(f"{prefix}/help/api-client").text
        command, *options = shlex.split(_code(shown, "generate"))
        (tmp_path / "use.py").write_text(_code(shown, "script"), "utf-8")
        generator = Path(sys.executable).with_name(command)
        assert "Generating hashbag_client" in _done([str(generator), *options], tmp_path)
        said = _done([sys.executable, "use.py"], tmp_path).splitlines()
    assert said[:2] == ["added 9", "same picture 9 Satchel"]
    assert len(said) == 4


def _code(page: str, name: str) -> str:
    found = re.search(rf'<code id="{name}">(.*?)</code>', page, re.DOTALL)
    assert found
    return html.unescape(found[1])


def _done(command: list[str], folder: Path) -> str:
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=HANGS, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
