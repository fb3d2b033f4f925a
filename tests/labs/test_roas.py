"""ROAs: read, judged by RFC 6811, served by a real stayrtr, obeyed by a real bgpd."""

import json

import pytest

from labs.errors import LabError
from labs.lab import Lab
from labs.packages import Daemons
from labs.polling import poll
from labs.roas import Roa, Validity, cache_file, read_roa, validity
from labs.topology_file import FOLDER, parse
from labs.topology_routes import expected_routes

TEXT = (FOLDER / "origin-validation.toml").read_text(encoding="utf-8")
ROA = Roa("198.51.100.0/24", 24, 64701)
OURS = "198.51.100.0/24"


@pytest.mark.parametrize(
    ("text", "roa"),
    [
        ("198.51.100.0/24 from 64701", ROA),
        ("198.51.0.0/16 le 24 from 1", Roa("198.51.0.0/16", 24, 1)),
        ("198.51.100.0/24 le 20 from 64701", None),
        ("198.51.100.0/24 le 33 from 64701", None),
        ("198.51.100.1/24 from 64701", None),
        ("198.51.100.0/24 from 4294967296", None),
        ("198.51.100.0/24", None),
    ],
)
def test_a_roa_is_read_or_refused(text: str, roa: Roa | None) -> None:
    assert read_roa(text) == roa
    assert roa is None or read_roa(str(roa)) == roa


@pytest.mark.parametrize(
    ("prefix", "origin", "verdict"),
    [
        ("198.51.100.0/24", 64701, Validity.VALID),
        ("198.51.100.0/24", 64666, Validity.INVALID),
        ("198.51.100.0/25", 64701, Validity.INVALID),
        ("203.0.113.0/24", 64666, Validity.NOT_FOUND),
        ("198.51.0.0/16", 64701, Validity.NOT_FOUND),
    ],
)
def test_a_route_is_judged_as_the_rfc_says(prefix: str, origin: int, verdict: Validity) -> None:
    assert validity(prefix, origin, [ROA]) is verdict
    assert validity(prefix, origin, [ROA, Roa(prefix, 32, origin)]) is Validity.VALID


def test_stayrtr_is_given_what_it_reads() -> None:
    assert json.loads(cache_file([ROA])) == {
        "roas": [{"prefix": "198.51.100.0/24", "maxLength": 24, "asn": "AS64701"}]
    }


def test_what_is_invalid_is_not_expected() -> None:
    assert expected_routes(parse(TEXT, "x.toml"))["border"] == {OURS, "203.0.113.0/24"}
    other = parse(TEXT.replace("/24 from 64701", "/24 from 64999"), "x.toml")
    assert expected_routes(other)["border"] == {"203.0.113.0/24"}


@pytest.mark.parametrize(
    ("right", "wrong", "words"),
    [
        ('roas = ["', 'roas = ["x ', "host.validator.roas: expected ROAs such as 198.51.100.0/24"),
        ('rpki = "validator"', 'rpki = "legit"', "host.border.rpki: no validator is called 'legit"),
        ('rpki = "validator"', "", "reject_invalid: border asks no validator: say which by rpki"),
        (
            'daemon = "bird"\nasn = 64666',
            'daemon = "bird-1.6"\nasn = 64666\nrpki = "validator"',
            "hijacker runs BIRD 1.6, which does not speak RTR with a validator; BIRD 2, FRR and",
        ),
        ("asn = 64701", "asn = 64701\nroas = []", "roas: only a host with the role val"),
        ("asn = 64701", 'asn = 64701\nrpki = "validator"', "validator has no address in a network"),
    ],
)  # fmt: skip
def test_a_mistake_about_roas_is_refused(right: str, wrong: str, words: str) -> None:
    assert right in TEXT
    with pytest.raises(LabError, match=r"^mine\.toml:\d+: ") as refused:
        parse(TEXT.replace(right, wrong, 1), "mine.toml")
    assert words in str(refused.value)


@pytest.mark.lab
@pytest.mark.parametrize("release", ["frr-8.4", "frr-10"])
def test_bgpd_marks_routes_and_refuses_what_is_invalid(
    daemons: Daemons, namespaces: None, release: str
) -> None:
    del namespaces
    for missing in daemons.missing.values():
        pytest.skip(missing)
    border = 'daemon = "frr"\nasn = 64900'
    topology = parse(TEXT.replace(border, border.replace("frr", release)), "origin-validation.toml")
    with Lab(topology) as lab:

        def mark(next_hop: str) -> str | None:
            """The letter that bgpd puts before the path to our prefix by that NEXT_HOP."""
            for line in lab.show("border", "show bgp ipv4 unicast").splitlines():
                if next_hop in line and ("198.51.100" in line or "203.0" not in line):
                    return line[0]
            return None

        assert [str(path.next_hop) for path in lab.paths("border", OURS)] == ["10.0.1.2"]
        assert mark("10.0.1.2") == "V"
        assert "N*>" in lab.show("border", "show bgp ipv4 unicast")
        lab.roas("validator", "198.51.100.0/24 from 64666")
        poll("bgpd marks it anew", lambda: mark("10.0.1.2") == "I")
        lab.show("border", "clear bgp * soft in")
        poll("the other one is taken", lambda: [
            str(path.next_hop) for path in lab.paths("border", OURS)] == ["10.0.2.2"])  # fmt: skip
        checkpoint = lab.checkpoint()
        lab.mend()
        assert [str(path.next_hop) for path in lab.paths("border", OURS)] == ["10.0.1.2"]
        lab.restore(checkpoint)
        poll("the ROA is told again", lambda: mark("10.0.1.2") == "I")
        with pytest.raises(LabError, match="legit is no validator; these are: validator"):
            lab.roas("legit")
        with pytest.raises(LabError, match=r"expected ROAs such as .* seen 'x'"):
            lab.roas("validator", "x")
