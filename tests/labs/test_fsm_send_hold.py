"""A peer that still speaks but reads nothing: FRR gives it up, each release in its own way."""

import struct
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from bgp.fsm_frr import frr_events
from bgp.fsm_frr_table import FRR_TABLES
from bgp.fsm_log import parse_frr_log
from bgp.fsm_row import Row
from bgp.fsm_words import Event, State
from bgp.notification import Notification
from labs.errors import LabError
from labs.frr import Frr
from labs.packages import Daemon
from labs.process_tree import ProcessTree
from labs.sessions.link import configuration, link, neighbor_address
from labs.sessions.octets import HOLD_TIME, NEIGHBOR_AS, NEIGHBOR_ID
from labs.wire import KEEPALIVE, TRANSITIVE, UPDATE, attribute, message, packed, reach, segment

pytestmark = pytest.mark.lab

STUCK, FEED = neighbor_address(0), neighbor_address(1)
UPDATES, ROUTES = 100, 600  # each update with attributes of its own; more than any buffer takes
PATIENCE = 30  # KEEPALIVEs of FRR's, one a second


def update(number: int) -> bytes:
    path = segment("seq", [NEIGHBOR_AS, 1000 + number])
    attributes = attribute(TRANSITIVE, 1, b"\0") + attribute(TRANSITIVE, 2, path)
    attributes += attribute(TRANSITIVE, 3, packed("10.0.0.2"))
    routes = range(number * ROUTES, (number + 1) * ROUTES)
    prefixes = (f"{20 + n // 65536}.{n // 256 % 256}.{n % 256}.0/24" for n in routes)
    nlri = b"".join(map(reach, prefixes))
    return message(UPDATE, struct.pack("!HH", 0, len(attributes)) + attributes + nlri)


def row_of(release: str) -> Row:
    (row,) = FRR_TABLES[release].by_pair[State.ESTABLISHED, Event.SEND_HOLD_TIMER_EXPIRES]
    return row


@contextmanager
def given_up(tree: ProcessTree, router: Daemon) -> Iterator[Frr]:
    """FRR after it has ended the session with a peer that speaks and does not read."""
    options = [f"neighbor {STUCK} timers 1 3", f"neighbor {FEED} timers 1 30"]
    with link(tree, router, configuration([STUCK, FEED], options)) as (frr, far):
        stuck, feed = far.accept(STUCK), far.accept(FEED)
        stuck.establish(NEIGHBOR_AS, HOLD_TIME, NEIGHBOR_ID)
        stuck.stop_reading()
        feed.establish(NEIGHBOR_AS, HOLD_TIME, "10.255.0.10")
        for number in range(UPDATES):
            feed.send(update(number))
        for _ in range(PATIENCE):
            feed.hear(KEEPALIVE)  # a second has passed
            feed.keepalive()
            try:
                stuck.keepalive()  # so that its HoldTimer is not what ends it
            except LabError:
                break
        else:
            pytest.fail("FRR still waits for a peer that reads nothing")
        assert "for 2 holdtimes (6s)" in frr.log()
        yield frr


@pytest.mark.parametrize("router", ["frr-8.4"], indirect=True)
def test_8_4_leaves_established_without_a_word(tree: ProcessTree, router: Daemon) -> None:
    with given_up(tree, router) as frr:
        edges = parse_frr_log(frr.log().splitlines())
    (edge,) = [e for e in edges if e.peer == STUCK and e.before is State.ESTABLISHED]
    row = row_of(router.name)
    assert (edge.after, edge.sent) == (row.next_state, row.notification) == (State.CLEARING, None)
    assert (edge.event,) == frr_events(row)


@pytest.mark.parametrize("router", ["frr-10"], indirect=True)
def test_10_says_8_0_and_shows_established_ever_after(tree: ProcessTree, router: Daemon) -> None:
    with given_up(tree, router) as frr:
        log = frr.log()
        told = frr.ask_json(f"show bgp neighbors {STUCK} json")[STUCK]
    row = row_of(router.name)
    assert f"sent to neighbor {STUCK} 8/0" in log
    assert row.notification == Notification(8, 0)
    edges = [e for e in parse_frr_log(log.splitlines()) if e.peer == STUCK]
    assert edges[-1].after is row.next_state is State.ESTABLISHED
    assert told["bgpState"] == "Established"
    assert frr_events(row) == ()
