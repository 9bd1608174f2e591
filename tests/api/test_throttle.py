"""Trying passwords out becomes slow, for exactly the name that is tried."""

import pytest

from api.accounts.throttle import SignInThrottle


class Clock:
    """Seconds that pass when told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def throttle(clock: Clock) -> SignInThrottle:
    return SignInThrottle(limit=3, window=60.0, clock=clock, names=10)


def fail(throttle: SignInThrottle, name: str, times: int) -> None:
    for _ in range(times):
        throttle.failed(name)


def test_a_name_closes_after_the_limit_and_opens_after_the_window(throttle, clock):
    """第三次输错就关上；满一分钟再打开。"""
    fail(throttle, "a", 2)
    assert throttle.wait("a") == 0.0

    throttle.failed("a")
    assert throttle.wait("a") == 60.0

    clock.now += 60.0
    assert throttle.wait("a") == 0.0


def test_other_names_are_not_held_up(throttle):
    """别人的账号不受影响。"""
    fail(throttle, "a", 3)

    assert throttle.wait("b") == 0.0


def test_spelling_a_name_differently_does_not_help(throttle):
    """换大小写、加空格绕不过去。"""
    fail(throttle, "Zuoxi", 3)

    assert throttle.wait(" zuoxi ") > 0


def test_the_right_password_clears_the_count(throttle):
    """输对了就从头算。"""
    fail(throttle, "a", 2)
    throttle.succeeded("a")
    fail(throttle, "a", 2)

    assert throttle.wait("a") == 0.0


def test_made_up_names_push_out_the_one_that_was_quiet_longest_not_the_one_under_attack(throttle):
    """乱编一堆账号，占不满内存；正在被猜的账号也不会因此放开。"""
    fail(throttle, "quiet", 3)
    for number in range(10):
        throttle.failed(f"made up {number}")
        throttle.failed("attacked")

    assert throttle.wait("quiet") == 0.0
    assert throttle.wait("attacked") > 0
