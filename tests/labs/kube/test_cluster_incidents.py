"""A cluster with MetalLB behind a real ToR: what works, what breaks, and what kubectl says of it.

One lab for all tests. Each begins with the corrected manifests in force: three nodes announce the
Service's address, and two pods stand behind it.
"""

from collections.abc import Iterator

import pytest
from learner import BASE, EXCLUDED, MANIFESTS, SPACE, VIP, Learner
from unpacked import wanted

from labs.lab import Lab
from labs.packages import Daemons

pytestmark = pytest.mark.lab
ALL = ("node1", "node2", "node3")
IN_SPACE = ("-n", SPACE)
IN_LAB = ("-n", "lab")
PRINTED = MANIFESTS / "printed"


@pytest.fixture(scope="module")
def running(
    daemons: Daemons, namespaces: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Learner]:
    del namespaces
    for name in ("frr-8.4", "nftables"):
        wanted(daemons, name)
    with Lab("cluster") as lab:
        learner = Learner(lab, tmp_path_factory.mktemp("manifests"))
        learner("create", "namespace", "lab")
        yield learner


@pytest.fixture
def learner(running: Learner) -> Learner:
    """The corrected manifests in force, and nothing else."""
    running.clear()
    running.ready()
    return running


@pytest.fixture
def beginner(running: Learner) -> Learner:
    """Nothing in force."""
    running.clear(keep=False)
    running.until_from()
    running.until("the pods are gone", lambda: running.pods() == 0)
    return running


def test_the_printed_manifests_fail_one_after_the_other_until_all_are_mended(
    beginner: Learner,
) -> None:
    kubectl = beginner
    assert 'unknown field "spec.ebgpMultihop"' in kubectl.fails(
        "apply", "-f", str(PRINTED / "peer-and-advertisement.yaml")
    )
    kubectl("apply", "-f", str(PRINTED / "pool-and-service.yaml"))
    kubectl(
        *(*IN_LAB, "create", "deployment", "echo-server", "--image=hashicorp/http-echo"),
        *("--replicas=2", "--", "-listen=:8080", "-text=bgp-routing-lab"),
    )
    kubectl.until("the pods crash", lambda: "CrashLoopBackOff" in kubectl(*IN_LAB, "get", "pods"))
    told = kubectl(*IN_LAB, "describe", "pods")
    assert 'exec: "-listen=:8080": executable file not found in $PATH' in told
    told = kubectl(*IN_LAB, "get", "service", "lab-bgp")
    assert "172.18.0.200" in told
    summary = kubectl.lab.show("tor", "show bgp summary")
    assert "Established" not in summary
    assert not kubectl.reaches("172.18.0.200", 1)

    # A peer: the sessions come up, and nothing is announced: the selector finds no pod.
    kubectl("apply", "-f", str(BASE[2]))
    for node in ALL:
        kubectl.lab.wait_state("tor", node, "Established", 20)
    assert kubectl.lab.announced("node1", "tor") == ()

    # Pods that start: applying over what `create` made would keep its command.
    kubectl(*IN_LAB, "delete", "deployment", "echo-server")
    kubectl("apply", "-f", str(BASE[0]))
    kubectl(*IN_LAB, "rollout", "status", "deployment/echo-server", "--timeout=20s")
    told = kubectl(*IN_LAB, "describe", "service", "lab-bgp")
    assert [line.split(":")[1].strip() for line in told.splitlines() if "Endpoints" in line] == [""]
    assert kubectl.lab.announced("node1", "tor") == ()

    # The right selector: all nodes announce, and the ToR takes no address of the nodes' own subnet.
    kubectl(*IN_LAB, "set", "selector", "service/lab-bgp", "app=echo-server")
    kubectl.until("it is announced", lambda: kubectl.lab.announced("node1", "tor"))
    assert kubectl.lab.announced("node1", "tor") == ("172.18.0.200/32",)
    assert dict(kubectl.routes("172.18.0.200/32")) == {}
    assert not kubectl.reaches("172.18.0.200", 1)

    # A pod on a node has its answer all the same: kube-proxy is on its way, BGP is not.
    seen = kubectl(
        *(*IN_LAB, "run", "verifier", "--rm", "-i", "--restart=Never"),
        *("--image=curlimages/curl:8.7.1", "--", "curl", "-sS", "http://172.18.0.200"),
    )
    assert "bgp-routing-lab" in seen

    # A pool outside: the Service moves there.
    kubectl("apply", "-f", str(BASE[1]))
    kubectl.until_from(*ALL)
    assert VIP in kubectl(*IN_LAB, "get", "service", "lab-bgp")
    assert kubectl.reaches()


