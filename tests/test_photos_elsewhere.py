"""Photos and thumbnails in another folder, or in a store that speaks S3: all works as at home."""

import io
import json
import logging
import os
import shutil
import zipfile
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from time import sleep
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.applications import core_of, hashbag
from tests.pictures import catalogue
from tests.s3_server import BUCKET, KEY_ID, SECRET, S3Server, become_client
from tests.serving import free_port, picture_form, run_hashbag, served
from tests.test_item_changes import ADMIN, add, photo
from webapp import create_app
from webapp.config import load
from webapp.exceptions import ConfigError
from webapp.storage import Storage
from webapp.storage.chosen import storage_of

pytestmark = pytest.mark.thorough

OWNER = "of-the-owner"
KEPT = ("image", "thumb")


@dataclass
class Shop:
    """An instance with 8 bags, and where its photos and thumbnails are."""

    instance: Path
    photos: str
    more: Mapping[str, str]

    @property
    def settings(self) -> dict[str, str]:
        """What its commands have in their environment."""
        return {"HASHBAG_PHOTOS": self.photos, **self.more}

    @property
    def storage(self) -> Storage:
        return storage_of(load({}, {"instance": self.instance, "photos": self.photos}))

    def keys(self) -> set[str]:
        return {*self.storage.keys("originals"), *self.storage.keys("thumbs")}

    def run(self, *args: str | Path) -> str:
        """Run a command that must go well; return what it said."""
        done = hashbag(args, self.instance, self.settings)
        assert done.returncode == 0, done.stderr + done.stdout
        return done.stdout


@pytest.fixture(params=["folder", "s3"])
def shop(request: pytest.FixtureRequest, eight: Path, tmp_path: Path) -> Shop:
    """Have what was at home elsewhere, as one who moves it would."""
    instance = Path(shutil.copytree(eight, tmp_path / "instance"))
    if request.param == "folder":
        made = Shop(instance, str(tmp_path / "elsewhere"), {})
    else:
        server: S3Server = request.getfixturevalue("s3")
        made = Shop(instance, f"s3://{BUCKET}/{tmp_path.name}", server.environment)
    for path in instance.glob("thumbs/*/*"):
        made.storage.write(path.relative_to(instance).as_posix(), path.read_bytes())
    shutil.rmtree(instance / "thumbs")
    return made


@pytest.fixture
def client(shop: Shop) -> Iterator[FlaskClient]:
    app = create_app({"instance": shop.instance, "photos": shop.photos, "admin_token": OWNER})
    yield app.test_client()
    core_of(app).catalog.engine.dispose()


def everything(instance: Path, photos: str) -> list[Any]:
    """Return all items with their codes, and the bytes of their photos and thumbnails."""
    app = create_app({"instance": instance, "photos": photos})
    client = app.test_client()
    listed = client.get("/api/v1/items?page=1&per_page=200&fields=hashes").get_json()["items"]
    asked = [one[name] for one in listed for name in ("image", "thumb")]
    answers = [client.get(address, buffered=True) for address in asked]
    assert {answer.status_code for answer in answers} == {200}
    core_of(app).catalog.engine.dispose()
    return [listed, [answer.data for answer in answers]]


def test_a_photo_that_is_sent_is_kept_there_and_nowhere_else(
    shop: Shop, client: FlaskClient
) -> None:
    before = shop.keys()
    added = add(client, 50).get_json()
    assert {key.partition("/")[0] for key in shop.keys() - before} == {"originals", "thumbs"}
    for folder in ("originals", "thumbs"):
        assert not (shop.instance / folder).exists()
    assert client.get(added["image"], buffered=True).mimetype == "image/png"
    small = client.get(added["thumb"], buffered=True)
    assert (small.mimetype, small.data[:4]) == ("image/webp", b"RIFF")
    found = client.get(f"/api/v1/items/{added['id']}/similar?k=3").get_json()
    assert len(found["hits"]) == 3
    for page in (f"/items/{added['id']}", f"/cards/{added['id']}", "/duplicates", "/admin"):
        assert client.get(page, buffered=True).status_code in {200, 302, 303}


