"""What a daemon has no word for, whatever a topology's file asks of it, and which daemons have.

Each was looked for in the daemon's own manual and tried in a lab.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

_LIMITS: Final[Mapping[tuple[str, str], str]] = {
    ("bird", "as_override"): (
        "runs BIRD 2, which can put no AS number in place of another; FRR and GoBGP can"
    ),
    ("bird-1.6", "as_override"): (
        "runs BIRD 1.6, which can put no AS number in place of another; FRR and GoBGP can"
    ),
    ("bird-1.6", "rpki"): (
        "runs BIRD 1.6, which does not speak RTR with a validator; BIRD 2, FRR and GoBGP do"
    ),
    ("gobgp", "bfd"): "runs GoBGP, which has no BFD in the versions labs know; FRR and BIRD have",
    ("gobgp", "relax"): (
        "runs GoBGP, which fills no kernel and so shares no traffic; FRR does, and BIRD without "
        "being asked"
    ),
}


def limit(daemons: Sequence[str], word: str) -> str:
    """Return why none of a host's daemons does what a word of a topology asks, "" when one does.

    Args:
        daemons: as in `labs.topology.Host`.
        word: of a host or of a session.
    """
    return next((_LIMITS[name, word] for name in daemons if (name, word) in _LIMITS), "")
