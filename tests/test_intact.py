"""Files are compared with their checksums once, and again after any change."""

import os
from pathlib import Path

import pytest

from tests.conftest import core_of, take_in
from tests.pictures import catalogue
from webapp import create_app
from webapp.exceptions import IndexDamaged
from webapp.index import checksum_cache
from webapp.index.checksum_cache import ChecksumCache, mark_of
from webapp.index.generation_store import GenerationStore


@pytest.fixture
def published(tmp_path: Path) -> GenerationStore:
    """Publish 12 pictures and open them once."""
    app = create_app({"instance": tmp_path / "instance"})
    take_in(app, catalogue(tmp_path / "photos", 12))
    found = core_of(app).generations
    found.current()
    return found


def opened_anew(of: GenerationStore) -> GenerationStore:
    return GenerationStore(of.folder, of._engine)  # noqa: SLF001


def files_of(generations: GenerationStore) -> list[Path]:
    return sorted(path for path in generations.newest().iterdir() if path.name != "manifest.json")


def flip_a_byte(path: Path) -> None:
    """Damage a file, and make it look as old as it was."""
    before = path.stat()
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def test_what_was_published_here_is_not_compared_again(published: GenerationStore) -> None:
    known = ChecksumCache(published.folder)
    assert known.doubtful(files_of(published)) == {}
    (published.folder / ".compared").unlink()
    assert sorted(known.doubtful(files_of(published))) == files_of(published)
    opened_anew(published).current()  # compares them, and tells
    assert known.doubtful(files_of(published)) == {}


@pytest.mark.slow
def test_a_flipped_byte_is_found_and_named_in_any_file(published: GenerationStore) -> None:
    """Also after the file was compared, and though its size and date are what they were."""
    for path in files_of(published):
        whole = path.read_bytes()
        flip_a_byte(path)
        with pytest.raises(IndexDamaged, match=rf"{path.name} is not what was built"):
            opened_anew(published).current()
        with pytest.raises(IndexDamaged, match=rf"{path.name} is not what was built"):
            published.verify()
        path.write_bytes(whole)
        opened_anew(published).current()


def test_a_file_put_in_anothers_place_is_compared(published: GenerationStore) -> None:
    path = next(path for path in files_of(published) if path.suffix == ".ann")
    other = path.with_suffix(".other")
    other.write_bytes(bytes(path.stat().st_size))
    other.replace(path)
    with pytest.raises(IndexDamaged, match=rf"{path.name} is not what was built"):
        opened_anew(published).current()


def test_what_is_written_while_it_is_compared_stays_doubtful(tmp_path: Path) -> None:
    known, path = ChecksumCache(tmp_path), tmp_path / "codes"
    path.write_bytes(b"right")
    marks = known.doubtful([path])
    path.write_bytes(b"wrong")
    known.remember(marks)
    assert list(known.doubtful([path])) == [path]
    known.remember({path: mark_of(path)})
    assert known.doubtful([path]) == {}


def test_after_a_restart_of_the_machine_all_are_compared(
    published: GenerationStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    boot = tmp_path / "boot_id"
    boot.write_text("another-start\n", "ascii")
    monkeypatch.setattr(checksum_cache, "_BOOT", boot)
    known = ChecksumCache(published.folder)
    assert sorted(known.doubtful(files_of(published))) == files_of(published)
    opened_anew(published).current()
    assert known.doubtful(files_of(published)) == {}


def test_where_starts_cannot_be_told_apart_all_are_compared_each_time(
    published: GenerationStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checksum_cache, "_BOOT", tmp_path / "no-such-file")
    opened_anew(published).current()
    assert sorted(ChecksumCache(published.folder).doubtful(files_of(published))) == files_of(
        published
    )


@pytest.mark.parametrize("text", ["", "{", "[]", '{"boot": 1}', '{"boot": "x", "files": 3}'])
def test_notes_that_say_nothing_are_not_relied_on(published: GenerationStore, text: str) -> None:
    (published.folder / ".compared").write_text(text, "utf-8")
    assert sorted(ChecksumCache(published.folder).doubtful(files_of(published))) == files_of(
        published
    )
    flip_a_byte(files_of(published)[0])
    with pytest.raises(IndexDamaged, match="is not what was built"):
        opened_anew(published).current()


def test_files_of_generations_that_are_gone_are_forgotten(published: GenerationStore) -> None:
    known = ChecksumCache(published.folder)
    path = published.folder / "passing"
    path.write_bytes(b"")
    known.remember({path: mark_of(path)})
    assert "passing" in (published.folder / ".compared").read_text("utf-8")
    path.unlink()
    known.remember({})
    assert "passing" not in (published.folder / ".compared").read_text("utf-8")
