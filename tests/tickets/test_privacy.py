"""Personal data: sealed, found by fingerprint, masked."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tickets.errors import Unreadable
from tickets.keyring import FixedKeys, MasterKey
from tickets.model import (
    Actor,
    Area,
    Category,
    HistoryEvent,
    NewTicket,
    Person,
    Role,
    Status,
    Ticket,
    Urgency,
)
from tickets.privacy import (
    Sealer,
    anonymise,
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
# What a version with a single key sealed with SEALER's key, for the context "20260312-0001-0/name_sealed".
OLD_CONTEXT = "20260312-0001-0/name_sealed"
OLD_VALUE = "v1.AAECAwQFBgcICQoLQ3mEAEslDPFvk_wfQFit6myd_wJu6rp_5Q=="

OLD_KEY, NEW_KEY = MasterKey.of(bytes(range(32))), MasterKey.of(bytes(range(1, 33)))


@pytest.fixture
def anonymous_ticket() -> Ticket:
    """An anonymous request whose words, reasons and fields say who it is all the same."""
    at = datetime(2026, 3, 12, 1, tzinfo=UTC)
    said = (
        "我是李秀英，替买买提·艾力问，住石桥村3组，电话138 1234 5678，"
        "身份证430524195003120028，秀英、买买提都在家"
    )
    return Ticket(
        number="20260312-0001-0",
        category=Category.TEMPORARY,
        urgency=Urgency.NORMAL,
        status=Status.ACCEPTED,
        area=Area("湖南省", "邵阳市", "隆回县", "司门前镇", "430524", "石桥村3组"),
        summary=said,
        description=said,
        applicant=Person("李秀英", "13812345678", "430524195003120028"),
        beneficiary="买买提·艾力",
        relation="邻居",
        anonymous=True,
        channel="web",
        conversation_id="c_1234",
        origin_message_id="m_1234",
        opened_at=at,
        due_at=at,
        triage=(said,),
        history=(HistoryEvent(at, "hotline", "file", None, Status.ACCEPTED, said),),
    )


IDENTIFYING = ("李秀英", "秀英", "买买提", "艾力", "5678", "1234", "430524195003", "石桥村", "3组")


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


@pytest.mark.parametrize(
    ("written", "masked"),
    [
        ("430524 19500312 002x", "430************02X"),
        ("430524-19500312-0028", "430************028"),
        ("４３０５２４１９５００３１２００２Ｘ", "430************02X"),
        ("430524500312002", "430*********002"),
        ("6222 0212 3456 7890 123", "622*************123"),
        ("+86 138-1234-5678", "138****5678"),
        ("＋８６１３８１２３４５６７８", "138****5678"),
        ("1 3 8 1 2 3 4 5 6 7 8", "138****5678"),
        ("138.1234.5678", "138****5678"),
        ("13812345678 13912345678", "138****5678 139****5678"),
        ("13812345678、43052419500312002X", "138****5678、430************02X"),
        ("13812345678430524195003120028", "138***********************028"),
        ("138123456789", "138*****6789"),
        ("(0731)84501234", "073*****1234"),
        ("0731—8450 123", "073****0123"),
        ("座机84501234", "座机******34"),
        ("电话是8450 1234", "电话是******34"),
        ("幺三八一二三四五六七八", "***"),
    ],
)
def test_a_number_is_masked_however_it_is_written(written: str, masked: str):
    """全角、空格、横线、点、区号、15位老身份证、念出来的数字，都要遮住。"""
    assert mask_text(f"我的，{written}，对") == f"我的，{masked}，对"


@pytest.mark.parametrize(
    "kept",
    [
        "2026年3月12日",
        "20260312",
        "2026-03-12 08:30",
        "每月500元，2025年10月拿了20251001",
        "欠12345678元",
        "打12345或者12356",
        "民发〔2021〕57号",
        "二〇二六年三月十二日",
        "工单20260312-0001-0",
        "工单号是 20260312-0001-0",
    ],
)
def test_dates_amounts_hotlines_and_ticket_numbers_stay_readable(kept: str):
    assert mask_text(kept) == kept


def test_a_whole_ticket_number_without_hyphens_stays_readable():
    from tickets.numbering import make_number

    digits = make_number(20260312, 1).replace("-", "")

    assert mask_text(f"我的工单{digits}办得怎样") == f"我的工单{digits}办得怎样"


def test_reasons_of_the_triage_are_masked_too(anonymous_ticket: Ticket):
    """判类理由会引用原话。"""
    masked = mask_ticket(replace(anonymous_ticket, anonymous=False))

    assert masked.triage == (masked.description,)
    assert "李秀英" not in masked.triage[0] and "买买提·艾力" not in masked.triage[0]


@pytest.mark.parametrize("shown", [anonymise, mask_ticket])
@pytest.mark.parametrize("anonymous", [True, False])
def test_a_name_that_only_the_words_tell_is_masked_too(shown, anonymous: bool, anonymous_ticket: Ticket):
    """求救时来不及登记姓名，话里说了“我叫…”，列表里也不能露出来。"""
    ticket = replace(
        anonymous_ticket,
        anonymous=anonymous,
        applicant=Person(),
        beneficiary=None,
        summary="我叫欧阳雪芹，家里出事了",
        description="我叫欧阳雪芹，家里出事了，邻居名叫王大锤",
    )

    clean = shown(ticket)

    assert not [name for name in ("欧阳雪芹", "王大锤") if name in clean.summary + clean.description]
    assert "家里出事了" in clean.description


@pytest.mark.parametrize("shown", [anonymise, mask_ticket])
def test_an_anonymous_request_says_nothing_of_the_person(shown, anonymous_ticket: Ticket):
    """匿名的，导出、通知、列表里都不能认出人来；事情本身还在。"""
    clean = shown(anonymous_ticket)

    assert [word for word in IDENTIFYING if word in repr(replace(clean, number=""))] == []
    assert (clean.applicant, clean.beneficiary, clean.area.detail) == (Person(), None, None)
    assert (clean.conversation_id, clean.origin_message_id) == (None, None)
    assert clean.area.county == "隆回县" and "都在家" in clean.description


def test_what_was_sealed_before_keys_had_names_still_opens():
    """升级前的密文照样能解开。"""
    assert SEALER.open(OLD_VALUE, OLD_CONTEXT) == "李秀英"


def test_a_sealed_value_names_its_key_and_not_more():
    assert SEALER.seal("李秀英").startswith(f"v2.{OLD_KEY.id}.")


def test_the_first_key_seals_and_every_key_opens():
    """换钥匙期间，新旧密文都读得到；新写的一律用新钥匙。"""
    ring = Sealer(FixedKeys((NEW_KEY, OLD_KEY)))

    assert ring.open(SEALER.seal("旧的", "x"), "x") == "旧的"
    assert ring.open(OLD_VALUE, OLD_CONTEXT) == "李秀英"
    assert OTHER.open(ring.seal("新的")) == "新的"
    with pytest.raises(Unreadable, match=f"no key '{NEW_KEY.id}'"):
        SEALER.open(ring.seal("新的"))


def test_a_search_finds_what_was_printed_with_an_older_key():
    ring = Sealer(FixedKeys((NEW_KEY, OLD_KEY)))

    prints = ring.fingerprints("13812345678", "phone")

    assert prints == (OTHER.fingerprint("13812345678", "phone"), SEALER.fingerprint("13812345678", "phone"))
    assert ring.fingerprint("13812345678", "phone") == prints[0]
