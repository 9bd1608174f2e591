"""What may be wrong around a case_systems.yml that reads well: who else reads it, the files it names."""

import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tickets.case_systems import IN_FILE, CaseSystem, load_case_systems, read_rows
from tickets.errors import BadRequest
from tickets.guarded_http import tls_context
from tickets.profiles import load_profile
from tickets.signing import PREFIX


def findings(path: Path, own_profiles: Path | None = None) -> list[str]:
    """Give one sentence for everything that wants attention; empty when all is well or there is no file.

    Args:
        own_profiles: the folder of the office's own export profiles.
    Raises:
        BadRequest: the file itself cannot be understood.
    """
    systems = load_case_systems(path)
    found = [f"{each}: other users of this machine can read its secrets; run: chmod 600 {each}"
             for each in _holders_of_secrets(path) if _read_by_others(each)]  # fmt: skip
    for system in systems.values():
        found += [f"{path}: {system.name}: {problem}" for problem in _problems(system, own_profiles)]
    return found


def _problems(system: CaseSystem, own_profiles: Path | None) -> Iterator[str]:
    push, reconcile, drop = system.push, system.reconcile, system.drop
    if push:
        yield from _of_tls("push", push.ca_file, push.client_cert, push.client_key)
    if reconcile:
        yield from _of_tls("reconcile", reconcile.ca_file)
    for side, profile in (("push", push and push.profile), ("drop", drop and drop.profile)):
        if profile:
            try:
                load_profile(profile, own_profiles)
            except BadRequest as error:
                yield f"{side}.profile: {error}"
    if push and system.back and set(push.secrets) & set(system.back.secrets):
        yield "push and back share a secret; give each direction its own"


def _of_tls(side: str, *files: Path | None) -> Iterator[str]:
    try:
        tls_context(*files)
    except ValueError as error:
        yield f"{side}.{error}"


def _holders_of_secrets(path: Path) -> list[Path]:
    texts = list(_texts(read_rows(path)))
    own = [path] if any(text.startswith(PREFIX) for text in texts) else []
    return own + [Path(text.removeprefix(IN_FILE)) for text in texts if text.startswith(IN_FILE)]


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _texts(item)


def _read_by_others(path: Path) -> bool:
    return bool(path.stat().st_mode & stat.S_IROTH)
