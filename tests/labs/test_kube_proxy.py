"""kube-proxy's rules, read by nft and obeyed by a real kernel: who answers, and whom it saw ask."""

import contextlib
import socket
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import pytest
from unpacked import wanted

from labs.kube_proxy import NAME_LIMIT, Endpoint, ProxyNode, ServicePort, TrafficPolicy, ruleset
from labs.packages import Daemons
from labs.process_tree import ProcessTree

pytestmark = pytest.mark.lab

CLIENT, NODE1, NODE2 = "192.0.2.10", "172.18.0.2", "172.18.0.3"
POD1, POD2 = "10.244.1.10", "10.244.2.10"
CLUSTER_IP, VIP = "10.96.0.10", "198.51.100.7"
NEAR, FAR = Endpoint(POD1, 8080, "node1"), Endpoint(POD2, 8080, "node2")
ECHO = ServicePort(
    "lab", "echo", "web", CLUSTER_IP, 80, (NEAR, FAR), load_balancer_ips=(VIP,), node_port=30080
)
LOCAL = replace(ECHO, policy=TrafficPolicy.LOCAL)
SECONDS = 5.0

# client - gateway - node1 (pod1) and node2 (pod2); the gateway sends the VIP to node1
WIRING = f"""
ip link add br0 netns gateway type bridge
ip -n gateway link set br0 up
ip -n gateway addr add 172.18.0.1/24 dev br0
ip link add c0 netns gateway type veth peer name eth0 netns client
ip -n gateway addr add 192.0.2.1/24 dev c0
ip -n gateway link set c0 up
ip -n client addr add {CLIENT}/24 dev eth0
ip -n client link set eth0 up
ip -n client route add default via 192.0.2.1
ip -n gateway route add {VIP}/32 via {NODE1}
""" + "".join(
    f"""
ip link add n{number} netns gateway type veth peer name eth0 netns node{number}
ip -n gateway link set n{number} master br0 up
ip -n node{number} addr add {node}/24 dev eth0
ip -n node{number} link set eth0 up
ip -n node{number} route add default via 172.18.0.1
ip link add p{number} netns node{number} type veth peer name eth0 netns pod{number}
ip -n node{number} addr add 10.244.{number}.1/24 dev p{number}
ip -n node{number} link set p{number} up
ip -n pod{number} addr add {pod}/24 dev eth0
ip -n pod{number} link set eth0 up
ip -n pod{number} route add default via 10.244.{number}.1
ip -n gateway route add 10.244.{number}.0/24 via {node}
"""
    for number, node, pod in ((1, NODE1, POD1), (2, NODE2, POD2))
)


class Cluster:
    """Two nodes with a pod each; the rules stand on node1, where all traffic enters."""

    def __init__(self, tree: ProcessTree, nft: str, pods: dict[str, socket.socket]) -> None:
        self.tree, self.nft, self.pods = tree, nft, pods

    def obey(self, *services: ServicePort) -> str:
        """Load the rules into node1; return what nft says they are."""
        node = ProxyNode("node1", (NODE1,), "10.244.1.0/24")
        self.tree.write(f"{self.nft}/run/rules.nft", ruleset(node, services))
        self.tree.run(["nft", "-f", "/run/rules.nft"], "node1", self.nft)
        return self.tree.run(["nft", "list", "table", "ip", "kube-proxy"], "node1", self.nft)

    def ask(self, host: str, address: str, port: int = 80, seconds: float = SECONDS) -> str:
        """Connect and tell `who answered < whom it saw`, or how it failed."""
        with self.tree.open_socket(host, socket.AF_INET, socket.SOCK_STREAM) as client:
            client.settimeout(seconds)
            try:
                client.connect((address, port))
            except TimeoutError:
                return "silence"
            except OSError as error:
                return str(error.strerror)
            for name, server in self.pods.items():
                with contextlib.suppress(BlockingIOError):
                    accepted, (source, _) = server.accept()
                    accepted.close()
                    return f"{name} < {source}"
        return "nobody accepted"

    def answers(self, host: str, address: str, port: int = 80) -> set[str]:
        """What twenty connections met; random choices miss one of two once in a million runs."""
        return set(Counter(self.ask(host, address, port) for _ in range(20)))


@pytest.fixture(scope="module")
def cluster(namespaces: None, daemons: Daemons) -> Iterator[Cluster]:
    del namespaces
    nftables = wanted(daemons, "nftables")
    with ProcessTree() as tree, contextlib.ExitStack() as sockets:
        for host in ("client", "gateway", "node1", "node2", "pod1", "pod2"):
            tree.add_host(host)
        tree.script(WIRING)
        for host in ("gateway", "node1", "node2"):
            tree.script("sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.all.rp_filter=0", host)
        pods = {}
        for pod, address in (("pod1", POD1), ("pod2", POD2)):
            server = sockets.enter_context(
                tree.open_socket(pod, socket.AF_INET, socket.SOCK_STREAM)
            )
            server.bind((address, 8080))
            server.listen(64)
            server.setblocking(False)
            pods[pod] = server
        yield Cluster(tree, tree.root("node1", nftables), pods)


