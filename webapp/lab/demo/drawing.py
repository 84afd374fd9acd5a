"""From a description to a picture."""

import numpy as np
from PIL import Image

from webapp.lab.demo import scene
from webapp.lab.demo.bag import DrawnBag
from webapp.lab.demo.camera import Camera
from webapp.lab.demo.canvas import Canvas
from webapp.lab.demo.light import Lamp
from webapp.lab.demo.look import look
from webapp.lab.demo.silhouettes import SILHOUETTES

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
