"""Print what Lighthouse and axe say of the served pages; fails where they find fault.

Run by `make audit`, which installs Lighthouse. The real photos are shown where they are there,
drawn ones where not.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Response, sync_playwright

from tests.accessibility import violations
from tests.browsing import CHROMIUM, QUIET, SCHEMES, addresses
from tests.conftest import PHOTOS
from tests.serving import Server, run_hashbag, served

GOALS = {"performance": 95, "accessibility": 100, "best-practices": 100, "seo": 100}
LIGHTHOUSE_PAGES = ("grid", "item", "upload result", "compare")
TRIES = 3
KB = 1000
HTML_GOAL, IMAGES_GOAL, OURS_GOAL = 100 * KB, 600 * KB, 60 * KB


def main() -> int:
    """Audit a catalogue made for it; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lighthouse", type=Path, required=True, help="its executable")
    lighthouse = parser.parse_args().lighthouse
    with tempfile.TemporaryDirectory() as folder:
        instance = Path(folder, "instance")
        source: list[str | Path] = ["import", PHOTOS / "large-photos.csv"]
        if not PHOTOS.is_dir():
            source = ["demo"]
        done = run_hashbag(source, instance)
        if done.returncode:
            sys.stderr.write(done.stderr)
            return 1
        with served(instance) as server:
            faults = [*_lighthouse(lighthouse, server), *_in_chromium(server), *_policy(server)]
    for fault in faults:
        print(f"FAULT  {fault}")  # noqa: T201
    print(f"{len(faults)} faults")  # noqa: T201
    return bool(faults)


def _lighthouse(executable: Path, server: Server) -> list[str]:
    """Score the main pages on the mobile profile; a run that a busy machine spoilt is repeated."""
    faults = []
    for page in LIGHTHOUSE_PAGES:
        for _ in range(TRIES):
            report = _report(executable, server.url + addresses(server)[page])
            scores = {name: round(100 * report["categories"][name]["score"]) for name in GOALS}
            if scores["performance"] >= GOALS["performance"]:
                break
        shift = report["audits"]["cumulative-layout-shift"]["numericValue"]
        largest = report["audits"]["largest-contentful-paint"]["displayValue"]
        words = ", ".join(f"{name} {score}" for name, score in scores.items())
        print(f"lighthouse  {page:14} {words}; shift {shift:.3f}, largest paint {largest}")  # noqa: T201
        faults += [f"{page}: {name} {scores[name]}" for name in GOALS if scores[name] < GOALS[name]]
        faults += [f"{page}: layout shift {shift:.3f}"] if shift else []
    return faults


def _report(executable: Path, url: str) -> dict[str, Any]:
    done = subprocess.run(
        [
            executable,
            url,
            "--quiet",
            "--output=json",
            f"--only-categories={','.join(GOALS)}",
            f"--chrome-flags=--headless=new {' '.join(QUIET)}",
        ],
        env=os.environ | {"CHROME_PATH": str(CHROMIUM)},
        capture_output=True,
        text=True,
        timeout=180,
        check=True,
    )
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def _in_chromium(server: Server) -> list[str]:
    """Run axe on every page in both schemes, and weigh the first view of the grid."""
    faults = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        for name, address in addresses(server).items():
            found = {
                scheme: violations(browser, server.url + address, scheme) for scheme in SCHEMES
            }
            counts = ", ".join(f"{len(one)} in {scheme}" for scheme, one in found.items())
            print(f"axe         {name:14} violations: {counts}")  # noqa: T201
            faults += [
                f"{name}, {scheme}: {one}" for scheme, several in found.items() for one in several
            ]
        faults += _weigh(browser, server)
        browser.close()
    return faults


def _weigh(browser: Browser, server: Server) -> list[str]:
    """Weigh the first view of the grid, and each page's style sheets and scripts."""
    ours = {
        name: _weights(browser, server.url + address)["ours"]
        for name, address in addresses(server).items()
    }
    heaviest = max(ours, key=lambda name: ours[name])
    grid = _weights(browser, server.url + "/?seed=5")
    print(  # noqa: T201
        f"weight      grid           HTML {grid['document'] / KB:.0f} kB, images of the first view "
        f"{grid['image'] / KB:.0f} kB, CSS and JS {grid['ours'] / KB:.1f} kB; "
        f"most CSS and JS: {heaviest}, {ours[heaviest] / KB:.1f} kB"
    )
    return _over(
        {
            "HTML": (grid["document"], HTML_GOAL),
            "images": (grid["image"], IMAGES_GOAL),
            f"CSS and JS of {heaviest}": (ours[heaviest], OURS_GOAL),
        }
    )


def _weights(browser: Browser, url: str) -> Counter[str]:
    """Load a page as a phone does; bytes before compression by what they are of."""
    answers: list[Response] = []
    tab = browser.new_page(viewport={"width": 412, "height": 823}, device_scale_factor=1.75)

    def heard(answer: Response) -> None:
        answers.append(answer)

    tab.on("response", heard)
    tab.goto(url)
    tab.wait_for_load_state("networkidle")
    weights: Counter[str] = Counter()
    for answer in answers:
        sort = answer.request.resource_type
        weights["ours" if sort in {"stylesheet", "script"} else sort] += len(answer.body())
    tab.close()
    return weights


def _policy(server: Server) -> list[str]:
    """Look at the content security policy."""
    policy = server.get("/").headers["Content-Security-Policy"]
    print(f"policy      {policy}")  # noqa: T201
    return ["the content security policy says unsafe"] if "unsafe" in policy else []


def _over(weights: Mapping[str, tuple[int, int]]) -> list[str]:
    return [
        f"{name}: {weight / KB:.0f} kB, more than {goal / KB:.0f}"
        for name, (weight, goal) in weights.items()
        if weight > goal
    ]


if __name__ == "__main__":
    sys.exit(main())
