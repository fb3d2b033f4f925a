"""The scene of a BestPath widget: one frozen value, and every edit a function from scene to scene.

The browser sends an edit as a small JSON object (a *command*); whatever it says, either a new scene
comes back or ``InvalidValueError`` with field, value and rule, and the old scene is still there. A
history of scenes is then all that undo needs. What a command may say: ``EDITS`` below.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Final

from bgp.as_path import AsPath, parse_asn
from bgp.case import Case
from bgp.decision import Decision, decide
from bgp.errors import InvalidValueError
from bgp.knobs import Knobs
from bgp.profiles import profile
from bgp.route import Confederation, Path, Speaker
from bgp.values import Prefix, parse_identifier
from widgets import fields as path_fields

MAX_ROWS: Final = 32  # more is no picture, and no answer while one types
_TEXT_LIMIT: Final = 500


@dataclass(frozen=True, slots=True)
class Scene:
    """What a BestPath widget shows.

    Attributes:
        paths: the candidates in order of arrival, at most ``MAX_ROWS``: more is no picture.
        speaker: the deciding router.
        profile: name of the profile that decides.
        second: name of a profile to set beside it, None for none.
        knobs: the speaker's configuration.
        prefix: the prefix in question, None when not known.
        name: a name for the scene, kept in its JSON.
    """

    paths: tuple[Path, ...]
    speaker: Speaker
    profile: str = "frr-8.4"
    second: str | None = None
    knobs: Knobs = field(default_factory=Knobs)
    prefix: Prefix | None = None
    name: str = "scene"

    def __post_init__(self) -> None:
        """Refuse what cannot be decided or would not be a picture any more."""
        if len(self.paths) > MAX_ROWS:
            raise InvalidValueError(
                "paths", f"{len(self.paths)} paths", f"at most {MAX_ROWS} paths to draw"
            )
        for place, path in enumerate(self.paths):
            if not isinstance(path, Path):
                raise InvalidValueError(f"paths[{place}]", path, "a bgp.Path")
        if len({path.id for path in self.paths}) < len(self.paths):
            ids = [path.id for path in self.paths]
            twice = next(id_ for id_ in ids if ids.count(id_) > 1)
            raise InvalidValueError("id", twice, "a different id for each path")
        if not isinstance(self.speaker, Speaker):
            raise InvalidValueError("speaker", self.speaker, "a bgp.Speaker")
        if not isinstance(self.knobs, Knobs):
            raise InvalidValueError("knobs", self.knobs, "a bgp.Knobs")
        for name in filter(None, (self.profile, self.second)):
            profile(name)

    @classmethod
    def of_case(cls, case: Case, profile_name: str, second: str | None = None) -> Scene:
        """Show a decision case."""
        return cls(
            paths=case.paths,
            speaker=case.speaker,
            profile=profile_name,
            second=second,
            knobs=case.knobs,
            prefix=case.prefix,
            name=case.id,
        )

    @property
    def case(self) -> Case:
        """The question of the scene as a decision case."""
        return Case(self.name, self.prefix, self.speaker, self.knobs, self.paths)

    def decide(self, profile_name: str | None = None) -> Decision:
        """Decide by the scene's profile, or by another."""
        return decide(self.paths, profile_name or self.profile, self.speaker, self.knobs)


Command = Mapping[str, object]


def edit(scene: Scene, command: Command) -> Scene:
    """Return the scene after one command.

    Raises:
        InvalidValueError: the command is unknown or says something that is not allowed.
    """
    name = command.get("do")
    if not isinstance(name, str) or name not in EDITS:
        raise InvalidValueError("do", name, f"one of {', '.join(EDITS)}")
    return EDITS[name](scene, command)


def _text(command: Command, field: str) -> str:
    value = command.get(field)
    if not isinstance(value, str) or len(value) > path_fields.MAX_TEXT:
        raise InvalidValueError(field, value, f"text of at most {path_fields.MAX_TEXT} characters")
    return value


def _place(scene: Scene, command: Command) -> int:
    """Where the path of a command stands; it is named by id, because rows move."""
    wanted = command.get("path")
    for place, path in enumerate(scene.paths):
        if path.id == wanted:
            return place
    raise InvalidValueError(
        "path", wanted, "the id of a path of this scene; it may have been removed"
    )


def _with_path(scene: Scene, place: int, path: Path) -> Scene:
    return replace(scene, paths=(*scene.paths[:place], path, *scene.paths[place + 1 :]))


