"""What MetalLB's webhooks refuse, in their words, and what they let through."""

from typing import Any

import pytest
import yaml

from labs.kube.api import ApiError

TOR = {"myASN": 64512, "peerASN": 65099, "peerAddress": "172.18.0.254"}


def made(kind: str, name: str, spec: Any, space: str = "metallb-system") -> dict[str, Any]:
    version = "v1beta2" if kind == "BGPPeer" else "v1beta1"
    return {
        "apiVersion": f"metallb.io/{version}",
        "kind": kind,
        "metadata": {"name": name, "namespace": space},
        "spec": yaml.safe_load(spec) if isinstance(spec, str) else spec,
    }


def refused(world: Any, *given: Any) -> str:
    """The message of the last object; those before it are taken."""
    for one in given[:-1]:
        world.apply(one)
    with pytest.raises(ApiError) as told:
        world.apply(given[-1])
    assert told.value.code == 403
    head, _, message = told.value.message.partition(" denied the request: ")
    assert head.startswith('admission webhook "')
    assert head.endswith('validationwebhook.metallb.io"')
    return str(message)


@pytest.mark.parametrize(
    ("kind", "spec"),
    [
        ("BGPPeer", TOR),
        ("IPAddressPool", {"addresses": ["10.0.0.0/24"]}),
        ("BGPAdvertisement", {}),
        ("L2Advertisement", {}),
        ("BFDProfile", {}),
        ("Community", {}),
    ],
)
def test_everything_must_be_in_metallbs_namespace(world: Any, kind: str, spec: Any) -> None:
    told = refused(world, made(kind, "one", spec, "default"))
    assert told == "resource must be created in metallb-system namespace"


@pytest.mark.parametrize(
    ("addresses", "told"),
    [
        (
            ["172.18.200.1"],
            (
                'parsing address pool b: invalid CIDR "172.18.200.1" in pool "b": '
                'invalid CIDR "172.18.200.1"'
            ),
        ),
        (["10.0.0.0/33"], 'invalid CIDR "10.0.0.0/33"'),
        (["10.0.0.0/255.255.255.0"], 'invalid CIDR "10.0.0.0/255.255.255.0"'),
        (
            ["10.0.0.9-10.0.0.1"],
            (
                'invalid IP range "10.0.0.9-10.0.0.1": start IP "10.0.0.9" is after the end IP '
                '"10.0.0.1"'
            ),
        ),
        (["10.0.0.1-x"], 'invalid IP range "10.0.0.1-x": invalid end IP "x"'),
        ([], "parsing address pool b: pool has no prefixes defined"),
        (
            ["172.18.200.128/25"],
            (
                'CIDR "172.18.200.128/25" in pool "b" overlaps with already defined CIDR '
                '"172.18.200.0/24"'
            ),
        ),
        (
            ["10.0.0.0/24", "10.0.0.5-10.0.0.5"],
            'CIDR "10.0.0.5/32" in pool "b" overlaps with already defined CIDR "10.0.0.0/24"',
        ),
    ],
)
def test_a_pool_must_be_one(world: Any, addresses: list[str], told: str) -> None:
    first = made("IPAddressPool", "a", {"addresses": ["172.18.200.0/24"]})
    assert told in refused(world, first, made("IPAddressPool", "b", {"addresses": addresses}))


