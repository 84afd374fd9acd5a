"""A Milvus server of the tests' own, that nobody but this machine reaches.

Milvus 2.3 listens on all interfaces, without a password. So it runs in a network namespace of its
own, where its ports meet no other's either, and this process passes on what comes to one port of
the loopback interface.

As a program: `python -m tests.milvus_server FOLDER PORT` says "ready" when the port is open, and
ends with its standard input. Lines "stop", "kill" and "start" are obeyed, and answered when done.
"""

import ctypes
import fcntl
import os
import socket
import struct
import sys
import threading
from pathlib import Path

from milvus import MilvusServer

_NEW_USER, _NEW_NETWORK = 0x10000000, 0x40000000
_SET_FLAGS, _UP_AND_RUNNING = 0x8914, 0x41
_CHUNK_BYTES = 1 << 16
# Started again, it waits so many seconds for the one before, which may only be slow.
_SETTINGS = {"log.level": "warn", "common.session.ttl": 5, "authorization_enabled": True}


def enter_namespace() -> None:
    """Give this process a network of its own, with nothing but a loopback interface.

    Raises:
        OSError: the system does not let us.
    """
    flags, user, group = _NEW_NETWORK, os.getuid(), os.getgid()
    if user != 0:
        flags |= _NEW_USER
    if ctypes.CDLL(None, use_errno=True).unshare(flags) != 0:
        raise OSError(ctypes.get_errno(), "no network namespace can be made here")
    if user != 0:  # the same numbers inside, so that files are ours
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
        Path("/proc/self/gid_map").write_text(f"{group} {group} 1")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        request = struct.pack("16sh22x", b"lo", _UP_AND_RUNNING)
        fcntl.ioctl(any_socket, _SET_FLAGS, request)


def pass_on(listening: socket.socket, server: MilvusServer) -> None:
    """Connect whoever comes with Milvus; while it is down, the connection ends at once."""
    while True:
        outer, _ = listening.accept()
        try:
            # Started again, it takes the next port: the one before is not free for a while.
            inner = socket.create_connection(("127.0.0.1", server.listen_port))
        except OSError:
            outer.close()
            continue
        for one, other in ((outer, inner), (inner, outer)):
            threading.Thread(target=_copy, args=(one, other), daemon=True).start()


def _copy(one: socket.socket, other: socket.socket) -> None:
    try:
        while data := one.recv(_CHUNK_BYTES):
            other.sendall(data)
    except OSError:
        pass  # one of the two is gone, and so is the other now
    for end in (one, other):
        try:
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            continue


def main(folder: str, port: str) -> None:
    """Run a server until the standard input ends."""
    with socket.create_server(("127.0.0.1", int(port))) as listening:  # still outside
        enter_namespace()
        server = MilvusServer()
        server.set_base_dir(folder)
        for name, value in _SETTINGS.items():
            server.config.set(name, value)
        try:
            server.start()
            threading.Thread(target=pass_on, args=(listening, server), daemon=True).start()
            sys.stdout.write("ready\n")
            sys.stdout.flush()
            for line in sys.stdin:
                _obey(server, line.strip())
                sys.stdout.write("done\n")
                sys.stdout.flush()
        finally:
            server.stop()


def _obey(server: MilvusServer, word: str) -> None:
    if word == "kill":
        server.server_proc.kill()
        server.server_proc.wait()
    if word in {"stop", "kill"}:
        server.stop()
    else:
        server.start()


if __name__ == "__main__":
    main(*sys.argv[1:])
