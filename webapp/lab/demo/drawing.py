"""Drawing a described bag as a picture."""

import numpy as np
from PIL import Image

from webapp.lab.demo import scene
from webapp.lab.demo.bag import DrawnBag
from webapp.lab.demo.camera import Camera
from webapp.lab.demo.canvas import Canvas
from webapp.lab.demo.coats import coats
from webapp.lab.demo.light import Lamp
from webapp.lab.demo.silhouettes import SILHOUETTES

SIZE_PIXELS = 600
_CANVAS_PIXELS = 660  # larger than the picture, which is reduced for smoother outlines


def draw(bag: DrawnBag) -> Image.Image:
    """Draw a bag as an RGB picture of 600 by 600 pixels; equal bags give equal bytes."""
    shot = bag.shot
    form = SILHOUETTES[bag.design.silhouette].draw(bag.design)
    lamp = Lamp(side=shot.lamp)
    camera = Camera(np.radians(shot.yaw), np.radians(shot.pitch)).framing(
        (shape for part in form.parts for shape in part.shapes), _CANVAS_PIXELS, shot.fill
    )
    floor = scene.backdrop(shot.backdrop, _CANVAS_PIXELS, lamp)
    scene.stand(floor, camera, lamp, form.foot)
    canvas = Canvas(floor, camera, lamp, coats(bag.colourway))
    for part in form.parts:
        canvas.lay(part)
    picture = scene.develop(canvas.light, SIZE_PIXELS)
    return picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if shot.mirrored else picture
