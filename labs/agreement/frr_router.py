"""FRR as the router under test: a world as bgpd's configuration, bgpd's JSON as answers."""

from collections.abc import Iterable, Mapping
from typing import Any

from labs.agreement.player import Answer, announcement_of, marks_used
from labs.agreement.world import ROUTER_ID, Case, World
from labs.errors import LabError
from labs.frr import Frr
from labs.packages import Daemon
from labs.process_tree import ProcessTree
from labs.wire import Announcement

BOOLEAN_KNOBS = {
    "always_compare_med": "bgp always-compare-med",
    "deterministic_med": "bgp deterministic-med",
    "compare_routerid": "bgp bestpath compare-routerid",
    "as_path_ignore": "bgp bestpath as-path ignore",
    "as_path_confed": "bgp bestpath as-path confed",
    "as_path_multipath_relax": "bgp bestpath as-path multipath-relax",
    "peer_type_multipath_relax": "bgp bestpath peer-type multipath-relax",
    "aigp": "bgp bestpath aigp",
    "reject_as_sets": "bgp reject-as-sets",
    "enforce_first_as": "bgp enforce-first-as",
}
"""One line of configuration each, `no` before it when off and not off by default everywhere."""

NO_MED_AT_WORST = 4294967295
ENFORCING = (True, None)  # where FRR has the knob, it is on by default
SAID_WHEN_OFF = ("reject_as_sets", "enforce_first_as")


def configuration(world: World) -> str:
    """Write bgpd's configuration for a world.

    Route-maps come before `router bgp`: a neighbour whose map does not exist yet is denied
    everything until a timer of five seconds has run.
    """
    lines = [*_import_policy(world), f"router bgp {world.local_as}", f" bgp router-id {ROUTER_ID}"]
    if world.confederation is not None:
        members = " ".join(map(str, world.confederation["peers"]))
        lines.append(f" bgp confederation identifier {world.confederation['identifier']}")
        lines.append(f" bgp confederation peers {members}")
    lines += [" no bgp ebgp-requires-policy", " no bgp network import-check", " coalesce-time 0"]
    lines += _options(world.knobs)
    for neighbor in world.neighbors:
        name = f" neighbor {neighbor.address}"
        lines += [f"{name} remote-as {neighbor.asn}", f"{name} passive"]
        if neighbor.type != "ibgp":
            lines.append(f"{name} ebgp-multihop")
        if "aigp" in world.knobs:
            lines.append(f"{name} aigp")
    lines += [" address-family ipv4 unicast", *_multipath(world.knobs)]
    for neighbor in world.neighbors:
        name = f"  neighbor {neighbor.address}"
        lines += [f"{name} route-map IN in", f"{name} route-map NOTHING out"]
    return "\n".join([*lines, " exit-address-family", "exit"])


def _import_policy(world: World) -> list[str]:
    """Turn the marks that paths carry into weight and LOCAL_PREF; export nothing."""
    lists, maps = [], []
    for number, (attribute, value, community) in enumerate(marks_used(world), start=1):
        lists.append(f"bgp community-list standard M{number} permit {community}")
        setting = {"weight": "weight", "local_pref": "local-preference"}[attribute]
        maps += [
            f"route-map IN permit {number}",
            f" match community M{number}",
            f" set {setting} {value}",
            " on-match next",
        ]
    last = ["route-map IN permit 9999", "route-map NOTHING deny 10"]
    return ["frr defaults traditional", *lists, *maps, *last]


def _options(knobs: Mapping[str, Any]) -> list[str]:
    """Write the options of the decision process."""
    lines = [f" bgp default local-preference {knobs['default_local_preference']}"]
    for knob, line in BOOLEAN_KNOBS.items():
        if knobs.get(knob):
            lines.append(f" {line}")
        elif knobs.get(knob) is False and knob in SAID_WHEN_OFF:
            lines.append(f" no {line}")
    words = {"med_confed": "confed", "med_missing_as_worst": "missing-as-worst"}
    med = [word for knob, word in words.items() if knobs[knob]]
    return [*lines, f" bgp bestpath med {' '.join(med)}"] if med else lines


def _multipath(knobs: Mapping[str, Any]) -> list[str]:
    """Write the limits of multipath, where they are not FRR's own."""
    lines = []
    if knobs["maximum_paths"] is not None:
        lines.append(f"  maximum-paths {knobs['maximum_paths']}")
    if knobs["maximum_paths_ibgp"] is not None:
        equal = " equal-cluster-length" if knobs["ibgp_equal_cluster_length"] else ""
        lines.append(f"  maximum-paths ibgp {knobs['maximum_paths_ibgp']}{equal}")
    return lines


