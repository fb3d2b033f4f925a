"""A learner at a lab's cluster: types kubectl, looks at the ToR, asks the Service as a client."""

import json
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import yaml

from bgp.route import Path as Route
from labs.kube.api import Api
from labs.kube.errors import ApiError
from labs.lab import Lab
from labs.lab_values import Output
from labs.polling import poll

Obj = dict[str, Any]
MANIFESTS = Path(__file__).parents[1] / "labs" / "kube" / "manifests"
VIP = "172.30.200.1"
SPACE = "metallb-system"
METALLB = tuple(
    f"{plural}.metallb.io"
    for plural in (
        *("bgpadvertisements", "bgppeers", "ipaddresspools", "bfdprofiles", "communities"),
        "l2advertisements",
    )
)
CLEARED = (*METALLB, "services", "deployments.apps", "pods", "secrets")
"""What tests write; nothing of it but MetalLB's own workloads is there from the start."""
EXCLUDED = "node.kubernetes.io/exclude-from-external-load-balancers"
PATIENCE = 20.0
IN_LAB_WIDE = ("-n", "lab", "get", "pods,replicasets,endpointslices,events", "-o", "wide")


def objects(*files: Path) -> list[Obj]:
    """The objects of some manifests."""
    texts = [file.read_text(encoding="utf-8") for file in files]
    return [one for text in texts for one in yaml.safe_load_all(text)]


BASE = tuple(
    MANIFESTS / "corrected" / f"{name}.yaml"
    for name in ("deployment", "pool", "peer", "advertisement", "service")
)


