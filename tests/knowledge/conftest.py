"""A small library of made-up rules: two versions of one, one of a province, one renamed, and two entries."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from knowledge.service import KnowledgeBase
from tests.fakes import HashingEmbedder
from tests.postgres import postgres_server  # noqa: F401

TODAY = date(2026, 11, 22)
WriteLaw = Callable[..., Path]

RELIEF_OLD = """# 互助救济办法

2014年2月21日 中华人民共和国国务院令第649号公布

<!-- INFO END -->

## 第一章 总则

第一条 为了帮助困难群众，制定本办法。

第二条 申请粮油补助的，向乡镇人民政府提出，二十日内办结。

第三条 本办法自2014年5月1日起施行。
"""

RELIEF_NEW = """# 互助救济办法

2014年2月21日 中华人民共和国国务院令第649号公布

<!-- INFO END -->

## 第一章 总则

第一条 为了帮助困难群众，制定本办法。

## 第二章 粮油补助

第二条 申请粮油补助的，向乡镇人民政府、街道办事处提出书面申请，十日内办结。

申请有困难的，可以委托村民委员会代为提出。

（一）本人行动不便的；

（二）本人不识字的。

第三条 过冬取暖补助由县级人民政府民政部门发放。

第四条 本办法自2014年5月1日起施行。
"""

ZHEJIANG = """# 浙江省互助救济条例

2020年9月24日 浙江省第十三届人民代表大会常务委员会第二十四次会议通过

<!-- INFO END -->

第一条 申请粮油补助的，浙江省的乡镇人民政府五日内办结。

第二条 本条例自公布之日起施行。
"""

ENTRIES = """
entries:
- id: grain-apply
  category: 临时救助
  title: 粮油补助怎么申请
  questions: [家里没米没油了找谁要, 粮油补助去哪里办]
  answer: 向乡镇政府、街道办提出书面申请；走不动的，可以请村委会代为提出。
  conditions: [家庭困难]
  materials: [身份证]
  steps: [交书面申请]
  where: 乡镇政府、街道办
  time_limit: 十日内办结
  fee: 不收费
  if_refused: 可以要求书面说明理由。
  sources:
  - {document: 互助救济办法, article: 第二条}
  owner: 测试组
  reviewed_on: 2026-11-01
  region: "000000"
- id: winter-heating
  category: 临时救助
  title: 过冬取暖补助由谁发
  questions: [冬天太冷没钱烧煤有补助吗]
  answer: 由县级民政部门发放。
  sources:
  - {document: 互助救济办法, article: 第三条}
  owner: 测试组
  reviewed_on: 2026-11-01
  region: "000000"
"""


@pytest.fixture(scope="session")
def shared_corpus() -> Path:
    """The folder of 244 laws that is not part of the project: HOTLINE_CORPUS, or shared/corpus beside it."""
    beside = Path(__file__).parents[3] / "shared" / "corpus"
    folder = Path(os.environ.get("HOTLINE_CORPUS", beside))
    if not (folder / "laws_index.tsv").exists():
        pytest.skip("the large corpus is not here; HOTLINE_CORPUS names its folder")
    return folder


@pytest.fixture
def write_law(tmp_path: Path) -> WriteLaw:
    """Write a file below a folder of laws and return its path."""

    def write(name: str, text: str) -> Path:
        path = tmp_path / "office" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        return path

    return write


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """A corpus folder as the project ships one, with one document and two entries."""
    (tmp_path / "corpus" / "laws" / "行政法规").mkdir(parents=True)
    (tmp_path / "corpus" / "entries").mkdir()
    (tmp_path / "corpus/laws/行政法规/互助救济办法(2019-03-02).md").write_text(RELIEF_NEW, "utf-8")
    (tmp_path / "corpus/entries/grain.yml").write_text(ENTRIES, "utf-8")
    return tmp_path / "corpus"


@pytest.fixture
def open_base(tmp_path: Path, corpus: Path) -> Callable[[], KnowledgeBase]:
    """Open the same data folder as often as wanted, as several processes would."""
    return lambda: KnowledgeBase(
        tmp_path / "var", HashingEmbedder(), "430000", today=lambda: TODAY, corpus=corpus
    )


def publish(base: KnowledgeBase) -> None:
    """Publish what is in use and switch to it, as callers see it a second later."""
    base.curator.publish()
    base.refresh()


@pytest.fixture
def base(open_base: Callable[[], KnowledgeBase], write_law: WriteLaw) -> KnowledgeBase:
    """A built knowledge base: the corpus, the older version, and a text of Zhejiang."""
    base = open_base()
    base.curator.add(
        [
            write_law("行政法规/互助救济办法(2014-02-21).md", RELIEF_OLD),
            write_law("地方性法规/浙江/浙江省互助救济条例(2020-09-24).md", ZHEJIANG),
        ]
    )
    publish(base)
    return base
