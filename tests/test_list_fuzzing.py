"""Whatever a list holds: no traceback, and of every row with a picture it is said what became."""

import contextlib
import csv
import io
import json
import os
import re
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import unquote

import pytest
from flask import Flask
from hypothesis import example, given
from hypothesis import strategies as st

from tests.importing import draw_photos, run_import
from webapp.catalog import import_list
from webapp.catalog.import_entries import ListedPhoto, Rejected, Remark
from webapp.catalog.import_list.readable_names import readable
from webapp.exceptions import ImportListError

ANYTHING = st.text(max_size=12)
HALVES = st.text(st.characters(categories=["Cs", "Cc", "Ll", "Zs", "Sc"]), max_size=8)
NAMES = st.sampled_from(
    ("a.jpg", "b.png", "a b.png", "été.jpg", "c,d.png", "x/e.png", "https://x.example/a.jpg",
     "C:\\x\\e.png", "a.jpg, b.png", "", " ", "no_selection", "gone.jpg", "a\nb.jpg", '"q".jpg')
)  # fmt: skip
PRICES = st.one_of(
    st.sampled_from(("1.299,00 €", "$12.5 USD", "₹1,29,999", "45,-", "N/A", "1_299", "1.299", "")),
    ANYTHING,
)
ROWS = st.lists(
    st.fixed_dictionaries(
        {"image": st.one_of(NAMES, NAMES, ANYTHING), "price": PRICES},
        optional={"title": ANYTHING, "handle": st.sampled_from(("", "h")), "note": ANYTHING},
    ),
    max_size=6,
)
ENCODINGS = st.sampled_from(("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252", "cp1254"))


