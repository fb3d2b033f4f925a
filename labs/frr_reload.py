"""From one FRR configuration to another: the lines that take the daemons there, and no others.

What `frr-reload.py` of FRR does for MetalLB's speakers, for configurations whose every line one
knows: those a controller rendered, and what `show running-config` makes of them. Two texts are
compared only when both are of one kind, either both rendered or both printed by the daemon, so no
table of spellings and defaults is needed. Pure; `labs.frr_declared` enters the lines.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

_OPENERS: Final = (
    re.compile(r"router bgp \d+( vrf \S+)?( view \S+)?$"),
    re.compile(r"route-map \S+ (permit|deny) \d+$"),
    re.compile(r"(bfd|rpki)$"),
    re.compile(r"(vrf|interface) \S+( vrf \S+)?$"),
)
"""Lines at the top that open a block."""
_INNER: Final = (re.compile(r"address-family \S+( \S+)?$"), re.compile(r"(profile|peer) \S+.*$"))
"""Lines that open a block within `router bgp` and `bfd`."""
_TOP: Final = re.compile(
    r"(no )?((ip|ipv6) (prefix-list|nht|route|protocol|forwarding)|(ip|ipv6)?\s?access-list"
    r"|bgp (community-list|large-community-list|extcommunity-list|as-path access-list)) "
)
"""Lines that stand at the top, wherever they are written: FRR leaves a block by itself for them."""
_CLOSERS: Final = ("exit", "exit-address-family", "exit-vrf", "end")
_PASSING: Final = re.compile(
    r"$|!|#|frr version |frr defaults |hostname |log |service |Building configuration"
    r"|Current configuration|line vty|no service |debug |password |enable password"
)
"""Lines that are no configuration of a protocol: those stay as the lab has set them."""
_NEIGHBOR: Final = re.compile(r"neighbor (\S+) ")
_INTRODUCES: Final = re.compile(r"neighbor \S+ (remote-as |interface |peer-group$)")

Context = tuple[str, ...]


@dataclass
class Block:
    """A block of a configuration: what opens it and what stands in it.

    Attributes:
        context: the lines to enter to come here, outermost first; () is the top.
        lines: the lines in it, in their order, inner blocks apart.
    """

    context: Context
    lines: list[str] = field(default_factory=list)


def blocks(text: str) -> dict[Context, Block]:
    """Read a configuration into its blocks, by context, in order of appearance.

    Indentation does not count, as it does not for FRR. A block written twice is one.
    """
    found: dict[Context, Block] = {(): Block(())}
    here: Context = ()
    for raw in text.splitlines():
        line = " ".join(raw.split())
        if line in _CLOSERS:
            here = here[:-1] if line != "end" else ()
        elif line.startswith(("!", "#")) or not line:
            continue
        elif any(opener.match(line) for opener in _OPENERS):
            here = (line,)
            found.setdefault(here, Block(here))
        elif here and any(opener.match(line) for opener in _INNER):
            here = (here[0], line)
            found.setdefault(here, Block(here))
        elif _TOP.match(line):
            here = ()
            if line not in found[()].lines:
                found[()].lines.append(line)
        elif here or not _PASSING.match(line):
            block = found[here]
            if line not in block.lines:
                block.lines.append(line)
    return found


def changes(old: str, new: str) -> list[str]:
    """Return the lines that turn a daemon with configuration `old` into one with `new`.

    They are to be entered after `configure terminal`, in this order: first what goes, then what
    comes. A line that is replaced, such as another password, is entered without being taken out
    first where FRR overwrites it, so that a session is not reset twice.
    """
    before, after = blocks(old), blocks(new)
    return [*_leaving(before, after), *_coming(before, after)]


def daemon_of(line: str) -> str:
    """Name the daemon that a block's opening line, or a line at the top, is for."""
    if line.removeprefix("no ") == "bfd":
        return "bfdd"
    if re.match(r"(no )?(ip|ipv6) (nht|protocol) ", line):
        return "zebra"
    return "staticd" if re.match(r"(no )?(ip|ipv6) route ", line) else "bgpd"


