"""A plug-in for Pillow that holds its decoder, for pictures of some widths.

Python loads it by itself from a folder in `PYTHONPATH`, as it does any `sitecustomize`: whoever can
set that for a server can run what he likes in it anyway, so the application needs no door for it.
Only processes of the cage, which know how many they are, hold anything.
"""

from pathlib import Path

HELD = {"sleep": 161, "spin": 162, "eat": 163, "die": 164, "write": 165}
HELD_DECODER = """
import os, time
from PIL import PngImagePlugin

load = PngImagePlugin.PngImageFile.load

def held(self):
    what = {161: "sleep", 162: "spin", 163: "eat", 164: "die", 165: "write"}.get(self.size[0])
    if what == "sleep":
        time.sleep(600)
    if what == "spin":
        while True: pass
    if what == "eat":
        eaten = [b"x" * 2**26 for _ in range(1000)]
    if what == "die":
        os.kill(os.getpid(), 9)
    if what == "write":
        with open(os.environ["HELD_FILE"], "w") as file:
            file.write("written")
    return load(self)

if "_HASHBAG_CAGE_PROCESSES" in os.environ:
    PngImagePlugin.PngImageFile.load = held
"""


def hold_decoders(folder: Path) -> None:
    """Put the plug-in into a folder."""
    (folder / "sitecustomize.py").write_text(HELD_DECODER, "utf-8")
