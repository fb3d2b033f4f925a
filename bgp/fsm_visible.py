"""What an operator sees of a session: one moment, and the words each daemon has for it.

The state machine has six states; a command line shows what its daemon makes of them. FRR's words
are the column ``State/PfxRcd`` of ``show bgp summary`` and ``BGP state`` of ``show bgp neighbors``;
BIRD's are ``State`` and ``Info`` of ``show protocols`` and ``BGP state`` of ``show protocols all``.
Every row is held to the four daemons by ``tests/labs/test_fsm_visible.py``: FRR 8.4.4 and 10.3,
BIRD 1.6.8 (whose dialect Calico speaks) and 2.0.12.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from bgp.fsm_words import State

DAEMONS: Final = ("frr-8.4", "frr-10", "bird-1.6", "bird")
DAEMON_TITLES: Final = MappingProxyType(
    {"frr-8.4": "FRR 8.4", "frr-10": "FRR 10", "bird-1.6": "BIRD 1.6", "bird": "BIRD 2"}
)
_FRR: Final = ("show bgp summary", "show bgp neighbors")
_BIRD: Final = ("show protocols", "show protocols all")
COMMANDS: Final = MappingProxyType(
    {daemon: _FRR if daemon.startswith("frr") else _BIRD for daemon in DAEMONS}
)
"""What shows ``Shown.summary`` and ``Shown.detail``."""
PREFIXES: Final = "a number: prefixes received"


@dataclass(frozen=True, slots=True)
class Shown:
    """What a daemon shows.

    Attributes:
        summary: the word in the list of all sessions.
        detail: the state in the page about one session.
    """

    summary: str
    detail: str


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment of a session.

    Attributes:
        name: a short name.
        what: what is the case, one sentence.
        states: where the RFC has the session; two where there are two connections.
        shown: what each of ``DAEMONS`` shows.
        note: what to make of it, one sentence; empty where the words speak for themselves.
    """

    name: str
    what: str
    states: tuple[State, ...]
    shown: Mapping[str, Shown]
    note: str = ""


def _shown(
    frr: tuple[str, str], bird: tuple[str, str], bird_1_6: tuple[str, str] | None = None
) -> Mapping[str, Shown]:
    both = Shown(*frr)
    old = Shown(*(bird_1_6 or bird))
    return MappingProxyType(
        {"frr-8.4": both, "frr-10": both, "bird-1.6": old, "bird": Shown(*bird)}
    )


_I, _C, _A = State.IDLE, State.CONNECT, State.ACTIVE
_S, _F, _E = State.OPEN_SENT, State.OPEN_CONFIRM, State.ESTABLISHED

MOMENTS: Final = (
    Moment(
        "admin-down",
        "The operator has shut the session down.",
        (_I,),
        _shown(("Idle (Admin)", "Idle"), ("down", "Down")),
    ),
    Moment(
        "passive",
        "The session is to wait until the peer calls.",
        (_A,),
        _shown(("Active", "Active (passive)"), ("start Passive", "Passive")),
    ),
    Moment(
        "unanswered",
        "The SYN gets no answer: lost on the way, dropped by a firewall, or a wrong TCP MD5 key.",
        (_C,),
        _shown(("Connect", "Connect"), ("start Connect", "Connect")),
        "Connect that stays means that nobody answers at all.",
    ),
    Moment(
        "refused",
        "The peer refuses the TCP connection; the next call waits for its timer.",
        (_I,),
        _shown(("Active", "Active"), ("start Active Socket: Connection refused", "Active")),
        "Active that stays means that calls fail: something answers, and it is no.",
    ),
    Moment(
        "absent",
        "Nobody on the link has the peer's address; the call has failed.",
        (_I,),
        _shown(("Active", "Active"), ("start Active Socket: No route to host", "Active")),
    ),
    Moment(
        "no-link",
        "No interface of the router is on the peer's network.",
        (_I,),
        _shown(("Active", "Active"), ("start Idle", "Idle")),
        "No call is made at all, and FRR says Active all the same.",
    ),
    Moment(
        "open-sent",
        "Our call is answered and our OPEN sent; the peer's has not come.",
        (_S,),
        _shown(("OpenSent", "OpenSent"), ("start OpenSent", "OpenSent")),
        "OpenSent that stays means that something accepts TCP and does not speak BGP.",
    ),
    Moment(
        "open-confirm",
        "Both OPENs are exchanged; the peer's KEEPALIVE has not come.",
        (_F,),
        _shown(("OpenConfirm", "OpenConfirm"), ("start OpenConfirm", "OpenConfirm")),
    ),
    Moment(
        "incoming-open-sent",
        "The peer has called a passive session; our OPEN is sent, the peer's has not come.",
        (_S,),
        _shown(("Active", "Active (passive)"), ("start OpenSent", "OpenSent")),
        "FRR keeps an incoming connection out of sight until it is Established.",
    ),
    Moment(
        "incoming-open-confirm",
        "The peer has called a passive session; its KEEPALIVE has not come.",
        (_F,),
        _shown(("Active", "Active (passive)"), ("start OpenConfirm", "OpenConfirm")),
    ),
    Moment(
        "two-calls",
        "Each side has called the other; no OPEN has come on either connection.",
        (_S, _S),
        _shown(("OpenSent", "OpenSent"), ("start OpenSent", "OpenSent")),
    ),
    Moment(
        "collision",
        "Each side has called; the peer's OPEN has come on the connection that it opened.",
        (_S, _F),
        _shown(("Idle", "Idle"), ("start OpenConfirm", "OpenConfirm")),
        "The peer's identifier is higher: FRR has closed its own call at once and hides the other.",
    ),
    Moment(
        "up",
        "The session is up.",
        (_E,),
        _shown((PREFIXES, "Established"), ("up Established", "Established")),
        "FRR's summary has a state only as long as the session is not up.",
    ),
    Moment(
        "up-without-policy",
        "The session is up, and no policy lets a route in or out.",
        (_E,),
        _shown(("(Policy)", "Established"), ("up Established", "Established")),
    ),
    Moment(
        "closed-in-open-sent",
        "The peer has closed the TCP connection in OpenSent.",
        (_A,),
        _shown(("Active", "Active"), ("start Active Socket: Connection closed", "Active")),
    ),
    Moment(
        "wrong-as",
        "The peer's OPEN had another AS than configured; NOTIFICATION 2/2 is sent.",
        (_I,),
        _shown(("Idle", "Idle"), ("start Idle BGP Error: Bad peer AS", "Idle")),
        "FRR calls again after a second or two, BIRD after a minute and then longer.",
    ),
    Moment(
        "hold-expired",
        "The session was up and the peer fell silent; NOTIFICATION 4/0 is sent.",
        (_I,),
        _shown(("Idle", "Idle"), ("start Idle BGP Error: Hold timer expired", "Idle")),
    ),
    Moment(
        "peer-cease",
        "The session was up and the peer has sent a Cease.",
        (_I,),
        _shown(("Idle", "Idle"), ("start Active Received: Administrative reset", "Active")),
    ),
    Moment(
        "too-many-prefixes",
        "The peer has sent more prefixes than the session may have; NOTIFICATION 6/1 is sent.",
        (_I,),
        _shown(("Idle (PfxCt)", "Idle"), ("down Automatic shutdown: Route limit exceeded", "Down")),
    ),
    Moment(
        "link-down",
        "The session was up and its interface has gone down.",
        (_I,),
        _shown(("Active", "Active"), ("start Idle Error: Neighbor lost", "Idle")),
    ),
)
"""In the order of a session's life."""
