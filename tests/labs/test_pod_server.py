"""The pods' server, in a lab: it answers on, however many clients connect and ask nothing."""

import contextlib
import resource
import socket

import pytest
from unpacked import wanted

from labs.lab import Lab
from labs.packages import Daemons
from labs.pod_server import MOST_SILENT
from labs.topology_file import parse

POD = "10.244.1.10"
ONE_POD = f"""
title = "A pod and its node"

[host.node]
role = "node"
loopbacks = ["10.0.0.1/32"]

[pod.web]
node = "node"
address = "{POD}"
"""


@pytest.mark.lab
@pytest.mark.usefixtures("namespaces")
def test_clients_that_ask_nothing_take_no_answer_from_another(daemons: Daemons) -> None:
    wanted(daemons, "nftables")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    few = MOST_SILENT + 40
    resource.setrlimit(resource.RLIMIT_NOFILE, (few, hard))  # the server's too, which inherits it
    with contextlib.ExitStack() as ending:
        ending.callback(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        lab = ending.enter_context(Lab(parse(ONE_POD, "pod.toml")))
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        for _ in range(few):
            client = ending.enter_context(
                lab._parts.tree.open_socket("node", socket.AF_INET, socket.SOCK_STREAM)
            )
            client.settimeout(5)
            client.connect((POD, 80))
        (answer,) = lab.curl("node", f"http://{POD}/")
    assert (answer.server, answer.error) == ("web", None)
