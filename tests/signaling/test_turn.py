"""TURN credentials are what coturn computes for itself, and clients are told of them at every beginning."""

import base64
import hashlib
import hmac

from livekit.protocol import models

from signaling.protocol.turn import TurnSettings, credential
from signaling.session.ice_servers import ice_servers
from signaling.session.session import SignalSession
from tests.signaling.builders import a_join_result

URLS = ("turn:192.0.2.5:3478?transport=udp", "turns:192.0.2.5:443?transport=tcp")
SETTINGS = TurnSettings(urls=URLS, secret="s" * 32, ttl_s=600)


def test_the_name_says_until_when_and_the_password_is_its_hmac() -> None:
    made = credential(SETTINGS, "PA_1", 1_800_000_000.9)
    digest = hmac.digest(b"s" * 32, b"1800000600:PA_1", hashlib.sha1)
    assert (made.username, made.password) == ("1800000600:PA_1", base64.b64encode(digest).decode())


def test_the_password_is_not_printed() -> None:
    made = credential(SETTINGS, "PA_1", 0)
    assert made.password not in repr(made)


def test_newcomers_and_those_who_come_back_are_told_of_the_servers() -> None:
    session = SignalSession("ND_1", ice_servers(SETTINGS, "PA_1", 0))
    joined = session.joined(a_join_result())[0].response.join
    session = SignalSession("ND_1", ice_servers(SETTINGS, "PA_1", 50))
    resumed = session.resumed(a_join_result(), 0)[0].response.reconnect
    assert [tuple(server.urls) for server in joined.ice_servers] == [URLS]
    assert joined.ice_servers[0].username == "600:PA_1"
    assert resumed.ice_servers[0].username == "650:PA_1"
    assert joined.client_configuration.force_relay == models.ClientConfigSetting.UNSET


def test_a_node_that_only_relays_reach_says_so() -> None:
    settings = TurnSettings(urls=URLS, secret="s" * 32, forces_relay=True)
    joined = SignalSession("ND_1", ice_servers(settings, "PA_1", 0)).joined(a_join_result())[0].response.join
    assert joined.client_configuration.force_relay == models.ClientConfigSetting.ENABLED


def test_without_a_server_nothing_is_said() -> None:
    joined = SignalSession("ND_1", ice_servers(None, "PA_1", 0)).joined(a_join_result())[0].response.join
    assert not joined.ice_servers
    assert joined.client_configuration.force_relay == models.ClientConfigSetting.UNSET
