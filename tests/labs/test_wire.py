import pytest

from labs.wire import (
    KEEPALIVE,
    NOTIFICATION,
    OPEN,
    UPDATE,
    Announcement,
    hold_time_of,
    message,
    open_message,
    take_messages,
    update_message,
    withdraw_message,
)

MARKER = "ff" * 16


def test_an_open_offers_ipv4_unicast_and_four_octet_as_numbers() -> None:
    octets = open_message(4200000001, 240, "192.0.2.1").hex()
    assert octets == (
        MARKER
        + "002b01"  # 43 octets, OPEN
        + "04"  # version
        + "5ba0"  # AS_TRANS
        + "00f0"
        + "c0000201"
        + "0e"  # one optional parameter of
        + "020c"  # capabilities
        + "010400010001"  # IPv4 unicast
        + "4104fa56ea01"  # AS 4200000001
    )


def test_a_two_octet_as_number_stands_in_the_open_itself() -> None:
    (received,) = take_messages(bytearray(open_message(64512, 90, "192.0.2.1")))
    assert received.kind == OPEN
    assert received.body[1:3].hex() == "fc00"
    assert hold_time_of(received.body) == 90


def test_an_update_carries_every_attribute_in_the_order_of_its_type() -> None:
    octets = update_message(
        Announcement(
            prefix="10.100.7.0/24",
            next_hop="10.0.0.9",
            as_path=[
                ("confed_seq", [64513]),
                ("confed_set", [64514, 64515]),
                ("seq", [4200000001]),
                ("set", [65001]),
            ],
            origin="egp",
            med=10,
            local_pref=150,
            originator_id="10.1.1.1",
            cluster_list=["10.2.2.2", "10.3.3.3"],
            communities=[(65010, 100)],
            aigp=5,
        )
    ).hex()
    attributes = (
        "40010101"
        "40021c"
        "03010000fc01"
        "04020000fc020000fc03"
        "0201fa56ea01"
        "01010000fde9"
        "4003040a000009"
        "8004040000000a"
        "40050400000096"
        "c00804fdf20064"
        "8009040a010101"
        "800a080a0202020a030303"
        "801a0b01000b0000000000000005"
    )
    length = len(attributes) // 2
    body = "0000" + f"{length:04x}" + attributes + "180a6407"
    assert octets == MARKER + f"{19 + len(body) // 2:04x}" + "02" + body


def test_an_announcement_leaves_out_what_is_none() -> None:
    short = update_message(Announcement("0.0.0.0/0", "10.0.0.9"))
    (received,) = take_messages(bytearray(short))
    assert received.kind == UPDATE
    assert received.body.hex() == "0000000e" + "40010100" + "400200" + "4003040a000009" + "00"


def test_a_long_as_path_takes_the_extended_length() -> None:
    octets = update_message(Announcement("10.0.0.0/8", "10.0.0.9", [("seq", [65001] * 100)]))
    assert bytes.fromhex("50020192") in octets


def test_a_withdrawal_names_only_the_prefix() -> None:
    assert withdraw_message("10.100.0.0/16").hex() == MARKER + "001a02" + "0003" + "100a64" + "0000"


def test_messages_are_taken_from_a_stream_as_they_become_whole() -> None:
    stream = message(KEEPALIVE) + message(NOTIFICATION, b"\x06\x02") + message(KEEPALIVE)
    buffer = bytearray(stream[:-1])
    assert [str(received) for received in take_messages(buffer)] == [
        "KEEPALIVE",
        "NOTIFICATION 6/2",
    ]
    buffer += stream[-1:]
    assert [str(received) for received in take_messages(buffer)] == ["KEEPALIVE"]
    assert not buffer


def test_what_is_not_bgp_is_refused() -> None:
    with pytest.raises(ValueError, match="not a BGP header: 4854"):
        take_messages(bytearray(b"HTTP/1.1 200 OK\r\n\r\n\r\n"))


def test_a_message_too_long_for_bgp_is_refused() -> None:
    with pytest.raises(ValueError, match=r"4119 octets; RFC 4271 allows 4096"):
        message(UPDATE, bytes(4100))
