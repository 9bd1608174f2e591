"""`hotline tickets drop`: makes a case system's file now instead of at its time of day."""

from dataclasses import asdict
from typing import Annotated

import typer

from api.commands.tickets_common import clear_errors, print_json
from api.parts import sealer_from
from api.settings import Settings
from tickets.case_systems import OWN_CASE_SYSTEMS, load_case_systems


def drop(
    name: Annotated[str, typer.Argument(help="The case system, as case_systems.yml calls it.")],
) -> None:
    """Write what changed since the last drop into the case system's folder; prints the manifest."""
    from api.database import open_database
    from tickets.drops import Drops
    from tickets.profiles import OWN_PROFILES
    from tickets.service import utc_now

    settings = Settings()
    with clear_errors():
        drops = Drops(
            open_database(settings.database_address),
            sealer_from(settings),
            lambda: load_case_systems(settings.data_dir / OWN_CASE_SYSTEMS),
            utc_now,
            settings.data_dir / OWN_PROFILES,
        )
        print_json(asdict(drops.make(name)))
