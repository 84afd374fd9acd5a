"""One bag's design: the drawing parameters that colourways and shots of a model share."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Design:
    """Proportions in bag units and named choices of one model."""

    silhouette: str
    sizes: tuple[tuple[str, float], ...]
    choices: tuple[tuple[str, str], ...]

    def size(self, name: str) -> float:
        """A proportion by name; KeyError when the silhouette has none of that name."""
        return dict(self.sizes)[name]

    def pick(self, name: str) -> str:
        """A choice by name; KeyError when the silhouette has none of that name."""
        return dict(self.choices)[name]
