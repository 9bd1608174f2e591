import time
from collections.abc import Callable
from pathlib import Path

import pytest

from knowledge.errors import NotReady
from knowledge.service import KnowledgeBase

OpenBase = Callable[[], KnowledgeBase]


def test_opening_without_an_index_is_allowed_and_said(open_base: OpenBase):
    base = open_base()

    assert not base.ready
    assert base.generation is None
    with pytest.raises(NotReady, match="knowledge build"):
        base.search("粮油补助")


def test_every_error_code_has_its_sentence():
    from knowledge import errors
    from knowledge.texts import keys

    codes = {
        kind.code for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, Exception)
    }

    assert codes == keys("reports", "errors")


def test_nothing_is_opened_by_importing_the_package():
    import subprocess
    import sys

    code = "import sys, knowledge.service; sys.exit('torch' in sys.modules)"

    assert (
        subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[2], check=False).returncode
        == 0
    )


def test_a_base_that_follows_keeps_up_while_nobody_asks(base: KnowledgeBase, open_base: OpenBase):
    """夜里下架的文件，早上第一个来电人也问不到。"""
    reader = open_base()
    assert reader.refresh()
    stop = reader.follow()

    base.curator.remove("互助救济办法@2019-03-02")
    deadline = time.monotonic() + 10
    while reader._retriever and not reader._retriever.removed and time.monotonic() < deadline:
        time.sleep(0.05)
    stop()

    first = reader.search("粮油补助", k=50)
    assert all(hit.citation.doc_id != "互助救济办法@2019-03-02" for hit in first)
