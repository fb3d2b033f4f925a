"""A lab of sessions as a lesson sees it: pictures of what there is, and the client as the judge.

Real and recorded are peers: the same verbs, the same pictures, and every picture says which it is.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import Final

from bgp.fsm_log import LoggedTransition
from bgp.fsm_words import State
from labs.errors import LabError
from labs.lab_values import Answer
from locrib.session_acts import SessionActs
from locrib.session_trouble import LOOK_AGAIN, MOMENT, PATIENCE, POD, TROUBLES
from locrib.told import told
from locrib.waiting import Waiting
from modules.certify_session import HEADERS, SEGMENT, update_octets
from modules.pictures.network import network_picture, trace_picture
from modules.pictures.network_marks import CUT, Marks
from modules.pictures.network_sight import NO_ANSWER, Sight
from modules.pictures.page import Picture, esc, prose
from modules.pictures.router import text_picture
from modules.pictures.segments import Packet, segments_picture
from modules.pictures.session_time import Stretch, session_picture
from modules.session_facts import KEEPALIVE

SERVICE: Final = "198.51.100.7"
CLIENT: Final = "client"


class SessionLab(SessionActs):
    """Routers, nodes and pods with the sessions between them."""

    @property
    def origin(self) -> str:
        """What kind of truth this lab shows, for a caption."""
        routers = self._lab.title.rpartition("(")[2].rstrip(")")
        if self.live:
            return f"Live: {routers} in namespaces of their own on this machine"
        return f"Recorded from {routers} with these same commands; {self.why}"

    def __repr__(self) -> str:
        """Say what runs here."""
        return self.origin

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        """Show the network with its sessions as they are now."""
        return self.sessions()._repr_mimebundle_()

    # -- what there is to see -----------------------------------------------------------------

    @told()
    def sessions(self) -> Picture:
        """Draw the network, and what both ends of each session call it now."""
        states = {pair: self._state(*pair) for pair in self._pairs()}
        return network_picture(self._sight(states), self.origin)

    @told()
    def get(self, address: str = SERVICE, count: int = 3) -> Picture:
        """Ask an address over HTTP from the client, and say who answered."""
        answers = self._lab.curl(CLIENT, f"http://{address}/", count)
        return _answers_picture(address, answers, self.origin)

    @told()
    def state(self, host: str, neighbor: str) -> str:
        """Return what a router itself calls its session with a neighbor."""
        return self._state(host, neighbor)

    @told()
    def wait(self, host: str, neighbor: str, state: str, seconds: float = 30) -> Picture:
        """Wait until a router shows a state, and show the way there."""
        with Waiting(f"{host} to {neighbor}") as waiting:
            took = self._lab.wait_state(host, neighbor, state, seconds, waiting.tell)
        return self._stretch(host, neighbor, took)

    @told()
    def watch(self, host: str, neighbor: str, seconds: float) -> Picture:
        """Watch a session for some seconds, and show what happened to it."""
        with Waiting(f"{host} to {neighbor}") as waiting:
            self._lab.watch(host, neighbor, seconds, waiting.tell)
        return self._stretch(host, neighbor, seconds)

    def follow(self, host: str, neighbor: str, seconds: float) -> Iterator[LoggedTransition]:
        """Give a router's transitions as they happen, until the session is up."""
        self._seen = True
        for found in self._lab.follow(host, neighbor, seconds):
            yield found
            if found.after is State.ESTABLISHED:
                return

    @told()
    def show(self, host: str, command: str = "") -> Picture:
        """Show what a router prints; without a command, its sessions in a table."""
        frr = self._lab.topology.speaker(host).daemon.startswith("frr")
        command = command or ("show bgp summary" if frr else "show protocols")
        if self._silent(host):
            raise LabError(f"{host} does not answer `{command}`: what do its neighbors say?")
        prompt = f"{host}{'#' if frr else '>'} {command}"
        return text_picture(prompt, self._lab.show(host, command), self.origin)

    @told()
    def trace(self, host: str, address: str) -> Picture:
        """Follow a packet hop by hop, with the route that each host takes for it."""
        hops = self._lab.trace(host, address)
        return trace_picture(self._sight({}), address, hops, self.origin)

    @told()
    def announced(self, host: str, *neighbors: str) -> Picture:
        """Show which prefixes a router announces to its neighbors, or to some of them."""
        topology = self._lab.topology
        found = neighbors or tuple(s.other(host).host for s in topology.sessions_of(host))
        lines = [
            f"{host} to {name}: {', '.join(self._lab.announced(host, name)) or 'nothing'}"
            for name in found
        ]
        body = "".join(f'<p class="lr-lead">{esc(line)}</p>' for line in lines)
        body += f'<p class="lr-soft">{esc(self.origin)}.</p>'
        return Picture(body, "\n".join([*lines, f"({self.origin})"]))

    def packets(self, limit: int, *routes: int) -> Picture:
        """Draw a KEEPALIVE and UPDATEs of so many routes beside the largest packet of a port."""
        packets = [Packet("KEEPALIVE", KEEPALIVE + HEADERS)]
        packets += [
            Packet(f"UPDATE, {count} prefixes", min(SEGMENT, update_octets(count)) + HEADERS)
            for count in routes
        ]
        return segments_picture(packets, limit)

    # -- break it, mend it --------------------------------------------------------------------

    @told()
    def trouble(self, number: int) -> Picture:
        """Break one thing, without saying which, and let the client ask the pod.

        Raises:
            LabError: there is no trouble of that number.
        """
        if number not in TROUBLES:
            raise LabError(f"troubles go from 1 to {len(TROUBLES)}, not {number}")
        self.mend()
        trouble = TROUBLES[number]
        self.act(trouble.do)
        self._cut.clear()  # no picture may give it away
        with Waiting(f"trouble {number} takes hold") as waiting:
            self._lab.wait_state(*trouble.at, trouble.shows, PATIENCE, waiting.tell)
        seen = self._pod_answers(0.0).error or "an answer"
        return self._said(
            f"Trouble {number} is there. The client asks the pod, {POD}: {seen}. Find out why."
        )

    @told()
    def mended(self) -> Picture:
        """Give the sessions a moment, then let the client judge."""
        deadline = time.monotonic() + MOMENT
        up = sum(self._comes_up(*pair, deadline) for pair in self._pairs())
        all_up = up == len(self._pairs())
        answer = self._pod_answers(deadline if all_up else 0.0)
        if answer.error is None and all_up:
            return self._said("Mended: the client reaches the pod, every session is Established.")
        return self._said(
            f"Not mended yet. Expected: the client reaches the pod, {POD}, and every session is "
            f"Established on both ends. Seen: {answer.error or 'it does'}; {up} of "
            f'{len(self._pairs())} ends are. Look again with `lab` and `lab.show("tor1")`, or '
            "take everything back with `lab.mend()`."
        )

    def _pod_answers(self, deadline: float) -> Answer:
        """Ask the pod, by the deadline if need be: routes follow a session within moments."""
        while True:
            (answer,) = self._lab.curl(CLIENT, f"http://{POD}/", 1)
            if answer.error is None or not self.live or time.monotonic() > deadline:
                return answer
            time.sleep(LOOK_AGAIN)

    def _comes_up(self, host: str, neighbor: str, deadline: float) -> bool:
        """Whether an end of a session is Established, now or by the deadline."""
        up = str(State.ESTABLISHED)
        if self._state(host, neighbor) == up:
            return True
        seconds = max(deadline - time.monotonic(), 0.1)
        with Waiting(f"{host} to {neighbor}") as waiting:
            try:
                self._lab.wait_state(host, neighbor, up, seconds, waiting.tell)
            except LabError:
                return False
        return True

    def _said(self, words: str) -> Picture:
        body = f'<p class="lr-lead">{prose(words)}</p><p class="lr-soft">{esc(self.origin)}.</p>'
        return Picture(body, f"{words}\n({self.origin})")

    # -- inside -------------------------------------------------------------------------------

    def _sight(self, states: Mapping[tuple[str, str], str]) -> Sight:
        """Return what a learner may see: cables that were cut openly, and no trouble's doing."""
        return Sight(self._lab.topology, states, Marks(dict.fromkeys(self._cut, (CUT,))))

    def _pairs(self) -> list[tuple[str, str]]:
        """Return both ends of every session, each as (host, neighbor)."""
        ends = [tuple(side.host for side in s.sides) for s in self._lab.topology.sessions]
        return [pair for one, other in ends for pair in ((one, other), (other, one))]

    def _state(self, host: str, neighbor: str) -> str:
        return NO_ANSWER if self._silent(host) else self._lab.state(host, neighbor)

    def _silent(self, host: str) -> bool:
        """Whether a host's daemon is stopped or frozen: which of the two is for others to see."""
        return self._lab.situation.get(f"daemon {host}") is not None

    def _stretch(self, host: str, neighbor: str, seconds: float) -> Picture:
        lab, self._seen = self._lab, True
        stretch = Stretch(
            f"{host} to {neighbor}",
            lab.transitions(host, neighbor),
            lab.state(host, neighbor),
            seconds,
            lab.marked(host, neighbor),
        )
        return session_picture(stretch, self.origin)


def _answers_picture(address: str, answers: tuple[Answer, ...], origin: str) -> Picture:
    good = [answer for answer in answers if answer.error is None]
    lines = [f"{address}: {len(good)} of {len(answers)} requests answered."]
    said = [
        f"No answer: {answer.error}."
        if answer.error
        else f"{answer.server} answered, and saw {answer.source} ask."
        for answer in answers
    ]
    lines += dict.fromkeys(said)
    body = "".join(f'<p class="lr-lead">{esc(line)}</p>' for line in lines)
    return Picture(
        f'{body}<p class="lr-soft">{esc(origin)}.</p>', "\n".join([*lines, f"({origin})"])
    )
