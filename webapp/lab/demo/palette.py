"""Colours: the name in a shop, the plain name, and the sRGB value."""

from dataclasses import dataclass

import numpy as np

from webapp.lab.demo.textures import Field


@dataclass(frozen=True, slots=True)
class Shade:
    """One colour of leather.

    `plain`: the plain colour, by which pages filter. `hexa`: sRGB in hex, without a hash mark.
    `weight`: how often it is drawn. `partner`: the second colour of prints, as `hexa`.
    """

    name: str
    plain: str
    hexa: str
    weight: float
    partner: str = "F1EADB"


SHADES: tuple[Shade, ...] = (
    Shade("black", "Black", "1E1D1F", 15.0, "B99B6B"),
    Shade("ink black", "Black", "25262B", 7.0),
    Shade("jet", "Black", "1B1A1A", 5.0),
    Shade("cognac", "Tan", "A8662F", 6.0),
    Shade("saddle tan", "Tan", "B4763F", 4.0),
    Shade("caramel", "Tan", "BD8550", 3.0),
    Shade("camel", "Tan", "C39A69", 4.0),
    Shade("natural", "Tan", "CBA56E", 0.6),
    Shade("honey", "Tan", "B98847", 0.6),
    Shade("chestnut", "Brown", "6E3B22", 4.0, "D9BE97"),
    Shade("espresso", "Brown", "43291F", 4.0, "C9A97E"),
    Shade("tobacco", "Brown", "7D5331", 3.0, "E3CFA9"),
    Shade("walnut", "Brown", "5A3C2C", 2.5, "D6B78E"),
    Shade("oxblood", "Burgundy", "5A1620", 3.6, "E2C4B4"),
    Shade("bordeaux", "Burgundy", "6B1F2D", 2.2, "E8CFC0"),
    Shade("scarlet", "Red", "B3211F", 2.4),
    Shade("cherry", "Red", "9E1B28", 1.8),
    Shade("brick", "Red", "A5442F", 1.2),
    Shade("blush", "Pink", "E2B7AE", 2.4, "FAF1EA"),
    Shade("rose", "Pink", "C9808A", 1.6, "F8E9E4"),
    Shade("fuchsia", "Pink", "C2356F", 0.8),
    Shade("midnight", "Navy", "1F2A44", 3.4, "D9CDB6"),
    Shade("navy", "Navy", "26355A", 2.4, "EFE8D8"),
    Shade("denim", "Blue", "4F6F97", 1.5),
    Shade("sky", "Blue", "9DBBD3", 1.4, "F7F5EE"),
    Shade("cobalt", "Blue", "2A50A0", 1.1),
    Shade("bottle green", "Green", "1F4435", 2.2, "DDCFA9"),
    Shade("sage", "Green", "97A587", 1.8, "F3EFE0"),
    Shade("emerald", "Green", "1D6B4A", 1.0),
    Shade("olive", "Olive", "63633A", 2.4, "E3D9B6"),
    Shade("khaki", "Olive", "857C52", 1.4, "EDE5C8"),
    Shade("white", "White", "EEEBE5", 2.6, "3A4766"),
    Shade("chalk", "White", "E6E2D9", 1.6, "6B5A48"),
    Shade("cream", "Cream", "E5D8BF", 3.2, "8A5A34"),
    Shade("oat", "Cream", "D8C8AB", 2.2, "6E4A33"),
    Shade("stone", "Grey", "A8A096", 2.4, "F0EBE2"),
    Shade("dove", "Grey", "BDBBB8", 1.6, "5E6067"),
    Shade("graphite", "Grey", "56585C", 2.0, "C9C6C0"),
    Shade("taupe", "Grey", "8B7D70", 2.2, "EBE1D3"),
    Shade("mustard", "Yellow", "C9972B", 1.3, "F6EDD6"),
    Shade("butter", "Yellow", "EBD38A", 1.2, "FBF6E6"),
    Shade("apricot", "Orange", "DB8B4E", 1.0),
    Shade("rust", "Orange", "B4552A", 1.5),
    Shade("plum", "Purple", "4D2744", 1.3, "D9BFCB"),
    Shade("lilac", "Purple", "B5A3C9", 1.1, "F5F0F5"),
    Shade("pale gold", "Gold", "C6A664", 0.9),
    Shade("antique gold", "Gold", "A8864A", 0.7),
    Shade("silver", "Silver", "BBBDC0", 1.0),
    Shade("pewter", "Silver", "8E8F92", 0.7),
)

BY_NAME = {shade.name: shade for shade in SHADES}

METALS = {
    "gold": "E0BE7A",
    "silver": "D6D8DB",
    "gunmetal": "6A6C72",
    "black": "3A3A3C",
    "brass": "C29A54",
}


# Materials that exist in some shades only.
PALETTES: dict[str, tuple[str, ...]] = {
    "metallic": ("pale gold", "antique gold", "silver", "pewter", "rose", "graphite"),
    "raffia": ("natural", "honey", "oat", "tobacco", "black", "olive", "brick"),
    "croc": (
        "black",
        "ink black",
        "espresso",
        "chestnut",
        "cognac",
        "oxblood",
        "bottle green",
        "midnight",
        "taupe",
        "cherry",
    ),
}


def linear(hexa: str) -> Field:
    """Return linear light (3,) of an sRGB colour in hex, with a gamma of 2."""
    values = np.array([int(hexa[i : i + 2], 16) for i in (0, 2, 4)], dtype=np.float32) / 255
    return values**2


def mix(a: Field, b: Field, share: float) -> Field:
    """Return a mixture of two colours, with that share of `b`, 0 to 1."""
    return np.asarray(a * (1 - share) + b * share, dtype=np.float32)
