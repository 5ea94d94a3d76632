"""What a subscriber and a forwarded track take in the data plane, with media flowing, as growth of the process."""

from typing import Any

from bench.shape import Node, Shape, receive

PEOPLE = 40
ROUNDS = 60


def measure_memory() -> dict[str, float]:
    """Kilobytes. A meeting has a track for every pair: the tracks take what it takes more than an audience."""
    audience = _run(Shape(name="audience", subscribers=PEOPLE))
    larger = _run(Shape(name="larger audience", subscribers=2 * PEOPLE))
    meeting = _run(Shape(name="meeting", publishers=PEOPLE, is_meeting=True))
    subscriber = (larger - audience) / PEOPLE
    tracks = PEOPLE * (PEOPLE - 1)
    return {
        "subscriber_transport_kb": round(subscriber, 1),
        "forwarded_track_kb": round((meeting - audience) / (tracks - PEOPLE), 1),
        "tracks": tracks,
    }


def _run(shape: Shape) -> Any:
    with Node(shape) as node:
        node.sample.settimeout(0.5)
        for turn in range(ROUNDS * shape.publishers):
            index = turn % shape.publishers
            node.send(index, node.publishers[index].frame())
            if index == 0:
                receive(node.sample, shape.burst)
        return node.ask("rss")
