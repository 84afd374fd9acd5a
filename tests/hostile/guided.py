"""Pictures changed by what each change has the code do, where atheris is installed.

`python -m tests.hostile.guided -max_total_time=300` asks for five minutes; libFuzzer's own options
follow. It has no packages for every version of Python and every system, so no test needs it.
"""

import sys
import tempfile
import warnings
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["PIL", "webapp"]):
    from tests.hostile.whole import files
    from webapp.exceptions import UnreadableImage
    from webapp.pictures.opening import open_picture

_MOST_PIXELS = 1_000_000


def read(data: bytes) -> None:
    """Read one file, or refuse it in words; all else ends the run, and the file is kept."""
    try:
        open_picture(data, _MOST_PIXELS)
    except UnreadableImage as refusal:
        assert str(refusal)  # noqa: PT017 - what is asked


def main() -> None:
    """Begin with whole files of every sort."""
    warnings.simplefilter("ignore")  # Pillow warns of some damage before it raises
    with tempfile.TemporaryDirectory() as folder:
        for number, data in enumerate(files()):
            Path(folder, str(number)).write_bytes(data)
        atheris.Setup([*sys.argv, folder], read)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
