"""Small pictures drawn for tests: each seed gives another, and nothing is random twice."""

import io
import random
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw

COLOURS = ("black", "maroon", "navy", "teal", "olive", "orange", "hotpink", "sienna")


def bag(seed: int, size: tuple[int, int] = (160, 120)) -> Image.Image:
    """Draw a few coloured shapes on white: as unlike from seed to seed as bags are."""
    chance = random.Random(seed)
    image = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(image)
    for _ in range(5):
        left, right = sorted(chance.sample(range(size[0]), 2))
        top, bottom = sorted(chance.sample(range(size[1]), 2))
        shape = chance.choice((draw.rectangle, draw.ellipse))
        shape((left, top, right, bottom), fill=chance.choice(COLOURS))
    return image


def encoded(image: Image.Image, format_: str, **options: Any) -> bytes:
    """Encode a picture."""
    out = io.BytesIO()
    image.save(out, format_, **options)
    return out.getvalue()


def multipart(data: bytes) -> dict[str, Any]:
    """Write an upload's body for a test client, which would put a large one on disk."""
    head = b'--edge\r\nContent-Disposition: form-data; name="image"; filename="x.txt"\r\n\r\n'
    return {
        "data": head + data + b"\r\n--edge--\r\n",
        "content_type": "multipart/form-data; boundary=edge",
    }


def catalogue(folder: Path, count: int) -> Path:
    """Write `count` pictures with a manifest that gives each some attributes."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = ["filename,title,brand,price,currency,colour,category,season"]
    for number in range(count):
        bag(number).save(folder / f"{number:03d}.png")
        lines.append(
            f"{number:03d}.png,Bag {number},{('Ora', 'Vell', 'Tund')[number % 3]},"
            f"{number * 10 if number % 5 else ''},EUR,{COLOURS[number % 4]},"
            f"{('Tote', 'Clutch')[number % 2]},Summer"
        )
    path = folder / "manifest.csv"
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path
