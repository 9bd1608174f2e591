"""Single parts opened from the settings, for the commands that need no more than one."""

from typing import TYPE_CHECKING

from api.settings import Settings

if TYPE_CHECKING:
    from api.accounts.store import AccountStore
    from knowledge.service import KnowledgeBase
    from tickets.privacy import Sealer
    from tickets.service import Desk

# Each part is imported where it is opened: a command waits only for the libraries that it uses itself.


def open_desk_from(settings: Settings) -> "Desk":
    """The ticket desk on the configured database."""
    from api.database import open_database
    from tickets import open_desk

    return open_desk(open_database(settings.database_address), sealer_from(settings))


def open_accounts_from(settings: Settings) -> "AccountStore":
    """Accounts and keys on the configured database."""
    from api.accounts.store import AccountStore
    from api.database import open_database
    from tickets.service import utc_now

    return AccountStore(open_database(settings.database_address), utc_now)


def open_knowledge_from(settings: Settings) -> "KnowledgeBase":
    """The policy library with its newest index, if there is one."""
    from knowledge import open_knowledge

    return open_knowledge(
        settings.data_dir,
        embedder_dir=settings.embedder_dir,
        default_region=settings.region,
        vector_database=settings.vector_database,
        reranker_dir=settings.reranker,
    )


def sealer_from(settings: Settings) -> "Sealer":
    """What seals personal data; makes the master key when there is none yet."""
    from tickets.privacy import Sealer, load_or_create_key

    return Sealer(load_or_create_key(settings.key_path))
