"""Looking after a catalogue: publishing what changed, removing, checking, telling its status."""

from webapp.maintenance.removal import remove

__all__ = ["remove"]
