"""What a real FRR does with every input in every state, many sessions at once.

Each trial is a session of its own with the same FRR: it is led to OpenSent, OpenConfirm or
Established, the one thing happens, and what follows is read from the wire and from FRR's log.
"""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass

from bgp.fsm_frr import FrrEvent
from bgp.fsm_frr_input import Input, Prediction, predict
from bgp.fsm_log import LoggedTransition, parse_frr_log
from bgp.fsm_words import State
from bgp.notification import Notification
from labs.errors import LabError
from labs.frr import Frr
from labs.packages import Daemon
from labs.polling import poll
from labs.process_tree import ProcessTree
from labs.sessions.conversation import Conversation, FarEnd
from labs.sessions.link import ROUTER_ADDRESS, configuration, link, neighbor_address
from labs.sessions.octets import CEASE, HOLD_TIME, NEIGHBOR_AS, NEIGHBOR_ID, OCTETS, ROUTER_AS
from labs.wire import KEEPALIVE, OPEN

SHORT_HOLD_TIME = 3  # seconds; the shortest FRR takes
SECONDS = 20.0

COMMANDS = {
    Input.SHUTDOWN: "neighbor {} shutdown",
    Input.REMOVE: "no neighbor {} remote-as " + str(NEIGHBOR_AS),
}


@dataclass(frozen=True)
class Trial:
    """One thing that happens in one state."""

    state: State
    happens: Input

    def __str__(self) -> str:
        """Name the trial."""
        return f"{self.state}: {self.happens}"


TRIALS = tuple(
    Trial(state, happens)
    for state in (State.OPEN_SENT, State.OPEN_CONFIRM, State.ESTABLISHED)
    for happens in Input
)


@dataclass(frozen=True)
class Seen:
    """What FRR did.

    Attributes:
        trial: what was tried.
        expected: what FRR's table and habits say.
        notification: code and subcode of the NOTIFICATION on the wire, None for none.
        edge: the edge of FRR's log that followed; None if none did.
    """

    trial: Trial
    expected: Prediction
    notification: tuple[int, int] | None
    edge: LoggedTransition | None

    def difference(self) -> str:
        """Say how it differs from the prediction; empty when it does not."""
        wire, log = _codes(self.expected.notification), _logged(self.expected)
        wanted, seen = (wire, *log, wire), None
        if self.edge is not None:
            edge = self.edge
            followed = (edge.before, edge.event or None, edge.after)
            seen = (self.notification, *followed, _codes(edge.sent))
        return "" if seen == wanted else f"{self.trial}: expected {wanted}, seen {seen}"


def _codes(notification: Notification | None) -> tuple[int, int | None] | None:
    return None if notification is None else (notification.code, notification.subcode)


def _logged(expected: Prediction) -> tuple[State, FrrEvent | None, State]:
    """What the log shows: of what changes nothing, only our farewell in the same state."""
    if expected.after is not expected.before:
        return expected.before, expected.event, expected.after
    farewell = predict(expected.before, Input.NOTIFICATION)
    return farewell.before, farewell.event, farewell.after


def try_all(
    tree: ProcessTree, daemon: Daemon, trials: Sequence[Trial], *, incoming: bool = False
) -> list[Seen]:
    """Try everything with one FRR.

    Args:
        tree: an empty lab.
        daemon: the FRR.
        trials: what to try.
        incoming: whether the neighbors dial; else FRR does.

    Raises:
        LabError: a session did not come to the state it was to be tried in.
    """
    addresses = [neighbor_address(number) for number in range(len(trials))]
    expected = [
        predict(trial.state, trial.happens, daemon.name, incoming=incoming) for trial in trials
    ]
    options = [f"neighbor {address} passive" for address in addresses if incoming]
    options += [
        f"neighbor {address} timers 1 {SHORT_HOLD_TIME}"
        for address, trial in zip(addresses, trials, strict=True)
        if trial.happens is Input.SILENCE
    ]
    with link(tree, daemon, configuration(addresses, options)) as (frr, far):
        if incoming:
            _wait_listening(frr, addresses)
        sessions = [
            _lead(far, address, trial.state, incoming=incoming)
            for address, trial in zip(addresses, trials, strict=True)
        ]
        for session, trial, prediction in zip(sessions, trials, expected, strict=True):
            _let_happen(frr, session, trial, prediction)
        wire = [
            None if trial.happens in (Input.FIN, Input.RESET) else session.last_words()
            for session, trial in zip(sessions, trials, strict=True)
        ]
        edges = _edges(frr, addresses, trials)
    return [
        Seen(trial, prediction, told, edges.get(address))
        for trial, prediction, told, address in zip(trials, expected, wire, addresses, strict=True)
    ]


def _wait_listening(frr: Frr, addresses: Sequence[str]) -> None:
    """An incoming connection is refused until the neighbor's start timer has run."""

    def active() -> bool:
        told = frr.ask_json("show bgp neighbors json")
        return all(told[address]["bgpState"] == "Active" for address in addresses)

    poll("every neighbor is Active", active, SECONDS)


def _lead(far: FarEnd, address: str, state: State, *, incoming: bool) -> Conversation:
    session = far.dial(address, ROUTER_ADDRESS) if incoming else far.accept(address, SECONDS)
    session.hear(OPEN)
    if state is State.OPEN_SENT:
        return session
    session.open(NEIGHBOR_AS, HOLD_TIME, NEIGHBOR_ID)
    session.hear(KEEPALIVE)
    if state is State.ESTABLISHED:
        session.keepalive()
    return session


def _let_happen(frr: Frr, session: Conversation, trial: Trial, expected: Prediction) -> None:
    happens = trial.happens
    if happens is Input.FIN:
        session.close()
    elif happens is Input.RESET:
        session.reset()
    elif happens is Input.CLEAR:
        _wait_for_state(frr, session, trial)
        frr.ask(f"clear bgp {session.address}")
    elif happens in COMMANDS:
        _wait_for_state(frr, session, trial)
        frr.configure([f"router bgp {ROUTER_AS}", COMMANDS[happens].format(session.address)])
    elif happens is not Input.SILENCE:
        # Sent in one piece with the farewell, lest FRR close before we have said it.
        farewell = CEASE if expected.stays else b""
        session.send(OCTETS[happens] + farewell)


def _wait_for_state(frr: Frr, session: Conversation, trial: Trial) -> None:
    """A command does not queue behind our messages, as everything else here does."""
    if trial.state is State.ESTABLISHED:
        command = f"show bgp neighbors {session.address} json"
        poll(
            f"{session.address} Established",
            lambda: frr.ask_json(command)[session.address]["bgpState"] == "Established",
            SECONDS,
        )


def _edges(
    frr: Frr, addresses: Sequence[str], trials: Sequence[Trial]
) -> dict[str, LoggedTransition]:
    """Read the first edge of each session that leaves the state tried, once all are logged."""
    wanted = dict(zip(addresses, trials, strict=True))
    found: dict[str, LoggedTransition] = {}

    def all_there() -> bool:
        for edge in parse_frr_log(frr.log().splitlines()):
            trial = wanted.get(edge.peer)
            if trial is not None and edge.before is trial.state:
                found.setdefault(edge.peer, edge)
        return len(found) == len(wanted)

    with contextlib.suppress(LabError):  # what is missing is a finding, and named as one
        poll("an edge of every session in FRR's log", all_there, SECONDS)
    return found
