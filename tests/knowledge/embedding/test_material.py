"""What training reads before it starts."""

import numpy as np

from knowledge.embedding.features import FeatureTokeniser
from knowledge.embedding.law_text import LawArticle
from knowledge.embedding.lexicon import LexiconGroup
from knowledge.embedding.material import DOMAIN_WEIGHT, Material, Paraphrase, gather


def test_everyday_words_and_questions_always_belong_to_the_vocabulary(
    articles: list[LawArticle], questions: list[Paraphrase], features: FeatureTokeniser
):
    """语料里没有的口语词也要有自己的向量，哪怕词表再小。"""
    groups = [LexiconGroup("低保", ("最低生活保障",), ("揭不开锅",))]

    small = gather(articles, [False] * len(articles), groups, questions, features, vocabulary_size=10)

    assert {"揭不开锅", "毛", "冇"} <= set(small.vocabulary)


def test_the_vocabulary_has_the_wanted_size(articles: list[LawArticle], features: FeatureTokeniser):
    small = gather(articles, [False] * len(articles), [], [], features, vocabulary_size=320)

    assert len(small.vocabulary) == len(set(small.vocabulary)) == 320


def test_a_group_knows_the_articles_about_its_terms(material: Material, articles: list[LawArticle]):
    injured = material.articles_of_group[1]

    assert {articles[number].law for number in injured} == {"工伤保险条例"}
    assert len(injured) == 4
    assert all((1, 0) in material.about[number] for number in injured)


def test_articles_of_the_field_weigh_more(material: Material, articles: list[LawArticle]):
    heavier = {article.law for article, weight in zip(articles, material.weights, strict=True) if weight > 1}

    assert heavier == {"收养登记条例"}
    assert material.weights.max() == DOMAIN_WEIGHT


def test_rare_features_have_the_higher_idf(material: Material):
    idf = dict(zip(material.vocabulary, material.idf, strict=True))

    assert idf["工伤保险"] > idf["应当"]


def test_questions_of_one_entry_share_its_number(material: Material):
    assert material.question_keys == [16, 16, 17]


def test_progress_ends_with_the_last_article(articles: list[LawArticle], features: FeatureTokeniser):
    seen: list[tuple[int, int]] = []

    gather(articles, [True] * 16, [], [], features, 100, lambda done, total: seen.append((done, total)))

    assert seen[-1] == (16, 16)
    assert np.all(np.diff([done for done, _ in seen]) > 0)