Entries = list[ListedPhoto | Rejected | Remark]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a folder with the photos that some of the names are of."""
    folder = tmp_path_factory.mktemp("photos")
    for name in ("a.jpg", "b.png", "a b.png", "été.jpg", "c,d.png", "x/e.png"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).touch()
    return folder


def read(folder: Path, content: bytes, name: str) -> Entries:
    """Read a list twice; all that is said can be printed, all that is taken can be stored."""
    path = folder / name
    path.write_bytes(content)
    wanted = import_list.read(path)
    entries = list(wanted)
    assert list(wanted) == entries
    assert len(wanted) >= sum(isinstance(one, ListedPhoto) for one in entries)
    for one in entries:
        if isinstance(one, ListedPhoto):
            texts = json.dumps([str(one.path), one.filename, one.attributes], ensure_ascii=False)
            texts.encode()
            price = one.attributes.get("price")
            assert price is None or (isinstance(price, float) and 0 <= price < 1e61)
        else:
            str(one).encode()
            assert not re.search("[\x00-\x1f\x7f]", str(one))
    return entries


def told(entries: Entries, line: int) -> list[str]:
    """Name what was said of a line."""
    return [type(one).__name__ for one in entries if one.line == line]


def goes_on(entries: Entries, product: int, image: str) -> bool:
    """Say whether a further row's picture is one of its product's, or is told of beside it."""
    of_product = [one for one in entries if one.line == product]
    names = {
        name
        for one in of_product
        if isinstance(one, ListedPhoto)
        for name in (one.filename, *(photo.filename for photo in one.further or ()))
    } | {
        # One may be named by a path or an address of another machine.
        photo.path.name
        for one in of_product
        if isinstance(one, ListedPhoto)
        for photo in one.further or ()
    }
    others = [one for one in of_product if not isinstance(one, ListedPhoto)]
    end = re.split(r"[/\\\\]", re.sub(r"[?#].*", "", unquote(image.strip())))[-1]
    ends = names | {name.rpartition("/")[2] for name in names}
    parts = {part.strip() for part in image.split(",")}  # a cell may name several
    one_of = not ends.isdisjoint({image.strip(), readable(image.strip()), end})
    return bool(others) or one_of or parts <= ends


def check(rows: Sequence[Mapping[str, str]], lines: Sequence[int], entries: Entries) -> None:
    """Find each row with a picture among the entries, and a remark where its price is gone."""
    prices = {
        one.line: one.attributes.get("price") for one in entries if isinstance(one, ListedPhoto)
    }
    product = 0  # the line of the row that began the product at hand
    for row, line in zip(rows, lines, strict=True):
        product = line if told(entries, line) else product
        if row["image"].strip() not in {"", "no_selection"} and product != line:
            assert row.get("handle", "").strip(), (row, line)
            assert goes_on(entries, product, row["image"]), (row, line)
        if line in prices and prices[line] is None and row["price"].strip():
            assert "Remark" in told(entries, line), (row, line)


@given(content=st.binary(max_size=200), kind=st.sampled_from(("csv", "tsv", "json", "jsonl")))
@example(content=b"filename\n\x81", kind="csv")
@example(content=b"\xff\xfe", kind="json")
@example(content=b"[", kind="json")
@example(content=b"\0\0\0\0", kind="jsonl")
def test_any_bytes_are_a_list_or_a_sentence(folder: Path, content: bytes, kind: str) -> None:
    with contextlib.suppress(ImportListError):
        read(folder, content, f"bytes.{kind}")


@given(
    text=st.text(st.sampled_from(list("ab.jpg,;\t|\"'\n\r \0=sepé1")), max_size=60),
    header=st.sampled_from(("filename,price", "Bild;Preis", "image", '"image"\tx')),
)
def test_any_text_below_a_header_is_read_or_a_sentence_says_why(
    folder: Path, text: str, header: str
) -> None:
    with contextlib.suppress(ImportListError):
        read(folder, f"{header}\n{text}".encode(), "text.csv")


@pytest.mark.thorough
@given(
    rows=ROWS,
    encoding=ENCODINGS,
    delimiter=st.sampled_from(",;\t|"),
    ends=st.sampled_from(("\n", "\r\n")),
)
def test_no_row_of_a_csv_with_a_picture_is_lost_without_a_word(
    folder: Path, rows: list[dict[str, str]], encoding: str, delimiter: str, ends: str
) -> None:
    columns = ["image", "price", "title", "handle", "note"]
    text = io.StringIO(newline="")
    writer = csv.DictWriter(
        text, columns, "", delimiter=delimiter, lineterminator=ends, quoting=csv.QUOTE_ALL
    )
    writer.writeheader()
    lines = []
    for row in rows:
        lines.append(1 + len(re.findall("\r\n|\r|\n", text.getvalue())))
        writer.writerow(row)
    entries = read(folder, text.getvalue().encode(encoding, "replace"), "rows.csv")
    if encoding.startswith("utf"):
        check(rows, lines, entries)


@pytest.mark.thorough
@given(
    rows=ROWS, names=st.lists(st.one_of(HALVES, st.sampled_from(("Image", "price "))), max_size=3)
)
def test_no_row_of_json_with_a_picture_is_lost_without_a_word(
    folder: Path, rows: list[dict[str, str]], names: list[str]
) -> None:
    objects = [{**row, **dict.fromkeys(names, "x")} for row in rows]
    lines = "\n".join(map(json.dumps, objects)).encode()
    array = json.dumps(objects, indent=1).encode()
    entries = read(folder, lines, "rows.jsonl")
    if {name.strip().casefold() for name in names}.isdisjoint({"image", "price"}):
        check(rows, range(1, len(rows) + 1), entries)
    said = Counter(type(one).__name__ for one in entries)
    assert Counter(type(one).__name__ for one in read(folder, array, "rows.json")) == said


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), HALVES),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(HALVES, inner, max_size=3)
    ),
    max_leaves=6,
)


@pytest.mark.thorough
@given(rows=st.lists(st.dictionaries(st.sampled_from(("image", "price", "title", "x")), JSON)))
def test_any_json_in_a_cell_is_taken_or_a_sentence_says_why(
    folder: Path, rows: list[dict[str, object]]
) -> None:
    read(folder, json.dumps(rows).encode(), "values.json")


@pytest.mark.thorough
@given(
    names=st.lists(
        st.one_of(
            st.binary(min_size=1, max_size=12).map(lambda name: name + b".jpg"),
            st.binary(min_size=1, max_size=12),
        ).filter(lambda name: b"/" not in name and b"\0" not in name and name not in {b".", b".."}),
        max_size=5,
        unique=True,
    )
)
def test_every_file_of_a_folder_is_taken_refused_or_counted(names: list[bytes]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for name in names:
            Path(folder, os.fsdecode(name)).touch()
        entries = list(import_list.read(Path(folder)))
    for one in entries:
        texts = one.filename if isinstance(one, ListedPhoto) else str(one)
        texts.encode()
    left = [re.match(r"left out (\d+)", one.reason) for one in entries if isinstance(one, Remark)]
    counted = sum(int(found[1]) for found in left if found)
    assert len(names) == counted + sum(not isinstance(one, Remark) for one in entries)


@pytest.mark.thorough
def test_a_list_of_the_worst_is_taken_in_by_the_command(empty: Flask, tmp_path: Path) -> None:
    draw_photos(tmp_path, "a.png", "b.png")
    rows = [
        {"image": "a.png", "title": "\0\x1b[31m", "price": "1_0", "x\ny": "\u2028"},
        {"image": "b.png", "title": "é" * 70_000, "price": {"a": [1e400]}},
        {"image": "\ud800"},
        {"image": "a.png\0"},
        {"image": "x" * 5000},
        {"image": ["", None, 7]},
        {"image": "a.png", "\udfff": ""},
        {"image": "."},
        {"image": "/"},
    ]
    (tmp_path / "bags.json").write_text(json.dumps(rows), "utf-8")
    done = run_import(empty, tmp_path / "bags.json", "--rejects", tmp_path / "rejects.csv")
    assert done.stdout == "added 1, updated 0, unchanged 0, rejected 8\n"
    assert "Traceback" not in done.stderr
    with (tmp_path / "rejects.csv").open(newline="", encoding="utf-8") as file:
        kinds = Counter(row["kind"] for row in csv.DictReader(file))
    assert kinds == {"rejected": 8, "remark": 1}
