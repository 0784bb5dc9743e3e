"""However a paper is broken, the inspector has one of its answers, and never takes a broken type for another."""

from hypothesis import given, settings
from hypothesis import strategies as st

from anju.platform.files.errors import REFUSALS
from anju.platform.files.inspector import verdict
from uploads import pdf, picture

PAPERS = {
    "application/pdf": pdf(pages=2), "image/jpeg": picture("JPEG", (16, 16)), "image/png": picture("PNG", (16, 16))
}  # fmt: skip


@settings(max_examples=150)
@given(
    kind=st.sampled_from(sorted(PAPERS)),
    changes=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.binary(max_size=6)), max_size=4),
    cut=st.floats(0, 1),
    whole=st.booleans(),
)
def test_a_mutated_paper_has_an_answer(kind, changes, cut, whole):
    content = bytearray(PAPERS[kind])
    for place, fresh in changes:
        at = int(place * len(content))
        content[at : at + len(fresh)] = fresh
    answer = verdict(bytes(content if whole else content[: int(cut * len(content))]))
    if "refused" in answer:
        assert answer["refused"] in REFUSALS
        assert set(answer) == {"refused"}
        assert changes or not whole
    else:
        assert answer["content_type"] == kind
        assert all(isinstance(answer[name], int) and answer[name] > 0 for name in answer if name != "content_type")
