"""Is this more than usual? A count against the same weekdays of the weeks before. Standard library only.

The limit is Shewhart's, three standard deviations above the mean, with the variance of the counts taken to
be at least their mean, as of a Poisson process, and at least one (W. A. Shewhart, Economic Control of Quality
of Manufactured Product, 1931; c-chart in GB/T 17989.2-2020). It is widened by the uncertainty of a mean of so
few weeks: the variance of a new count less the mean of n is (1 + 1/n) times that of a count. Fewer than LEAST
are never called a spike. Of counts that do not change, at most one in a hundred exceeds it by chance.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean

WEEKS = 8
"""So many weeks before are looked at."""

LEAST_WEEKS = 4
"""With fewer nothing is judged: the hotline is too young."""

LEAST = 5
DEVIATIONS = 3.0


@dataclass(frozen=True)
class Judged:
    """A count, what is usual on such a day, and above which limit it is a spike.

    `usual` and `limit` are None, and `spike` is False, where there are not LEAST_WEEKS to compare with.
    """

    count: int
    usual: float | None
    limit: float | None
    spike: bool


def judge(count: int, before: Sequence[int]) -> Judged:
    """Compare a count with those of the same weekdays of the weeks before, in any order."""
    if len(before) < LEAST_WEEKS:
        return Judged(count, None, None, False)
    usual = fmean(before)
    variance = sum((each - usual) ** 2 for each in before) / (len(before) - 1)
    spread = max(usual, variance, 1.0) * (1 + 1 / len(before))
    limit = usual + DEVIATIONS * math.sqrt(spread)
    return Judged(count, usual, limit, count >= LEAST and count > limit)
