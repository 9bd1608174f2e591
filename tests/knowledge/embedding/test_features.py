"""What counts as a feature of a Chinese text."""

import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from knowledge.embedding.features import FeatureTokeniser, normalise, tokenise


@pytest.fixture(scope="module")
def tokeniser() -> FeatureTokeniser:
    return FeatureTokeniser(["最低生活保障", "吃低保"])


def test_a_domain_compound_stands_beside_its_parts(tokeniser: FeatureTokeniser):
    """长词和其中的短词都要能命中：问“生活保障”也找得到“最低生活保障”。"""
    words = tokeniser.words("申请最低生活保障")

    assert {"申请", "最低生活保障", "生活", "保障"} <= set(words)


def test_every_chinese_character_counts_on_its_own_and_punctuation_does_not(tokeniser: FeatureTokeniser):
    features = tokeniser.tokenise("吃低保，行吗？")

    assert [feature for feature in features if len(feature) == 1] == list("吃低保行吗")
    assert "吃低保" in features


def test_width_case_and_invisible_characters_make_no_difference(tokeniser: FeatureTokeniser):
    """全角、大写、词中夹的零宽空格不影响检索。"""
    assert tokeniser.tokenise("ＩＣＵ住院１２３４５低\u200b保") == tokeniser.tokenise("icu住院12345低保")
    assert normalise("ＩＣＵ\ufeff") == "icu"


def test_text_without_words_has_no_features(tokeniser: FeatureTokeniser):
    assert tokeniser.tokenise("") == []
    assert tokeniser.tokenise("？！……  。") == []


def test_many_threads_get_the_same_features(tokeniser: FeatureTokeniser):
    texts = ["老人走丢了怎么办", "工伤认定要多久", "五保户住院谁出钱"] * 40
    expected = [tokeniser.tokenise(text) for text in texts]

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(tokeniser.tokenise, texts))

    assert found == expected


def test_no_cache_file_is_left_in_the_shared_temporary_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """临时目录里的缓存可能是别人的，也会被同时运行的进程改写，所以不读也不写。"""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    FeatureTokeniser(["吃低保"]).tokenise("我想吃低保")

    assert list(tmp_path.iterdir()) == []


def test_the_global_jieba_stays_as_it_was(tokeniser: FeatureTokeniser):
    tokeniser.tokenise("最低生活保障")

    assert "吃低保" not in sys.modules["jieba"].dt.FREQ


def test_the_shipped_tokeniser_knows_the_words_of_the_field():
    assert "特困人员供养" in tokenise("怎么申请特困人员供养") or "特困供养" in tokenise("怎么申请特困供养")
