"""`make release`: what an image holds, built from this working copy and unpacked; prints where it lies.

What is measured is what is shipped: the benchmarks run the services from here. It is built anew when anything that
goes into it has changed, and kept beside the other things that are prepared once.
"""

import fcntl
import hashlib
import re
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
_KEPT_S = 24 * 3600
_FAULT = re.compile(
    r": error: |fatal error|^\s*(error: \S+ failed|\w+(\.\w+)*Error: )|: command not found|: No such file"
)
"""What mypy, the C compiler and what calls them say of the fault itself; the first of these lines is the cause."""


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
    FOLDER.mkdir(parents=True, exist_ok=True)
    with (FOLDER / "lock").open("w") as lock:
        # Two commands at once build it once.
        fcntl.flock(lock, fcntl.LOCK_EX)
        wanted = FOLDER / mark()
        if not wanted.is_dir():
            _build(wanted)
        wanted.touch()
    return wanted


def _build(wanted: Path) -> None:
    """Build a wheel and unpack it; removes what nobody runs any more."""
    print("Velvet is built as an image holds it (once for each change; half a minute).", file=sys.stderr)
    abandoned = list(FOLDER.glob(f"{_DRAFT}*"))
    with tempfile.TemporaryDirectory(dir=FOLDER, prefix=_DRAFT) as draft:
        now_s = Path(draft).stat().st_mtime
        # Another command may still be starting processes from a younger one.
        unused = [old for old in FOLDER.glob("*/") if now_s - old.stat().st_mtime > _KEPT_S]
        for folder in (*abandoned, *unused):
            shutil.rmtree(folder, ignore_errors=True)
        _pip("wheel", "--no-build-isolation", "--wheel-dir", draft, str(REPOSITORY))
        (wheel,) = Path(draft).glob("*.whl")
        _pip("install", "--no-index", "--no-compile", "--target", f"{draft}/unpacked", str(wheel))
        Path(draft, "unpacked").rename(wanted)


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
        said = [line.strip() for line in done.stdout.splitlines() if _FAULT.search(line)]
        raise StackProblem(
            "The release could not be built (it takes a C compiler and Python's headers): "
            + (said or ["pip does not say why"])[0][:_SAID_CHARS_MAX]
        )


async def main() -> int:
    """Print the folder."""
    print(release())
    return 0


if __name__ == "__main__":
    sys.exit(run(main()))
