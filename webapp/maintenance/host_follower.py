"""How a host that serves follows what other hosts build: in the background, for all its workers."""

import logging
import socket
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from webapp.catalog.shared_registry import SECONDS_BETWEEN_SIGNS, Bundle, Registered
from webapp.catalog.write_lock import building_here, following_here
from webapp.exceptions import CatalogBusy, HashbagError
from webapp.index.shared_bundles import SharedBundles

_LOOK_AGAIN_SECONDS = 0.5
_PAUSE_SECONDS = 5.0

log = logging.getLogger(__name__)


class HostFollower:
    """Fetches what is announced, says what it has, removes what is old; in one worker at a time."""

    def __init__(self, instance: Path, sorts: Sequence[SharedBundles]) -> None:
        self._instance = instance
        self._host = host_name(instance)
        self._sorts = [_Followed(one) for one in sorts]
        self._told = ""

    def start(self) -> None:
        """Begin, for as long as this process lives."""
        threading.Thread(target=self._run, name="follower", daemon=True).start()

    def _run(self) -> None:
        while True:
            try:
                with following_here(self._instance):
                    self._follow()
            except CatalogBusy:
                """Another worker follows for this host."""
            except (HashbagError, OSError) as problem:
                self._tell(getattr(problem, "for_owner", str(problem)))
            time.sleep(_LOOK_AGAIN_SECONDS)

    def _follow(self) -> None:
        while True:
            for one in self._sorts:
                one.look(self._host, self._instance)
            self._told = ""
            time.sleep(_LOOK_AGAIN_SECONDS)

    def _tell(self, problem: str) -> None:
        """Log what is wrong, once for as long as it lasts."""
        if problem != self._told:
            log.warning("what other machines build is not followed: %s", problem)
            self._told = problem


class _Followed:
    """One sort of what is followed; a thread of its own fetches, so that signs go on meanwhile.

    It ends with its process, whatever it is about.
    """

    def __init__(self, bundles: SharedBundles) -> None:
        self._bundles = bundles
        self._fetching: threading.Thread | None = None
        self._failed: dict[str, float] = {}
        self._noted: tuple[int, float] = (-1, 0.0)

    def look(self, host: str, instance: Path) -> None:
        """Have fetched what is new, and say what is here."""
        registered = self._bundles.registry.read()
        missing = [one for one in _wanted(registered) if not self._bundles.is_here(one)]
        waiting = [one for one in missing if not self._failed_just_now(one)]
        if waiting and (self._fetching is None or not self._fetching.is_alive()):
            self._fetching = threading.Thread(target=self._fetch, args=(waiting[0],), daemon=True)
            self._fetching.start()
        if not missing:
            self._drop_old(registered, instance)
        # What cannot be fetched is not waited for.
        lacking = [one.number for one in missing if one.digest not in self._failed]
        known = max((one.number for one in registered.bundles), default=0)
        self._note(host, min([known, *(number - 1 for number in lacking)]))

    def _note(self, host: str, number: int) -> None:
        noted, when = self._noted
        if number != noted or time.monotonic() - when > SECONDS_BETWEEN_SIGNS:
            self._bundles.registry.note(host, number)
            self._noted = number, time.monotonic()

    def _failed_just_now(self, bundle: Bundle) -> bool:
        failed = self._failed.get(bundle.digest)
        return failed is not None and time.monotonic() - failed < _PAUSE_SECONDS

    def _fetch(self, bundle: Bundle) -> None:
        try:
            self._bundles.fetch(bundle)
            self._failed.pop(bundle.digest, None)
        except (HashbagError, OSError) as problem:
            if bundle.digest not in self._failed:
                told = getattr(problem, "for_owner", str(problem))
                log.error("what another machine built cannot be fetched: %s", told)  # noqa: TRY400
            self._failed[bundle.digest] = time.monotonic()

    def _drop_old(self, registered: Registered, instance: Path) -> None:
        if not self._bundles.old(registered):
            return
        with suppress(CatalogBusy), building_here(instance):  # or somebody builds just now
            self._bundles.drop_old(self._bundles.registry.read())


def _wanted(registered: Registered) -> Sequence[Bundle]:
    """Return the newest, and what is announced."""
    return [one for one in registered.bundles if one.number >= registered.newest]


def host_name(instance: Path) -> str:
    """Return what a host is called among those that share a catalogue."""
    return f"{socket.gethostname()}:{instance}"
