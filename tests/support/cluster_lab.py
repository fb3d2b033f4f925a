"""A lab with a cluster, up once for the tests of a file, and what they ask of it with kubectl."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from labs.lab import Lab
from labs.polling import poll

PATIENCE = 40.0
METALLB = (
    {
        "apiVersion": "metallb.io/v1beta1",
        "kind": "IPAddressPool",
        "metadata": {"name": "pool", "namespace": "metallb-system"},
        "spec": {"addresses": ["172.30.200.1-172.30.200.9"]},
    },
    {
        "apiVersion": "metallb.io/v1beta2",
        "kind": "BGPPeer",
        "metadata": {"name": "tor", "namespace": "metallb-system"},
        "spec": {"myASN": 64512, "peerASN": 65099, "peerAddress": "172.18.0.254"},
    },
    {
        "apiVersion": "metallb.io/v1beta1",
        "kind": "BGPAdvertisement",
        "metadata": {"name": "all", "namespace": "metallb-system"},
        "spec": {"ipAddressPools": ["pool"]},
    },
)
Obj = dict[str, Any]


def deployment(name: str, replicas: int = 2, **container: Any) -> Obj:
    """A Deployment of a web server on port 5678."""
    labels = {"app": name}
    echo = {
        "name": "echo",
        "image": "hashicorp/http-echo",
        "args": ["-listen=:5678", f"-text=this is {name}"],
        "readinessProbe": {"httpGet": {"port": 5678}, "periodSeconds": 1},
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels},
                "spec": {"containers": [echo | container]},
            },
        },
    }


def service(name: str, app: str, **spec: Any) -> Obj:
    """A Service of the type LoadBalancer in front of a Deployment of `deployment`."""
    ports = [{"port": 80, "targetPort": 5678}]
    own = {"type": "LoadBalancer", "selector": {"app": app}, "ports": ports}
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": own | spec}


class ClusterLab:
    """A lab's cluster as a learner uses it."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab

    def __call__(self, *words: str) -> str:
        """Run kubectl; it must succeed. Returns what it printed."""
        done = self.lab.kubectl(*words)
        assert done.status == 0, f"kubectl {' '.join(words)}: {done.text}"
        return done.text

    def fails(self, *words: str) -> str:
        """Run kubectl; it must fail. Returns what it printed."""
        done = self.lab.kubectl(*words)
        assert done.status != 0, f"kubectl {' '.join(words)} succeeded: {done.text}"
        return done.text

    def apply(self, *objects: Obj) -> None:
        """Apply objects, in this order."""
        with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
            file.write("\n".join(map(json.dumps, objects)))
            file.flush()
            self("apply", "-f", file.name)

    def get(self, *words: str) -> Any:
        """What `kubectl get -o json` shows."""
        return json.loads(self("get", *words, "-o", "json"))

    def until(self, what: str, *words: str, shows: str) -> None:
        """Wait until `kubectl get` shows a text."""
        poll(what, lambda: shows in self("get", *words), PATIENCE, lambda: self("get", *words))

    def next_hops(self, address: str) -> int:
        """How many next hops the ToR's kernel has for an address."""
        told = self.lab.run("tor", f"ip -j route show {address}").text
        routes = json.loads(told or "[]")
        return sum(len(route.get("nexthops", [route])) for route in routes)

    def until_hops(self, address: str, count: int) -> None:
        """Wait until the ToR has so many next hops for an address."""
        poll(
            f"{count} next hops for {address}",
            lambda: self.next_hops(address) == count,
            PATIENCE,
            lambda: self.lab.show("tor", "show bgp summary"),
        )


@contextmanager
def cluster_lab() -> Iterator[ClusterLab]:
    """Bring one up for the length of a `with` block."""
    with Lab("cluster") as lab:
        yield ClusterLab(lab)