def test_the_shape_is_kube_proxys(cluster: Cluster) -> None:
    listed = cluster.obey(LOCAL)
    base = ECHO.base
    assert base.endswith("-lab/echo/tcp/web")
    assert len(base.split("-")[0]) == 8
    for part in (
        f"{CLUSTER_IP} . tcp . 80 : goto service-{base}",
        f"{VIP} . tcp . 80 : goto external-{base}",
        f"tcp . 30080 : goto external-{base}",
        f"chain {ECHO.endpoint_chain(NEAR)}",
        f"goto local-{base}",
        "masquerade fully-random",
    ):
        assert part in listed, listed


def test_a_cluster_ip_is_answered_by_any_endpoint_and_keeps_a_pods_address(
    cluster: Cluster,
) -> None:
    cluster.obey(ECHO)
    # pod1 reaching itself is masqueraded, or its answer would never pass the node again
    assert cluster.answers("pod1", CLUSTER_IP) == {"pod1 < 10.244.1.1", f"pod2 < {POD1}"}


def test_the_node_itself_reaches_a_cluster_ip(cluster: Cluster) -> None:
    cluster.obey(ECHO)
    assert cluster.answers("node1", CLUSTER_IP) == {"pod1 < 10.244.1.1", f"pod2 < {NODE1}"}


def test_policy_cluster_reaches_every_pod_and_hides_the_client(cluster: Cluster) -> None:
    cluster.obey(ECHO)
    assert cluster.answers("client", VIP) == {"pod1 < 10.244.1.1", f"pod2 < {NODE1}"}


def test_policy_local_reaches_the_nodes_own_pod_and_shows_the_client(cluster: Cluster) -> None:
    cluster.obey(LOCAL)
    assert cluster.answers("client", VIP) == {f"pod1 < {CLIENT}"}
    assert cluster.answers("client", NODE1, 30080) == {f"pod1 < {CLIENT}"}


def test_policy_local_without_a_local_pod_is_a_black_hole_from_outside_only(
    cluster: Cluster,
) -> None:
    cluster.obey(replace(LOCAL, endpoints=(FAR,)))
    assert cluster.ask("client", VIP, seconds=1.5) == "silence"
    assert cluster.ask("client", NODE1, 30080, seconds=1.5) == "silence"
    assert cluster.answers("pod1", VIP) == {f"pod2 < {POD1}"}


def test_a_node_port_answers_on_the_nodes_address(cluster: Cluster) -> None:
    cluster.obey(ECHO)
    assert cluster.answers("client", NODE1, 30080) == {"pod1 < 10.244.1.1", f"pod2 < {NODE1}"}


@pytest.mark.parametrize(
    ("host", "address", "port"),
    [("client", VIP, 80), ("client", NODE1, 30080), ("pod1", CLUSTER_IP, 80), ("node1", VIP, 80)],
)
def test_a_service_without_any_endpoint_refuses(
    cluster: Cluster, host: str, address: str, port: int
) -> None:
    cluster.obey(replace(ECHO, endpoints=()))
    assert cluster.ask(host, address, port) == "Connection refused"


def test_a_port_that_a_cluster_ip_does_not_have_is_refused(cluster: Cluster) -> None:
    cluster.obey(ECHO)
    assert cluster.ask("pod1", CLUSTER_IP, 81) == "Connection refused"
    assert cluster.ask("node1", CLUSTER_IP, 81) == "Connection refused"


def test_new_rules_replace_the_old_ones_whole(cluster: Cluster) -> None:
    cluster.obey(ECHO)
    assert "service-" not in cluster.obey().replace("service-ips", "").replace(
        "service-nodeports", ""
    ).replace("service-endpoints-check", "")


def test_the_rules_do_not_depend_on_the_order_of_services() -> None:
    node = ProxyNode("node1", (NODE1,), "10.244.1.0/24")
    other = replace(ECHO, name="other", cluster_ip="10.96.0.11", node_port=None)
    assert ruleset(node, [ECHO, other]) == ruleset(node, [other, ECHO])


def test_the_longest_names_kubernetes_allows_stay_within_nfts_limit(cluster: Cluster) -> None:
    longest = replace(ECHO, namespace="n" * 63, name="s" * 63, port_name="p" * 63)
    assert len(longest.endpoint_chain(NEAR)) <= NAME_LIMIT + len("endpoint-")
    cluster.obey(longest)
    assert cluster.answers("client", VIP) == {"pod1 < 10.244.1.1", f"pod2 < {NODE1}"}
