"""Which addresses a pool gives out, and how many there are.

Source: MetalLB internal/allocator (poolCount, ipConfusesBuggyFirmwares).
"""

from collections.abc import Iterator
from typing import Final

from labs.integrations.metallb_go import Address, Network
from labs.integrations.metallb_values import Pool

_IPV4: Final = 4
_ENDLESS: Final = 62
"""A prefix with so many free bits never runs out; it counts as the largest number there is."""
LARGEST: Final = (1 << 63) - 1


def usable(network: Network, pool: Pool) -> Iterator[Address]:
    """The addresses of a prefix that the pool gives out, in ascending order."""
    for address in network:
        if not (pool.avoid_buggy and is_buggy(address)):
            yield address


def is_buggy(address: Address) -> bool:
    """Some old devices take addresses ending in .0 or .255 for broadcasts."""
    return address.version == _IPV4 and address.packed[-1] in {0, 255}


def size(pool: Pool, version: int) -> int:
    """How many addresses of IP version 4 or 6 the pool gives out in all."""
    total = 0
    for network in pool.networks:
        if network.version != version:
            continue
        free = network.max_prefixlen - network.prefixlen
        if free >= _ENDLESS:
            return LARGEST
        total += 1 << free
        if pool.avoid_buggy and version == _IPV4:
            total -= _buggy(network)
    return total


def _buggy(network: Network) -> int:
    """How many addresses of an IPv4 prefix end in .0 or .255."""
    whole = 24
    if network.prefixlen <= whole:
        return 2 << (whole - network.prefixlen)
    ends = {network[0], network[-1]}
    return sum(map(is_buggy, ends))
