"""Reads the policies that the service ships with: version 1 of every ladder."""

from importlib.resources import files
from typing import Any, Final

import yaml

from scheduler.domain.policy import Policy
from scheduler.domain.policy_reading import read_policy

NAMES: Final = ("gold", "silver", "bronze")


def default_policy_data() -> dict[str, dict[str, Any]]:
    """Return the shipped policies as plain data, by name."""
    text = files("scheduler.adapters").joinpath("default_policies.yaml").read_text(encoding="utf-8")
    found: dict[str, dict[str, Any]] = {}
    for item in yaml.safe_load(text)["policies"]:
        data = dict(item)
        found[data.pop("name")] = data
    return found


def default_policies() -> dict[str, Policy]:
    """Return the shipped policies, read and checked."""
    return {name: read_policy(data, name=name, version=1) for name, data in default_policy_data().items()}