def test_browsers_may_keep_it_for_ever_and_ask_for_parts(client: FlaskClient) -> None:
    address = add(client, 50).get_json()["image"]
    first = client.get(address, buffered=True)
    assert first.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    again = client.get(address, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    for name in ("ETag", "Cache-Control"):
        assert again.headers[name] == first.headers[name]
    part = client.get(address, headers={"Range": "bytes=2-5"}, buffered=True)
    assert (part.status_code, part.data) == (206, first.data[2:6])


def test_a_replaced_photo_is_gone_and_the_new_one_is_shown(shop: Shop, client: FlaskClient) -> None:
    before = shop.keys()
    added = add(client, 50).get_json()
    old = shop.keys() - before
    changed = client.patch(
        f"/api/v1/items/{added['id']}", headers=ADMIN, data={"image": photo(51)}
    ).get_json()
    assert not old & shop.keys()
    assert client.get(changed["image"], buffered=True).status_code == 200
    client.delete(f"/api/v1/items/{added['id']}", headers=ADMIN)
    assert shop.keys() == before
    assert client.get(changed["image"]).status_code == 404


def test_what_is_in_the_bin_keeps_its_photos_till_it_is_emptied(
    shop: Shop, client: FlaskClient
) -> None:
    before = shop.keys()
    added = add(client, 50).get_json()
    item_bin = core_of(client.application).item_bin
    item_bin.restore(item_bin.remove([added["id"]]))
    assert client.get(added["image"], buffered=True).status_code == 200
    item_bin.remove([added["id"]])
    item_bin.empty(older_than_seconds=-1)
    assert shop.keys() == before


def test_verify_sees_what_is_wrong_there_and_repair_mends_it(
    shop: Shop, client: FlaskClient
) -> None:
    add(client, 50)
    before = {key: shop.storage.read(key) for key in sorted(shop.keys())}
    shop.run("verify", "--jobs", "1")
    lost, cut, *_ = sorted(shop.storage.keys("thumbs"))
    shop.storage.delete([lost])
    shop.storage.write(cut, before[cut][:-9])
    shop.storage.write(f"thumbs/ab/ab{'0' * 62}-192.webp", b"of no item")
    told = hashbag(["verify", "--jobs", "1"], shop.instance, shop.settings)
    assert (told.returncode, told.stdout.count("a thumbnail is missing or cut")) in {(1, 1), (1, 2)}
    assert "removed 1 file of photos that no item has" in shop.run("verify", "--repair")
    assert {key: shop.storage.read(key) for key in sorted(shop.keys())} == before


def test_verify_names_a_sent_photo_that_is_gone_or_another(shop: Shop, client: FlaskClient) -> None:
    first, second = (add(client, seed).get_json()["id"] for seed in (50, 51))
    paths = {item.id: item.path for item in core_of(client.application).catalog.all_items()}
    shop.storage.delete([paths[first]])
    shop.storage.write(paths[second], b"another")
    told = hashbag(["verify", "--jobs", "1"], shop.instance, shop.settings)
    assert told.returncode == 1
    assert f"item {first}, bag.png: its photo cannot be read" in told.stdout
    assert f"item {second}, bag.png: its photo changed" in told.stdout


def test_a_backup_has_what_is_there_and_is_put_back_anywhere(
    shop: Shop, client: FlaskClient, tmp_path: Path
) -> None:
    add(client, 50, title="sent")
    before = everything(shop.instance, shop.photos)
    shop.run("backup", tmp_path / "all.zip")
    home = tmp_path / "home"
    assert hashbag(["restore", tmp_path / "all.zip"], home).returncode == 0
    assert everything(home, "") == before
    there = Shop(tmp_path / "there", f"{shop.photos}-restored", shop.more)
    there.run("restore", tmp_path / "all.zip")
    assert everything(there.instance, there.photos) == before
    assert there.keys() == shop.keys()
    assert not (there.instance / "thumbs").exists()
    there.run("verify", "--jobs", "1")


def test_an_export_has_the_photos_and_is_taken_in_there(
    shop: Shop, client: FlaskClient, tmp_path: Path
) -> None:
    added = add(client, 50, title="sent").get_json()
    sent = client.get(added["image"], buffered=True).data
    shop.run("export", "--photos", tmp_path / "all.zip")
    with zipfile.ZipFile(tmp_path / "all.zip") as archive:
        assert len([name for name in archive.namelist() if name.startswith("photos/")]) == 9
    there = Shop(tmp_path / "there", f"{shop.photos}-imported", shop.more)
    assert "added 9," in there.run("import", "--jobs", "1", "--no-map", tmp_path / "all.zip")
    assert "unchanged 9" in there.run("import", "--jobs", "1", "--no-map", tmp_path / "all.zip")
    assert len(list(there.storage.keys("originals"))) == 9
    assert not (there.instance / "originals").exists()
    assert sent in everything(there.instance, there.photos)[1]
    there.run("verify", "--jobs", "1")


def test_a_folder_with_a_copy_of_a_sent_photo_is_another_bag(
    shop: Shop, client: FlaskClient, tmp_path: Path
) -> None:
    data, name = photo(50)
    add(client, 50)
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / name).write_bytes(data.getvalue())
    assert "added 1," in shop.run("import", "--jobs", "1", "--no-map", tmp_path / "folder")


