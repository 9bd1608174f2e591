"""What is computed once and kept: taken when nothing changed, made again when anything did."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from knowledge import derived as derived_module
from knowledge.derived import Derived, program_digest


class Maker:
    """Makes a content, and counts how often it had to."""

    def __init__(self, content: bytes = b"made") -> None:
        self.content, self.times = content, 0

    def __call__(self) -> bytes:
        self.times += 1
        return self.content


@pytest.fixture
def kept(tmp_path: Path) -> Derived:
    return Derived(tmp_path / "derived")


def test_the_same_sources_are_computed_once(kept: Derived):
    make = Maker()

    found = [kept.content("laws", [b"one", b"two"], make) for _ in range(3)]

    assert found == [b"made"] * 3
    assert make.times == 1


@pytest.mark.parametrize("sources", [[b"one", b"TWO"], [b"onet", b"wo"], [b"one"], [b"two", b"one"]])
def test_other_sources_are_computed_again_and_take_the_place_of_the_former(
    kept: Derived, sources: list[bytes]
):
    kept.content("laws", [b"one", b"two"], Maker(b"former"))

    assert kept.content("laws", sources, Maker(b"new")) == b"new"
    assert [path.name for path in kept.folder.iterdir()] == ["laws"]  # type: ignore[union-attr]


def test_another_program_computes_again(kept: Derived, monkeypatch: pytest.MonkeyPatch):
    kept.content("laws", [b"one"], Maker(b"former"))

    monkeypatch.setattr(derived_module, "program_digest", lambda: b"after an upgrade")

    assert kept.content("laws", [b"one"], Maker(b"new")) == b"new"


def test_the_program_is_its_code_its_tables_and_the_libraries_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """读法变了、词表变了、依赖升级了，旧结果都不能再用。"""
    package, libraries = tmp_path / "package", tmp_path / "site-packages"
    for folder in (package / "parsing", libraries / "jieba-0.42.1.dist-info"):
        folder.mkdir(parents=True)
    code, table = package / "parsing" / "dates.py", package / "regions.tsv"
    code.write_text("a = 1")
    table.write_text("430000\t湖南省", "utf-8")
    monkeypatch.setattr(derived_module, "_PACKAGE", package)
    monkeypatch.setattr("sys.path", [str(libraries)])

    seen = [program_digest.__wrapped__()]
    code.write_text("a = 2")
    seen.append(program_digest.__wrapped__())
    table.write_text("430000\t湖南", "utf-8")
    seen.append(program_digest.__wrapped__())
    (libraries / "jieba-0.42.1.dist-info").rename(libraries / "jieba-0.43.dist-info")
    seen.append(program_digest.__wrapped__())

    assert len(set(seen)) == 4
    assert program_digest.__wrapped__() == seen[-1]


@pytest.mark.parametrize("damage", [b"", b"short", b"x" * 200])
def test_a_damaged_file_is_made_again(kept: Derived, damage: bytes):
    kept.content("laws", [b"one"], Maker())
    (kept.folder / "laws").write_bytes(damage)  # type: ignore[operator]
    make = Maker(b"again")

    assert [kept.content("laws", [b"one"], make) for _ in range(2)] == [b"again"] * 2
    assert make.times == 1


def test_a_single_changed_byte_is_noticed(kept: Derived):
    kept.content("laws", [b"one"], Maker(b"abc"))
    path = kept.folder / "laws"  # type: ignore[operator]
    path.write_bytes(path.read_bytes()[:-1] + b"X")

    assert kept.content("laws", [b"one"], Maker(b"abc")) == b"abc"


def test_an_error_is_kept_by_nobody(kept: Derived):
    def refuse() -> bytes:
        raise ValueError("line 3")

    with pytest.raises(ValueError, match="line 3"):
        kept.content("laws", [b"one"], refuse)

    assert kept.content("laws", [b"one"], Maker()) == b"made"


def test_where_nothing_can_be_written_everything_still_works(tmp_path: Path):
    no_folder, no_parent = tmp_path / "file", tmp_path / "nobody" / "derived"
    no_folder.write_text("")

    assert Derived(no_folder).content("laws", [], Maker()) == b"made"
    assert Derived(no_parent).content("laws", [], Maker()) == b"made"
    assert Derived().content("laws", [], Maker()) == b"made"
    assert not no_parent.parent.exists()


def test_many_at_once_find_whole_contents(kept: Derived):
    def use(number: int) -> bool:
        source = bytes([number % 2])
        return kept.content("laws", [source], lambda: source * 500_000) == source * 500_000

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(use, range(200)))
    assert len(list(kept.folder.iterdir())) == 1  # type: ignore[union-attr]
