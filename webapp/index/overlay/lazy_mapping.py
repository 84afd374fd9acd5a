"""A mapping whose values are made when they are first asked for, and then kept."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Generic, TypeVar

V = TypeVar("V")


class LazyMapping(Mapping[str, V], Generic[V]):
    """Values by name. Two threads may make the same value at once; the first that is kept stays."""

    def __init__(self, names: Iterable[str], make: Callable[[str], V]) -> None:
        self._names = tuple(names)
        self._make = make
        self._made: dict[str, V] = {}

    def __getitem__(self, name: str) -> V:
        if name not in self._made:
            if name not in self._names:
                raise KeyError(name)
            self._made.setdefault(name, self._make(name))
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    @property
    def made(self) -> Iterable[V]:
        """The values that were made so far."""
        return tuple(self._made.values())
