"""What MetalLB refuses when an object is written: its six admission webhooks.

Each webhook reads the whole configuration with only a few kinds at hand: its own and what it needs
for its question. So a pool is checked without the advertisements that announce it, a peer without
its BFD profile and its Secret, an advertisement without the Communities. What slips through is
found by the speakers, which then refuse the configuration as a whole (ConfigurationState tells).

Source: MetalLB internal/k8s/webhooks, internal/config/validator.go, config/webhook.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from labs.integrations.metallb_config import configuration
from labs.integrations.metallb_errors import ConfigError
from labs.integrations.metallb_go import duration
from labs.integrations.metallb_kind import NAMESPACE
from labs.integrations.metallb_selectors import spec_of
from labs.integrations.metallb_values import Resources
from labs.kube.admission import DeniedError, Review, Webhook
from labs.kube.schema import Obj

_DURATIONS: Final = ("holdTime", "keepaliveTime", "connectTime")


def webhooks(mode: str = "frr") -> tuple[Webhook, ...]:
    """The webhooks of a MetalLB in this mode."""
    written = ("CREATE", "UPDATE")

    def hook(name: str, plural: str, read: Callable[[Review], Resources]) -> Webhook:
        def check(review: Review) -> None:
            _check_namespace(review)
            _take(read(review), mode)

        resource = (f"{plural}.metallb.io",)
        return Webhook(f"{name}validationwebhook.metallb.io", resource, written, check)

    peers = hook("bgppeers", "bgppeers", _with_peer)
    return (
        replace(peers, check=_unless_already_warned(peers.check)),
        Webhook(
            "bfdprofilevalidationwebhook.metallb.io",
            ("bfdprofiles.metallb.io",),
            ("CREATE", "DELETE"),
            _check_bfd_profile,
        ),
        hook("bgpadvertisement", "bgpadvertisements", _with_advertisement),
        hook("community", "communities", _with_community),
        hook("ipaddresspool", "ipaddresspools", _with_pool),
        hook("l2advertisement", "l2advertisements", _with_l2_advertisement),
    )


def _check_namespace(review: Review) -> None:
    """A new object must be where MetalLB looks for it."""
    new = review.new or {}
    if review.operation == "CREATE" and new["metadata"].get("namespace") != NAMESPACE:
        raise DeniedError(f"resource must be created in {NAMESPACE} namespace")


def _take(resources: Resources, mode: str) -> None:
    try:
        configuration(_without_references(resources), mode)
    except ConfigError as why:
        raise DeniedError(str(why)) from None


def _without_references(resources: Resources) -> Resources:
    """The objects without what may name something that is written later."""
    return replace(
        resources,
        peers=[_without(one, "bfdProfile", "passwordSecret") for one in resources.peers],
        bgp_advertisements=[_without_aliases(one) for one in resources.bgp_advertisements],
    )


def _without(one: Obj, *fields: str) -> Obj:
    spec = {key: value for key, value in spec_of(one).items() if key not in fields}
    return {**one, "spec": spec}


def _without_aliases(one: Obj) -> Obj:
    spec = spec_of(one)
    values = [text for text in spec.get("communities") or () if ":" in text]
    return {**one, "spec": {**spec, "communities": values}}


def _all(review: Review, plural: str) -> list[Obj]:
    found = review.list(f"{plural}.metallb.io")
    return [one for one in found if one["metadata"].get("namespace") == NAMESPACE]


def _updated(review: Review, plural: str) -> Sequence[Obj]:
    """The objects as they would be: the new one in the old one's place, or at the end."""
    new = review.new or {}
    name = new["metadata"]["name"]
    known = _all(review, plural)
    if all(one["metadata"]["name"] != name for one in known):
        return [*known, new]
    return [new if one["metadata"]["name"] == name else one for one in known]


def _with_peer(review: Review) -> Resources:
    spec = spec_of(review.new or {})
    try:
        for field in _DURATIONS:
            duration(spec.get(field) or "0")
    except ConfigError as why:
        raise DeniedError(str(why)) from None
    return Resources(peers=_updated(review, "bgppeers"), nodes=review.list("nodes"))


def _with_advertisement(review: Review) -> Resources:
    return Resources(
        bgp_advertisements=_updated(review, "bgpadvertisements"),
        pools=_all(review, "ipaddresspools"),
        nodes=review.list("nodes"),
    )


def _with_l2_advertisement(review: Review) -> Resources:
    return Resources(
        l2_advertisements=_updated(review, "l2advertisements"),
        pools=_all(review, "ipaddresspools"),
    )


def _with_pool(review: Review) -> Resources:
    return Resources(pools=_updated(review, "ipaddresspools"))


def _with_community(review: Review) -> Resources:
    return Resources(communities=_updated(review, "communities"))


def _unless_already_warned(check: Callable[[Review], None]) -> Callable[[Review], None]:
    """MetalLB warns of a new peer with disableMP and then looks at nothing else of it."""

    def checked(review: Review) -> None:
        if review.operation == "CREATE" and spec_of(review.new or {}).get("disableMP"):
            return
        check(review)

    return checked


def _check_bfd_profile(review: Review) -> None:
    if review.operation == "CREATE":
        _check_namespace(review)
        return
    name = (review.old or {})["metadata"]["name"]
    for peer in _all(review, "bgppeers"):
        if spec_of(peer).get("bfdProfile") == name:
            told = f"failed to delete BFDProfile {name}, used by BGPPeer {peer['metadata']['name']}"
            raise DeniedError(told)
