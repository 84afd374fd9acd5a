"""The description of one picture, from which it is drawn."""

from dataclasses import dataclass

from webapp.lab.demo.design import Design


@dataclass(frozen=True, slots=True)
class Colourway:
    """Colours and materials: shade and metal by name, leathers by key, lining as sRGB in hex."""

    material: str
    shade: str
    metal: str
    trim: str = "tonal"
    thread: str = "tonal"
    lining: str = ""
    base: str = "tonal"


@dataclass(frozen=True, slots=True)
class Shot:
    """How the bag is photographed.

    `yaw` and `pitch`: the camera's angles in degrees. `fill`: the share of the picture's width or
    height that the bag fills. `lamp`: -1 for a lamp on the left, 1 on the right.
    """

    yaw: float
    pitch: float
    fill: float
    lamp: float
    backdrop: str
    mirrored: bool = False


@dataclass(frozen=True, slots=True)
class DrawnBag:
    """One picture of the demo catalogue; `model` is shared by its colourways and shots."""

    filename: str
    title: str
    brand: str
    price: str
    currency: str
    colour: str
    category: str
    model: str
    design: Design
    colourway: Colourway
    shot: Shot
