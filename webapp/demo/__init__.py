"""A demo catalogue of invented handbags, drawn by program, the same on every machine."""

from webapp.demo.bag import DrawnBag
from webapp.demo.drawing import draw
from webapp.demo.folder import write
from webapp.demo.plan import plan

__all__ = ["DrawnBag", "draw", "plan", "write"]
