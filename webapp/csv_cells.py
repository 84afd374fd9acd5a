"""Cells of CSV as spreadsheets take them: as text, whoever wrote what is in them."""

_FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")


def cell(value: object) -> object:
    """Return a value that no spreadsheet runs as a formula, with a sign before it that says so."""
    if isinstance(value, str) and value.startswith(_FORMULA_SIGNS):
        return f"'{value}"
    return value