def _attribute(scene: Scene, command: Command) -> Scene:
    place = _place(scene, command)
    changed = path_fields.write(
        scene.paths[place], command.get("field"), command.get("text"), scene.speaker
    )
    return _with_path(scene, place, changed)


def _add(scene: Scene, _: Command) -> Scene:
    taken = {path.id for path in scene.paths}
    number = next(n for n in range(1, MAX_ROWS + 2) if f"p{n}" not in taken)
    addresses = {path.peer.address for path in scene.paths}
    peer = next(
        peer
        for n in range(number, 255)
        if (peer := path_fields.example_peer(n, scene.speaker)).address not in addresses
    )
    path = Path(
        id=f"p{number}",
        peer=peer,
        as_path=AsPath.of(peer.asn or 0),
        next_hop=peer.address,
        igp_metric=0,
    )
    return replace(scene, paths=(*scene.paths, path))


def _remove(scene: Scene, command: Command) -> Scene:
    place = _place(scene, command)
    return replace(scene, paths=(*scene.paths[:place], *scene.paths[place + 1 :]))


def _move(scene: Scene, command: Command) -> Scene:
    """Let a path arrive earlier (negative) or later; at the ends it stays where it is."""
    place, by = _place(scene, command), command.get("by")
    if isinstance(by, bool) or not isinstance(by, int):
        raise InvalidValueError("by", by, "how many places later, a whole number")
    rest = list(scene.paths)
    path = rest.pop(place)
    rest.insert(max(0, min(len(rest), place + by)), path)
    return replace(scene, paths=tuple(rest))


def _profile(scene: Scene, command: Command) -> Scene:
    name = profile(_text(command, "name")).name
    return replace(scene, profile=name, second=None if name == scene.second else scene.second)


def _second(scene: Scene, command: Command) -> Scene:
    name = _text(command, "name")
    return replace(scene, second=profile(name).name if name else None)


def _knob(scene: Scene, command: Command) -> Scene:
    name, value = _text(command, "name"), command.get("value")
    known = {knob.name: knob.default for knob in fields(Knobs)}
    if name not in known:
        raise InvalidValueError("knob", name, f"one of {', '.join(known)}")
    if isinstance(value, str):
        word = value.strip()
        if not word:
            value = known[name]
        elif word.isascii() and word.isdigit() and len(word) < 20:  # noqa: PLR2004 - keep int() cheap
            value = int(word)
        else:
            raise InvalidValueError(name, value, "a whole number, or nothing for the default")
    values: dict[str, object] = {**scene.knobs.changed(), name: value}
    return replace(scene, knobs=Knobs.from_mapping(values))


def _speaker(scene: Scene, command: Command) -> Scene:
    name, text = _text(command, "name"), _text(command, "text")[:_TEXT_LIMIT].strip()
    speaker = scene.speaker
    confederation = speaker.confederation
    match name:
        case "asn":
            speaker = replace(speaker, asn=parse_asn("local_as", text))
        case "router_id":
            router_id = parse_identifier(name, text) if text else None
            speaker = replace(speaker, router_id=router_id)
        case "cluster_id":
            cluster_id = parse_identifier(name, text) if text else None
            speaker = replace(speaker, cluster_id=cluster_id)
        case "confederation":
            asn = parse_asn("confederation.identifier", text) if text else 0
            members = confederation.members if confederation else ()
            speaker = replace(speaker, confederation=Confederation(asn, members) if asn else None)
        case "members" if confederation is not None:
            asns = tuple(
                parse_asn("confederation.peers", w) for w in text.replace(",", " ").split()
            )
            speaker = replace(speaker, confederation=replace(confederation, members=asns))
        case "members":
            raise InvalidValueError(name, text, "nothing until the confederation has an identifier")
        case _:
            known = "asn, router_id, cluster_id, confederation or members"
            raise InvalidValueError("speaker", name, known)
    return replace(scene, speaker=speaker)


EDITS: Final[Mapping[str, Callable[[Scene, Command], Scene]]] = {
    "edit": _attribute,  # path, field, text
    "add": _add,
    "remove": _remove,  # path
    "move": _move,  # path, by
    "profile": _profile,  # name
    "second": _second,  # name, "" for none
    "knob": _knob,  # name, value: true, false, null, or text
    "speaker": _speaker,  # name, text
}
