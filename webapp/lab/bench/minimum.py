"""Two applications to compare with: a greeting, and a search page on Annoy without a database."""

import io
import os
from pathlib import Path

import imagehash
import numpy as np
from annoy import AnnoyIndex
from flask import Flask, render_template_string, request
from PIL import Image

from webapp.lab.bench.rivals import TREES

CODES = "HASHBAG_BENCH_CODES"
"""Environment variable: the file of packed codes, shape (N, 8); its Annoy index is beside it."""

_PAGE = """<!doctype html><title>Bags like {{ item }}</title>
<img src="/images/{{ item }}" alt="">
<ul>{% for one, distance in found %}<li><a href="/items/{{ one }}"><img src="/thumbs/{{ one }}"
alt=""></a> {{ distance }} bits</li>{% endfor %}</ul>"""


def hello() -> Flask:
    """Make an application that says hello."""
    app = Flask(__name__)

    @app.get("/")
    def greet() -> str:
        return "hello"

    return app


def build(codes: np.ndarray, path: Path) -> None:
    """Save codes, shape (N, 8), and the recipe's index of them."""
    np.save(path, codes)
    index = AnnoyIndex(64, "hamming")
    for number, bits in enumerate(np.unpackbits(codes, axis=1).tolist()):
        index.add_item(number, bits)
    index.build(TREES)
    index.save(f"{path}.ann")


def recipe() -> Flask:
    """Make an application that finds with Annoy and renders a page of nine."""
    path = os.environ[CODES]
    codes = np.load(path, mmap_mode="r")
    index = AnnoyIndex(64, "hamming")
    index.load(f"{path}.ann")
    app = Flask(__name__)

    def show(item: int, bits: list[int]) -> str:
        found = index.get_nns_by_vector(bits, 9, include_distances=True)
        return render_template_string(_PAGE, item=item, found=list(zip(*found, strict=True)))

    @app.get("/items/<int:item>")
    def similar(item: int) -> str:
        return show(item, np.unpackbits(codes[item - 1]).tolist())

    @app.post("/search")
    def search() -> str:
        image = Image.open(io.BytesIO(request.files["image"].read()))
        return show(0, imagehash.whash(image).hash.ravel().astype(int).tolist())

    return app
