"""Paths for tests: a short way to write one down, and hypothesis strategies for any."""

from ipaddress import IPv4Address
from typing import Any

from hypothesis import strategies as st

from bgp import AsPath, Knobs, Origin, Path, Peer, PeerType, Segment, SegmentType, Speaker

SPEAKER = Speaker(64512, IPv4Address("10.0.0.1"))


def peer(
    number: int, kind: PeerType = PeerType.EBGP, asn: int = 65001, router_id: str | None = None
) -> Peer:
    """A peer whose address and identifier end in its number."""
    if kind is PeerType.IBGP:
        asn = SPEAKER.asn
    return Peer(
        f"n{number}",
        kind,
        IPv4Address(f"192.0.2.{number}"),
        IPv4Address(router_id or f"10.9.9.{number}"),
        asn,
    )


def path(number: int, as_path: str = "65001", **attributes: Any) -> Path:
    """Path `p<number>` from peer `number`; `kind`, `asn` and `router_id` go to the peer."""
    parsed = AsPath.parse(as_path)
    first = parsed.segments[0].asns[0] if parsed.segments else 65001
    of_peer = {
        name: attributes.pop(name) for name in ("kind", "asn", "router_id") if name in attributes
    }
    of_peer.setdefault("asn", first)
    defaults: dict[str, Any] = {
        "next_hop": IPv4Address(f"192.0.2.{number}"),
        "igp_metric": 0,
        **attributes,
    }
    return Path(f"p{number}", peer(number, **of_peer), parsed, **defaults)


as_paths = st.builds(
    AsPath,
    st.lists(
        st.builds(
            Segment,
            st.sampled_from([SegmentType.AS_SEQUENCE, SegmentType.AS_SEQUENCE, SegmentType.AS_SET]),
            st.lists(st.integers(65001, 65004), min_size=1, max_size=3).map(tuple),
        ),
        max_size=2,
    ).map(tuple),
)


@st.composite
def candidates(draw: st.DrawFn, min_size: int = 1, max_size: int = 6) -> tuple[Path, ...]:
    """A few paths with many ties, so that late steps and MED cycles come up."""
    count = draw(st.integers(min_size, max_size))
    paths = []
    for number in range(1, count + 1):
        kind = draw(st.sampled_from([PeerType.EBGP, PeerType.EBGP, PeerType.IBGP]))
        paths.append(
            Path(
                f"p{number}",
                peer(
                    number,
                    kind,
                    draw(st.integers(65001, 65003)),
                    f"10.9.9.{draw(st.integers(1, 4))}",
                ),
                draw(as_paths),
                origin=draw(st.sampled_from(Origin)),
                med=draw(st.sampled_from([None, 0, 10, 20])),
                local_pref=draw(st.sampled_from([None, None, 100, 200])),
                weight=draw(st.sampled_from([0, 0, 0, 5])),
                next_hop=IPv4Address(f"192.0.2.{draw(st.integers(1, 6))}"),
                next_hop_resolvable=draw(st.sampled_from([True, True, True, False])),
                igp_metric=draw(st.sampled_from([0, 0, 10])),
                originator_id=draw(
                    st.sampled_from([None, IPv4Address("10.9.9.2")])
                    if kind is PeerType.IBGP
                    else st.none()
                ),
                cluster_list=draw(
                    st.sampled_from([(), (IPv4Address("10.8.8.1"),)])
                    if kind is PeerType.IBGP
                    else st.just(())
                ),
                loop=draw(st.sampled_from([False, False, False, True])),
            )
        )
    return tuple(paths)


knobs = st.builds(
    Knobs,
    **{
        name: st.booleans()
        for name in (
            "always_compare_med",
            "deterministic_med",
            "compare_routerid",
            "med_missing_as_worst",
            "as_path_ignore",
            "as_path_multipath_relax",
            "peer_type_multipath_relax",
        )
    },
    maximum_paths=st.sampled_from([None, 1, 2]),
)
