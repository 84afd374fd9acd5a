"""Invented makers, their tiers and the names of their models."""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Tier:
    """A price level, in EUR.

    `base`: the price of an ordinary bag. Prices are multiples of `step`, less `minus`.
    """

    base: float
    step: int
    minus: Decimal


@dataclass(frozen=True, slots=True)
class Brand:
    """An invented maker; `metals` and `backdrops` are words, more likely when repeated.

    `share`: how many models it has among those of others.
    """

    name: str
    tier: Tier
    metals: str
    backdrops: str
    share: float = 1.0


STREET = Tier(64, 10, Decimal("0.01"))
HIGH_STREET = Tier(148, 10, Decimal("1.00"))
ATELIER = Tier(395, 10, Decimal("5.00"))
HOUSE = Tier(1340, 50, Decimal("0.00"))

BRANDS: tuple[Brand, ...] = (
    Brand("Lorimel", ATELIER, "gold gold brass", "studio", 1.3),
    Brand("Pellumbra", HOUSE, "gold gunmetal", "studio studio mist", 1.0),
    Brand("Quenby Thwaite", HIGH_STREET, "brass gold", "studio", 1.2),
    Brand("Ostravelle", HOUSE, "gold silver", "studio paper", 1.0),
    Brand("Tessuvia", ATELIER, "silver gold", "studio studio sand", 1.1),
    Brand("Oddlund", HIGH_STREET, "silver black", "studio mist sage", 1.1),
    Brand("Thrushcombe", HIGH_STREET, "brass brass silver", "studio", 1.1),
    Brand("Varnimo", STREET, "gold silver", "studio petal lilac", 1.2),
    Brand("Zillerby", STREET, "silver gold", "studio sky", 1.1),
    Brand("Saltwren", STREET, "gold", "studio studio sand", 1.0),
    Brand("Haldenne", ATELIER, "gold silver", "studio", 1.1),
    Brand("Mirrowick", HIGH_STREET, "gold gunmetal", "studio clay", 1.0),
    Brand("Brocantelle", ATELIER, "gold brass", "studio paper petal", 0.9),
    Brand("Kessendahl", HOUSE, "black silver", "studio slate", 0.7),
)

_NAMES = """
Alda Brisa Corin Delphy Elvi Fenna Gisla Halma Inza Joren Kaltea Liora Maren Nisse Orla Perrin
Quilla Rosmer Sunniva Tamsy Ulla Vesper Willa Xanthe Ysolde Zella Amparo Bettine Cosima Dorrit
Emmer Flavie Greta Hestia Ilse Junia Kirra Leda Mirte Nerida Odile Paloma Rhea Sabin Thea Ursa
Vianne Wren Yara Zinnia Ambry Birch Clover Dune Ember Fjord Grove Harbour Isle Juniper Kelp
Larch Moor Nettle Orchard Pebble Quarry Reed Sorrel Thistle Umber Vale Willow Yarrow Zephyr Arlo
Basil Caspar Dario Ennis Fabian Gideon Hugo Ivo Jasper Lorne Milo Nico Otto Piers Remy Silas
Tobin Viggo Wilder Anselm Bruna Celeste Daphne Esme Fiora Ginevra Hedda Imogen Jola Katinka
Lisbet Malou Nadja Ottilie Petra Ravenna Sanna Tindra Verbena Wanda Ylva Zora Abbey Bellow
Cinder Drift Echo Fable Gable Hollow Inlet Jetty Knoll Lantern Meadow North Oriel Plover Quill
Rook Spindle Tallow Upland Vesta Wicket Yonder Aster Bramble Cobble Dovetail Eyrie
"""
MODELS: tuple[str, ...] = tuple(_NAMES.split())

SIZES = ("", " Petite", " Grande", " Nova", " Luna", " Sol")


def model_name(number: int) -> str:
    """Return the name of a model by its number, from 0; all names differ."""
    lap, place = divmod(
        number * 59 % len(MODELS) + number // len(MODELS) * len(MODELS), len(MODELS)
    )
    if lap < len(SIZES):
        return MODELS[place] + SIZES[lap]
    return f"{MODELS[place]} {lap}"


def price(tier: Tier, factor: float) -> str:
    """Return a price in EUR as decimal text, such as "189.00", with the ending of its tier."""
    steps = max(2, round(tier.base * factor / tier.step))
    return f"{Decimal(steps * tier.step) - tier.minus:.2f}"
