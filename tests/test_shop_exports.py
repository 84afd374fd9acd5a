"""Lists as shops and spreadsheets export them: every row is taken in, with its right price."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from flask import Flask

from tests.conftest import core_of
from tests.importing import draw_photos, run_import
from webapp.models import Item

WOOCOMMERCE = [
    "ID", "Type", "SKU", "GTIN, UPC, EAN, or ISBN", "Name", "Published", "Is featured?",
    "Visibility in catalog", "Short description", "Description", "Date sale price starts",
    "Date sale price ends", "Tax status", "Tax class", "In stock?", "Stock", "Low stock amount",
    "Backorders allowed?", "Sold individually?", "Weight (kg)", "Length (cm)", "Width (cm)",
    "Height (cm)", "Allow customer reviews?", "Purchase note", "Sale price", "Regular price",
    "Categories", "Tags", "Shipping class", "Images", "Download limit", "Download expiry days",
    "Parent", "Grouped products", "Upsells", "Cross-sells", "External URL", "Button text",
    "Position", "Brands", "Attribute 1 name", "Attribute 1 value(s)", "Attribute 1 visible",
    "Attribute 1 global",
]  # fmt: skip
SHOPIFY = [
    "Handle", "Title", "Body (HTML)", "Vendor", "Product Category", "Type", "Tags", "Published",
    "Option1 Name", "Option1 Value", "Option2 Name", "Option2 Value", "Variant SKU",
    "Variant Grams", "Variant Inventory Tracker", "Variant Inventory Qty",
    "Variant Inventory Policy", "Variant Fulfillment Service", "Variant Price",
    "Variant Compare At Price", "Variant Requires Shipping", "Variant Taxable", "Variant Barcode",
    "Image Src", "Image Position", "Image Alt Text", "Gift Card", "SEO Title", "SEO Description",
    "Google Shopping / Google Product Category", "Variant Image", "Variant Weight Unit",
    "Variant Tax Code", "Cost per item", "Status",
]  # fmt: skip
MAGENTO = [
    "sku", "store_view_code", "attribute_set_code", "product_type", "categories",
    "product_websites", "name", "description", "short_description", "weight", "product_online",
    "tax_class_name", "visibility", "price", "special_price", "special_price_from_date", "url_key",
    "meta_title", "base_image", "base_image_label", "small_image", "small_image_label",
    "thumbnail_image", "thumbnail_image_label", "created_at", "updated_at",
    "additional_attributes", "qty", "additional_images", "additional_image_labels",
]  # fmt: skip


def export(
    path: Path,
    columns: Sequence[str],
    rows: Sequence[Mapping[str, object]],
    encoding: str = "utf-8",
    delimiter: str = ",",
) -> Path:
    """Write rows as an export does, ending lines as programs on Windows do."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns, restval="", delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    path.write_bytes(text.getvalue().encode(encoding))
    return path


def items(app: Flask) -> list[Item]:
    return list(core_of(app).catalog.all_items())


def prices(app: Flask) -> list[tuple[str, float | None, str]]:
    return [(item.title, item.price, item.currency) for item in items(app)]


