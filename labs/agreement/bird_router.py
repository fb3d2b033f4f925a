"""BIRD as the router under test: a world as bird.conf, `show route` as answers.

BIRD 2 has channels, one a family; BIRD 1.6, whose dialect Calico speaks, has not, and a protocol's
policy stands in the protocol itself.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from labs.agreement.player import Answer, announcement_of
from labs.agreement.world import IGP_METRICS, ROUTER_ADDRESS, ROUTER_ID, Case, World
from labs.bird import Bird
from labs.errors import LabError
from labs.packages import Daemon
from labs.process_tree import ProcessTree
from labs.wire import Announcement

WORST_MED = 4294967295
ROUTE = re.compile(r"^(\S*)\s+[^\[]*\[(\S+) [^\]]*\] (\* )?")


def configuration(world: World, channels: bool) -> str:
    """Write bird.conf for a world, with channels for BIRD 2 and without for BIRD 1.6.

    The knobs read as the case format says they do for BIRD.
    """
    family = " ipv4;" if channels else ""
    policy = "import all; export none; gateway recursive;"
    knobs = world.knobs
    first = world.neighbors[0].address
    lines = [
        f"router id {ROUTER_ID};",
        "protocol device {}",
        f"protocol direct {{{family} }}",
        f"protocol static underlay {{{family}",
        *(
            f" route 10.50.{metric}.0/24 via {first} {{ igp_metric = {metric}; }};"
            for metric in IGP_METRICS
        ),
        "}",
        "template bgp neighbour {",
        f" local {ROUTER_ADDRESS} as {world.local_as};",
        " passive on; multihop; hold time 240;",
        " allow bgp_local_pref on;",
        f" default bgp_local_pref {knobs['default_local_preference']};",
        f" deterministic med {_switch(knobs['deterministic_med'])};",
        f" prefer older {_switch(not knobs['compare_routerid'])};",
        f" med metric {_switch(knobs['always_compare_med'])};",
        f" path metric {_switch(not knobs['as_path_ignore'])};",
        f" default bgp_med {WORST_MED if knobs['med_missing_as_worst'] else 0};",
        f" ipv4 {{ {policy} aigp on; }};" if channels else f" {policy}",
        "}",
    ]
    if world.confederation is not None:
        lines.insert(-1, f" confederation {world.confederation['identifier']};")
    for neighbor in world.neighbors:
        inside = world.confederation is not None and neighbor.type != "ebgp"
        lines += [
            f"protocol bgp {neighbor.id} from neighbour {{",
            f" neighbor {neighbor.address} as {neighbor.asn};",
            *([" confederation member yes;"] if inside else []),
            "}",
        ]
    for number in range(world.waves()):
        lines += [
            f"protocol static {_local(number)} {{ disabled;{family}",
            *(
                f" route {case['prefix']} blackhole;"
                for case in world.cases
                if number < len(case["paths"]) and case["paths"][number]["peer"]["type"] == "local"
            ),
            "}",
        ]
    return "\n".join(lines)


def _switch(on: bool) -> str:
    return "on" if on else "off"


def _local(number: int) -> str:
    return f"local{number}"


class BirdRouter:
    """A running BIRD configured for a world."""

    gap = 0.0

    def __init__(self, tree: ProcessTree, host: str, daemon: Daemon, world: World) -> None:
        """Start bird."""
        self.bird = Bird(tree, host, daemon, configuration(world, channels=daemon.name == "bird"))
        self._routes: dict[str, list[tuple[str, bool]]] = {}

    def close(self) -> None:
        """Stop it."""
        self.bird.close()

    def originate(self, cases: Iterable[tuple[Case, Mapping[str, Any]]]) -> None:
        """Originate by static routes of BIRD's own, one protocol a wave."""
        for number in {path["arrival"] - 1 for _, path in cases}:
            self.bird.ask(f"enable {_local(number)}")

    def announcement(self, path: Mapping[str, Any], prefix: str) -> Announcement:
        """Encode a path; BIRD is told to take LOCAL_PREF from eBGP neighbours too."""
        return announcement_of(path, prefix, marks=False)

    def has_chosen(self, prefixes: set[str]) -> bool:
        """Tell whether all of these prefixes are in the table; BIRD chooses as it inserts."""
        self._routes = self._read()
        return prefixes <= self._routes.keys()

    def answer(self, case: Case) -> Answer:
        """Read the best path, after checking that BIRD holds the paths it should."""
        if not self._routes:
            self._routes = self._read()
        names = {
            _local(path["arrival"] - 1)
            if path["peer"]["type"] == "local"
            else path["peer"]["id"]: (path)
            for path in case["paths"]
        }
        routes = self._routes.get(case["prefix"], [])
        held = {name for name, _ in routes}
        meant = {name for name, path in names.items() if not path["loop"]}
        if held != meant:
            raise LabError(
                f"{case['case']}: BIRD holds paths of {sorted(held)}, the case means "
                f"{sorted(meant)}; the driver or the generator is wrong"
            )
        best = [names[name]["id"] for name, chosen in routes if chosen]
        return {"best": best[0] if best else None, "reason": None, "multipath": None}

    def _read(self) -> dict[str, list[tuple[str, bool]]]:
        """Read the table: per prefix the protocols that have a route, and whether it is best."""
        table: dict[str, list[tuple[str, bool]]] = {}
        prefix = ""
        for line in self.bird.ask("show route").splitlines():
            match = ROUTE.match(line)
            if match:
                prefix = match[1] or prefix
                table.setdefault(prefix, []).append((match[2], bool(match[3])))
        return table
