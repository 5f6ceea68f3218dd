"""`make release`: what an image holds, built from this working copy and unpacked; prints where it lies.

What is measured is what is shipped: the benchmarks run the services from here. It is built anew when anything that
goes into it has changed, and kept beside the other things that are prepared once.
"""

import hashlib
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from sandbox.stack.console import run
from sandbox.stack.environment import callers_environment
from sandbox.stack.layout import CACHE, REPOSITORY
from sandbox.stack.problem import StackProblem

FOLDER = CACHE / "release"
_SOURCES = ("services", "libs")
_DECIDING = ("pyproject.toml", "requirements.lock", "proto/topics.yaml", "deploy/compile_wheel.py")
_SAID_CHARS_MAX = 300
_DRAFT = "draft-"


def mark() -> str:
    """Name what goes into a release: every file of the services and libraries, what builds them, this Python."""
    digest = hashlib.sha256(sys.version.encode())
    for path in _files():
        digest.update(f"{path.relative_to(REPOSITORY)}\n".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]


def _files() -> Iterator[Path]:
    for folder in _SOURCES:
        for path in sorted((REPOSITORY / folder).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                yield path
    yield from (REPOSITORY / name for name in _DECIDING)


def release() -> Path:
    """Return the folder of the release that this working copy makes; builds it where it is not there yet.

    Raises StackProblem with a sentence when it cannot be built.
    """
    wanted = FOLDER / mark()
    if wanted.is_dir():
        return wanted
    print("Velvet is built as an image holds it (once for each change; half a minute).", file=sys.stderr)
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=FOLDER, prefix=_DRAFT) as draft:
        _pip("wheel", "--no-build-isolation", "--wheel-dir", draft, str(REPOSITORY))
        (wheel,) = Path(draft).glob("*.whl")
        _pip("install", "--no-index", "--no-compile", "--target", f"{draft}/unpacked", str(wheel))
        # What another command is building at this moment is left to it.
        for older in set(FOLDER.iterdir()) - set(FOLDER.glob(f"{_DRAFT}*")):
            shutil.rmtree(older, ignore_errors=True)
        Path(draft, "unpacked").rename(wanted)
    return wanted


def _pip(*arguments: str) -> None:
    """Run pip, with the compiling hook on; raises StackProblem with the last error that it names."""
    environment = {name: value for name, value in callers_environment().items() if name != "PYTHONPATH"}
    done = subprocess.run(  # noqa: S603 - the arguments are ours
        [sys.executable, "-m", "pip", *arguments, "--quiet", "--no-deps", "--disable-pip-version-check"],
        env=environment | {"HATCH_BUILD_HOOK_ENABLE_CUSTOM": "1", "PIP_USER": "0"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        errors = [line.strip() for line in done.stdout.splitlines() if "error" in line.lower()]
        said = next(
            (line for line in errors if ": error:" in line or "fatal error" in line), (errors or [""])[-1]
        )
        raise StackProblem(
            f"The release could not be built (it takes a C compiler and Python's headers): {said[:_SAID_CHARS_MAX]}"
        )


async def main() -> int:
    """Print the folder."""
    print(release())
    return 0


if __name__ == "__main__":
    sys.exit(run(main()))