def test_a_pool_reserved_twice_for_a_namespace_is_refused(world: Any) -> None:
    spec = {"addresses": ["10.0.0.0/24"], "serviceAllocation": {"namespaces": ["a", "a"]}}
    told = refused(world, made("IPAddressPool", "a", spec))
    assert told == "parsing address pool a: duplicate definition in namespaces field"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"myASN": 0}, "parsing peer tor missing local ASN"),
        ({"peerASN": 0}, "parsing peer tor missing peer ASN and dynamicASN"),
        ({"dynamicASN": "internal"}, "parsing peer tor both peer ASN and dynamicASN specified"),
        (
            {"peerASN": 64512, "ebgpMultiHop": True},
            "parsing peer tor invalid ebgp-multihop parameter set for an ibgp peer",
        ),
        ({"peerAddress": ""}, "parsing peer tor peer has no Address or Interface specified"),
        ({"interface": "eth1"}, "parsing peer tor peer has both Address and Interface specified"),
        ({"peerAddress": "tor"}, 'parsing peer tor invalid BGPPeer address "tor"'),
        ({"routerID": "x"}, 'parsing peer tor invalid router ID "x"'),
        ({"sourceAddress": "x"}, 'parsing peer tor invalid source IP "x"'),
        (
            {"holdTime": "2s"},
            'parsing peer tor invalid BGPPeer timers: invalid hold time "2s": must be 0 or >=3s',
        ),
        (
            {"keepaliveTime": "500ms"},
            "parsing peer tor invalid BGPPeer timers: invalid hold time <nil>: must be 0 or >=3s",
        ),
        (
            {"holdTime": "90s", "keepaliveTime": "2m"},
            (
                'parsing peer tor invalid BGPPeer timers: invalid keepaliveTime "2m0s", '
                'must be lower than holdTime "1m30s"'
            ),
        ),
        ({"holdTime": "90"}, 'time: missing unit in duration "90"'),
        ({"holdTime": "soon"}, 'time: invalid duration "soon"'),
        ({"holdTime": "3w"}, 'time: unknown unit "w" in duration "3w"'),
        (
            {"nodeSelectors": [{"matchLabels": {"a": "b"}}, {"matchLabels": {"a": "b"}}]},
            'parsing peer tor duplicate definition of nodeSelectors {map["a":"b"] []}',
        ),
        (
            {"nodeSelectors": [{"matchExpressions": [{"key": "a", "operator": "Is"}]}]},
            '"Is" is not a valid label selector operator',
        ),
    ],
)
def test_a_peer_must_be_one(world: Any, change: dict[str, Any], told: str) -> None:
    assert told in refused(world, made("BGPPeer", "tor", {**TOR, **change}))


@pytest.mark.parametrize(
    ("second", "told"),
    [
        (
            TOR,
            (
                "peer 172.18.0.254 already exists, FRR mode doesn't support duplicate BGPPeers "
                "selecting the same node"
            ),
        ),
        (
            {**TOR, "peerAddress": "172.18.0.253", "routerID": "10.0.0.1"},
            (
                "peer 10.0.0.1 has RouterID different from , in FRR mode peers selecting the same "
                "node must all have the same RouterID"
            ),
        ),
        (
            {**TOR, "peerAddress": "172.18.0.253", "myASN": 64513},
            (
                "peer 172.18.0.253 has myAsn different from 172.18.0.254, in FRR mode peers "
                "selecting the same node must have the same myAsn within the same VRF"
            ),
        ),
    ],
)
def test_peers_of_one_node_must_get_along(world: Any, second: Any, told: str) -> None:
    assert refused(world, made("BGPPeer", "a", TOR), made("BGPPeer", "b", second)) == told


def test_peers_of_different_nodes_need_not_get_along(world: Any) -> None:
    for node in ("node1", "node2"):
        world.patch("nodes", node, {"metadata": {"labels": {"name": node}}}, "")
        chosen = {"nodeSelectors": [{"matchLabels": {"name": node}}]}
        world.apply(made("BGPPeer", node, {**TOR, **chosen}))


ADVERTISED = made("IPAddressPool", "a", {"addresses": ["172.18.200.0/24"]})


@pytest.mark.parametrize(
    ("spec", "told"),
    [
        (
            {"aggregationLength": 20},
            (
                "invalid aggregation length 20: prefix 24 in this pool is more specific than the "
                "aggregation length for addresses 172.18.200.0/24"
            ),
        ),
        ({"aggregationLength": 33}, "invalid aggregation length '!' for IPv4"),
        ({"aggregationLengthV6": 129}, "invalid aggregation length '\\u0081' for IPv6"),
        ({"ipAddressPools": ["a", "a"]}, 'duplicate definition of ipAddressPools "a"'),
        ({"peers": ["a", "a"]}, 'duplicate definition of peers "a"'),
        ({"communities": ["1:2", "1:2"]}, 'duplicate definition of community "1:2"'),
        (
            {"communities": ["70000:1"]},
            (
                'invalid community value: invalid section "70000" of community "70000:1", err: '
                '"strconv.ParseUint: parsing \\"70000\\": value out of range"\n'
                'invalid community "70000:1" in BGP advertisement'
            ),
        ),
        (
            {"communities": ["big:1:2:3"]},
            (
                "invalid community value: invalid marker for large community, expected community "
                'to be of format large:<uint32>:<uint32>:<uint32> but got "big:1:2:3" instead'
            ),
        ),
        (
            {"communities": ["1:2:3"]},
            'invalid community format: 1:2:3\ninvalid community "1:2:3" in BGP advertisement',
        ),
    ],
)
def test_an_advertisement_must_be_one(world: Any, spec: Any, told: str) -> None:
    assert told in refused(world, ADVERTISED, made("BGPAdvertisement", "x", spec))


