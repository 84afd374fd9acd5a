"""A demo catalogue of invented handbags, drawn by program, the same on every machine."""

from webapp.lab.demo.bag import DrawnBag
from webapp.lab.demo.drawing import draw
from webapp.lab.demo.folder import write
from webapp.lab.demo.plan import plan

__all__ = ["DrawnBag", "draw", "plan", "write"]
