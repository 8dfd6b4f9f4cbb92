"""`python -m gateway`: serves the application; every setting comes from the environment."""

from __future__ import annotations

import logging

import structlog
import uvicorn

from gateway.app import build
from gateway.settings import Settings


def main() -> None:
    """Runs until stopped. On a stop uvicorn closes sockets with 1012, on which every client rejoins by itself."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        cache_logger_on_first_use=True,
    )
    settings = Settings()
    uvicorn.run(
        build(settings),
        host=settings.gateway_host,
        port=settings.gateway_port,
        loop="uvloop",
        http="httptools",
        ws="websockets-sansio",
        ws_max_size=5 * 1024 * 1024,
        ws_per_message_deflate=False,
        access_log=False,
        log_level="warning",
        proxy_headers=True,
        forwarded_allow_ips="127.0.0.1",
        timeout_graceful_shutdown=5,
        server_header=False,
    )


if __name__ == "__main__":
    main()
