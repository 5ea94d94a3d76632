"""The native data plane on the node's ports."""

from sfu._dataplane import Dataplane, DataplaneError
from sfu.config import EngineConfig
from sfu.errors import SfuError


def open_plane(config: EngineConfig) -> Dataplane:
    """Binds the one advertised address if it is ours: a wildcard socket may answer from another address of the
    host, and ICE drops what does not come from the candidate it asked.
    """
    host, _, port = config.bind.rpartition(":")
    binds = [config.bind]
    if host == "0.0.0.0" and len(config.addresses) == 1 and ":" not in config.addresses[0]:
        binds.insert(0, f"{config.addresses[0]}:{port}")
    failure: DataplaneError | None = None
    for bind in binds:
        try:
            return Dataplane(bind=bind, tcp_bind=_beside(bind, config.tcp_port), threads=config.threads)
        except DataplaneError as error:
            # behind address translation the advertised address is not one of this host
            failure = error
    raise SfuError(str(failure), "bind_failed") from failure


def _beside(bind: str, tcp_port: int | None) -> str | None:
    return None if tcp_port is None else f"{bind.rpartition(':')[0]}:{tcp_port}"
