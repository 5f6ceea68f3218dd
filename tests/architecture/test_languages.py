"""A sentence of ours is English in `reason` and Dutch in `reason_nl` beside it, in every API alike."""

import importlib
import pkgutil
from collections.abc import Iterator

import pytest
from pydantic import BaseModel

SERVICES = ("invoices", "classifier", "scheduler", "notifier")

A_PERSONS_OWN_WORDS = {
    "HoldBody", "HoldShown", "PinBody", "PinRequestBody", "StopShown", "WriteOffBody", "WriteOffShown",
}  # fmt: skip
"""What somebody wrote is shown as it was written, and stands in `reason` alone."""


def _models(service: str) -> Iterator[type[BaseModel]]:
    package = importlib.import_module(f"{service}.entrypoints")
    for found in pkgutil.iter_modules(package.__path__, f"{service}.entrypoints."):
        for value in vars(importlib.import_module(found.name)).values():
            if (
                isinstance(value, type)
                and issubclass(value, BaseModel)
                and value.__module__.startswith(f"{service}.")
            ):
                yield value


def _with_a_reason(service: str) -> dict[str, set[str]]:
    shapes = {model.__name__: set(model.model_fields) for model in _models(service)}
    return {
        name: fields
        for name, fields in shapes.items()
        if {"reason", "reasons"} & fields and name not in A_PERSONS_OWN_WORDS
    }


@pytest.mark.parametrize("service", SERVICES)
def test_a_reason_of_ours_is_english_and_has_its_dutch_beside_it(service: str) -> None:
    shapes = _with_a_reason(service)
    for name, fields in shapes.items():
        said = {field for field in fields if field.startswith("reason")}
        assert said in ({"reason", "reason_nl"}, {"reasons", "reasons_nl"}), name
    assert shapes or service == "invoices"
