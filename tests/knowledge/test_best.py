"""最高的若干个分数：与整体排序的结果一模一样。"""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.best import best_places


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    number=st.sampled_from([0, 1, 7, 2048, 4099, 30_000]),
    k=st.sampled_from([0, 1, 100, 5000]),
    different=st.sampled_from([1, 5, 1000, 10**9]),
    above=st.sampled_from([-np.inf, 0.0]),
)
def test_the_best_places_are_those_of_a_full_sort(
    seed: int, number: int, k: int, different: int, above: float
):
    """也包括并列（先来的在前）、不许出现的行（负无穷）和得零分的行。"""
    rng = np.random.default_rng(seed)
    scores = rng.integers(0, different, number).astype(np.float32) / different
    scores[rng.random(number) < 0.3] = -np.inf

    found = best_places(scores, k, above)

    ranked = np.argsort(-scores, kind="stable")
    assert found.tolist() == ranked[scores[ranked] > above][:k].tolist()