def test_one_update_has_one_local_preference_and_none_is_zero(world: Any) -> None:
    first = made("BGPAdvertisement", "a", {"ipAddressPools": ["a"]})
    second = made("BGPAdvertisement", "b", {"ipAddressPools": ["a"], "localPref": 100})
    assert refused(world, ADVERTISED, first, second) == (
        "invalid local preference 100: local preferernce 0 was already set for the same type of "
        "BGP update. Check existing BGP advertisements with common pools and aggregation lengths"
    )


@pytest.mark.parametrize("apart", [{"peers": ["b"]}, {"aggregationLength": 25}, {"nodes": "node2"}])
def test_other_peers_lengths_or_nodes_may_have_another_local_preference(
    world: Any, apart: dict[str, Any]
) -> None:
    first, second = {"peers": ["a"]}, {"localPref": 100, **apart}
    if node := second.pop("nodes", ""):
        world.patch("nodes", node, {"metadata": {"labels": {"here": "x"}}}, "")
        second["nodeSelectors"] = [{"matchLabels": {"here": "x"}}]
        first["nodeSelectors"] = [
            {"matchExpressions": [{"key": "here", "operator": "DoesNotExist"}]}  # type: ignore[list-item]
        ]
    for one in (ADVERTISED, made("BGPAdvertisement", "a", first)):
        world.apply(one)
    world.apply(made("BGPAdvertisement", "b", second))


def test_a_community_has_one_value(world: Any) -> None:
    names = {"communities": [{"name": "a", "value": "1:2"}]}
    told = refused(world, made("Community", "a", names), made("Community", "b", names))
    assert told == 'duplicate definition of community "a"'
    wrong = made("Community", "c", {"communities": [{"name": "c", "value": "x"}]})
    assert refused(world, wrong) == 'parsing community "c": invalid community format: x'


def test_a_bfd_profile_in_use_cannot_be_deleted(world: Any) -> None:
    world.apply(made("BFDProfile", "fast", {}))
    world.apply(made("BGPPeer", "tor", {**TOR, "bfdProfile": "fast"}))
    with pytest.raises(ApiError, match="failed to delete BFDProfile fast, used by BGPPeer tor"):
        world.api.delete("bfdprofiles.metallb.io", "fast", "metallb-system")
    world.api.delete("bgppeers.metallb.io", "tor", "metallb-system")
    world.api.delete("bfdprofiles.metallb.io", "fast", "metallb-system")


def test_an_update_is_checked_as_a_creation_is(world: Any) -> None:
    world.apply(made("BGPPeer", "tor", TOR))
    with pytest.raises(ApiError, match='invalid router ID "x"'):
        world.patch("bgppeers.metallb.io", "tor", {"spec": {"routerID": "x"}}, "metallb-system")


def test_what_a_webhook_cannot_see_slips_through_and_the_whole_configuration_is_refused(
    world: Any,
) -> None:
    world.settle()
    # The webhook of pools knows no advertisements: a too wide aggregate applied first slips in.
    world.apply(made("BGPAdvertisement", "wide", {"aggregationLength": 16}))
    world.apply(ADVERTISED)
    world.settle()
    told = "invalid aggregation length 16: prefix 24 in this pool is more specific"
    assert world.state("speaker-node1")[0] == "Invalid"
    assert told in world.state("speaker-node1")[1]
    assert world.state("controller") == ("Valid", "")


@pytest.mark.parametrize(
    ("late", "told"),
    [
        (
            {"password": "a", "passwordSecret": {"name": "md5"}},
            'can not have both password and secret ref set in peer config "metallb-system"/"tor"',
        ),
        (
            {"passwordSecret": {"name": "md5"}},
            (
                'secret ref not found for peer config "metallb-system"/"tor"\n'
                "failed to parse peer tor password secret"
            ),
        ),
        ({"bfdProfile": "fast"}, "peer tor referencing non existing bfd profile fast"),
    ],
)
def test_a_reference_is_admitted_and_then_the_speakers_refuse_everything(
    world: Any, late: dict[str, Any], told: str
) -> None:
    world.apply(made("BGPPeer", "tor", TOR))
    world.settle()
    before = world.text()
    world.patch("bgppeers.metallb.io", "tor", {"spec": late}, "metallb-system")
    world.apply(made("BGPPeer", "second", {**TOR, "peerAddress": "172.18.0.253"}))
    world.settle()
    result, summary = world.state("speaker-node1")
    assert (result, told in summary) == ("Invalid", True)
    assert summary.startswith("configuration error: ")
    assert world.text() == before, "the older configuration keeps running"