class FrrRouter:
    """A running FRR configured for a world."""

    gap = 0.0

    def __init__(self, tree: ProcessTree, host: str, daemon: Daemon, world: World) -> None:
        """Start zebra and bgpd."""
        self.world = world
        self.frr = Frr(tree, host, daemon, configuration(world))

    def close(self) -> None:
        """Stop both daemons."""
        self.frr.close()

    def originate(self, cases: Iterable[tuple[Case, Mapping[str, Any]]]) -> None:
        """Originate by `network` statements, their attributes set by a route-map each."""
        lines: list[str] = []
        networks: list[str] = []
        for case, path in cases:
            name = "LOCAL-" + case["prefix"].split("/")[0]
            lines += [f"route-map {name} permit 10", f"set weight {path['weight']}"]
            if path["local_pref"] is not None:
                lines.append(f"set local-preference {path['local_pref']}")
            lines.append("exit")
            networks.append(f"network {case['prefix']} route-map {name}")
        if lines:
            router = [f"router bgp {self.world.local_as}", "address-family ipv4 unicast"]
            self.frr.configure([*lines, *router, *networks])

    def announcement(self, path: Mapping[str, Any], prefix: str) -> Announcement:
        """Encode a path; weight and eBGP LOCAL_PREF travel as marks."""
        return announcement_of(path, prefix, marks=True)

    def has_chosen(self, prefixes: set[str]) -> bool:
        """Tell whether bgpd has chosen a best path for all of these prefixes."""
        for prefix in sorted(prefixes):
            paths = self._paths(prefix)
            if not any("overall" in path.get("bestpath", {}) for path in paths):
                return False
            prefixes.discard(prefix)  # asked again only about the others
        return True

    def answer(self, case: Case) -> Answer:
        """Read best, reason and multipath, after checking that bgpd saw the paths as intended."""
        shown = self.frr.ask_json(f"show bgp ipv4 unicast {case['prefix']} json")
        ids = {path["peer"]["address"]: path for path in case["paths"]}
        absent = {path["id"] for path in case["paths"] if refused(case, path)}
        best, reason, multipath, order = None, None, set(), []
        for seen in shown.get("paths", []):
            address = seen["peer"]["peerId"]
            path = ids[None if address == "0.0.0.0" else address]  # noqa: S104 - FRR's "myself"
            order.append(path["id"])
            check_seen(case, path, seen)
            chosen = seen.get("bestpath", {})
            if "overall" in chosen:
                best, reason = path["id"], chosen["selectionReason"]
                multipath.add(best)
            if "multipath" in seen:
                multipath.add(path["id"])
        if {*ids_of(case)} - {*order} != absent:
            raise LabError(
                f"{case['case']}: bgpd holds {order} of {ids_of(case)} and was meant to refuse "
                f"{sorted(absent)}; the driver or the generator is wrong"
            )
        return {
            "best": best,
            "reason": reason,
            "multipath": sorted(multipath),
            "frr_list_order": order,
            "show": shown,
        }

    def _paths(self, prefix: str) -> list[dict[str, Any]]:
        shown = self.frr.ask_json(f"show bgp ipv4 unicast {prefix} json")
        paths: list[dict[str, Any]] = shown.get("paths", [])
        return paths


def ids_of(case: Case) -> list[str]:
    """Return the ids of a case's paths in order of arrival."""
    return [path["id"] for path in case["paths"]]


def refused(case: Case, path: Mapping[str, Any]) -> bool:
    """Tell whether FRR, so configured, keeps the path out of its table."""
    sets = any(segment.endswith("set") for segment, _ in path["as_path"])
    external = path["peer"]["type"] == "ebgp"
    first = path["as_path"][0] if path["as_path"] else ["seq", [None]]
    foreign = external and (first[0] != "seq" or first[1][0] != path["peer"]["as"])
    knobs = case["knobs"]
    return bool(
        path["loop"]
        or (sets and knobs.get("reject_as_sets"))
        or (foreign and knobs.get("enforce_first_as", False) in ENFORCING)
    )


def check_seen(case: Case, path: Mapping[str, Any], seen: Mapping[str, Any]) -> None:
    """Check that bgpd holds the attributes the case says: a proof about other paths is none.

    Raises:
        LabError: an attribute differs; names it with both values.
    """
    hop = seen["nexthops"][0]
    # FRR 10 prints the MED it compares with, not the one received
    worst = case["knobs"]["med_missing_as_worst"] and seen.get("metric") == NO_MED_AT_WORST
    observed = {
        "weight": seen.get("weight", 0),
        "origin": seen["origin"].lower(),
        "med": path["med"] if worst else seen.get("metric"),
        "valid": seen.get("valid", False),
        "aigp": seen.get("aigpMetric"),
        "originator_id": seen.get("originatorId"),
        "cluster_list": seen.get("clusterList", {}).get("list", []),
    }
    if observed["valid"]:
        observed["igp_metric"] = hop.get("metric", 0)
    if path["local_pref"] is not None:
        observed["local_pref"] = seen.get("locPrf", case["knobs"]["default_local_preference"])
    for name, value in observed.items():
        if path.get(name) != value:
            raise LabError(
                f"{case['case']} {path['id']}: bgpd holds {name} {value!r}, the case says "
                f"{path.get(name)!r}; the driver or the generator is wrong"
            )
