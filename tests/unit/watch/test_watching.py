"""The rules, the dashboard and the runbook say what the code knows, and the rules fire when they should."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest
import yaml
from prometheus_client import REGISTRY

from sandbox.stack.addresses import SERVICES

ROOT = Path(__file__).resolve().parents[3]
WATCH = ROOT / "k8s" / "base" / "watch"
RULES = WATCH / "rules.yaml"
MUST_KNOW = {
    "velvet_oldest_undecided_seconds",
    "velvet_outbox_age_seconds",
    "velvet_consumer_lag_seconds",
    "velvet_records_total",
    "velvet_ambiguous_deliveries",
    "velvet_sent_after_payment_total",
}
_SERIES = {"counter": ("_total",), "gauge": ("",), "histogram": ("_bucket", "_sum", "_count")}


def declared() -> set[str]:
    """Return every series that the code's metrics can have."""
    for module in ("chassis.telemetry.metrics", *(f"{service}.adapters.metrics" for service in SERVICES)):
        import_module(module)
    return {
        family.name + ending
        for family in REGISTRY.collect()
        for ending in _SERIES.get(family.type, ())
        if family.name.startswith("velvet_")
    }


def alerts() -> list[dict[str, object]]:
    groups = yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"]]


def expressions() -> Iterator[tuple[str, str]]:
    """Yield every expression of rules and dashboard, with where it stands."""
    for rule in alerts():
        yield f"alert {rule['alert']}", str(rule["expr"])
    for panel in json.loads((WATCH / "dashboard.json").read_text(encoding="utf-8"))["panels"]:
        for target in panel["targets"]:
            yield f"panel {panel['title']}", target["expr"]


@pytest.mark.parametrize(("where", "expression"), list(expressions()))
def test_every_metric_that_is_watched_exists_in_the_code(where: str, expression: str) -> None:
    named = set(re.findall(r"\b(velvet_[a-z_]+|up)\b", expression))
    assert named, where
    assert named - {"up"} <= declared(), where


def test_what_an_operator_must_know_has_an_alert_and_a_panel() -> None:
    for kind in ("alert ", "panel "):
        watched = " ".join(text for where, text in expressions() if where.startswith(kind))
        assert all(name in watched for name in MUST_KNOW), kind


def test_every_alert_leads_to_a_heading_of_the_runbook_that_says_what_to_do() -> None:
    page = (ROOT / "docs" / "howto" / "runbook.md").read_text(encoding="utf-8")
    sections = {
        heading.strip().lower().replace(" ", "-"): body
        for heading, body in re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL)
    }
    for rule in alerts():
        path, _, anchor = str(rule["annotations"]["runbook_url"]).partition("#")  # type: ignore[index]
        assert path == "docs/howto/runbook.md"
        assert len(sections[anchor].split()) > 15, f"{rule['alert']}: {anchor} says too little"


def test_the_rules_fire_when_they_should_and_are_silent_when_all_is_well(tmp_path: Path) -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool is not installed (Debian package prometheus): the alert rules were NOT tested")
    cases = (Path(__file__).parent / "rules_test.yaml").read_text(encoding="utf-8")
    assert all(f"alertname: {rule['alert']}" in cases for rule in alerts()), "every alert has its cases"
    (tmp_path / "cases.yaml").write_text(cases.replace("RULES", str(RULES)), encoding="utf-8")
    for command in (["check", "rules", str(RULES)], ["test", "rules", str(tmp_path / "cases.yaml")]):
        answer = subprocess.run([promtool, *command], capture_output=True, text=True, check=False)
        assert answer.returncode == 0, answer.stdout + answer.stderr


def test_kubernetes_and_compose_bring_these_very_files() -> None:
    generated = yaml.safe_load((ROOT / "k8s" / "base" / "kustomization.yaml").read_text())[
        "configMapGenerator"
    ]
    files = [name for each in generated for name in each["files"]]
    assert files == ["watch/rules.yaml", "watch/dashboard.json"]
    assert all((ROOT / "k8s" / "base" / name).exists() for name in files)
    services = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text())["services"]
    mounted = [
        volume.split(":")[0] for name in ("prometheus", "grafana") for volume in services[name]["volumes"]
    ]
    assert all((ROOT / "deploy" / path).resolve().exists() for path in mounted)
