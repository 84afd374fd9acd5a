"""What to draw: models with their colourways and shots, in the order of the catalogue."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from webapp.lab.demo.bag import Colourway, DrawnBag, Shot
from webapp.lab.demo.design import Design
from webapp.lab.demo.makers import BRANDS, Brand, model_name, price
from webapp.lab.demo.materials import MATERIALS
from webapp.lab.demo.palette import BY_NAME, PALETTES, SHADES, Shade
from webapp.lab.demo.silhouettes import SILHOUETTES, Silhouette

# Pictures of models of the same wave are mixed; the first waves are small, so that a small
# catalogue too has models in several colours.
_FIRST_WAVES_MODELS = (14, 24)
_WAVE_MODELS = 36
# Values that appear several times are drawn more often.
_LININGS = ("", "", "", "CDB994", "7A2530", "B9B4AC")
_COLOURWAY_COUNTS = (2, 3, 3, 3, 4, 4, 5)
_PRICE_FACTORS = {
    "croc": 1.3,
    "woven": 1.35,
    "quilt": 1.1,
    "suede": 1.05,
    "patent": 1.05,
    "canvas": 0.75,
    "raffia": 0.8,
    "metallic": 1.05,
}


@dataclass(frozen=True, slots=True)
class Model:
    """A model with all its colourways; `shot` is of each, `more_shots` are of the first."""

    name: str
    brand: Brand
    silhouette: Silhouette
    design: Design
    word: str
    price: str
    colourways: tuple[Colourway, ...]
    shot: Shot
    more_shots: tuple[Shot, ...]


def plan(items: int = 900, seed: int = 81) -> list[DrawnBag]:
    """Describe `items` pictures; with the same seed, a longer plan begins with the shorter one.

    Raises:
        ValueError: `items` is below 1.
    """
    if items < 1:
        raise ValueError(f"A demo catalogue needs at least one item, not {items}.")
    digits = max(4, len(str(items)))
    return [
        replace(bag, filename=f"{number:0{digits}}-{bag.filename}")
        for number, bag in enumerate(islice(_bags(seed), items), start=1)
    ]


def _bags(seed: int) -> Iterator[DrawnBag]:
    """Yield pictures without end: waves of models, the pictures of each wave mixed."""
    number, wave = 0, 0
    while True:
        is_first = wave < len(_FIRST_WAVES_MODELS)
        count = _FIRST_WAVES_MODELS[wave] if is_first else _WAVE_MODELS
        placed: list[tuple[float, DrawnBag]] = []
        for k in range(number, number + count):
            rng = random.Random(f"{seed}/{k}")
            bags = list(_pictures(_model(k, rng)))
            placed += [((i + rng.random()) / len(bags), bag) for i, bag in enumerate(bags)]
        yield from (bag for _, bag in sorted(placed, key=lambda pair: pair[0]))
        number, wave = number + count, wave + 1


def _model(number: int, rng: random.Random) -> Model:
    silhouette = _kind(number, rng)
    brand = rng.choices(BRANDS, [b.share for b in BRANDS])[0]
    material = MATERIALS[_word(rng, silhouette.materials)]
    factor = silhouette.price * _PRICE_FACTORS.get(material.key, 0.75 if material.printed else 1.0)
    design = Design(
        silhouette.key,
        tuple((name, round(rng.uniform(a, b), 4)) for name, a, b in silhouette.spans()),
        tuple((name, rng.choice(words)) for name, words in silhouette.options()),
    )
    shot = _shot(rng, brand)
    return Model(
        model_name(number),
        brand,
        silhouette,
        design,
        rng.choice(material.words),
        price(brand.tier, factor * rng.uniform(0.75, 1.35)),
        tuple(_colourways(material.key, brand, rng)),
        shot,
        tuple(_more_shots(shot, rng)),
    )


def _kind(number: int, rng: random.Random) -> Silhouette:
    """Draw a silhouette by its share; the first models have a different one each."""
    kinds = list(SILHOUETTES.values())
    if number < len(kinds):
        return kinds[number * 7 % len(kinds)]
    return rng.choices(kinds, [kind.share for kind in kinds])[0]


def _colourways(material: str, brand: Brand, rng: random.Random) -> Iterator[Colourway]:
    cloth = MATERIALS[material].printed is not None or material in ("canvas", "raffia")
    trim = _word(rng, "tan tan brown black" if cloth else "tonal tonal tonal tonal tan brown")
    first = Colourway(
        material,
        "",
        _word(rng, brand.metals),
        trim,
        _word(rng, "tonal tonal tonal pale"),
        rng.choice(_LININGS),
        trim if cloth else _word(rng, "tonal tan brown black"),
    )
    for shade in _shades(material, rng.choice(_COLOURWAY_COUNTS), rng):
        yield replace(first, shade=shade.name)


def _shades(material: str, count: int, rng: random.Random) -> list[Shade]:
    """Draw different colours for one model, common ones more often."""
    names = PALETTES.get(material)
    left = (
        [BY_NAME[n] for n in names]
        if names
        else [s for s in SHADES if s.plain not in ("Gold", "Silver")]
    )
    chosen: list[Shade] = []
    while left and len(chosen) < count:
        shade = rng.choices(left, [s.weight for s in left])[0]
        chosen.append(shade)
        left = [s for s in left if s.plain != shade.plain]
    return chosen


def _shot(rng: random.Random, brand: Brand) -> Shot:
    yaw = rng.choice((0.0, rng.uniform(6, 13), rng.uniform(14, 24)))
    return Shot(
        yaw=round(yaw * rng.choice((-1, 1, 1)), 2),
        pitch=round(rng.uniform(5, 9), 2),
        fill=round(rng.uniform(0.78, 0.84), 3),
        lamp=-1.0,
        backdrop=_word(rng, brand.backdrops),
    )


def _more_shots(shot: Shot, rng: random.Random) -> Iterator[Shot]:
    """Yield further shots of the first colourway, for about every third model."""
    for _ in range(rng.choice((0, 0, 0, 0, 1, 1, 2))):
        yield replace(
            shot,
            yaw=_turned(shot.yaw, rng),
            pitch=round(rng.uniform(5, 10), 2),
            fill=round(rng.uniform(0.74, 0.86), 3),
            lamp=rng.choice((-1.0, 1.0)),
            mirrored=rng.random() < 0.3,
            backdrop=rng.choice((shot.backdrop, "studio", "paper")),
        )


def _turned(yaw: float, rng: random.Random) -> float:
    """Return another yaw in degrees, at most 26, so that the front still shows."""
    return round(min(26.0, max(-26.0, yaw + rng.choice((-1, 1)) * rng.uniform(6, 14))), 2)


def _pictures(model: Model) -> Iterator[DrawnBag]:
    shots = [(way, model.shot) for way in model.colourways]
    shots[1:1] = [(model.colourways[0], shot) for shot in model.more_shots]
    for way, shot in shots:
        shade = BY_NAME[way.shade]
        parts = (model.brand.name.split()[0], model.silhouette.key, shade.plain)
        yield DrawnBag(
            filename=f"{'-'.join(parts).lower()}.jpg",
            title=f"{model.name} {model.word} {model.silhouette.noun} in {shade.name}",
            brand=model.brand.name,
            price=model.price,
            currency="EUR",
            colour=shade.plain,
            category=model.silhouette.category,
            model=f"{model.brand.name} {model.name}",
            design=model.design,
            colourway=way,
            shot=shot,
        )


def _word(rng: random.Random, words: str | Sequence[str]) -> str:
    return rng.choice(words.split() if isinstance(words, str) else list(words))
