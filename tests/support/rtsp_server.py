"""An RTSP server for tests, with GStreamer: run it with Debian's own Python, which has python3-gi.

    /usr/bin/python3 rtsp_server.py PORT WIDTHxHEIGHT COLOR        serves rtsp://127.0.0.1:PORT/camera, H.264

PORT 0 takes a free one. Prints the port when it listens.
"""

import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer  # noqa: E402 - the versions come first

PIPELINE = (
    "( videotestsrc is-live=true pattern={color} ! video/x-raw,width={width},height={height},framerate=15/1 "
    "! x264enc tune=zerolatency speed-preset=ultrafast key-int-max=15 ! rtph264pay name=pay0 pt=96 )"
)


def main(port: str, size: str, color: str) -> None:
    Gst.init(None)
    width, height = size.split("x")
    factory = GstRtspServer.RTSPMediaFactory()
    factory.set_launch(PIPELINE.format(color=color, width=width, height=height))
    factory.set_shared(True)
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service(port)
    server.get_mount_points().add_factory("/camera", factory)
    if not server.attach(None):
        sys.exit(f"cannot listen on port {port}")
    print(server.get_bound_port(), flush=True)
    GLib.MainLoop().run()


if __name__ == "__main__":
    main(*sys.argv[1:])
