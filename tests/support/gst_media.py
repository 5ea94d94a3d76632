"""A foreign WHIP publisher and WHEP player: GStreamer's webrtcbin. Run by the system's Python, which has `gi`.

`gst_media.py whip|whep URL TOKEN CODEC`. Writes lines of JSON: what was negotiated, then what is seen and heard; ends
with DELETE when its standard input closes.
"""

import json
import sys
import threading
import urllib.request
from typing import Any
from urllib.parse import urljoin

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstWebRTC", "1.0")
gi.require_version("GstSdp", "1.0")
gi.require_version("Nice", "0.1")
from gi.repository import GLib, Gst, GstSdp, GstWebRTC, Nice  # noqa: E402

PUBLISHED = {
    "VP8": "vp8enc deadline=1 keyframe-max-dist=10 ! rtpvp8pay picture-id-mode=15-bit",
    "H264": "x264enc tune=zerolatency speed-preset=ultrafast key-int-max=10 ! video/x-h264,profile=constrained-baseline"
    " ! rtph264pay config-interval=-1 aggregate-mode=zero-latency",
}
WATCHED = {
    "VP8": "rtpvp8depay ! vp8dec",
    "H264": "rtph264depay ! h264parse ! avdec_h264",
}


def tell(**facts: object) -> None:
    sys.stdout.write(json.dumps(facts) + "\n")
    sys.stdout.flush()


class Session:
    def __init__(self, url: str, token: str, codec: str) -> None:
        self.url, self.token, self.codec = url, token, codec
        self.address = ""
        self.loop = GLib.MainLoop()
        self.pipeline = Gst.Pipeline()
        self.has_offered = False

    def request(self, method: str, url: str, body: str | None = None) -> Any:
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/sdp"}
        request = urllib.request.Request(url, data=body.encode() if body else None, method=method, headers=headers)
        return urllib.request.urlopen(request, timeout=20)  # noqa: S310

    def publish(self) -> None:
        self.pipeline = Gst.parse_launch(
            "webrtcbin name=peer bundle-policy=max-bundle "
            "videotestsrc is-live=true pattern=white ! video/x-raw,width=320,height=180,framerate=10/1 ! "
            f"videoconvert ! {PUBLISHED[self.codec]} ! "
            f"application/x-rtp,media=video,encoding-name={self.codec},payload=96 ! peer. "
            "audiotestsrc is-live=true freq=440 volume=0.5 ! audioconvert ! audioresample ! opusenc ! rtpopuspay ! "
            "application/x-rtp,media=audio,encoding-name=OPUS,payload=97 ! peer."
        )
        self.begin(self.pipeline.get_by_name("peer"))

    def watch(self) -> None:
        peer = Gst.ElementFactory.make("webrtcbin", "peer")
        peer.set_property("bundle-policy", "max-bundle")
        self.pipeline.add(peer)
        receive = GstWebRTC.WebRTCRTPTransceiverDirection.RECVONLY
        video = f"application/x-rtp,media=video,encoding-name={self.codec},payload=96,clock-rate=90000"
        if self.codec == "H264":
            video += ",packetization-mode=(string)1,profile-level-id=(string)42e01f"
        audio = "application/x-rtp,media=audio,encoding-name=OPUS,payload=97,clock-rate=48000,encoding-params=(string)2"
        for caps in (video, audio):
            peer.emit("add-transceiver", receive, Gst.Caps.from_string(caps))
        peer.connect("pad-added", self.show)
        self.begin(peer)

    def begin(self, peer: Any) -> None:
        # left to itself it passes over the loopback interface
        here = Nice.Address.new()
        here.set_from_string("127.0.0.1")
        # kept: what Python lets go of is gone for the element, too
        self.ice = peer.get_property("ice-agent")
        self.ice.get_property("agent").add_local_address(here)
        peer.connect("on-negotiation-needed", self.offer)
        peer.connect("notify::ice-gathering-state", self.gathered)
        peer.connect(
            "notify::connection-state", lambda *_: tell(state=peer.get_property("connection-state").value_nick)
        )
        self.pipeline.set_state(Gst.State.PLAYING)
        threading.Thread(target=self.wait_for_end, daemon=True).start()
        self.loop.run()
        self.pipeline.set_state(Gst.State.NULL)

    def offer(self, peer: Any) -> None:
        def made(promise: Any, *_: object) -> None:
            promise.wait()
            # held by name: the description lives only as long as the reply does
            reply = promise.get_reply()
            offer = reply.get_value("offer")
            local = Gst.Promise.new()
            peer.emit("set-local-description", offer, local)
            local.interrupt()

        peer.emit("create-offer", None, Gst.Promise.new_with_change_func(made, None, None))

    def gathered(self, peer: Any, _: object) -> None:
        is_complete = peer.get_property("ice-gathering-state") == GstWebRTC.WebRTCICEGatheringState.COMPLETE
        if is_complete and not self.has_offered:
            self.has_offered = True
            GLib.idle_add(self.negotiate, peer)

    def negotiate(self, peer: Any) -> bool:
        sdp = peer.get_property("local-description").sdp.as_text()
        with self.request("POST", self.url, sdp) as answer:
            self.address = urljoin(self.url, answer.headers["Location"])
            tell(status=answer.status, tag=answer.headers["ETag"])
            _, message = GstSdp.SDPMessage.new_from_text(answer.read().decode())
        description = GstWebRTC.WebRTCSessionDescription.new(GstWebRTC.WebRTCSDPType.ANSWER, message)
        peer.emit("set-remote-description", description, Gst.Promise.new())
        return False

    def show(self, _: object, pad: Any) -> None:
        if pad.get_direction() != Gst.PadDirection.SRC:
            return
        is_video = pad.get_current_caps().get_structure(0).get_string("media") == "video"
        text = (
            f"{WATCHED[self.codec]} ! videoconvert ! video/x-raw,format=GRAY8" if is_video else "rtpopusdepay ! opusdec"
        )
        sink = "fakesink name=sink sync=false signal-handoffs=true"
        shown = Gst.parse_bin_from_description(f"queue ! {text} ! {sink}", True)
        shown.get_by_name("sink").connect("handoff", self.saw_picture if is_video else self.heard_sound)
        self.pipeline.add(shown)
        shown.sync_state_with_parent()
        pad.link(shown.get_static_pad("sink"))

    def saw_picture(self, _: object, buffer: Any, pad: Any) -> None:
        row = buffer.extract_dup(0, 160)
        tell(luma=sum(row) // len(row), width=pad.get_current_caps().get_structure(0).get_int("width")[1])

    def heard_sound(self, _: object, buffer: Any, __: object) -> None:
        samples = memoryview(buffer.extract_dup(0, buffer.get_size())).cast("h")
        tell(peak=max(abs(sample) for sample in samples))

    def wait_for_end(self) -> None:
        sys.stdin.read()
        try:
            with self.request("DELETE", self.address) as answer:
                tell(deleted=answer.status)
        finally:
            # also when whoever started it is gone, and the server with it
            GLib.idle_add(self.loop.quit)


if __name__ == "__main__":
    Gst.init(None)
    _, protocol, *rest = sys.argv
    session = Session(*rest)
    session.publish() if protocol == "whip" else session.watch()