def test_what_was_sent_to_one_host_is_shown_by_another(
    shop: Shop, client: FlaskClient, tmp_path: Path
) -> None:
    added = add(client, 50).get_json()
    shared = f"sqlite:///{shop.instance / 'hashbag.db'}"
    other = create_app(
        {"instance": tmp_path / "other", "photos": shop.photos, "database": shared}
    ).test_client()
    for name in ("image", "thumb"):
        ours = client.get(added[name], buffered=True)
        assert ours.status_code == 200
        assert other.get(added[name], buffered=True).data == ours.data


def test_status_names_the_place(shop: Shop) -> None:
    assert json.loads(shop.run("status", "--json"))["photos in"] == shop.photos


def test_while_the_store_is_gone_pages_go_on_and_nothing_is_half_done(
    s3: S3Server,
    eight: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    instance = Path(shutil.copytree(eight, tmp_path / "instance"))
    photos = f"s3://{BUCKET}/gone"
    app = create_app({"instance": instance, "photos": photos, "admin_token": OWNER})
    client = app.test_client()
    caplog.set_level(logging.DEBUG, "webapp")
    added = add(client, 50).get_json()
    etags = {name: client.get(added[name], buffered=True).headers["ETag"] for name in KEPT}
    nobody = {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{free_port()}"}
    become_client(monkeypatch, s3.environment | nobody)
    told = ""
    for address in (added["image"], added["thumb"], f"/cards/{added['id']}"):
        answer = client.get(address, buffered=True)
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
        told += answer.text
    for name, etag in etags.items():  # a browser that has it need not wait for the store
        assert client.get(added[name], headers={"If-None-Match": etag}).status_code == 304
    refused = add(client, 51)
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "5")
    assert "the store of photos does not answer" in refused.get_json()["detail"]
    for page in ("/", f"/items/{added['id']}", "/browse", "/healthz"):
        assert client.get(page).status_code == 200
    told += refused.text + caplog.text
    assert "EndpointConnectionError" in caplog.text
    assert SECRET not in told
    assert KEY_ID not in told
    become_client(monkeypatch, s3.environment)
    assert client.get("/api/v1/items?page=1").get_json()["total"] == 9
    assert client.get(added["image"], buffered=True).status_code == 200
    core_of(app).catalog.engine.dispose()


@pytest.mark.parametrize(
    "photos",
    [
        f"s3://{KEY_ID}:{SECRET}@bags/shop",
        "s3://UPPER_case/x",
        "s3://bags/../up",
        "s3://bags/a//b",
        "http://127.0.0.1/bags",
        "a/folder",
    ],
)
def test_an_address_that_is_none_is_refused_and_not_repeated(photos: str) -> None:
    with pytest.raises(ConfigError, match="HASHBAG_PHOTOS must be") as told:
        load({}, {"photos": photos})
    assert SECRET not in str(told.value)
    assert photos not in str(told.value)


@pytest.mark.slow
def test_real_servers_and_worker_processes_use_the_store(s3: S3Server, tmp_path: Path) -> None:
    settings = {"HASHBAG_PHOTOS": f"s3://{BUCKET}/real", "HASHBAG_ADMIN_TOKEN": OWNER}
    settings |= s3.environment
    instance = tmp_path / "instance"
    source = catalogue(tmp_path / "photos", 24)
    done = run_hashbag(["import", "--jobs", "2", "--no-map", source], instance, settings)
    assert done.returncode == 0, done.stderr
    assert "added 24" in done.stdout
    assert not (instance / "thumbs").exists()
    with served(instance, 2, settings) as server:
        for item in range(1, 25):
            assert server.get(f"/thumbs/{item}").status == 200
        edit = {**ADMIN, "Content-Type": "application/json"}
        body, sent = picture_form(photo(50)[0].getvalue(), "bag.png")
        s3.pause()
        try:
            with ThreadPoolExecutor(2) as waiting:
                adding = waiting.submit(server.send, "POST", "/api/v1/items", ADMIN | sent, body)
                removing = waiting.submit(server.send, "DELETE", "/api/v1/items/24", ADMIN)
                while not (adding.done() and removing.done()):
                    # Who changes what needs no photo does not wait for them.
                    changed = server.send("PATCH", "/api/v1/items/2", edit, b'{"price": 3}')
                    assert changed.status == 200, changed.text
                    sleep(0.3)
                assert (adding.result().status, removing.result().status) == (503, 204)
            silent = server.get("/thumbs/1")
            assert (silent.status, silent.headers["Retry-After"]) == (503, "5")
            assert server.get("/items/1").status == 200
        finally:
            s3.go_on()
        assert server.get("/thumbs/1").status == 200
        log = server.errors.read_text()
        assert "Traceback" not in log
        assert SECRET not in log


@pytest.fixture
def two_hosts(shop: Shop, tmp_path: Path) -> tuple[Shop, Shop]:
    """Have two machines with one catalogue and one storage; only the first has `photos`."""
    more = {
        **shop.more,
        "HASHBAG_DATABASE": f"sqlite:///{tmp_path / 'shared.db'}",
        "HASHBAG_COPY_PHOTOS": "on",
    }
    one, other = (Shop(tmp_path / name, shop.photos, more) for name in ("one", "other"))
    catalogue(tmp_path / "photos", 4)
    source = tmp_path / "photos"
    assert "added 4," in one.run(
        "import", "--jobs", "1", "--no-map", "--kinds", "whash", "--kinds", "colorhash", source
    )
    return one, other


def asked(shop: Shop, address: str) -> tuple[int, bytes]:
    environ = {**shop.settings, "HASHBAG_INSTANCE": str(shop.instance)}
    app = create_app(
        {name.removeprefix("HASHBAG_").lower(): environ[name] for name in environ if name[0] == "H"}
    )
    answer = app.test_client().get(address, buffered=True)
    core_of(app).catalog.engine.dispose()
    return answer.status_code, answer.data


def test_an_imported_photo_is_copied_so_that_other_hosts_have_it(
    two_hosts: tuple[Shop, Shop], tmp_path: Path
) -> None:
    one, other = two_hosts
    here = asked(one, "/images/3")
    assert here[0] == 200
    (tmp_path / "photos").rename(tmp_path / "not-mounted")  # as it is for the other host
    assert asked(other, "/images/3") == here
    assert asked(other, "/thumbs/3")[0] == 200
    other.run("index", "--no-map")  # computes the other kinds, from the copies
    assert "lack codes" not in other.run("verify", "--jobs", "1")
    assert asked(other, "/api/v1/items/3/similar?by=dhash")[0] == 200
    other.run("export", "--photos", tmp_path / "all.zip")
    other.run("backup", tmp_path / "backup.zip")
    with zipfile.ZipFile(tmp_path / "backup.zip") as archive:
        assert len([name for name in archive.namelist() if name.startswith("originals/")]) == 4


def test_a_copy_goes_when_no_bag_has_the_photo_any_more(
    two_hosts: tuple[Shop, Shop], tmp_path: Path
) -> None:
    one, _ = two_hosts
    source = tmp_path / "photos"
    copies = set(one.storage.keys("originals"))
    assert len(copies) == 4
    assert "added 0, updated 4" in one.run("import", "--jobs", "1", "--no-map", source)
    one.run("remove", "1", "--no-map")
    left = set(one.storage.keys("originals"))
    assert len(left) == 3
    assert left < copies
    changed = min(path for path in source.rglob("*") if path.is_file() and "2" in path.stem)
    changed.write_bytes(photo(60)[0].getvalue())
    assert "updated 1" in one.run("import", "--jobs", "1", "--no-map", source)
    assert len(set(one.storage.keys("originals"))) == 3
    assert len(set(one.storage.keys("originals")) & copies) == 2
    one.run("verify", "--jobs", "1")


def test_a_copy_stays_for_a_folder_s_bag_when_the_same_was_sent_and_taken_out(
    two_hosts: tuple[Shop, Shop], tmp_path: Path
) -> None:
    one, other = two_hosts
    app = create_app(
        {
            "instance": one.instance,
            "photos": one.photos,
            "database": one.more["HASHBAG_DATABASE"],
            "copy_photos": "on",
            "admin_token": OWNER,
        }
    )
    client = app.test_client()
    (data,) = [asked(one, "/images/2")[1]]
    sent = client.post(
        "/api/v1/items", headers=ADMIN, data={"image": (io.BytesIO(data), "same.png")}
    ).get_json()
    assert client.delete(f"/api/v1/items/{sent['id']}", headers=ADMIN).status_code == 204
    core_of(app).catalog.engine.dispose()
    (tmp_path / "photos").rename(tmp_path / "not-mounted")
    assert asked(other, "/images/2")[0] == 200


def test_without_the_setting_nothing_is_copied_and_with_it_the_next_import_does(
    shop: Shop, tmp_path: Path
) -> None:
    source = catalogue(tmp_path / "more", 2)
    shop.run("import", "--jobs", "1", "--no-map", source)
    assert list(shop.storage.keys("originals")) == []
    shop.more = {**shop.more, "HASHBAG_COPY_PHOTOS": "on"}
    assert "unchanged 2" in shop.run("import", "--jobs", "1", "--no-map", source)
    assert len(list(shop.storage.keys("originals"))) == 2


def test_an_import_that_cannot_reach_the_store_says_so_and_goes_on_when_it_can(
    s3: S3Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = catalogue(tmp_path / "photos", 3)
    shop = Shop(tmp_path / "instance", f"s3://{BUCKET}/imported", s3.environment)
    command = ("import", "--jobs", "1", "--no-map", source)
    nobody = s3.environment | {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{free_port()}"}
    become_client(monkeypatch, nobody)
    refused = hashbag(command, shop.instance, shop.settings | nobody)
    assert refused.returncode == 1
    assert "hashbag: the store of photos does not answer: try again in a moment" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert SECRET not in refused.stderr
    become_client(monkeypatch, s3.environment)
    assert "added 3," in shop.run(*command)
    shop.run("verify", "--jobs", "1")


@pytest.mark.slow
def test_without_the_library_it_is_said_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("import sys\nsys.modules['s3fs'] = None\n")
    hidden = {"PYTHONPATH": f"{tmp_path}:{os.environ.get('PYTHONPATH', '')}"}
    done = run_hashbag(["status"], tmp_path, {"HASHBAG_PHOTOS": f"s3://{BUCKET}/x", **hidden})
    assert done.returncode == 2
    assert "pip install 'hashbag[s3]'" in done.stderr


def test_what_is_kept_is_not_imported_with_the_folder_around_it(
    client: FlaskClient, shop: Shop, tmp_path: Path
) -> None:
    add(client, 50)
    (tmp_path / "around").mkdir()
    (tmp_path / "around" / "own.png").write_bytes(photo(51)[0].getvalue())
    place = tmp_path / "around" / "kept"
    if Path(shop.photos).is_dir():
        Path(shop.photos).rename(place)
        shop.photos = str(place)
    told = shop.run("import", "--jobs", "1", "--no-map", tmp_path / "around")
    assert told == "added 1, updated 0, unchanged 0, rejected 0\n"