def test_an_unknown_alias_is_mended_by_the_community_that_comes_later(world: Any) -> None:
    world.apply(ADVERTISED)
    world.apply(made("BGPAdvertisement", "a", {"communities": ["gold"]}))
    world.settle()
    assert world.state("speaker-node1") == (
        "Invalid",
        (
            "configuration error: invalid community format: gold\n"
            'invalid community "gold" in BGP advertisement'
        ),
    )
    world.apply(made("Community", "names", {"communities": [{"name": "gold", "value": "1:2"}]}))
    world.settle()
    assert world.state("speaker-node1") == ("Valid", "")


def test_a_mistake_for_one_node_is_told_by_that_nodes_speaker_only(world: Any) -> None:
    world.patch("nodes", "node2", {"metadata": {"labels": {"rack": "b"}}}, "")
    chosen = {"nodeSelectors": [{"matchLabels": {"rack": "b"}}], "bfdProfile": "none"}
    world.apply(made("BGPPeer", "tor", {**TOR, **chosen}))
    world.settle()
    assert [world.state(f"speaker-node{n}")[0] for n in (1, 2)] == ["Valid", "Invalid"]


def test_a_missing_pool_or_peer_is_no_mistake(world: Any) -> None:
    world.apply(made("BGPAdvertisement", "a", {"ipAddressPools": ["later"], "peers": ["later"]}))
    world.settle()
    assert world.state("speaker-node1") == ("Valid", "")


@pytest.mark.parametrize(
    ("spec", "told"),
    [
        ({"keepaliveTime": "10s"}, "keepalive-time set"),
        ({"vrf": "red"}, "vrf set"),
        ({"connectTime": "5s"}, "connect time set"),
        ({"enableGracefulRestart": True}, "EnableGracefulRestart flag set"),
        ({"dualStackAddressFamily": True}, "dualstackaddressfamily flag set"),
        ({"localASN": 5}, "localASN set"),
    ],
)
def test_native_mode_refuses_what_it_cannot_do(native: Any, spec: Any, told: str) -> None:
    message = refused(native, made("BGPPeer", "tor", {**TOR, **spec}))
    assert message == f"peer 172.18.0.254 has {told} on native bgp mode"


def test_native_mode_takes_a_bfd_profile_and_refuses_it_later(native: Any) -> None:
    native.apply(made("BFDProfile", "fast", {}))
    native.apply(made("BGPPeer", "tor", {**TOR, "bfdProfile": "fast"}))
    native.settle()
    told = "configuration error: peer 172.18.0.254 has bfd-profile set on native bgp mode"
    assert native.state("speaker-node1") == ("Invalid", told)


def test_native_mode_knows_standard_communities_and_ipv4_only(native: Any) -> None:
    native.apply(made("IPAddressPool", "six", {"addresses": ["fd00::/120"]}))
    assert refused(native, made("BGPAdvertisement", "a", {})) == (
        'pool "six" has ipv6 CIDR fd00::/120, native bgp mode does not support ipv6'
    )
    large = {"communities": ["large:1:2:3"], "ipAddressPools": ["none"]}
    assert refused(native, made("BGPAdvertisement", "a", large)) == (
        'native BGP mode only supports legacy communities, BGP advertisement "a" has non legacy '
        'community "large:1:2:3"'
    )


def test_bfd_echo_and_ipv6_do_not_go_together(world: Any) -> None:
    world.apply(made("BFDProfile", "echo", {"echoMode": True}))
    world.apply(made("BGPPeer", "tor", {**TOR, "bfdProfile": "echo"}))
    world.apply(made("IPAddressPool", "six", {"addresses": ["fd00::/120"]}))
    world.apply(made("BGPAdvertisement", "all", {}))
    world.settle()
    assert world.state("speaker-node1")[1] == (
        "configuration error: pool six has bgpadvertisement all which references peer tor which "
        "has bfd echo enabled, which is not possible"
    )


def test_the_old_version_of_a_peer_is_checked_too(world: Any) -> None:
    old = {**made("BGPPeer", "tor", {**TOR, "routerID": "x"}), "apiVersion": "metallb.io/v1beta1"}
    assert refused(world, old) == 'parsing peer tor invalid router ID "x"'


def test_objects_without_a_spec_are_told_what_they_lack(world: Any) -> None:
    empty = made("BGPPeer", "tor", {})
    del empty["spec"]
    assert refused(world, empty) == "parsing peer tor missing local ASN"
    for kind in ("BGPAdvertisement", "L2Advertisement", "Community", "BFDProfile"):
        nothing = made(kind, "nothing", {})
        del nothing["spec"]
        world.apply(nothing)
    world.apply(ADVERTISED)
    world.settle()
    assert world.state("speaker-node1") == ("Valid", "")
