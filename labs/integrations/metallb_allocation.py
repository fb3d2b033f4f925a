"""Giving a Service its addresses, taking them away, and telling about it.

One Service at a time: what it has, what it asks for by annotations and fields, and what the pools
allow. Source: MetalLB controller/service.go (convergeBalancer) and controller/main.go.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from labs.integrations.metallb_allocator import Allocator
from labs.integrations.metallb_go import Address, parsed_address, quoted, quoted_list
from labs.integrations.metallb_request import AllocationError, Request, request
from labs.integrations.metallb_speaker import key
from labs.kube.schema import Obj

PREFIX, OLD_PREFIX = "metallb.io", "metallb.universe.tf"
FROM_POOL: Final = f"{PREFIX}/ip-allocated-from-pool"
_REQUIRE, _PREFER = "RequireDualStack", "PreferDualStack"


@dataclass(frozen=True)
class Event:
    """Something to be told of a Service; a warning or not."""

    reason: str
    message: str
    warning: bool = False


@dataclass
class Outcome:
    """What a Service has after a look at it.

    Attributes:
        addresses: what goes into its status; none: the status is cleared.
        pool: the pool they are from, for the annotation.
        events: what is told.
        logs: the log lines: level, then what they say.
        converged: all is as it should be; False: nothing more can be done for now.
    """

    addresses: tuple[Address, ...] = ()
    pool: str = ""
    events: list[Event] = field(default_factory=list)
    logs: list[tuple[str, Obj]] = field(default_factory=list)
    converged: bool = True

    def log(self, level: str, **said: object) -> None:
        """Note a log line."""
        self.logs.append((level, dict(said)))


def converge(allocator: Allocator, service: Obj) -> Outcome:
    """Give a Service of type LoadBalancer its addresses; clear any other's."""
    done, name = Outcome(), key(service)
    if not _can_have(allocator, service, done):
        allocator.unassign(name)
        return done
    done.converged = False
    try:
        asked = request(
            service, annotation(service, "allow-shared-ip"), _versions(_cluster_addresses(service))
        )
        has = _with_other_family(allocator, asked, _kept(allocator, service, asked, done), done)
        if not has:
            has = _allocated(allocator, service, asked)
            ip, said = [str(one) for one in has], "IP address assigned by controller"
            done.log("info", event="ipAllocated", ip=ip, msg=said)
            done.events.append(Event("IPAllocated", f"Assigned IP {quoted_list(has)}"))
        done.converged = True
    except _InvalidRequestError as why:
        said = "invalid requested loadbalancer IPs"
        done.log("error", event="loadbalancerIP", error=str(why), msg=said)
        done.events.append(Event("LoadBalancerFailed", f"{said}: {why}", warning=True))
    except AllocationError as why:
        done.log("error", op="allocateIPs", error=str(why), msg="IP allocation failed")
        told = f"Failed to allocate IP for {quoted(name)}: {why}"
        done.events.append(Event("AllocationFailed", told, warning=True))
    if entry := allocator.entry(name):
        done.addresses, done.pool = entry.addresses, entry.pool
    return done


def given(service: Obj) -> tuple[Address, ...]:
    """The addresses in a Service's status."""
    ingress = ((service.get("status") or {}).get("loadBalancer") or {}).get("ingress") or ()
    found = [parsed_address(one["ip"]) for one in ingress if one.get("ip")]
    return tuple(one for one in found if one is not None)


def annotation(service: Obj, name: str) -> str:
    """One of MetalLB's annotations; the old prefix counts where the new one is not used."""
    notes: Mapping[str, str] = service["metadata"].get("annotations") or {}
    return notes.get(f"{PREFIX}/{name}", notes.get(f"{OLD_PREFIX}/{name}", ""))


def deprecated(service: Obj) -> tuple[Event, ...]:
    """What is told of a Service with annotations of the old prefix."""
    notes = service["metadata"].get("annotations") or {}
    return tuple(
        Event("deprecatedAnnotation", f"Service uses deprecated annotation {name}", warning=True)
        for name in sorted(notes)
        if name.startswith(OLD_PREFIX)
    )


class _InvalidRequestError(AllocationError):
    """The Service asks for addresses in a way that makes no sense."""


def _can_have(allocator: Allocator, service: Obj, done: Outcome) -> bool:
    """Whether the Service is one that gets addresses at all, as things stand."""
    if service["spec"].get("type") != "LoadBalancer":
        reason, said = "notLoadBalancer", "not a LoadBalancer"
        done.log("debug", event="clearAssignment", reason=reason, msg=said)
        return False
    done.converged = False
    cluster = _cluster_addresses(service)
    if not allocator.pools:
        done.log("debug", event="clearAssignment", reason="noConfig", msg="pools are empty")
    elif not cluster:
        done.log("info", event="clearAssignment", reason="noClusterIPs", msg="No ClusterIPs")
    elif _policy(service) == _REQUIRE and len(cluster) < 2:  # noqa: PLR2004 -- one of each family
        told = f"Service requires dual stack but not enough clusterips [{' '.join(cluster)}]"
        done.events.append(Event("not enough clusterips", told, warning=True))
    else:
        return True
    return False


def _policy(service: Obj) -> str:
    return str(service["spec"].get("ipFamilyPolicy") or "SingleStack")


