"""读音：一个音节一个字符，哪个进程里都一样。"""

from knowledge.pronunciation import _reading_table, _without_tone, broad_sound, broad_sound_of, sound


def test_every_syllable_has_a_character_of_its_own():
    marked = {one for readings in set(_reading_table().values()) for one in readings.split(",") if one}
    syllables = {_without_tone(reading) for reading in marked}
    codes = {sound(syllable) for syllable in syllables} | {broad_sound(syllable) for syllable in syllables}

    assert len({sound(syllable) for syllable in syllables}) == len(syllables)
    assert len(codes) >= len(syllables)


def test_a_syllable_stands_for_the_same_character_in_every_process():
    """训练时的读音特征，换个进程、先读了别的，也要对得上。"""
    assert [f"{ord(code):x}" for code in (sound("di"), sound("bao"))] == CODES


def test_what_the_south_does_not_tell_apart_sounds_alike():
    assert broad_sound_of("诗") == broad_sound_of("思")
    assert broad_sound_of("湖南") == broad_sound_of("弗兰")


CODES = ["e65a0", "de073"]
