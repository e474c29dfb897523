"""The application factory."""

from fastapi import FastAPI

from app.bootstrap import build_app
from app.domain.shared.clock import Clock
from app.settings import Settings


def create_app(settings: Settings | None = None, clock: Clock | None = None) -> FastAPI:
    """The ASGI application for these settings (by default: of the environment).

    Raises:
        SettingRefused: production with a setting that is not fit for it.
    """
    settings = settings or Settings()
    settings.refuse_unsafe()
    return build_app(settings, clock)