@pytest.mark.parametrize("order", [(1, 2, 3), (3, 2, 1)], ids=["pool first", "pool last"])
def test_peer_pool_and_advertisement_come_in_any_order(
    beginner: Learner, order: tuple[int, ...]
) -> None:
    beginner("apply", "-f", str(BASE[4]), "-f", str(BASE[0]))
    for number in order:
        beginner("apply", "-f", str(BASE[number]))
    beginner.ready()
    assert beginner.reaches()


def test_what_works_says_so(learner: Learner) -> None:
    told = learner(*IN_LAB, "describe", "service", "lab-bgp")
    assert f"LoadBalancer Ingress:     {VIP} (VIP)" in told
    assert f'Assigned IP ["{VIP}"]' in told
    for node in ALL:
        assert f'announcing from node "{node}" with protocol "bgp"' in told
    lines = learner(*IN_SPACE, "get", "servicebgpstatuses").splitlines()[1:]
    assert sorted(line.split()[1] for line in lines) == [*ALL]
    states = learner(*IN_SPACE, "get", "configurationstates")
    assert states.count(" Valid ") == 4
    learner.until("the client is answered", learner.reaches)
    path = learner.routes()["node1"]
    assert [str(one) for one in path.communities] == ["64512:100"]


def test_local_pref_stays_inside_the_as(learner: Learner) -> None:
    learner.patch("bgpadvertisement", "lab-bgp-adv", localPref=200)
    learner.until(
        "the node sets it",
        lambda: "set local-preference 200" in learner.lab.show("node1", "show running-config"),
    )
    learner.until_from(*ALL)
    assert {path.local_pref for path in learner.routes().values()} == {None}


def test_communities_arrive_standard_large_and_by_name(learner: Learner) -> None:
    learner.apply(
        {
            "apiVersion": "metallb.io/v1beta1",
            "kind": "Community",
            "metadata": {"name": "names", "namespace": SPACE},
            "spec": {"communities": [{"name": "gold", "value": "64512:7"}]},
        }
    )
    given = ["64512:100", "large:64512:1:2", "gold"]
    learner.patch("bgpadvertisement", "lab-bgp-adv", communities=given)

    def arrived() -> bool:
        path = learner.routes().get("node2")
        return path is not None and (
            sorted(map(str, path.communities)),
            [str(one) for one in path.large_communities],
        ) == (["64512:100", "64512:7"], ["64512:1:2"])

    learner.until("they are at the ToR", arrived)


def test_a_route_map_of_the_tor_acts_on_a_community(learner: Learner) -> None:
    learner.lab.configure(
        "tor",
        "bgp community-list standard DRAINED seq 5 permit 64512:666",
        *("route-map FROM-node1 deny 5", "match community DRAINED"),
    )
    try:
        learner.patch("bgpadvertisement", "lab-bgp-adv", communities=["64512:666"])
        learner.until_from("node2", "node3")
        learner.until("the client is answered", learner.reaches)
        learner.patch("bgpadvertisement", "lab-bgp-adv", communities=["64512:100"])
        learner.until_from(*ALL)
    finally:
        learner.lab.configure("tor", "no route-map FROM-node1 deny 5")


def test_an_aggregate_is_announced_in_the_addresses_place(learner: Learner) -> None:
    learner.patch("ipaddresspool", "lab-pool", addresses=["172.30.200.0/24"], avoidBuggyIPs=True)
    learner.patch("bgpadvertisement", "lab-bgp-adv", aggregationLength=26)
    learner.until_from(*ALL, prefix="172.30.200.0/26")
    learner.until_from()
    learner.until("the client is answered", learner.reaches)
    told = learner.fails(
        *("patch", "bgpadvertisement", "lab-bgp-adv", *IN_SPACE, "--type=merge"),
        *("-p", '{"spec":{"aggregationLength":20}}'),
    )
    assert "invalid aggregation length 20: prefix 24 in this pool is more specific" in told


