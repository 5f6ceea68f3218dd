"""The machine room knows no debtor words, and the repository no machine and no package index."""

import re
import subprocess

from tests.architecture.test_rooms import ROOT, sources

DEBTOR_WORDS = re.compile(r"invoice|debtor|dunning|reminder", re.IGNORECASE)
# The four services' names are the only exception: settings name the address of each.
SERVICE_NAMES = re.compile(r"invoices", re.IGNORECASE)
ADDRESSES = re.compile(
    r"(?<![\w.])/(?:work|farm|root|home)/|https?://[\w.-]*(?:pypi|maven2|artifactory|nexus)[\w.-]*[/:]"
)


def test_the_chassis_knows_no_debtor_words() -> None:
    guilty = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in sources()
        if path.is_relative_to(ROOT / "libs" / "chassis")
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if DEBTOR_WORDS.search(SERVICE_NAMES.sub("", line))
    ]
    assert guilty == []


def test_no_committed_text_names_a_machine_or_a_package_index() -> None:
    names = (
        subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True)
        .stdout.decode()
        .split("\0")
    )
    guilty = []
    for name in filter(None, names):
        path = ROOT / name
        if (
            not path.is_file()
            or path.suffix in {".binpb", ".png", ".svg"}
            or path == ROOT / "tests/architecture/test_words.py"
        ):
            continue
        guilty += [
            f"{name}:{number}"
            for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1)
            if ADDRESSES.search(line)
        ]
    assert guilty == []
