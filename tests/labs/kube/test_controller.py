"""Controllers: woken by what they watch, patient with failures, gone when closed."""

import threading
from dataclasses import dataclass, field

import pytest
from kubectl import namespace
from objects import config_map

from labs.kube.api import Api
from labs.kube.controller import Controller, run_controllers
from labs.kube.core_kinds import CORE_KINDS
from labs.kube.kinds import Kinds
from labs.kube.store import Store
from labs.polling import poll


@dataclass
class Counting:
    """Counts how often it looked; fails as often as told; wants to look again after `again`."""

    name: str = "counting"
    watches: tuple[str, ...] = ("configmaps",)
    again: float | None = None
    failures: int = 0
    looked: int = 0
    entered: threading.Event = field(default_factory=threading.Event)
    gate: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.gate.set()

    def reconcile(self) -> float | None:
        self.looked += 1
        self.entered.set()
        assert self.gate.wait(20)
        if self.failures:
            self.failures -= 1
            raise RuntimeError("not yet")
        return self.again


@pytest.fixture
def api() -> Api:
    made = Api(Store(), Kinds.of(*CORE_KINDS))
    made.create(namespace("default"))
    return made


def test_it_looks_at_the_start_and_after_each_change_it_watches(api: Api) -> None:
    counting: Counting = Counting()
    controller: Controller = counting
    running = run_controllers(api, [controller])
    poll("it looked", lambda: counting.looked == 1)
    api.create(config_map("a"))
    poll("it looked again", lambda: counting.looked == 2)
    api.create(namespace("other"))
    running.poke("counting")
    poll("it was poked", lambda: counting.looked == 3)
    running.close()
    api.create(config_map("b"))
    assert counting.looked == 3


def test_changes_while_it_looks_make_it_look_once_more(api: Api) -> None:
    counting = Counting()
    counting.gate.clear()
    running = run_controllers(api, [counting])
    assert counting.entered.wait(20)
    for number in range(50):
        api.create(config_map(f"a{number}"))
    counting.gate.set()
    poll("it looked once more", lambda: counting.looked == 2)
    running.close()
    assert counting.looked == 2


def test_it_tries_again_after_a_failure(api: Api, caplog: pytest.LogCaptureFixture) -> None:
    counting = Counting(failures=3)
    running = run_controllers(api, [counting])
    poll("it succeeded", lambda: counting.looked == 4)
    running.close()
    assert caplog.text.count("counting: tries again") == 3


def test_it_looks_again_when_it_asked_to(api: Api) -> None:
    counting = Counting(again=0.01)
    running = run_controllers(api, [counting])
    poll("it looked often", lambda: counting.looked > 5)
    running.close()


def test_close_waits_for_its_threads(api: Api) -> None:
    before = set(threading.enumerate())
    running = run_controllers(api, [Counting("one"), Counting("two", watches=("*",))])
    running.close()
    assert set(threading.enumerate()) == before
