from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from molgan.base.errors import WeightsError
from molgan.chem.known_set import KnownSet


@given(st.lists(st.text(min_size=1), max_size=50))
def test_what_was_added_is_found(texts: list[str]) -> None:
    known = KnownSet.of(texts, log2_bits=12)
    assert known.contains(texts).all()


def test_of_others_few_are_taken_for_known_and_as_many_as_it_says() -> None:
    known = KnownSet.of((f"in {i}" for i in range(100_000)), log2_bits=20)
    share = known.contains([f"out {i}" for i in range(100_000)]).mean()
    assert share == pytest.approx(np.unpackbits(known.bits).mean() ** 6, abs=0.002)
    assert share == pytest.approx(0.0074, abs=0.002)
    assert not KnownSet.of([], log2_bits=12).contains(["C", "CC"]).any()


def test_it_comes_back_from_a_file_and_a_damaged_one_is_refused(tmp_path: Path) -> None:
    KnownSet.of(["CCO", "CCN"], log2_bits=12).save(tmp_path / "known.npz")
    assert KnownSet.load(tmp_path / "known.npz").contains(["CCO", "CCC", "CCN"]).tolist() == [True, False, True]
    (tmp_path / "known.npz").write_bytes(b"nothing")
    with pytest.raises(WeightsError, match=r"known\.npz: not a set of known molecules"):
        KnownSet.load(tmp_path / "known.npz")
