"""From a description to a picture."""

import numpy as np
from PIL import Image

from webapp.demo import scene
from webapp.demo.bag import DrawnBag
from webapp.demo.camera import Camera
from webapp.demo.canvas import Canvas
from webapp.demo.light import Lamp
from webapp.demo.look import look
from webapp.demo.silhouettes import SILHOUETTES

SIZE = 600
WORK = 660  # drawn a little larger, with finer outlines still, then reduced


def draw(bag: DrawnBag) -> Image.Image:
    """Draw one bag as an RGB picture of `SIZE` pixels square; the same bag, the same bytes."""
    shot = bag.shot
    form = SILHOUETTES[bag.design.silhouette].draw(bag.design)
    lamp = Lamp(side=shot.lamp)
    camera = Camera(np.radians(shot.yaw), np.radians(shot.pitch)).framing(
        (shape for part in form.parts for shape in part.shapes), WORK, shot.fill
    )
    floor = scene.backdrop(shot.backdrop, WORK, lamp)
    scene.stand(floor, camera, lamp, form.foot)
    canvas = Canvas(floor, camera, lamp, look(bag.colourway))
    for part in form.parts:
        canvas.lay(part)
    picture = scene.develop(canvas.light, SIZE)
    return picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if shot.mirrored else picture
