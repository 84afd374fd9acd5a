"""The table of silhouettes: how each is drawn, and the range of its proportions."""

from collections.abc import Callable
from dataclasses import dataclass

from webapp.lab.demo.design import Design
from webapp.lab.demo.parts import Form
from webapp.lab.demo.silhouettes import crossbody, slim, soft, structured, totes, travel

CANVAS = "canvas stripe breton check tartan dot arches moons"


@dataclass(frozen=True, slots=True)
class Silhouette:
    """One kind of bag.

    `share`: how many models it has among those of others. `price`: a factor. `materials`: words,
    more likely when repeated. `sizes`: "name:smallest:largest", in bag units. `choices`:
    "name:one,other", more likely when repeated.
    """

    key: str
    category: str
    noun: str
    draw: Callable[[Design], Form]
    share: float
    price: float
    materials: str
    sizes: str
    choices: str

    def spans(self) -> list[tuple[str, float, float]]:
        """Return the proportions: name, smallest and largest value, in bag units."""
        rows = [word.split(":") for word in self.sizes.split()]
        return [(name, float(smallest), float(largest)) for name, smallest, largest in rows]

    def options(self) -> list[tuple[str, list[str]]]:
        """Return the choices: name and possible words."""
        rows = [word.split(":") for word in self.choices.split()]
        return [(name, words.split(",")) for name, words in rows]


