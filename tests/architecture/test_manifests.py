"""The check of the manifests names what a container would refuse to start with, and sees the gate's token in place."""

from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

import pytest

from deploy.check_manifests import described, documents, refused, settings_faults, value_of

_ENOUGH = {
    "VELVET_INVOICES_DATABASE_URL": "postgresql://app:password@postgres.example/invoices",
    "VELVET_AUTH_ISSUER": "https://identity.example",
    "VELVET_AUTH_AUDIENCE": "velvet",
    "VELVET_AUTH_JWKS_URL": "https://identity.example/jwks.json",
}


def deployment(*, sources: Sequence[str], secret: str = "") -> dict[str, Any]:
    """Return a Deployment of the invoices with its settings from these ConfigMaps, and a secret as a volume."""
    container = {
        "args": ["python", "-m", "invoices", "api"],
        "envFrom": [{"configMapRef": {"name": source}} for source in sources],
    }
    volumes = [{"name": "it", "secret": {"secretName": secret}}] if secret else []
    pod = {"containers": [container], "volumes": volumes}
    return {"kind": "Deployment", "metadata": {"name": "it"}, "spec": {"template": {"spec": pod}}}


def faults(document: dict[str, Any], **given: Mapping[str, str]) -> list[str]:
    return list(settings_faults("base/it.yaml", document, given=given))


def test_a_container_that_has_what_its_service_insists_on_is_not_named() -> None:
    assert faults(deployment(sources=["enough"]), enough=_ENOUGH) == []


def test_a_container_that_its_service_would_not_start_in_is_named_with_the_setting() -> None:
    lacking = {name: value for name, value in _ENOUGH.items() if name != "VELVET_INVOICES_DATABASE_URL"}
    (fault,) = faults(deployment(sources=["lacking"]), lacking=lacking)
    assert fault.startswith("k8s/base/it.yaml: Deployment it: ")
    assert "VELVET_INVOICES_DATABASE_URL must be set outside the sandbox." in fault


def test_a_later_source_goes_before_an_earlier_one() -> None:
    wrong = {"VELVET_LOG_LEVEL": "loud"}
    assert faults(deployment(sources=["wrong", "right"]), wrong=wrong, right=_ENOUGH | {"VELVET_LOG_LEVEL": "info"}) == []  # fmt: skip
    (fault,) = faults(deployment(sources=["right", "wrong"]), wrong=wrong, right=_ENOUGH)
    assert "VELVET_LOG_LEVEL" in fault


def test_a_source_or_volume_that_nobody_describes_is_named() -> None:
    told_of = faults(deployment(sources=["enough", "other"], secret="third"), enough=_ENOUGH)
    assert [fault.rpartition(" ")[2] for fault in told_of] == ["other", "third"]


def with_variable(**variable: object) -> dict[str, Any]:
    """Return a Deployment whose container has a log level of its own."""
    document = deployment(sources=["enough"])
    pod = document["spec"]["template"]["spec"]
    pod["containers"][0]["env"] = [{"name": "VELVET_LOG_LEVEL", **variable}]
    return document


@pytest.mark.parametrize(
    ("variable", "faulty"),
    [
        ({"value": "info"}, None),
        ({"value": "loud"}, "VELVET_LOG_LEVEL"),
        ({"valueFrom": {"secretKeyRef": {"name": "levels", "key": "quiet"}}}, None),
        ({"valueFrom": {"configMapKeyRef": {"name": "levels", "key": "loud"}}}, "VELVET_LOG_LEVEL"),
        ({"valueFrom": {"secretKeyRef": {"name": "levels", "key": "none"}}}, "levels/none"),
        ({"valueFrom": {"secretKeyRef": {"name": "nobody", "key": "quiet"}}}, "nobody/quiet"),
    ],
)
def test_a_variable_of_a_container_is_looked_up_where_it_says(
    variable: dict[str, object], faulty: str | None
) -> None:
    found = faults(with_variable(**variable), enough=_ENOUGH, levels={"quiet": "info", "loud": "loud"})
    assert len(found) == (faulty is not None)
    assert all(str(faulty) in fault for fault in found)


def test_a_variable_that_only_a_cluster_knows_is_taken_as_there() -> None:
    field = {"name": "VELVET_INSTANCE_ID", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}
    assert value_of(field, {}) == "velvet_instance_id"
    assert value_of({"name": "VELVET_INSTANCE_ID"}, {}) == ""


def test_a_container_that_starts_before_the_others_is_looked_at_too() -> None:
    document = deployment(sources=["enough"])
    pod = document["spec"]["template"]["spec"]
    pod["initContainers"] = [{"args": ["invoices", "migrate"], "envFrom": [{"secretRef": {"name": "other"}}]}]
    told_of = faults(document, enough=_ENOUGH)
    assert any(fault.endswith("nobody says what is in other") for fault in told_of)


def test_the_example_of_an_overlay_is_among_what_is_loaded() -> None:
    given = described()
    assert given["velvet"]["VELVET_AUTH_ISSUER"] == "https://login.example"
    assert given["velvet"]["VELVET_SANDBOX"] == "false"
    assert refused("notifier", {**given["velvet"], **given["velvet-notifier"]}) == []


def test_who_asks_the_gate_has_its_token_where_the_settings_say() -> None:
    given = described()
    token = PurePosixPath(given["velvet"]["VELVET_AUTH_SERVICE_TOKEN_FILE"])
    (pod,) = [
        document["spec"]["template"]["spec"]
        for _, document in documents()
        if document["metadata"]["name"] == "notifier-tick" and document["kind"] == "Deployment"
    ]
    (volume,) = [
        mount["name"]
        for mount in pod["containers"][0]["volumeMounts"]
        if mount["mountPath"] == str(token.parent)
    ]
    (secret,) = [found["secret"]["secretName"] for found in pod["volumes"] if found["name"] == volume]
    assert token.name in given[secret]
