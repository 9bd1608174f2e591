"""The api process itself: `python -m api.process`, started by `hotline serve`."""

import os

# One question is too little work to share between cores: threads of the numerical libraries only wait for
# each other, a hundred times as long on a busy machine. The libraries read this when they are loaded.
os.environ |= {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}

import uvicorn

from api.logs import configure_logs
from api.main import create_app
from api.settings import Settings
from api.supervision import leave_with_parent


def main() -> None:
    settings = Settings()
    leave_with_parent()
    configure_logs(settings.log_level)
    uvicorn.run(
        create_app(settings),
        host=settings.host,
        port=settings.port,
        access_log=False,  # addresses carry tokens
        log_level="warning",
        server_header=False,
        timeout_graceful_shutdown=3,
    )


if __name__ == "__main__":
    main()
