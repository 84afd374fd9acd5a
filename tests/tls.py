"""A port that speaks TLS before a server that does not."""

import asyncio
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.nginx import make_certificate

_CHUNK_BYTES = 1 << 16


@contextmanager
def behind_tls(folder: Path, host: str, port: int) -> Iterator[int]:
    """Pass on to a server what comes to a port by TLS; the certificate is `fullchain.pem`."""
    make_certificate(folder, "localhost", "IP:127.0.0.1")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(folder / "fullchain.pem", folder / "privkey.pem")
    context.set_alpn_protocols(["h2"])
    loop = asyncio.new_event_loop()

    async def pass_on(outer: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        inner, forth = await asyncio.open_connection(host, port)
        await asyncio.gather(_copy(outer, forth), _copy(inner, back))

    async def listen() -> asyncio.Server:
        return await asyncio.start_server(pass_on, "127.0.0.1", 0, ssl=context)

    server = loop.run_until_complete(listen())
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        server.close()
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.run_until_complete(asyncio.sleep(0))
        loop.close()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(_CHUNK_BYTES):
            writer.write(data)
            await writer.drain()
    finally:
        writer.close()
