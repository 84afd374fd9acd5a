"""`/metrics` over real workers: what happened is counted, also by those that are gone."""

import json
import os
import re
import shutil
import signal
import tempfile
from collections.abc import Iterator, Mapping
from html import unescape
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families

from tests.applications import core_of
from tests.pictures import bag, encoded
from tests.serving import Server, eventually, run_hashbag, served
from webapp import create_app
from webapp.maintenance.background import BackgroundCommand
from webapp.metrics import DESCRIBED, REGISTRY

pytestmark = pytest.mark.slow

TOKEN = "a-token-of-the-tests"
Labels = frozenset[tuple[str, str]]


class Told:
    """What `/metrics` said once."""

    def __init__(self, text: str) -> None:
        self.families = list(text_string_to_metric_families(text))
        self.samples: dict[tuple[str, Labels], float] = {}
        for family in self.families:
            for sample in family.samples:
                key = (sample.name, frozenset(sample.labels.items()))
                assert key not in self.samples, f"{key} is told twice"
                self.samples[key] = sample.value

    def __call__(self, name: str, **labels: str) -> float:
        """Add up the samples of a name that have these labels."""
        wanted = set(labels.items())
        found = [
            value for (one, has), value in self.samples.items() if one == name and wanted <= has
        ]
        return sum(found)

    def has(self, name: str) -> bool:
        return any(one == name for one, _ in self.samples)


def told(server: Server, headers: Mapping[str, str] | None = None) -> Told:
    answer = server.get("/metrics", headers)
    assert answer.status == 200, answer.text
    return Told(answer.text)


