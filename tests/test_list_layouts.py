"""A list may be written by any usual sign, in any usual encoding, with names in any order."""

import csv
import io
import json
import tomllib
import tracemalloc
from importlib import resources
from pathlib import Path

import pytest
from flask import Flask

from tests.conftest import core_of
from tests.importing import draw_photos, run_import
from webapp.catalog import import_list
from webapp.catalog.import_entries import ListedPhoto, Rejected, Remark, UnreadPart
from webapp.catalog.import_list.column_names import columns_of
from webapp.exceptions import ImportListError

Entries = list[ListedPhoto | Rejected | Remark]


def read(folder: Path, content: str | bytes, name: str = "bags.csv", **given: str) -> Entries:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return list(import_list.read(path, given))


def photos(entries: Entries) -> list[ListedPhoto]:
    return [one for one in entries if isinstance(one, ListedPhoto)]


def remarks(entries: Entries) -> list[str]:
    return [str(one) for one in entries if isinstance(one, Remark)]


TABLE = "filename,title,price\na.jpg,Ida,12.50\nb.jpg,Lea,45\n"


@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("sign", [",", ";", "\t", "|"])
@pytest.mark.parametrize("told", ["", "sep={}\n", "SEP={}\n"])
def test_any_sign_between_cells_and_any_end_of_a_line(
    tmp_path: Path, sign: str, ends: str, told: str
) -> None:
    text = (told.format(sign) + TABLE.replace(",", sign)).replace("\n", ends)
    first, second = photos(read(tmp_path, text))
    assert (first.filename, second.filename) == ("a.jpg", "b.jpg")
    assert first.attributes == {"title": "Ida", "price": 12.5, "extra": {}}
    assert second.line == 3 + bool(told)


@pytest.mark.parametrize("name", ["bags.csv", "bags.tsv", "bags.txt", "BAGS.CSV", "bags.tab"])
def test_the_sign_is_known_by_the_columns_whatever_the_file_is_called(
    tmp_path: Path, name: str
) -> None:
    text = 'Preis, netto;Bild;"Titel; kurz"\n"1;5, 2";a.jpg;x\n'
    (one,) = photos(read(tmp_path, text, name))
    assert one.filename == "a.jpg"
    assert one.attributes["extra"] == {"Preis, netto": "1;5, 2", "Titel; kurz": "x"}


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "cp1254"]
)
@pytest.mark.parametrize("kind", ["csv", "jsonl", "json"])
def test_any_usual_encoding(tmp_path: Path, encoding: str, kind: str) -> None:
    rows = [{"Dosya": "çanta.jpg", "Fiyat": "45", "Başlık": "gün ışığı"}, {"Dosya": "b.jpg"}]
    if encoding == "cp1252":
        rows = [{"Datei": "täsche.jpg", "Preis": "45", "Titel": "größe – 45 €"}, {"Datei": "b.jpg"}]
    text = io.StringIO()
    if kind == "csv":
        writer = csv.DictWriter(text, list(rows[0]), delimiter=";")
        writer.writeheader()
        writer.writerows(rows)
    elif kind == "jsonl":
        text.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    else:
        json.dump(rows, text, ensure_ascii=False, indent=1)
    entries = read(tmp_path, text.getvalue().encode(encoding), f"bags.{kind}")
    first, second = photos(entries)
    assert (first.filename, first.attributes["title"]) == tuple(rows[0].values())[::2]
    assert second.filename == "b.jpg"
    said = [one for one in remarks(entries) if "not UTF-8" in one]
    assert bool(said) == encoding.startswith("cp")
    assert all(f"read as Windows-{encoding[2:]}" in one for one in said)


def test_a_line_that_is_not_utf8_among_others_that_are_is_read_and_said(tmp_path: Path) -> None:
    text = "filename,title\na.jpg,façade €\n".encode() + "b.jpg,façade €\n".encode("cp1252")
    entries = read(tmp_path, text)
    assert [one.attributes["title"] for one in photos(entries)] == ["façade €", "façade €"]
    assert remarks(entries) == [
        "bags.csv, line 3: not UTF-8: it and others like it are read as Windows-1252"
    ]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"filename\na.jpg\n\x81.jpg\n", "line 3 is not UTF-8, and not Windows-1252 either"),
        ("filename\na.jpg\n".encode("utf-16") + b"\x00", "not UTF-16 to its end"),
        (b"\xff\xfe\x00\xd8f\x00", "not UTF-16"),
    ],
)
def test_letters_that_cannot_be_read_are_said(tmp_path: Path, content: bytes, said: str) -> None:
    with pytest.raises(ImportListError, match=said):
        read(tmp_path, content)


