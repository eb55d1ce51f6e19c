"""The event loop of the server: uvloop, with less patience for those who never finish a TLS handshake."""

from typing import Any, Final

import uvloop

HANDSHAKE_S: Final = 5.0


class PatientLoop(uvloop.Loop):
    """A loop whose servers give a TLS handshake 5 s instead of a minute."""

    async def create_server(self, *args: Any, **more: Any) -> Any:
        """Make a server."""
        if more.get("ssl") is not None:
            more.setdefault("ssl_handshake_timeout", HANDSHAKE_S)
        return await super().create_server(*args, **more)
