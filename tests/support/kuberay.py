"""deploy/kuberay/ read as data, and KubeRay's resource definitions as JSON schemas that refuse unknown fields."""

import gzip
import re
from pathlib import Path
from typing import Any

import yaml

from pipeline.placement.nodes import MEMORY_LABEL, Node

KUBERAY = Path(__file__).resolve().parents[2] / "deploy" / "kuberay"
VERSION = "1.7.0"
UNITS = {"": 1, "m": 1e-3, "k": 1e3, "M": 1e6, "G": 1e9, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40}
Document = dict[str, Any]


def documents(name: str) -> list[Document]:
    """All documents of a file."""
    return [found for found in yaml.safe_load_all((KUBERAY / name).read_text()) if found]


def document(name: str) -> Document:
    (found,) = documents(name)
    return found


def bytes_or_count(quantity: str | int) -> float:
    """A quantity of Kubernetes, as in "4Gi" or "500m"."""
    number, unit = re.fullmatch(r"([0-9.]+)([A-Za-z]*)", str(quantity)).groups()  # type: ignore[union-attr]
    return float(number) * UNITS[unit]


def groups(spec: Document) -> dict[str, Document]:
    """The head group as "head", and each worker group by its name."""
    return {"head": spec["headGroupSpec"], **{group["groupName"]: group for group in spec["workerGroupSpecs"]}}


def node_types(spec: Document) -> dict[str, Node]:
    """What a pod of each group is to a plan."""
    found = {}
    for name, group in groups(spec).items():
        has, memory = group["resources"], group["labels"].get(MEMORY_LABEL)
        found[name] = Node(
            name=name,
            cpus=float(has["CPU"]),
            accelerators=(1.0,) * int(has["GPU"]),
            sandbox=float(has.get("sandbox", 0)),
            accelerator_gib=float(memory) if memory else None,
        )
    return found


def definition(data: Path, plural: str) -> Document:
    """The JSON schema of version v1 of a custom resource."""
    packed = data / "kuberay" / f"ray.io_{plural}.v{VERSION}.yaml.gz"
    crd = yaml.load(gzip.decompress(packed.read_bytes()), Loader=yaml.CSafeLoader)
    (version,) = (version for version in crd["spec"]["versions"] if version["name"] == "v1")
    schema = _closed(version["schema"]["openAPIV3Schema"])
    schema["properties"]["metadata"] = {"type": "object"}  # the API server's own, checked there
    return schema


def _closed(schema: Document) -> Document:
    """A structural schema with what the API server does besides: it knows no other fields than these."""
    closed = dict(schema)
    for key in ("properties", "additionalProperties", "items"):
        if isinstance(part := schema.get(key), dict):
            one = key != "properties"
            closed[key] = _closed(part) if one else {name: _closed(field) for name, field in part.items()}
    opened = schema.get("x-kubernetes-preserve-unknown-fields") or "additionalProperties" in schema
    if schema.get("type") == "object" and not opened:
        closed["additionalProperties"] = False
    if schema.get("nullable"):
        closed = {"anyOf": [closed, {"type": "null"}]}
    return closed
