"""What a learner can do to a lab of sessions: break it, mend it, and nothing that shows anything.

Every verb is the lab's own (`labs.lab_verbs`); here it is only told without a traceback, and a new
stretch of time begins with it, so that a picture afterwards shows what came of it.
"""

from __future__ import annotations

from labs.lab_verbs import LabVerbs
from locrib.session_trouble import Act
from locrib.told import told
from modules.pictures.network_marks import Pair


class SessionActs:
    """Routers, nodes and pods with the sessions between them, and hands laid on them."""

    def __init__(self, lab: LabVerbs, why: str) -> None:
        """Show `lab`; `why` says why it is live or recorded."""
        self._lab = lab
        self.why = why
        self._cut: set[Pair] = set()
        self._seen = True  # whether what the last acts led to has been looked at

    @property
    def live(self) -> bool:
        """Whether routers really run here."""
        return self._lab.live

    @told()
    def stop_daemon(self, host: str) -> None:
        """Stop a host's BGP daemon: nobody listens on its port any more."""
        self._do("stop_daemon", host)

    @told()
    def start_daemon(self, host: str) -> None:
        """Start a host's BGP daemon again."""
        self._do("start_daemon", host)

    @told()
    def freeze(self, host: str) -> None:
        """Freeze a host's BGP daemon: its process stands still, its kernel does not."""
        self._do("freeze", host)

    @told()
    def thaw(self, host: str) -> None:
        """Let a frozen daemon run on."""
        self._do("thaw", host)

    @told()
    def cut(self, one: str, other: str) -> None:
        """Cut a link between two neighbouring hosts or switches."""
        self._do("cut", one, other)
        self._cut.add(frozenset((one, other)))

    @told()
    def drop(self, one: str, other: str) -> None:
        """Lose every TCP packet on a link, without a word to anyone."""
        self._do("drop", one, other)

    @told()
    def mtu(self, one: str, other: str, octets: int) -> None:
        """Set the largest packet that a link carries; a switch tells no host about it."""
        self._do("mtu", one, other, octets)

    @told()
    def heal(self, one: str, other: str) -> None:
        """Mend whatever was done to a link."""
        self._do("heal", one, other)
        self._cut.discard(frozenset((one, other)))

    @told()
    def routes(self, node: str, count: int) -> None:
        """Let a node announce so many pods more; 0 takes them back."""
        self._do("routes", node, count)

    @told()
    def as_number(self, host: str, asn: int) -> None:
        """Let a daemon introduce itself with another AS number."""
        self._do("as_number", host, asn)

    @told()
    def configure(self, host: str, *lines: str) -> None:
        """Enter configuration lines on a router, as after `configure terminal`."""
        self._do("configure", host, *lines)

    @told()
    def mend(self) -> None:
        """Undo everything that was done, and wait until the sessions are up again."""
        self._lab.mend()
        self._cut.clear()
        self._seen = True

    def close(self) -> None:
        """End the lab; everything in it is gone when this returns."""
        self._lab.close()

    def act(self, act: Act) -> None:
        """Do what a trouble says."""
        verb, arguments = act
        getattr(self, verb)(*arguments)

    def _do(self, verb: str, *arguments: object) -> None:
        """Do something; acts that follow one another unseen are one stretch of time."""
        if self._seen:
            self._lab.mark()
        self._seen = False
        getattr(self._lab, verb)(*arguments)
