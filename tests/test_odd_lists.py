"""Lists as they come: every photo is taken in, or it is said why not and on which line."""

import os
from pathlib import Path

import pytest
from flask import Flask

from tests.conftest import core_of
from tests.importing import draw_photos, run_import


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Draw two photos to be listed."""
    return draw_photos(tmp_path / "photos", "0.png", "1.png")


def listed(photos: Path, content: str | bytes, name: str = "bags.csv") -> Path:
    path = photos / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


ADDED_2 = "added 2, updated 0, unchanged 0, rejected 0\n"


@pytest.mark.parametrize(
    "text",
    [
        "filename,title,price,,\n0.png,One,10,,\n1.png,Two,20,,\n",
        "filename,title,price\n0.png,One,10,\n1.png,Two,20,\n",
        "filename,title,price\n0.png,One,10\n1.png,Two,20\n,,\n,,\n",
        ",filename,title,price\n0,0.png,One,10\n1,1.png,Two,20\n",
        "\n ,, \nfilename,title,price\n\n0.png,One,10\n\t,,\n1.png,Two,20\n",
        "filename;title;price;;\n0.png;One;10;;\n1.png;Two;20;;;;\n;;;;\n",
    ],
    ids=[
        "two blank columns",
        "a blank cell more",
        "blank rows",
        "a column without a name",
        "blank rows above and between",
        "semicolons",
    ],
)
def test_blank_columns_cells_and_rows_cost_no_photo(empty: Flask, photos: Path, text: str) -> None:
    done = run_import(empty, listed(photos, text))
    assert (done.stdout, done.exit_code) == (ADDED_2, 0)
    items = list(core_of(empty).catalog.all_items())
    assert [(item.title, item.price) for item in items] == [("One", 10.0), ("Two", 20.0)]


def test_cells_of_a_column_without_a_name_are_said_once_not_to_be_kept(
    empty: Flask, photos: Path
) -> None:
    done = run_import(empty, listed(photos, "filename,\n0.png,extra\n1.png,more\n"))
    assert done.stdout == ADDED_2
    assert done.stderr.count("without a name are not kept: 'extra'") == 1


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("filename,title,note\n0.png,One,{long}\n1.png,Two,\n", "bags.csv"),
        ("filename\ttitle\tnote\n0.png\tOne\t{long}\n1.png\tTwo\t\n", "bags.tsv"),
        ('filename,title,note\n0.png,One,"{long}\n\n{long}"\n1.png,Two,\n', "bags.csv"),
        ('[{{"filename": "0.png", "note": "{long}"}},\n{{"filename": "1.png"}}]', "bags.json"),
    ],
    ids=["CSV", "TSV", "of several lines", "JSON"],
)
def test_a_cell_may_have_any_length(empty: Flask, photos: Path, text: str, name: str) -> None:
    done = run_import(empty, listed(photos, text.format(long="x" * 131_073), name))
    assert (done.stdout, done.exit_code) == (ADDED_2, 0)


REST = "".join(f"{number}.png,T{number}\n" for number in range(1, 9))


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (f'filename,title\n0.png,"One\n{REST}', 2),
        (f'filename,title\n1.png,T\n0.png,"One\n{REST}2.png,"Two"\n{REST}', 3),
        (f'filename,title,note\n0.png,"of\ntwo","One\n{REST}', 3),
        (f'filename,title\r\n0.png,"5" bag"\r\n{REST}', 2),
        (f'filename,"title\n0.png,One\n{REST}', 1),
        (f'sep=;\nfilename;title\n0.png;"One\n{REST}', 3),
    ],
    ids=["never", "by a later one", "after a cell of lines", "inside", "in the names", "sep="],
)
def test_a_quote_that_is_not_closed_is_named_where_it_opens(
    empty: Flask, photos: Path, text: str, line: int
) -> None:
    done = run_import(empty, listed(photos, text))
    assert done.exit_code == 2
    assert f"bags.csv: line {line} is not CSV: a quote opens there" in done.stderr


@pytest.mark.thorough
@pytest.mark.parametrize("price", ["1_299", "1_0", "१_२", "12_5.0", "nan", "1e3", "-5", "0x10"])
def test_what_only_a_program_calls_a_number_is_no_price_and_the_photo_stays(
    empty: Flask, photos: Path, price: str
) -> None:
    done = run_import(empty, listed(photos, f"filename,price\n0.png,{price}\n1.png,7\n"))
    assert (done.stdout, done.exit_code) == (ADDED_2, 0)
    assert f"remark 0.png, line 2: the price '{price}' cannot be read: left blank" in done.stderr
    assert [item.price for item in core_of(empty).catalog.all_items()] == [None, 7.0]


@pytest.mark.parametrize("folder", [b"caf\xe9", b"\xff\xfe", b"half \xe2\x82"])
def test_a_list_in_a_folder_whose_name_is_not_utf8_is_refused_in_words(
    empty: Flask, photos: Path, tmp_path: Path, folder: bytes
) -> None:
    odd = photos.rename(tmp_path / os.fsdecode(folder))
    done = run_import(empty, listed(odd, "filename\n0.png\n"), "--rejects", tmp_path / "out.csv")
    assert done.exit_code == 1
    assert "0.png, line 2: its path is not UTF-8: rename it" in done.stderr
    assert "0.png,2,rejected" in (tmp_path / "out.csv").read_text("utf-8")
    assert done.stdout.endswith("rejected 1\n")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (b"l\xefst.csv", r"l\xefst.csv: the first line must name"),
        (b"l\xefst.xyz", r"l\xefst.xyz: give a folder"),
        (b"l\xefst.jsonl", r"l\xefst.jsonl: it is not UTF-16"),
    ],
)
def test_a_list_whose_own_name_is_not_utf8_is_told_by_it(
    empty: Flask, tmp_path: Path, name: bytes, said: str
) -> None:
    path = tmp_path / os.fsdecode(name)
    path.write_bytes(b"\xff\xfe\x00" if name.endswith(b"jsonl") else b"nothing here\n")
    done = run_import(empty, path)
    assert done.exit_code == 2
    assert said in done.stderr
    assert "\udcef" not in done.stderr


def test_names_of_files_in_a_report_can_be_read_whatever_they_hold(
    empty: Flask, photos: Path
) -> None:
    (photos / "bad\nname.png").write_text("no picture")
    done = run_import(
        empty, listed(photos, '{"filename": "bad\\nname.png"}\n{"filename": "\\ud800"}', "b.jsonl")
    )
    assert r"rejected bad\x0aname.png, line 1: " in done.stderr
    assert r"rejected \ud800, line 2: " in done.stderr
