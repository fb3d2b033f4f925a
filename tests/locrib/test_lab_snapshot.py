"""What is kept of a lab, damaged: refused by file and reason, before any lab is asked."""

import json
from pathlib import Path

import pytest

from locrib import records
from locrib.lab_snapshot import CHECKPOINT, CHECKPOINT_VERSION, read, restore
from locrib.trouble import Exit, Trouble


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({}, "expected a situation, seen None"),
        ({"topology": "rack", "situation": {"done": [["cut"]], "moments": []}}, "a situation"),
        ({"topology": "rack", "situation": {"done": [[5, 5]], "moments": []}}, "text in"),
    ],
)
def test_a_checkpoint_that_holds_none_is_refused_in_words(
    tmp_path: Path, fields: dict[str, object], told: str
) -> None:
    file = tmp_path / "kept.json"
    records.write(file, CHECKPOINT, CHECKPOINT_VERSION, **fields)
    with pytest.raises(Trouble, match=told) as refused:
        restore(file)
    assert refused.value.expected == f"a checkpoint in {file}"
    assert refused.value.code == Exit.INPUT


def test_a_checkpoint_of_a_newer_version_is_not_guessed_at(tmp_path: Path) -> None:
    file = tmp_path / "kept.json"
    records.write(file, CHECKPOINT, CHECKPOINT_VERSION + 1)
    with pytest.raises(Trouble, match="version 2; this Loc-RIB reads 1"):
        restore(file)


@pytest.mark.parametrize(
    ("snapshot", "told"),
    [
        ({"format": "locrib-snapshot", "version": 2}, "the one known here"),
        ({"format": "other"}, "format"),
        ([[[]]], "snapshot"),
    ],
)
def test_a_snapshot_of_another_kind_or_version_is_refused_in_words(
    tmp_path: Path, snapshot: object, told: str
) -> None:
    file = tmp_path / "before.json"
    file.write_text(json.dumps(snapshot), encoding="utf-8")
    with pytest.raises(Trouble, match=told) as refused:
        read(file)
    assert refused.value.code == Exit.INPUT


@pytest.mark.parametrize("octets", [b"\xff\xfe", b"[" * 100_000, b"{", b""])
def test_a_snapshot_that_is_no_json_is_refused_in_words(tmp_path: Path, octets: bytes) -> None:
    file = tmp_path / "before.json"
    file.write_bytes(octets)
    with pytest.raises(Trouble, match="a snapshot in"):
        read(file)
