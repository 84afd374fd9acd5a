"""The commands that ask say what they should; the demo needs nothing but itself."""

import json
import socket
from pathlib import Path

import pytest

from tests.applications import hashbag
from tests.pictures import bag, catalogue

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cli")
    photos = catalogue(folder / "photos", 30)
    done = hashbag(["import", "--jobs", "1", photos], folder / "instance")
    assert done.stdout == "added 30, updated 0, unchanged 0, rejected 0\n"
    return folder / "instance"


def test_status_tells_what_is_there_and_what_serves_it(instance: Path) -> None:
    told = json.loads(hashbag(["status", "--json"], instance).stdout)
    assert told["items"] == 30
    assert told["index"]["generation"] == "000001"
    assert told["index"]["problems"] == []
    assert told["index"]["kinds"]["whash"]["items"] == 30
    assert told["codes"]["phash"][0]["count"] == 30
    assert "generation" in hashbag(["status"], instance).stdout


def test_verify_finds_what_changed_behind_the_catalogues_back(instance: Path) -> None:
    fine = hashbag(["verify", "--jobs", "1"], instance)
    assert (fine.returncode, "as they should be" in fine.stdout) == (0, True)
    photo = instance.parent / "photos" / "007.png"
    before = photo.read_bytes()
    bag(99).save(photo)
    wrong = hashbag(["verify", "--jobs", "1"], instance)
    photo.write_bytes(before)
    assert wrong.returncode == 1
    assert "item 8, 007.png: its photo changed since it was imported" in wrong.stdout


def test_search_finds_a_picture_from_the_shell(instance: Path, tmp_path: Path) -> None:
    bag(11).save(tmp_path / "asked.png")
    found = hashbag(["search", tmp_path / "asked.png", "-k", "3", "--json"], instance)
    answer = json.loads(found.stdout)
    assert (answer["by"], answer["exact"], len(answer["hits"])) == ("look", True, 3)
    assert (answer["hits"][0]["filename"], answer["hits"][0]["distance"]) == ("011.png", 0)
    table = hashbag(["search", tmp_path / "asked.png", "--by", "dhash"], instance).stdout
    assert "0 of 64" in table.splitlines()[0]
    assert "proven exact" in table


def test_some_kinds_come_with_the_import_and_the_others_with_the_index(tmp_path: Path) -> None:
    photos, instance = catalogue(tmp_path / "photos", 16), tmp_path / "instance"
    asked = photos.with_name("003.png")

    quick = hashbag(["import", photos, "--jobs", "1", "--kinds", "whash,colorhash"], instance)

    assert quick.stdout == "added 16, updated 0, unchanged 0, rejected 0\n"
    assert "16 items lack codes of some kinds: `hashbag index`" in quick.stderr
    checked = hashbag(["verify"], instance)
    assert checked.returncode == 0, checked.stdout
    assert "16 items lack codes of some kinds" in checked.stderr
    told = json.loads(hashbag(["status", "--json"], instance).stdout)
    assert set(told["codes"]) == set(told["index"]["kinds"]) == {"whash", "colorhash"}
    assert "0 of 64" in hashbag(["search", asked, "--by", "whash"], instance).stdout
    look = hashbag(["search", asked], instance)
    assert (look.returncode, "run `hashbag index`" in look.stderr) == (1, True)

    assert hashbag(["index", "--jobs", "1"], instance).returncode == 0

    assert "0 of 1000" in hashbag(["search", asked], instance).stdout.splitlines()[0]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["search", "asked.png", "--by", "nope"], "no hash kind 'nope'"),
        (["search", "missing.png"], "does not exist"),
        (["remove", "4711"], "no item 4711"),
        (["evaluate", "--kinds", "nope"], "there is no 'nope'"),
    ],
)
def test_an_unusable_argument_exits_2_with_what_is_wrong(
    instance: Path, tmp_path: Path, arguments: list[str], words: str
) -> None:
    bag(1).save(tmp_path / "asked.png")
    given = [str(tmp_path / part) if part.endswith(".png") else part for part in arguments]
    done = hashbag(given, instance)
    assert done.returncode == 2
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_evaluate_prints_tables_and_writes_rows_and_a_picture(
    instance: Path, tmp_path: Path
) -> None:
    rows, picture = tmp_path / "rows.json", tmp_path / "heat.svg"
    sorts = tmp_path / "sorts.svg"
    asked = ["evaluate", "--kinds", "look,whash", "--sample", "4"]
    files: list[str | Path] = ["--json", rows, "--picture", picture, "--confusion", sorts]
    done = hashbag([*asked, *files], instance)
    assert done.returncode == 0, done.stderr
    assert "mean" in done.stdout
    tests = {row["test"] for row in json.loads(rows.read_text())}
    assert {"same picture", "same look", "cost"} <= tests
    assert picture.read_text().startswith("<svg")
    assert sorts.read_text().startswith("<svg")


def test_the_demo_draws_imports_and_indexes(tmp_path: Path) -> None:
    instance = tmp_path / "instance"
    done = hashbag(["demo", "--items", "8", "--jobs", "1"], instance)
    assert done.stdout == "added 8, updated 0, unchanged 0, rejected 0\n"
    again = hashbag(["demo", "--items", "8", "--jobs", "1"], instance)
    assert again.stdout == "added 0, updated 0, unchanged 8, rejected 0\n"
    # The instance can be moved: the demo's photos are inside it.
    moved = instance.rename(tmp_path / "moved")
    assert hashbag(["verify", "--jobs", "1"], moved).returncode == 0


@pytest.mark.parametrize(
    "args",
    [
        ["index"],
        ["index", "--changes"],
        ["search", "{photo}"],
        ["copy", "--to", "sqlite:///{folder}/copy.db"],
        ["add", "{photo}", "--price", "dear"],
        ["backup", "{folder}/all.zip"],
        ["verify", "--repair"],
    ],
)
def test_a_mistyped_instance_folder_stays_unmade(tmp_path: Path, args: list[str]) -> None:
    bag(1).save(tmp_path / "bag.png")
    given = [one.format(photo=tmp_path / "bag.png", folder=tmp_path) for one in args]
    done = hashbag(given, tmp_path / "mistyped")
    assert done.returncode in {1, 2}
    assert [path.name for path in tmp_path.iterdir()] == ["bag.png"]


@pytest.mark.parametrize(
    ("bind", "said"),
    [
        ("shop", "'shop' is no HOST:PORT"),
        ("127.0.0.1:99999", "is no HOST:PORT"),
        ("no.such.host.invalid:80", "there is no host 'no.such.host.invalid'"),
        ("192.0.2.1:8000", "this machine does not have that address"),
    ],
)
def test_an_address_that_cannot_be_served_at_is_told_in_a_sentence(
    tmp_path: Path, bind: str, said: str
) -> None:
    done = hashbag(["serve", "--bind", bind], tmp_path / "instance")
    assert (done.returncode in {1, 2}, said in done.stderr) == (True, True)
    assert done.stderr.count("\n") == 1


def test_a_port_that_something_listens_at_is_told_in_a_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        bind = f"127.0.0.1:{other.getsockname()[1]}"
        done = hashbag(["serve", "--bind", bind], tmp_path / "instance")
    words = "something listens there already: end it, or name another port"
    assert (done.returncode, done.stderr) == (1, f"hashbag: cannot serve at {bind}: {words}\n")