def test_woocommerce(empty: Flask, tmp_path: Path) -> None:
    """Addresses of pictures, several in a cell; variations with and without a picture."""
    shop = "https://shop.example/wp-content/uploads/2024/05"
    draw_photos(tmp_path, "uploads/2024/05/ida.png", "lea-rot.png", "clutch, gold.png")
    rows = [
        {
            "ID": 11, "Type": "variable", "SKU": "IDA", "Name": "Ida", "Categories": "Bags > Totes",
            "Images": f"{shop}/ida.png, {shop}/ida-2.png, {shop}/ida-3.png", "Brands": "Ora",
            "Regular price": "1299", "Sale price": "999",
        },
        {"ID": 12, "Type": "variation", "Name": "Ida S", "Regular price": "1299", "Parent": "IDA"},
        {
            "ID": 13, "Type": "simple", "SKU": "LEA", "Name": "Lea", "Regular price": "89.9",
            "Images": f"{shop}/lea-rot.png?w=800&h=600", "Description": "Of felt,\n\"soft\".",
        },
        {"ID": 14, "Type": "simple", "Name": "Clutch", "Images": f"{shop}/clutch%2C%20gold.png"},
    ]  # fmt: skip
    done = run_import(empty, export(tmp_path / "wc.csv", WOOCOMMERCE, rows, "utf-8-sig"))
    assert (done.stdout, done.exit_code) == ("added 3, updated 0, unchanged 0, rejected 0\n", 0)
    assert prices(empty) == [("Ida", 1299.0, ""), ("Lea", 89.9, ""), ("Clutch", None, "")]
    assert (items(empty)[0].brand, items(empty)[0].category) == ("Ora", "Bags > Totes")
    assert items(empty)[0].filename == "uploads/2024/05/ida.png"
    assert f"not taken: 2 ({shop}/ida-2.png, {shop}/ida-3.png)" in done.stderr
    assert "rows of products above, without a picture of their own: 1" in done.stderr
    assert "photos found beside the list by the end of their address or path: 3" in done.stderr


def test_shopify(empty: Flask, tmp_path: Path) -> None:
    """A product goes on below its first row, with variants and more pictures."""
    cdn = "https://cdn.shopify.com/s/files/1/0001/products"
    draw_photos(tmp_path, "ida.png", "ida-back.png", "lea.png")
    rows: list[dict[str, object]] = [
        {"Handle": "ida", "Title": "Ida", "Vendor": "Ora", "Type": "Tote", "Option1 Value": "S",
         "Variant Price": "1299.00", "Image Src": f"{cdn}/ida.png?v=1700000000",
         "Image Position": 1, "Variant Compare At Price": "1499.00"},
        {"Handle": "ida", "Option1 Value": "M", "Variant Price": "1349.00"},
        {"Handle": "ida", "Image Src": f"{cdn}/ida-back.png?v=1700000001", "Image Position": 2},
        {"Handle": "lea", "Title": "Lea", "Vendor": "Vell", "Type": "Clutch",
         "Variant Price": "45.5", "Image Src": f"{cdn}/lea.png?v=1700000002"},
    ]  # fmt: skip
    done = run_import(empty, export(tmp_path / "products_export.csv", SHOPIFY, rows))
    assert (done.stdout, done.exit_code) == ("added 2, updated 0, unchanged 0, rejected 0\n", 0)
    assert prices(empty) == [("Ida", 1299.0, ""), ("Lea", 45.5, "")]
    assert [item.category for item in items(empty)] == ["Tote", "Clutch"]
    assert [photo.filename for photo in items(empty)[0].photos] == ["ida.png", "ida-back.png"]
    assert "rows of products above, without a picture of their own: 1" in done.stderr


def test_magento(empty: Flask, tmp_path: Path) -> None:
    """Paths from the media folder; a row more for each language, without a picture."""
    draw_photos(tmp_path, "w/b/wb01.png", "w/b/wb01_alt.png", "w/b/wb02.png")
    categories = "Default Category/Gear,Default Category/Gear/Bags"
    rows = [
        {"sku": "WB01", "product_type": "simple", "categories": categories, "name": "Ida",
         "price": "1299.0000", "base_image": "/w/b/wb01.png", "small_image": "/w/b/wb01.png",
         "additional_images": "/w/b/wb01.png,/w/b/wb01_alt.png", "description": "<p>Soft</p>"},
        {"sku": "WB01", "store_view_code": "fr", "base_image": "no_selection"},
        {"sku": "WB02", "product_type": "simple", "categories": categories, "name": "Lea",
         "price": "34.5000", "special_price": "29.0000", "base_image": "/w/b/wb02.png"},
    ]  # fmt: skip
    done = run_import(empty, export(tmp_path / "catalog_product.csv", MAGENTO, rows))
    assert (done.stdout, done.exit_code) == ("added 2, updated 0, unchanged 0, rejected 0\n", 0)
    assert prices(empty) == [("Ida", 1299.0, ""), ("Lea", 34.5, "")]
    assert items(empty)[1].category == categories
    assert [photo.filename for photo in items(empty)[0].photos] == [
        "w/b/wb01.png",
        "w/b/wb01_alt.png",
    ]


