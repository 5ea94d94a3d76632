"""What can go wrong, each with a stable `code` for the front door.

SfuError
  LocalProtocolError     our bug: an illegal transition; let it crash the one session
  RemoteProtocolError    the peer's fault: answer and close that peer
    SdpError             a session description that cannot be used
  NotFoundError          no such room, participant or track
  NotAllowedError        the participant's permission says no
  AlreadyExistsError     somebody of that identity is there
  NotReadyError          it cannot be done to who or what is in this state
  LimitExceededError     too many pending tracks, room full
  UnsupportedError       a request we do not serve
  NegotiationError       the peer did not answer in time, or went away meanwhile
"""


class SfuError(Exception):
    code = "internal"

    def __init__(self, message: str, code: str = "") -> None:
        super().__init__(message)
        if code:
            self.code = code


class LocalProtocolError(SfuError):
    code = "local_protocol"


class RemoteProtocolError(SfuError):
    code = "remote_protocol"


class SdpError(RemoteProtocolError):
    code = "bad_sdp"


class NotFoundError(SfuError):
    code = "not_found"


class NotAllowedError(SfuError):
    code = "not_allowed"


class AlreadyExistsError(SfuError):
    code = "already_exists"


class NotReadyError(SfuError):
    code = "not_ready"


class LimitExceededError(SfuError):
    code = "limit_exceeded"


class UnsupportedError(SfuError):
    code = "unsupported"


class NegotiationError(SfuError):
    code = "negotiation_failed"
