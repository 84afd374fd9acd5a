"""A photo is found however the list's machine wrote its name, and never another in its place."""

import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.catalog import import_list
from webapp.catalog.import_entries import ListedPhoto, Rejected, Remark
from webapp.catalog.import_list.photo_paths import PhotoPaths, first_and_others


def found(folder: Path, written: str) -> Path | None:
    """Return where a photo was found, relative to the list's folder."""
    paths = PhotoPaths(folder)
    place = paths.exact(written) or paths.find(written)
    return place.path.relative_to(folder.resolve()) if place else None


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Make a folder with a few photos in it."""
    for name in (
        "bag.jpg",
        "images/red bag.jpg",
        "images/100%.jpg",
        "images/a,b.jpg",
        "2024/05/deep.jpg",
        unicodedata.normalize("NFC", "sacs/été.jpg"),
        unicodedata.normalize("NFD", "taschen/größe.jpg"),
        "CAMERA/IMG_1.JPG",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    return tmp_path


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("bag.jpg", "bag.jpg"),
        ("./images/../bag.jpg", "bag.jpg"),
        ("images\\red bag.jpg", "images/red bag.jpg"),
        (".\\images\\red%20bag.jpg", "images/red bag.jpg"),
        ("images/red%20bag.jpg", "images/red bag.jpg"),
        ("images/100%.jpg", "images/100%.jpg"),
        ("images/100%25.jpg", "images/100%.jpg"),
        ("images/red bag.jpg?v=17", "images/red bag.jpg"),
        ("CAMERA/IMG_1.jpg", "CAMERA/IMG_1.JPG"),
        ("camera/img_1.jpg", "CAMERA/IMG_1.JPG"),
        ("SACS/ÉTÉ.JPG", "sacs/été.jpg"),
        ("https://shop.example/Images/Red%20Bag.jpg", "images/red bag.jpg"),
        ("C:\\Users\\me\\shop\\images\\red bag.jpg", "images/red bag.jpg"),
        ("\\\\server\\share\\2024\\05\\deep.jpg", "2024/05/deep.jpg"),
        ("/Volumes/shop/bag.jpg", "bag.jpg"),
        ("file:///C:/shop/bag.jpg", "bag.jpg"),
        ("https://shop.example/media/2024/05/deep.jpg?width=600#top", "2024/05/deep.jpg"),
        ("HTTP://shop.example/images/red%20bag.jpg", "images/red bag.jpg"),
        ("//cdn.example/bag.jpg", "bag.jpg"),
    ],
)
def test_a_photo_is_found_by_the_name_that_another_machine_gave_it(
    folder: Path, written: str, name: str
) -> None:
    assert found(folder, written) == Path(name)


def test_of_names_that_differ_in_case_alone_none_is_guessed(folder: Path) -> None:
    (folder / "Bag.jpg").touch()
    assert found(folder, "bag.jpg") == Path("bag.jpg")
    assert found(folder, "Bag.jpg") == Path("Bag.jpg")
    assert found(folder, "BAG.JPG") is None


@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize("name", ["sacs/été.jpg", "taschen/größe.jpg"])
def test_both_forms_of_an_accent_are_found(folder: Path, form: str, name: str) -> None:
    written = unicodedata.normalize(form, name)  # type: ignore[arg-type]
    place = found(folder, written)
    assert place is not None
    assert unicodedata.normalize("NFC", str(place)) == unicodedata.normalize("NFC", name)
    assert found(folder, f"C:\\{written}".replace("/", "\\")) == place
    assert found(folder.parent, str(folder / written)) == Path(folder.name) / place


@pytest.mark.parametrize(
    "written",
    [
        "other/bag.jpg",
        "https://shop.example/bag.png",
        "https://shop.example/images/",
        "https://shop.example/../../../../../../etc/passwd",
        "images",
        "x" * 5000,
        "%00.jpg",
        "C:\\",
        "//",
        "https://",
    ],
)
def test_what_is_not_there_is_not_found(folder: Path, written: str) -> None:
    assert PhotoPaths(folder).find(written) is None


def test_a_name_that_is_there_as_written_is_that_file(tmp_path: Path) -> None:
    for name in ("a%20b.jpg", "a b.jpg", "c\\d.jpg", "c/d.jpg", "e.jpg?v=2", "e.jpg"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
        assert found(tmp_path, name) == Path(name)


@pytest.mark.parametrize(
    ("cell", "first", "others"),
    [
        ("a.jpg", "a.jpg", []),
        ("a.jpg,b.jpg", "a.jpg", ["b.jpg"]),
        ("a.jpg | b.png ; c.webp", "a.jpg", ["b.png", "c.webp"]),
        ("bag, red.jpg", "bag, red.jpg", []),
        ("https://x/a.jpg, https://x/b.jpg", "https://x/a.jpg", ["https://x/b.jpg"]),
        ("https://x/w_1,h_1/a.jpg", "https://x/w_1,h_1/a.jpg", []),
        ("https://x/a?id=1\nhttps://x/a?id=2", "https://x/a?id=1", ["https://x/a?id=2"]),
    ],
)
def test_the_first_of_several_pictures_in_a_cell(cell: str, first: str, others: list[str]) -> None:
    assert first_and_others(cell) == (first, others)


def test_a_file_whose_name_holds_a_comma_is_one_file(folder: Path) -> None:
    (folder / "a.jpg,b.jpg").touch()
    (folder / "bags.csv").write_text('image\n"images/a,b.jpg"\n"a.jpg,b.jpg"\n"bag.jpg,x.jpg"\n')
    entries = list(import_list.read(folder / "bags.csv"))
    assert [one.filename for one in entries if isinstance(one, ListedPhoto)] == [
        "images/a,b.jpg",
        "a.jpg,b.jpg",
        "bag.jpg",
    ]
    (said,) = (one for one in entries if isinstance(one, Remark))
    assert str(said).startswith("bag.jpg, line 4: further photos that lie nowhere beside the list")


def test_two_spellings_of_one_file_are_taken_once(folder: Path) -> None:
    (folder / "bags.csv").write_text("image\nbag.jpg\nhttps://shop.example/bag.jpg\n./bag.jpg\n")
    entries = list(import_list.read(folder / "bags.csv"))
    reason = "the same file stands on line 2 already"
    assert [one for one in entries if isinstance(one, Rejected)] == [
        Rejected("bag.jpg", reason, 3),
        Rejected("./bag.jpg", reason, 4),
    ]


def test_a_linked_photo_is_the_file_it_leads_to(folder: Path) -> None:
    (folder / "link.jpg").symlink_to(folder / "bag.jpg")
    (folder / "elsewhere").symlink_to(folder / "images")
    assert found(folder, "link.jpg") == Path("bag.jpg")
    assert found(folder, "elsewhere\\red bag.jpg") == Path("images/red bag.jpg")


@given(name=st.text(max_size=40))
def test_no_name_is_a_traceback_and_none_leads_out_of_the_folder_unasked(name: str) -> None:
    folder = Path(__file__).parent
    place = PhotoPaths(folder).find(f"https://shop.example/{name}")
    assert place is None or place.path.is_relative_to(folder.resolve())
    PhotoPaths(folder).nowhere(name.replace("\0", ""))
