"""deploy/kuberay/: documents that KubeRay's API accepts, versions of pyproject.toml, pods as tight as they are said."""

import os
import re
import tomllib
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from jsonschema import Draft202012Validator

from actors.machine.provisions import GOOD_SHARED_BYTES
from pipeline.config.load import load_config
from pipeline.placement.resources import plan_resources
from tests.support import kuberay
from tests.support.cluster_nodes import ROOT, nodes_for, runs_on, shipped_runs
from tests.support.cluster_nodes import node_types as types_of_cluster_yaml
from tests.support.kuberay import KUBERAY, Document, bytes_or_count, document, documents, groups

CLUSTER = document("raycluster.yaml")
SPEC = CLUSTER["spec"]
JOB = document("rayjob.yaml")
KUSTOMIZATION = document("kustomization.yaml")
PODS: dict[str, Document] = {
    **{name: group["template"] for name, group in groups(SPEC).items()},
    "submitter": JOB["spec"]["submitterPodTemplate"],
}


def containers(pod: Document) -> list[Document]:
    return [*pod["spec"].get("initContainers", []), *pod["spec"]["containers"]]


# -- what the API says ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def kinds() -> dict[str, Draft202012Validator]:
    data = Path(os.environ.get("MUCODE_DATA_DIR", ""))
    if not (data / "kuberay").is_dir():
        pytest.skip(f"no kuberay/ with KubeRay's resource definitions in MUCODE_DATA_DIR = {data}")
    plurals = {"RayCluster": "rayclusters", "RayJob": "rayjobs"}
    return {kind: Draft202012Validator(kuberay.definition(data, plural)) for kind, plural in plurals.items()}


def patched() -> Document:
    """The RayCluster with autoscaling.patch.yaml."""
    made = yaml.safe_load((KUBERAY / "raycluster.yaml").read_text())
    for change in yaml.safe_load((KUBERAY / "autoscaling.patch.yaml").read_text()):
        *path, last = change["path"].strip("/").split("/")
        place = made
        for key in path:
            place = place[key]
        assert (last in place) == (change["op"] == "replace"), change
        place[last] = change["value"]
    return made


@pytest.mark.parametrize("made", [CLUSTER, JOB, patched()], ids=["cluster", "job", "autoscaling"])
def test_kuberay_accepts_it(kinds: dict[str, Draft202012Validator], made: Document) -> None:
    assert made["apiVersion"] == "ray.io/v1"
    assert [error.message for error in kinds[made["kind"]].iter_errors(made)] == []


@pytest.mark.parametrize(
    "path, value",
    [
        (("headGroupSpec", "template", "spec", "container"), []),  # unknown
        (("workerGroupSpecs", 0, "template", "spec", "containers", 0, "resources", "limits", "memory"), "much"),
        (("workerGroupSpecs", 0, "minReplicas"), "1"),
        (("authOptions", "mode"), "password"),
        (("workerGroupSpecs", 2, "template", "spec", "initContainers", 0, "volumeMounts", 0, "path"), "/x"),
    ],
)
def test_the_schema_refuses_mistakes(
    kinds: dict[str, Draft202012Validator], path: tuple[Any, ...], value: object
) -> None:
    wrong = yaml.safe_load((KUBERAY / "raycluster.yaml").read_text())
    place = wrong["spec"]
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    assert list(kinds["RayCluster"].iter_errors(wrong))


def test_a_job_brings_the_same_cluster() -> None:
    assert JOB["spec"]["rayClusterSpec"] == SPEC, "copy raycluster.yaml's spec into rayjob.yaml"


def test_what_the_operator_demands_beyond_the_schema() -> None:
    for group in SPEC["workerGroupSpecs"]:
        assert 0 <= group["minReplicas"] <= group["replicas"] <= group["maxReplicas"]
        assert not {"num-cpus", "num-gpus", "memory", "resources", "labels"} & group["rayStartParams"].keys()
        assert all(isinstance(value, str) for value in group["rayStartParams"].values())
    assert "clusterSelector" not in JOB["spec"]  # it excludes backoffLimit
    assert JOB["spec"]["submissionMode"] == "K8sJobMode"  # the others have no submitterPodTemplate
    assert JOB["spec"]["shutdownAfterJobFinishes"]  # ttlSecondsAfterFinished asks for it


# -- facts that other files hold, too ---------------------------------------------------------------------------------


def test_versions_are_those_of_pyproject() -> None:
    train = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]["train"]
    (ray,) = (name.rpartition("==")[2] for name in train if name.startswith("ray["))
    assert SPEC["rayVersion"] == ray


def test_images_have_their_names_in_one_place() -> None:
    named = {image["name"]: image for image in KUSTOMIZATION["images"]}
    used = {container["image"] for pod in PODS.values() for container in containers(pod)}
    assert used == named.keys()
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    for name, image in named.items():
        wanted = r"\d+\.\d+\.\d+-dind" if name == "docker" else re.escape(version)
        assert re.fullmatch(wanted, image["newTag"]), name
    assert all((KUBERAY / name).exists() for name in KUSTOMIZATION["resources"])


