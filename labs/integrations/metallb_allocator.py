"""Which address belongs to which Service: MetalLB's book of them.

The book outlives a look at the world, as MetalLB's does: of two Services that no longer may share
an address, the one that changed loses it. Where MetalLB asks pools in no certain order, this one
asks them by name, so that a lab does the same every time.

Source: MetalLB internal/allocator (allocator.go, allocation.go, k8salloc).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from labs.integrations.metallb_go import Address, quoted, quoted_list
from labs.integrations.metallb_pool_size import LARGEST, is_buggy, size, usable
from labs.integrations.metallb_request import AllocationError, Request, is_for
from labs.integrations.metallb_values import Pool
from labs.kube.schema import Obj

_IPV4, _IPV6 = 4, 6
_SINGLE, _PREFER = "SingleStack", "PreferDualStack"


@dataclass(frozen=True)
class Entry:
    """One line of the book."""

    pool: str
    addresses: tuple[Address, ...]
    ports: tuple[tuple[str, int], ...]
    sharing: str
    backend: str


class Allocator:
    """The book."""

    def __init__(self) -> None:
        """Begin with no pools and nothing given out."""
        self.pools: tuple[Pool, ...] = ()
        self._entries: dict[str, Entry] = {}
        self._users: dict[Address, set[str]] = {}

    def entry(self, service: str) -> Entry | None:
        """What a Service has."""
        return self._entries.get(service)

    def services(self) -> tuple[str, ...]:
        """Who has an address."""
        return tuple(self._entries)

    def set_pools(self, pools: Sequence[Pool]) -> None:
        """Use these pools from now on; addresses that are in none of them are free of owners."""
        self.pools = tuple(sorted(pools, key=lambda pool: pool.name))
        for service, entry in list(self._entries.items()):
            pool = self.pool_of(entry.addresses)
            if pool is None:
                self.unassign(service)
            else:
                self._entries[service] = replace(entry, pool=pool.name)

    def pool_of(self, addresses: Sequence[Address]) -> Pool | None:
        """The pool that may give out all these addresses."""
        for pool in self.pools:
            usable = [one for one in addresses if not (pool.avoid_buggy and is_buggy(one))]
            if len(usable) == len(addresses) and all(map(pool.holds, usable)):
                return pool
        return None

    def unassign(self, service: str) -> None:
        """Free what a Service has, if anything."""
        entry = self._entries.pop(service, None)
        for address in entry.addresses if entry else ():
            self._users[address].discard(service)

    def assign(self, asked: Request, addresses: Sequence[Address]) -> None:
        """Give a Service these addresses.

        Raises:
            AllocationError: they are in no pool, not for this Service, or in use.
        """
        pool = self.pool_of(addresses)
        if pool is None:
            raise AllocationError(f"{quoted_list(addresses)} is not allowed in config")
        if not is_for(pool, asked):
            raise AllocationError(f"pool {pool.name} not compatible for ip assignment")
        if len(addresses) > 2:  # noqa: PLR2004 -- one of each family
            raise AllocationError(f"more than two addresses {quoted_list(addresses)}")
        if len({one.version for one in addresses}) < len(addresses):
            told = " ".join(map(quoted, addresses))
            raise AllocationError(f"{told} has the same family")
        for address in addresses:
            self._check_sharing(asked, address)
        self.unassign(asked.service)
        self._entries[asked.service] = Entry(
            pool.name, tuple(addresses), asked.ports, asked.sharing, asked.backend
        )
        for address in addresses:
            self._users.setdefault(address, set()).add(asked.service)

    def allocate(self, asked: Request) -> tuple[Address, ...]:
        """Find addresses in any pool: first those reserved for the Service, then all others.

        Raises:
            AllocationError: there are none.
        """
        for pools in (self._reserved(asked), self._open()):
            found = self._best(pools, asked)
            if found is not None:
                try:
                    chosen = _chosen(found, asked)
                    self.assign(asked, chosen)
                except AllocationError:
                    continue
                return chosen
        raise AllocationError("no available IPs")

    def allocate_from(self, asked: Request, name: str) -> tuple[Address, ...]:
        """Find addresses in the pool of this name.

        Raises:
            AllocationError: there is no such pool, or it has none.
        """
        chosen = _chosen(self._free(self._named(name), asked), asked)
        self.assign(asked, chosen)
        return chosen

    def allocate_other_family(self, asked: Request, has: Address, name: str) -> Address:
        """Find an address of the other family in the same pool, beside the one there is.

        Raises:
            AllocationError: the pool has none.
        """
        pool = self._named(name)
        version = _IPV6 if has.version == _IPV4 else _IPV4
        added = self._free(pool, asked).addresses.get(version)
        if added is None:
            # MetalLB takes "no address" for one, and then does not find it in any pool.
            raise AllocationError(f'["{has}" "<nil>"] is not allowed in config')
        self.assign(asked, (has, added))
        return added

    def counters(self, pool: Pool) -> Obj:
        """A pool's status: how many addresses are given out, and how many are left."""
        used = {
            address
            for entry in self._entries.values()
            if entry.pool == pool.name
            for address in entry.addresses
        }
        told: Obj = {}
        for version in (_IPV4, _IPV6):
            assigned = sum(one.version == version for one in used)
            told[f"assignedIPv{version}"] = assigned
            told[f"availableIPv{version}"] = size(pool, version) - assigned
        return told

    def _named(self, name: str) -> Pool:
        pool = next((one for one in self.pools if one.name == name), None)
        if pool is None:
            raise AllocationError(f"unknown pool {quoted(name)}")
        return pool

    def _reserved(self, asked: Request) -> list[Pool]:
        """The pools reserved for such a Service, the lowest priority number first, 0 last."""
        pools = [
            (one.reserved.priority, one)
            for one in self.pools
            if one.reserved is not None
            and one.auto_assign
            and (one.reserved.namespaces or one.reserved.services)
            and is_for(one, asked)
        ]
        return [pool for _, pool in sorted(pools, key=lambda pair: pair[0] or LARGEST)]

    def _open(self) -> list[Pool]:
        return [one for one in self.pools if one.auto_assign and one.reserved is None]

    def _best(self, pools: Sequence[Pool], asked: Request) -> "_Found | None":
        candidates: dict[int, _Found] = {}
        for pool in pools:
            try:
                found = self._free(pool, asked)
            except AllocationError:
                continue
            if asked.versions <= found.addresses.keys():
                return found
            if asked.policy == _PREFER and len(asked.versions) > 1:
                for version in found.addresses:
                    candidates.setdefault(version, found)
        second = _IPV4 if asked.first == _IPV6 else _IPV6
        return candidates.get(asked.first) or candidates.get(second)

    def _free(self, pool: Pool, asked: Request) -> "_Found":
        """The first free address of each family in a pool.

        Raises:
            AllocationError: it has none at all.
        """
        found: dict[int, Address] = {}
        for network in pool.networks:
            if network.version not in found:
                for address in usable(network, pool):
                    try:
                        self._check_sharing(asked, address)
                    except AllocationError:
                        continue
                    found[network.version] = address
                    break
        if not found:
            raise AllocationError(f"no available IPs in pool {pool.name}")
        return _Found(pool.name, found)

    def _check_sharing(self, asked: Request, address: Address) -> None:
        """Refuse an address that others have and will not share.

        Raises:
            AllocationError: names the others, or the port.
        """
        others = {
            service: self._entries[service]
            for service in self._users.get(address, ())
            if service != asked.service
        }
        for entry in others.values():
            shared = entry.sharing and entry.sharing == asked.sharing
            if not (shared and entry.backend == asked.backend):
                raise AllocationError(
                    f"can't change sharing key for {quoted(asked.service)}, address also in use by "
                    f"{','.join(sorted(others))}"
                )
        for port in asked.ports:
            if any(port in entry.ports for entry in others.values()):
                protocol, number = port
                raise AllocationError(
                    f"port {protocol}/{number} is already in use on {quoted(address)}"
                )


@dataclass(frozen=True)
class _Found:
    """Free addresses of a pool, one of each family it has."""

    pool: str
    addresses: Mapping[int, Address]


def _chosen(found: _Found, asked: Request) -> tuple[Address, ...]:
    """Of free addresses, those the Service's families and policy ask for.

    Raises:
        AllocationError: one that is needed is missing.
    """
    both = [found.addresses[one] for one in (_IPV4, _IPV6) if one in found.addresses]
    wanted = [one for one in both if one.version in asked.versions]
    enough = len(wanted) == len(asked.versions) and asked.policy != _SINGLE
    if len(asked.versions) == 1:
        enough = bool(wanted)
    if enough or (asked.policy == _PREFER and wanted):
        return tuple(wanted)
    if len(asked.versions) == 1:
        # MetalLB takes "no address" for one here too.
        raise AllocationError('["<nil>"] is not allowed in config')
    raise AllocationError(f"no available IPs in pool {found.pool} for {asked.family} IPFamily")