@pytest.mark.parametrize(
    ("encoding", "delimiter", "name"),
    [
        ("cp1252", ";", "liste.csv"),
        ("utf-8-sig", ";", "liste.csv"),
        ("utf-16", "\t", "liste.txt"),
    ],
    ids=["CSV (Trennzeichen-getrennt)", "CSV UTF-8", "Unicode Text"],
)
def test_excel_in_german(
    empty: Flask, tmp_path: Path, encoding: str, delimiter: str, name: str
) -> None:
    draw_photos(tmp_path, "Größe/Ida.png", "Lea.png", "Kai.png")
    rows = [
        {"Bild": "Größe\\Ida.png", "Bezeichnung": "Ida; groß", "Preis": "1.299,00 €",
         "Marke": "Müller", "Farbe": "weiß"},
        {"Bild": "Lea.png", "Bezeichnung": "Lea", "Preis": "1.450 €"},
        {"Bild": "Kai.png", "Bezeichnung": "Kai", "Preis": "49,-"},
    ]  # fmt: skip
    columns = ["Bild", "Bezeichnung", "Preis", "Marke", "Farbe"]
    done = run_import(empty, export(tmp_path / name, columns, rows, encoding, delimiter))
    assert (done.stdout, done.exit_code) == ("added 3, updated 0, unchanged 0, rejected 0\n", 0)
    assert prices(empty) == [
        ("Ida; groß", 1299.0, "EUR"),
        ("Lea", 1450.0, "EUR"),
        ("Kai", 49.0, ""),
    ]
    assert (items(empty)[0].brand, items(empty)[0].colour) == ("Müller", "weiß")
    assert ("line 2: not UTF-8" in done.stderr) == (encoding == "cp1252")


@pytest.mark.parametrize(("encoding", "space"), [("cp1252", "\u00a0"), ("utf-8-sig", "\u202f")])
def test_excel_in_french(empty: Flask, tmp_path: Path, encoding: str, space: str) -> None:
    draw_photos(tmp_path, "été.png", "b.png")
    rows = [
        {"Fichier": "été.png", "DÉSIGNATION": "Sac d'été", "Prix TTC": f"1{space}299,00{space}€",
         "Marque": "Ora", "Catégorie": "Cabas"},
        {"Fichier": "b.png", "DÉSIGNATION": "Pochette", "Prix TTC": f"45,5{space}€"},
    ]  # fmt: skip
    columns = ["Fichier", "DÉSIGNATION", "Prix TTC", "Marque", "Catégorie"]
    path = export(tmp_path / "liste.csv", columns, rows, encoding, ";")
    path.write_bytes("sep=;\r\n".encode(encoding) + path.read_bytes().removeprefix(b"\xef\xbb\xbf"))
    done = run_import(empty, path)
    assert (done.stdout, done.exit_code) == ("added 2, updated 0, unchanged 0, rejected 0\n", 0)
    assert prices(empty) == [("Sac d'été", 1299.0, "EUR"), ("Pochette", 45.5, "EUR")]


