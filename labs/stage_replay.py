"""A recorded stage: what a real router printed in each situation, looked up instead of run.

`Recorder` wraps a live stage and writes down everything it shows after every verb; `Replay` has
the same verbs and answers from that file. Both follow the same `Situation`, so a replay answers
exactly the situations that were recorded, and says so about any other.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from labs.closing import Closing
from labs.errors import LabError
from labs.recording_file import read_record
from labs.stage import Stage
from labs.stage_plan import FABRICS, Fabric, Situation, at_first, check_said
from labs.stage_web import Traffic

FORMAT: Final = "locrib-recording"
VERSION: Final = 1
NEXT_STEP: Final = (
    "run it on a machine where `locrib learn` reports routers (any Linux or WSL 2), or go back to "
    "a recorded situation with `lab.mend()`"
)


def announcement_of(fabric: Fabric, name: str, attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Return everything a neighbour announces when told these attributes."""
    check_said(attributes)
    return {**fabric.neighbor(name).says, **attributes}


class Recorder:
    """A live stage that writes down what it shows."""

    live: Final = True

    def __init__(self, stage: Stage, file: Path) -> None:
        """Record `stage` into `file`, written when the recorder is closed."""
        self.stage, self.file = stage, file
        self._states: dict[str, dict[str, Any]] = {}
        self._events: dict[str, dict[str, Any]] = {}
        self._observe()

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the stage has
        """Give what the stage has; `show` and the rest that changes nothing need no wrapping."""
        return getattr(self.stage, name)

    def get(self, _: int = 24) -> Traffic:
        """Return the requests of this situation that are in the recording."""
        return Traffic.from_data(self._state()["get"])

    def show(self, command: str) -> str:
        """Ask the router, and keep the answer."""
        text = self.stage.show(command)
        self._state()["show"][command] = text
        return text

    def cut(self, name: str) -> Traffic:
        """Cut a link, on record."""
        return self._event("cut", name)

    def heal(self, name: str) -> Traffic:
        """Mend a link, on record."""
        return self._event("heal", name)

    def say(self, name: str, **attributes: Any) -> None:  # noqa: ANN401 - as the attributes are
        """Announce, on record."""
        self.stage.say(name, **attributes)
        self._observe()

    def withdraw(self, *names: str) -> None:
        """Withdraw, on record."""
        self.stage.withdraw(*names)
        self._observe()

    def configure(self, *lines: str) -> None:
        """Configure the router, on record."""
        self.stage.configure(*lines)
        self._observe()

    def mend(self) -> None:
        """Undo everything, on record."""
        self.stage.mend()
        self._observe()

    def close(self) -> None:
        """End the stage and write the recording."""
        second = self.stage.second_title
        self.stage.close()
        record = {
            "format": FORMAT,
            "version": VERSION,
            "fabric": self.stage.fabric.name,
            "router": self.stage.title,
            "package": self.stage.daemon.title,
            "profile": self.stage.profile,
            "second": second,
            "states": self._states,
            "events": self._events,
        }
        text = json.dumps(record, indent=1, sort_keys=True)
        self.file.write_text(text + "\n", encoding="utf-8")

    def _state(self) -> dict[str, Any]:
        return self._states[self.stage.situation.key()]

    def _event(self, verb: str, name: str) -> Traffic:
        before = self.stage.situation.key()
        traffic: Traffic = getattr(self.stage, verb)(name)
        self._events[f"{verb} {name} {before}"] = traffic.as_data()
        self._observe()
        return traffic

    def _observe(self) -> None:
        stage = self.stage
        if stage.situation.key() in self._states:
            return
        command = f"show bgp ipv4 unicast {stage.fabric.prefix}"
        self._states[stage.situation.key()] = {
            "bgp": json.loads(stage.bgp_json()),
            "show": {command: stage.show(command)},
            "forwarding": list(stage.forwarding()),
            "get": stage.get().as_data(),
            "second": stage.second_opinion() if stage.second_title else None,
        }


