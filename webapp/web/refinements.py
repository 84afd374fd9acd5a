"""What refines a ranking, read from an address: `tint=`, `colour_of=` and `not=`."""

from dataclasses import dataclass

from flask import request

from webapp.context import hashbag
from webapp.exceptions import BadParameter, ItemNotFound
from webapp.hashing import fingerprint_text
from webapp.models import Fingerprint, Item
from webapp.search import colour_wish
from webapp.search.colour_wish import TINTS, ColourWish
from webapp.search.look import COLOUR
from webapp.web import parameters
from webapp.web.parameter import Args, Parameter

NAMES = ("tint", "colour_of", "not")

_MOST_UNLIKE = 9
_TINTED = "colours are compared with those of a bag of that colour alone, not with this one's own."
_COLOURED = "colours are compared with those, not with this one's own."
_UNLIKE = "it is left out, and so is whatever is nearer to it than to this one."
_OF_ITEM, _OF_PHOTO = "item:", "q:"


@dataclass(frozen=True, slots=True)
class Refinement:
    """One refinement of a page, and the parameters without it.

    `words`: what it does. `meaning`: the same as a rule. `item`: the item that it names, if any.
    """

    words: str
    meaning: str
    item: Item | None
    without: dict[str, list[str]]


def colour(args: Args) -> ColourWish | None:
    """Read the colour wished for, by its name or by a bag that has it; None without a wish."""
    tint, bag = args.get("tint", "").strip(), args.get("colour_of", "").strip()
    if tint and bag:
        raise BadParameter("tint", "a colour is asked for by its name or by colour_of, not by both")
    if tint:
        return _tint(args)
    return ColourWish((_code_of(_fingerprint_of(bag)),)) if bag else None


def unlike(args: Args) -> tuple[int, ...]:
    """Read the ids of the items that hits must not be like."""
    texts = [text for text in args.getlist("not") if text.strip()]
    if len(texts) > _MOST_UNLIKE:
        raise BadParameter("not", f"at most {_MOST_UNLIKE} bags can be named")
    each = (Args({"not": text}) for text in texts)
    ids = dict.fromkeys(parameters.integer(one, "not", 0, 1, 2**53) for one in each)
    for item_id in ids:
        _item(item_id, "not")
    return tuple(ids)


def _tint(args: Args) -> ColourWish | None:
    text = args.get("tint", "").strip()
    return colour_wish.tinted(text) if text else None


def _fingerprint_of(text: str) -> Fingerprint:
    if text.startswith(_OF_PHOTO):
        return fingerprint_text.decode(text.removeprefix(_OF_PHOTO), "colour_of")
    if not text.startswith(_OF_ITEM):
        raise BadParameter("colour_of", "write it as item:12, or as q: and a fingerprint")
    number = Args({"colour_of": text.removeprefix(_OF_ITEM)})
    item = _item(parameters.integer(number, "colour_of", 0, 1, 2**53), "colour_of")
    return hashbag().snapshot.fingerprint(item.id)


def _item(item_id: int, parameter: str) -> Item:
    try:
        return hashbag().snapshot.item(item_id)
    except ItemNotFound as problem:
        raise BadParameter(parameter, str(problem)) from problem


def _code_of(fingerprint: Fingerprint) -> bytes:
    code = fingerprint.get(COLOUR)
    if code is None:
        raise BadParameter("colour_of", "the colour of that is not known")
    return code


def kept() -> dict[str, list[str]]:
    """Return the refinements of the page as parameters, for its links."""
    return in_fields(request.args)


def in_fields(args: Args) -> dict[str, list[str]]:
    """Return the refinements among the fields of an address or a form, without blank ones."""
    given = {name: [text for text in args.getlist(name) if text.strip()] for name in NAMES}
    # Only bags that are not wanted may be several; of the others the first is read.
    return {name: found if name == "not" else found[:1] for name, found in given.items() if found}


def active() -> list[Refinement]:
    """List the refinements of the page, each of which a link can take off."""
    here = kept()
    found = [
        Refinement(f"In {tint}", _TINTED, None, {**here, "tint": []})
        for tint in here.get("tint", ())
    ]
    for bag in here.get("colour_of", ()):
        number = bag.removeprefix(_OF_ITEM)
        item = hashbag().snapshot.item(int(number)) if number != bag else None
        words = "In the colour of" if item else "In the colour of a photo"
        found.append(Refinement(words, _COLOURED, item, {**here, "colour_of": []}))
    for number in here.get("not", ()):
        others = [one for one in here["not"] if one != number]
        item = hashbag().snapshot.item(int(number))
        found.append(Refinement("Not like", _UNLIKE, item, {**here, "not": others}))
    return found


def tints() -> tuple[str, ...]:
    """Return the colours that the catalogue has, for its swatches."""
    snapshot = hashbag().snapshot
    return colour_wish.offered(snapshot.kind(COLOUR)) if COLOUR in snapshot.kinds else ()


def colour_of(item: Item | None, q: str | None) -> str:
    """Write a bag as `colour_of` names it; of a photo's fingerprint the colour alone, to be short.

    Empty where its colour is not known.
    """
    if item:
        return f"{_OF_ITEM}{item.id}"
    code = fingerprint_text.decode(q or "").get(COLOUR)
    return f"{_OF_PHOTO}{fingerprint_text.encode({COLOUR: code})}" if code else ""


PARAMETERS = (
    Parameter(
        "tint",
        {"type": "string", "enum": list(TINTS)},
        _tint,
        "In a colour by its name, in place of the query's own.",
    ),
    Parameter(
        "colour_of",
        {"type": "string", "pattern": f"^({_OF_ITEM}|{_OF_PHOTO}|$)"},
        colour,
        "In the colour of another bag: item:12, or q: and a fingerprint.",
    ),
    Parameter(
        "not",
        {"type": "array", "items": {"type": "integer", "minimum": 1}, "maxItems": _MOST_UNLIKE},
        unlike,
        "Leaves out what is nearer to one of these items than to the query.",
    ),
)