@pytest.mark.parametrize(("encoding", "sign"), [("cp1254", "TL"), ("utf-8", "₺")])
def test_excel_in_turkish(empty: Flask, tmp_path: Path, encoding: str, sign: str) -> None:
    draw_photos(tmp_path, "çanta ışık.png", "b.png")
    rows = [
        {"GÖRSEL": "çanta ışık.png", "BAŞLIK": "Işıltılı çanta", "FİYAT": f"1.299,00 {sign}",
         "MARKA": "Şık", "KATEGORİ": "Omuz çantası"},
        {"GÖRSEL": "b.png", "BAŞLIK": "Küçük", "FİYAT": f"1.450 {sign}"},
    ]  # fmt: skip
    columns = ["GÖRSEL", "BAŞLIK", "FİYAT", "MARKA", "KATEGORİ"]
    done = run_import(empty, export(tmp_path / "liste.csv", columns, rows, encoding, ";"))
    assert (done.stdout, done.exit_code) == ("added 2, updated 0, unchanged 0, rejected 0\n", 0)
    assert prices(empty) == [("Işıltılı çanta", 1299.0, "TRY"), ("Küçük", 1450.0, "TRY")]
    assert (items(empty)[0].brand, items(empty)[0].category) == ("Şık", "Omuz çantası")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16-le", "utf-16-be"])
def test_excel_in_hindi(empty: Flask, tmp_path: Path, encoding: str) -> None:
    draw_photos(tmp_path, "थैला.png", "b.png", "c.png")
    rows = [
        {"चित्र": "थैला.png", "शीर्षक": "बड़ा थैला", "मूल्य": "₹1,29,999.00", "रंग": "लाल"},
        {"चित्र": "b.png", "शीर्षक": "छोटा", "मूल्य": "₹ 1,299"},
        {"चित्र": "c.png", "शीर्षक": "नया", "मूल्य": "१,२९९"},
    ]
    columns = ["चित्र", "शीर्षक", "मूल्य", "रंग"]
    done = run_import(empty, export(tmp_path / "list.csv", columns, rows, encoding))
    assert (done.stdout, done.exit_code) == ("added 3, updated 0, unchanged 0, rejected 0\n", 0)
    assert prices(empty) == [
        ("बड़ा थैला", 129999.0, "INR"),
        ("छोटा", 1299.0, "INR"),
        ("नया", 1299.0, ""),
    ]


def test_a_json_array_of_products_as_a_shop_answers_it(empty: Flask, tmp_path: Path) -> None:
    draw_photos(tmp_path, "ida.png", "lea.png")
    products = [
        {
            "name": "Ida",
            "price": "1299.00",
            "images": [{"id": 7, "src": "https://shop.example/ida.png"}, {"src": "ida-2.png"}],
            "categories": [{"name": "Bags"}],
            "parent_id": 0,
        },
        {"name": "Lea", "price": 45.5, "images": ["lea.png"]},
    ]
    path = tmp_path / "products.json"
    path.write_text(json.dumps(products, indent=2), "utf-8")
    done = run_import(empty, path)
    assert (done.stdout, done.exit_code) == ("added 2, updated 0, unchanged 0, rejected 0\n", 0)
    assert prices(empty) == [("Ida", 1299.0, ""), ("Lea", 45.5, "")]
    assert "remark ida.png, line 2: further photos that lie nowhere" in done.stderr


def test_addresses_that_lie_nowhere_beside_the_list_are_said_not_to_be_fetched(
    empty: Flask, tmp_path: Path
) -> None:
    draw_photos(tmp_path, "0.png")
    (tmp_path / "bags.csv").write_text(
        "Image Src\n0.png\nhttps://shop.example/a%20bag.png?v=2\n//cdn.example/\n"
    )
    done = run_import(empty, tmp_path / "bags.csv")
    assert (done.stdout, done.exit_code) == ("added 1, updated 0, unchanged 0, rejected 2\n", 1)
    said = "line 3: an address on the web, which is not fetched: put a bag.png beside the list"
    assert f"rejected https://shop.example/a%20bag.png?v=2, {said}" in done.stderr
    assert "rejected //cdn.example/, line 4: an address on the web" in done.stderr