class Replay(Closing):
    """A recording with the verbs of a stage."""

    live: Final = False

    def __init__(self, file: Path) -> None:
        """Open a recording.

        Raises:
            LabError: it cannot be read, or is not a recording of a known version.
        """
        record = read_record(file, FORMAT, VERSION)
        self.fabric: Fabric = FABRICS[record["fabric"]]
        self.title: str = record["router"]
        self.profile: str = record["profile"]
        self.second_title: str | None = record["second"]
        self._states: dict[str, dict[str, Any]] = record["states"]
        self._events: dict[str, dict[str, Any]] = record["events"]
        self.situation = at_first(self.fabric)

    def close(self) -> None:
        """Nothing runs that could be ended."""

    def get(self, count: int = 24) -> Traffic:
        """Return the recorded requests of this situation, `count` of them at most."""
        traffic = Traffic.from_data(self._state()["get"])
        return replace(traffic, replies=traffic.replies[:count])

    def cut(self, name: str) -> Traffic:
        """Return what the client saw when this link was cut."""
        situation = self.situation.silent(name)
        return self._event("cut", name, replace(situation, cut=situation.cut | {name}))

    def heal(self, name: str) -> Traffic:
        """Return what the client saw when this link was mended."""
        situation = replace(self.situation, cut=self.situation.cut - {name})
        says = self.fabric.neighbor(name).says
        return self._event("heal", name, situation.saying(name, says))

    def say(self, name: str, **attributes: Any) -> None:  # noqa: ANN401 - as the attributes are
        """Go to the situation in which a neighbour announces this."""
        said = announcement_of(self.fabric, name, attributes)
        self._go(f"{name} announces {_text(said)}", self.situation.saying(name, said))

    def withdraw(self, *names: str) -> None:
        """Go to the situation in which these neighbours announce nothing."""
        situation = self.situation
        for name in names:
            situation = situation.silent(name)
        self._go(f"{', '.join(names)} withdraw", situation)

    def configure(self, *lines: str) -> None:
        """Go to the situation in which the router has these lines."""
        self._go("; ".join(lines), self.situation.configured(lines))

    def mend(self) -> None:
        """Go back to the beginning."""
        self.situation = at_first(self.fabric)

    def show(self, command: str) -> str:
        """Return what the router printed for a command that was recorded in this situation.

        Raises:
            LabError: it was not; names the commands that were.
        """
        shown: dict[str, str] = self._state()["show"]
        if command not in shown:
            known = "; ".join(f"`{known}`" for known in shown)
            raise LabError(f"`{command}` is not in the recording, which has {known}")
        return shown[command]

    def bgp_json(self) -> str:
        """Return FRR's JSON for the prefix, as recorded."""
        return json.dumps(self._state()["bgp"])

    def forwarding(self) -> tuple[str, ...]:
        """Return the neighbours the router's kernel forwarded to."""
        return tuple(self._state()["forwarding"])

    def second_opinion(self) -> str:
        """Return the table of the second router, GoBGP, as recorded.

        Raises:
            LabError: the fabric has none.
        """
        text: str | None = self._state()["second"]
        if text is None:
            raise LabError(f"no second opinion: the {self.fabric.name} was recorded without one")
        return text

    def _state(self) -> dict[str, Any]:
        found = self._find(self._states, Situation.key, self.situation)
        if found is None:
            raise LabError(f"this situation was not recorded; {NEXT_STEP}")
        return found

    @staticmethod
    def _find(
        records: Mapping[str, dict[str, Any]],
        key: Callable[[Situation], str],
        situation: Situation,
    ) -> dict[str, Any] | None:
        """Look up the very situation, else one that differs only in the order of arrival."""
        if (found := records.get(key(situation))) is not None:
            return found
        in_order = replace(situation, said=tuple(sorted(situation.said)))
        for text, record in records.items():
            if _unordered(text) == key(in_order):
                return record
        return None

    def _go(self, what: str, situation: Situation) -> None:
        if self._find(self._states, Situation.key, situation) is None:
            raise LabError(f"the recording does not know what happens when {what}; {NEXT_STEP}")
        self.situation = situation

    def _event(self, verb: str, name: str, after: Situation) -> Traffic:
        self.fabric.neighbor(name)

        def key(situation: Situation) -> str:
            return f"{verb} {name} {situation.key()}"

        found = self._find(self._events, key, self.situation)
        if found is None:
            raise LabError(f"the recording does not hold `{verb}({name!r})` from here; {NEXT_STEP}")
        self.situation = after
        return Traffic.from_data(found)


def _unordered(key: str) -> str:
    """Put the arrivals in a recorded key in order of name."""
    head, brace, body = key.partition("{")
    parts = json.loads(brace + body)
    parts["said"].sort()
    return head + json.dumps(parts, sort_keys=True)


def _text(said: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in said.items())
