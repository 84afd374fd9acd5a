"""What every answer tells browsers to forbid."""

from flask import Flask, Response, request

from webapp.web.guards.content_policy import content_policy

_YEAR = 365 * 24 * 3600

# What pages need of a device: to put a link on the clipboard. A photo is taken by the phone's own
# camera program, which needs no permission. Browsers complain of names that they do not know.
_FORBIDDEN = (
    "accelerometer",
    "browsing-topics",
    "camera",
    "display-capture",
    "encrypted-media",
    "fullscreen",
    "geolocation",
    "gyroscope",
    "hid",
    "idle-detection",
    "magnetometer",
    "microphone",
    "midi",
    "payment",
    "picture-in-picture",
    "publickey-credentials-get",
    "screen-wake-lock",
    "serial",
    "usb",
    "xr-spatial-tracking",
)
_HEADERS = {
    "Content-Security-Policy": content_policy(),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": ", ".join(f"{name}=()" for name in _FORBIDDEN),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}

_SHOWN_ELSEWHERE = frozenset({"media.image", "media.thumb", "media.card"})
"""Pictures that feeds, link previews and a shop's own pages show."""


def register(app: Flask) -> None:
    """Have all answers say so; what a view said of itself stays."""
    app.after_request(_add)


def _add(response: Response) -> Response:
    if request.endpoint in _SHOWN_ELSEWHERE or request.blueprint == "embed":
        response.headers.setdefault("Cross-Origin-Resource-Policy", "cross-origin")
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    if response.headers["Content-Security-Policy"] == content_policy():
        response.headers["X-Frame-Options"] = "DENY"  # it knows no list of who may
    if request.is_secure:
        response.headers["Strict-Transport-Security"] = f"max-age={_YEAR}"
    return response
