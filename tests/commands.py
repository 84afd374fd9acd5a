"""Commands run in the tests' own process: as the shell runs them, without its second of start."""

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from webapp.cli import group


def command(args: Sequence[str | Path], instance: Path, status: int = 0, **settings: str) -> Result:
    """Run one command and expect its exit status; `settings` are environment variables."""
    clean = {name: None for name in os.environ if name.startswith("HASHBAG_")}
    environ = {**clean, "HASHBAG_INSTANCE": str(instance), **settings}
    # Few photos are hashed in this process, whatever the number of cores.
    done = CliRunner().invoke(group, [str(arg) for arg in args], env=environ)
    told = f"{done.stdout}{done.stderr}{done.exception!r}"
    assert done.exit_code == status, told
    return done


def told(instance: Path) -> Any:
    """Return what `hashbag status` tells."""
    return json.loads(command(["status", "--json"], instance).stdout)
