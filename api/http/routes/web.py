"""The page at `/`: static files, their types and the policy that they run under.

The page asks for nothing beyond its own origin: no CDN, no inline script, no inline style.
"""

from pathlib import Path

from fastapi import APIRouter
from starlette.responses import FileResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

WEB = Path(__file__).parents[2] / "web"

# Named here, since what the system's registry says of them differs between machines.
TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".woff2": "font/woff2",
}

HEADERS = {
    "Content-Security-Policy": "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "font-src 'self'",
            "img-src 'self'",
            "connect-src 'self'",
            "media-src blob:",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
            "require-trusted-types-for 'script'",
        )
    ),
    "Permissions-Policy": "microphone=(self), camera=(), geolocation=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    # Revalidated each time by its ETag: a new release is seen at the next visit.
    "Cache-Control": "no-cache",
}

router = APIRouter(include_in_schema=False)


def page_file(path: Path) -> FileResponse:
    """One file of the page."""
    return FileResponse(path, media_type=TYPES[path.suffix], headers=HEADERS)


@router.get("/")
async def page() -> Response:
    """The page itself; it asks for a key when the service does."""
    return page_file(WEB / "index.html")


class PageFiles(StaticFiles):
    """What the page loads, under its own headers."""

    def __init__(self) -> None:
        super().__init__(directory=WEB)

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        if isinstance(response, FileResponse):
            response.headers["Content-Type"] = TYPES[Path(path).suffix]
        response.headers.update(HEADERS)
        return response
