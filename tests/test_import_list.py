"""What to import is read row by row; each row that cannot be used is named with its line."""

from pathlib import Path

import pytest

from webapp.catalog import import_list
from webapp.catalog.import_entries import ListedPhoto, Rejected, Remark, UnreadPart
from webapp.exceptions import ImportListError


def read(
    tmp_path: Path, text: str | bytes, name: str = "bags.csv"
) -> list[ListedPhoto | Rejected | Remark]:
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return list(import_list.read(path))


def test_known_columns_are_attributes_and_others_are_kept(tmp_path: Path) -> None:
    (one,) = read(tmp_path, "filename,title,price,season\na/b.jpg, Ida ,12.50,Summer\n")
    assert isinstance(one, ListedPhoto)
    assert one.path == tmp_path.resolve() / "a/b.jpg"
    assert one.attributes == {"title": "Ida", "price": 12.5, "extra": {"season": "Summer"}}


def test_jsonl_reads_like_csv(tmp_path: Path) -> None:
    text = '{"filename": "a.jpg", "price": 3, "tags": ["x"]}\n\n{"filename": "b.jpg"}\n'
    first, second = read(tmp_path, text, "bags.jsonl")
    assert isinstance(first, ListedPhoto)
    assert first.attributes == {"price": 3.0, "extra": {"tags": '["x"]'}}
    assert isinstance(second, ListedPhoto)


def test_a_byte_order_mark_and_quoted_commas_are_fine(tmp_path: Path) -> None:
    (one,) = read(tmp_path, '\ufefffilename,title\na.jpg,"red, large"\n')
    assert isinstance(one, ListedPhoto)
    assert one.attributes["title"] == "red, large"


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (",4", "no filename"),
        ("a.jpg,4,5", "more cells than columns; is a quote or comma missing?"),
    ],
)
def test_a_bad_row_is_named_by_its_line(tmp_path: Path, row: str, reason: str) -> None:
    good, bad, also_good = read(tmp_path, f"filename,price\nz.jpg,1\n{row}\ny.jpg,2\n")
    assert isinstance(good, ListedPhoto)
    assert isinstance(also_good, ListedPhoto)
    # What is on a line with too many cells is not known.
    sort = UnreadPart if "cells" in reason else Rejected
    assert bad == sort("bags.csv", reason, 3)


def test_a_file_named_twice_is_taken_once(tmp_path: Path) -> None:
    first, second = read(tmp_path, "filename\na.jpg\n./a.jpg\n")
    assert isinstance(first, ListedPhoto)
    assert second == Rejected("./a.jpg", "the same file stands on line 2 already", 3)


@pytest.mark.parametrize("line", ["not json", "[1, 2]", '"text"'])
def test_a_bad_json_line_is_named(tmp_path: Path, line: str) -> None:
    bad, good = read(tmp_path, f'{line}\n{{"filename": "a.jpg"}}\n', "bags.jsonl")
    assert isinstance(bad, Rejected)
    assert (bad.source, bad.line) == ("bags.jsonl", 1)
    assert isinstance(good, ListedPhoto)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("title,price\nx,1\n", "`filename` among them; it names title, price"),
        ("", "it names none"),
        ("filename,filename\na,b\n", "named twice"),
        ('filename\n"a.jpg\n', "line 2 is not CSV"),
        (b"filename,title\na.jpg,caf\x81\n", "line 2 is not UTF-8"),
    ],
)
def test_an_unreadable_manifest_says_why(tmp_path: Path, text: str | bytes, message: str) -> None:
    with pytest.raises(ImportListError, match=message):
        read(tmp_path, text)


def test_a_missing_path_and_a_foreign_file_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(ImportListError, match="no such file"):
        import_list.read(tmp_path / "nowhere.csv")
    (tmp_path / "bags.xlsx").write_bytes(b"PK")
    with pytest.raises(ImportListError, match=r"\.csv, .* or \.jsonl"):
        import_list.read(tmp_path / "bags.xlsx")


@pytest.mark.parametrize(
    ("name", "text"),
    [("bags.csv", "filename\na.jpg\nb.jpg\na.jpg\n"), ("bags.jsonl", '{"filename": "a.jpg"}\n[]')],
)
def test_a_listing_can_be_read_again(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    listing = import_list.read(tmp_path / name)
    first = list(listing)
    assert len(listing) == len(first) > 1
    assert list(listing) == first
