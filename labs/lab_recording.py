"""A recording of a lab: what real routers answered in each situation, in one versioned file.

A situation is what was done to the lab (cut links, stopped daemons, configured lines) and what was
waited for since; under it stand the verbs that were asked, with their arguments and answers.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

from bgp.fsm_log import LoggedTransition
from bgp.fsm_words import State
from bgp.notification import Notification
from bgp.snapshot_json import parse_snapshot, snapshot_object
from labs.errors import LabError
from labs.lab_values import Answer, Hop, Output, Table
from labs.recording_file import read_record
from labs.situation import Situation

FORMAT: Final = "locrib-lab-recording"
VERSION: Final = 1

_COUNTED: Final = {"run": 2, "wait_state": 3, "wait_notification": 4, "end_capture": 3}
"""How many of a verb's arguments tell one question from another; the rest is patience, or which of
several captures of one link is meant."""

Key = tuple[Any, ...]


@dataclass
class Recording:
    """Answers by situation.

    Attributes:
        topology: the topology's name.
        title: the lab in a line.
        answers: (what was done, moments) -> (verb, arguments) -> the answer as plain data, or
            {"error": text} for one that was refused.
    """

    topology: str
    title: str
    answers: dict[tuple[Key, Key], dict[tuple[str, Key], Any]] = field(default_factory=dict)

    def stand(self, situation: Situation) -> None:
        """Note that the lab was in a situation."""
        self.answers.setdefault((situation.done, situation.moments), {})

    def note(self, situation: Situation, verb: str, arguments: Key, answer: Any) -> None:  # noqa: ANN401 - as the verb's answer
        """Write an answer down; the last one of a situation counts."""
        self.stand(situation)
        data = encode(verb, answer)
        self.answers[situation.done, situation.moments][verb, _counted(verb, arguments)] = data

    def refuse(self, situation: Situation, verb: str, arguments: Key, error: LabError) -> None:
        """Write down that the lab could not answer."""
        self.stand(situation)
        told = self.answers[situation.done, situation.moments]
        told[verb, _counted(verb, arguments)] = {"error": str(error)}

    def knows(self, situation: Situation) -> bool:
        """Tell whether anything was recorded after these things were done."""
        return any(done == situation.done for done, _ in self.answers)

    def find(self, situation: Situation, verb: str, arguments: Key) -> Any:  # noqa: ANN401 - as the verb's answer
        """Look an answer up, in the very moment or else in the one most like it.

        Raises:
            LabError: it was not recorded, or the lab itself could not answer.
        """
        key = (verb, _counted(verb, arguments))
        moments = [
            (there, told[key])
            for (done, there), told in self.answers.items()
            if done == situation.done and key in told
        ]
        if not moments:
            raise LabError(self._missing(situation, verb, arguments))
        _, data = max(moments, key=lambda found: _likeness(found[0], situation.moments))
        if isinstance(data, dict) and data.keys() == {"error"}:
            raise LabError(str(data["error"]))
        return self._read(verb, data)

    def all_of(self, situation: Situation, verb: str, arguments: Key) -> list[Any]:
        """Return every answer to a question that was recorded after these things were done."""
        key = (verb, _counted(verb, arguments))
        return [
            self._read(verb, told[key])
            for (done, _), told in self.answers.items()
            if done == situation.done and key in told and not isinstance(told[key], dict)
        ]

    def _read(self, verb: str, data: Any) -> Any:  # noqa: ANN401 - as the verb's answer
        try:
            return decode(verb, data)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise LabError(
                f"the recording of {self.topology} is damaged: an answer to {verb} is none "
                f"({error}); record it again"
            ) from error

    def _missing(self, situation: Situation, verb: str, arguments: Key) -> str:
        asked = f"{verb}({', '.join(map(repr, _counted(verb, arguments)))})"
        known = {
            f"{verb}({', '.join(map(repr, others))})"
            for (done, _), told in self.answers.items()
            for other, others in told
            if done == situation.done and other == verb
        }
        there = f"; what was: {', '.join(sorted(known))}" if known else ""
        return f"{asked} was not recorded with {situation}{there}"

    def save(self, file: Path) -> None:
        """Write it into a file."""
        situations = [
            {
                "done": done,
                "moments": moments,
                "answers": [
                    {"verb": verb, "arguments": arguments, "answer": answer}
                    for (verb, arguments), answer in told.items()
                ],
            }
            for (done, moments), told in self.answers.items()
        ]
        record = {
            "format": FORMAT,
            "version": VERSION,
            "topology": self.topology,
            "title": self.title,
            "situations": situations,
        }
        file.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


def load(file: Path) -> Recording:
    """Read a recording.

    Raises:
        LabError: it cannot be read, or is no recording of a known version.
    """
    record = read_record(file, FORMAT, VERSION)
    place = "its head"
    try:
        recording = Recording(record["topology"], record["title"])
        for number, situation in enumerate(record["situations"]):
            place = f"situation {number}"
            key = (_key(situation["done"]), _key(situation["moments"]))
            recording.answers[key] = {
                (one["verb"], _key(one["arguments"])): one["answer"] for one in situation["answers"]
            }
    except (KeyError, TypeError) as error:
        raise LabError(f"{file}: {place}: it is damaged ({error!r} is missing or wrong)") from error
    return recording


def encode(verb: str, answer: Any) -> Any:  # noqa: ANN401 - as the verb's answer
    """Return a verb's answer as plain data for JSON."""
    return _WRITERS.get(verb, _same)(answer)


