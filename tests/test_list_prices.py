"""Prices as people write them: read right, or left blank and said; the photo stays in any case."""

from pathlib import Path

import pytest
from babel.numbers import format_currency, format_decimal
from hypothesis import given
from hypothesis import strategies as st

from webapp.catalog import import_list
from webapp.catalog.import_entries import ListedPhoto, Remark
from webapp.catalog.import_list.prices import read_price


def priced(
    tmp_path: Path, *rows: str, header: str = "filename;price"
) -> list[tuple[object, object]]:
    """Read a list with a price in each row; returns amount and currency of each."""
    lines = [header, *(f"{number}.jpg;{price}" for number, price in enumerate(rows))]
    (tmp_path / "bags.csv").write_text("\n".join(lines), "utf-8")
    entries = list(import_list.read(tmp_path / "bags.csv"))
    photos = [one.attributes for one in entries if isinstance(one, ListedPhoto)]
    assert len(photos) == len(rows)
    return [(one["price"], one.get("currency")) for one in photos]


def remarks(tmp_path: Path) -> list[str]:
    entries = import_list.read(tmp_path / "bags.csv")
    return [str(one) for one in entries if isinstance(one, Remark)]


@pytest.mark.parametrize(
    ("text", "amount", "currency"),
    [
        ("12.50", 12.5, None),
        ("0", 0.0, None),
        (".5", 0.5, None),
        ("1.299,00 €", 1299.0, "EUR"),
        ("1\u202f299,00 €", 1299.0, "EUR"),
        ("1\u00a0299,00", 1299.0, None),
        ("1 299", 1299.0, None),
        ("$12.5 USD", 12.5, "USD"),
        ("US$1,299.00", 1299.0, "USD"),
        ("$ 45 CAD", 45.0, "CAD"),
        ("₹1,29,999", 129999.0, "INR"),
        ("₹1,299", 1299.0, "INR"),
        ("Rs.500", 500.0, "INR"),
        ("Rs. 1,299/-", 1299.0, "INR"),
        ("₹ १,२९,९९९.५०", 129999.5, "INR"),
        ("रु 1299", 1299.0, "INR"),
        ("45,-", 45.0, None),
        ("45.–", 45.0, None),
        ("1.299,- EUR", 1299.0, "EUR"),
        ("CHF 1'299.–", 1299.0, "CHF"),
        ("1’299.50 Fr.", 1299.5, "CHF"),
        ("45:-", 45.0, None),
        ("1 299 kr", 1299.0, "kr"),
        ("1.299,00 TL", 1299.0, "TRY"),
        ("₺1.299,90", 1299.9, "TRY"),
        ("49,90 zł", 49.9, "PLN"),
        ("45 Euro", 45.0, "EUR"),
        ("£1,299", 1299.0, "GBP"),
        ("￥1,299", 1299.0, "JPY"),
        ("34.0000", 34.0, None),
        ("1.234.567", 1234567.0, None),
        ("1,234,567.5", 1234567.5, None),
        ("0,999", 0.999, None),
        ("1299,5", 1299.5, None),
    ],
)
def test_a_price_is_read_as_it_is_meant_without_a_remark(
    tmp_path: Path, text: str, amount: float, currency: str | None
) -> None:
    assert priced(tmp_path, text) == [(amount, currency)]
    assert remarks(tmp_path) == []


@pytest.mark.parametrize(
    "text",
    [
        "N/A", "12½", "-", "cheap", "on request", "-5", "\u22125", "(5.00)", "from 49.90",
        "49.90 - 99.90", "49.90/99.90", "2 x 45", "12.345.67", "1,2,3", "12 99", "45%", "€5 USD",
        "45²", "1_299", "inf", "NaN", "1e5", "9" * 400, "..5", "5 .", "$", "१_२",
    ],
)  # fmt: skip
def test_what_is_no_single_price_is_left_blank_and_said(tmp_path: Path, text: str) -> None:
    assert priced(tmp_path, text) == [(None, None)]
    (said,) = remarks(tmp_path)
    assert said.startswith(f"0.jpg, line 2: the price '{text[:60]}")
    assert said.endswith("cannot be read: left blank")


@pytest.mark.parametrize("text", ["1.299", "1,299", "1.299 €"])
def test_a_price_of_two_readings_is_said_where_nothing_tells(tmp_path: Path, text: str) -> None:
    assert [amount for amount, _ in priced(tmp_path, text)] == [1299.0]
    assert remarks(tmp_path) == [
        f"0.jpg, line 2: the price '{text}' may be 1299 or 1.299: taken as 1299"
    ]


