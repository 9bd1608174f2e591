"""jieba's dictionary, packed and loaded in parts, cuts as the whole one does."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from knowledge.derived import Derived
from knowledge.embedding import features
from knowledge.embedding.features import FeatureTokeniser
from knowledge.embedding.word_list import private_jieba
from knowledge.scope.messages import outside
from knowledge.scope.nearness import OUTSIDE

ADDED = ["最低生活保障", "吃低保", "icu病房"]
TEXTS = [
    "长沙市岳麓区的特困人员供养和最低生活保障怎么申请",
    "我爸住ICU病房，没钱了，AT&T和T恤都卖了",
    "龘𠮷冷僻字\ue000也要能切，12345热线",
    "",
    *(text for texts in outside(OUTSIDE).values() for text in texts[:60]),
]


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Derived:
    return Derived(tmp_path_factory.mktemp("data") / "derived")


@pytest.fixture(scope="module")
def plain() -> Any:
    """jieba as it loads its dictionary itself, with the same words added."""
    private_jieba()  # loads the package without what it does not need
    import jieba

    tokenizer = jieba.Tokenizer()
    tokenizer.FREQ, tokenizer.total = tokenizer.gen_pfdict(tokenizer.get_dict_file())
    tokenizer.initialized = True
    for word in sorted(ADDED):
        tokenizer.add_word(word)
    return tokenizer


@pytest.fixture(params=["made", "kept"])
def tokeniser(kept: Derived, request: pytest.FixtureRequest) -> FeatureTokeniser:
    return FeatureTokeniser(ADDED, kept)


def test_texts_are_cut_as_by_jieba_itself_with_the_whole_dictionary(tokeniser: FeatureTokeniser, plain: Any):
    for text in TEXTS:
        cut = plain.lcut_for_search(features.normalise(text))

        assert tokeniser.words(text) == [w for w in cut if len(w) > 1 and any(c.isalnum() for c in w)]


def test_texts_are_cut_as_by_jieba_itself_also_without_guesses_at_new_words(
    tokeniser: FeatureTokeniser, plain: Any
):
    for text in TEXTS:
        assert tokeniser.jieba.lcut(text, HMM=False) == plain.lcut(text, HMM=False)


def test_whoever_asks_for_the_dictionary_gets_all_of_it(tokeniser: FeatureTokeniser, plain: Any):
    assert tokeniser.jieba.FREQ == plain.FREQ
    assert tokeniser.jieba.total == plain.total


def test_a_text_needs_a_small_part_of_the_dictionary(kept: Derived, plain: Any):
    tokeniser = FeatureTokeniser(ADDED, kept)

    tokeniser.words(TEXTS[0])

    assert 0 < len(tokeniser._jieba.FREQ) < len(plain.FREQ) / 20


def test_the_kept_dictionary_is_used_and_other_words_make_another(
    kept: Derived, monkeypatch: pytest.MonkeyPatch
):
    made: list[object] = []
    pack: Callable[[list[str]], bytes] = features.packed_dictionary
    monkeypatch.setattr(features, "packed_dictionary", lambda words: made.append(words) or pack(words))

    FeatureTokeniser(ADDED, kept)
    assert made == []

    FeatureTokeniser([*ADDED, "临时救助金"], kept)
    assert len(made) == 1
    assert [path.name for path in Path(str(kept.folder)).iterdir()] == ["words"]
