"""The canvas on which parts are lit and drawn, from back to front."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from webapp.lab.demo import light, textures
from webapp.lab.demo.camera import Camera
from webapp.lab.demo.coats import Coat, Coats
from webapp.lab.demo.light import Lamp, Surface
from webapp.lab.demo.parts import Part, Skin
from webapp.lab.demo.relief import relief
from webapp.lab.demo.stamp import Stamp, stamp
from webapp.lab.demo.textures import Field

_PRINTED_SKINS = {Skin.BODY, Skin.SIDE, Skin.BASE}
_BOW = 0.42  # no panel is quite flat: its slope changes by this from edge to edge
_SHADOW_DARKNESS = np.float32(0.6 / 255)  # for each of 255 levels of coverage
Places = npt.NDArray[np.signedinteger[Any]]


@dataclass(frozen=True, slots=True)
class Spots:
    """The N places that a stamp covers, all arrays of shape (N,).

    `local`: in the flattened window. `row`, `column`, `flat`: on the canvas. `share`: coverage,
    0 to 1.
    """

    local: Places
    row: Places
    column: Places
    flat: Places
    share: Field


@dataclass(frozen=True, slots=True)
class Paint:
    """A material at the spots, each (N,) or None: relief in bag units, brightness, print.

    `share`: of the print's colour, 0 to 1.
    """

    relief: Field | None
    tone: Field | None
    share: Field | None


class Canvas:
    """Linear light (3, size, size), and how much of each pixel the bag covers, (size, size)."""

    def __init__(self, backdrop: Field, camera: Camera, lamp: Lamp, coats: Coats) -> None:
        self.light = backdrop
        self.size = backdrop.shape[1]
        self.cover = np.zeros(backdrop.shape[1:], dtype=np.float32)
        self.camera = camera
        self.lamp = lamp
        self.coats = coats

    def lay(self, part: Part) -> None:
        """Light one part and draw it over what is there."""
        mark = stamp(part, self.camera, self.size)
        if mark is None:
            return
        if part.lift > 0:
            self._shade_below(mark, part.lift * self.camera.scale)
        spots = self._spots(mark)
        coat = self.coats[part.skin]
        if part.skin is Skin.GROOVE:
            planes = [plane.reshape(-1)[spots.flat] * np.float32(0.62) for plane in self.light]
        elif part.skin is Skin.THREAD:
            planes = [np.full(1, c * 0.92, dtype=np.float32) for c in coat.colour]
        else:
            planes = self._lit(part, mark, spots, coat)
        self._blend(spots, planes)

    def _spots(self, mark: Stamp) -> Spots:
        local = mark.inside()
        row, column = np.divmod(local.astype(np.int32), np.int32(mark.grey.width))
        row += np.int32(mark.y)
        column += np.int32(mark.x)
        share = np.asarray(mark.grey).reshape(-1)[local] * np.float32(1 / 255)
        return Spots(local, row, column, row * np.int32(self.size) + column, share)

    def _shade_below(self, mark: Stamp, reach: float) -> None:
        """Draw a part's shadow on the bag, not on the backdrop, away from the lamp."""
        dark = np.asarray(light.blurred(mark.grey, max(2.0, reach * 1.5)))
        dark = np.roll(dark, (round(reach * 0.75), round(-self.lamp.side * reach * 0.5)), (0, 1))
        cover = self.cover[mark.window]
        keep = 1 - dark * cover * _SHADOW_DARKNESS
        for plane in self.light:
            plane[mark.window] *= keep

    def _lit(self, part: Part, mark: Stamp, spots: Spots, coat: Coat) -> list[Field]:
        """Return the light of a part at the spots, for each of the three channels."""
        height, inner = relief(part, mark, self.camera)
        paint = self._painted(part, mark, spots, coat)
        if paint.relief is not None:
            height.reshape(-1)[spots.local] += paint.relief * np.float32(self.camera.scale)
        n = self._surface(part, mark, spots, height)
        if part.skin is Skin.METAL:
            return _metal(n, self.lamp, coat.colour * np.float32(part.tone))
        dim = inner.reshape(-1)[spots.local] * np.float32(0.26) + np.float32(0.74)
        matt = light.diffuse(n, self.lamp) * dim * self._falloff(spots) * np.float32(part.tone)
        if paint.tone is not None:
            matt *= paint.tone
        return _mixed(n, self.lamp, coat, paint, matt, min(part.tone, 1.0))

    def _painted(self, part: Part, mark: Stamp, spots: Spots, coat: Coat) -> Paint:
        material = coat.material
        if part.skin is Skin.METAL:
            return Paint(None, None, None)
        u, v = self._plane(part, mark, spots)
        relief_, tone = material.relief(u, v, material.pitch)
        share = None
        if material.printed is not None and part.skin in _PRINTED_SKINS and coat.second is not None:
            share = material.printed(u, v, material.level)
        if material.uneven:
            cloud = textures.sample(textures.cloud(), u * np.float32(0.7), v * np.float32(0.7))
            uneven = 1 + cloud * np.float32(material.uneven)
            tone = uneven if tone is None else tone * uneven
        return Paint(relief_, tone, share)

    def _plane(self, part: Part, mark: Stamp, spots: Spots) -> tuple[Field, Field]:
        """Return the bag coordinates of each spot, in the part's plane."""
        z = float(part.shapes[0][0, 2]) if mark.coded_slopes is None else 0.0
        h = self.camera.plane(z).astype(np.float32)
        x, y = spots.column.astype(np.float32), spots.row.astype(np.float32)
        w = 1 / (h[2, 0] * x + h[2, 1] * y + h[2, 2])
        return (
            (h[0, 0] * x + h[0, 1] * y + h[0, 2]) * w,
            (h[1, 0] * x + h[1, 1] * y + h[1, 2]) * w,
        )

    def _surface(self, part: Part, mark: Stamp, spots: Spots, height: Field) -> Surface:
        """Return the normals of the heights, on a plane turned or bent as the part is."""
        flat, row = height.reshape(-1), mark.grey.width
        last = len(flat) - 1
        left, right = np.maximum(spots.local - 1, 0), np.minimum(spots.local + 1, last)
        above, below = np.maximum(spots.local - row, 0), np.minimum(spots.local + row, last)
        x = (flat[left] - flat[right]) * np.float32(0.5)
        y = (flat[below] - flat[above]) * np.float32(0.5)
        if mark.coded_slopes is not None:
            slopes = mark.slopes(spots.local)
            return light.facing(x + slopes[0], y + slopes[1])
        turned = self.camera.rotation()[:, 2]
        x += np.float32(turned[0] / turned[2])
        y += np.float32(turned[1] / turned[2])
        if part.skin in _PRINTED_SKINS:
            x += (spots.column - (mark.x + mark.grey.width / 2)) * np.float32(
                _BOW / mark.grey.width
            )
            y += ((mark.y + mark.grey.height / 2) - spots.row) * np.float32(_BOW / mark.grey.height)
        if part.barrel:
            across = (spots.column - mark.x) * np.float32(2.08 / mark.grey.width) - np.float32(1.04)
            across = np.clip(across, -0.98, 0.98).astype(np.float32) * np.float32(part.barrel)
            x += across / np.sqrt(1 - across * across * np.float32(0.96))
        return light.facing(x, y)

    def _falloff(self, spots: Spots) -> Field:
        """Return brightness by place: the lamp is nearer to the top and to its own side."""
        down = np.float32(0.44 / self.size)
        aside = np.float32(self.lamp.side * 0.26 / self.size)
        middle = np.float32(1 + 0.24 - self.lamp.side * 0.13)
        return (
            middle - spots.row.astype(np.float32) * down + spots.column.astype(np.float32) * aside
        )

    def _blend(self, spots: Spots, planes: list[Field]) -> None:
        for plane, colour in zip(self.light, planes, strict=True):
            below = plane.reshape(-1)[spots.flat]
            plane.reshape(-1)[spots.flat] = below + (colour - below) * spots.share
        cover = self.cover.reshape(-1)
        cover[spots.flat] = np.maximum(cover[spots.flat], spots.share)


