"""Whatever goes wrong, no visitor is told where on the server anything lies; the owner is."""

import io
import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.applications import draw_map, hashbag
from tests.pictures import bag, encoded
from webapp import create_app
from webapp.index import identical_pictures
from webapp.index.checksums import digest_of
from webapp.index.generation import manifest_digest
from webapp.index.manifest import MANIFEST

ROOT = Path(__file__).resolve().parents[1]
ASKED = (
    "/",
    "/items/3",
    "/items/3?harder=1",
    "/compare?item=3",
    "/compare?item=3&harder=1",
    "/why?item=3&to=4&parts=1",
    "/duplicates",
    "/images/3",
    "/thumbs/3",
    "/api/v1/items",
    "/api/v1/items/3",
    "/api/v1/items/3/similar?harder=1",
    "/readyz",
    "/metrics",
)

OF_THE_MAP = (
    "/map",
    "/map?view=list",
    "/map?item=3",
    "/map/cells/{map}.json",
    "/map/captions/{map}/0-0.json",
    "/map/tiles/{map}/0/0/0.webp",
)


@pytest.fixture
def instance(eight: Path, tmp_path: Path) -> Path:
    """Copy 8 items with their photos, which tests may harm."""
    return shutil.copytree(eight, tmp_path / "instance")


def spoil(path: Path) -> None:
    path.write_bytes(b"spoiled" * 100)


def in_the_way(path: Path) -> None:
    """Put a folder where a file should be."""
    path.unlink(missing_ok=True)
    path.mkdir()


def spoil_and_sign(path: Path) -> None:
    """Spoil a file of a generation, and have the checksums say that it is as it was built."""
    spoil(path)
    folder = path.parent
    manifest = json.loads((folder / MANIFEST).read_text())
    for files in (manifest["files"], *(kind["files"] for kind in manifest["kinds"].values())):
        if path.name in files:
            files[path.name] = digest_of(path)
    (folder / MANIFEST).write_text(json.dumps(manifest))
    pointer = {"generation": folder.name, "manifest": manifest_digest(folder)}
    (folder.parent / "current").write_text(json.dumps(pointer))


HARMS: dict[str, tuple[Callable[[Path], object], str]] = {
    "the pointer is spoiled": (spoil, "generations/current"),
    "the manifest is spoiled": (spoil, "generations/*/manifest.json"),
    "the manifest is gone": (Path.unlink, "generations/*/manifest.json"),
    "the manifest is a folder": (in_the_way, "generations/*/manifest.json"),
    "the generation is gone": (shutil.rmtree, "generations/000001"),
    "codes are spoiled": (spoil, "generations/*/shape.codes.npy"),
    "codes are gone": (Path.unlink, "generations/*/shape.codes.npy"),
    "codes are of another make": (spoil_and_sign, "generations/*/shape.codes.npy"),
    "a forest is a folder": (in_the_way, "generations/*/whash.ann"),
    "a forest is of another make": (spoil_and_sign, "generations/*/whash.ann"),
    "facets are spoiled": (spoil, "generations/*/attributes.*"),
    "facets are of another make": (spoil_and_sign, "generations/*/attributes.ids.npy"),
    "copies are of another make": (spoil_and_sign, f"generations/*/{identical_pictures.FILE}"),
    "the map's pointer is spoiled": (spoil, "maps/current"),
    "the map's pointer is a folder": (in_the_way, "maps/current"),
    "the map is spoiled": (spoil, "maps/*/*.json"),
    "the map's tiles are gone": (Path.unlink, "maps/*/*tiles*"),
    "the network cannot be kept": (spoil, "network"),
    "photos are gone": (Path.unlink, "photos/*.png"),
    "photos are spoiled": (spoil, "photos/*.png"),
    "photos are folders": (in_the_way, "photos/*.png"),
    "thumbnails are gone": (shutil.rmtree, "thumbs"),
    "thumbnails are folders": (in_the_way, "thumbs/*/*.webp"),
    "the database is spoiled": (spoil, "hashbag.db"),
    "the database is gone": (Path.unlink, "hashbag.db"),
    "the database is a folder": (in_the_way, "hashbag.db"),
}


@pytest.mark.thorough
@pytest.mark.parametrize("harm", HARMS)
def test_no_answer_tells_a_visitor_a_path_of_the_server(
    harm: str, instance: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("_HASHBAG_NETWORK")
    if "map" in harm:
        draw_map(create_app({"instance": instance}))
    drawn = [path.name for path in instance.glob("maps/*") if path.is_dir()]
    do, what = HARMS[harm]
    for path in [*instance.glob(what)] or [instance / what]:
        do(path)
    app = create_app({"instance": instance})
    app.config["PROPAGATE_EXCEPTIONS"] = False

    asked = [path.format(map=drawn[0]) for path in OF_THE_MAP] if drawn else ASKED
    answers = [app.test_client().get(path, buffered=True) for path in asked]
    picture = {"image": (io.BytesIO(encoded(bag(1), "PNG")), "x.png")}
    answers.append(app.test_client().post("/api/v1/search", data=picture))
    refused = {answer.request.path for answer in answers if answer.status_code != 200}
    # Without a map or the network's file all these are answered; the log tells of the file.
    assert refused or "map" in harm or "network" in harm, "the harm was noticed"
    for answer in answers:
        assert answer.status_code != 500
        for place in (instance, ROOT, Path(sys.prefix)):
            assert str(place).encode() not in answer.get_data()


def test_the_owner_is_told_what_visitors_are_not(
    instance: Path, caplog: pytest.LogCaptureFixture
) -> None:
    spoil(instance / "hashbag.db")
    app = create_app({"instance": instance})
    assert app.test_client().get("/items/3").status_code == 503
    told = f"{instance / 'hashbag.db'}: file is not a database"
    assert told in caplog.text
    done = hashbag(["status"], instance)
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (1, "", 1)
    assert told in done.stderr


@pytest.mark.parametrize(
    ("address", "code", "words"),
    [
        ("mysql://shop:s3cret@127.0.0.1:1/bags", 1, "MySQLdb, which reaches it, is not installed"),
        ("postgresql://shop:s3cret@127.0.0.1:port/bags", 2, "no address of a database"),
    ],
)
def test_a_command_prints_no_password(address: str, code: int, words: str, instance: Path) -> None:
    (instance / "config.toml").write_text(f'database = "{address}"\n')
    for command in (["status"], ["import", str(instance / "photos")], ["verify"]):
        done = hashbag(command, instance)
        assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (code, "", 1)
        assert words in done.stderr
        assert "s3cret" not in done.stderr
