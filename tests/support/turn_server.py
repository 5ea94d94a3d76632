"""coturn inside a namespace, with the sample configuration of deploy/ and nothing changed but names and addresses."""

import asyncio
import datetime
import ipaddress
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.support.link import NEAR
from tests.support.namespace import Namespace

SAMPLE = Path(__file__).resolve().parents[2] / "deploy/coturn.conf"
SECRET = "a-turn-secret-of-at-least-32-characters"
REALM = "turn.example.edu.vn"
PORT, TLS_PORT = 3478, 443
_SAMPLE_SECRET, _SAMPLE_OWN, _SAMPLE_NODE = "replace-with-32-or-more-random-characters", "203.0.113.20", "203.0.113.10"


def turn_settings(address: str, *ways: str) -> dict[str, object]:
    """What the node is told of the server at `address`, with the ways asked for: udp, tcp, tls."""
    urls = {
        "udp": f"turn:{address}:{PORT}?transport=udp",
        "tcp": f"turn:{address}:{PORT}?transport=tcp",
        "tls": f"turns:{address}:{TLS_PORT}?transport=tcp",
    }
    return {"urls": [urls[way] for way in ways], "secret": SECRET}


@asynccontextmanager
async def a_turn_server(namespace: Namespace, folder: Path, *, address: str, node: str = NEAR) -> AsyncIterator[Path]:
    """Listens when the block begins; gives its log. `address` must be one of the namespace's, and not the node's."""
    certificate, key = _write_certificate(folder, address)
    sample = SAMPLE.read_text()
    for ours, theirs in (
        (_SAMPLE_SECRET, SECRET),
        (_SAMPLE_OWN, address),
        (_SAMPLE_NODE, node),
        ("/etc/coturn/fullchain.pem", str(certificate)),
        ("/etc/coturn/privkey.pem", str(key)),
        ("\nsyslog\n", "\nlog-file=stdout\n"),
    ):
        assert ours in sample, f"the sample has no {ours}"
        sample = sample.replace(ours, theirs)
    config = folder / "coturn.conf"
    config.write_text(f"{sample}pidfile={folder / 'coturn.pid'}\nuserdb={folder / 'coturn.sqlite'}\n")
    words = folder / "coturn.log"
    with words.open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *namespace.command, "turnserver", "-c", str(config), "--verbose", stdout=log, stderr=log, cwd=folder
        )
    try:
        for port in (PORT, TLS_PORT):
            while not await _listens(namespace, address, port):
                assert process.returncode is None, words.read_text()[-2000:]
                await asyncio.sleep(0.05)
        yield words
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def _listens(namespace: Namespace, address: str, port: int) -> bool:
    with namespace.inside():
        asker = socket.socket()
    with asker:
        asker.setblocking(False)
        try:
            await asyncio.get_running_loop().sock_connect(asker, (address, port))
        except OSError:
            return False
    return True


def _write_certificate(folder: Path, address: str) -> tuple[Path, Path]:
    """Signed by itself, for this address."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, address)])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=30))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    certificate_file, key_file = folder / "turn-certificate.pem", folder / "turn-key.pem"
    certificate_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return certificate_file, key_file
