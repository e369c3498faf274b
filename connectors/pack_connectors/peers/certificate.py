"""The certificate with which this machine serves TLS to its peers: its own key, signed by itself.

Peers know the hash of the key from the invitation or from an announcement, and check nothing else;
so the dates and the name in it mean nothing. With another key there is another certificate.

TLS 1.3 alone, whose signatures are over a text that no other signature of this key is over
(RFC 8446, section 4.4.3).
"""

from __future__ import annotations

import ipaddress
import secrets
import ssl
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from pack.errors import Unavailable
from pack.mesh.members.keys import PublicKey

_BEGIN: Final = datetime(2000, 1, 1, tzinfo=UTC)
_END: Final = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)  # "no end": RFC 5280, 4.1.2.5


def certificate(key: Ed25519PrivateKey, host: str) -> x509.Certificate:
    """The certificate of a key for a host."""
    peer = PublicKey(key.public_key().public_bytes_raw()).peer
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, peer)])
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(_BEGIN)
        .not_valid_after(_END)
        .add_extension(x509.SubjectAlternativeName([_general_name(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(key, None)
    )


def tls_context(key: Ed25519PrivateKey, host: str) -> ssl.SSLContext:
    """What serves TLS with a key.

    Args:
        key: The key of this machine.
        host: The host at which it is reached.

    Raises:
        Unavailable: There is no room for a temporary file.
    """
    # OpenSSL takes keys from files only; what lies there for a moment is worth nothing by itself.
    password = secrets.token_bytes(32)
    locked = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(password),
    )
    shown = certificate(key, host).public_bytes(serialization.Encoding.PEM)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    try:
        with tempfile.TemporaryDirectory(prefix="pack-tls-") as folder:
            file = Path(folder, "key")
            file.write_bytes(shown + locked)
            context.load_cert_chain(file, password=password)
    except OSError as error:
        raise Unavailable(f"TLS cannot be served: {error.strerror or error}") from error
    return context


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)