class Learner:
    """Who works with a lab's cluster.

    Attributes:
        lab: the lab.
        api: the cluster's API, for what nobody types.
    """

    def __init__(self, lab: Lab, folder: Path) -> None:
        self.lab, self.folder = lab, folder
        self.api: Api = lab.cluster.api
        self._number = 0

    # -- kubectl --------------------------------------------------------------------------------

    def run(self, *words: str) -> Output:
        """Run kubectl, however it ends."""
        return self.lab.kubectl(*words, seconds=PATIENCE)

    def __call__(self, *words: str) -> str:
        """Run kubectl; it must succeed."""
        done = self.run(*words)
        assert done.status == 0, f"kubectl {' '.join(words)}: {done.text}"
        return done.text

    def fails(self, *words: str) -> str:
        """Run kubectl; it must fail."""
        done = self.run(*words)
        assert done.status, f"kubectl {' '.join(words)} succeeded: {done.text}"
        return done.text

    def file(self, *given: Obj | str) -> str:
        """A file of objects, or of text."""
        self._number += 1
        place = self.folder / f"{self._number}.yaml"
        texts = [one if isinstance(one, str) else json.dumps(one) for one in given]
        place.write_text("\n---\n".join(texts), encoding="utf-8")
        return str(place)

    def apply(self, *given: Obj | str) -> str:
        return self("apply", "-f", self.file(*given))

    def patch(self, kind: str, name: str, **spec: Any) -> str:
        """Change an object of MetalLB's as `kubectl patch --type=merge` does."""
        words = ("patch", kind, name, "-n", SPACE, "--type=merge", "-p")
        return self(*words, json.dumps({"spec": spec}))

    # -- what comes of it -----------------------------------------------------------------------

    def routes(self, prefix: str = f"{VIP}/32") -> Mapping[str, Route]:
        """The ToR's paths for a prefix, by the node they come from."""
        names = {"172.18.0.2": "node1", "172.18.0.3": "node2", "172.18.0.4": "node3"}
        return {names[path.id]: path for path in self.lab.paths("tor", prefix)}

    def until(self, what: str, holds: Callable[[], object], seconds: float = PATIENCE) -> None:
        """Wait until something holds."""
        poll(what, lambda: bool(holds()), seconds, self._told)

    def until_from(self, *nodes: str, prefix: str = f"{VIP}/32") -> None:
        """Wait until the ToR has the prefix from these nodes and no others."""
        where = ", ".join(nodes) or "nobody"
        self.until(
            f"the ToR has {prefix} from {where}", lambda: set(self.routes(prefix)) == {*nodes}
        )

    def _told(self) -> str:
        pods = self.lab.kubectl(*IN_LAB_WIDE).text
        routes = ", ".join(self.routes())
        return f"routes from {routes}\n{self.lab.show('tor', 'show bgp summary')}\n{pods}"

    def reaches(self, address: str = VIP, count: int = 6) -> bool:
        """Whether the client, behind the ToR, has an answer each time."""
        return all(not one.error for one in self.lab.curl("client", f"http://{address}/", count))

    def asked_by(self, address: str = VIP, count: int = 12) -> set[str]:
        """The addresses that pods saw the client's requests come from."""
        answers = self.lab.curl("client", f"http://{address}/", count)
        errors = {one.error for one in answers if one.error}
        assert errors == set(), f"{errors}; {self._told()}"
        return {one.source or "" for one in answers}

    # -- from one test to the next --------------------------------------------------------------

    def clear(self, *, keep: bool = True) -> None:
        """Take away what tests write; keep the corrected manifests, or bring them back."""
        kept = {self._key(one): one for one in objects(*BASE)} if keep else {}
        for node in self.lab.cluster.nodes.names():
            self.api.patch("nodes", node, "", {
                "metadata": {"labels": {EXCLUDED: None, "rack": None}},
                "spec": {"unschedulable": None},
            })  # fmt: skip
        for resource in CLEARED:
            for one in self.api.list(resource):
                metadata = one["metadata"]
                if (resource, metadata["name"]) in kept or _is_metallbs(one):
                    continue
                if not metadata.get("ownerReferences") and metadata["namespace"] != "kube-system":
                    self.api.delete(resource, metadata["name"], metadata["namespace"])
        for (resource, name), one in kept.items():
            self.until(f"{name} is back", partial(self._put, resource, name, one))

    @staticmethod
    def _key(one: Obj) -> tuple[str, str]:
        group = one["apiVersion"].rpartition("/")[0]
        plural = f"{one['kind'].lower()}s"
        return (f"{plural}.{group}" if group else plural, one["metadata"]["name"])

    def _put(self, resource: str, name: str, wanted: Obj) -> bool:
        """Write an object as it is wanted; False when a controller wrote it at the same time."""
        namespace = wanted["metadata"]["namespace"]
        found = [
            one for one in self.api.list(resource, namespace) if one["metadata"]["name"] == name
        ]
        if not found:
            self.api.create(wanted)
            return True
        (now,) = found
        metadata = {k: v for k, v in now["metadata"].items() if k not in ("annotations", "labels")}
        spec = dict(wanted["spec"])
        if resource == "services":
            spec |= {k: now["spec"][k] for k in ("clusterIP", "clusterIPs") if k in now["spec"]}
        try:
            self.api.update({**wanted, "metadata": metadata, "spec": spec})
        except ApiError as error:
            if error.reason != "Conflict":
                raise
            return False
        return True

    def ready(self) -> None:
        """Wait until the corrected manifests do what they promise."""
        self.until("two pods are ready", lambda: self.pods() == 2)
        self.until_from("node1", "node2", "node3")
        self.until("every node leads to a pod, too", self.reaches)

    def pods(self) -> int:
        """How many pods of the application there are, if all of them are ready."""
        found = self.api.list("pods", "lab")
        ready = [
            any(c["type"] == "Ready" and c["status"] == "True" for c in one["status"]["conditions"])
            for one in found
            if (one.get("status") or {}).get("conditions")
        ]
        return len(found) if all(ready) and len(ready) == len(found) else -1


def _is_metallbs(one: Obj) -> bool:
    labels = one["metadata"].get("labels") or {}
    return bool(labels.get("app") == "metallb")
