"""Where photos are kept: what a folder and a store that speaks S3 both promise."""

import pickle
import threading
from collections.abc import Callable
from functools import partial
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.s3_server import BUCKET, KEY_ID, SECRET, S3Server, become_client
from tests.serving import free_port
from webapp.exceptions import StorageUnreachable
from webapp.storage import Storage
from webapp.storage.local import LocalStorage
from webapp.storage.s3 import S3Storage

pytestmark = pytest.mark.thorough

KINDS = ("folder", "s3", "s3 without a prefix")


@pytest.fixture(params=KINDS)
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    """Have each kind of storage, empty."""
    if request.param == "folder":
        return LocalStorage(tmp_path)
    server: S3Server = request.getfixturevalue("s3")
    name = sha256(str(tmp_path).encode()).hexdigest()[:12]
    if request.param == "s3":
        return S3Storage(BUCKET, f"shop/{name}")
    server.make_bucket(name)
    return S3Storage(name, "")


def key(content: bytes, folder: str = "originals", ending: str = ".jpg") -> str:
    digest = sha256(content).hexdigest()
    return f"{folder}/{digest[:2]}/{digest}{ending}"


def test_what_was_written_is_read(storage: Storage) -> None:
    for content in (b"", b"a bag", bytes(range(256)) * 4000):
        storage.write(key(content), content)
        assert storage.read(key(content)) == content
        assert storage.size(key(content)) == len(content)


def test_a_file_of_this_machine_is_sent_and_fetched_whole(storage: Storage, tmp_path: Path) -> None:
    content = bytes(range(256)) * 40_000
    sent, fetched = tmp_path / "sent", tmp_path / "fetched"
    sent.write_bytes(content)
    storage.upload(key(content), sent)
    assert storage.size(key(content)) == len(content)
    storage.download(key(content), fetched)
    assert fetched.read_bytes() == content
    with pytest.raises(FileNotFoundError):
        storage.download(key(b"no bag"), fetched)


def test_what_is_opened_for_a_visitor_is_the_whole_file(storage: Storage) -> None:
    storage.write(key(b"a bag"), b"a bag")
    opened = storage.opened(key(b"a bag"))
    assert (opened.read_bytes() if isinstance(opened, Path) else opened.getvalue()) == b"a bag"


def test_what_is_not_there_is_said_to_be_missing(storage: Storage) -> None:
    assert storage.size(key(b"no bag")) is None
    for ask in (storage.read, storage.opened):
        with pytest.raises(FileNotFoundError):
            ask(key(b"no bag"))


def test_a_folder_of_files_is_no_file(storage: Storage) -> None:
    storage.write(key(b"a bag"), b"a bag")
    folder = key(b"a bag").rpartition("/")[0]
    assert storage.size(folder) is None
    with pytest.raises(FileNotFoundError):
        storage.opened(folder)


def test_what_is_written_again_is_what_was_written_last(storage: Storage) -> None:
    storage.write("thumbs/ab/cut-192.webp", b"cut")
    storage.write("thumbs/ab/cut-192.webp", b"whole now")
    assert storage.read("thumbs/ab/cut-192.webp") == b"whole now"


def test_removed_is_gone_and_removing_twice_is_no_fault(storage: Storage) -> None:
    gone, stays = key(b"goes"), key(b"stays")
    storage.write(gone, b"goes")
    storage.write(stays, b"stays")
    for _ in range(2):
        storage.delete([gone, key(b"never was")])
        assert storage.size(gone) is None
    assert storage.read(stays) == b"stays"
    storage.delete([])


def test_all_keys_of_a_folder_are_listed_and_no_others(storage: Storage) -> None:
    contents = [b"%d" % number for number in range(40)]
    for content in contents:
        storage.write(key(content), content, flushed=False)
    storage.write(key(b"small", "thumbs", "-192.webp"), b"small")
    assert sorted(storage.keys("originals")) == sorted(map(key, contents))
    assert list(storage.keys("thumbs")) == [key(b"small", "thumbs", "-192.webp")]
    assert list(storage.keys("nothing")) == []


