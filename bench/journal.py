"""What recording thirty tracks costs: CPU of the data plane's own threads with and without a journal."""

import tempfile
import time
from pathlib import Path
from typing import Any

from sfu._dataplane import Dataplane
from tests.sfu.raw_peer import RawPeer
from tests.sfu.wire import Rtp, vp8_payload

TRACKS = 30
PACKETS_PER_S = 150  # 1.4 Mbit/s a track
SECONDS = 3
THREADS = ("media", "journal-write", "journal-sync")


def measure_journal() -> dict[str, Any]:
    """Shares of one core."""
    plain = _run(is_recorded=False)
    recorded = _run(is_recorded=True)
    return {
        "tracks": TRACKS,
        "receiving": plain["share"],
        "receiving_and_recording": recorded["share"],
        "frames": recorded["frames"],
        "packets": TRACKS * PACKETS_PER_S * SECONDS,
        "packets_lost": recorded["packets_lost"],
    }


def _cpu_ns() -> int:
    """CPU time of the data plane's threads of this process."""
    total = 0
    for task in Path("/proc/self/task").iterdir():
        if (task / "comm").read_text().strip().startswith(THREADS):
            total += int((task / "schedstat").read_text().split()[0])
    return total


def _run(*, is_recorded: bool) -> dict[str, Any]:
    dataplane = Dataplane(bind="127.0.0.1:0")
    publisher = RawPeer(dataplane)
    publisher.establish()
    up_tracks = [_open(dataplane, publisher, number) for number in range(TRACKS)]
    result = {"frames": 0, "packets_lost": 0}
    with tempfile.TemporaryDirectory(dir=".") as folder:
        journal = 0
        if is_recorded:
            journal = dataplane.open_journal(f"{folder}/1790000000000")
            for number, up_track in enumerate(up_tracks):
                dataplane.record(journal, up_track, number + 1)
        rounds = PACKETS_PER_S * SECONDS
        datagrams = [[publisher.protect(_packet(track, turn)) for track in range(TRACKS)] for turn in range(rounds)]
        started, before = time.perf_counter(), _cpu_ns()
        for turn, datagrams_of_turn in enumerate(datagrams):
            time.sleep(max(0.0, started + turn / PACKETS_PER_S - time.perf_counter()))
            for datagram in datagrams_of_turn:
                publisher.send(datagram)
        time.sleep(0.3)
        share = (_cpu_ns() - before) / 1e9 / (time.perf_counter() - started)
        if is_recorded:
            stats = dataplane.journal_stats(journal)
            result = {"frames": stats.frames, "packets_lost": stats.packets_lost}
        dataplane.close()
    publisher.close()
    return result | {"share": share}


def _open(dataplane: Dataplane, publisher: RawPeer, number: int) -> int:
    return dataplane.open_up_track(
        publisher.transport,
        kind="video",
        codec="vp8",
        clock_rate=90_000,
        payload_type=96,
        rtx_payload_type=None,
        mid=str(number),
        extensions={},
        encodings=[("", 1000 + number, 0)],
    )


def _packet(track: int, turn: int) -> Rtp:
    payload = vp8_payload(turn, is_key=turn == 0, filler=bytes(1150))
    return Rtp(payload_type=96, sequence=turn, timestamp=turn * 600, ssrc=1000 + track, payload=payload, marker=True)
