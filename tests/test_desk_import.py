"""At the desk a list and its photos are sent, looked through, and taken in."""

import hashlib
import io
import json
import os
import signal
import stat
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.applications import core_of
from tests.desk import OWNER, send, told
from tests.pictures import bag, encoded
from tests.serving import eventually
from webapp.catalog import photo_archive
from webapp.catalog.photo_archive import unpack
from webapp.exceptions import ImportListError
from webapp.models import Item

LIST = (
    "filename,title,price,brand\n"
    "a.png,First,10,Ora\n"
    "b.png,Second,20,Zork\n"
    "c.png,Third,dear,Zork\n"
    "none.png,Nowhere,5,Zork\n"
)


def picture(seed: int) -> bytes:
    return encoded(bag(seed), "PNG")


def zipped(files: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


PHOTOS = {"a.png": picture(50), "b.png": picture(51), "c.png": picture(52)}


def waited(desk: FlaskClient) -> TestResponse:
    """Return the page once the import is not under way any more."""
    pages: list[TestResponse] = []

    def has_ended() -> bool:
        pages.append(desk.get("/admin/import"))
        return "Refresh" not in pages[-1].headers

    eventually(has_ended, "it came to an end")
    return pages[-1]


def sent(
    desk: FlaskClient,
    listed: str | bytes,
    photos: bytes | None = None,
    name: str = "list.csv",
) -> TestResponse:
    """Send a list with its photos, and return the page that says what would change."""
    data = listed.encode() if isinstance(listed, str) else listed
    fields: dict[str, object] = {"list": (io.BytesIO(data), name)}
    if photos is not None:
        fields["photos"] = (io.BytesIO(photos), "photos.zip")
    assert send(desk, desk.get("/admin/import"), "/admin/import", **fields).status_code == 303
    return waited(desk)


def take(desk: FlaskClient, page: TestResponse) -> TestResponse:
    assert send(desk, page, "/admin/import/take").status_code == 303
    return waited(desk)


def figures(page: TestResponse) -> dict[str, int]:
    parts = page.text.split('<dl class="figures">')[1].split("</dl>")[0].split("<dt>")[1:]
    return {
        one.split("</dt>")[0]: int(one.split("<dd>")[1].split("</dd>")[0].replace(",", ""))
        for one in parts
    }


def by_title(desk: FlaskClient) -> dict[str, Item]:
    return {item.title: item for item in core_of(desk.application).catalog.all_items()}


@pytest.mark.slow
def test_a_list_and_its_photos_are_looked_through_then_taken_in(
    desk: FlaskClient, desk_instance: Path
) -> None:
    page = sent(desk, LIST, zipped(PHOTOS | {"read me.txt": b"hello"}))
    assert figures(page) == {"new": 3, "changed": 0, "as they are": 0, "rejected": 1}
    assert "no photo of this name was sent" in page.text
    assert "dear" in page.text
    assert "1 file of the zip is left out" in page.text
    assert len(by_title(desk)) == 8
    done = take(desk, page)
    assert "list.csv is imported" in told(done)
    assert (figures(done)["new"], figures(done)["rejected"]) == (3, 1)
    found = by_title(desk)
    assert (found["Second"].price, found["Third"].price) == (20, None)
    assert desk.get(f"/images/{found['First'].id}", buffered=True).data == picture(50)
    assert desk.get("/api/v1/items?page=1&brand=Zork").get_json()["total"] == 2
    # What came of it stays to be read.
    runs = desk.get("/admin/import")
    where = runs.text.split('href="/admin/import/runs/')[1].split('"')[0]
    run = desk.get(f"/admin/import/runs/{where}").text
    assert "no photo of this name was sent" in run
    assert "listed/list.csv" in run
    # New prices alone need no photos; a row says what changes.
    again = sent(desk, "filename,title,price\na.png,First,12\nb.png,Second,20\n")
    assert figures(again)["changed"] == 1
    assert "<td>10</td><td>12</td>" in again.text
    assert by_title(desk)["First"].price == 10
    take(desk, again)
    assert (by_title(desk)["First"].price, by_title(desk)["First"].brand) == (12, "Ora")
    assert by_title(desk)["First"].id == found["First"].id
    # Another photo of the same name comes in place of the one before, once it is taken in.
    again = sent(desk, "filename,title\na.png,First\n", zipped({"a.png": picture(60)}))
    assert "1 photo would come in place of others of the same name: a.png" in told(again)
    address = f"/images/{found['First'].id}"
    assert desk.get(address, buffered=True).data == picture(50)
    take(desk, again)
    assert desk.get(address, buffered=True).data == picture(60)
    assert not (desk_instance / "desk-import" / "photos").exists()


@pytest.mark.slow
def test_lines_of_an_export_are_taken_in_as_such(desk: FlaskClient) -> None:
    take(desk, sent(desk, "filename,title,price,season\na.png,First,5,summer\n", zipped(PHOTOS)))
    lines = desk.get("/api/v1/export", headers={"Authorization": f"Bearer {OWNER}"}).text
    (first,) = (line for line in lines.splitlines() if '"First"' in line)
    told = json.loads(first) | {"title": "Again"}
    told["photos"][0]["file"] = "/elsewhere/a.png"
    page = sent(desk, json.dumps(told), name="export.jsonl")
    assert figures(page) == {"new": 0, "changed": 1, "as they are": 0, "rejected": 0}
    take(desk, page)
    assert by_title(desk)["Again"].extra == {"season": "summer"}


@pytest.mark.slow
def test_rows_whose_photos_are_found_by_one_name_are_bags_of_their_own(desk: FlaskClient) -> None:
    rows = "filename,title\n2023/a.png,One\n2024/a.png,Two\n2025/a.png,Two\n"
    page = sent(desk, rows, zipped({"a.png": picture(50)}))
    assert figures(page) == {"new": 2, "changed": 0, "as they are": 0, "rejected": 1}
    assert "the same file stands on line 3 already" in page.text
    assert figures(take(desk, page))["new"] == 2
    again = sent(desk, rows)
    assert figures(again) == {"new": 0, "changed": 0, "as they are": 2, "rejected": 1}
    assert {"One", "Two"} < by_title(desk).keys()


@pytest.mark.slow
def test_no_other_list_is_taken_in_or_dropped_than_the_one_that_was_shown(
    desk: FlaskClient,
) -> None:
    asking = desk.get("/admin/import")  # which both have open
    mine = sent(desk, LIST, zipped(PHOTOS))
    fields = {
        "list": (io.BytesIO(LIST.replace("First", "Another").encode()), "list.csv"),
        "photos": (io.BytesIO(zipped(PHOTOS)), "photos.zip"),
    }
    send(desk, asking, "/admin/import", **fields)
    theirs = waited(desk)
    for step in ("take", "drop"):
        send(desk, mine, f"/admin/import/{step}")
        page = waited(desk)
        assert "another list was sent meanwhile" in told(page)
        assert figures(page) == figures(theirs)
    assert "Another" not in by_title(desk)
    take(desk, theirs)
    assert "Another" in by_title(desk)


@pytest.mark.slow
@pytest.mark.slow
def test_a_list_that_is_mended_needs_no_photos_again(
    desk: FlaskClient, desk_instance: Path
) -> None:
    take(desk, sent(desk, "filename,title\na.png,First\n", zipped({"a.png": picture(49)})))
    sent(desk, LIST, zipped(PHOTOS))
    mended = LIST.replace("dear", "30")
    page = sent(desk, mended, zipped({"none.png": picture(54)}))
    assert figures(page) == {"new": 3, "changed": 1, "as they are": 0, "rejected": 0}
    assert "1 photo would come in place of others" in page.text
    assert by_title(desk)["First"].digest == hashlib.sha256(picture(49)).hexdigest()
    assert figures(take(desk, page))["new"] == 3
    assert by_title(desk)["Third"].price == 30
    assert by_title(desk)["First"].digest == hashlib.sha256(picture(50)).hexdigest()
    sent(desk, "filename\nd.png\n", zipped({"d.png": picture(53)}))
    page = sent(desk, "filename,title\nd.png,Fourth\n")
    send(desk, page, "/admin/import/drop")
    assert not (desk_instance / "listed" / "d.png").exists()


def test_what_is_dropped_leaves_nothing_behind(desk: FlaskClient, desk_instance: Path) -> None:
    page = sent(desk, LIST, zipped({f"photos/{name}": data for name, data in PHOTOS.items()}))
    assert figures(page)["new"] == 3  # found by their names, in a folder of the zip
    send(desk, page, "/admin/import/drop")
    assert len(by_title(desk)) == 8
    assert list((desk_instance / "listed").rglob("*.png")) == []
    assert 'type="file"' in desk.get("/admin/import").text


@pytest.mark.slow
def test_no_other_file_of_the_server_can_be_named(desk: FlaskClient, desk_instance: Path) -> None:
    secret = desk_instance.parent / "secret.png"
    secret.write_bytes(picture(70))
    listed = f"filename\n{secret}\n../../secret.png\nfile://{secret}\n../photos/001.png\n"
    page = sent(desk, listed)
    assert (figures(page)["new"], figures(page)["rejected"]) == (0, 4)
    take(desk, page)
    assert core_of(desk.application).catalog.count() == 8


@pytest.mark.slow
@pytest.mark.parametrize(
    ("listed", "name", "photos", "problem"),
    [
        ("", "list.csv", None, "list.csv"),
        ("a,b\n1,2\n", "list.csv", None, "list.csv"),
        (LIST, "list.csv", b"no zip", "the zip cannot be unpacked"),
        (LIST, "list.csv", zipped({"../a.png": b"x"}), "leads elsewhere"),
    ],
)
def test_what_cannot_be_imported_is_told(
    desk: FlaskClient, listed: str, name: str, photos: bytes | None, problem: str
) -> None:
    page = sent(desk, listed, photos, name)
    assert problem in told(page)
    assert 'type="file"' in page.text
    assert core_of(desk.application).catalog.count() == 8


def test_what_is_no_list_is_refused_at_once(desk: FlaskClient) -> None:
    for name in ("list.exe", "list"):
        page = sent(desk, LIST, name=name)
        assert "must end in one of" in told(page)
    asking = desk.get("/admin/import")
    send(desk, asking, "/admin/import", list=(io.BytesIO(b""), ""))
    assert "Choose the list" in told(desk.get("/admin/import"))


@pytest.mark.slow
def test_an_import_that_was_killed_says_so_and_another_can_be_sent(
    desk: FlaskClient, desk_instance: Path
) -> None:
    many = {f"{number:03d}.png": picture(100 + number) for number in range(60)}
    listed = "filename\n" + "\n".join(many)
    page = sent(desk, listed, zipped(many))
    send(desk, page, "/admin/import/take")
    eventually(lambda: bool(list(_at_work(desk_instance))), "a process that takes it in")
    os.kill(next(_at_work(desk_instance)), signal.SIGKILL)
    page = waited(desk)
    assert "it was interrupted: send it again" in told(page)
    page = sent(desk, listed)
    assert figures(page)["new"] + figures(page)["as they are"] == 60
    take(desk, page)
    assert core_of(desk.application).catalog.count() == 68


def _at_work(instance: Path) -> Iterator[int]:
    """Find the process that takes in, once it is at it."""
    state = json.loads((instance / "desk-import" / "state.json").read_text())
    if not state["doing"]:
        return
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            args = (folder / "cmdline").read_bytes().split(b"\0")
            environ = (folder / "environ").read_bytes()
        except OSError:
            continue
        if b"take" in args and str(instance).encode() in environ:
            yield int(folder.name)


def test_a_report_that_is_not_there_is_not_found(desk: FlaskClient) -> None:
    for name in ("2026-01-01T00-00-00.000000", "..", "x", "2026..-config"):
        assert desk.get(f"/admin/import/runs/{name}").status_code == 404


# --- archives ---


def unpacked(archive: bytes, folder: Path) -> list[str]:
    path = folder / "photos.zip"
    path.write_bytes(archive)
    into = folder / "into"
    into.mkdir()
    unpack(path, into, lambda _done, _total: None)
    return sorted(one.relative_to(into).as_posix() for one in into.rglob("*") if one.is_file())


def test_photos_are_unpacked_and_nothing_else_is(tmp_path: Path) -> None:
    files = {"a.png": b"1", "x/B.JPG": b"2", "x\\y\\c.webp": b"3", "d.txt": b"4", "e.html": b"5"}
    more = {"__MACOSX/a.png": b"6", ".hidden/f.png": b"7", "x/._g.png": b"8", "x/": b""}
    assert unpacked(zipped(files | more), tmp_path) == ["a.png", "x/B.JPG", "x/y/c.webp"]


@pytest.mark.parametrize(
    "name",
    [
        *("../a.png", "/etc/a.png", "x/../../a.png", "..\\a.png", "C:\\a.png", "C:/a.png"),
        *("a\x01.png", "\\\\server\\a.png", "x/..", "\\a.png"),
    ],
)
def test_an_archive_that_leads_out_of_its_folder_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ImportListError, match="leads elsewhere"):
        unpacked(zipped({"good.png": b"1", name: b"2"}), tmp_path)
    assert not (tmp_path / "a.png").exists()
    assert list((tmp_path / "into").iterdir()) == []


