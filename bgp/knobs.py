"""The options that change a decision: named as FRR's commands, read by each profile in its way.

``docs/profiles.md`` and ``../bgp/profiles.py`` say which speaker has which. A knob that a speaker
does not have is ignored by its profile, and ``Profile.ignored`` names it so that a person can be
told.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Final

from bgp.errors import InvalidValueError
from bgp.values import MAX_U32, check_int

MAX_PATHS_LIMIT: Final = 65535


@dataclass(frozen=True, slots=True)
class Knobs:
    """Configuration of the decision process; the defaults are those of a bare configuration.

    Attributes:
        always_compare_med: ``bgp always-compare-med``: MED between any two paths.
        deterministic_med: ``bgp deterministic-med``: best per neighbor AS first.
        compare_routerid: ``bgp bestpath compare-routerid``: no preference for the older path.
        med_missing_as_worst: ``bgp bestpath med missing-as-worst``.
        med_confed: ``bgp bestpath med confed``: MED between paths of confederation segments only.
        as_path_ignore: ``bgp bestpath as-path ignore``.
        as_path_confed: ``bgp bestpath as-path confed``: confederation segments count.
        as_path_multipath_relax: ``bgp bestpath as-path multipath-relax``.
        peer_type_multipath_relax: ``bgp bestpath peer-type multipath-relax``.
        maximum_paths: ``maximum-paths``; None for the speaker's default.
        maximum_paths_ibgp: ``maximum-paths ibgp``; None for the speaker's default.
        ibgp_equal_cluster_length: ``maximum-paths ibgp N equal-cluster-length``.
        default_local_preference: ``bgp default local-preference``.
        aigp: ``bgp bestpath aigp`` (FRR 8.5 and later; BIRD always compares AIGP).
        reject_as_sets: ``bgp reject-as-sets`` (FRR 10); None for the speaker's default.
        enforce_first_as: ``enforce-first-as`` (FRR 10); None for the speaker's default.
    """

    always_compare_med: bool = False
    deterministic_med: bool = False
    compare_routerid: bool = False
    med_missing_as_worst: bool = False
    med_confed: bool = False
    as_path_ignore: bool = False
    as_path_confed: bool = False
    as_path_multipath_relax: bool = False
    peer_type_multipath_relax: bool = False
    maximum_paths: int | None = None
    maximum_paths_ibgp: int | None = None
    ibgp_equal_cluster_length: bool = False
    default_local_preference: int = 100
    aigp: bool = False
    reject_as_sets: bool | None = None
    enforce_first_as: bool | None = None

    def __post_init__(self) -> None:
        """Refuse a knob of the wrong type or out of range."""
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name == "default_local_preference":
                check_int(field.name, value, 0, MAX_U32)
            elif field.name in ("maximum_paths", "maximum_paths_ibgp"):
                if value is not None:
                    check_int(field.name, value, 1, MAX_PATHS_LIMIT)
            elif not isinstance(value, bool) and not (value is None and field.default is None):
                raise InvalidValueError(field.name, value, "true or false")

    @classmethod
    def from_mapping(cls, values: Mapping[str, object]) -> Knobs:
        """Read knobs from a mapping; an unknown name is refused with the nearest known ones."""
        known = [field.name for field in fields(cls)]
        for name in values:
            if name not in known:
                raise InvalidValueError(str(name), values[name], f"one of {', '.join(known)}")
        return cls(**values)  # type: ignore[arg-type]  # __post_init__ checks every value

    def changed(self) -> dict[str, bool | int | None]:
        """Return the knobs that differ from their defaults."""
        return {
            field.name: getattr(self, field.name)
            for field in fields(self)
            if getattr(self, field.name) != field.default
        }
