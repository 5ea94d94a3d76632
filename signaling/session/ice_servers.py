"""What a client is told of TURN: the servers with credentials of its own, and whether to use nothing else."""

from dataclasses import dataclass

from livekit.protocol import models, rtc

from signaling.protocol.turn import TurnSettings, credential


@dataclass(frozen=True, slots=True)
class IceServers:
    """Empty where there is no TURN server: the node's own addresses are in every description."""

    servers: tuple[rtc.ICEServer, ...] = ()
    forces_relay: bool = False

    @property
    def force_relay(self) -> models.ClientConfigSetting:
        """As in ClientConfiguration; UNSET leaves the choice to the client's own options."""
        return models.ClientConfigSetting.ENABLED if self.forces_relay else models.ClientConfigSetting.UNSET


def ice_servers(turn: TurnSettings | None, participant_sid: str, now: float) -> IceServers:
    """For one participant, from now on."""
    if turn is None:
        return IceServers()
    made = credential(turn, participant_sid, now)
    server = rtc.ICEServer(urls=turn.urls, username=made.username, credential=made.password)
    return IceServers((server,), turn.forces_relay)


def links(servers: IceServers) -> list[str]:
    """The same as values of HTTP's Link header (RFC 9725, 4.6)."""
    values = []
    for server in servers.servers:
        secret = f'; username="{server.username}"; credential="{server.credential}"; credential-type="password"'
        values += [f'<{url}>; rel="ice-server"{secret}' for url in server.urls]
    return values
