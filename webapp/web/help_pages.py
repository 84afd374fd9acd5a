"""Help for who runs the app: recipes, written for this server's own settings."""

import math
import os
from dataclasses import dataclass
from urllib.parse import urlsplit

from flask import Blueprint, Response, jsonify, render_template, request

from webapp.context import hashbag
from webapp.exceptions import ItemNotFound
from webapp.metrics import DESCRIBED
from webapp.web import embed, sizing
from webapp.web.api.batch_search import MOST_UPLOADS
from webapp.web.api.guide import some_item
from webapp.web.branding.brand import branding
from webapp.web.monitoring import dashboard as grafana

bp = Blueprint("help_pages", __name__)


@dataclass(frozen=True, slots=True)
class Topic:
    """A page of help, at `/help/<name>`, from the template of that name in `templates/help/`."""

    name: str
    title: str
    told: str


TOPICS = (
    Topic("systemd", "As a service", "started with the machine, and fenced in, by systemd"),
    Topic("nginx", "Behind nginx", "TLS, a path of a site, uploads and caching, by nginx"),
    Topic("caddy", "Behind Caddy", "the same by Caddy, which fetches its certificates itself"),
    Topic("embed", "In the pages of a shop", "frames with what looks like a bag, or the search"),
    Topic(
        "metrics",
        "Watching it",
        "counts for Prometheus, each explained, and a dashboard for Grafana",
    ),
    Topic("api-client", "A client of the API", "made of the document by one command, and used"),
    Topic(
        "postgresql", "With PostgreSQL", "the catalogue on a server that machines share, and back"
    ),
    Topic(
        "scale", "Beyond one machine", "several hosts, PostgreSQL, Milvus, S3: how, and how large"
    ),
)

_DEFAULT_BIND = "127.0.0.1:8000"


@bp.get("/help")
def index() -> str:
    """List all topics."""
    return render_template("help/index.html", topics=TOPICS)


@bp.get("/help/<name>")
def topic(name: str) -> str:
    """Show one."""
    found = next((one for one in TOPICS if one.name == name), None)
    if found is None:
        raise ItemNotFound(
            f"there is no help on '{name[:40]}'; there is on "
            f"{', '.join(one.name for one in TOPICS)}"
        )
    return render_template(
        f"help/{found.name}.html",
        topic=found,
        bind=os.environ.get("HASHBAG_BIND", _DEFAULT_BIND),
        prefix=request.script_root,
        site=request.url_root.rstrip("/"),
        host=urlsplit(request.host_url).hostname,
        # Of a body of many pictures, with what a form adds: it is the app that says what is too
        # large.
        body_mb=math.ceil(MOST_UPLOADS * hashbag().settings.max_upload_mb) + 1,
        max_upload_mb=hashbag().settings.max_upload_mb,
        origins=embed.origins(),
        some_item=some_item(),
        metrics=DESCRIBED,
        sizing=sizing,
    )


@bp.get("/help/metrics.json")
def dashboard() -> Response:
    """Send a dashboard for Grafana."""
    answer = jsonify(grafana.dashboard(branding().name))
    answer.headers.set("Content-Disposition", "attachment", filename="hashbag-grafana.json")
    answer.headers["X-Robots-Tag"] = "noindex"
    return answer
