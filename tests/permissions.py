"""Processes that may not read what its owner forbids, also where the tests run as root."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

_IGNORING = "-dac_override,-dac_read_search"
"""What root may that others may not: read and list everything."""


def run_obeying(
    args: Sequence[str | Path], environ: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run this Python with some arguments, as a user to whom permissions apply."""
    prefix = []
    if os.geteuid() == 0:
        tool = shutil.which("setpriv")
        assert tool, "util-linux, a part of every Debian, brings setpriv"
        prefix = [tool, f"--bounding-set={_IGNORING}", f"--inh-caps={_IGNORING}"]
    return subprocess.run(
        [*prefix, sys.executable, *map(str, args)],
        env=os.environ | (environ or {}),
        capture_output=True,
        text=True,
        check=False,
    )


@contextmanager
def forbidden(*folders: Path) -> Iterator[None]:
    """Forbid everybody to read some folders, for a while."""
    for folder in folders:
        folder.chmod(0)
    try:
        yield
    finally:
        for folder in folders:
            folder.chmod(0o755)