def _cluster_addresses(service: Obj) -> Sequence[str]:
    spec = service["spec"]
    return spec.get("clusterIPs") or ([spec["clusterIP"]] if spec.get("clusterIP") else [])


def _versions(texts: Sequence[str]) -> frozenset[int]:
    """The IP versions of one or two addresses.

    Raises:
        AllocationError: one is no address, or both are of the same family.
    """
    found = [parsed_address(one) for one in texts]
    what = "IPFamilyForAddresses:"
    if len(texts) not in {1, 2}:
        raise AllocationError(f"{what} invalid ips length {len(texts)} {quoted_list(texts)}")
    versions = {one.version for one in found if one is not None}
    if None in found:
        raise AllocationError(f"{what} Invalid address {quoted_list(texts)}")
    if len(versions) < len(texts):
        raise AllocationError(f"{what} same address family {quoted_list(texts)}")
    return frozenset(versions)


def _kept(allocator: Allocator, service: Obj, asked: Request, done: Outcome) -> tuple[Address, ...]:
    """What the Service has and may keep.

    Raises:
        _InvalidRequestError: it asks for addresses that are none.
    """
    has = given(service)
    if not has or _family_changed(has, asked):
        allocator.unassign(asked.service)
        return ()
    try:
        allocator.assign(asked, has)
    except AllocationError as why:
        done.log(
            "info",
            event="clearAssignment",
            error=str(why),
            msg="current IP not allowed by config, clearing",
        )
        told = (
            f"current IP for {quoted(asked.service)} not allowed by config, will attempt for new "
            f"IP assignment: {why}"
        )
        done.events.append(Event("ClearAssignment", told))
        allocator.unassign(asked.service)
        has = ()
    pool, entry = annotation(service, "address-pool"), allocator.entry(asked.service)
    if entry is not None and pool and entry.pool != pool:
        _drop(allocator, asked, done, "differentPoolRequested", "pool")
        has = ()
    try:
        wanted = _wanted(service)
    except AllocationError as why:
        raise _InvalidRequestError(str(why)) from None
    if wanted and has and {*has} != {*wanted}:
        _drop(allocator, asked, done, "differentIPRequested", "IP")
        return ()
    return has


def _drop(allocator: Allocator, asked: Request, done: Outcome, reason: str, what: str) -> None:
    done.log(
        "info",
        event="clearAssignment",
        reason=reason,
        msg=f"user requested a different {what} than the one currently assigned",
    )
    allocator.unassign(asked.service)


def _family_changed(has: Sequence[Address], asked: Request) -> bool:
    versions = {one.version for one in has}
    if versions == asked.versions:
        return False
    return not (asked.policy == _PREFER and len(asked.versions) > 1)


def _wanted(service: Obj) -> tuple[Address, ...]:
    """The addresses a Service asks for by annotation or by spec.loadBalancerIP.

    Raises:
        AllocationError: by both, or they are no addresses.
    """
    noted = annotation(service, "loadBalancerIPs")
    plain = service["spec"].get("loadBalancerIP") or ""
    name = f"{PREFIX}/loadBalancerIPs"
    if noted and plain:
        raise AllocationError(f"service can not have both {name} and svc.Spec.LoadBalancerIP")
    if plain:
        address = parsed_address(plain)
        if address is None:
            raise AllocationError(f"invalid spec.loadBalancerIP {quoted(plain)}")
        return (address,)
    if not noted:
        return ()
    found = [parsed_address(part.strip()) for part in noted.split(",")]
    known = tuple(one for one in found if one is not None)
    if len(known) < len(found):
        raise AllocationError(f"invalid {name}: {quoted(noted)}")
    _versions([str(one) for one in known])
    return known


def _with_other_family(
    allocator: Allocator, asked: Request, has: tuple[Address, ...], done: Outcome
) -> tuple[Address, ...]:
    """Under PreferDualStack a second address, if its pool has one of the other family."""
    entry = allocator.entry(asked.service)
    if len(has) != 1 or asked.policy != _PREFER or entry is None:
        return has
    try:
        added = allocator.allocate_other_family(asked, has[0], entry.pool)
    except AllocationError as why:
        told = f"cannot assign additional IP in PreferDualStack: {why}"
        done.events.append(Event("AdditionalAssignFailed", told))
        return has
    done.events.append(Event("IPAllocated", f"Assigned additional IP {quoted(added)}"))
    return (*has, added)


def _allocated(allocator: Allocator, service: Obj, asked: Request) -> tuple[Address, ...]:
    """New addresses: those asked for, or some of the pool asked for, or any.

    Raises:
        AllocationError: there are none.
    """
    wanted, pool = _wanted(service), annotation(service, "address-pool")
    if wanted:
        if {one.version for one in wanted} != asked.versions:
            raise AllocationError(
                f"requested loadBalancer IP(s) {quoted_list(wanted)} does not match the ipFamily "
                "of the service"
            )
        allocator.assign(asked, wanted)
        entry = allocator.entry(asked.service)
        if pool and entry is not None and entry.pool != pool:
            allocator.unassign(asked.service)
            raise AllocationError(
                f"requested loadBalancer IP(s) {quoted_list(wanted)} is not compatible with "
                f"requested address pool {pool}"
            )
        return wanted
    return allocator.allocate_from(asked, pool) if pool else allocator.allocate(asked)
