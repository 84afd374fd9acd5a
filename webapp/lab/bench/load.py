"""Load by wrk: so many connections that each ask, wait for the answer, and ask again."""

import json
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from webapp.exceptions import HashbagError

WRK = "wrk"
INSTALLED_BY = "apt-get install wrk"

_SCRIPT = Path(__file__).with_name("wrk.lua")
_TIMEOUT_SECONDS = 30
_BOUNDARY = "boundary-of-the-parts-of-this-form"


@dataclass(frozen=True, slots=True)
class Load:
    """What came back in so many seconds; `failed` counts errors and answers that say one."""

    answers: int
    seconds: float
    failed: int
    p50_us: float
    p95_us: float
    p99_us: float

    @property
    def per_second(self) -> float:
        """Answers a second."""
        return round(self.answers / self.seconds, 1)


def is_there() -> bool:
    """Say whether wrk is installed."""
    return shutil.which(WRK) is not None


def drive(
    port: int, paths: Sequence[str], connections: int, seconds: float, picture: bytes | None = None
) -> Load:
    """Ask a server on this machine for some paths in turn, for some seconds, one at least.

    wrk knows whole seconds only. `picture` is posted to each path, as a browser sends it.

    Raises:
        HashbagError: wrk ended without a result.
    """
    with tempfile.TemporaryDirectory(prefix="hashbag-bench-") as folder:
        arguments = [str(_written(Path(folder, "paths"), "\n".join(paths).encode()))]
        if picture is not None:
            form = _written(Path(folder, "form"), _form(picture))
            arguments += [str(form), f"multipart/form-data; boundary={_BOUNDARY}"]
        options = [f"-t{connections}", f"-c{connections}", f"-d{max(1, round(seconds))}s"]
        options += [f"--timeout={_TIMEOUT_SECONDS}s", "-s", str(_SCRIPT)]
        command = [WRK, *options, f"http://127.0.0.1:{port}", "--", *arguments]
        told = subprocess.run(  # noqa: S603 - the arguments are our own
            command, capture_output=True, text=True, check=False
        )
    try:
        return Load(**json.loads(told.stdout.splitlines()[-1]))
    except (IndexError, ValueError, TypeError) as error:
        raise HashbagError(f"wrk did not measure: {told.stderr or told.stdout}") from error


def _written(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def _form(picture: bytes) -> bytes:
    head = (
        f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="image"; filename="bag.jpg"\r\n'
        "Content-Type: image/jpeg\r\n\r\n"
    )
    return head.encode() + picture + f"\r\n--{_BOUNDARY}--\r\n".encode()
