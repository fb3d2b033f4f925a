"""Following a running router: its transitions are taken as they come, and the notebook goes on.

A source is read in a thread of its own, because waiting for a router must not keep a cell busy. It
ends with the source, after its seconds, when it is stopped, or where the source fails; each is
told in the picture. Seen too fast nothing is seen: a session comes up within a few milliseconds, so
there is a moment between one transition and the next.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Generator, Iterable
from dataclasses import replace
from typing import Final, Literal

from bgp.errors import InvalidValueError
from bgp.fsm_log import LoggedTransition, parse_frr_log

LIVE: Final = "live"
_LOOK_EVERY: Final = 0.2  # seconds between two looks at a log
_LONGEST: Final = 86_400  # seconds
_CROWD: Final = 20  # transitions that have gathered meanwhile, too many to show one by one

Source = Iterable[LoggedTransition | None] | Callable[[], str]
Status = Literal["live", "ended", "stopped", "failed"]
Take = Callable[[list[LoggedTransition]], None]
Tell = Callable[[Status, str], None]


class Following:
    """One source, followed until it ends."""

    def __init__(
        self, source: Source, take: Take, tell: Tell, *, seconds: float | None, pace: float
    ) -> None:
        """Prepare to follow; ``start`` or ``run`` does.

        Args:
            source: transitions as they come, None meaning that nothing is new; or a function that
                returns the router's log so far.
            take: is given what is new.
            tell: is told how it stands, at the start and at the end.
            seconds: the longest it may take; None for no end.
            pace: seconds between two transitions.

        Raises:
            InvalidValueError: this is nothing to follow, or no time.
        """
        if isinstance(source, str) or not (callable(source) or isinstance(source, Iterable)):
            rule = "transitions as they come, or a function that returns the log; a log that is "
            raise InvalidValueError("source", source, f"{rule}complete is for SessionFsm.replay")
        for name, value in (("seconds", 0 if seconds is None else seconds), ("pace", pace)):
            if not (_is_number(value) and 0 <= value <= _LONGEST):
                raise InvalidValueError(name, value, f"a number from 0 to {_LONGEST}")
        self._source, self._take, self._tell, self._pace = source, take, tell, pace
        self._over = threading.Event()
        self._ending = threading.Lock()
        self._alarm: threading.Timer | None = None
        if seconds is not None:
            self._alarm = threading.Timer(seconds, self.end, ("ended", _TIME_UP.format(seconds)))
            self._alarm.daemon = True
        self._thread = threading.Thread(target=self.run, name="locrib-follow", daemon=True)

    @property
    def over(self) -> bool:
        """Whether nothing more is taken."""
        return self._over.is_set()

    def start(self) -> None:
        """Follow in the background."""
        self._thread.start()

    def end(self, status: Status, text: str) -> None:
        """Take nothing more; the first reason is the one that is told."""
        with self._ending:
            if self._over.is_set():
                return
            self._over.set()
        self._tell(status, text)  # not under the lock: who is told may be about to end it, too
        if self._alarm is not None:
            self._alarm.cancel()

    def run(self) -> None:
        """Follow here and now."""
        self._tell(LIVE, _LIVE)
        if self._alarm is not None:
            self._alarm.start()
        try:
            batches = self._looked_at() if callable(self._source) else self._asked_for()
            with contextlib.closing(batches):
                for batch in batches:
                    if self._over.is_set():
                        return
                    self._show(batch)
        except Exception as error:  # noqa: BLE001 - whatever the source's author raises is told
            self.end("failed", _FAILED.format(str(error) or type(error).__name__))
        else:
            self.end("ended", _ENDED)

    def _show(self, batch: list[LoggedTransition]) -> None:
        if len(batch) > _CROWD:
            self._take(batch)
            return
        for logged in batch:
            self._take([logged])
            if self._over.wait(self._pace):
                return

    def _asked_for(self) -> Generator[list[LoggedTransition]]:
        transitions = iter(self._source)  # type: ignore[arg-type]  # a function is looked at instead
        try:
            for logged in transitions:
                if logged is not None and not isinstance(logged, LoggedTransition):
                    raise InvalidValueError("transition", logged, "a LoggedTransition, or None")
                yield [] if logged is None else [logged]
        finally:
            close = getattr(transitions, "close", None)  # a generator's own clean-up
            if close is not None:
                close()

    def _looked_at(self) -> Generator[list[LoggedTransition]]:
        seen: list[LoggedTransition] = []
        last: object = None
        while not self._over.is_set():
            log = self._source()  # type: ignore[operator]  # a function
            if not isinstance(log, str):
                rule = "a function that returns the log as text"
                raise InvalidValueError("source", type(log).__name__, rule)
            if log == last:  # a long log that rests costs no reading
                self._over.wait(_LOOK_EVERY)
                continue
            last, now = log, parse_frr_log(log.splitlines())
            # What was seen keeps the number of its line, even where a log grows at its head, too.
            known = [replace(new, line=old.line) for new, old in zip(now, seen, strict=False)]
            whole = [*known, *now[len(seen) :]]
            yield [new for place, new in enumerate(whole) if seen[place : place + 1] != [new]]
            seen = whole
            self._over.wait(_LOOK_EVERY)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


_LIVE: Final = "Live: following the router."
_ENDED: Final = "Followed to the end."
_TIME_UP: Final = "Followed for {:g} seconds. Run the cell again to follow on."
STOPPED: Final = "Following was stopped. Run the cell again to follow on."
_FAILED: Final = "Following broke off: {}. What came before is kept; run the cell again to go on."
