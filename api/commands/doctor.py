"""`hotline doctor`: checks the installation and says how to mend it."""

import json
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy.exc import SQLAlchemyError

from api.chat.danger_model import SHIPPED_MODEL, UnreadableModel, load_model
from api.chat.hand_over_hours import OWN_HOURS, load_hours
from api.chat.hand_over_rules import OWN_RULES, load_rules
from api.commands.train import is_stale
from api.database import open_database
from api.erasure import OWN_FIGURES
from api.parts import keys_from, open_knowledge_from
from api.settings import Settings
from knowledge.errors import KnowledgeError
from knowledge.normalisation import searchable
from tickets import OWN_OFFICES, office_limits
from tickets.case_system_checks import findings
from tickets.case_systems import OWN_CASE_SYSTEMS
from tickets.errors import TicketError
from tickets.profiles import OWN_PROFILES
from tickets.retention import load_retention
from tickets.routing import load_offices


@dataclass(frozen=True)
class Check:
    name: str
    ok: bool
    detail: str


def doctor(as_json: Annotated[bool, typer.Option("--json", help="Machine-readable output.")] = False) -> None:
    """Check every part; exit status 1 when something needs mending."""
    settings = Settings()
    checks = [look(settings) for look in CHECKS]
    if as_json:
        typer.echo(json.dumps([asdict(check) for check in checks], ensure_ascii=False))
    else:
        for check in checks:
            typer.echo(f"{'ok  ' if check.ok else 'MEND'}  {check.name}: {check.detail}")
    if not all(check.ok for check in checks):
        raise typer.Exit(1)


def _disk(settings: Settings) -> Check:
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(settings.data_dir).free // 2**20
    return Check("disk", free >= 500, f"{free} MiB free in {settings.data_dir} (500 wanted)")


def _rasa(settings: Settings) -> Check:
    try:
        found = subprocess.run(
            [str(settings.rasa_python), "-c", "import importlib.metadata as m; print(m.version('rasa'))"],
            capture_output=True,
            text=True,
            timeout=60,
        )
    except (OSError, subprocess.TimeoutExpired):
        return Check("rasa environment", False, "missing. Run: make setup")
    if found.returncode:
        return Check("rasa environment", False, "rasa is not installed there. Run: make setup")
    return Check("rasa environment", True, f"rasa {found.stdout.strip()}")


def _model(settings: Settings) -> Check:
    if not settings.model_path.exists():
        return Check("dialogue model", False, "not trained. Run: hotline train")
    if is_stale(settings):
        return Check("dialogue model", False, "older than bot/ or config.yml. Run: hotline train")
    return Check("dialogue model", True, str(settings.model_path))


def _database(settings: Settings) -> Check:
    try:
        engine = open_database(settings.database_address)
    except SQLAlchemyError as error:
        return Check(
            "database", False, f"cannot be opened ({type(error).__name__}). Check HOTLINE_DATABASE_URL"
        )
    return Check("database", True, engine.url.render_as_string(hide_password=True))


def _key(settings: Settings) -> Check:
    try:
        ring = keys_from(settings).ring()
    except (TicketError, OSError) as error:
        return Check(
            "master key", False, f"{error}. Restore it from your backup; without it nothing sealed opens"
        )
    if settings.master_key:
        return Check("master key", True, f"{len(ring)} in HOTLINE_MASTER_KEY, {ring[0].id} seals")
    if settings.key_path.stat().st_mode & 0o077:
        return Check(
            "master key", False, f"others can read {settings.key_path}. Run: chmod 600 {settings.key_path}"
        )
    return Check(
        "master key",
        True,
        f"{settings.key_path}, {len(ring)} keys, {ring[0].id} seals: keep a copy apart from the database",
    )


def _knowledge(settings: Settings) -> Check:
    try:
        knowledge = open_knowledge_from(settings)
    except KnowledgeError as error:
        return Check("policy index", False, f"{error}. Run: hotline knowledge build")
    if not knowledge.ready:
        return Check("policy index", False, "not built. Run: hotline knowledge build")
    documents = len(knowledge.curator.documents())
    return Check("policy index", True, f"{knowledge.generation}, {documents} documents")


def _danger_model(settings: Settings, folder: Path = SHIPPED_MODEL) -> Check:
    """The classifier of the danger screen; without it the rules alone decide."""
    try:
        model = load_model(folder)
    except UnreadableModel as error:
        return Check("danger model", False, f"{error}; until then the rules alone look for danger")
    return Check("danger model", True, f"{len(model.vocabulary)} features")


def _tables(settings: Settings) -> Check:
    """The office's own tables; without offices.yml invented sample rows propose offices."""
    own = settings.data_dir / OWN_OFFICES
    try:
        load_offices(own)
        limits = office_limits(settings.data_dir)
        load_retention(settings.data_dir / OWN_FIGURES)
        load_hours(settings.data_dir / OWN_HOURS)
        load_rules(searchable, settings.data_dir / OWN_RULES)
    except TicketError as error:
        return Check("office tables", False, str(error))
    year = date.today().year
    if not limits.hours.knows(year):
        notice = "put the State Council's notice into announced_holidays and announced_workdays"
        return Check("office tables", False, f"the holidays of {year} are not known: update, or {notice}")
    offices = str(own) if own.exists() else f"no {own}: invented sample rows propose offices until then"
    later = "" if limits.hours.knows(year + 1) else f"; the holidays of {year + 1} are not known yet"
    return Check("office tables", True, offices + later)


def _case_systems(settings: Settings) -> Check:
    try:
        found = findings(settings.data_dir / OWN_CASE_SYSTEMS, settings.data_dir / OWN_PROFILES)
    except TicketError as error:
        return Check("case systems", False, str(error))
    return Check("case systems", not found, "; ".join(found) or "well")


CHECKS: tuple[Callable[[Settings], Check], ...] = (
    _disk,
    _rasa,
    _model,
    _danger_model,
    _key,
    _database,
    _knowledge,
    _tables,
    _case_systems,
)
