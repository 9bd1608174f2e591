"""A field small enough to train on in a second: sixteen articles, four groups of everyday words."""

import pytest

from knowledge.embedding.features import FeatureTokeniser
from knowledge.embedding.law_text import LawArticle
from knowledge.embedding.lexicon import LexiconGroup
from knowledge.embedding.material import Material, Paraphrase, gather

SUBJECTS = {
    "最低生活保障": "家庭收入低于当地标准的家庭，可以申请{}，由乡镇人民政府审核，县级人民政府民政部门审批",
    "工伤保险": "职工因工作遭受事故伤害的，享受{}待遇，用人单位应当在三十日内提出工伤认定申请",
    "收养登记": "夫妻共同收养子女的，应当共同办理{}，提交收养申请书、居民户口簿和居民身份证",
    "人身安全保护令": "当事人因遭受家庭暴力或者面临现实危险，可以向人民法院申请{}，人民法院应当受理",
}
DETAILS = (
    "具体办法由省人民政府制定，每年公布一次",
    "不得收取任何费用，并应当书面告知理由",
    "情况紧急的，应当在二十四小时内作出决定",
    "弄虚作假的，责令退回，并依法给予处罚",
)
GROUPS = (
    LexiconGroup("低保", ("最低生活保障",), ("吃救济", "揭不开锅")),
    LexiconGroup("工伤", ("工伤保险",), ("机器压断手", "做事搞伤")),
    LexiconGroup("收养", ("收养登记",), ("领个崽", "抱养")),
    LexiconGroup("家暴", ("人身安全保护令",), ("挨男人打", "不让他靠近")),
)


@pytest.fixture(scope="session")
def articles() -> list[LawArticle]:
    return [
        LawArticle(
            f"{subject}条例",
            f"{subject}条例 第{number}章",
            f"第{number}条",
            f"{text.format(subject)}。{detail}。",
        )
        for subject, text in SUBJECTS.items()
        for number, detail in enumerate(DETAILS, start=1)
    ]


@pytest.fixture(scope="session")
def questions() -> list[Paraphrase]:
    return [
        Paraphrase("dibao", "屋里冇米了哪个管", ("家里没有吃的，可以申请最低生活保障",)),
        Paraphrase("dibao", "冇钱过年", ("家里没有吃的，可以申请最低生活保障",)),
        Paraphrase("shouyang", "想要个毛毛带", ("收养子女要共同办理收养登记",)),
    ]


@pytest.fixture(scope="session")
def features() -> FeatureTokeniser:
    return FeatureTokeniser({word for group in GROUPS for word in (*group.formal, *group.colloquial)})


@pytest.fixture(scope="session")
def material(articles: list[LawArticle], questions: list[Paraphrase], features: FeatureTokeniser) -> Material:
    domain = [article.law == "收养登记条例" for article in articles]
    return gather(articles, domain, GROUPS, questions, features, vocabulary_size=400)