@pytest.mark.slow
def test_many_are_listed_and_removed_over_several_requests(s3: S3Server) -> None:
    storage = S3Storage(BUCKET, "many")
    names = {f"thumbs/ab/{number}" for number in range(1001)}
    for name in names:
        s3.put(f"many/{name}", b"x")
    assert set(storage.keys("thumbs")) == names
    storage.delete(names)
    assert s3.objects("many/") == {}


def test_what_was_written_unflushed_can_be_flushed(storage: Storage) -> None:
    storage.write(key(b"a bag"), b"a bag", flushed=False)
    storage.flush_names(storage.flush([key(b"a bag"), key(b"never was")]))
    assert storage.read(key(b"a bag")) == b"a bag"
    assert storage.unfinished("originals") == []


def test_readers_see_a_file_whole_while_it_is_written_again_and_again(storage: Storage) -> None:
    versions = [bytes([letter]) * 200_000 for letter in b"ab"]
    storage.write("thumbs/ab/one", versions[0])
    stop = threading.Event()

    def write() -> None:
        while not stop.is_set():
            for version in versions:
                storage.write("thumbs/ab/one", version, flushed=False)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        assert all(storage.read("thumbs/ab/one") in versions for _ in range(50))
    finally:
        stop.set()
        writer.join()


def test_a_worker_process_gets_a_storage_that_does_the_same(storage: Storage) -> None:
    storage.write(key(b"a bag"), b"a bag")
    assert pickle.loads(pickle.dumps(storage)).read(key(b"a bag")) == b"a bag"


EVERY_CALL: dict[str, Callable[[Storage], object]] = {
    "read": lambda one: one.read("originals/ab/x"),
    "open": lambda one: one.opened("originals/ab/x"),
    "write": lambda one: one.write("originals/ab/x", b"x"),
    "size": lambda one: one.size("originals/ab/x"),
    "delete": lambda one: one.delete(["originals/ab/x"]),
    "list": lambda one: list(one.keys("originals")),
}


@pytest.mark.parametrize("call", EVERY_CALL)
@pytest.mark.parametrize("nobody", ["http://127.0.0.1:{port}", "http://{key}:{secret}@no host"])
def test_a_store_that_does_not_answer_is_said_to_be_unreachable_without_a_secret(
    nobody: str, call: str, s3: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint = nobody.format(port=free_port(), key=KEY_ID, secret=SECRET)
    become_client(monkeypatch, s3.environment | {"AWS_ENDPOINT_URL": endpoint})
    with pytest.raises(StorageUnreachable, match="does not answer: try again") as told:
        EVERY_CALL[call](S3Storage(BUCKET, ""))
    assert SECRET not in told.value.for_owner
    assert KEY_ID not in told.value.for_owner


class CutOff(BaseHTTPRequestHandler):
    """A store whose machine loses its power: of each object only the beginning comes."""

    def do_HEAD(self) -> None:
        self._begin()

    def do_GET(self) -> None:
        self._begin()
        self.wfile.write(b"beginning")
        self.close_connection = True

    def _begin(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "100000")
        self.send_header("ETag", '"x"')
        self.send_header("Last-Modified", "Thu, 01 Jan 2026 00:00:00 GMT")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        del format, args


@pytest.mark.parametrize("call", ["read", "download"])
def test_an_object_that_is_cut_off_on_its_way_is_no_object(
    call: str, s3: S3Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), CutOff) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        endpoint = f"http://127.0.0.1:{server.server_port}"
        become_client(monkeypatch, s3.environment | {"AWS_ENDPOINT_URL": endpoint})
        storage = S3Storage(BUCKET, "")
        calls: dict[str, Callable[[], object]] = {
            "read": partial(storage.read, "originals/ab/x"),
            "download": partial(storage.download, "originals/ab/x", tmp_path / "x"),
        }
        with pytest.raises(StorageUnreachable):
            calls[call]()
        server.shutdown()


@pytest.mark.parametrize("call", ["read", "write", "delete", "list"])
@pytest.mark.usefixtures("s3")
def test_a_bucket_that_is_not_there_is_no_missing_photo(call: str) -> None:
    with pytest.raises(StorageUnreachable):
        EVERY_CALL[call](S3Storage("no-such-bucket", ""))
