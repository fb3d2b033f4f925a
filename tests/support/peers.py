"""A kind with an old and a new version, as an integration would bring one."""

from typing import Any

from labs.kube.api import DeniedError, Review, Webhook
from labs.kube.core_meta import resource
from labs.kube.kinds import Column, Kind
from labs.kube.schema import integer, obj, string

Obj = dict[str, Any]

_STATUS = obj("What was seen.", {"state": string("The session's state.")})


def _renamed(peer: Obj, old: str, new: str) -> Obj:
    spec = {new if name == old else name: value for name, value in peer["spec"].items()}
    return {**peer, "spec": spec}


def _to_new(peer: Obj) -> Obj:
    return _renamed(peer, "peerAddress", "address")


def _to_old(peer: Obj) -> Obj:
    return _renamed(peer, "address", "peerAddress")


def _spec(address: str) -> Any:
    asn = integer("Its AS number.", format="int64", minimum=1, maximum=4294967295)
    fields = {address: string("Where it is."), "asn": asn, "port": integer("", default=179)}
    return obj("Whom to talk to.", fields, required=(address, "asn"))


PEER = Kind(
    group="example.com",
    version="v2",
    kind="Peer",
    plural="peers",
    schema=resource("A peer.", {"spec": _spec("address"), "status": _STATUS}, required=("spec",)),
    short_names=("pe",),
    subresources=frozenset({"status"}),
    columns=(
        Column("Address", ".spec.address"),
        Column("ASN", ".spec.asn", "integer"),
        Column("State", ".status.state", wide=True),
    ),
)
OLD_PEER = Kind(
    group="example.com",
    version="v1",
    kind="Peer",
    plural="peers",
    schema=resource("A peer.", {"spec": _spec("peerAddress"), "status": _STATUS}),
    storage=False,
    to_storage=_to_new,
    from_storage=_to_old,
    warning="example.com/v1 Peer is deprecated; use example.com/v2 Peer",
    subresources=frozenset({"status"}),
)


def peer(name: str, asn: int = 64512, address: str = "192.0.2.1") -> Obj:
    return {
        "apiVersion": "example.com/v2",
        "kind": "Peer",
        "metadata": {"name": name, "namespace": "default"},
        "spec": {"address": address, "asn": asn},
    }


def old_peer(name: str) -> Obj:
    spec = {"peerAddress": "192.0.2.9", "asn": 64513}
    return peer(name) | {"apiVersion": "example.com/v1", "spec": spec}


def _no_twins(review: Review) -> None:
    if review.operation == "DELETE":
        raise DeniedError("peers stay")
    new = review.new or {}
    for other in review.list("peers.example.com"):
        is_other = other["metadata"]["name"] != new["metadata"]["name"]
        if is_other and other["spec"]["address"] == new["spec"]["address"]:
            raise DeniedError(f"address {new['spec']['address']} is taken")


TWINS = Webhook("twins.example.com", ("peers.example.com",), ("CREATE", "UPDATE"), _no_twins)
KEEP = Webhook("keep.example.com", ("peers.example.com",), ("DELETE",), _no_twins)
