"""Layers inside one stream through the native face: VP9 by its payload descriptor, over real sockets."""

from pathlib import Path

from sfu._dataplane import Dataplane
from tests.sfu.journal_reader import RTP, read_run
from tests.sfu.raw_peer import RawPeer
from tests.sfu.raw_tracks import PT, UP_SSRC, open_down, open_up, wait_for_packets
from tests.sfu.wire import Rtp

LAYERS = 2


def vp9_picture(number: int, *, is_key: bool) -> list[Rtp]:
    """One picture of two spatial layers, each in one packet; temporal layers 0 and 1 in turn. Upper layers need the
    lower one in every picture.
    """
    temporal = number % 2
    packets = []
    for spatial in range(LAYERS):
        is_first = spatial == 0
        flags = 0xAC | (0 if is_key else 0x40) | (0x02 if is_key and is_first else 0) | (0 if is_first else 0x01)
        layer = temporal << 5 | 0x10 | spatial << 1 | (0 if is_first else 1)
        payload = bytes([flags]) + (0x8000 | number).to_bytes(2, "big") + bytes([layer, number // 2 % 256])
        if is_key and is_first:
            sizes = [160, 90, 320, 180]
            payload += bytes([(LAYERS - 1) << 5 | 0x10]) + b"".join(size.to_bytes(2, "big") for size in sizes)
        packets.append(
            Rtp(
                payload_type=PT,
                sequence=number * LAYERS + spatial,
                timestamp=number * 3000,
                ssrc=UP_SSRC,
                payload=payload + bytes([number, spatial, temporal]),
                marker=not is_first,
            )
        )
    return packets


def show(publisher: RawPeer, viewer: RawPeer, numbers: range, last: tuple[int, int]) -> list[tuple[int, int, int]]:
    """Sends the pictures; what the viewer got until the packet of that picture and layer, in order."""
    for number in numbers:
        for packet in vp9_picture(number, is_key=number == 0):
            publisher.send_rtp(packet)
    got = viewer.everything_until(lambda packet: tuple(packet.payload[-3:-1]) == last)
    got.sort(key=lambda packet: packet.sequence)
    assert [packet.sequence - got[0].sequence for packet in got] == list(range(len(got)))
    return [(packet.payload[-3], packet.payload[-2], int(packet.marker)) for packet in got]


def test_a_viewer_gets_the_layers_it_asked_for_as_one_stream(dataplane: Dataplane, peers: list[RawPeer]) -> None:
    publisher, viewer = peers
    up = open_up(dataplane, publisher, codec="vp9")
    down = open_down(dataplane, viewer, up)
    dataplane.set_layer(down, 1, temporal=0)
    both = show(publisher, viewer, range(6), (4, 1))
    assert both == [(number, spatial, spatial) for number in (0, 2, 4) for spatial in (0, 1)]
    dataplane.set_layer(down, 0)
    # going down needs no key frame here; the marker moves to what is the last packet now
    small = show(publisher, viewer, range(6, 12), (11, 0))
    assert [number for number, _, _ in small][-4:] == [8, 9, 10, 11]
    assert all((spatial, marker) == (0, 1) for _, spatial, marker in small)
    stats = dataplane.down_track_stats(down)
    assert (stats.layer, stats.wanted_layer, stats.temporal) == (0, 0, 1)


def test_each_layer_is_told_as_if_it_were_an_encoding(dataplane: Dataplane, peers: list[RawPeer]) -> None:
    publisher, viewer = peers
    up = open_up(dataplane, publisher, codec="vp9")
    down = open_down(dataplane, viewer, up)
    dataplane.set_layer(down, 1)
    show(publisher, viewer, range(4), (3, 1))
    layers = dataplane.up_track_stats(up).encodings
    assert [(layer.width, layer.height, layer.is_active) for layer in layers] == [(160, 90, True), (320, 180, True)]
    assert {layer.ssrc for layer in layers} == {UP_SSRC}


def test_a_scalable_stream_is_recorded_whole(dataplane: Dataplane, peers: list[RawPeer], tmp_path: Path) -> None:
    publisher, viewer = peers
    up = open_up(dataplane, publisher, codec="vp9")
    down = open_down(dataplane, viewer, up)
    dataplane.set_layer(down, 0, temporal=0)
    journal = dataplane.open_journal(tmp_path / "0000000000001")
    dataplane.record(journal, up, 7)
    show(publisher, viewer, range(9), (8, 0))
    # the viewer has its layer of the last picture when the other layer may still be in the socket
    wait_for_packets(dataplane, up, 9 * LAYERS)
    dataplane.close_journal(journal)
    dataplane.close()
    packets = [Rtp.parse(frame.payload) for frame in read_run(tmp_path / "0000000000001") if frame.type == RTP]
    assert [(each.payload[-3], each.payload[-2]) for each in packets] == [(n, s) for n in range(9) for s in (0, 1)]
