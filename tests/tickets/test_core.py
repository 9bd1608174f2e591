"""The core of the desk knows the standard library and itself, nothing else."""

import ast
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "tickets"
CORE = (
    "model", "errors", "ports", "history", "lifecycle", "open_moves", "amending", "numbering", "service",
    "record",
)  # fmt: skip
SQLALCHEMY = {
    "store", "schema", "queries", "database", "permanence", "retention", "__init__",
    "outbox", "deliveries", "delivery_queries", "dispatcher", "pulling", "drops", "our_side",
    "status_updates", "lists",
}  # fmt: skip


def imports(path: Path) -> set[str]:
    """Top-level names that a file imports; those of this package with their module."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add(node.module or "")
    return {name if name.startswith("tickets.") else name.split(".")[0] for name in names}


@pytest.mark.parametrize("module", CORE)
def test_the_core_imports_only_itself_and_the_standard_library(module: str):
    """业务规则不依赖数据库、网络和第三方库，换掉哪一个都不用改规则。"""
    allowed = {f"tickets.{name}" for name in CORE}

    foreign = {name for name in imports(PACKAGE / f"{module}.py") if name not in sys.stdlib_module_names}

    assert foreign <= allowed


def test_only_the_store_knows_sqlalchemy():
    knowing = {path.stem for path in PACKAGE.glob("*.py") if "sqlalchemy" in imports(path)}

    assert knowing <= SQLALCHEMY


def test_tickets_know_neither_knowledge_nor_the_entry_points():
    everything = set().union(*(imports(path) for path in PACKAGE.rglob("*.py")))

    assert not everything & {"knowledge", "api", "actions", "bot"}
