"""hotline doctor 看本单位自己的表。"""

import pytest

from api.commands.doctor import CHECKS
from api.settings import Settings


def tables(settings: Settings):
    return next(check for look in CHECKS if look.__name__ == "_tables" for check in [look(settings)])


def test_without_an_office_table_it_says_that_sample_rows_answer(tmp_path):
    check = tables(Settings(data_dir=tmp_path))

    assert check.ok
    assert "offices.yml" in check.detail and "sample" in check.detail


@pytest.mark.parametrize(
    ("file", "content", "named"),
    [
        ("offices.yml", 'offices:\n  - {adcode: "43x", office: 民政局}\n', "row 1"),
        ("retention.yml", "disclosure: {days: 30}\n", "1095"),
    ],
)
def test_a_wrong_row_is_named(tmp_path, file, content, named):
    (tmp_path / file).write_text(content, "utf-8")

    check = tables(Settings(data_dir=tmp_path))

    assert not check.ok
    assert named in check.detail