def test_nodes_are_chosen_by_label_for_sessions_and_for_announcements(learner: Learner) -> None:
    learner("label", "node", "node1", "node3", "rack=a")
    chosen = [{"matchLabels": {"rack": "a"}}]
    learner.patch("bgpadvertisement", "lab-bgp-adv", nodeSelectors=chosen)
    learner.until_from("node1", "node3")
    assert learner.lab.state("tor", "node2") == "Established"
    learner.patch("bgppeer", "lab-peer", nodeSelectors=[{"matchLabels": {"rack": "b"}}])
    learner.until_from()
    learner.until("no session is left", lambda: learner.lab.state("tor", "node1") != "Established")
    told = learner(*IN_SPACE, "logs", "daemonset/speaker", "--tail=5")
    assert '"event":"peerRemoved"' in told


def test_services_are_chosen_by_label(learner: Learner) -> None:
    selector = [{"matchLabels": {"tier": "public"}}]
    learner.patch("bgpadvertisement", "lab-bgp-adv", serviceSelectors=selector)
    learner.until_from()
    told = learner(*IN_SPACE, "logs", "daemonset/speaker", "--tail=3")
    assert '"event":"serviceWithdrawn"' in told
    assert '"reason":"noMatchingAdvertisement"' in told
    learner(*IN_LAB, "label", "service", "lab-bgp", "tier=public")
    learner.until_from(*ALL)


def test_a_bfd_profile_watches_the_sessions_and_an_unknown_one_changes_nothing(
    learner: Learner,
) -> None:
    learner.patch("bgppeer", "lab-peer", bfdProfile="fast")
    learner.until(
        "the speakers refuse it",
        lambda: (
            "non existing bfd profile fast"
            in learner(*IN_SPACE, "describe", "configurationstate", "speaker-node1")
        ),
    )
    assert "Invalid" in learner(*IN_SPACE, "get", "configurationstates")
    assert set(learner.routes()) == {*ALL}, "the configuration before stays in force"
    learner.apply(
        {
            "apiVersion": "metallb.io/v1beta1",
            "kind": "BFDProfile",
            "metadata": {"name": "fast", "namespace": SPACE},
            "spec": {"receiveInterval": 300, "transmitInterval": 300, "detectMultiplier": 3},
        }
    )
    learner.until(
        "BFD is up", lambda: learner.lab.show("tor", "show bfd peers").count("Status: up") == 3
    )
    learner.until_from(*ALL)
    learner.lab.drop("node2", "sw", "all")
    try:
        learner.until("BFD notices", lambda: set(learner.routes()) == {"node1", "node3"}, 4.0)
    finally:
        learner.lab.heal("node2", "sw")
    assert "failed to delete BFDProfile fast, used by BGPPeer lab-peer" in learner.fails(
        *IN_SPACE, "delete", "bfdprofile", "fast"
    )
    learner.patch("bgppeer", "lab-peer", bfdProfile=None)
    learner("delete", "bfdprofile", "fast", *IN_SPACE)


def test_a_password_must_be_the_tors(learner: Learner) -> None:
    for node in ALL:
        learner.lab.configure(
            "tor", "router bgp 65099", f"neighbor {ADDRESSES[node]} password right"
        )
    try:
        learner(
            *("create", "secret", "generic", "md5", *IN_SPACE),
            *("--type=kubernetes.io/basic-auth", "--from-literal=password=wrong"),
        )
        learner.patch("bgppeer", "lab-peer", passwordSecret={"name": "md5"})
        learner.until(
            "no session comes up with the wrong one",
            lambda: (
                {learner.lab.state("node1", "tor"), learner.lab.state("tor", "node1")}
                <= {"Connect", "Active", "Idle"}
            ),
        )
        learner.until_from()
        change = '{"stringData":{"password":"right"}}'
        learner("patch", "secret", "md5", *IN_SPACE, "-p", change)
        learner.until_from(*ALL)
    finally:
        for node in ALL:
            learner.lab.configure(
                "tor", "router bgp 65099", f"no neighbor {ADDRESSES[node]} password"
            )


ADDRESSES = {"node1": "172.18.0.2", "node2": "172.18.0.3", "node3": "172.18.0.4"}


