"""FRR's configuration lines, read as the model's knobs."""

from bgp.knobs import Knobs
from locrib.frr_knobs import knobs_of


def test_lines_of_a_running_configuration_are_knobs() -> None:
    lines = [
        " bgp deterministic-med",
        " bgp bestpath med confed missing-as-worst",
        " bgp default local-preference 200",
        "  maximum-paths 4",
        "  maximum-paths ibgp 2 equal-cluster-length",
        " no bgp reject-as-sets",
        " neighbor 10.0.0.1 remote-as 64512",
    ]
    assert knobs_of(lines) == Knobs(
        deterministic_med=True,
        med_confed=True,
        med_missing_as_worst=True,
        default_local_preference=200,
        maximum_paths=4,
        maximum_paths_ibgp=2,
        ibgp_equal_cluster_length=True,
        reject_as_sets=False,
    )
    assert knobs_of([]) == Knobs()
