from hypothesis import given, settings
from hypothesis import strategies as st

from molgan.filters.digest_set import DigestSet


@settings(max_examples=50, deadline=None)
@given(st.lists(st.lists(st.integers(0, 60), max_size=30), max_size=8))
def test_the_first_of_equal_digests_is_new(chunks: list[list[int]]) -> None:
    digests, known = DigestSet(), set()
    for chunk in chunks:
        expected = []
        for number in chunk:
            expected.append(number not in known)
            known.add(number)
        assert digests.add([number.to_bytes(16, "little") for number in chunk]).tolist() == expected
