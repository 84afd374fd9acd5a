"""Whether the scans of a JPEG file, which has no end marker, are all there.

The decoder shows what there is, and does not tell of scans or rows that are missing as a whole.
"""

import re
import struct
from dataclasses import dataclass

_MARKER = re.compile(rb"\xff([\x01-\xcf\xd8-\xfe])")
_RESTART = re.compile(rb"\xff[\xd0-\xd7]")
_START_OF_SCAN, _RESTART_INTERVAL = 0xDA, 0xDD
_COEFFICIENTS = 64


@dataclass(frozen=True, slots=True)
class Frame:
    """The size of a picture, and of its components, by their names, the samples in each unit."""

    width: int
    height: int
    samples: dict[int, tuple[int, int]]


def frame_of(body: bytes) -> Frame:
    """Read the segment that begins a frame."""
    height, width, count = struct.unpack_from(">HHB", body, 1)
    parts = (body[at : at + 3] for at in range(6, 6 + 3 * count, 3))
    return Frame(width, height, {name: (size >> 4, size & 15) for name, size, _ in parts})


def are_complete(frame: Frame, interval: int, scans: bytes) -> bool:
    """Say whether all coefficients of all components are there, and all restarts of the last scan.

    `interval`: after how many units the decoder starts again, or 0.
    """
    missing = {name: set(range(_COEFFICIENTS)) for name in frame.samples}
    restarts, units = 0, 0
    at = 0
    while (found := _MARKER.search(scans, at)) and found.end() + 2 <= len(scans):
        (length,) = struct.unpack_from(">H", scans, found.end())
        at = found.end() + length
        body = scans[found.end() + 2 : at]
        marker = found[1][0]
        if marker == _RESTART_INTERVAL:
            (interval,) = struct.unpack_from(">H", body)
        elif marker == _START_OF_SCAN:
            names = body[1 : 1 + 2 * body[0] : 2]
            first, last, bits = body[1 + 2 * body[0] :][:3]
            for name in names if bits & 15 == 0 else b"":
                missing[name] -= set(range(first, last + 1))
            end = following.start() if (following := _MARKER.search(scans, at)) else len(scans)
            restarts, units = len(_RESTART.findall(scans, at, end)), _units(frame, names)
    expected = -(-units // interval) - 1 if interval else 0
    return not any(missing.values()) and restarts == expected


def _units(frame: Frame, names: bytes) -> int:
    """Count the units of a scan: blocks of 8 by 8 samples of one component, or of several."""
    sizes = frame.samples.values()
    most_across, most_down = max(size for size, _ in sizes), max(size for _, size in sizes)
    own_across, own_down = frame.samples[names[0]] if len(names) == 1 else (1, 1)
    across = -(-frame.width * own_across // (8 * most_across))
    return across * -(-frame.height * own_down // (8 * most_down))
