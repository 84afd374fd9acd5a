"""ICC profiles of many contents, written here tag by tag."""

import struct
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from tests.browser_corpus.scene import CHROMATICITIES

_D50 = (0.9642, 1.0, 0.8249)
_SRGB_CURVE = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)


def fixed(*values: float) -> bytes:
    return b"".join(struct.pack(">i", round(value * 65536)) for value in values)


def xyz(*values: float) -> bytes:
    return b"XYZ \0\0\0\0" + fixed(*values)


def parametric(kind: int, *values: float) -> bytes:
    return struct.pack(">4s4xHxx", b"para", kind) + fixed(*values)


def points(*values: int) -> bytes:
    """Write a curve by its points; of none it is a line, of one a gamma in 256ths."""
    return struct.pack(">4s4xI", b"curv", len(values)) + struct.pack(f">{len(values)}H", *values)


def sampled(curve: Callable[[float], float], count: int) -> bytes:
    return points(*(round(65535 * curve(step / (count - 1))) for step in range(count)))


SRGB_CURVE = parametric(3, *_SRGB_CURVE)
LINE = points()


def written(
    space: bytes,
    tags: dict[bytes, bytes],
    *,
    version: int = 4,
    kind: bytes = b"mntr",
    pcs: bytes = b"XYZ ",
    name: str = "made for a test",
) -> bytes:
    """Write a profile of a colour space: `RGB `, `GRAY` or `CMYK`."""
    if version == 4:
        text = name.encode("utf-16-be")
        described = struct.pack(">4s4xIIHHII", b"mluc", 1, 12, *b"\0\0", len(text), 28) + text
    else:
        ascii_name = name.encode() + b"\0"
        described = struct.pack(">4s4xI", b"desc", len(ascii_name)) + ascii_name + bytes(78)
    tags = {b"desc": described, b"wtpt": xyz(*_D50), b"cprt": described, **tags}
    at = 132 + 12 * len(tags)
    table, body = struct.pack(">I", len(tags)), b""
    for tag, value in tags.items():
        table += struct.pack(">4sII", tag, at + len(body), len(value))
        body += value + bytes(-len(value) % 4)
    head = struct.pack(">I4xI4s4s4s", at + len(body), version << 24, kind, space, pcs)
    head += struct.pack(">6H4s28x", 2026, 1, 1, 0, 0, 0, b"acsp") + fixed(*_D50)
    return head.ljust(128, b"\0") + table + body


