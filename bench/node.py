"""The measured process: the data plane and nothing else. Answers one question a line on its standard input."""

import json
import sys
import time
from collections.abc import Callable
from typing import Any

from sfu._dataplane import Dataplane


def open_all(dataplane: Dataplane, subscribers: int, size: int) -> list[int]:
    transports = []
    for index in range(subscribers + 1):
        transport = dataplane.open_transport(local_ufrag=f"ufrag{index}", local_pwd=f"password{index:014}")
        dataplane.set_keys(
            transport,
            profile="AEAD_AES_128_GCM",
            local_key=bytes([2]) * 16,
            local_salt=index.to_bytes(12, "big"),
            remote_key=bytes([1]) * 16,
            remote_salt=bytes([1]) * 12,
        )
        transports.append(transport)
    is_audio = size < 500
    up_track = dataplane.open_up_track(
        transports[0],
        kind="audio" if is_audio else "video",
        codec="opus" if is_audio else "vp8",
        clock_rate=48_000 if is_audio else 90_000,
        payload_type=96,
        rtx_payload_type=None,
        mid="0",
        extensions={},
        encodings=[("", 1000, 0)],
    )
    for transport in transports[1:]:
        down_track = dataplane.open_down_track(
            transport,
            up_track,
            ssrc=2000,
            rtx_ssrc=0 if is_audio else 2001,
            payload_type=96,
            rtx_payload_type=0 if is_audio else 97,
            mid="0",
            extensions={"transport_cc": 3},
        )
        if not is_audio:
            dataplane.set_layer(down_track, 0)
    return transports


def main() -> None:
    subscribers, load = int(sys.argv[1]), json.loads(sys.argv[2])
    dataplane = Dataplane(bind="127.0.0.1:0")
    transports = open_all(dataplane, subscribers, load["size"])
    answers: dict[str, Callable[[], Any]] = {
        "port": lambda: dataplane.local_port,
        "connected": lambda: sum(dataplane.transport_stats(it).is_connected for it in transports),
        "cpu": time.process_time_ns,
        "sent": lambda: sum(dataplane.transport_stats(it).packets_sent for it in transports),
    }
    for line in sys.stdin:
        print(json.dumps(answers[line.strip()]()), flush=True)
    dataplane.close()


main()
