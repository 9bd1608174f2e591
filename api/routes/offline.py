"""The citizen's page when there is no network: a service worker that keeps the page's own files."""

from fastapi import APIRouter
from fastapi.responses import Response

from api.routes.rendering import API_DIR, script

router = APIRouter(include_in_schema=False)


@router.get("/offline.js")
def offline() -> Response:
    """The service worker of `/`. Browsers run it on https and on localhost; elsewhere never."""
    folder = API_DIR / "static"
    kept = [*folder.glob("chat/*.js"), *folder.glob("chat/*.css"), folder / "icon.svg"]
    files = sorted(f"static/{path.relative_to(folder).as_posix()}" for path in kept)
    worker = script("offline.js", files=["./", *files])
    # A worker fetches under its own policy, not under the page's.
    worker.headers["Content-Security-Policy"] = "default-src 'none'; connect-src 'self'"
    return worker
