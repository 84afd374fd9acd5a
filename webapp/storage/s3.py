"""Files as objects of a store that speaks S3: Amazon's, MinIO, Ceph and others.

Where the store is and who asks is said as to all its clients: by `AWS_ENDPOINT_URL`, `AWS_REGION`,
`AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, by their file, or by the machine's own role.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from errno import ENOENT
from io import BytesIO
from itertools import islice
from mimetypes import guess_type
from pathlib import Path
from typing import Any

from webapp.exceptions import ConfigError, StorageUnreachable

_CONNECT_SECONDS = 3
_READ_SECONDS = 5
_TRIES = 2  # a connection that was kept open may have been closed meanwhile
_KEYS_AT_ONCE = 1000  # the most that S3 removes by one request
_YEAR_SECONDS = 365 * 24 * 3600
_IN_AN_ADDRESS = re.compile(r"//[^/@\s]*@")


@dataclass(frozen=True, slots=True)
class S3Storage:
    """A bucket, and what the names of all objects in it begin with; `prefix` may be empty."""

    bucket: str
    prefix: str

    @property
    def place(self) -> str:
        """The address of the bucket."""
        return f"s3://{self.bucket}/{self.prefix}".rstrip("/")

    def read(self, key: str) -> bytes:
        """Return an object's content."""
        with self._reached(key) as client:
            content: bytes = client.cat_file(f"{self.bucket}/{self._name(key)}")
            return content

    def opened(self, key: str) -> BytesIO:
        """Return an object's content, as a file."""
        return BytesIO(self.read(key))

    def write(self, key: str, data: bytes, *, flushed: bool = True) -> None:  # noqa: ARG002
        """Write an object by one request: when that is answered, it is kept."""
        self._call(
            "put_object",
            key,
            Body=data,
            ContentType=guess_type(key)[0] or "application/octet-stream",
            CacheControl=f"public, max-age={_YEAR_SECONDS}, immutable",
        )

    def upload(self, key: str, path: Path) -> None:
        """Send a file, a large one in parts; the object is there once the last of them is."""
        with self._reached(key) as client:
            client.put_file(str(path), f"{self.bucket}/{self._name(key)}")

    def download(self, key: str, path: Path) -> None:
        """Write an object's content to a file as it comes."""
        with self._reached(key) as client:
            client.get_file(f"{self.bucket}/{self._name(key)}", str(path))

    def size(self, key: str) -> int | None:
        """Ask for an object's head."""
        try:
            return int(self._call("head_object", key)["ContentLength"])
        except FileNotFoundError:
            return None

    def delete(self, keys: Iterable[str]) -> None:
        """Remove up to a thousand objects by each request."""
        remaining = iter(keys)
        while some := list(islice(remaining, _KEYS_AT_ONCE)):
            names = [{"Key": self._name(key)} for key in some]
            told = self._call("delete_objects", Delete={"Objects": names, "Quiet": True})
            if refused := told.get("Errors"):
                raise _unreachable(f"{len(refused)} not removed: {refused[0].get('Code')}")

    def keys(self, folder: str) -> Iterator[str]:
        """Yield the objects of a folder, a page of a thousand in memory at a time."""
        more: dict[str, str] = {}
        while True:
            page = self._call("list_objects_v2", Prefix=self._name(f"{folder}/"), **more)
            for one in page.get("Contents", ()):
                yield str(one["Key"])[len(self._name("")) :]
            if not page.get("IsTruncated"):
                return
            more = {"ContinuationToken": str(page["NextContinuationToken"])}

    def flush(self, keys: Iterable[str]) -> set[str]:  # noqa: ARG002
        """Return at once: what was written is kept."""
        return set()

    def flush_names(self, folders: Collection[str]) -> None:
        """Return at once: what was written is kept."""

    def unfinished(self, folder: str) -> list[str]:  # noqa: ARG002
        """Return nothing: an object is there whole or not at all."""
        return []

    def free_bytes(self) -> None:
        """Return None: a store grows."""

    def bytes_in(self, folder: str) -> None:
        """Return None: all objects would have to be listed."""

    def _name(self, key: str) -> str:
        return f"{self.prefix}/{key}" if self.prefix else key

    def _call(self, method: str, key: str = "", **more: object) -> Mapping[str, Any]:
        which = {"Key": self._name(key)} if key else {}
        with self._reached(key) as client:
            answer: Mapping[str, Any] = client.call_s3(method, Bucket=self.bucket, **which, **more)
            return answer

    @contextmanager
    def _reached(self, key: str) -> Iterator[Any]:
        """Give a client; tell an object that is not there from a store that does not answer.

        Raises:
            FileNotFoundError: there is no such object.
            StorageUnreachable: all else that went wrong; what is said of it holds no secrets.
        """
        from aiohttp import ClientError as CutOff  # noqa: PLC0415 - an extra
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - an extra

        try:
            yield _client()
        except FileNotFoundError as error:
            if _code(error) == "NoSuchBucket":
                raise _unreachable(f"there is no bucket {self.bucket}") from None
            raise FileNotFoundError(ENOENT, "there is no such object", key) from None
        # Their causes may hold whole requests, which are nothing for a log. A ValueError says that
        # the endpoint is no address.
        except (BotoCoreError, ClientError, CutOff, OSError, ValueError) as error:
            raise _unreachable(error) from None


def _client() -> Any:
    """Return the client of this process, made at its first call."""
    from s3fs import S3FileSystem  # noqa: PLC0415 - an extra

    client = S3FileSystem(
        use_listings_cache=False,
        config_kwargs={
            "connect_timeout": _CONNECT_SECONDS,
            "read_timeout": _READ_SECONDS,
            "retries": {"total_max_attempts": _TRIES, "mode": "standard"},
            # Stores other than Amazon's may not know the newer kinds of checksum.
            "request_checksum_calculation": "when_required",
            "response_checksum_validation": "when_required",
        },
    )
    client.retries = 1  # those above are enough
    return client


def require_library() -> None:
    """Make sure that the extra is installed.

    Raises:
        ConfigError: it is not.
    """
    try:
        import s3fs  # noqa: F401, PLC0415 - an extra
    except ImportError as error:
        raise ConfigError(
            "HASHBAG_PHOTOS names a store that speaks S3, and the library for it is not installed: "
            "pip install 'hashbag[s3]'"
        ) from error


def _code(error: OSError) -> str:
    response = getattr(error.__cause__, "response", None) or {}
    return str(response.get("Error", {}).get("Code", ""))


def _unreachable(reason: object) -> StorageUnreachable:
    told = f"{type(reason).__name__}: {reason}" if isinstance(reason, Exception) else str(reason)
    return StorageUnreachable(
        "the store of photos does not answer: try again in a moment",
        private=_IN_AN_ADDRESS.sub("//", told),
    )
