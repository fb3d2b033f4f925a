"""What the verbs of a lab check, and how a checkpoint is come back to, where nothing runs.

Real labs carry the same verbs out in `test_lab` and `test_lab_topologies`.
"""

from typing import NoReturn

import pytest

from labs.errors import LabError, NextVerbError
from labs.lab_changes import LabChanges
from labs.situation import Situation
from labs.topology_file import load


class Ledger(LabChanges):
    """A lab that only writes down what it is told to do."""

    def __init__(self) -> None:
        super().__init__(load("rack"))
        self.told: list[str] = []

    def close(self) -> None:
        """Hold nothing."""

    def _change(self, after: Situation, verb: str, *_arguments: object) -> None:
        self.told.append(verb)
        self.situation = after

    def _ask(self, verb: str, *_arguments: object) -> NoReturn:
        raise AssertionError(verb)


@pytest.fixture
def lab() -> Ledger:
    return Ledger()


def test_a_checkpoint_of_everything_a_lab_can_be_told_is_come_back_to(lab: Ledger) -> None:
    lab.cut("node1", "sw")
    lab.mtu("sw", "node2", 1400)
    lab.drop("sw", "node2", "icmp")
    lab.drop("sw", "node3", "all", 30)
    lab.limit("sw", "node3", 64)
    lab.as_number("node1", 64999)
    lab.routes("node1", 3)
    lab.policy("web", "Local")
    lab.endpoints("web")
    lab.configure("tor", "route-map A permit 10", "", " set metric 9")
    lab.freeze("node3", "bfdd")
    lab.freeze("node3")
    lab.stop_daemon("node1")
    checkpoint = lab.checkpoint()
    assert Situation.of(checkpoint.plain()) == checkpoint
    again = Ledger()
    again.restore(checkpoint)
    assert again.checkpoint() == checkpoint
    assert again.told[0] == "mend"
    assert again.told.index("configure") < again.told.index("cut") < again.told.index("freeze")


def test_lines_that_say_nothing_leave_nothing_to_mend(lab: Ledger) -> None:
    lab.configure("tor", " ")
    assert lab.checkpoint().done == ()


@pytest.mark.parametrize(
    ("done", "words"),
    [
        ([("cut", "yes")], "the checkpoint has 'cut' as 'yes', and no verb of a lab does that"),
        ([("cut node1 sw", "no")], "no lab is ever so"),
        ([("cut sw node1", "yes")], "no lab is ever so"),
        ([("cut node1 sw tor", "yes")], "no verb of a lab does that"),
        ([("cut node1 sw", "yes"), ("cut node1 sw", "yes")], "the link is cut already"),
        ([("cut node1 nobody", "yes")], "rack has no 'nobody'; it has"),
        ([("mtu node1 sw", "abc")], "as 'abc', and expected a whole number: nothing was changed"),
        ([("mtu sw", "1400")], "no verb of a lab does that"),
        ([("mtu node1 sw", "14")], "an MTU is 576 to 9216 octets, not 14"),
        ([("mtu node1 sw", "1500")], "no lab is ever so"),
        ([("drop node1 sw", "tcp x")], "expected a whole number"),
        ([("drop node1 sw", "udp")], "a link cannot lose 'udp'"),
        ([("", "x")], "has '' as 'x', and no verb of a lab does that"),
        ([("colour tor", "red")], "no verb of a lab does that"),
        ([("daemon node1", "purple")], "no verb of a lab does that"),
        ([("daemon nobody", "frozen")], "has no host 'nobody'"),
        ([("frozen tor", "yes")], "no verb of a lab does that"),
        ([("frozen tor ospfd", "yes")], "and no 'ospfd'"),
        ([("as tor", "0")], "an AS number is 1 to 4294967295, not 0"),
        ([("routes node1", "99999")], "node1 can announce 0 to"),
        ([("policy web", "Nowhere")], "no policy is called 'Nowhere'"),
        ([("endpoints web", "pod99")], "no pod 'pod99' is behind web"),
        ([("roas tor", "none")], "tor is no validator"),
        ([("lines client", "x")], "client runs no BGP daemon"),
    ],
)
def test_a_checkpoint_no_lab_can_be_brought_to_is_refused_before_anything_is_mended(
    lab: Ledger, done: list[tuple[str, str]], words: str
) -> None:
    lab.cut("node2", "sw")
    before, told = lab.situation, list(lab.told)
    with pytest.raises(LabError) as refused:
        lab.restore(Situation((("mtu node3 sw", "1400"), *done)))
    assert words in str(refused.value)
    assert (lab.situation, lab.told) == (before, told)


@pytest.mark.parametrize(
    ("verb", "arguments", "leads_on", "text"),
    [
        ("cut", ("node1", "sw"), ("heal", "node1", "sw"), "the link is cut already; heal('node1',"),
        ("freeze", ("node3",), ("thaw", "node3"), "of node3 is frozen; thaw('node3') brings it"),
        (
            "stop_daemon",
            ("tor",),
            ("start_daemon", "tor"),
            "stopped; start_daemon('tor') brings",
        ),
        ("freeze", ("tor", "bfdd"), ("thaw", "tor", "bfdd"), "already; thaw('tor', 'bfdd') thaws"),
    ],
)
def test_what_is_done_already_names_the_verb_that_leads_on(
    lab: Ledger, verb: str, arguments: tuple[str, ...], leads_on: tuple[str, ...], text: str
) -> None:
    getattr(lab, verb)(*arguments)
    with pytest.raises(NextVerbError) as refused:
        getattr(lab, verb)(*arguments)
    assert (refused.value.verb, *refused.value.arguments) == leads_on
    assert text in str(refused.value)