def test_the_traffic_policy_decides_who_announces_and_what_pods_see(learner: Learner) -> None:
    assert learner.asked_by() <= {*ADDRESSES.values()}
    local = '{"spec":{"externalTrafficPolicy":"Local"}}'
    learner(*IN_LAB, "patch", "service", "lab-bgp", "-p", local)
    pods = learner.api.list("pods", "lab")
    learner.until_from(*{one["spec"]["nodeName"] for one in pods})
    assert learner.asked_by() == {"192.0.2.10"}
    learner(*IN_LAB, "scale", "deployment/echo-server", "--replicas=1")
    learner.until("one pod is left", lambda: learner.pods() == 1)
    (left,) = learner.api.list("pods", "lab")
    learner.until_from(left["spec"]["nodeName"])
    assert learner.asked_by() == {"192.0.2.10"}


def test_a_node_with_the_exclude_label_announces_nothing_even_if_it_says_false(
    learner: Learner,
) -> None:
    learner("label", "node", "node1", f"{EXCLUDED}=false")
    learner.until_from("node2", "node3")
    pods = learner.api.list("pods", SPACE, fields="spec.nodeName=node1")
    (speaker,) = [one for one in pods if one["metadata"]["name"].startswith("speaker")]
    told = learner(*IN_SPACE, "logs", speaker["metadata"]["name"])
    assert f"speaker's node has labeled '{EXCLUDED}'" in told
    assert '"reason":"nodeLabeledExcludeBalancers"' in told
    assert learner.lab.state("tor", "node1") == "Established"
    learner("label", "node", "node1", f"{EXCLUDED}-")
    learner.until_from(*ALL)


def test_a_drained_node_has_no_pods_left_and_announces_by_its_policy(learner: Learner) -> None:
    local = '{"spec":{"externalTrafficPolicy":"Local"}}'
    learner(*IN_LAB, "patch", "service", "lab-bgp", "-p", local)
    node = learner.api.list("pods", "lab")[0]["spec"]["nodeName"]
    told = learner.fails("drain", node)
    assert "cannot delete DaemonSet-managed Pods" in told
    told = learner("drain", node, "--ignore-daemonsets")
    assert f"node/{node} drained" in told
    learner.until("both pods run elsewhere", lambda: learner.pods() == 2)
    where = {one["spec"]["nodeName"] for one in learner.api.list("pods", "lab")}
    assert node not in where
    learner.until_from(*where)
    assert "SchedulingDisabled" in learner("get", "node", node)
    learner("uncordon", node)
    assert "SchedulingDisabled" not in learner("get", "node", node)


def test_pods_that_crash_take_the_route_with_them_and_bring_it_back(learner: Learner) -> None:
    words = ("patch", "deployment", "echo-server", *IN_LAB, "--type=json", "-p")
    recreate = '[{"op":"replace","path":"/spec/strategy","value":{"type":"Recreate"}}]'
    learner(*words, recreate)
    wrong = '[{"op":"add","path":"/spec/template/spec/containers/0/command","value":["-x"]}]'
    learner(*words, wrong)
    learner.until_from()
    learner.until("pods crash", lambda: "CrashLoopBackOff" in learner(*IN_LAB, "get", "pods"))
    told = learner(*IN_SPACE, "logs", "daemonset/speaker", "--tail=3")
    assert '"reason":"noEndpoints"' in told
    assert not learner.reaches(count=1)
    learner(*IN_LAB, "rollout", "undo", "deployment/echo-server")
    learner.ready()
    learner.until("the client is answered", learner.reaches)


def test_a_container_that_ends_is_started_again_and_is_back(learner: Learner) -> None:
    # Signals reach the first program of a container only once it asks for them.
    wait = 'trap "exit 3" TERM; echo listening; while :; do sleep 0.05; done'
    learner(
        *(*IN_LAB, "run", "mortal", "--image=busybox", "--labels=app=mortal"),
        *("--", "sh", "-c", wait),
    )

    def listens(restarts: int) -> bool:
        status = learner.api.get("pods", "mortal", "lab").get("status") or {}
        (state,) = status.get("containerStatuses") or [{}]
        if state.get("restartCount") != restarts or "running" not in state["state"]:
            return False
        return "listening" in learner.run(*IN_LAB, "logs", "mortal").text

    learner.until("it runs", lambda: listens(0))
    learner(*IN_LAB, "set", "selector", "service/lab-bgp", "app=mortal")
    learner.until_from(*ALL)
    learner(*IN_LAB, "exec", "mortal", "--", "kill", "1")
    learner.until("it runs again", lambda: listens(1))
    learner.until_from(*ALL)
    told = learner(*IN_LAB, "describe", "pod", "mortal")
    assert "Exit Code:    3" in told


