"""A lab needs no root: an ordinary user brings it up, breaks it and mends it."""

import json
import sys

import pytest
from ordinary_user import (
    ORDINARY_USER,
    as_ordinary_user,
    give,
    ordinary_home,
    skip_unless_readable,
)

from labs.packages import Daemons

NEEDED = ("frr-8.4", "bird", "nftables")
DAY = """
import json, os
from labs.lab import Lab
with Lab("first-session") as lab:
    with lab.capture("tor1", "sw1", "tcp port 80") as seen:
        pod = lab.curl("client", "http://10.244.1.10/")[0].server
    lab.drop("tor1", "sw1")
    lab.configure("tor1", "route-map TO-border permit 10", "set metric 5")
    lab.stop_daemon("node1")
    refused = lab.wait_state("tor1", "node1", "Idle", 20)
    lab.mend()
    service = lab.curl("client", "http://198.51.100.7/")[0].server
    ip = lab.run("tor1", "ip -br link").text
print(json.dumps([os.geteuid(), pod, service, "sw1" in ip, "GET / HTTP" in seen.text]))
"""


@pytest.mark.lab
def test_an_ordinary_user_runs_a_lab(daemons: Daemons, namespaces: None) -> None:
    del namespaces
    for name in NEEDED:
        if name in daemons.missing:
            pytest.skip(daemons.missing[name])
    with ordinary_home() as home:
        skip_unless_readable(home, "labs.lab")
        for name in NEEDED:
            give(daemons[name], home)
        done = as_ordinary_user(home, sys.executable, "-c", DAY)
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout) == [ORDINARY_USER, "pod1", "node1", True, True]
