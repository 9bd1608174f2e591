from knowledge.passages import best_passage

LONG = "本款讲总的原则，与所问无关。" * 12
ARTICLE = f"第九条 {LONG}\n\n工伤职工的停工留薪期一般不超过十二个月。\n\n生活不能自理的，由所在单位负责护理。"


def test_a_short_article_is_given_whole_without_its_number():
    passage = best_passage("第五条 甲。\n\n乙。", "乙")

    assert (passage.paragraph, passage.words) == ("", "甲。\n乙。")


def test_of_a_long_article_the_paragraph_that_fits_is_given_and_named():
    passage = best_passage(ARTICLE, "工伤停工留薪期多久")

    assert passage.paragraph == "第二款"
    assert passage.words == "工伤职工的停工留薪期一般不超过十二个月。"


def test_a_list_keeps_its_opening_and_the_items_that_fit():
    items = "\n".join(f"（{n}）{'其他情形；' * 12}" for n in "一二三四")
    text = f"第十条 有下列情形之一的，可以申请：\n{items}\n（五）房屋因火灾倒塌的；"

    words = best_passage(text, "房子火灾倒塌").words

    assert words.startswith("有下列情形之一的，可以申请：")
    assert words.endswith("（五）房屋因火灾倒塌的；")
    assert "……" in words
    assert len(words) < 260


def test_every_word_given_stands_in_the_article():
    passage = best_passage(ARTICLE, "护理由谁负责")

    assert all(part in ARTICLE for part in passage.words.replace("……", "\n").split("\n"))