def _mixed(
    n: Surface, lamp: Lamp, coat: Coat, paint: Paint, matt: Field, tone: float
) -> list[Field]:
    """Return the sum of matt colour, gloss and grazing light, for each channel."""
    material = coat.material
    shine = light.gloss(n, lamp, material.sharp) * np.float32(material.gloss * 0.62 * tone)
    if material.mirror:
        seen = np.maximum(light.mirror(n, lamp) - np.float32(0.35), 0)
        shine += seen * np.float32(material.mirror * tone)
    glow = light.rim(n) * np.float32(material.sheen * tone)
    metallic = material.key == "metallic"
    tint = 0.75 * coat.colour + 0.12 if metallic else 0.35 * coat.colour + 0.45
    planes = []
    for k in range(3):
        colour: Field | np.float32 = coat.colour[k]
        if paint.share is not None and coat.second is not None:
            colour = coat.colour[k] + paint.share * (coat.second[k] - coat.colour[k])
        planes.append(
            matt * colour + shine * np.float32(tint[k]) + glow * np.float32(coat.colour[k] + 0.05)
        )
    return planes


def _metal(n: Surface, lamp: Lamp, colour: Field) -> list[Field]:
    """Return the light of plated brass, which mostly reflects the studio."""
    seen = light.mirror(n, lamp) * np.float32(0.95) + np.float32(0.23)
    glint = light.gloss(n, lamp, 5) * np.float32(0.55)
    return [seen * c + glint for c in colour]
