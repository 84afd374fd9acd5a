"""Forms that people write long in: what they wrote is kept where their sign-in has ended meanwhile.

The page that refuses it holds it, to be sent once more after signing in; then the form shows it
anew. Nothing of it is saved before somebody who is signed in has seen it there. No cookie is set
with that page: it would take the place of the one that a browser did not send from another site.
"""

from collections.abc import Sequence
from urllib.parse import urlsplit

from flask import request

_VIEWS = frozenset({"desk_items.add", "desk_items.change"})

FORM_AGAIN = (
    "Nothing is saved yet: you signed in anew since you opened this form. Here is what you wrote; "
    "if you had chosen photos, choose them once more."
)


def is_kept() -> bool:
    """Say whether what was sent is kept: other forms can as well be filled in anew.

    What another site sends is not: nobody should be shown as his own what he did not write.
    """
    origin = request.headers.get("Origin")
    return request.endpoint in _VIEWS and (not origin or urlsplit(origin).netloc == request.host)


def kept_fields() -> Sequence[tuple[str, str]]:
    """Return all that was written, where it is kept."""
    fields = request.form.items(multi=True) if is_kept() else ()
    return [(name, text) for name, text in fields if name != "csrf_token"]