@pytest.fixture(scope="module")
def instance(eight: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return shutil.copytree(eight, tmp_path_factory.mktemp("metrics") / "instance")


@pytest.fixture(scope="module")
def server(instance: Path) -> Iterator[Server]:
    with served(instance, 2, {"HASHBAG_ADMIN_TOKEN": TOKEN}) as found:
        yield found


def test_requests_are_counted_by_route_and_class_whichever_worker_answered(server: Server) -> None:
    item, before = "/items/<int:item_id>", told(server)
    for number in range(1, 9):
        assert server.get(f"/items/{number}?k={number}").status == 200
    for number in range(100, 105):
        assert server.get(f"/items/{number}").status == 404
    after = told(server)

    def more(name: str, **labels: str) -> float:
        return after(name, **labels) - before(name, **labels)

    assert more("hashbag_requests_total", route=item, status="2xx", method="GET") == 8
    assert more("hashbag_requests_total", route=item, status="4xx") == 5
    assert more("hashbag_request_seconds_count", route=item, status="2xx") == 8
    assert more("hashbag_request_seconds_bucket", route=item, status="2xx", le="+Inf") == 8
    assert more("hashbag_errors_total", status="404") == 5


def test_searches_are_counted_by_kind_and_engine_with_their_proofs(server: Server) -> None:
    before = told(server)
    for number in range(1, 7):
        similar = f"/api/v1/items/{number}/similar?by=whash&k=3"
        assert server.get(similar).status == 200
    after = told(server)
    which = {"kind": "whash", "engine": "annoy", "exact": "True"}
    assert after("hashbag_searches_total", **which) - before("hashbag_searches_total", **which) == 6
    proofs = "hashbag_proofs_total"
    assert after(proofs, kind="whash") - before(proofs, kind="whash") == 6
    candidates = "hashbag_candidates_count"
    assert after(candidates, kind="whash") - before(candidates, kind="whash") == 6
    assert after.has("hashbag_repaired_hits_total")


def test_uploads_are_counted_by_what_came_of_them(server: Server) -> None:
    before = told(server)
    photo = encoded(bag(2), "PNG")
    assert server.post_picture("/search", photo).status == 303
    assert server.post_picture("/api/v1/search", photo).status == 200
    assert server.post_picture("/api/v1/search", b"no picture").status == 415
    after = told(server)

    def more(name: str, **labels: str) -> float:
        return after(name, **labels) - before(name, **labels)

    assert more("hashbag_uploads_total", outcome="answered") == 2
    assert more("hashbag_uploads_total", outcome="refused") == 1
    assert after("hashbag_uploads_total", outcome="busy") == 0
    assert more("hashbag_pictures_total", work="upload", outcome="read") == 2
    assert more("hashbag_pictures_total", work="upload", outcome="unreadable") == 1
    assert more("hashbag_picture_seconds_count", work="upload") == 3
    assert after("hashbag_upload_places") == 2 * 6
    assert after("hashbag_upload_places_taken") == 0
    assert after("hashbag_pictures_awaited") == 0


def test_a_worker_that_is_killed_leaves_its_counts_and_takes_its_gauges(server: Server) -> None:
    for number in range(1, 9):
        server.get(f"/items/{number}")
    eventually(lambda: told(server)("hashbag_workers") == 2, "both workers are seen")
    before = told(server)
    gone = server.workers()
    for pid in gone:
        os.kill(pid, signal.SIGKILL)
    eventually(
        lambda: len(server.workers()) == 2 and not server.workers() & gone, "others came instead"
    )
    eventually(lambda: told(server)("hashbag_workers") == 2, "two workers are told, not four")
    after = told(server)
    name = "hashbag_requests_total"
    item = "/items/<int:item_id>"
    assert after(name, route=item, status="2xx") == before(name, route=item, status="2xx")
    assert after("hashbag_upload_places") == 12
    ends = "hashbag_worker_ends_total"
    assert after(ends, reason="killed") - before(ends, reason="killed") == 2
    assert after(ends, reason="crashed") == 0


def test_what_workers_counted_that_are_gone_is_kept_in_one_place(eight: Path) -> None:
    short = Path(tempfile.mkdtemp(prefix="metrics-"))  # the path of a socket may not be long
    name, item = "hashbag_requests_total", "/items/<int:item_id>"
    with served(eight, 2, {"TMPDIR": str(short)}) as server:
        (folder,) = short.glob("hashbag-metrics-*")
        for killed in range(1, 5):
            for number in range(1, 9):
                assert server.get(f"/items/{number}").status == 200
            gone = min(server.workers())
            os.kill(gone, signal.SIGKILL)
            eventually(lambda: gone not in server.workers(), "it was gone")  # noqa: B023
            eventually(lambda: len(server.workers()) == 2, "another came")
            eventually(lambda: told(server)("hashbag_workers") == 2, "two are told")
            now = told(server)
            assert now(name, route=item, status="2xx") == 8 * killed
            assert now("hashbag_request_seconds_bucket", route=item, le="+Inf") == 8 * killed
        for sort in ("counter", "histogram"):
            # Of the master, two workers, the parent of those that read pictures, and what ended.
            assert len(list(folder.glob(f"{sort}_*.db"))) <= 5
    assert list(short.glob("hashbag-metrics-*")) == []
    shutil.rmtree(short)


def test_a_process_that_reads_pictures_and_is_killed_is_counted_and_replaced(
    server: Server,
) -> None:
    processes = len(server.cage())
    assert told(server)("hashbag_cage_processes") == processes
    os.kill(min(server.cage()), signal.SIGKILL)
    name = "hashbag_cage_process_ends_total"
    eventually(lambda: told(server)(name, reason="killed") == 1, "it was counted")
    eventually(lambda: told(server)("hashbag_cage_processes") == processes, "another came")
    assert told(server)("hashbag_cage_starts_total") == 1


def test_the_state_is_told_the_index_its_overlay_and_the_age_of_the_oldest_change(
    server: Server, instance: Path
) -> None:
    eventually(lambda: told(server)("hashbag_up", part="pictures"), "all was started")
    now = told(server)
    assert now("hashbag_items") == 8
    assert now("hashbag_generation_number") == 1
    assert now("hashbag_generation_age_seconds") > 0
    assert now("hashbag_overlay_items") == now("hashbag_overlay_age_seconds") == 0
    assert now("hashbag_up") == 3
    bearing = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
    for item in (3, 4):
        changes = json.dumps({"title": "Changed"})
        assert server.send("PATCH", f"/api/v1/items/{item}", bearing, changes).status == 200
    changed = told(server)
    assert changed("hashbag_overlay_items") == 2
    assert 0 < changed("hashbag_overlay_age_seconds") < changed("hashbag_generation_age_seconds")
    assert run_hashbag(["index", "--no-map"], instance).returncode == 0
    rebuilt = told(server)
    assert rebuilt("hashbag_generation_number") == 2
    assert rebuilt("hashbag_overlay_items") == rebuilt("hashbag_overlay_age_seconds") == 0
    assert rebuilt("hashbag_generation_age_seconds") < changed("hashbag_generation_age_seconds")
    assert rebuilt("hashbag_rebuild_running") == rebuilt("hashbag_import_running") == 0


def test_the_last_import_is_told_as_its_report_says(server: Server, instance: Path) -> None:
    assert not told(server).has("hashbag_last_import_seconds")
    done = run_hashbag(["import", instance / "photos", "--no-map"], instance)
    assert done.returncode == 0, done.stderr
    after = told(server)
    assert after("hashbag_last_import_timestamp_seconds") > 1_700_000_000
    assert after("hashbag_last_import_photos", outcome="unchanged") == 8
    assert after("hashbag_last_import_photos", outcome="rejected") == 0


def test_commands_that_a_server_starts_are_counted_by_how_they_ended(
    eight: Path, tmp_path: Path
) -> None:
    instance = shutil.copytree(eight, tmp_path / "instance")
    settings = core_of(create_app({"instance": instance})).settings

    def ended(outcome: str) -> float:
        labels = {"command": "index", "outcome": outcome}
        return REGISTRY.get_sample_value("hashbag_background_runs_total", labels) or 0

    for option, outcome in (("--no-map", "ok"), ("--no-such-option", "failed")):
        before = ended(outcome)
        BackgroundCommand(settings, "index", option).start()
        eventually(lambda: ended(outcome) == before + 1, "it was counted")  # noqa: B023


def test_only_this_machine_or_who_has_a_token_is_told(server: Server) -> None:
    from_elsewhere = {"X-Forwarded-For": "203.0.113.9"}
    for headers in (from_elsewhere, {"Via": "1.1 proxy"}, {"Forwarded": "for=203.0.113.9"}):
        refused = server.get("/metrics", headers)
        assert (refused.status, "hashbag_" in refused.text) == (401, False)
        wrong = server.get("/metrics", headers | {"Authorization": "Bearer wrong"})
        assert wrong.status == 401
        assert told(server, headers | {"Authorization": f"Bearer {TOKEN}"})("hashbag_items") == 8


def test_behind_a_trusted_proxy_its_client_counts(eight: Path) -> None:
    with served(eight, 1, {"HASHBAG_TRUSTED_PROXIES": "1"}) as server:
        assert server.get("/metrics").status == 200
        assert server.get("/metrics", {"X-Forwarded-For": "127.0.0.1"}).status == 200
        for forwarded in ("203.0.113.9", "127.0.0.1, 203.0.113.9", "unknown"):
            assert server.get("/metrics", {"X-Forwarded-For": forwarded}).status == 401


def test_while_the_database_is_gone_what_was_counted_is_told_all_the_same(
    eight: Path, tmp_path: Path
) -> None:
    instance = shutil.copytree(eight, tmp_path / "instance")
    with served(instance, 1) as server:
        assert server.get("/items/3").status == 200
        (instance / "hashbag.db").rename(instance / "elsewhere.db")
        assert server.get("/items/4").status == 503
        now = told(server)
        assert now("hashbag_up", part="catalogue") == 0
        assert now("hashbag_up", part="index") == 1
        assert not now.has("hashbag_items")
        assert now("hashbag_errors_total", status="503") == 1
        (instance / "elsewhere.db").rename(instance / "hashbag.db")
        assert told(server)("hashbag_up", part="catalogue") == 1


def test_all_that_is_exposed_is_described_and_what_visitors_write_names_nothing(
    server: Server,
) -> None:
    odd = ("/nowhere-secret", "/items/by/secret/secret", "/?text=secret", "/help/secret")
    for target in odd:
        server.get(target)
    server.send("SECRET", "/", {})
    answer = server.get("/metrics")
    assert "secret" not in answer.text.lower()
    described = {one.name.removesuffix("_total"): one for one in DESCRIBED}
    for family in Told(answer.text).families:
        one = described[family.name]
        assert (family.type, family.documentation) == (one.sort, one.told)
        for sample in family.samples:
            assert set(sample.labels) - {"le"} == set(one.labels)


def test_each_metric_is_described_once_and_named_as_prometheus_wants() -> None:
    names = [one.name for one in DESCRIBED]
    assert len(set(names)) == len(names)
    for one in DESCRIBED:
        assert re.fullmatch(r"hashbag_[a-z_]+", one.name)
        assert one.name.endswith("_total") == (one.sort == "counter")
        assert one.told.endswith(".")


def test_a_filled_application_alone_tells_it_too(filled: Flask, client: FlaskClient) -> None:
    assert client.get("/readyz").status_code == 200
    now = Told(client.get("/metrics").get_data(as_text=True))
    assert now("hashbag_items") == 60
    assert now("hashbag_build_info", engine="annoy") == 1
    assert filled.test_client().get("/metrics").headers["Cache-Control"] == "no-store"


def names_in(text: str) -> set[str]:
    return set(re.findall(r"hashbag_[a-z_]+", text))


def test_each_expression_of_the_dashboard_and_of_the_alerts_is_about_what_is_exposed(
    server: Server,
) -> None:
    server.get("/nowhere")
    server.get("/api/v1/items/3/similar?by=whash")
    server.post_picture("/search", encoded(bag(2), "PNG"))
    exposed = {name for name, _ in told(server).samples}
    # Nothing of these happened here; their names are as they are described.
    exposed |= {"hashbag_background_runs_total", *LAST_IMPORT}
    assert exposed >= {one.name for one in DESCRIBED if one.sort != "histogram"}
    drawn = json.loads(server.get("/help/metrics.json").text)
    used: set[str] = set()
    for panel in drawn["panels"]:
        for target in panel["targets"]:
            assert names_in(target["expr"]), target
            used |= names_in(target["expr"])
            for label in re.findall(r"{{(\w+)}}", target["legendFormat"]):
                assert label in labels_of(target["expr"]), target
    page = unescape(server.get("/help/metrics").text)
    rules = page[page.index('id="alerts"') : page.index("All that is counted")]
    assert used | names_in(rules) <= exposed


LAST_IMPORT = {one.name for one in DESCRIBED if one.name.startswith("hashbag_last_import_")}


def labels_of(expression: str) -> set[str]:
    """Return the labels that what an expression is about has."""
    found: set[str] = set()
    for one in DESCRIBED:
        if any(name.startswith(one.name) for name in names_in(expression)):
            found |= set(one.labels)
    return found


def test_panels_of_the_dashboard_do_not_lie_over_each_other(client: FlaskClient) -> None:
    answer = client.get("/help/metrics.json")
    assert "attachment" in answer.headers["Content-Disposition"]
    taken: set[tuple[int, int]] = set()
    for panel in answer.get_json()["panels"]:
        at = panel["gridPos"]
        rows, columns = range(at["y"], at["y"] + at["h"]), range(at["x"], at["x"] + at["w"])
        cells = {(row, column) for row in rows for column in columns}
        assert not cells & taken
        assert max(column for _, column in cells) < 24
        taken |= cells


def test_help_explains_each_metric_and_how_it_is_asked_for(client: FlaskClient) -> None:
    page = unescape(client.get("/help/metrics").get_data(as_text=True))
    for one in DESCRIBED:
        assert f"<dt><code>{one.name}</code></dt><dd>{one.told}" in page
    assert 'href="/help/metrics.json"' in page
    assert "metrics_path: /metrics" in page
