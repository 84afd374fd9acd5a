"""The README's promises about security name the tests that hold them, and these exist."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
NAME = re.compile(r"`(test_\w+)`")


def promises() -> list[tuple[str, list[str]]]:
    """List the rows of the table: what is promised, and the tests that are named."""
    text = (ROOT / "README.md").read_text("utf-8")
    section = re.search(r"^## Security\n(.*?)^## ", text, re.MULTILINE | re.DOTALL)
    assert section
    rows = [line.strip("| ").split(" | ") for line in section[1].splitlines() if line[:1] == "|"]
    return [(row[0], NAME.findall(row[-1])) for row in rows[2:]]


def test_each_promise_names_a_test_and_each_test_exists_once() -> None:
    modules = [path.read_text("utf-8") for path in (ROOT / "tests").glob("test_*.py")]
    begins = re.compile(r"^def (test_\w+)", re.MULTILINE)
    defined = [name for text in modules for name in begins.findall(text)]
    assert len(promises()) > 10
    for promise, names in promises():
        assert names, f"nothing holds: {promise}"
        for name in names:
            assert defined.count(name) == 1, f"{name} is no test, or more than one"