@pytest.mark.parametrize(
    ("header", "ours"),
    [
        ("image,name,vendor,price,colors", "filename title brand price colour"),
        ("PHOTO,Product Name,Maker,Regular price,Color", "filename title brand price colour"),
        ("Image Src,Title,Vendor,Variant Price,Type", "filename title brand price category"),
        ("Bild,Bezeichnung,VK-Preis,Währung,Farbe", "filename title price currency colour"),
        ("DATEINAME,TITEL,HERSTELLER,PREIS,WAEHRUNG", "filename title brand price currency"),
        ("Nom du fichier,Libellé,Marque,Prix_TTC,Devise", "filename title brand price currency"),
        ("görsel,ürün_adı,marka,satış fiyatı,renk", "filename title brand price colour"),
        ("फ़ोटो,नाम,ब्रांड,कीमत,मुद्रा,रंग", "filename title brand price currency colour"),
        ("imagen,nombre,marca,precio,categoría", "filename title brand price category"),
        ("immagine,nome,marchio,prezzo,colore", "filename title brand price colour"),
        ("zdjęcie,nazwa,producent,cena,kolor", "filename title brand price colour"),
        ("image_link,title,price,product_type,link", "filename title price category url"),
        (" filename , TITLE ,Price (EUR)", "filename title price"),
    ],
)  # fmt: skip
def test_columns_are_known_by_the_names_that_people_give_them(header: str, ours: str) -> None:
    columns = columns_of(header.split(","), {})
    assert {columns.ours[name][0] for name in ours.split()} == set(range(header.count(",") + 1))


def test_no_name_means_one_column_in_one_language_and_another_in_another() -> None:
    text = resources.files(import_list).joinpath("column_names.toml").read_text("utf-8")
    for columns in tomllib.loads(text).values():
        for ours, names in columns.items():
            for name in names:
                assert ours in columns_of([name.upper()], {}).ours, name


def test_of_several_names_the_surest_counts_and_where_it_is_blank_the_next(tmp_path: Path) -> None:
    text = "Type,Categories,name,title,image\nsimple,Totes,x,Ida,a.jpg\nClutch,,y,,b.jpg\n"
    first, second = photos(read(tmp_path, text))
    assert (first.attributes["category"], first.attributes["title"]) == ("Totes", "Ida")
    assert (second.attributes["category"], second.attributes["title"]) == ("Clutch", "y")
    assert first.attributes["extra"] == {"Type": "simple", "name": "x"}


def test_other_columns_named_twice_are_said_and_numbered(tmp_path: Path) -> None:
    entries = read(tmp_path, "image,Tag,Tag (2),Tag\na.jpg,soft,,red\n")
    kept = {"Tag": "soft", "Tag (2)": "", "Tag (3)": "red"}
    assert photos(entries)[0].attributes["extra"] == kept
    assert remarks(entries) == ["bags.csv, line 1: the column 'Tag' is named twice"]


@pytest.mark.parametrize("header", ["image,Image", "image,price,Preis,PRICE", "image,title,title"])
def test_a_column_of_ours_named_twice_is_refused(tmp_path: Path, header: str) -> None:
    with pytest.raises(ImportListError, match=r"line 1: the column .* is named twice"):
        read(tmp_path, f"{header}\na.jpg,b,c,d\n")


def test_names_can_be_mapped_by_hand(tmp_path: Path) -> None:
    text = "Ansicht,Bild,Betrag,Preis\na.jpg,x.jpg,45,99\n"
    (one,) = photos(read(tmp_path, text, Ansicht="filename", betrag="price"))
    assert (one.filename, one.attributes["price"]) == ("a.jpg", 45.0)
    assert one.attributes["extra"] == {"Bild": "x.jpg", "Preis": "99"}
    for row in ('{"Ansicht": "a.jpg"}', '[{"Ansicht": "a.jpg"}]'):
        (one,) = photos(read(tmp_path, row, "bags.json", Ansicht="filename"))
        assert one.filename == "a.jpg"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"Ansicht": "photo"}, "no column 'photo'; there are filename, title"),
        ({"Betrag": "price"}, "no column 'Betrag'"),
        ({"Betrag": "filename"}, "`filename` among them; it names image, price"),
    ],
)
def test_a_mapping_that_cannot_be_is_refused(
    tmp_path: Path, given: dict[str, str], said: str
) -> None:
    with pytest.raises(ImportListError, match=said):
        read(tmp_path, "image,price\na.jpg,45\n", **given)