@pytest.mark.parametrize(
    ("header", "others", "text", "amount"),
    [
        ("filename;price", ["12.50"], "1,299", 1299.0),
        ("filename;price", ["12.50"], "1.299", 1.299),
        ("filename;price", ["12,50"], "1.299", 1299.0),
        ("filename;price", ["12,50"], "1,299", 1.299),
        ("filename;price", ["1,234,567"], "1,299", 1299.0),
        ("filename;price", ["0.999", "45"], "1.299", 1.299),
        ("Bild;Preis", [], "1.299", 1299.0),
        ("Fichier;Prix", ["45"], "1.299", 1299.0),
        ("görsel;FİYAT", [], "1.299", 1299.0),
        ("चित्र;मूल्य", [], "1,299", 1299.0),
        ("Bild;Preis", ["12.50"], "1.299", 1.299),
    ],
)
def test_a_price_of_two_readings_is_decided_by_the_others_or_the_language(
    tmp_path: Path, header: str, others: list[str], text: str, amount: float
) -> None:
    found = priced(tmp_path, text, *others, header=header)
    assert found[0] == (amount, None)
    assert remarks(tmp_path) == []


def test_rows_that_contradict_each_other_decide_nothing(tmp_path: Path) -> None:
    assert priced(tmp_path, "1.299", "12,50", "12.50")[0] == (1299.0, None)
    assert len(remarks(tmp_path)) == 1


def test_a_language_alone_that_makes_three_decimals_is_said(tmp_path: Path) -> None:
    assert priced(tmp_path, "1,299", header="Bild;Preis") == [(1.299, None)]
    assert "may be 1299 or 1.299: taken as 1.299" in remarks(tmp_path)[0]


@pytest.mark.parametrize(
    ("header", "row", "currency"),
    [
        ("filename;price", "0.jpg;45 €", "EUR"),
        ("filename;Preis (EUR)", "0.jpg;45", "EUR"),
        ("filename;Price in $", "0.jpg;45", "USD"),
        ("filename;price;currency", "0.jpg;45 €;", "EUR"),
        ("filename;price;currency", "0.jpg;45;GBP", "GBP"),
        ("filename;price;currency", "0.jpg;45 €;GBP", "GBP"),
        ("filename;price;currency", "0.jpg;45;", ""),
        ("filename;price", "0.jpg;45", None),
    ],
)
def test_the_currency_comes_from_its_column_else_from_the_price(
    tmp_path: Path, header: str, row: str, currency: str | None
) -> None:
    (tmp_path / "bags.csv").write_text(f"{header}\n{row}\n", "utf-8")
    (one,) = import_list.read(tmp_path / "bags.csv")
    assert isinstance(one, ListedPhoto)
    assert one.attributes.get("currency") == currency


def test_a_currency_sign_that_a_program_had_no_letter_for_is_said(tmp_path: Path) -> None:
    assert priced(tmp_path, "?1.299,00") == [(1299.0, None)]
    assert remarks(tmp_path) == ["0.jpg, line 2: the price '?1.299,00' has lost its currency sign"]


def test_numbers_of_json_are_what_they_are(tmp_path: Path) -> None:
    values = ["1.299", "45", "-5", "1e400", "NaN", "true", "null", '"45,-"', "[5]"]
    rows = [f'{{"filename": "{n}.jpg", "price": {value}}}' for n, value in enumerate(values)]
    (tmp_path / "bags.jsonl").write_text("\n".join(rows))
    entries = list(import_list.read(tmp_path / "bags.jsonl"))
    prices = [one.attributes["price"] for one in entries if isinstance(one, ListedPhoto)]
    assert prices == [1.299, 45.0, None, None, None, None, None, 45.0, None]
    assert sum(isinstance(one, Remark) for one in entries) == 5


LOCALES = ("en_US", "en_IN", "de_DE", "fr_FR", "tr_TR", "hi_IN", "de_CH", "pl_PL", "sv_SE", "it_IT")


@given(
    cents=st.integers(0, 10**9),
    locale=st.sampled_from(LOCALES),
    currency=st.sampled_from(("EUR", "USD", "INR", "TRY", "CHF", "PLN")),
)
def test_what_babel_writes_in_any_language_is_read_back(
    cents: int, locale: str, currency: str
) -> None:
    text = format_currency(cents / 100, currency, locale=locale)
    assert read_price(text).amount == cents / 100
    assert read_price(text).currency == currency
    assert read_price(text).remark == ""


@given(whole=st.integers(0, 10**9), locale=st.sampled_from(LOCALES))
def test_whole_numbers_are_read_back_with_their_language_as_a_hint(whole: int, locale: str) -> None:
    text = format_decimal(whole, locale=locale)
    usual = "." if locale[:2] in {"en", "hi"} or locale == "de_CH" else ","
    assert read_price(text, usual=usual).amount == whole


@given(text=st.text("0123456789.,' -\u2013€$_eE\u202f\u0967²½RsTL", max_size=12))
def test_no_text_is_read_as_a_number_that_its_digits_are_not(text: str) -> None:
    price = read_price(text)
    digits = "".join(str(int(sign)) for sign in text if sign.isdecimal())
    if price.amount is None:
        assert price.remark or not text.strip()
    else:
        assert price.amount >= 0
        written = f"{price.amount:.12f}".replace(".", "").strip("0")
        assert written == digits.strip("0")