def by_daemon(lines: Iterable[str]) -> dict[str, list[str]]:
    """Sort the lines of `changes` by the daemon each is for, keeping their order."""
    sorted_: dict[str, list[str]] = {}
    daemon, depth = "", 0
    for line in lines:
        if depth == 0:
            daemon = daemon_of(line)
        sorted_.setdefault(daemon, []).append(line)
        if line in _CLOSERS:
            depth -= 1
        elif any(opener.match(line) for opener in (_OPENERS if depth == 0 else _INNER)):
            depth += 1
    return sorted_


def _leaving(before: dict[Context, Block], after: dict[Context, Block]) -> Iterator[str]:
    """Yield what takes away what `after` lacks: whole blocks at once, neighbors at once."""
    for context, block in reversed(before.items()):
        if any(context[:depth] not in after for depth in range(1, len(context))):
            continue  # it goes with the block around it
        family = bool(context) and context[-1].startswith("address-family")
        if context not in after and not family:  # FRR knows no way to undo a family as a whole
            yield from _within(context[:-1], [_undo(context[-1])])
            continue
        kept = after[context].lines if context in after else []
        undone = list(_undone(block.lines, kept, _gone_neighbors(before, after, context), family))
        if undone:
            yield from _within(context, undone)


def _undone(lines: list[str], kept: list[str], gone: frozenset[str], family: bool) -> Iterator[str]:
    """Yield what takes a block's lines back, those apart that stay or are overwritten."""
    for line in reversed(lines):
        if line in kept or _overwritten(line, kept):
            continue
        neighbor = _NEIGHBOR.match(line)
        if neighbor is None or neighbor[1] not in gone:
            yield _undo(line)
        elif not family and _INTRODUCES.match(line):
            yield f"no neighbor {neighbor[1]}"


def _coming(before: dict[Context, Block], after: dict[Context, Block]) -> Iterator[str]:
    for context, block in after.items():
        known = before.get(context)
        added = [line for line in block.lines if known is None or line not in known.lines]
        if added or known is None:
            yield from _within(context, added)


def _within(context: Context, lines: list[str]) -> Iterator[str]:
    """Yield lines with what leads into their block and out again."""
    if context or lines:
        if not lines and context and context[0].startswith("router bgp") and len(context) > 1:
            return  # an empty address family says nothing
        yield from context
        yield from lines
        for opener in reversed(context):
            yield "exit-address-family" if opener.startswith("address-family") else "exit"


def _undo(line: str) -> str:
    return line.removeprefix("no ") if line.startswith("no ") else f"no {line}"


def _gone_neighbors(
    before: dict[Context, Block], after: dict[Context, Block], context: Context
) -> frozenset[str]:
    """Return the neighbors of a router block that `after` introduces no more."""
    if not context or not context[0].startswith("router bgp"):
        return frozenset()

    def introduced(side: dict[Context, Block]) -> set[str]:
        block = side.get(context[:1])
        lines = block.lines if block else ()
        return {line.split()[1] for line in lines if _INTRODUCES.match(line)}

    return frozenset(introduced(before) - introduced(after))


_OVERWRITING: Final = (
    re.compile(r"neighbor \S+ (remote-as|local-as|port|password|update-source|ebgp-multihop)\b"),
    re.compile(r"neighbor \S+ (timers connect|timers(?! connect)|bfd profile|description)\b"),
    re.compile(r"neighbor \S+ (maximum-prefix|advertisement-interval)\b"),
    re.compile(r"bgp router-id\b"),
    re.compile(r"(receive-interval|transmit-interval|echo-interval|detect-multiplier)\b"),
    re.compile(r"(minimum-ttl|set local-preference|set metric)\b"),
)
"""Settings of which a block has one: the new line replaces the old one by being entered."""
_ROUTE_MAP: Final = re.compile(r"(neighbor \S+ route-map) \S+ (in|out)$")


def _setting(line: str) -> str:
    """Return what a line sets, where entering another such line replaces it; else nothing."""
    if match := _ROUTE_MAP.match(line):
        return " ".join(match.groups())
    return next((match[0] for pattern in _OVERWRITING if (match := pattern.match(line))), "")


def _overwritten(line: str, others: Iterable[str]) -> bool:
    setting = _setting(line)
    return bool(setting) and any(_setting(other) == setting for other in others)
