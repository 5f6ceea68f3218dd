"""Checks the Kubernetes manifests and the compose file offline: schemas, and what a schema cannot see."""

import contextlib
import importlib
import io
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import kubernetes_validate
import yaml

from chassis.settings import load

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = ("base", "restore")
_DEFAULT = re.compile(r"\$\{\w+:-([^}]*)\}")
"""What compose puts in where its caller sets nothing."""
EXAMPLE = ("overlays/example/config.yaml", "overlays/example/secrets.yaml")
"""What an overlay puts over the ConfigMap, and which Secrets there must be, with what in them."""
KUBERNETES_VERSION = "1.33"
SERVICES = ("invoices", "classifier", "scheduler", "notifier")
ROLES = ("api", "consume", "tick")


def listed(folder: str) -> list[str]:
    """Return the files that a folder's kustomization.yaml names, beginning with the folder."""
    kustomization = yaml.safe_load((ROOT / "k8s" / folder / "kustomization.yaml").read_text())
    return [f"{folder}/{name}" for name in kustomization["resources"]]


def documents() -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every resource with the file under k8s that holds it."""
    for name in [name for folder in FOLDERS for name in listed(folder)]:
        for document in yaml.safe_load_all((ROOT / "k8s" / name).read_text()):
            yield name, document


def unlisted() -> Iterator[str]:
    """Name the files that a kustomization.yaml forgets, and those it names in vain."""
    for folder in FOLDERS:
        wanted = set(listed(folder))
        present = {f"{folder}/{path.name}" for path in (ROOT / "k8s" / folder).glob("*.yaml")}
        present -= {f"{folder}/kustomization.yaml"}
        yield from (f"k8s/{name}: not listed in kustomization.yaml" for name in sorted(present - wanted))
        yield from (f"k8s/{name}: listed in vain" for name in sorted(wanted - present))


def misplaced(name: str, document: dict[str, Any]) -> Iterator[str]:
    """Name what is only for the hours after a loss and would run with every deployment."""
    if document["metadata"]["name"].endswith("-restored") and not name.startswith("restore/"):
        yield f"k8s/{name}: {document['metadata']['name']} must not stand in the base"


def schema_faults(name: str, document: dict[str, Any]) -> Iterator[str]:
    """Name what the Kubernetes schema of this kind refuses."""
    try:
        kubernetes_validate.validate(document, KUBERNETES_VERSION, strict=True)
    except kubernetes_validate.ValidationError as error:
        where = "/".join(str(part) for part in error.path)
        yield f"k8s/{name}: {document['kind']} {document['metadata']['name']}: {where}: {error.message}"


def pod_faults(name: str, document: dict[str, Any]) -> Iterator[str]:
    """Name what Pod Security "restricted" and the house ask of every pod."""
    if document["kind"] not in {"Deployment", "Job"}:
        return
    title = f"k8s/{name}: {document['kind']} {document['metadata']['name']}"
    spec = document["spec"]["template"]["spec"]
    if not spec.get("securityContext", {}).get("runAsNonRoot"):
        yield f"{title}: must run as non-root"
    is_probed = document["kind"] == "Deployment"
    for container in spec["containers"]:
        yield from (f"{title}: {fault}" for fault in container_faults(container, is_probed=is_probed))
    for container in spec.get("initContainers", []):
        yield from (f"{title}: {fault}" for fault in container_faults(container, is_probed=False))
    if (
        document["kind"] == "Deployment"
        and document["spec"]["selector"]["matchLabels"].items()
        - document["spec"]["template"]["metadata"]["labels"].items()
    ):
        yield f"{title}: the selector does not match the pod's labels"


def container_faults(container: dict[str, Any], *, is_probed: bool) -> Iterator[str]:
    """Name what one container lacks; only one that stays can be probed."""
    context = container.get("securityContext", {})
    if not context.get("readOnlyRootFilesystem") or context.get("allowPrivilegeEscalation") is not False:
        yield "needs a read-only root file system and no privilege escalation"
    if context.get("capabilities", {}).get("drop") != ["ALL"]:
        yield "must drop all capabilities"
    if "requests" not in container.get("resources", {}) or "memory" not in container.get("resources", {}).get(
        "limits", {}
    ):
        yield "needs resource requests and a memory limit"
    if is_probed:
        yield from (
            f"has no {probe}"
            for probe in ("startupProbe", "livenessProbe", "readinessProbe")
            if probe not in container
        )


def settings_faults(
    name: str, document: dict[str, Any], *, given: Mapping[str, Mapping[str, str]]
) -> Iterator[str]:
    """Name what a container of a service would refuse to start with, or would lack when it runs.

    ``given`` are the values of every ConfigMap and Secret, by its name.
    """
    if document["kind"] not in {"Deployment", "Job"}:
        return
    title = f"k8s/{name}: {document['kind']} {document['metadata']['name']}"
    pod = document["spec"]["template"]["spec"]
    for container in [*pod.get("initContainers", []), *pod["containers"]]:
        sources = [source["name"] for kinds in container.get("envFrom", []) for source in kinds.values()]
        yield from (f"{title}: nobody says what is in {source}" for source in sources if source not in given)
        environ = {key: value for source in sources for key, value in given.get(source, {}).items()}
        for variable in container.get("env", []):
            try:
                environ[variable["name"]] = value_of(variable, given)
            except KeyError as error:
                yield f"{title}: {variable['name']}: nobody says what is in {error.args[0]}"
        service = next((word for word in container.get("args", []) if word in SERVICES), None)
        if service is not None:
            yield from (f"{title}: {fault}" for fault in refused(service, environ))
    for volume in pod.get("volumes", []):
        if "secret" in volume and volume["secret"]["secretName"] not in given:
            yield f"{title}: nobody says what is in {volume['secret']['secretName']}"


def value_of(variable: Mapping[str, Any], given: Mapping[str, Mapping[str, str]]) -> str:
    """Return what a container's variable holds; raises KeyError with the name and key that nobody describes."""
    asked: Mapping[str, Any] = variable.get("valueFrom", {})
    reference = asked.get("secretKeyRef") or asked.get("configMapKeyRef")
    if reference is None:
        # Of the pod itself (fieldRef, resourceFieldRef) only a cluster knows the value.
        return variable["name"].lower() if asked else str(variable.get("value", ""))
    try:
        return given[reference["name"]][reference["key"]]
    except KeyError:
        raise KeyError(f"{reference['name']}/{reference['key']}") from None