def rgb(space: str, *curves: bytes, version: int = 4, name: str = "made for a test") -> bytes:
    """Write a profile of three primaries and one curve, or three."""
    red, green, blue = curves * (3 // len(curves))
    columns = _to_d50(CHROMATICITIES[space]).T
    tags = {
        tag: xyz(*column) for tag, column in zip((b"rXYZ", b"gXYZ", b"bXYZ"), columns, strict=True)
    }
    tags |= {b"rTRC": red, b"gTRC": green, b"bTRC": blue}
    return written(b"RGB ", tags, version=version, name=name)


def gray(curve: bytes, version: int = 4) -> bytes:
    return written(b"GRAY", {b"kTRC": curve}, version=version)


def table(
    space: bytes,
    inputs: int,
    cells: int,
    colour: Callable[..., Sequence[float]],
    *,
    deep: bool = False,
) -> bytes:
    """Write a profile by a table of Lab colours, of `cells` steps for each of its inputs.

    Browsers agree on tables of 8 bits; of those of 16 bits there are two encodings.
    """
    steps = [np.linspace(0, 1, cells)] * inputs
    grid = np.stack(np.meshgrid(*steps, indexing="ij"), axis=-1).reshape(-1, inputs)
    values = np.array([colour(*place) for place in grid]).ravel()
    body = struct.pack(">4s4x4B", b"mft2" if deep else b"mft1", inputs, 3, cells, 0)
    body += fixed(1, 0, 0, 0, 1, 0, 0, 0, 1)
    if deep:
        line = struct.pack(">2H", 0, 65535)
        body += struct.pack(">2H", 2, 2) + line * inputs
        body += np.rint(np.clip(values, 0, 1) * 65280).astype(">u2").tobytes() + line * 3
    else:
        line = bytes(range(256))
        body += (
            line * inputs
            + np.rint(np.clip(values, 0, 1) * 255).astype(np.uint8).tobytes()
            + line * 3
        )
    kind = b"prtr" if space == b"CMYK" else b"mntr"
    return written(space, {b"A2B0": body}, version=2, kind=kind, pcs=b"Lab ")


def ink(cyan: float, magenta: float, yellow: float, black: float) -> tuple[float, ...]:
    """Say in CIE Lab, each 0..1, how four inks look on one another."""
    light = (1 - black) * (1 - 0.35 * cyan - 0.45 * magenta - 0.08 * yellow)
    return light, 0.502 + (magenta - cyan) * 0.15 * light, 0.502 + (yellow - cyan) * 0.15 * light


def swapped(red: float, green: float, blue: float) -> tuple[float, ...]:
    """Say in CIE Lab, each 0..1, a colour that is another than its values tell."""
    return (red + green + blue) / 3, 0.502 + (blue - green) * 0.1, 0.502 + (green - red) * 0.1


def rgb_profiles() -> Iterator[tuple[str, bytes]]:
    """Yield profiles of RGB, with a name for each."""
    yield "sRGB", rgb("sRGB", SRGB_CURVE)
    yield "sRGB version 2 by 1024 points", rgb("sRGB", sampled(_srgb, 1024), version=2)
    yield "sRGB called by another name", rgb("sRGB", SRGB_CURVE, name="Display P3")
    yield "linear sRGB", rgb("sRGB", LINE, name="sRGB linear")
    yield "linear by a parametric curve", rgb("sRGB", parametric(0, 1.0))
    yield "sRGB primaries, gamma 1.8", rgb("sRGB", points(461))
    yield "sRGB primaries, gamma 2.2", rgb("sRGB", points(563), version=2)
    yield "Display P3", rgb("Display P3", SRGB_CURVE, name="sRGB IEC61966-2.1")
    yield "Adobe RGB", rgb("Adobe RGB", points(563), version=2)
    yield "ProPhoto", rgb("ProPhoto", parametric(0, 1.8))
    yield (
        "BT.2020",
        rgb("BT.2020", parametric(3, 1 / 0.45, 1 / 1.099, 0.099 / 1.099, 1 / 4.5, 0.081)),
    )
    yield "parametric of kind 1", rgb("sRGB", parametric(1, 2.0, 1.1, -0.1))
    yield "parametric of kind 2", rgb("sRGB", parametric(2, 2.0, 1.05, -0.07, 0.03))
    yield "parametric of kind 4", rgb("sRGB", parametric(4, 2.0, 0.9, 0.1, 0.3, 0.1, 0.0, 0.0))
    yield "curves of 16 points", rgb("sRGB", sampled(lambda x: x**1.5, 16))
    yield "a curve each", rgb("sRGB", parametric(0, 1.5), parametric(0, 2.2), LINE)
    yield "a negative", rgb("sRGB", points(65535, 0))
    yield "a table", table(b"RGB ", 3, 17, swapped)
    yield "a table of 16 bits", table(b"RGB ", 3, 17, swapped, deep=True)


def gray_profiles() -> Iterator[tuple[str, bytes]]:
    """Yield profiles of grey, with a name for each."""
    yield "sRGB's curve", gray(SRGB_CURVE)
    yield "a line", gray(LINE)
    yield "gamma 1.8", gray(points(461), version=2)
    yield "gamma 2.2", gray(parametric(0, 2.2))
    yield "dot gain", gray(sampled(lambda x: x**1.75 * 0.9 + 0.1 * x, 256), version=2)


def unusable() -> Iterator[tuple[str, bytes]]:
    """Yield what browsers ignore, with a name for each."""
    whole = rgb("Display P3", parametric(0, 1.8))
    yield "no profile", b"this is no profile at all" * 8
    yield "a cut profile", whole[: len(whole) // 2]
    yield "an empty profile", b""
    yield "no primaries", written(b"RGB ", dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), LINE))
    yield "another signature", whole.replace(b"acsp", b"psca")
    yield "a wrong length", struct.pack(">I", len(whole) * 2) + whole[4:]


def _srgb(value: float) -> float:
    gamma, a, b, c, d = _SRGB_CURVE
    return (a * value + b) ** gamma if value >= d else c * value


def _to_d50(chromaticities: Sequence[float]) -> np.ndarray:
    """Return the matrix (3, 3) from linear RGB to XYZ under ICC's white, after Bradford."""
    xs, ys = np.array(chromaticities[::2]), np.array(chromaticities[1::2])
    colours = np.stack([xs / ys, np.ones(4), (1 - xs - ys) / ys])
    primaries, white = colours[:, :3], colours[:, 3]
    cones = np.array(
        [[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]]
    )
    to_linear = primaries * np.linalg.solve(primaries, white)
    adapted = np.linalg.inv(cones) @ np.diag((cones @ _D50) / (cones @ white)) @ cones
    return np.asarray(adapted @ to_linear)
