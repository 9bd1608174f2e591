"""What an event changed, as the desk reads it."""

from tickets.history import TRACKED
from tickets.texts import desk_texts
from tickets.wording import changes_in_words


def test_a_change_is_told_with_the_value_before_and_after():
    assert changes_in_words({"urgency": ("普通", "紧急")}) == "紧急程度：普通 → 紧急"


def test_what_was_not_known_before_is_told_alone():
    assert changes_in_words({"office": (None, "隆回县民政局")}) == "承办单位：隆回县民政局"


def test_what_is_no_longer_known_is_said_to_be_nothing():
    assert changes_in_words({"closed_at": ("2026-03-12T01:00:00+00:00", None)}) == (
        "办结时间：2026-03-12 09:00:00 → 无"
    )


def test_several_changes_stand_in_one_line():
    said = changes_in_words({"area.county": ("隆回县", "洞口县"), "area.adcode": ("430524", "430525")})

    assert said == "县：隆回县 → 洞口县；行政区划代码：430524 → 430525"


def test_every_field_that_a_history_tracks_has_its_word():
    assert set(TRACKED) <= set(desk_texts()["changed"]["field"])
