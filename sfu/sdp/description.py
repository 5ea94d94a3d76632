"""Session descriptions as plain text and back (RFC 8866), nothing about their meaning.

Parsing is lenient about order and unknown lines and strict about what would make an answer ambiguous:
every fault is an `SdpError`, whatever the bytes.
"""

from dataclasses import dataclass, field

from sfu.errors import SdpError

# ten publishers of ten tracks are a normal test; these bounds only stop abuse
MAX_LENGTH = 1 << 20
MAX_SECTIONS = 512
MAX_LINES = 40_000

Attribute = tuple[str, str | None]


def values_of(attributes: list[Attribute], name: str) -> list[str]:
    return [value or "" for key, value in attributes if key == name]


def first_of(attributes: list[Attribute], name: str) -> str | None:
    return next((value or "" for key, value in attributes if key == name), None)


@dataclass(slots=True, kw_only=True)
class MediaSection:
    """One `m=` line with what belongs to it."""

    kind: str
    port: int = 9
    protocol: str = "UDP/TLS/RTP/SAVPF"
    formats: list[str] = field(default_factory=list)
    attributes: list[Attribute] = field(default_factory=list)

    def values(self, name: str) -> list[str]:
        return values_of(self.attributes, name)

    def first(self, name: str) -> str | None:
        return first_of(self.attributes, name)

    def has(self, name: str) -> bool:
        return any(key == name for key, _ in self.attributes)

    def add(self, name: str, value: str | None = None) -> None:
        self.attributes.append((name, value))

    @property
    def mid(self) -> str:
        return self.first("mid") or ""

    @property
    def direction(self) -> str:
        for name in ("sendrecv", "sendonly", "recvonly", "inactive"):
            if self.has(name):
                return name
        return "sendrecv"


@dataclass(slots=True, kw_only=True)
class SessionDescription:
    session_id: int = 0
    version: int = 0
    attributes: list[Attribute] = field(default_factory=list)
    media: list[MediaSection] = field(default_factory=list)

    def first(self, name: str, section: MediaSection) -> str | None:
        """The attribute of the section, else of the session."""
        own = section.first(name)
        return own if own is not None else first_of(self.attributes, name)


def parse(text: str) -> SessionDescription:
    if len(text) > MAX_LENGTH:
        raise SdpError("session description too long")
    description = SessionDescription()
    section: MediaSection | None = None
    lines = text.splitlines()
    if len(lines) > MAX_LINES:
        raise SdpError("too many lines")
    if not lines or lines[0].strip() != "v=0":
        raise SdpError("a session description starts with v=0")
    for line in lines[1:]:
        key, separator, value = line.partition("=")
        if not separator:
            if line.strip():
                raise SdpError("a line without '='")
            continue
        if key == "m":
            section = _media_line(value)
            description.media.append(section)
        elif key == "a":
            (section or description).attributes.append(_attribute(value))
    _check(description)
    return description


def _media_line(value: str) -> MediaSection:
    parts = value.split()
    if len(parts) < 4:
        raise SdpError("short m= line")
    port = parts[1].partition("/")[0]
    if not (port.isascii() and port.isdigit() and int(port[:6]) < 65536):
        raise SdpError("bad port in m= line")
    return MediaSection(kind=parts[0], port=int(port), protocol=parts[2], formats=parts[3:])


def _attribute(value: str) -> Attribute:
    name, separator, rest = value.strip().partition(":")
    return name, rest.strip() if separator else None


def _check(description: SessionDescription) -> None:
    if len(description.media) > MAX_SECTIONS:
        raise SdpError("too many media sections")
    mids = [section.mid for section in description.media]
    if "" in mids:
        raise SdpError("a media section without mid")
    if len(set(mids)) != len(mids):
        raise SdpError("two media sections with one mid")


def serialize(description: SessionDescription) -> str:
    lines = [
        "v=0",
        f"o=- {description.session_id} {description.version} IN IP4 127.0.0.1",
        "s=-",
        "t=0 0",
    ]
    lines += [_attribute_line(attribute) for attribute in description.attributes]
    for section in description.media:
        lines.append(f"m={section.kind} {section.port} {section.protocol} {' '.join(section.formats)}")
        lines.append("c=IN IP4 0.0.0.0")
        lines += [_attribute_line(attribute) for attribute in section.attributes]
    return "\r\n".join(lines) + "\r\n"


def _attribute_line(attribute: Attribute) -> str:
    name, value = attribute
    return f"a={name}" if value is None else f"a={name}:{value}"
