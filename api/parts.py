"""Single parts opened from the settings, for the commands that need no more than one."""

from typing import TYPE_CHECKING

from api.settings import Settings

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from api.accounts.sessions import SessionLimits
    from api.accounts.single_sign_on import SingleSignOn
    from api.accounts.store import AccountStore
    from api.erasure import Erasure
    from knowledge.service import KnowledgeBase
    from tickets.keyring import KeySource
    from tickets.privacy import Sealer
    from tickets.service import Desk

# Each part is imported where it is opened: a command waits only for the libraries that it uses itself.


def open_desk_from(settings: Settings) -> "Desk":
    """The ticket desk on the configured database."""
    from api.database import open_database
    from tickets import open_desk

    database = open_database(settings.database_address)
    return open_desk(database, sealer_from(settings), own=settings.data_dir, home=settings.region)


def open_accounts_from(settings: Settings) -> "AccountStore":
    """Accounts and keys on the configured database."""
    from api.accounts.store import AccountStore
    from api.database import open_database
    from tickets.service import utc_now

    return AccountStore(open_database(settings.database_address), utc_now, session_limits_from(settings))


def session_limits_from(settings: Settings) -> "SessionLimits":
    """How long sessions of the console last."""
    from datetime import timedelta

    from api.accounts.sessions import SessionLimits

    return SessionLimits(
        timedelta(hours=settings.session_hours), timedelta(minutes=settings.session_idle_minutes)
    )


def single_sign_on_from(
    settings: Settings, accounts: "AccountStore", sealer: "Sealer"
) -> "SingleSignOn | None":
    """The way in through the office's OpenID Connect provider, if one is set; asks it nothing yet."""
    if not settings.oidc_issuer or not settings.oidc_client_id:
        return None
    from api.accounts.provider import Provider
    from api.accounts.single_sign_on import Client, SingleSignOn
    from tickets.service import utc_now

    secret = settings.oidc_client_secret
    client = Client(
        id=settings.oidc_client_id,
        secret=secret.get_secret_value() if secret else None,
        redirect_uri=f"{settings.public_url}/console/oidc/callback",
        signed_out_uri=f"{settings.public_url}/console/login",
        scopes=settings.oidc_scopes,
        name_claim=settings.oidc_name_claim,
        role_claim=settings.oidc_role_claim,
        roles=settings.oidc_roles,
    )
    return SingleSignOn(Provider(settings.oidc_issuer), client, sealer, accounts.is_first_use, utc_now)


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
    from tickets.privacy import Sealer

    return Sealer(keys_from(settings))


def keys_from(settings: Settings) -> "KeySource":
    """The master keys: of the environment, else of the key file, which is made when there is none yet.

    Raises:
        tickets.errors.Unreadable: they are damaged.
    """
    from tickets.keyring import FixedKeys, KeyFile, load_or_create_keys, parse_keys

    if settings.master_key:
        return FixedKeys(parse_keys(settings.master_key.get_secret_value(), "HOTLINE_MASTER_KEY"))
    load_or_create_keys(settings.key_path)
    return KeyFile(settings.key_path)


def erasure_from(settings: Settings, database: "Engine | None" = None) -> "Erasure":
    """Retention and erasure on this or the configured database, with the office's own figures if it has any.

    Raises:
        tickets.errors.BadRequest: the office's figures are wrong.
    """
    from api.database import open_database
    from api.erasure import OWN_FIGURES, Erasure
    from tickets.retention import load_retention

    retention = load_retention(settings.data_dir / OWN_FIGURES)
    database = database or open_database(settings.database_address)
    return Erasure(database, sealer_from(settings), retention)
