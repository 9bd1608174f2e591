"""房子的规矩：文档跟着代码走，目录各司其职，文字放在数据里。"""

import ast
import re
from pathlib import Path

import pytest
import yaml

from actions.registry import all_actions
from api.settings import PROJECT_ROOT, Settings

PACKAGES = ("actions", "api", "knowledge", "tickets")
STANDARD_CORE = ("tickets/model.py", "tickets/lifecycle.py", "tickets/ports.py", "tickets/service.py",
                 "knowledge/model.py", "api/chat/model.py", "api/accounts/model.py")  # fmt: skip


def imported(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {name.name.partition(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.partition(".")[0])
    return found


def test_every_setting_is_documented():
    documented = (PROJECT_ROOT / "docs" / "settings.md").read_text("utf-8")

    for name in Settings.model_fields:
        assert f"`HOTLINE_{name.upper()}`" in documented


def test_only_settings_and_process_starters_read_the_environment():
    allowed = {
        "api/settings.py",
        "api/supervision.py",
        "api/process.py",
        "api/commands/train.py",
        "api/commands/serve.py",
        "api/evaluation/temporary.py",
    }
    for package in PACKAGES:
        for path in (PROJECT_ROOT / package).rglob("*.py"):
            if "os.environ" in path.read_text("utf-8"):
                assert str(path.relative_to(PROJECT_ROOT)) in allowed


@pytest.mark.parametrize("name", STANDARD_CORE)
def test_the_core_needs_only_the_standard_library(name):
    third_party = {
        "sqlalchemy",
        "fastapi",
        "pydantic",
        "httpx",
        "yaml",
        "numpy",
        "rasa_sdk",
        "structlog",
        "faiss",
    }

    assert not imported(PROJECT_ROOT / name) & third_party


def test_the_bot_imports_nothing_of_the_project():
    for path in (PROJECT_ROOT / "bot").rglob("*.py"):
        assert not imported(path) & set(PACKAGES)


def test_the_domain_lists_exactly_the_actions_that_exist():
    """机器人点名的动作都要真有，真有的动作都要点名。"""
    domain = yaml.safe_load((PROJECT_ROOT / "bot/domain/actions.yml").read_text("utf-8"))

    assert set(domain["actions"]) == {action.name() for action in all_actions(None)}


def test_every_sentence_the_actions_ask_for_is_in_the_domain():
    said = set()
    for path in (PROJECT_ROOT / "actions").glob("*.py"):
        said |= set(re.findall(r'"(utter_\w+)"', path.read_text("utf-8")))
    responses = yaml.safe_load((PROJECT_ROOT / "bot/domain/responses.yml").read_text("utf-8"))["responses"]

    assert said <= set(responses)


def test_every_sentence_of_the_domain_is_used():
    files = [*(PROJECT_ROOT / "actions").glob("*.py"), *(PROJECT_ROOT / "bot/data/rules").glob("*.yml")]
    used = "".join(path.read_text("utf-8") for path in files)
    responses = yaml.safe_load((PROJECT_ROOT / "bot/domain/responses.yml").read_text("utf-8"))["responses"]

    for name in responses:
        assert name in used or name.startswith("utter_ask_") or name == "utter_default"


def test_chinese_that_people_see_lives_in_data_not_in_code():
    """代码里不写给人看的中文；文档字符串、注释和正则除外。"""
    for package in PACKAGES:
        for path in (PROJECT_ROOT / package).rglob("*.py"):
            tree = ast.parse(path.read_text("utf-8"))
            docs = {id(node.body[0].value) for node in ast.walk(tree)
                    if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
                    and node.body and isinstance(node.body[0], ast.Expr)}  # fmt: skip
            for node in ast.walk(tree):
                if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs:
                    is_pattern = "[" in node.value or "(?" in node.value
                    sentence = re.search(r"[一-鿿]{3,}[，。！？]", node.value)
                    assert is_pattern or not sentence, f"{path}: {node.value}"