def test_the_command_maps_names_and_writes_what_it_says(empty: Flask, tmp_path: Path) -> None:
    draw_photos(tmp_path, "a.png", "b=c.png")
    (tmp_path / "bags.csv").write_text(
        "An=sicht;Betrag\na.png;12,50\nb=c.png;on request\ngone.png;1\n;2\n"
    )
    names = ["--map", "An=sicht=filename", "--map", "Betrag = price"]
    done = run_import(empty, tmp_path / "bags.csv", *names, "--rejects", tmp_path / "rejects.csv")
    assert (done.stdout, done.exit_code) == ("added 2, updated 0, unchanged 0, rejected 2\n", 1)
    assert "\nremarks 1\n" in done.stderr
    assert [item.price for item in core_of(empty).catalog.all_items()] == [12.5, None]
    rows = list(csv.reader((tmp_path / "rejects.csv").read_text("utf-8").splitlines()))
    assert rows == [
        ["file", "line", "kind", "reason"],
        ["b=c.png", "3", "remark", "the price 'on request' cannot be read: left blank"],
        ["gone.png", "4", "rejected", "there is no such file"],
        ["bags.csv", "5", "rejected", "no filename"],
    ]
    for file, line, kind, reason in rows[1:]:
        assert f"{kind} {file}, line {line}: {reason}\n" in done.stderr


@pytest.mark.parametrize("given", ["price", "=price", "Preis=", "="])
def test_a_mapping_without_two_names_is_said(empty: Flask, tmp_path: Path, given: str) -> None:
    done = run_import(empty, tmp_path, "--map", given)
    assert done.exit_code == 2
    assert "THEIRS=OURS" in done.stderr


@pytest.mark.parametrize("space", ["", "\n", " \n\t\n  "])
def test_an_array_names_the_line_of_each_object(tmp_path: Path, space: str) -> None:
    text = (
        f'{space}[{space}{{"image": "a.jpg"}},{space}[1], "x",{space}{{"image": ""}}{space}]{space}'
    )
    entries = read(tmp_path, text, "bags.json")
    lines = space.count("\n")
    assert [(type(one), one.line) for one in entries] == [
        (ListedPhoto, 1 + 2 * lines),
        (UnreadPart, 1 + 3 * lines),
        (UnreadPart, 1 + 3 * lines),
        (Rejected, 1 + 4 * lines),
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[{"image": "a.jpg"},\n{"image": }]', "line 2 is not JSON"),
        ('[{"image": "a.jpg"},\n{"image": "b', "line 2 is not JSON"),
        ('[{"image": "a.jpg"}', "line 1 is not JSON"),
        ('[{"image": "a.jpg"}]\n]', "line 2 is not JSON: something follows"),
        ("[" * 100_000, "line 1 is not JSON: nested too deeply"),
        ("[" + "1" * 5000 + "]", "line 1 is not JSON"),
        ('{"products": [\n{"image": "a.jpg"}]}', "give a JSON array of objects"),
    ],
)
def test_an_array_that_is_none_is_named_by_its_line(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ImportListError, match=said):
        read(tmp_path, text, "bags.json")


def test_a_json_row_that_names_a_column_twice_is_one_rejection(tmp_path: Path) -> None:
    entries = read(tmp_path, '{"image": "a.jpg", "Image": "b.jpg"}\n{"image": "c.jpg"}', "b.jsonl")
    assert [str(one) for one in entries if isinstance(one, Rejected)] == [
        "b.jsonl, line 1: the column 'image' is named twice"
    ]
    assert len(photos(entries)) == 1


@pytest.mark.thorough
@pytest.mark.parametrize("kind", ["csv", "jsonl", "json"])
def test_a_long_list_takes_no_more_memory_than_a_short_one(tmp_path: Path, kind: str) -> None:
    """Lines of ten thousand characters: 20 MB in all, of which one megabyte at a time is plenty."""
    path, note = tmp_path / f"bags.{kind}", "x" * 10_000
    with path.open("w", encoding="utf-8") as file:
        file.write({"csv": "image,note\n", "jsonl": "", "json": "[\n"}[kind])
        for number in range(2000):
            row = json.dumps({"image": f"{number}.jpg", "note": note})
            comma = "," if kind == "json" and number < 1999 else ""
            file.write(f"{number}.jpg,{note}\n" if kind == "csv" else f"{row}{comma}\n")
        file.write("]\n" if kind == "json" else "")
    tracemalloc.start()
    try:
        assert sum(1 for _ in import_list.read(path)) == 2000
        assert tracemalloc.get_traced_memory()[1] < 10_000_000
    finally:
        tracemalloc.stop()