def test_links_in_an_archive_are_refused(tmp_path: Path) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        link = zipfile.ZipInfo("a.png")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(ImportListError, match="no plain file"):
        unpacked(out.getvalue(), tmp_path)


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    with pytest.raises(ImportListError, match="would grow"):
        unpacked(zipped({"a.png": bytes(40_000_000)}), tmp_path)


def test_an_archive_that_lies_of_its_sizes_is_stopped(tmp_path: Path) -> None:
    honest = zipped({"a.png": bytes(5_000_000)})
    lying = honest.replace((5_000_000).to_bytes(4, "little"), (100).to_bytes(4, "little"))
    assert lying != honest
    with pytest.raises(ImportListError):
        unpacked(lying, tmp_path)
    assert sum(one.stat().st_size for one in (tmp_path / "into").rglob("*")) < 2_000_000


@pytest.mark.parametrize(
    ("limit", "value", "problem"),
    [
        ("MOST_FILES", 2, "more than 2 files"),
        ("MOST_BYTES", 10, "at most"),
        ("MOST_FILE_BYTES", 10, "too large"),
    ],
)
def test_too_much_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, value: int, problem: str
) -> None:
    monkeypatch.setattr(photo_archive, limit, value)
    with pytest.raises(ImportListError, match=problem):
        unpacked(zipped(PHOTOS), tmp_path)


def test_no_more_is_unpacked_than_the_disk_has_room_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(photo_archive, "MOST_BYTES", 2**62)
    out = zipped({"a.png": b"1"}, zipfile.ZIP_STORED)
    huge = out.replace(b"\x01\x00\x00\x00\x01\x00\x00\x00", b"\x01\x00\x00\x00\xf0\xff\xff\xff")
    # Of 4 GB each, more than any disk of a test has free.
    with pytest.raises(ImportListError):
        unpacked(huge, tmp_path)


@pytest.mark.parametrize("cut", [10, 100, 400])
def test_a_damaged_archive_is_told(tmp_path: Path, cut: int) -> None:
    with pytest.raises(ImportListError, match="cannot be unpacked"):
        unpacked(zipped(PHOTOS)[:-cut], tmp_path)


def test_photos_and_folders_of_one_name_are_told(tmp_path: Path) -> None:
    with pytest.raises(ImportListError, match="cannot be unpacked"):
        unpacked(zipped({"a.png": b"1", "a.png/b.png": b"2"}), tmp_path)
