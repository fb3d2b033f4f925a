"""Controllers: each looks at the whole small world and makes it what the objects ask for.

They are level-triggered, as a cluster's are: what wakes a controller does not matter, only how
things stand when it looks. One thread each; a change while it looks makes it look once more.

Source: the controller pattern in the Kubernetes documentation.
"""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from typing import Protocol

from labs.kube.api import Api
from labs.kube.store import TooOldError

_LOG = logging.getLogger(__name__)
FIRST_DELAY, LONGEST_DELAY = 0.05, 5.0
EVERYTHING = "*"


class Controller(Protocol):
    """What keeps one promise of the cluster."""

    @property
    def name(self) -> str:
        """What its thread and its log lines are called."""

    @property
    def watches(self) -> tuple[str, ...]:
        """The resources whose changes it wants to see, such as "services"; "*" for all."""

    def reconcile(self) -> float | None:
        """Make things as they ought to be; return after how many seconds to look again."""


class _Runner:
    """The thread of one controller."""

    def __init__(self, controller: Controller) -> None:
        self.controller = controller
        self._condition = threading.Condition()
        self._wanted = True  # it looks once at the start
        self._ending = False
        self.thread = threading.Thread(
            target=self._run, name=f"controller {controller.name}", daemon=True
        )

    def poke(self) -> None:
        with self._condition:
            self._wanted = True
            self._condition.notify()

    def end(self) -> None:
        with self._condition:
            self._ending = True
            self._condition.notify()

    def _next(self, again: float | None) -> bool:
        """Wait until it is to look (True) or to end (False)."""
        due = None if again is None else time.monotonic() + again
        with self._condition:
            while not (self._wanted or self._ending):
                left = None if due is None else due - time.monotonic()
                if left is not None and left <= 0:
                    break
                self._condition.wait(left)
            self._wanted = False
            return not self._ending

    def _run(self) -> None:
        again: float | None = None
        delay = FIRST_DELAY
        while self._next(again):
            try:
                again = self.controller.reconcile()
                delay = FIRST_DELAY
            except Exception:  # noqa: BLE001 -- a controller outlives whatever a lab throws at it
                # Whatever it is, the controller tries again: the world may be another by then.
                if self._ending:
                    return
                _LOG.warning("%s: tries again", self.controller.name, exc_info=True)
                again, delay = delay, min(delay * 2, LONGEST_DELAY)


class Running:
    """Controllers at work."""

    def __init__(self, api: Api, controllers: Sequence[Controller]) -> None:
        """Start them."""
        self._store = api.store
        self._runners = {controller.name: _Runner(controller) for controller in controllers}
        self._seen = self._store.version
        self._leave: Callable[[], None] = self._store.subscribe(self._wake)
        for runner in self._runners.values():
            runner.thread.start()

    def _wake(self) -> None:
        """Poke those who watch what changed; called by the writer, inside the store's lock."""
        try:
            changes = self._store.changes_after(self._seen)
        except TooOldError:
            for runner in self._runners.values():
                runner.poke()
            self._seen = self._store.version
            return
        self._seen = self._store.version
        changed = {EVERYTHING}
        for change in changes:
            group = f".{change.key.group}" if change.key.group else ""
            changed.add(f"{change.key.plural}{group}")
        for runner in self._runners.values():
            if changed.intersection(runner.controller.watches):
                runner.poke()

    def poke(self, name: str) -> None:
        """Let a controller look again: something changed that no object tells of."""
        self._runners[name].poke()

    def close(self) -> None:
        """End all of them, and wait until their threads are gone."""
        self._leave()
        for runner in self._runners.values():
            runner.end()
        for runner in self._runners.values():
            if runner.thread is not threading.current_thread():
                runner.thread.join()


def run_controllers(api: Api, controllers: Sequence[Controller]) -> Running:
    """Run each controller in a thread of its own, until `close`."""
    return Running(api, controllers)