def test_groups_are_the_node_types_of_cluster_yaml() -> None:
    assert kuberay.node_types(SPEC) == types_of_cluster_yaml()
    for name, group in groups(SPEC).items():
        (ray,) = group["template"]["spec"]["containers"]
        gpus = ray["resources"]["limits"].get("nvidia.com/gpu", "0")
        assert gpus == group["resources"]["GPU"], name


@pytest.mark.parametrize("name, files", shipped_runs().items(), ids=shipped_runs())
def test_a_run_fits_the_groups(name: str, files: list[Path]) -> None:
    count, kind, cores = runs_on(files[-1]).groups()
    if cores:
        return  # one machine without a cluster
    config = load_config(files)
    nodes = nodes_for(config, *files, types=kuberay.node_types(SPEC))
    plan_resources(config, nodes)
    most = {group["groupName"]: group["maxReplicas"] for group in SPEC["workerGroupSpecs"]}
    assert int(count) <= most[kind]
    assert sum(node.name == "sandbox" for node in nodes) <= most["sandbox"]


def test_the_job_runs_a_shipped_config_with_a_root_in_an_object_store() -> None:
    mucode, run, config, settings = JOB["spec"]["entrypoint"].split()
    assert (mucode, run, settings) == ("mucode", "run", "/etc/mucode/run.toml")
    count, kind, _ = runs_on(ROOT / "configs" / f"{config}.toml").groups()
    group = groups(JOB["spec"]["rayClusterSpec"])[kind]
    assert group["minReplicas"] == int(count)
    written = tomllib.loads(document("settings.yaml")["data"]["run.toml"])
    assert written["run"]["root"].startswith("s3://")
    assert JOB["spec"]["backoffLimit"] == 2


# -- pods -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [name for name in PODS if name != "submitter"])
def test_shared_memory_holds_rays_objects_and_more(name: str) -> None:
    pod = PODS[name]["spec"]
    ray = pod["containers"][0]
    (mount,) = (mount for mount in ray["volumeMounts"] if mount["mountPath"] == "/dev/shm")
    (volume,) = (volume for volume in pod["volumes"] if volume["name"] == mount["name"])
    objects = int(groups(SPEC)[name]["rayStartParams"]["object-store-memory"])
    assert volume["emptyDir"]["medium"] == "Memory"
    size = bytes_or_count(volume["emptyDir"]["sizeLimit"])
    assert max(objects + 2**30, GOOD_SHARED_BYTES) <= size < bytes_or_count(ray["resources"]["limits"]["memory"])
    mounted = {mount["name"] for container in containers(PODS[name]) for mount in container["volumeMounts"]}
    assert mounted == {volume["name"] for volume in pod["volumes"]}


@pytest.mark.parametrize("name", PODS)
def test_no_pod_has_more_rights_than_it_needs(name: str) -> None:
    pod = PODS[name]["spec"]
    assert pod["automountServiceAccountToken"] is False
    assert not {"hostNetwork", "hostPID", "hostIPC"} & pod.keys()
    assert not any("hostPath" in volume for volume in pod.get("volumes", []))
    for container in containers(PODS[name]):
        has = {**pod["securityContext"], **container["securityContext"]}
        assert {"cpu", "memory"} <= container["resources"]["requests"].keys()
        assert "memory" in container["resources"]["limits"]
        if container["name"] == "engine":
            assert has["privileged"] is True
            continue
        assert (has["runAsNonRoot"], has["runAsUser"], has["allowPrivilegeEscalation"]) == (True, 1000, False)
        assert has["capabilities"] == {"drop": ["ALL"]}
        assert not has.get("privileged")
        assert has["seccompProfile"] == {"type": "RuntimeDefault"}


def test_boxes_are_on_nodes_without_credentials_and_without_other_work() -> None:
    sandbox = groups(SPEC)["sandbox"]
    assert (sandbox["resources"]["CPU"], sandbox["minReplicas"] > 0) == ("0", True)
    assert not any("envFrom" in container for container in containers(sandbox["template"]))
    engines = [name for name, pod in PODS.items() if any(one["name"] == "engine" for one in containers(pod))]
    assert engines == ["sandbox"]
    engine, image = sandbox["template"]["spec"]["initContainers"]
    (ray,) = sandbox["template"]["spec"]["containers"]
    address = {entry["name"]: entry["value"] for entry in ray["env"]}["DOCKER_HOST"]
    assert f"--host={address}" in engine["args"]
    assert engine["restartPolicy"] == "Always" and "restartPolicy" not in image
    folders = [{m["name"]: m["mountPath"] for m in one["volumeMounts"]} for one in (engine, image, ray)]
    assert all(found["box-sockets"] == "/boxes" for found in folders)


