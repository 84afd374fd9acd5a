"""The form of an item's attributes: what it shows, and what was typed into it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from flask import request
from werkzeug.datastructures import MultiDict

from webapp.catalog.sent_photos import SentPhoto
from webapp.exceptions import BadParameter
from webapp.models import ATTRIBUTES, Item
from webapp.web.template_filters import plain

MOST_PHOTOS = 20
"""How many photos one item may be given at once."""

NEW_ROWS = 3
"""How many attributes of a name of one's own the form has empty fields for."""

_EXTRA = "extra."
_PRICE_PROBLEM = "this is not a price; write it like 49.90"

Typed = dict[str, str]


@dataclass
class ItemForm:
    """What the form shows: attributes, those of names of one's own, and what is wrong with which.

    `new`: names and values of attributes that the item does not have yet.
    """

    values: Mapping[str, str]
    extra: Mapping[str, str]
    new: list[tuple[str, str]] = field(default_factory=list)
    problems: Mapping[str, str] = field(default_factory=dict)

    @property
    def rows(self) -> list[tuple[str, str]]:
        """The new attributes, and empty rows after them."""
        return self.new + [("", "")] * (NEW_ROWS - len(self.new))

    @property
    def was(self) -> str:
        """All that is shown, for telling later what was typed over it."""
        return json.dumps({**self.values, **self.extra})


def of_item(item: Item) -> ItemForm:
    """Show an item as it is, but for white space that nobody sees: a form would not keep it."""
    values = {name: _on_a_line(str(getattr(item, name) or "")) for name in ATTRIBUTES}
    values["price"] = "" if item.price is None else plain(item.price)
    return ItemForm(values, {name: _on_lines(value) for name, value in item.extra.items()})


def empty() -> ItemForm:
    """Show nothing yet."""
    return ItemForm(dict.fromkeys(ATTRIBUTES, ""), {})


def typed() -> Typed:
    """Read what the form was sent with: every attribute by its name.

    Raises:
        BadParameter: a value has no name.
    """
    form = request.form
    found = {name: form[name] for name in ATTRIBUTES if name in form}
    found |= {n.removeprefix(_EXTRA): v for n, v in form.items() if n.startswith(_EXTRA)}
    for name, value in _new(form):
        if value.strip() and not name.strip():
            raise BadParameter("new", f"give \u2018{value.strip()[:40]}\u2019 a name")
        if name.strip():
            found[name.strip()] = value
    return {
        name: _on_a_line(value) if name in ATTRIBUTES else _on_lines(value)
        for name, value in found.items()
    }


def changes() -> Typed:
    """Read what was typed over what the form had shown; raises as `typed` does."""
    was = _was()
    return {name: value for name, value in typed().items() if value != was.get(name, "")}


def as_typed(problem: BadParameter | None = None) -> ItemForm:
    """Show again what was typed, and what is wrong with it."""
    form = request.form
    values = {name: form.get(name, "") for name in ATTRIBUTES}
    extra = {n.removeprefix(_EXTRA): v for n, v in form.items() if n.startswith(_EXTRA)}
    new = [(name, value) for name, value in _new(form) if name.strip() or value.strip()]
    shown = ItemForm(values, extra, new)
    if problem:
        known = {*values, *extra, "image"}
        reason = _PRICE_PROBLEM if problem.name == "price" else problem.reason
        shown.problems = {problem.name if problem.name in known else "new": reason}
    return shown


def merged(now: Item, given: Typed) -> ItemForm:
    """Show an item as somebody else left it, with what was typed meanwhile, and where both differ.

    `given`: as `changes` returned it.
    """
    was, form = _was(), of_item(now)
    shown = {**form.values, **form.extra}
    problems = {
        name: f"somebody else wrote \u2018{shown[name]}\u2019 meanwhile"
        if shown.get(name)
        else "somebody else emptied this meanwhile"
        for name, value in given.items()
        if name in was and shown.get(name, "") not in {was[name], value}
    }
    return ItemForm(
        {name: given.get(name, value) for name, value in form.values.items()},
        {name: given.get(name, value) for name, value in form.extra.items()},
        [(name, value) for name, value in given.items() if name not in shown],
        problems,
    )


def photos(least: int = 0) -> list[SentPhoto]:
    """Return the photos that were sent.

    Raises:
        BadParameter: they are too few, or too many.
    """
    chosen = [one for one in request.files.getlist("image") if one.filename]
    if len(chosen) < least:
        raise BadParameter("image", "choose a photo of it")
    if len(chosen) > MOST_PHOTOS:
        raise BadParameter("image", f"at most {MOST_PHOTOS} photos of one bag, not {len(chosen)}")
    return [SentPhoto(one.filename or "", one.stream.read()) for one in chosen]


def _on_a_line(text: str) -> str:
    return " ".join(text.split())


def _on_lines(text: str) -> str:
    return "\n".join(map(_on_a_line, text.splitlines())).strip()


def _new(form: MultiDict[str, str]) -> list[tuple[str, str]]:
    return list(zip(form.getlist("new_name"), form.getlist("new_value"), strict=False))


def _was() -> Typed:
    try:
        found = json.loads(request.form.get("was", "{}"))
    except (ValueError, RecursionError) as error:
        raise BadParameter("was", "the form is damaged: load the page again") from error
    return {str(n): str(v) for n, v in found.items()} if isinstance(found, dict) else {}
