"""The cables of a stage: one veth pair a link, addresses, routes, the router's kernel settings."""

from collections.abc import Iterator

from labs.stage_plan import CLIENT, CLIENT_ADDRESS, CLIENT_GATEWAY, Fabric

ROUTER_SETTINGS = (
    "net.ipv4.ip_forward=1",
    "net.ipv4.fib_multipath_hash_policy=1",  # ECMP by port too, so one client sees every node
    "net.ipv4.conf.all.rp_filter=0",
    "net.ipv4.conf.default.rp_filter=0",
)


def wiring(fabric: Fabric) -> Iterator[str]:
    """Return the `ip` commands that join the client and every neighbour to the router."""
    router, address = fabric.router, fabric.address
    yield f"ip -n {CLIENT} link add eth0 type veth peer name {CLIENT} netns {router}"
    yield f"ip -n {router} addr add {CLIENT_GATEWAY}/24 dev {CLIENT}"
    yield f"ip -n {router} link set {CLIENT} up"
    yield f"ip -n {CLIENT} addr add {CLIENT_ADDRESS}/24 dev eth0"
    yield f"ip -n {CLIENT} link set eth0 up"
    yield f"ip -n {CLIENT} route add default via {CLIENT_GATEWAY}"
    for neighbor in fabric.neighbors:
        name = neighbor.name
        ours, theirs = fabric.link(name)
        yield f"ip -n {name} link add eth0 type veth peer name {name} netns {router}"
        yield f"ip -n {router} addr add {ours}/30 dev {name}"
        yield f"ip -n {router} link set {name} up"
        yield f"ip -n {name} addr add {theirs}/30 dev eth0"
        yield f"ip -n {name} link set eth0 up"
        yield f"ip -n {name} addr add {address}/32 dev lo"
        yield f"ip -n {name} route add default via {ours}"
        if neighbor.igp_metric is not None:
            # A kernel route with a metric is what an IGP would have installed.
            hop = fabric.next_hop(name)
            yield f"ip -n {router} route add {hop}/32 via {theirs} metric {neighbor.igp_metric}"
