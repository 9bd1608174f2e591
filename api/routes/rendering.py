"""Turns templates into pages: everything is escaped, and every page carries the same protection."""

from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import jinja2
from fastapi.responses import HTMLResponse, Response

from api.texts import texts

API_DIR = Path(__file__).resolve().parent.parent
BEIJING = timezone(timedelta(hours=8))

_environment = jinja2.Environment(
    loader=jinja2.FileSystemLoader(API_DIR / "templates"),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_environment.policies["json.dumps_kwargs"] = {"ensure_ascii": False}


def say(part: str) -> Any:
    """The words of one part of the pages (`chat` or `console`) from texts/pages.zh.yml."""
    return texts("pages")[part]


def page(template: str, *, framed_by: str = "'none'", status: int = 200, **values: Any) -> HTMLResponse:
    """Render a page. `framed_by`: who may show it in a frame, as in CSP `frame-ancestors`."""
    html = _environment.get_template(template).render(values)
    return HTMLResponse(html, status, headers=protection(framed_by))


def script(template: str, **values: Any) -> Response:
    """Render a script."""
    source = _environment.get_template(template).render(values)
    return Response(source, media_type="text/javascript", headers={"Cache-Control": "no-cache"})


def protection(framed_by: str) -> dict[str, str]:
    """Headers of every page: only our own files, nothing inline, no referrer, nothing kept by proxies."""
    policy = (
        "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; "
        f"frame-ancestors {framed_by}"
    )
    return {
        "Content-Security-Policy": policy,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Permissions-Policy": "camera=(), geolocation=(), payment=()",
        "Cache-Control": "no-store",
    }


def beijing_time(at: datetime, now: datetime) -> str:
    """An instant in Beijing time, with its year when that is not this year."""
    local = at.astimezone(BEIJING)
    pattern = "time" if local.year == now.astimezone(BEIJING).year else "time_with_year"
    return say("console")[pattern].format(
        year=local.year, month=local.month, day=local.day, hour=local.hour, minute=local.minute
    )
