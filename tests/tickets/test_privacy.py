"""Personal data: sealed, found by fingerprint, masked."""

import stat
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tickets.errors import Unreadable
from tickets.model import Actor, NewTicket, Role
from tickets.privacy import (
    Sealer,
    load_or_create_key,
    mask_id_number,
    mask_name,
    mask_phone,
    mask_text,
    mask_ticket,
    plain_phone,
)
from tickets.service import Desk

SEALER = Sealer(bytes(range(32)))
OTHER = Sealer(bytes(range(1, 33)))


@given(st.text(), st.text(max_size=20))
def test_what_is_sealed_opens_again(text: str, context: str):
    assert SEALER.open(SEALER.seal(text, context), context) == text


def test_the_same_words_sealed_twice_look_different():
    """密文相同会泄露两张工单写的是同一句话。"""
    assert SEALER.seal("家里断粮") != SEALER.seal("家里断粮")


def test_sealed_text_does_not_contain_the_words():
    assert "13812345678" not in SEALER.seal("13812345678")


def test_another_key_does_not_open_it():
    with pytest.raises(Unreadable, match="does not open with this key"):
        OTHER.open(SEALER.seal("李秀英"))


def test_sealed_text_moved_to_another_ticket_is_noticed():
    """密文被搬到别的工单上，不能照样解开。"""
    sealed = SEALER.seal("李秀英", "20260312-0001-0/name")

    with pytest.raises(Unreadable):
        SEALER.open(sealed, "20260312-0002-3/name")


@given(st.integers(min_value=3))
def test_an_altered_character_is_noticed(position: int):
    sealed = SEALER.seal("农历三月断粮")
    at = 3 + position % (len(sealed) - 5)
    altered = sealed[:at] + ("A" if sealed[at] != "A" else "B") + sealed[at + 1 :]

    with pytest.raises(Unreadable):
        SEALER.open(altered)


@pytest.mark.parametrize("other", ["138 1234 5678", "138-1234-5678", "１３８１２３４５６７８"])
def test_a_phone_has_one_fingerprint_however_it_is_written(other: str):
    assert SEALER.fingerprint(other, "phone") == SEALER.fingerprint("13812345678", "phone")


def test_a_fingerprint_depends_on_key_and_field():
    """没有密钥算不出指纹；不同字段的指纹不能互相对照。"""
    here = SEALER.fingerprint("13812345678", "phone")

    assert here != OTHER.fingerprint("13812345678", "phone")
    assert here != SEALER.fingerprint("13812345678", "id_number")


@pytest.mark.parametrize("phone", ["+86 138 1234 5678", "8613812345678", "138-1234-5678"])
def test_the_country_code_is_not_part_of_the_number(phone: str):
    assert plain_phone(phone) == "13812345678"


def test_a_key_is_made_once_and_only_its_owner_reads_it(tmp_path: Path):
    path = tmp_path / "keys" / "master.key"

    first = load_or_create_key(path)

    assert load_or_create_key(path) == first
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in path.parent.iterdir()] == ["master.key"]


def test_processes_that_start_together_get_the_same_key(tmp_path: Path):
    path = tmp_path / "master.key"
    keys: list[bytes] = []
    threads = [threading.Thread(target=lambda: keys.append(load_or_create_key(path))) for _ in range(16)]

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(keys) == 16
    assert len(set(keys)) == 1


@pytest.mark.parametrize("content", [b"", b"c2hvcnQ=", b"\xff\xfe\x00 not a key"])
def test_a_damaged_key_file_is_never_replaced(tmp_path: Path, content: bytes):
    """换一把新钥匙，原来的工单就再也打不开了：宁可停下来说清楚。"""
    path = tmp_path / "master.key"
    path.write_bytes(content)

    with pytest.raises(Unreadable):
        load_or_create_key(path)

    assert path.read_bytes() == content


@pytest.mark.parametrize(
    ("phone", "masked"),
    [
        ("13812345678", "138****5678"),
        ("+86 138-1234-5678", "138****5678"),
        ("0731-84501234", "073*****1234"),
        ("84501234", "******34"),
        ("110", "***"),
        ("", "***"),
    ],
)
def test_a_phone_keeps_its_first_three_and_last_four(phone: str, masked: str):
    assert mask_phone(phone) == masked


@pytest.mark.parametrize(
    ("id_number", "masked"),
    [
        ("430524195003120028", "430************028"),
        ("43052419500312002x", "430************02X"),
        ("12345", "***"),
    ],
)
def test_an_id_number_keeps_its_first_and_last_three(id_number: str, masked: str):
    assert mask_id_number(id_number) == masked


@pytest.mark.parametrize(
    ("name", "masked"), [("李秀英", "李**"), ("张", "张*"), ("买买提·艾力", "买*****"), ("", "")]
)
def test_a_name_keeps_its_first_character(name: str, masked: str):
    assert mask_name(name) == masked


def test_what_the_ticket_knows_is_masked_in_the_citizens_words_too(
    desk: Desk, new_ticket: Callable[..., NewTicket]
):
    """姓名、受助人、门牌在诉求原话和办理理由里也要遮住。"""
    new = new_ticket(description="我李秀英住石桥村3组，替李大山问", beneficiary="李大山")
    number = desk.file(new).number

    masked = mask_ticket(
        desk.move(number, "withdraw", actor=Actor("017", Role.DESK), reason="李秀英说不用了")
    )

    assert masked.description == "我李**住***，替李**问"
    assert masked.history[-1].reason == "李**说不用了"


def test_numbers_inside_the_citizens_words_are_masked_and_the_words_stay():
    text = (
        "我叫老李，电话138 1234 5678，身份证430524195003120028，"
        "卡号6222021234567890123，欠费3000元，2026年3月12日"
    )

    masked = mask_text(text)

    assert "1234 5678" not in masked and "19500312" not in masked and "20212345678" not in masked
    assert masked.startswith("我叫老李，电话138****5678，身份证430************028，")
    assert masked.endswith("欠费3000元，2026年3月12日")
