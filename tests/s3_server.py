"""A server that speaks S3, in a process of its own, on a port of its own."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest

from tests.serving import eventually, free_port, suspend

BUCKET, REGION = "bags", "eu-central-1"
KEY_ID, SECRET = "shopkeeper-s-key", "n0b0dy-reads-this"


@dataclass
class S3Server:
    """A server that can be stopped and started; what it holds is gone then."""

    port: int
    log: Path
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        """What a client of it has in its environment."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": KEY_ID,
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def start(self) -> None:
        """Start it, and make the bucket."""
        command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(self.port)]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log)
        eventually(self._answers, "the S3 server answered")
        self.make_bucket(BUCKET)

    def stop(self) -> None:
        """End it, as a power cut would."""
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None

    def pause(self) -> None:
        """Let it take connections and answer nothing."""
        assert self.process
        suspend(self.process)

    def go_on(self) -> None:
        """Let it answer again."""
        assert self.process
        self.process.send_signal(signal.SIGCONT)

    def objects(self, prefix: str = "") -> dict[str, int]:
        """List what is in the bucket, with sizes."""
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=prefix)
        return {one["Key"]: one["Size"] for page in pages for one in page.get("Contents", ())}

    def put(self, key: str, data: bytes) -> None:
        """Write an object behind everybody's back."""
        self.client.put_object(Bucket=BUCKET, Key=key, Body=data)

    def remove(self, key: str) -> None:
        """Remove an object behind everybody's back."""
        self.client.delete_object(Bucket=BUCKET, Key=key)

    def make_bucket(self, name: str) -> None:
        """Make an empty bucket."""
        where = {"LocationConstraint": REGION}
        self.client.create_bucket(Bucket=name, CreateBucketConfiguration=where)

    @cached_property
    def client(self) -> Any:
        """A client that is not ours: to make one takes long."""
        from botocore.session import Session  # noqa: PLC0415 - an extra

        return Session().create_client(
            "s3",
            endpoint_url=self.url,
            aws_access_key_id=KEY_ID,
            aws_secret_access_key=SECRET,
            region_name=REGION,
        )

    def _answers(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port)).close()
        except ConnectionRefusedError:
            return False
        return True


@pytest.fixture(scope="session")
def running_s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """Run a server for all tests of a worker; continuous integration must have it."""
    try:
        import moto.server  # noqa: F401, PLC0415 - only to see whether it is there
        import s3fs  # noqa: F401, PLC0415
    except ImportError as error:
        missing = f"there is no S3 server: what needs it was not tried ({error})"
        if os.environ.get("CI") == "true":
            pytest.fail(missing)
        pytest.skip(missing)
    server = S3Server(free_port(), tmp_path_factory.mktemp("s3") / "log")
    server.start()
    yield server
    server.client.close()
    server.stop()


def become_client(patch: pytest.MonkeyPatch, environment: Mapping[str, str]) -> None:
    """Have this process ask another server, or as another client, from now on."""
    from s3fs import S3FileSystem  # noqa: PLC0415 - an extra

    for name, value in environment.items():
        patch.setenv(name, value)
    S3FileSystem.clear_instance_cache()


@pytest.fixture
def s3(running_s3: S3Server, monkeypatch: pytest.MonkeyPatch) -> S3Server:
    """Have this process be a client of a server that speaks S3."""
    become_client(monkeypatch, running_s3.environment)
    return running_s3
