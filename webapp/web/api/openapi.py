"""The OpenAPI document, made of the calls as they are defined."""

from importlib.metadata import version

from webapp.web.api.operations import OPERATIONS
from webapp.web.api.schemas import SCHEMAS
from webapp.web.parameter import Json

_SECURITY: Json = {
    "token": {
        "type": "http",
        "scheme": "bearer",
        "description": "HASHBAG_ADMIN_TOKEN, or a token made with `hashbag token create`.",
    }
}


def document(*, is_private: bool = False) -> Json:
    """Build the whole document, as it is where everything asks for a token, or elsewhere."""
    paths: dict[str, Json] = {}
    for one in OPERATIONS:
        paths.setdefault(one.path, {})[one.method.lower()] = one.described(is_private=is_private)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Hashbag",
            "version": version("hashbag"),
            "summary": "Visual search by perceptual hashes.",
        },
        "paths": paths,
        "components": {"schemas": SCHEMAS, "securitySchemes": _SECURITY},
    }
