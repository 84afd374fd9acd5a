"""A camera a little above and to one side of the bag."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from webapp.lab.demo.curves import Points

DISTANCE = 5.5


@dataclass(frozen=True, slots=True)
class Camera:
    """Projects bag space (x right, y up, z to the viewer) to pixels (x right, y down)."""

    yaw: float
    pitch: float
    scale: float = 1.0
    x: float = 0.0
    y: float = 0.0

    def rotation(self) -> npt.NDArray[np.float64]:
        """The 3 by 3 turn from bag space to camera space."""
        cy, sy = np.cos(self.yaw), np.sin(self.yaw)
        cp, sp = np.cos(self.pitch), np.sin(self.pitch)
        turn = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
        tilt = np.array([[1, 0, 0], [0, cp, -sp], [0, sp, cp]])
        return np.asarray(tilt @ turn)

    def project(self, points: Points) -> Points:
        """Pixels (n, 2) of points (n, 3)."""
        seen = points @ self.rotation().T
        near = DISTANCE / (DISTANCE - seen[:, 2]) * self.scale
        return np.stack([self.x + seen[:, 0] * near, self.y - seen[:, 1] * near], axis=1)

    def depth(self, points: Points) -> Points:
        """Nearness to the viewer of points (n, 3)."""
        return np.asarray(points @ self.rotation()[2])

    def plane(self, z: float) -> npt.NDArray[np.float64]:
        """The 3 by 3 homography from pixels to (x, y) in the plane at depth `z`."""
        r = self.rotation()
        down = DISTANCE - r[2, 2] * z
        front = np.array(
            [
                [
                    self.scale * DISTANCE * r[0, 0],
                    self.scale * DISTANCE * r[0, 1],
                    self.scale * DISTANCE * r[0, 2] * z,
                ],
                [
                    -self.scale * DISTANCE * r[1, 0],
                    -self.scale * DISTANCE * r[1, 1],
                    -self.scale * DISTANCE * r[1, 2] * z,
                ],
                [-r[2, 0], -r[2, 1], down],
            ]
        )
        shift = np.array([[1, 0, self.x], [0, 1, self.y], [0, 0, 1]])
        return np.asarray(np.linalg.inv(shift @ front))

    def framing(self, shapes: Iterable[Points], size: int, fill: float) -> "Camera":
        """The same camera, moved so that the shapes fill that share of a square picture."""
        every = np.concatenate(list(shapes))
        seen = replace(self, scale=1.0, x=0.0, y=0.0).project(every)
        low, high = seen.min(axis=0), seen.max(axis=0)
        wide, tall = high - low
        scale = float(size * fill / max(wide, tall * 1.02, 0.2))
        middle = (low + high) / 2 * scale
        return replace(
            self, scale=scale, x=float(size / 2 - middle[0]), y=float(size * 0.505 - middle[1])
        )