def refused(service: str, environ: Mapping[str, str]) -> list[str]:
    """Return the sentences with which a service refuses these settings."""
    said = io.StringIO()
    with contextlib.redirect_stderr(said), contextlib.suppress(SystemExit):
        load(importlib.import_module(f"{service}.settings").Settings, service=service, environ=environ)
    return said.getvalue().splitlines()[1:]


def told(paths: Iterable[Path]) -> dict[str, Mapping[str, str]]:
    """Return the values of every ConfigMap and Secret in these files, by its name; later files add."""
    found: dict[str, Mapping[str, str]] = {}
    for path in paths:
        for document in yaml.safe_load_all(path.read_text(encoding="utf-8")):
            if document["kind"] in {"ConfigMap", "Secret"}:
                values = document.get("data") or document.get("stringData") or {}
                found[document["metadata"]["name"]] = {
                    **found.get(document["metadata"]["name"], {}),
                    **values,
                }
    return found


def described() -> dict[str, Mapping[str, str]]:
    """Return what the manifests and the example of an overlay say of every ConfigMap and Secret."""
    return told(ROOT / "k8s" / name for name in dict.fromkeys([*(name for name, _ in documents()), *EXAMPLE]))


def missing(found: set[tuple[str, str]]) -> Iterator[str]:
    """Name the resources that every service needs and that are not there."""
    for service in SERVICES:
        wanted = {("Service", service), ("Job", f"{service}-migrate"), ("Job", f"{service}-restored")}
        wanted |= {
            (kind, f"{service}-{role}") for role in ROLES for kind in ("Deployment", "PodDisruptionBudget")
        }
        yield from (f"k8s: {kind} {name} is missing" for kind, name in sorted(wanted - found))


def compose_faults() -> Iterator[str]:
    """Name the services that the compose file lacks or that would refuse their settings, and dependencies on what is not there."""
    services = yaml.safe_load((ROOT / "deploy" / "compose.yaml").read_text())["services"]
    yield from (f"deploy/compose.yaml: {name} is missing" for name in SERVICES if name not in services)
    for name, service in services.items():
        yield from (
            f"deploy/compose.yaml: {name} depends on {other}, which is not there"
            for other in service.get("depends_on", {})
            if other not in services
        )
        if name in SERVICES:
            environ = {key: _DEFAULT.sub(r"\1", str(value)) for key, value in service["environment"].items()}
            yield from (f"deploy/compose.yaml: {name}: {fault}" for fault in refused(name, environ))


def main() -> int:
    """Print every fault; 1 when there is one."""
    all_documents = list(documents())
    faults = [
        *unlisted(),
        *compose_faults(),
        *missing({(d["kind"], d["metadata"]["name"]) for _, d in all_documents}),
    ]
    given = described()
    for name, document in all_documents:
        faults += [
            *schema_faults(name, document),
            *settings_faults(name, document, given=given),
            *pod_faults(name, document),
            *misplaced(name, document),
        ]
    for fault in faults:
        print(fault, file=sys.stderr)
    print(
        f"manifests: {len(all_documents)} resources checked against Kubernetes {KUBERNETES_VERSION}, {len(faults)} faults"
    )
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
