"""How a lab's namespaces are begun: which tool does it, and whether a user namespace is needed."""

import os
import re
import shutil
from pathlib import Path
from typing import Final

from labs.errors import LabError

NEEDED_CAPABILITIES: Final = (10, 12, 13, 18, 21)
"""NET_BIND_SERVICE, NET_ADMIN, NET_RAW, SYS_CHROOT and SYS_ADMIN (capabilities(7))."""
UNSHARE_ADVICE: Final = (
    "labs need namespaces: on Ubuntu 23.10 and later allow them with `sudo sysctl "
    "kernel.apparmor_restrict_unprivileged_userns=0`, in a container run it privileged, or use a "
    "virtual machine"
)
TOOLS: Final = (("unshare", "util-linux"), ("ip", "iproute2"), ("mount", "mount"))
"""What a lab takes from the system, and the packages they are in."""


def command() -> list[str]:
    """Return the command that runs a program as process 1 of a lab's namespaces.

    Raises:
        LabError: a tool is missing.
    """
    unshare, _, _ = (_tool(name, package) for name, package in TOOLS)
    user = [] if _is_capable() else ["--user", "--map-root-user"]
    namespaces = ["--mount", "--pid", "--net", "--ipc", "--uts"]
    return [unshare, *user, *namespaces, "--fork", "--mount-proc", "--"]


def _tool(name: str, package: str) -> str:
    """Return where a tool of the system is, whatever PATH its user has."""
    found = shutil.which(name, path=os.defpath + ":/usr/sbin:/sbin")
    if found is None:
        raise LabError(f"labs need `{name}`: install it with `sudo apt install {package}`")
    return found


def _is_capable() -> bool:
    """Tell whether this is a root that may do all a lab takes; a container's often may not."""
    status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
    (effective,) = re.findall(r"^CapEff:\s*(\w+)", status, re.MULTILINE)
    mine = int(effective, 16)
    return os.geteuid() == 0 and all(mine >> number & 1 for number in NEEDED_CAPABILITIES)
