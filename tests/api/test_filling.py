"""从谈话里填好的登记表：听到什么填什么，拿不准的说出来，每一项都说得出依据。"""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from api.commands import app
from api.filling.form import filled_form
from api.filling.listening import utterances
from tickets.intake import Draft
from tickets.model import Category, Urgency

HUNAN = "430000"
WHOLE_CALL = """喂你好，我隔壁张奶奶八十三了，崽女都不在，屋顶漏雨
在隆回司门前
我姓刘，我是她邻居
电话138 1234
5678"""
OWN_DIALOGUES = Path(__file__).parent / "data" / "evaluation_dialogues.jsonl"


def form(*texts: str, **more):
    return filled_form(texts, HUNAN, **more)


def typed(text: str):
    return filled_form(utterances(text), HUNAN)


def test_a_whole_call_becomes_a_whole_form():
    """代邻居打来的电话，号码分两次报：一项不落。"""
    filled = typed(WHOLE_CALL)

    assert str(filled.area) == "湖南省邵阳市隆回县司门前镇"
    assert (filled.phone.value, filled.name.value) == ("13812345678", "刘先生/女士")
    assert (filled.relation.value, filled.beneficiary.value) == ("邻居", "张奶奶")
    assert filled.summary.value.startswith("我隔壁张奶奶")
    assert "屋顶漏雨" in filled.description


def test_every_field_says_the_words_it_came_from():
    filled = typed(WHOLE_CALL)

    assert filled.place.words == ("在隆回司门前",)
    assert filled.name.words == ("我姓刘",)
    assert filled.phone.words == ("电话138 1234 5678",)


def test_what_was_introduced_is_sure_and_what_was_guessed_is_not():
    told = form("我下岗了，没有收入", "我叫石海，住洞口县高沙镇，电话13712340001")
    guessed = form("我下岗了，没有收入", "洞口县高沙镇，石海")

    assert told.name.sure and told.phone.sure and told.place.sure
    assert (guessed.name.value, guessed.name.doubt) == ("石海", "name_guessed")


@pytest.mark.parametrize(
    ("texts", "phone", "doubt"),
    [
        (("没饭吃", "137", "1234", "0001"), "13712340001", "phone_pieces"),
        (("没饭吃", "1387464", "后面四位5519，我叫唐国安"), "13874645519", "phone_pieces"),
        (("没饭吃", "电话幺三九七三八幺六零二七"), "13973816027", None),
        (("没饭吃", "电话13712340002", "不对，说错了，是13712340003"), "13712340003", "phone_changed"),
        (("没饭吃", "电话138123"), "138123", "phone_incomplete"),
        (("没饭吃", "电话不留"), None, None),
        (("没饭吃",), None, "phone_missing"),
    ],
)
def test_a_phone_however_it_is_given(texts, phone, doubt):
    filled = form(*texts)

    assert (filled.phone.value, filled.phone.doubt) == (phone, doubt)


def test_a_phone_that_was_taken_back_stands_nowhere():
    filled = form("没饭吃", "电话13712340002", "不对，说错了，是13712340003")

    assert "13712340002" not in filled.description


def test_an_id_number_with_a_wrong_check_digit_is_not_filled_in_but_told():
    right, wrong = form("办低保，身份证430103195001011236"), form("办低保，身份证430103195001011234")

    assert (right.id_number.value, right.id_number.sure) == ("430103195001011236", True)
    assert (wrong.id_number.value, wrong.id_number.doubt) == (None, "id_mistyped")


def test_places_of_one_name_are_offered_and_not_chosen():
    filled = form("房子倒了", "在城关镇")

    assert filled.area.adcode is None
    assert filled.place.doubt in ("place_which", "place_unknown")


def test_a_place_and_the_beginning_of_a_phone_are_heard_beside_a_name():
    filled = form("我爸病了没钱治", "在隆回，我姓刘，电话138123")

    assert str(filled.area) == "湖南省邵阳市隆回县"
    assert filled.phone.doubt == "phone_incomplete"


def test_a_slip_of_the_place_is_put_right():
    filled = form("学费还差六千", "祁东的", "手快打错了，祁阳！永州那个祁阳，文明铺镇")

    assert str(filled.area) == "湖南省永州市祁阳市文明铺镇"
    assert filled.place.doubt == "place_changed"


def test_kin_by_their_local_names_tell_whom_it_is_about():
    filled = form("麻烦登记低保。我男人查出尿毒症", "浏阳大瑶镇的，我叫邱美珍，男人叫陈满生")

    assert (filled.name.value, filled.beneficiary.value, filled.relation.value) == (
        "邱美珍",
        "陈满生",
        "配偶",
    )


def test_who_calls_anonymously_is_named_nowhere():
    filled = form("楼上老太太没人管", "我叫肖静，算了，名字不写，匿名")

    assert filled.anonymous.value is True
    assert filled.name.value is None and filled.request.applicant.name is None


def test_danger_makes_it_urgent():
    assert form("我想问低保", in_danger=True).urgency.value is Urgency.URGENT


def test_a_question_alone_is_no_request():
    assert not form("低保怎么申请？").told
    assert not form().told


def test_yes_and_questions_do_not_stand_in_the_description():
    filled = form("我下岗了没有收入", "低保是怎么审批的？", "对，就这样")

    assert filled.description == "我下岗了没有收入"


def test_a_second_matter_is_offered_as_a_ticket_of_its_own():
    filled = form("两个事，一个是我屋里想申请低保，一个是女儿上高中的学费想申请教育救助")

    assert {filled.category.value, *(one.category for one in filled.others)} >= {
        Category.MINIMUM_LIVING,
        Category.EDUCATION,
    }


def test_what_the_bot_had_taken_down_is_kept_and_later_words_are_added():
    """机器人登记到一半，坐席接手：前面问到的都在，后说的补上。"""
    draft = Draft(said=("没钱看病",), story=("没钱看病",), matter="没钱看病", place="湖南省邵阳市隆回县")
    filled = form("没钱看病", "我叫石海，电话13712340001", draft=draft)

    assert filled.place.value == "湖南省邵阳市隆回县"
    assert (filled.name.value, filled.phone.value) == ("石海", "13712340001")


def test_the_command_scores_the_form_field_by_field():
    for options in ([], ["--typed"]):
        done = CliRunner().invoke(app, ["evaluate", "form", str(OWN_DIALOGUES), "--json", *options])
        figures = json.loads(done.stdout)

        assert (figures["dialogues"], figures["forms"]) == (8, 4)
        assert figures["fields"]["phone"]["right"] == figures["fields"]["town"]["right"] == 1.0
        assert figures["fields"]["category"]["sure_right"] == 1.0


def test_the_table_of_the_command_names_every_field():
    done = CliRunner().invoke(app, ["evaluate", "form", str(OWN_DIALOGUES)])

    assert done.exit_code == 0
    for heading in ("类别", "电话", "乡镇", "不用核对的比例"):
        assert heading in done.stdout
