"""Generates libs/contracts from proto/: protobuf classes by protoc, and lean message types beside them.

The lean types (``contracts.<service>.v1``) are msgspec structs with the same fields: they decode and
encode JSON in a microsecond, and every field has proto3's default, so an absent field is a cleared one.
Run ``make proto`` after an edit; ``make proto-check`` fails when the committed code has drifted.
"""

import argparse
import filecmp
import importlib
import subprocess
import sys
import tempfile
from pathlib import Path

from google.protobuf.descriptor import Descriptor, FieldDescriptor, FileDescriptor

ROOT = Path(__file__).resolve().parent.parent
SERVICES = ("erp", "invoices", "classifier", "scheduler", "notifier")
SCALARS = {
    FieldDescriptor.TYPE_STRING: ("str", '""'),
    FieldDescriptor.TYPE_BOOL: ("bool", "False"),
    FieldDescriptor.TYPE_INT32: ("int", "0"),
    FieldDescriptor.TYPE_INT64: ("int", "0"),
    FieldDescriptor.TYPE_DOUBLE: ("float", "0.0"),
}
KEYWORDS = {"from": "from_"}


def run_protoc(out: Path) -> None:
    """Write the protobuf classes and their stubs below ``out``."""
    files = [f"contracts/{name}/v1/{name}.proto" for name in SERVICES]
    command = [
        sys.executable,
        "-m",
        "grpc_tools.protoc",
        f"-I{ROOT / 'proto'}",
        f"--python_out={out}",
        f"--pyi_out={out}",
    ]
    subprocess.run([*command, *files], check=True)


def type_of(field: FieldDescriptor, *, file: FileDescriptor) -> tuple[str, str]:
    """Return the annotation and the default of one field."""
    if field.type == FieldDescriptor.TYPE_MESSAGE:
        message = field.message_type
        if message is None:
            raise ValueError(f"{field.full_name}: a message field without a type")
        if message.GetOptions().map_entry:
            key, value = (SCALARS[message.fields_by_name[part].type][0] for part in ("key", "value"))
            return f"dict[{key}, {value}]", "msgspec.field(default_factory=dict)"
        name = message.name if message.file.name == file.name else f"{module_of(message.file)}.{message.name}"
        scalar, default = f"{name} | None", "None"
        if field.is_repeated:
            return f"list[{name}]", "msgspec.field(default_factory=list)"
        return scalar, default
    scalar, default = SCALARS[field.type]
    if field.is_repeated:
        return f"list[{scalar}]", "msgspec.field(default_factory=list)"
    if field.has_presence:
        return f"{scalar} | None", "None"
    return scalar, default


def module_of(file: FileDescriptor) -> str:
    """Return the name by which another module refers to the types of ``file``, e.g. ``erp``."""
    return str(file.name).split("/")[1]


def in_order(messages: list[Descriptor]) -> list[Descriptor]:
    """Sort messages so that a type stands before those that use it."""
    done: list[Descriptor] = []

    def visit(message: Descriptor) -> None:
        if message in done:
            return
        for field in message.fields:
            if field.message_type is not None and field.message_type in messages:
                visit(field.message_type)
        done.append(message)

    for message in messages:
        visit(message)
    return done


def lean_source(file: FileDescriptor) -> str:
    """Write the module of lean types for one proto file."""
    lines = [
        f'"""Message types of {file.package}, generated from proto/{file.name}; do not edit."""',
        "",
        "import msgspec",
    ]
    uses = sorted(
        f"from contracts.{module_of(other)} import v1 as {module_of(other)}" for other in file.dependencies
    )
    lines += ["", *uses] if uses else []
    for message in in_order(list(file.message_types_by_name.values())):
        lines += ["", "", f"class {message.name}(msgspec.Struct, kw_only=True):"]
        lines += [f'    """{message.full_name}."""', ""]
        for field in message.fields:
            annotation, default = type_of(field, file=file)
            if field.name in KEYWORDS:
                default = f'msgspec.field(default={default}, name="{field.name}")'
            lines.append(f"    {KEYWORDS.get(field.name, field.name)}: {annotation} = {default}")
    return "\n".join(lines) + "\n"


def generate(out: Path) -> None:
    """Write all of libs/contracts' content below ``out``."""
    (out / "contracts").mkdir(parents=True, exist_ok=True)
    run_protoc(out)
    sys.path.insert(0, str(out))
    (out / "contracts" / "__init__.py").write_text(
        '"""The event contracts, generated from proto/; do not edit."""\n'
    )
    for name in SERVICES:
        package = out / "contracts" / name
        (package / "__init__.py").write_text(
            f'"""Contracts of {name}, generated from proto/; do not edit."""\n'
        )
        module = importlib.import_module(f"contracts.{name}.v1.{name}_pb2")
        (package / "v1" / "__init__.py").write_text(lean_source(module.DESCRIPTOR))


def drift(fresh: Path, committed: Path) -> list[str]:
    """List the generated files that differ from the committed ones, in either direction."""
    names = {
        p.relative_to(root)
        for root in (fresh, committed)
        for p in root.rglob("*.py*")
        if "__pycache__" not in p.parts
    }
    return sorted(str(n) for n in names if not _same(fresh / n, committed / n))


def _same(one: Path, other: Path) -> bool:
    return one.exists() and other.exists() and filecmp.cmp(one, other, shallow=False)


def main() -> int:
    """Generate, or with ``--check`` say what has drifted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--check", action="store_true", help="compare only; exit 1 when the committed code has drifted"
    )
    arguments = parser.parse_args()
    if not arguments.check:
        generate(ROOT / "libs")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        generate(Path(folder))
        changed = drift(Path(folder) / "contracts", ROOT / "libs" / "contracts")
    for name in changed:
        print(f"libs/contracts/{name} has drifted from proto/: run `make proto` and commit")
    return 1 if changed else 0


if __name__ == "__main__":
    sys.exit(main())