_ROWS = (
    Silhouette(
        "tote",
        "Tote",
        "tote",
        totes.tote,
        11,
        1,
        f"calf calf calf pebble pebble pebble saffiano suede woven croc {CANVAS}",
        "height:0.68:0.92 depth:0.2:0.34 top:1:1.16 bottom:0.82:0.98 heel:0.025:0.07 "
        "sag:0:0.035 grip:0.19:0.25 drop:0.38:0.52 strap:0.048:0.066 puff:0.02:0.07",
        "handle:flat,flat,flat,rolled,rolled legs:long,short,short "
        "front:none,none,base,pocket,stitched closure:none,none,push,stud,tassel,padlock",
    ),
    Silhouette(
        "satchel",
        "Satchel",
        "satchel",
        structured.satchel,
        8,
        1,
        "calf calf calf pebble pebble croc suede canvas",
        "width:0.98:1.1 height:0.66:0.78 depth:0.22:0.3 taper:0.95:1 flap:0.34:0.5 "
        "corner:0.06:0.2 drop:0.35:0.5",
        "closure:straps,straps,straps,turn,push,bar front:pocket,none strap:none,none,long",
    ),
    Silhouette(
        "box",
        "Top handle",
        "top-handle bag",
        structured.box,
        8,
        1.5,
        "calf calf calf pebble croc croc saffiano patent woven metallic",
        "top:0.74:0.9 bottom:0.92:1.02 height:0.62:0.74 depth:0.26:0.36 flap:0.5:0.66 "
        "point:0:0.07 drop:0.24:0.34",
        "handle:flat,flat,rolled,chain belt:belt,none closure:turn,turn,push,bar,hoop "
        "charm:none,none,padlock",
    ),
    Silhouette(
        "bowling",
        "Bowling",
        "bowling bag",
        travel.bowling,
        6,
        1.1,
        "calf calf pebble pebble croc patent arches moons quilt",
        "height:0.58:0.68 depth:0.3:0.4 width:1:1.12 drop:0.2:0.3 strap:0.05:0.06",
        "front:none,base,pocket",
    ),
    Silhouette(
        "hobo",
        "Hobo",
        "hobo",
        soft.hobo,
        8,
        1.05,
        "calf calf calf pebble pebble pebble suede suede woven metallic",
        "width:1.04:1.2 height:0.58:0.7 depth:0.14:0.22 dip:0.54:0.7 horn:0.33:0.42 "
        "drop:0.36:0.5 strap:0.066:0.1",
        "handle:self,self,self,chain joint:none,ring charm:none,none,tassel",
    ),
    Silhouette(
        "bucket",
        "Bucket",
        "bucket bag",
        soft.bucket,
        8,
        0.95,
        "calf calf pebble pebble suede woven croc canvas stripe arches moons",
        "top:0.64:0.76 bottom:0.6:0.7 height:0.7:0.84 drop:0.34:0.5 strap:0.05:0.08",
        "handle:flat,flat,chain front:base,none charm:tassel,none",
    ),
    Silhouette(
        "baguette",
        "Baguette",
        "baguette",
        slim.baguette,
        7,
        0.95,
        "calf calf patent croc quilt chevron suede woven metallic arches",
        "width:1:1.14 height:0.44:0.54 depth:0.14:0.2 heel:0.06:0.16 flap:0.28:0.5 "
        "corner:0.06:0.2 drop:0.3:0.44 strap:0.06:0.1",
        "handle:flat,flat,chain closure:turn,push,bar,hoop,stud",
    ),
    Silhouette(
        "saddle",
        "Saddle bag",
        "saddle bag",
        crossbody.saddle,
        6,
        1,
        "calf calf calf pebble suede croc canvas",
        "width:0.92:1.04 height:0.68:0.8 depth:0.18:0.26 neck:0.62:0.78 flap:0.3:0.42 "
        "drop:0.34:0.5 strap:0.06:0.09",
        "handle:flat,flat,flat,chain closure:turn,stud,push,hoop,bar",
    ),
    Silhouette(
        "camera",
        "Crossbody",
        "camera bag",
        crossbody.camera,
        9,
        0.8,
        f"calf calf pebble pebble quilt chevron saffiano woven croc {CANVAS}",
        "width:0.86:0.98 height:0.54:0.66 depth:0.22:0.32 corner:0.09:0.17 drop:0.38:0.54 "
        "strap:0.06:0.1",
        "handle:flat,flat,chain front:pocket,flap,none charm:none,tassel",
    ),
    Silhouette(
        "canteen",
        "Crossbody",
        "canteen bag",
        crossbody.canteen,
        4,
        0.85,
        "calf calf pebble croc raffia raffia woven suede",
        "width:0.84:0.92 depth:0.2:0.26 drop:0.38:0.5 strap:0.05:0.07",
        "handle:flat,flat,chain front:medal,ring,ring charm:none,tassel",
    ),
    Silhouette(
        "clutch",
        "Clutch",
        "clutch",
        slim.clutch,
        7,
        0.7,
        "calf calf patent croc suede metallic metallic quilt woven raffia arches",
        "width:1.04:1.18 height:0.54:0.66 depth:0.07:0.11 flap:0.3:0.48",
        "flap:point,curve,straight strap:none,none,wrist,chain "
        "closure:stud,turn,bar,none,push trim:none,none,none,studs",
    ),
    Silhouette(
        "frame",
        "Frame bag",
        "frame bag",
        slim.frame,
        6,
        0.85,
        "calf calf suede patent metallic croc pebble",
        "width:0.88:1 height:0.6:0.72 depth:0.2:0.28 neck:0.66:0.78 corner:0.1:0.2 drop:0.55:0.75",
        "handle:chain,chain,grip",
    ),
    Silhouette(
        "backpack",
        "Backpack",
        "backpack",
        travel.backpack,
        6,
        1.1,
        "calf calf pebble pebble canvas canvas quilt suede moons",
        "width:0.78:0.9 height:0.92:1.06 depth:0.28:0.38",
        "closure:zip,straps,single",
    ),
    Silhouette(
        "moon",
        "Half-moon",
        "half-moon bag",
        soft.half_moon,
        6,
        0.9,
        "calf calf pebble suede patent metallic quilt woven",
        "width:1:1.14 height:0.5:0.6 depth:0.16:0.22 dip:0:0.035 drop:0.36:0.5 strap:0.06:0.09",
        "handle:flat,flat,chain closure:zip,zip,stud,turn",
    ),
    Silhouette(
        "belt",
        "Belt bag",
        "belt bag",
        slim.belt,
        4,
        0.65,
        "calf calf pebble pebble quilt suede canvas moons",
        "width:0.8:0.92 height:0.4:0.48 depth:0.16:0.22 strap:0.06:0.09",
        "front:none,flap closure:stud,turn,push",
    ),
    Silhouette(
        "basket",
        "Basket",
        "basket",
        totes.basket,
        4,
        0.6,
        "raffia raffia raffia woven",
        "top:0.96:1.08 bottom:0.7:0.84 height:0.56:0.68 drop:0.34:0.48 strap:0.05:0.06",
        "handle:flat,rolled rim:straw,leather closure:none,tassel",
    ),
)

SILHOUETTES: dict[str, Silhouette] = {row.key: row for row in _ROWS}
