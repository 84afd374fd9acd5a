"""The design of a model: the drawing parameters that its colourways and shots share."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Design:
    """Proportions, in bag units (a bag is about 1 wide), and named choices of one model."""

    silhouette: str
    sizes: tuple[tuple[str, float], ...]
    choices: tuple[tuple[str, str], ...]

    def size(self, name: str) -> float:
        """Return a proportion.

        Raises:
            KeyError: the silhouette has none of that name.
        """
        return dict(self.sizes)[name]

    def pick(self, name: str) -> str:
        """Return a choice.

        Raises:
            KeyError: the silhouette has none of that name.
        """
        return dict(self.choices)[name]
