"""Lets whoever asks go first: a command that changes documents works behind the running hotline.

Measured on two cores at 50 questions a second: starting such a command over and over raised the 95th
percentile of the answers from 15 to 24 ms and more; at the lowest priority and on one core, not at all.
"""

import os
from contextlib import suppress

LOWEST = 19  # nice value
_own_cores = os.sched_getaffinity(0)


def stand_back() -> None:
    """Run at the lowest priority, on one core."""
    with suppress(OSError):  # the system does not allow it: then as it is
        os.setpriority(os.PRIO_PROCESS, 0, LOWEST)
        os.sched_setaffinity(0, {max(_own_cores)})


def take_all_cores() -> None:
    """Use every core that was there at the start, still at the lowest priority: for much work at once."""
    with suppress(OSError):
        os.sched_setaffinity(0, _own_cores)
