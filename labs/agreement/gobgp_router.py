"""GoBGP as the router under test: a world as gobgpd's TOML, `gobgp global rib` as answers."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from labs.agreement.player import Answer, announcement_of, marks_used
from labs.agreement.world import ROUTER_ADDRESS, ROUTER_ID, Case, World
from labs.errors import LabError
from labs.gobgp import Gobgp
from labs.packages import Daemon
from labs.process_tree import ProcessTree
from labs.wire import Announcement

LOCAL_SOURCES = (None, "", "<nil>", "invalid IP", "0.0.0.0")  # noqa: S104 - printed by releases of gobgp


def configuration(world: World) -> str:
    """Write gobgpd's configuration for a world."""
    knobs = world.knobs
    marks = [(value, mark) for name, value, mark in marks_used(world) if name == "local_pref"]
    names = [f"lp{value}" for value, _ in marks]
    tables: list[tuple[str, dict[str, Any]]] = [
        (
            "[global.config]",
            {
                "as": world.local_as,
                "router-id": ROUTER_ID,
                "local-address-list": [ROUTER_ADDRESS],
            },
        ),
        (
            "[global.route-selection-options.config]",
            {
                "always-compare-med": knobs["always_compare_med"],
                "ignore-as-path-length": knobs["as_path_ignore"],
                "external-compare-router-id": knobs["compare_routerid"],
            },
        ),
        (
            "[global.apply-policy.config]",
            {
                "import-policy-list": ["marks"],
                "default-import-policy": "accept-route",
                "default-export-policy": "reject-route",
            },
        ),
    ]
    if world.confederation is not None:
        tables.append(
            (
                "[global.confederation.config]",
                {
                    "enabled": True,
                    "identifier": world.confederation["identifier"],
                    "member-as-list": world.confederation["peers"],
                },
            )
        )
    for neighbor in world.neighbors:
        tables += [
            ("[[neighbors]]", {}),
            (
                "[neighbors.config]",
                {"neighbor-address": neighbor.address, "peer-as": neighbor.asn},
            ),
            ("[neighbors.transport.config]", {"passive-mode": True}),
            ("[neighbors.timers.config]", {"hold-time": 240, "keepalive-interval": 80}),
        ]
        if neighbor.type != "ibgp":
            multihop = {"enabled": True, "multihop-ttl": 64}
            tables.append(("[neighbors.ebgp-multihop.config]", multihop))
    for name, (_, mark) in zip(names, marks, strict=True):
        tables.append(
            (
                "[[defined-sets.bgp-defined-sets.community-sets]]",
                {"community-set-name": name, "community-list": [mark]},
            )
        )
    tables.append(("[[policy-definitions]]", {"name": "marks"}))
    for name, (value, _) in zip(names, marks, strict=True):
        tables += [
            ("[[policy-definitions.statements]]", {"name": name}),
            (
                "[policy-definitions.statements.conditions.bgp-conditions.match-community-set]",
                {"community-set": name, "match-set-options": "any"},
            ),
            ("[policy-definitions.statements.actions]", {"route-disposition": "accept-route"}),
            (
                "[policy-definitions.statements.actions.bgp-actions]",
                {"set-local-pref": value},
            ),
        ]
    # TOML writes these values as JSON does
    return "\n".join(
        "\n".join([header, *(f"{name} = {json.dumps(value)}" for name, value in values.items())])
        for header, values in tables
    )


class GobgpRouter:
    """A running GoBGP configured for a world."""

    gap = 1.05  # GoBGP keeps a path's age in whole seconds

    def __init__(self, tree: ProcessTree, host: str, daemon: Daemon, world: World) -> None:
        """Start gobgpd."""
        self.gobgp = Gobgp(tree, host, daemon, configuration(world))
        self._table: dict[str, list[dict[str, Any]]] = {}

    def close(self) -> None:
        """Stop it."""
        self.gobgp.close()

    def originate(self, cases: Iterable[tuple[Case, Mapping[str, Any]]]) -> None:
        """Originate with `gobgp global rib add`."""
        for case, path in cases:
            attributes = f"nexthop 0.0.0.0 origin igp med {path['med']}"
            if path["local_pref"] is not None:
                attributes += f" local-pref {path['local_pref']}"
            self.gobgp.gobgp(f"global rib add {case['prefix']} {attributes}")

    def announcement(self, path: Mapping[str, Any], prefix: str) -> Announcement:
        """Encode a path; eBGP LOCAL_PREF travels as a mark."""
        return announcement_of({**path, "weight": 0}, prefix, marks=True)

    def has_chosen(self, prefixes: set[str]) -> bool:
        """Tell whether all of these prefixes are in the table; GoBGP sorts as it inserts."""
        self._table = self.gobgp.gobgp_json("global rib")
        return prefixes <= self._table.keys()

    def answer(self, case: Case) -> Answer:
        """Read the best path, after checking that GoBGP holds the paths it should."""
        paths = {path["peer"]["address"]: path for path in case["paths"]}
        seen = [
            (None if (source := path.get("neighbor-ip")) in LOCAL_SOURCES else source, path)
            for path in self._table.get(case["prefix"], [])
        ]
        meant = {address for address, path in paths.items() if not path["loop"]}
        if {source for source, _ in seen} != meant:
            raise LabError(
                f"{case['case']}: GoBGP holds paths of {[source for source, _ in seen]}, the case "
                f"has eligible paths of {meant}; the driver or the generator is wrong"
            )
        best = [paths[source]["id"] for source, path in seen if path.get("best")]
        return {"best": best[0] if best else None, "reason": None, "multipath": None}
