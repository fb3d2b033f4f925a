"""FRR's configuration lines that bear on its choice, read as the model's knobs.

Source: FRR ``bgpd/bgp_vty.c`` ``bgp_config_write`` (8.4 and 10), which writes options that differ
from the defaults, each with its own line, those of a kind together on one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

from bgp.knobs import Knobs

_WORDS: Final = {
    "bgp deterministic-med": ("deterministic_med",),
    "bgp always-compare-med": ("always_compare_med",),
    "bgp bestpath compare-routerid": ("compare_routerid",),
    "bgp bestpath aigp": ("aigp",),
    "bgp bestpath as-path ignore": ("as_path_ignore",),
    "bgp bestpath as-path confed": ("as_path_confed",),
    "bgp bestpath as-path multipath-relax": ("as_path_multipath_relax",),
    "bgp bestpath peer-type multipath-relax": ("peer_type_multipath_relax",),
    "bgp bestpath med confed": ("med_confed",),
    "bgp bestpath med missing-as-worst": ("med_missing_as_worst",),
    "bgp bestpath med confed missing-as-worst": ("med_confed", "med_missing_as_worst"),
    "bgp reject-as-sets": ("reject_as_sets",),
    "bgp enforce-first-as": ("enforce_first_as",),
}
_PATHS: Final = re.compile(r"maximum-paths (ibgp )?(\d+)( equal-cluster-length)?")
_PREFERENCE: Final = re.compile(r"bgp default local-preference (\d+)")


def knobs_of(lines: Iterable[str]) -> Knobs:
    """Return the options that some lines of `router bgp` set; other lines are passed over."""
    values: dict[str, Any] = {}
    for line in map(str.strip, lines):
        on = not line.startswith("no ")
        for knob in _WORDS.get(line.removeprefix("no "), ()):
            values[knob] = on
        if paths := _PATHS.fullmatch(line):
            values["maximum_paths_ibgp" if paths[1] else "maximum_paths"] = int(paths[2])
            if paths[3]:
                values["ibgp_equal_cluster_length"] = True
        if preference := _PREFERENCE.fullmatch(line):
            values["default_local_preference"] = int(preference[1])
    return Knobs(**values)
