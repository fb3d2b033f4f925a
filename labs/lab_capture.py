"""Capturing a link: the packets as the kernel saw them, in the words of tcpdump.

The lab takes the packets itself (packet(7)) and gives them to tcpdump to read. tcpdump cannot take
them: it insists on becoming another user, and in an ordinary user's lab there is only one. It reads
outside the lab, from a pipe, through the unpacked package's own loader.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import subprocess
import threading
import time
from typing import Final

from labs.descriptors import readable
from labs.errors import LabError
from labs.lab_tools import unpacked_call
from labs.packages import Daemon
from labs.process_tree import ProcessTree

EVERY_PROTOCOL: Final = 0x0003  # ETH_P_ALL of linux/if_ether.h
LONGEST: Final = 1 << 18
"""Octets kept of a packet; the kernel hands over unsplit segments of 64 KiB."""
LIMIT: Final = 1 << 26
"""Octets kept in all: a capture that somebody forgot does not fill the memory."""
READ_SECONDS: Final = 30.0
_FILE_HEADER: Final = struct.pack("=IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, LONGEST, 1)
"""libpcap's file format (pcap-savefile(5)): magic, version 2.4, UTC, Ethernet."""


class LinkCapture:
    """The packets that pass a host's end of a link, from the start until `stop`."""

    def __init__(
        self, tree: ProcessTree, host: str, interface: str, what: str, nftables: Daemon
    ) -> None:
        """Begin.

        Args:
            tree: the lab.
            host: where.
            interface: its end of the link.
            what: a filter as tcpdump understands it.
            nftables: the package that tcpdump came with.

        Raises:
            LabError: tcpdump refuses the filter.
        """
        self._nftables, self._what = nftables, what
        self._refuse(tree, host)
        self._socket = tree.open_socket(host, socket.AF_PACKET, socket.SOCK_RAW)
        self._socket.bind((interface, EVERY_PROTOCOL))
        self._taken = bytearray(_FILE_HEADER)
        self._lost = 0
        self._stopped, self._stopper = socket.socketpair()
        self._thread = threading.Thread(target=self._take, daemon=True)
        self._thread.start()

    def stop(self) -> str:
        """End the capture; return the packets as tcpdump prints them.

        Raises:
            LabError: tcpdump cannot read them, or not in time.
        """
        self._stopper.close()
        self._thread.join()
        self._stopped.close()
        self._socket.close()
        argv = [*unpacked_call(self._nftables, "tcpdump"), "-nn", "-v", "-Z", "root", "-r", "-"]
        try:
            done = subprocess.run(
                [*argv, "--", self._what], input=bytes(self._taken), capture_output=True,
                check=False, timeout=READ_SECONDS,
            )  # fmt: skip
        except subprocess.TimeoutExpired as error:
            raise LabError(
                f"tcpdump did not read {len(self._taken)} octets within {READ_SECONDS:g} seconds: "
                "capture for a shorter time, or less by a filter"
            ) from error
        if done.returncode:
            said = done.stderr.decode(errors="replace").strip().splitlines()[-1:]
            raise LabError(f"tcpdump cannot read what was captured: {''.join(said)}")
        told = f"... and {self._lost} packets more than a capture keeps\n" if self._lost else ""
        return done.stdout.decode(errors="replace") + told

    def _refuse(self, tree: ProcessTree, host: str) -> None:
        root = tree.root(host, self._nftables)
        compiled = tree.spawn(
            ["/usr/bin/tcpdump", "-d", "-y", "EN10MB", "--", self._what], host, root
        )
        try:
            if compiled.wait(READ_SECONDS) != 0:
                raise LabError(f"tcpdump refused {self._what!r}:\n{compiled.last_lines()}")
        finally:
            compiled.close()

    def _take(self) -> None:
        while True:
            if self._socket in readable([self._socket, self._stopped], None):
                with contextlib.suppress(OSError):  # told once that the interface went down
                    self._keep(self._socket.recv(LONGEST), time.time_ns() // 1000)
            else:  # what had arrived before the stop has been taken
                return

    def _keep(self, packet: bytes, now: int) -> None:
        """Put a packet down; `now` is in microseconds."""
        if len(self._taken) + len(packet) < LIMIT:
            stamp = struct.pack("=IIII", *divmod(now, 1_000_000), len(packet), len(packet))
            self._taken += stamp + packet
        else:
            self._lost += 1
