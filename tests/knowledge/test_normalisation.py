from knowledge.normalisation import searchable


def test_traditional_full_width_and_invisible_characters_do_not_hide_a_word():
    assert searchable("低\u200b保補貼ＡＢＣ　１２") == "低保补贴abc 12"


def test_a_blank_inside_a_word_is_dropped():
    """语料里有“符合条 件”这样夹空格的词。"""
    assert searchable("符合条 件的") == "符合条件的"


def test_words_of_latin_letters_stay_apart():
    assert searchable("HIV  感染 RH 阴性") == "hiv 感染 rh 阴性"
