"""Images: what each does with its arguments, right or wrong, and that no other is known."""

from __future__ import annotations

import pytest

from labs.kube.containers import StartError, check_program
from labs.kube.images import Does, Failed, Idle, Image, Web, find, plain, unknown


def of(reference: str) -> Image:
    image = find(reference)
    assert image is not None
    return image


def run(reference: str, *arguments: str) -> Does:
    image = of(reference)
    own = image.program(image.entrypoint[0])
    assert own is not None
    return own(arguments)


@pytest.mark.parametrize(
    "reference",
    ["nginx", "nginx:1.27", "docker.io/library/nginx:1.27", "nginx@sha256:0123", "library/nginx"],
)
def test_an_image_is_found_whatever_its_registry_tag_or_digest(reference: str) -> None:
    assert of(reference).name == "nginx"
    assert plain(reference) == "nginx"


def test_an_image_that_no_lab_has_is_refused_with_those_there_are() -> None:
    assert find("redis") is None
    assert "hashicorp/http-echo, nginx" in unknown("redis")


def test_http_echo_reads_its_flags_as_go_does() -> None:
    assert run("hashicorp/http-echo", "-listen=:80", "-text=hi") == Web(80, "hi")
    assert run("hashicorp/http-echo", "--text", "hi") == Web(5678, "hi")


@pytest.mark.parametrize(
    ("arguments", "said", "code"),
    [
        ((), "Missing -text option!", 127),
        (("-txt=hi",), "flag provided but not defined: -txt", 2),
        (("-text",), "flag needs an argument: -text", 2),
        (("-text=hi", "-listen=:http"), "address :http: invalid port", 1),
    ],
)
def test_http_echo_ends_as_the_real_one_does(
    arguments: tuple[str, ...], said: str, code: int
) -> None:
    does = run("hashicorp/http-echo", *arguments)
    assert isinstance(does, Failed)
    assert (said in does.said, does.code) == (True, code)


def test_other_servers_listen_where_their_originals_do() -> None:
    assert run("nginx", "-g", "daemon off;") == Web(80)
    assert run("registry.k8s.io/e2e-test-images/agnhost:2.53", "netexec") == Web(8080)
    assert run("registry.k8s.io/e2e-test-images/agnhost", "netexec", "--http-port=80") == Web(80)
    assert run("registry.k8s.io/pause:3.10") == Idle()


def test_arguments_in_the_place_of_a_command_are_no_program() -> None:
    with pytest.raises(StartError, match=r'exec: "-listen=:5678": executable file not found'):
        check_program(of("hashicorp/http-echo"), ("-listen=:5678", "-text=hi"))


def test_a_shell_is_in_an_image_with_tools_and_in_no_other() -> None:
    check_program(of("busybox"), ("sh", "-c", "true"))
    with pytest.raises(StartError, match="executable file not found in"):
        check_program(of("hashicorp/http-echo"), ("sh",))
    with pytest.raises(StartError, match="stat /srv/secret: no such file or directory"):
        check_program(of("busybox"), ("/srv/secret",))


def test_the_integrations_own_images_are_known_in_any_version() -> None:
    assert find("quay.io/metallb/speaker:v0.1", ("quay.io/metallb/speaker:v0.16.1",)) is not None
    assert find("quay.io/metallb/speaker:v0.1") is None
