"""The neighbours' side of a stage: what each says over BGP, to the router and to the second one."""

from __future__ import annotations

from typing import Any

from labs.process_tree import ProcessTree
from labs.speaker import Session, Speaker
from labs.stage_plan import Fabric, check_said
from labs.stage_second import link
from labs.wire import Announcement


class Voices:
    """A speaker for every neighbour of a fabric, with one session or two."""

    def __init__(self, tree: ProcessTree, fabric: Fabric, *, second: bool) -> None:
        """Speak for nobody yet; `second` when the second router is there to be spoken to."""
        self._tree, self._fabric, self._second = tree, fabric, second
        self._speakers: dict[str, Speaker] = {}
        self._sessions: dict[str, tuple[Session, ...]] = {}

    def close(self) -> None:
        """Fall silent."""
        for name in tuple(self._speakers):
            self.hang_up(name)

    def dial(self, name: str) -> None:
        """Begin a neighbour's sessions; they come up on their own."""
        neighbor = self._fabric.neighbor(name)
        speaker = self._speakers[name] = Speaker(self._tree, name)
        links = [self._fabric.link(name)] + ([link(self._fabric, name)] if self._second else [])
        self._sessions[name] = tuple(
            speaker.open(theirs, neighbor.asn, neighbor.router_id, ours) for ours, theirs in links
        )

    def wait(self, name: str) -> None:
        """Wait until a neighbour's sessions are Established.

        Raises:
            LabError: they are not within the deadline.
        """
        self._speakers[name].wait_established(self._sessions[name])

    def hang_up(self, name: str) -> None:
        """End a neighbour's sessions."""
        self._speakers.pop(name).close()
        del self._sessions[name]

    def is_up(self, name: str) -> bool:
        """Whether all of a neighbour's sessions are Established."""
        return all(session.established for session in self._sessions[name])

    def announce(self, name: str, said: dict[str, Any]) -> None:
        """Announce the fabric's prefix as a neighbour.

        Raises:
            LabError: an attribute that cannot be said, or a session that is down.
        """
        check_said(said)
        as_path = said.get("as_path", ())
        announcement = Announcement(
            prefix=self._fabric.prefix,
            next_hop=said.get("next_hop", self._fabric.next_hop(name)),
            as_path=[("seq", as_path)] if as_path else (),
            origin=said.get("origin", "igp"),
            med=said.get("med"),
            local_pref=said.get("local_pref", self._internal_preference(name)),
            originator_id=said.get("originator_id"),
        )
        for session in self._sessions[name]:
            Speaker.announce(session, [announcement])

    def withdraw(self, name: str) -> None:
        """Withdraw the fabric's prefix as a neighbour."""
        for session in self._sessions[name]:
            Speaker.withdraw(session, [self._fabric.prefix])

    def _internal_preference(self, name: str) -> int | None:
        """LOCAL_PREF is mandatory inside an AS and forbidden outside (RFC 4271 section 5.1.5)."""
        return 100 if self._fabric.neighbor(name).asn == self._fabric.asn else None
