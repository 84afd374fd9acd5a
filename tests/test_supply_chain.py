"""What `make run` installs: only files of known checksums, and all that the project wants."""

import importlib.metadata
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
LOCK = ROOT / ".lock"
EXTRAS = ("learned", "map", "watch")
"""What `make run` brings besides what is always needed."""

HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")


def project() -> dict[str, object]:
    found: dict[str, object] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    return found


def entries(name: str) -> Iterator[tuple[Requirement, list[str]]]:
    """Yield what a lock names, each with its checksums."""
    text = re.sub(r"^\s*#.*\n", "", (LOCK / name).read_text("utf-8"), flags=re.MULTILINE)
    for line in text.replace("\\\n", " ").splitlines():
        requirement, *hashes = re.split(r"\s+(?=--hash)", line.strip())
        yield Requirement(requirement), hashes


def pinned(name: str) -> dict[str, str]:
    """Return the versions that are installed here, by package."""
    found: dict[str, str] = {}
    for requirement, _ in entries(name):
        if requirement.marker is None or requirement.marker.evaluate():
            assert canonicalize_name(requirement.name) not in found
            (version,) = requirement.specifier
            assert version.operator == "=="
            found[canonicalize_name(requirement.name)] = version.version
    return found


def wanted() -> list[Requirement]:
    """List what the project wants to be run."""
    described = project()["project"]
    assert isinstance(described, dict)
    optional = described["optional-dependencies"]
    every = [*described["dependencies"], *(one for extra in EXTRAS for one in optional[extra])]
    return [Requirement(one) for one in every]


@pytest.mark.parametrize("name", ["build.txt", "run.txt"])
def test_each_package_is_pinned_with_the_checksums_of_its_files(name: str) -> None:
    locked = list(entries(name))
    assert locked
    for requirement, hashes in locked:
        assert str(requirement.specifier).startswith("=="), requirement
        assert requirement.url is None
        assert hashes, f"{requirement} has no checksum"
        assert all(HASH.fullmatch(one) for one in hashes), requirement


def test_the_lock_fits_what_the_project_wants() -> None:
    versions = pinned("run.txt")
    for one in wanted():
        version = versions.get(canonicalize_name(one.name))
        assert version, f"{one.name} is not locked: run `make lock`"
        assert one.specifier.contains(version), f"{one} is locked as {version}: run `make lock`"


def test_all_that_locked_packages_need_is_locked_too() -> None:
    versions = pinned("run.txt")
    for name, version in versions.items():
        installed = importlib.metadata.distribution(name)
        if installed.version != version:
            continue  # another version, in an environment of one's own, may need other things
        for text in installed.requires or ():
            need = Requirement(text)
            if need.marker and not need.marker.evaluate({"extra": ""}):
                continue
            found = versions.get(canonicalize_name(need.name))
            assert found, f"{name} needs {need}, which is not locked"
            assert need.specifier.contains(found), f"{name} needs {need}, and locked is {found}"


def test_nothing_is_locked_that_nobody_needs() -> None:
    versions = pinned("run.txt")
    needed = {canonicalize_name(one.name) for one in wanted()}
    while (
        more := {
            canonicalize_name(need.name)
            for name in needed & versions.keys()
            for need in map(Requirement, importlib.metadata.distribution(name).requires or ())
        }
        - needed
    ):
        needed |= more
    assert versions.keys() <= needed


def test_what_builds_the_project_is_locked() -> None:
    system = project()["build-system"]
    assert isinstance(system, dict)
    versions = pinned("build.txt")
    for one in map(Requirement, system["requires"]):
        assert one.specifier.contains(versions[canonicalize_name(one.name)])
    assert "setuptools" in versions  # Annoy comes as source


@pytest.mark.parametrize("path", sorted(LOCK.iterdir()), ids=lambda path: path.name)
def test_no_lock_names_where_packages_come_from(path: Path) -> None:
    text = path.read_text("utf-8")
    assert not re.search(r"://|--(extra-)?index|--find-links|--trusted-host|file:|@ ", text)


def test_make_run_installs_by_checksum_and_takes_nothing_else() -> None:
    rules = (ROOT / "Makefile").read_text("utf-8")
    rule = rules[rules.index(".venv/run-installed:") : rules.index(".venv/test-installed:")]
    commands = [line for line in rule.splitlines() if "$(INSTALL)" in line]
    assert len(commands) == 3
    for command in commands:
        assert "--require-hashes" in command or "--no-deps" in command
        assert "--no-build-isolation" in command or "build.txt" in command
