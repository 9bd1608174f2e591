"""The model that ships with the project."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from sentence_transformers import SentenceTransformer

from knowledge.embedding import load_shipped
from knowledge.embedding.features import SHIPPED_MODEL

# Loads the model in a process of its own where every connection fails, and says which modules it needed.
OFFLINE = """
import socket, sys
def refuse(*args, **kwargs):
    raise OSError("no network in this test")
socket.socket.connect = socket.getaddrinfo = socket.create_connection = refuse
from knowledge.embedding import load_shipped
print(load_shipped().encode(["低保怎么申请"], normalize_embeddings=True).shape)
print(sorted(name for name in sys.modules if name.startswith("knowledge.embedding.")))
"""
ARTICLES = {
    "工资": "保障农民工工资支付条例 分包单位拖欠农民工工资的，由施工总承包单位先行清偿，再依法进行追偿。",
    "赡养": "老年人权益保障法 赡养人不履行赡养义务，老年人有要求赡养人付给赡养费的权利。",
    "特困": "社会救助暂行办法 特困人员供养 国家对无劳动能力、无生活来源且无法定赡养义务人的老年人给予供养。",
    "流浪": "城市生活无着的流浪乞讨人员救助管理办法 救助站应当根据受助人员的需要提供食物、住处和乘车凭证。",
    "家暴": "反家庭暴力法 当事人因遭受家庭暴力或者面临家庭暴力的现实危险，可以向人民法院申请人身安全保护令。",
    "收养": "民法典 收养 收养应当向县级以上人民政府民政部门登记。收养关系自登记之日起成立。",
}


@pytest.fixture(scope="module")
def model() -> SentenceTransformer:
    return load_shipped()


def test_it_loads_without_network_and_without_training_code():
    done = subprocess.run([sys.executable, "-c", OFFLINE], capture_output=True, text=True, check=True)

    shape, modules = done.stdout.strip().splitlines()
    assert shape == "(1, 128)"
    assert not {"training", "material", "pairs", "recipe"} & {name.rsplit(".")[-1] for name in eval(modules)}


def test_it_is_small_enough_to_ship():
    assert sum(path.stat().st_size for path in SHIPPED_MODEL.iterdir()) < 4_000_000


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("包工头跑了，我们的血汗钱找哪个要", "工资"),
        ("崽不养我，一分钱都不给", "赡养"),
        ("孤寡老头无儿无女，冇得人管", "特困"),
        ("我爸在外面讨米，没钱坐车回屋里", "流浪"),
        ("男人喝了酒就打我，不想让他靠近", "家暴"),
        ("我们两口子想抱养个毛毛", "收养"),
    ],
)
def test_everyday_words_lie_nearest_to_the_right_article(model: SentenceTransformer, said: str, meant: str):
    vectors = model.encode([said, *ARTICLES.values()], normalize_embeddings=True)

    nearest = list(ARTICLES)[int(np.argmax(vectors[1:] @ vectors[0]))]

    assert nearest == meant


def test_the_model_card_names_data_figures_and_command():
    card = (Path(SHIPPED_MODEL) / "README.md").read_text(encoding="utf-8")

    assert "hotline knowledge train-embedder" in card
    assert "R@5" in card
