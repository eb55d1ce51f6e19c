"""Many clients of the stream on one centre: what the centre takes of a processor, and the bytes that each gets."""

import asyncio
import time
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from bench.load.service import cpu_s
from bench.page_load.process import Town
from signal_ctrl.domain.errors import BackendError

JOIN_S: Final = 0.1
SETTLE_S: Final = 5.0
_CHUNK: Final = 65_536


@dataclass(slots=True)
class Client:
    """One client: how many bytes came, and whether it is still there."""

    token: str
    received: int = 0
    ended: str = ""

    async def listen(self, host: str, port: int) -> None:
        """Read the stream, as a browser asks for it, until it ends."""
        reader, writer = await asyncio.open_connection(host, port)
        head = f"GET /v1/stream?differences=1 HTTP/1.1\r\nHost: {host}:{port}\r\nAuthorization: Bearer {self.token}\r\n"
        writer.write(f"{head}Accept-Encoding: gzip, deflate, br\r\n\r\n".encode())
        try:
            while data := await reader.read(_CHUNK):
                if not self.received and not data.startswith(b"HTTP/1.1 200"):
                    self.ended = data.partition(b"\r\n")[0].decode("latin-1")
                self.received += len(data)
            self.ended = self.ended or "the stream ended"
        finally:
            writer.close()


def listened_to(town: Town, lasts_s: float) -> dict[str, float]:
    """Let all clients of a town listen, and return the centre's share of one core and the bytes a second of each. [s]

    Raises: BackendError if a stream ends before.
    """
    return asyncio.run(_listened_to(town, lasts_s))


async def _listened_to(town: Town, lasts_s: float) -> dict[str, float]:
    where = urlsplit(town.address)
    clients = [Client(token) for token in town.tokens]
    tasks = []
    for client in clients:
        tasks.append(asyncio.create_task(client.listen(where.hostname or "", where.port or 0)))
        await asyncio.sleep(JOIN_S)
    await asyncio.sleep(SETTLE_S)
    before_s, begun_s, before = cpu_s(town.pid), time.monotonic(), [client.received for client in clients]
    await asyncio.sleep(lasts_s)
    took_s = time.monotonic() - begun_s
    core = (cpu_s(town.pid) - before_s) / took_s
    rates = sorted((client.received - was) / took_s for client, was in zip(clients, before, strict=True))
    ended = next((client.ended for client in clients if client.ended), "")
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    if ended:
        raise BackendError(f"a stream ended while it was measured: {ended}")
    return {"core": round(core, 4), "bytes_per_s": round(rates[-1], 1) if rates else 0.0}
