"""断路器：引擎坏了不让群众等，好了马上用回来。"""

import pytest

from api.chat.attempts import Attempts
from api.chat.breaker import GuardedEngine, State
from api.chat.errors import EngineUnavailable
from api.chat.model import Context, EngineReply, Outcome, Reply

CONTEXT = Context("c_1", "m_1", "430000")


class Engine:
    """A dialogue engine that works or not, as the test says."""

    def __init__(self):
        self.works, self.is_ready, self.asked = True, True, 0

    def reply(self, text, context):
        self.asked += 1
        if not self.works:
            raise EngineUnavailable("down")
        return EngineReply((Reply("好的"),), Outcome.SMALLTALK)

    def ready(self):
        return self.is_ready


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def engine():
    return Engine()


@pytest.fixture
def guarded(engine, clock):
    return GuardedEngine(engine, failures=2, seconds=5, clock=clock)


def fail(guarded, times):
    for _ in range(times):
        with pytest.raises(EngineUnavailable):
            guarded.reply("你好", CONTEXT)


def test_one_failure_is_forgiven(guarded, engine):
    engine.works = False
    fail(guarded, 1)
    engine.works = True

    guarded.reply("你好", CONTEXT)

    assert guarded.state is State.CLOSED


def test_after_two_failures_nobody_waits_for_the_engine(guarded, engine):
    engine.works = False
    fail(guarded, 2)
    asked = engine.asked

    fail(guarded, 10)

    assert guarded.state is State.OPEN
    assert engine.asked == asked


def test_after_a_while_one_message_is_tried(guarded, engine, clock):
    engine.works = False
    fail(guarded, 2)
    engine.works, clock.now = True, 6.0

    guarded.reply("你好", CONTEXT)

    assert guarded.state is State.CLOSED


def test_a_trial_that_fails_leaves_it_open_for_another_while(guarded, engine, clock):
    engine.works = False
    fail(guarded, 2)
    clock.now = 6.0
    fail(guarded, 1)
    asked = engine.asked

    clock.now = 10.0
    fail(guarded, 1)

    assert engine.asked == asked


def test_no_citizen_is_sent_to_an_engine_that_says_it_is_not_ready(guarded, engine, clock):
    engine.works = False
    fail(guarded, 2)
    engine.works, engine.is_ready, clock.now = True, False, 6.0
    asked = engine.asked

    fail(guarded, 1)

    assert engine.asked == asked


def test_what_an_engine_still_does_for_a_message_that_was_given_up_is_refused():
    """超时以后 Rasa 才跑到的动作，不许再写。"""
    attempts = Attempts()

    with attempts.attempt("m_1"), attempts.writing("m_1") as during:
        pass
    with attempts.writing("m_1") as after:
        pass

    assert (during, after) == (True, False)