def test_a_service_that_is_deleted_gives_its_address_back(learner: Learner) -> None:
    free = "jsonpath={.status.assignedIPv4}/{.status.availableIPv4}"
    assert learner(*IN_SPACE, "get", "ipaddresspool", "lab-pool", "-o", free) == "1/29"
    learner(*IN_LAB, "delete", "service", "lab-bgp")
    learner.until_from()
    learner.until(
        "the pool is whole",
        lambda: learner(*IN_SPACE, "get", "ipaddresspool", "lab-pool", "-o", free) == "0/30",
    )


def test_a_pool_that_changes_gives_its_services_other_addresses(learner: Learner) -> None:
    learner.patch("ipaddresspool", "lab-pool", addresses=["172.30.200.100-172.30.200.110"])
    learner.until_from(*ALL, prefix="172.30.200.100/32")
    learner.until_from()
    learner.until("the client is answered", lambda: learner.reaches("172.30.200.100"))


def test_two_services_share_an_address_where_both_allow_it(learner: Learner) -> None:
    second = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {
            "name": "second",
            "namespace": "lab",
            "annotations": {"metallb.io/loadBalancerIPs": VIP},
        },
        "spec": {
            "type": "LoadBalancer",
            "selector": {"app": "echo-server"},
            "ports": [{"port": 8000, "targetPort": 8080}],
        },
    }
    learner.apply(second)
    learner.until(
        "it is told why not",
        lambda: "AllocationFailed" in learner(*IN_LAB, "describe", "service", "second"),
    )
    for name in ("lab-bgp", "second"):
        learner(*IN_LAB, "annotate", "service", name, "metallb.io/allow-shared-ip=web")
    learner.until("it has it", lambda: VIP in learner(*IN_LAB, "get", "service", "second"))
    learner.until("the client is answered", lambda: learner.reaches(f"{VIP}:8000"))
    learner(*IN_LAB, "delete", "service", "lab-bgp")
    learner.until("only one is left", lambda: not learner.reaches(count=1))
    assert set(learner.routes()) == {*ALL}
    learner.until("the client is answered", lambda: learner.reaches(f"{VIP}:8000"))


def test_a_hand_edit_on_a_node_is_undone(learner: Learner) -> None:
    learner.lab.configure(
        "node1", "router bgp 64512", "address-family ipv4 unicast", f"no network {VIP}/32"
    )
    learner.until(
        "the edit is undone", lambda: learner.lab.announced("node1", "tor") == (f"{VIP}/32",)
    )
    learner.until_from(*ALL)


def test_a_bgpd_that_is_killed_has_its_configuration_when_it_is_back(learner: Learner) -> None:
    learner.lab.kill("node1")
    learner.until_from("node2", "node3")
    learner.until("the client is answered", learner.reaches)
    learner.lab.start_daemon("node1")
    learner.until_from(*ALL)


def test_a_service_that_gets_no_address_says_why(learner: Learner) -> None:
    learner.patch("ipaddresspool", "lab-pool", autoAssign=False)
    learner(*IN_LAB, "create", "service", "loadbalancer", "extra", "--tcp=80:8080")
    learner.until(
        "it says so",
        lambda: (
            'Failed to allocate IP for "lab/extra": no available IPs'
            in learner(*IN_LAB, "describe", "service", "extra")
        ),
    )
    told = learner(*IN_SPACE, "logs", "deployment/controller", "--tail=3")
    assert "no available IPs" in told


def test_at_debug_level_each_speaker_says_why_it_does_not_announce(learner: Learner) -> None:
    path = "/spec/template/spec/containers/0/args/1"
    words = ("patch", "daemonset", "speaker", *IN_SPACE, "--type=json", "-p")

    def level(name: str) -> None:
        learner(*words, f'[{{"op":"replace","path":"{path}","value":"--log-level={name}"}}]')
        learner(*IN_SPACE, "rollout", "status", "daemonset/speaker", "--timeout=20s")

    level("debug")
    try:
        chosen = [{"matchLabels": {"rack": "none"}}]
        learner.patch("bgpadvertisement", "lab-bgp-adv", nodeSelectors=chosen)
        learner.until_from()
        learner.until(
            "the log says why",
            lambda: (
                "pool not matching my node"
                in learner(*IN_SPACE, "logs", "daemonset/speaker", "--tail=20")
            ),
        )
    finally:
        level("info")
