"""Puts the real parts of the figures together."""

from functools import cache

from sqlalchemy import Engine

from api.figures.service import Figures
from api.figures.unanswered import UnansweredWatch
from api.settings import Settings
from api.unanswered.store import UnansweredStore
from knowledge.embedders import SentenceEmbedder, ShippedEmbedder
from knowledge.ports import Embedder
from knowledge.service import KnowledgeBase
from tickets import office_limits
from tickets.case_system_table import CaseSystemTable
from tickets.case_systems import OWN_CASE_SYSTEMS
from tickets.service import utc_now


def open_figures(
    settings: Settings, database: Engine, unanswered: UnansweredStore, knowledge: KnowledgeBase
) -> Figures:
    """Figures on this database, with the office's own working days and case systems.

    Raises:
        tickets.errors.BadRequest: the office's limits cannot be understood.
    """

    @cache
    def embedder() -> Embedder:
        return SentenceEmbedder(settings.embedder_dir) if settings.embedder_dir else ShippedEmbedder()

    return Figures(
        database,
        office_limits(settings.data_dir).hours,
        CaseSystemTable(settings.data_dir / OWN_CASE_SYSTEMS).systems,
        UnansweredWatch(unanswered, knowledge, embedder, utc_now),
        utc_now,
        settings.region[:2],
    )
