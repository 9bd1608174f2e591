from collections.abc import Callable
from pathlib import Path

import pytest

from knowledge.errors import NotReady, UnknownDocument
from knowledge.service import KnowledgeBase
from tests.knowledge.conftest import RELIEF_NEW, WriteLaw

OpenBase = Callable[[], KnowledgeBase]
DOC = "互助救济办法@2019-03-02"


def test_opening_without_an_index_is_allowed_and_said(open_base: OpenBase):
    base = open_base()

    assert not base.ready
    assert base.generation is None
    with pytest.raises(NotReady, match="knowledge build"):
        base.search("粮油补助")


def test_a_report_says_per_file_what_was_understood(open_base: OpenBase, write_law: WriteLaw):
    good = write_law("互助救济办法(2024-01-01).md", RELIEF_NEW)
    bad = write_law("坏.md", "没有条文")

    understood, refused = open_base().add([good, bad])

    assert understood.document and understood.document.doc_id == "互助救济办法@2024-01-01"
    assert understood.articles == 4
    assert refused.refused == "no_articles"


def test_a_document_of_the_office_takes_the_place_of_the_shipped_one(
    open_base: OpenBase, write_law: WriteLaw
):
    base = open_base()
    path = write_law("互助救济办法(2019-03-02).md", RELIEF_NEW)

    base.add([path])

    assert [d.source_file for d in base.documents() if d.doc_id == DOC] == [str(path)]


def test_a_removed_document_is_gone_after_the_build_even_if_it_shipped(base: KnowledgeBase):
    base.remove(DOC)
    base.build()

    assert DOC not in {d.doc_id for d in base.documents()}
    assert all(hit.citation.doc_id != DOC for hit in base.search("粮油补助", k=50))


def test_a_removed_document_comes_back_when_it_is_added_again(base: KnowledgeBase, write_law: WriteLaw):
    base.remove(DOC)

    base.add([write_law("互助救济办法(2019-03-02).md", RELIEF_NEW)])

    assert DOC in {d.doc_id for d in base.documents()}


@pytest.mark.parametrize("doc_id", ["没有这份@undated", "../../etc/passwd"])
def test_removing_what_is_not_there_is_refused(base: KnowledgeBase, doc_id: str):
    with pytest.raises(UnknownDocument):
        base.remove(doc_id)


def test_removing_twice_is_refused(base: KnowledgeBase):
    base.remove(DOC)

    with pytest.raises(UnknownDocument):
        base.remove(DOC)


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
