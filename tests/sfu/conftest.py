"""The data plane on the loopback address, and two raw peers that it connects."""

from collections.abc import Iterator

import pytest

from sfu._dataplane import Dataplane
from tests.sfu.raw_peer import THREADS, RawPeer, raw_peers


@pytest.fixture
def dataplane() -> Iterator[Dataplane]:
    dataplane = Dataplane(bind="127.0.0.1:0", threads=THREADS)
    yield dataplane
    dataplane.close()


@pytest.fixture
def peers(dataplane: Dataplane) -> Iterator[list[RawPeer]]:
    """A publisher and a subscriber."""
    with raw_peers(dataplane, 2) as peers:
        yield peers
