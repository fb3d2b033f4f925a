"""The programs a lab lends its hosts: each router's own vtysh, birdc or gobgp, and nft for all.

A router's tool runs in its daemon's root, where its sockets are. nft, conntrack and tcpdump need
the host's files (`nft -f FILE`), so they run where they are called, by the loader and the libraries
they were unpacked with.
"""

from __future__ import annotations

import shlex
from typing import Final

from labs.errors import LabError
from labs.packages import Daemon
from labs.process_tree import ProcessTree
from labs.routers import Router

COMMON: Final = "/run/lab/bin"
_UNPACKED: Final = {"nft": "usr/sbin/nft", "conntrack": "usr/sbin/conntrack",
                    "tcpdump": "usr/bin/tcpdump"}  # fmt: skip
_PATH: Final = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def environment(host: str) -> list[str]:
    """Return the command that lets another find what a host is lent."""
    return ["env", f"PATH={_folder(host)}:{COMMON}:{_PATH}"]


def _folder(host: str) -> str:
    return f"/run/lab/{host}/bin"


def lend_router_tools(tree: ProcessTree, host: str, router: Router) -> None:
    """Let a host call its router's tools by name."""
    _write(
        tree,
        _folder(host),
        {name: ["chroot", router.root, *program] for name, program in router.tools.items()},
    )


def unpacked_call(nftables: Daemon, program: str) -> list[str]:
    """Return the command that runs nft, conntrack or tcpdump where it stands, by its own libraries.

    Raises:
        LabError: they are not whole.
    """
    loaders = sorted((nftables.root / "usr/lib").glob("*/ld-linux*.so.*"))
    if not loaders:
        raise LabError(
            f"what was unpacked of {nftables.title} is damaged: remove {nftables.root.parent} and "
            "run `locrib lab doctor --fetch` once, with network"
        )
    by_loader = [str(loaders[0]), "--library-path", str(loaders[0].parent)]
    return [*by_loader, str(nftables.root / _UNPACKED[program])]


def lend_nftables(tree: ProcessTree, nftables: Daemon) -> None:
    """Let every host call nft, conntrack and tcpdump.

    Raises:
        LabError: they are not whole.
    """
    _write(tree, COMMON, {name: unpacked_call(nftables, name) for name in _UNPACKED})


def _write(tree: ProcessTree, folder: str, programs: dict[str, list[str]]) -> None:
    for name, program in programs.items():
        tree.write(f"{folder}/{name}", f'#!/bin/sh\nexec {shlex.join(program)} "$@"\n')
    tree.script(f"chmod +x {folder}/*")
