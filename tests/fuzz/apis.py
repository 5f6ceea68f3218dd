"""Runs schemathesis against one service of a seeded stack and returns what it says."""

import asyncio
import json
import os
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_CONFIG = Path(__file__).with_name("schemathesis.toml")
_KNOWN_SHARE = 0.75


@dataclass(frozen=True, slots=True)
class Effort:
    """How long and how deep: so many examples per operation, or repeated until the time is spent."""

    examples: int
    seed: int
    seconds_max: int = 0
    workers: int = 1


@dataclass(frozen=True, slots=True)
class Report:
    """What one run did; ``text`` is all that schemathesis said."""

    text: str
    is_clean: bool
    operations: int
    cases: int

    @classmethod
    def of(cls, text: str, *, is_clean: bool) -> "Report":
        """Read the figures: a run that did nothing found nothing either."""
        tested, made = re.search(r"Tested: (\d+)", text), re.search(r"(\d+) generated", text)
        return cls(text, is_clean, int(tested[1]) if tested else 0, int(made[1]) if made else 0)


def config_with(known: Mapping[str, Sequence[str]]) -> str:
    """Return the configuration with the names of what exists, so that tests reach beyond 404."""
    lines = [_CONFIG.read_text(), "[dictionaries]"]
    filled = {name: values for name, values in known.items() if values}
    lines += [f"{name}.values = {json.dumps(list(values))}" for name, values in filled.items()]
    lines.append("[parameters]")
    lines += [f'{name} = {{ dictionary = "{name}", probability = {_KNOWN_SHARE} }}' for name in filled]
    return "\n".join(lines) + "\n"


async def fuzz_api(
    url: str, *, token: str, known: Mapping[str, Sequence[str]], effort: Effort, home: Path
) -> Report:
    """Fuzz one API and return what was done and what was found."""
    config = home / "schemathesis.toml"
    config.write_text(config_with(known))
    arguments = ["--config-file", str(config), "--no-color", "run", f"{url}/openapi.json"]
    arguments += ["--header", f"Authorization: Bearer {token}", "--seed", str(effort.seed)]
    arguments += ["--workers", str(effort.workers), "--max-examples", str(effort.examples)]
    # Days by a pattern and by a format make it throw much away, which over minutes passes its own limit for that;
    # what was tried is counted, and a run that tried too little fails by the count.
    arguments += ["--suppress-health-check", "filter_too_much"]
    if effort.seconds_max:
        arguments += ["--max-time", str(effort.seconds_max)]
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "schemathesis.cli", *arguments),
        cwd=home,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    return Report.of(output.decode(errors="replace"), is_clean=process.returncode == 0)
