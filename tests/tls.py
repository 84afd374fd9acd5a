"""A port that speaks TLS before a server that does not, in a process of its own.

As a program: `python -m tests.tls FOLDER PORT` writes its own port, and ends when it is told to.
"""

import asyncio
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from tests.nginx import make_certificate

_CHUNK_BYTES = 1 << 16


@contextmanager
def behind_tls(folder: Path, port: int) -> Iterator[int]:
    """Pass on to a port what comes to another by TLS; the certificate is `fullchain.pem`."""
    make_certificate(folder, "localhost", "IP:127.0.0.1")
    command = [sys.executable, "-m", "tests.tls", str(folder), str(port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            yield int(process.stdout.readline())
        finally:
            process.terminate()


async def listen(folder: Path, port: int) -> None:
    """Listen until the process ends."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(folder / "fullchain.pem", folder / "privkey.pem")
    context.set_alpn_protocols(["h2"])
    server = await asyncio.start_server(partial(_pass_on, port), "127.0.0.1", 0, ssl=context)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


async def _pass_on(port: int, outer: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
    inner, forth = await asyncio.open_connection("127.0.0.1", port)
    await asyncio.gather(_copy(outer, forth), _copy(inner, back))


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(_CHUNK_BYTES):
            writer.write(data)
            await writer.drain()
    finally:
        writer.close()


if __name__ == "__main__":
    asyncio.run(listen(Path(sys.argv[1]), int(sys.argv[2])))