def decode(verb: str, data: Any) -> Any:  # noqa: ANN401 - as the verb's answer
    """Return what `encode` wrote as the verb's answer again."""
    return _READERS.get(verb, _same)(data)


def _counted(verb: str, arguments: Key) -> Key:
    return arguments[: _COUNTED.get(verb, len(arguments))]


def _likeness(there: Key, here: Key) -> tuple[int, int]:
    """How well a recorded moment fits: the same, or as long the same way as possible."""
    together = next((n for n, (a, b) in enumerate(zip(there, here, strict=False)) if a != b),
                    min(len(there), len(here)))  # fmt: skip
    return together, -abs(len(there) - len(here))


def _key(value: Any) -> Key:  # noqa: ANN401 - JSON
    if not isinstance(value, list):
        raise TypeError(f"{value!r}, not a list,")
    return tuple(map(_tuples, value))


def _tuples(value: Any) -> Any:  # noqa: ANN401 - JSON
    return tuple(map(_tuples, value)) if isinstance(value, list) else value


def _same(value: Any) -> Any:  # noqa: ANN401 - JSON
    return value


def _edge_data(edge: LoggedTransition) -> dict[str, Any]:
    def codes(notification: Notification | None) -> list[int | None] | None:
        return None if notification is None else [notification.code, notification.subcode]

    return {
        "line": edge.line,
        "time": edge.time,
        "peer": edge.peer,
        "connection": edge.connection,
        "event": str(edge.event),
        "before": edge.before.value,
        "after": edge.after.value,
        "known": edge.known,
        "sent": codes(edge.sent),
        "received": codes(edge.received),
    }


def _edge(data: Mapping[str, Any]) -> LoggedTransition:
    def notification(codes: list[int] | None) -> Notification | None:
        return None if codes is None else Notification(*codes)

    return LoggedTransition(
        **{
            **data,
            "before": State(data["before"]),
            "after": State(data["after"]),
            "sent": notification(data["sent"]),
            "received": notification(data["received"]),
        }
    )


def _each(read: Callable[[Any], Any]) -> Callable[[Any], tuple[Any, ...]]:
    return lambda values: tuple(map(read, values))


def _listed(write: Callable[[Any], Any]) -> Callable[[Any], list[Any]]:
    return lambda values: list(map(write, values))


_WRITERS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "run": asdict,
    "paths": asdict,
    "announced": list,
    "curl": _listed(asdict),
    "trace": _listed(asdict),
    "snapshot": snapshot_object,
    "transitions": _listed(_edge_data),
    "wait_notification": _edge_data,
}
_READERS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "run": lambda data: Output(**data),
    "paths": lambda data: Table(**data),
    "announced": tuple,
    "curl": _each(lambda data: Answer(**data)),
    "trace": _each(lambda data: Hop(**{**data, "others": tuple(data.get("others", ()))})),
    "snapshot": parse_snapshot,
    "transitions": _each(_edge),
    "wait_notification": _edge,
}
