"""Files that mean harm, or are only broken, all made by code: what strangers may send.

`CRAFTED` are made by hand, each for one weakness; `corpus` adds cut and changed files.
"""

import random
from collections.abc import Callable, Iterator, Mapping

from tests.hostile import bombs, disguises, frames, headers, notes, profiles
from tests.hostile.whole import files
from webapp.pictures import heif  # noqa: F401 - it lets Pillow write HEIC

File = tuple[str, bytes]

CRAFTED: Mapping[str, Callable[[], Iterator[File]]] = {
    "bombs": bombs.samples,
    "frames": frames.samples,
    "headers": headers.samples,
    "notes": notes.samples,
    "profiles": profiles.samples,
    "disguises": disguises.samples,
}
"""For each weakness what makes its files: pairs of a name and the file."""

_ODD = (b"\0" * 4, b"\xff" * 4, b"\x7f\xff\xff\xff", b"\0\0\1\0", b"\x80\0\0\0")
_NEAR_BYTES = 160  # what decides most is near the start


def crafted() -> list[File]:
    """Make all files that are made by hand."""
    return [
        (f"{weakness}: {name}", data)
        for weakness, samples in CRAFTED.items()
        for name, data in samples()
    ]


def corpus(count: int, seed: int) -> Iterator[File]:
    """Yield so many files: those made by hand, then as many cut as changed ones; seeds differ."""
    chance = random.Random(seed)
    by_hand = crafted()
    chance.shuffle(by_hand)
    yield from by_hand[:count]
    whole = files()
    for number in range(count - len(by_hand)):
        data = chance.choice(whole)
        if number % 2:
            place = chance.randrange(len(data))
            yield f"cut at byte {place} of {len(data)}", data[:place]
        else:
            yield f"changed, seed {seed}, number {number}", changed(data, chance)


def changed(data: bytes, chance: random.Random) -> bytes:
    """Overwrite, leave out, put in or repeat some bytes of a file."""
    found = bytearray(data)
    for _ in range(chance.randint(1, 6)):
        most = min(len(found), _NEAR_BYTES) if chance.random() < 0.6 else len(found)
        place = chance.randrange(max(1, most))
        new = chance.choice(_ODD) if chance.random() < 0.5 else chance.randbytes(4)
        match chance.randrange(4):
            case 0:
                found[place : place + len(new)] = new
            case 1:
                del found[place : place + len(new)]
            case 2:
                found[place:place] = new
            case _:
                found[place:place] = found[place : place + chance.randrange(400)]
    return bytes(found)