# -- who may talk to whom ---------------------------------------------------------------------------------------------

POLICIES = {policy["metadata"]["name"]: policy["spec"] for policy in documents("networkpolicy.yaml")}
SELECTOR = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "matchLabels": {"type": "object", "additionalProperties": {"type": "string"}},
        "matchExpressions": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["key", "operator"],
                "properties": {
                    "key": {"type": "string"},
                    "operator": {"enum": ["In", "NotIn", "Exists", "DoesNotExist"]},
                    "values": {"type": "array", "items": {"type": "string"}},
                },
            },
        },
    },
}
PEERS = {
    "type": "array",
    "items": {
        "type": "object",
        "additionalProperties": False,
        "minProperties": 1,
        "properties": {"podSelector": SELECTOR, "namespaceSelector": SELECTOR},
    },
}
PORT = {
    "type": "object",
    "additionalProperties": False,
    "required": ["protocol", "port"],
    "properties": {
        "protocol": {"enum": ["TCP", "UDP"]},
        "port": {"type": "integer"},
        "endPort": {"type": "integer"},
    },
}


def _rules(direction: str) -> Document:
    properties = {direction: PEERS, "ports": {"type": "array", "items": PORT}}
    return {
        "type": "array",
        "items": {"type": "object", "additionalProperties": False, "required": [direction], "properties": properties},
    }


CORE = {
    "NetworkPolicy": (
        "networking.k8s.io/v1",
        {
            "spec": {
                "type": "object",
                "additionalProperties": False,
                "required": ["podSelector", "policyTypes"],
                "properties": {
                    "podSelector": SELECTOR,
                    "policyTypes": {"type": "array", "items": {"enum": ["Ingress", "Egress"]}},
                    "ingress": _rules("from"),
                    "egress": _rules("to"),
                },
            }
        },
    ),
    "Secret": ("v1", {"type": {"const": "Opaque"}, "stringData": {"additionalProperties": {"type": "string"}}}),
    "ConfigMap": ("v1", {"data": {"type": "object", "additionalProperties": {"type": "string"}}}),
}


@pytest.mark.parametrize("name", ["networkpolicy.yaml", "storage-secret.example.yaml", "settings.yaml"])
def test_core_documents_have_the_fields_that_kubernetes_knows(name: str) -> None:
    for found in documents(name):
        version, properties = CORE[found["kind"]]
        metadata = {"type": "object", "required": ["name"], "additionalProperties": False, "properties": {"name": {}}}
        top = {"apiVersion": {"const": version}, "kind": {}, "metadata": metadata, **properties}
        jsonschema.validate(found, {"required": list(top), "additionalProperties": False, "properties": top})


def selects(selector: Document, labels: dict[str, str]) -> bool:
    wanted = selector.get("matchLabels", {}).items() <= labels.items()
    return wanted and all(
        rule["operator"] == "In" and labels.get(rule["key"]) in rule["values"]
        for rule in selector.get("matchExpressions", [])
    )


@pytest.mark.parametrize("name", PODS)
def test_every_pod_has_its_policy(name: str) -> None:
    labels = PODS[name]["metadata"]["labels"]
    found = [policy for policy, spec in POLICIES.items() if selects(spec["podSelector"], labels)]
    assert found == {"sandbox": ["mucode-sandbox"], "submitter": []}.get(name, ["mucode-ray"])


def test_sandbox_pods_reach_ray_and_the_name_server_alone() -> None:
    spec = POLICIES["mucode-sandbox"]
    assert spec["policyTypes"] == ["Ingress", "Egress"]
    ray, names = spec["egress"]
    assert {port["port"] for port in names["ports"]} == {53}
    assert [sorted(peer) for peer in names["to"]] == [["namespaceSelector", "podSelector"]]
    assert [sorted(peer) for peer in ray["to"]] == [["podSelector"]]  # this namespace
    assert all(rule.keys() == {"to", "ports"} and rule["ports"] for rule in spec["egress"])


def test_rays_ports_are_those_of_the_policies() -> None:
    opened = [
        range(port["port"], port.get("endPort", port["port"]) + 1)
        for port in POLICIES["mucode-sandbox"]["egress"][0]["ports"]
    ]
    for name, group in groups(SPEC).items():
        ports = {key: int(value) for key, value in group["rayStartParams"].items() if key.endswith("port")}
        assert len(ports) == 6 == len(set(ports.values())), name
        assert all(any(value in some for some in opened) for value in ports.values()), name
        assert ports["max-worker-port"] - ports["min-worker-port"] > 1000
    assert any(6379 in some for some in opened)


def test_no_secret_is_committed() -> None:
    (secret,) = documents("storage-secret.example.yaml")
    assert set(secret["stringData"].values()) == {"CHANGE-ME"}
    assert "storage-secret.example.yaml" not in KUSTOMIZATION["resources"]
