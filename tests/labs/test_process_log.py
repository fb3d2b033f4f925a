"""A log that never ends: its memory has a limit, its lines keep their numbers."""

import os
import subprocess
from collections.abc import Iterator

import pytest
from unpacked import wanted

from bgp.fsm_log import parse_frr_log
from bgp.fsm_words import State
from labs import daemon_start
from labs.lab import Lab
from labs.packages import Daemons
from labs.polling import poll
from labs.process_log import ProcessLog, Trimmer

LIMIT = 1 << 16
FLAP = """\
2026/11/23 14:56:13.852350 BGP: [ZWCSR-M7FG9] 10.1.1.1 [FSM] BGP_Start (Idle->Connect), fd -1
2026/11/23 14:56:13.853584 BGP: [ZWCSR-M7FG9] 10.1.1.1 [FSM] TCP_connection_open (Connect->OpenSent), fd 18
2026/11/23 14:56:13.853957 BGP: [ZWCSR-M7FG9] 10.1.1.1 [FSM] Receive_OPEN_message (OpenSent->OpenConfirm), fd 18
2026/11/23 14:56:13.855281 BGP: [ZWCSR-M7FG9] 10.1.1.1 [FSM] Receive_KEEPALIVE_message (OpenConfirm->Established), fd 18
2026/11/23 14:56:14.994778 BGP: [ZWCSR-M7FG9] 10.1.1.1 [FSM] BGP_Stop (Established->Clearing), fd 18
2026/11/23 14:56:14.995078 BGP: [ZWCSR-M7FG9] 10.1.1.1 [FSM] Clearing_Completed (Clearing->Idle), fd -1
"""  # noqa: E501 - a log's lines are as long as they are


@pytest.fixture
def log() -> Iterator[ProcessLog]:
    made = ProcessLog(LIMIT)
    yield made
    made.close()


def write(log: ProcessLog, text: str) -> None:
    descriptor = log.open()
    os.write(descriptor, text.encode())
    os.close(descriptor)


def lines(begin: int, end: int) -> str:
    return "".join(
        f"line {number} of a daemon that goes on and on\n" for number in range(begin, end)
    )


def test_what_was_printed_is_there_whole_below_the_limit(log: ProcessLog) -> None:
    write(log, lines(0, 1000))
    log.trim()
    assert log.text() == lines(0, 1000)


def test_beyond_the_limit_the_newest_half_stays_and_each_line_keeps_its_number(
    log: ProcessLog,
) -> None:
    whole = lines(0, 5000)
    write(log, whole)
    log.trim()
    kept, everything = log.text().splitlines(), whole.splitlines()
    gone = kept.count("")
    assert kept[gone:] == everything[gone:]
    assert kept[:gone] == [""] * gone
    assert LIMIT // 2 <= len("\n".join(kept[gone:])) <= LIMIT


def test_memory_stays_within_the_limit_while_a_program_goes_on_printing(log: ProcessLog) -> None:
    descriptor = log.open()
    for begin in range(0, 40000, 1000):
        subprocess.run(
            ["cat"], input=lines(begin, begin + 1000).encode(), stdout=descriptor, check=True
        )
        log.trim()
        assert log.held() <= LIMIT + os.sysconf("SC_PAGE_SIZE")
    os.close(descriptor)
    kept = log.text().splitlines()
    assert len(kept) == 40000
    assert kept[-1] == lines(39999, 40000).strip()


def test_the_edges_of_a_session_that_flaps_for_hours_are_the_same_as_far_as_they_are_kept(
    log: ProcessLog,
) -> None:
    flaps = 500
    write(log, FLAP * flaps)
    log.trim()
    whole, kept = (parse_frr_log(text.splitlines()) for text in (FLAP * flaps, log.text()))
    assert len(whole) == 6 * flaps
    assert 0 < len(kept) < len(whole)
    assert kept == whole[-len(kept) :]


def test_a_line_that_is_not_ended_yet_is_not_cut(log: ProcessLog) -> None:
    write(log, "x" * 3 * LIMIT)
    log.trim()
    assert log.text() == "x" * 3 * LIMIT
    write(log, "\n" + lines(0, 2000))
    log.trim()
    assert log.text().splitlines()[-1] == lines(1999, 2000).strip()
    assert log.held() <= LIMIT + os.sysconf("SC_PAGE_SIZE")


def test_without_a_limit_nothing_goes() -> None:
    log = ProcessLog()
    write(log, lines(0, 20000))
    log.trim()
    assert log.text() == lines(0, 20000)
    log.close()
    assert log.closed


def test_a_log_that_nobody_reads_is_trimmed_too(log: ProcessLog) -> None:
    trimmer = Trimmer(seconds=0.01)
    trimmer.watch(log)
    write(log, lines(0, 20000))
    poll("its oldest lines are gone", lambda: log.held() <= LIMIT)
    trimmer.close()
    assert len(log.text().splitlines()) == 20000
    write(log, lines(20000, 40000))
    assert log.held() > LIMIT, "nobody trims it any more"


@pytest.mark.lab
def test_who_follows_a_flapping_session_gets_each_edge_once_while_the_oldest_lines_go(
    namespaces: None, daemons: Daemons, monkeypatch: pytest.MonkeyPatch
) -> None:
    del namespaces
    for name in ("frr-8.4", "bird", "nftables"):
        wanted(daemons, name)
    monkeypatch.setattr(daemon_start, "DAEMON_LIMIT", 1 << 15)
    given = []
    with Lab("first-session") as lab:
        lab.mark()
        lab.show("tor1", "clear bgp 10.1.1.11")
        for edge in lab.follow("tor1", "node1", 60):
            given.append(edge)
            if edge.after is State.ESTABLISHED:
                for process in lab._parts.tree._processes:
                    process._log.trim()
                if len(lab.transitions("tor1", "node1")) < len(given) - 6:
                    break  # a whole flap is gone already
                lab.show("tor1", "clear bgp 10.1.1.11")
        left = lab.transitions("tor1", "node1")
    assert left[-1].line >= given[-1].line
    assert len(left) < len(given)
    numbers = [edge.line for edge in given]
    assert numbers == sorted({*numbers})
