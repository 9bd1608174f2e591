"""The api process itself: `python -m api.process`, started by `hotline serve`."""

import contextlib
import os
import resource
import sys

# One question is too little work to share between cores: threads of the numerical libraries only wait for
# each other, a hundred times as long on a busy machine. The libraries read this when they are loaded.
os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}

import uvicorn
from fastapi import FastAPI

from api.logs import configure_logs
from api.main import create_app
from api.protection.patience import patient_protocol
from api.settings import Settings
from api.supervision import leave_with_parent


def main() -> None:
    settings = Settings()
    _open_files()
    leave_with_parent()
    configure_logs(settings.log_level)
    server = uvicorn.Server(server_config(create_app(settings), settings))
    with contextlib.suppress(KeyboardInterrupt):
        server.run()
    if not server.started:
        sys.exit(3)


def server_config(app: FastAPI, settings: Settings) -> uvicorn.Config:
    """How the app is served: patient but not endlessly, without a log of addresses."""
    return uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        access_log=False,  # addresses carry tokens
        log_level="warning",
        server_header=False,
        timeout_graceful_shutdown=3,
        http=patient_protocol(settings.request_seconds),
        ws="none",
        proxy_headers=False,  # api.protection reads them, from trusted proxies only
    )


def _open_files() -> None:
    """Let every listener have a connection: each is an open file, and 1,024 is a common limit."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


if __name__ == "__main__":
    main()
