"""MetalLB, in its FRR mode: Services of type LoadBalancer get addresses, announced by BGP.

This file is the whole integration as the lab sees it; its parts are beside it:

    metallb_kinds, _peer, _status_kinds   what each object may hold
    metallb_admission                     what is refused when an object is written
    metallb_config, _pools, _modes        all objects together as one configuration, or why not
    metallb_allocator, _allocation, _request, _pool_size    which Service gets which address
    metallb_speaker                       what a node announces, or the reason why not
    metallb_frr                           the text its FRR is given
    metallb_controller, _speakers         the controllers that do all this again and again
    metallb_reports, _log                 what they write back

Left out: layer 2 announcements (L2Advertisement is checked and kept; nobody answers ARP), the
frr-k8s mode, memberlist. Sources: MetalLB 0.16.1; each file names its own.
"""

from collections.abc import Sequence
from typing import Final

from labs.integrations.metallb_admission import webhooks
from labs.integrations.metallb_controller import AddressController
from labs.integrations.metallb_frr import render
from labs.integrations.metallb_kinds import KINDS
from labs.integrations.metallb_manifests import MANIFESTS
from labs.integrations.metallb_modes import MODES
from labs.integrations.metallb_speakers import Speaker
from labs.kube.api import Api
from labs.kube.controller import Controller
from labs.kube.integration import Integration, Nodes

__all__ = ["INTEGRATION", "metallb", "render"]


def metallb(mode: str = "frr") -> Integration:
    """MetalLB in a mode: "frr", or "native" with what that refuses.

    Raises:
        ValueError: there is no such mode.
    """
    if mode not in MODES:
        raise ValueError(f"MetalLB has no mode {mode!r} here; there are: {', '.join(MODES)}")

    def controllers(api: Api, nodes: Nodes) -> Sequence[Controller]:
        speakers = [Speaker(api, nodes, node, mode) for node in nodes.names()]
        return [AddressController(api, nodes, mode), *speakers]

    return Integration(
        name="metallb",
        title="MetalLB",
        daemon="frr",
        kinds=KINDS,
        webhooks=webhooks(mode),
        manifests=MANIFESTS,
        controllers=controllers,
    )


INTEGRATION: Final = metallb()
