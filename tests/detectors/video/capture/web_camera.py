"""A camera on the loopback: sends motion JPEG over HTTP, and hangs up, falls silent or refuses as it is told."""

import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from tests.detectors.video.capture.films import _jpeg, frames

END = b"--frame\r\n"


@dataclass
class WebCamera:
    """What each connection does, in turn, the last one again and again: how many pictures it sends before it hangs up;
    after `silent`, it sends nothing and keeps the line."""

    connections: list[int]
    pause_s: float = 0.02
    silent: bool = False
    sizes: tuple[tuple[int, int], ...] = ((64, 48),)
    address: str = ""
    calls: int = 0
    closing: threading.Event = field(default_factory=threading.Event)


def _handler(camera: WebCamera) -> type[http.server.BaseHTTPRequestHandler]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            count = camera.connections[min(camera.calls, len(camera.connections) - 1)]
            camera.calls += 1
            if count < 0:
                self.send_error(503)
                return
            self.send_response(200)
            self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
            self.end_headers()
            with suppress(BrokenPipeError, ConnectionResetError):
                self._send(count)

        def _send(self, count: int) -> None:
            for frame in frames(count, *camera.sizes[(camera.calls - 1) % len(camera.sizes)]):
                data = _jpeg(frame)
                head = f"Content-Type: image/jpeg\r\nContent-Length: {len(data)}\r\n\r\n".encode()
                self.wfile.write(END + head + data + b"\r\n")
                if camera.closing.wait(camera.pause_s):
                    return
            if camera.silent:
                camera.closing.wait(30.0)

        def log_message(self, *_: object) -> None:
            pass

    return Handler


@contextmanager
def web_camera(camera: WebCamera) -> Iterator[WebCamera]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _handler(camera))
    server.daemon_threads = True
    camera.address = f"http://127.0.0.1:{server.server_port}/stream.mjpg"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield camera
    finally:
        camera.closing.set()
        server.shutdown()
        thread.join()
        server.server_close()
