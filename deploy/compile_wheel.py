"""Compiles the modules that pyproject.toml names when a wheel is built for an image (docs/adr/0015).

Hatchling calls it where HATCH_BUILD_HOOK_ENABLE_CUSTOM=1 is set, and nowhere else: in the repository every module is
run as it is written. The wheel holds both; Python takes the compiled one.
"""

import contextlib
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from mypyc.build import mypycify
from setuptools import Distribution
from typing_extensions import override

_FOLLOWED = ("--follow-imports=silent", "--ignore-missing-imports", "--no-warn-unused-ignores")
"""Types are checked by `make type`; here the libraries that they come from may be absent."""


def modules(root: Path, *, package: str, as_written: list[str]) -> list[str]:
    """Return the files of a package that are compiled, relative to ``root``; raises ValueError for one left out in vain."""
    found = {path.stem: path for path in sorted((root / package).glob("*.py"))}
    if unknown := set(as_written) - found.keys():
        raise ValueError(f"{package} has no module {', '.join(sorted(unknown))}")
    left_out = {"__init__", *as_written}
    return [str(path.relative_to(root)) for name, path in found.items() if name not in left_out]


class CompiledWheel(BuildHookInterface[Any]):
    """Adds an extension module to the wheel for each module that is compiled."""

    @override
    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile, and tell Hatchling where the extensions belong."""
        del version
        root, config = Path(self.root), self.config
        files = modules(root, package=config["package"], as_written=config["as-written"])
        self._folder = tempfile.TemporaryDirectory(prefix="velvet-compiled-")
        built = Path(self._folder.name) / "lib"
        with contextlib.chdir(root):
            extensions = mypycify([*_FOLLOWED, *files], debug_level="0", target_dir=f"{self._folder.name}/c")
            distribution = Distribution({"name": "velvet", "ext_modules": extensions})
            command = distribution.get_command_obj("build_ext")
            command.build_lib, command.build_temp = str(built), f"{self._folder.name}/o"
            command.ensure_finalized()
            command.run()
        places = {str(path): str(path.relative_to(built)) for path in built.rglob("*.so")}
        build_data["force_include"].update(places)
        build_data["pure_python"] = False
        build_data["infer_tag"] = True

    @override
    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Remove what was compiled: it is in the wheel now."""
        self._folder.cleanup()
