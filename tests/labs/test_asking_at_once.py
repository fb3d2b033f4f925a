"""A daemon may be asked by many threads at once, and by one that did not wait for its last answer.

A notebook does both: an instrument follows a router while a cell asks it, and Ctrl-C ends a cell.
"""

import json
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from labs.bird import Bird
from labs.errors import LabError
from labs.frr import Frr
from labs.gobgp import Gobgp
from labs.packages import Daemon
from labs.process_tree import ProcessTree

pytestmark = pytest.mark.lab

FRR = pytest.mark.parametrize("router", ["frr-8.4", "frr-10"], indirect=True)
BIRD = pytest.mark.parametrize("router", ["bird"], indirect=True)
THREADS, QUESTIONS = 9, 40
PREFIXES = tuple(f"198.51.100.{number}/32" for number in range(THREADS))
FRR_CONFIG = "\n".join(
    [
        *("router bgp 64512", " bgp router-id 192.0.2.1", " no bgp network import-check"),
        *(f" network {prefix}" for prefix in PREFIXES),
    ]
)
BIRD_CONFIG = "\n".join(
    [
        "router id 192.0.2.1;",
        "protocol static sample { ipv4;",
        *(f"route {prefix} blackhole;" for prefix in PREFIXES),
        "}",
    ]
)
GOBGP_CONFIG = '[global.config]\nas = 64512\nrouter-id = "192.0.2.1"\n'


@pytest.fixture
def host(tree: ProcessTree) -> str:
    tree.add_host("r1")
    return "r1"


def ask_at_once(ask: Callable[[str], None]) -> None:
    """Ask about each prefix in a thread of its own; raise what any of them met."""
    together = threading.Barrier(THREADS)

    def several(prefix: str) -> None:
        together.wait()
        for _ in range(QUESTIONS):
            ask(prefix)

    with ThreadPoolExecutor(THREADS) as pool:
        for done in [pool.submit(several, prefix) for prefix in PREFIXES]:
            done.result()


@contextmanager
def in_the_background(act: Callable[[], None]) -> Iterator[None]:
    """Do something over and over for the length of a `with` block; raise what it met."""
    over = threading.Event()

    def repeat() -> None:
        while not over.is_set():
            act()

    with ThreadPoolExecutor(1) as pool:
        repeating = pool.submit(repeat)
        try:
            yield
        finally:
            over.set()
        repeating.result()


@FRR
def test_nine_threads_ask_frr_while_another_configures_it(
    tree: ProcessTree, host: str, router: Daemon
) -> None:
    with Frr(tree, host, router, FRR_CONFIG) as frr:

        def ask(prefix: str) -> None:
            assert frr.ask_json(f"show bgp ipv4 unicast {prefix} json")["prefix"] == prefix

        def configure() -> None:
            frr.configure(["router bgp 64512", "neighbor 192.0.2.9 remote-as 64513"])
            frr.configure(["router bgp 64512", "no neighbor 192.0.2.9"])

        with in_the_background(configure):
            ask_at_once(ask)


@BIRD
def test_nine_threads_ask_bird_while_another_configures_it(
    tree: ProcessTree, host: str, router: Daemon
) -> None:
    with Bird(tree, host, router, BIRD_CONFIG) as bird:

        def ask(prefix: str) -> None:
            assert f"\n{prefix} " in f"\n{bird.ask(f'show route {prefix}')}"

        with in_the_background(lambda: bird.reconfigure(BIRD_CONFIG)):
            ask_at_once(ask)


class Impatience(BaseException):
    """As Ctrl-C, in a thread that waits."""


@contextmanager
def impatient() -> Iterator[None]:
    """Give up what is done in the `with` block after a moment, as somebody who presses Ctrl-C."""

    def give_up(_number: int, _frame: object) -> None:
        raise Impatience

    before = signal.signal(signal.SIGALRM, give_up)
    signal.setitimer(signal.ITIMER_REAL, 0.2)
    try:
        with pytest.raises(Impatience):
            yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@FRR
def test_an_answer_of_frr_that_nobody_waited_for_is_not_taken_for_the_next(
    tree: ProcessTree, host: str, router: Daemon
) -> None:
    with Frr(tree, host, router, FRR_CONFIG) as frr:
        frr.signal("bgpd", signal.SIGSTOP)
        with impatient():
            frr.ask("show version")
        frr.signal("bgpd", signal.SIGCONT)
        assert json.loads(frr.ask("show bgp ipv4 unicast json"))["localAS"] == 64512


@BIRD
def test_an_answer_of_bird_that_nobody_waited_for_is_not_taken_for_the_next(
    tree: ProcessTree, host: str, router: Daemon
) -> None:
    with Bird(tree, host, router, BIRD_CONFIG) as bird:
        bird.signal(signal.SIGSTOP)
        with impatient():
            bird.ask("show status")
        bird.signal(signal.SIGCONT)
        assert PREFIXES[0] in bird.ask("show route")


@FRR
def test_a_daemon_that_was_stopped_is_named_to_whoever_asks_it(
    tree: ProcessTree, host: str, router: Daemon
) -> None:
    with Frr(tree, host, router, FRR_CONFIG) as frr:
        frr.stop("bgpd")
        with pytest.raises(LabError, match="r1 runs no bgpd now; it runs zebra"):
            frr.ask("show version")


@contextmanager
def started(
    tree: ProcessTree, host: str, router: Daemon
) -> Iterator[tuple[Callable[[], None], Callable[[], str]]]:
    """Run a daemon; give the ways to stop and start it, and to read its log."""
    if router.name.startswith("frr"):
        with Frr(tree, host, router, FRR_CONFIG) as frr:

            def restart() -> None:
                frr.stop("bgpd")
                frr.start("bgpd", FRR_CONFIG)

            yield restart, frr.log
        return
    kind, config = (Bird, BIRD_CONFIG) if router.name == "bird" else (Gobgp, GOBGP_CONFIG)
    with kind(tree, host, router, config) as daemon:

        def begin_anew() -> None:
            daemon.close()
            daemon.start(config)

        yield begin_anew, daemon.log


def descriptors() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


@pytest.mark.parametrize("router", ["frr-8.4", "frr-10", "bird", "gobgp"], indirect=True)
def test_a_daemon_that_is_stopped_and_started_keeps_its_log_and_no_descriptors(
    tree: ProcessTree, host: str, router: Daemon
) -> None:
    with started(tree, host, router) as (restart, log):
        restart()
        lines, held = len(log().splitlines()), descriptors()
        restart()
        restart()
        assert descriptors() == held
        assert len(log().splitlines()) >= lines
