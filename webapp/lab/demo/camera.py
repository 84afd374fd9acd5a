"""The camera, which stands a little above and to one side of the bag."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from webapp.lab.demo.curves import Points

_DISTANCE = 5.5  # from the bag, in bag units


@dataclass(frozen=True, slots=True)
class Camera:
    """Projects bag space (x right, y up, z to the viewer) to pixels (x right, y down).

    `yaw` and `pitch` are in radians, `scale` in pixels for a bag unit; `x` and `y` are the pixel
    of the origin.
    """

    yaw: float
    pitch: float
    scale: float = 1.0
    x: float = 0.0
    y: float = 0.0

    def rotation(self) -> npt.NDArray[np.float64]:
        """Return the rotation (3, 3) from bag space to camera space."""
        cy, sy = np.cos(self.yaw), np.sin(self.yaw)
        cp, sp = np.cos(self.pitch), np.sin(self.pitch)
        turn = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
        tilt = np.array([[1, 0, 0], [0, cp, -sp], [0, sp, cp]])
        return np.asarray(tilt @ turn)

    def project(self, points: Points) -> Points:
        """Return the pixels (n, 2) of points (n, 3)."""
        seen = points @ self.rotation().T
        near = _DISTANCE / (_DISTANCE - seen[:, 2]) * self.scale
        return np.stack([self.x + seen[:, 0] * near, self.y - seen[:, 1] * near], axis=1)

    def depth(self, points: Points) -> Points:
        """Return how near to the viewer points (n, 3) are, (n,), in bag units."""
        return np.asarray(points @ self.rotation()[2])

    def plane(self, z: float) -> npt.NDArray[np.float64]:
        """Return the homography (3, 3) from pixels to (x, y) in the plane at depth `z`."""
        r = self.rotation()
        down = _DISTANCE - r[2, 2] * z
        front = np.array(
            [
                [
                    self.scale * _DISTANCE * r[0, 0],
                    self.scale * _DISTANCE * r[0, 1],
                    self.scale * _DISTANCE * r[0, 2] * z,
                ],
                [
                    -self.scale * _DISTANCE * r[1, 0],
                    -self.scale * _DISTANCE * r[1, 1],
                    -self.scale * _DISTANCE * r[1, 2] * z,
                ],
                [-r[2, 0], -r[2, 1], down],
            ]
        )
        shift = np.array([[1, 0, self.x], [0, 1, self.y], [0, 0, 1]])
        return np.asarray(np.linalg.inv(shift @ front))

    def framing(self, shapes: Iterable[Points], size: int, fill: float) -> "Camera":
        """Return the camera moved so that shapes fill a share of a square of `size` pixels."""
        every = np.concatenate(list(shapes))
        seen = replace(self, scale=1.0, x=0.0, y=0.0).project(every)
        low, high = seen.min(axis=0), seen.max(axis=0)
        wide, tall = high - low
        scale = float(size * fill / max(wide, tall * 1.02, 0.2))
        middle = (low + high) / 2 * scale
        return replace(
            self, scale=scale, x=float(size / 2 - middle[0]), y=float(size * 0.505 - middle[1])
        )
