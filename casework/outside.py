"""Fetches a file from an address somebody has typed, without letting that address reach our own net.

A name is looked up once, every address it stands for is checked, and the connection is made to a checked one: a name
that answers differently the second time (DNS rebinding) gains nothing. Each redirect is looked at afresh.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import threading
import time
from urllib.parse import SplitResult, quote, urljoin, urlsplit

from casework.settings import current

SCHEMES = {"https": 443, "http": 80}
MAX_REDIRECTS = 4
MAX_ADDRESS = 2_000
_CHUNK = 64 * 1024
# Not all of these are "private" to Python 3.10, and each can lead to an inner address in disguise.
_DISGUISES = tuple(
    ipaddress.ip_network(net)
    for net in ("192.0.0.0/24", "192.88.99.0/24", "::/96", "64:ff9b::/96", "64:ff9b:1::/48", "2001::/32", "2002::/16")
)


class FetchFailed(Exception):
    """It could not be fetched; the text is Danish, for staff, and never holds the address."""


def fetch(address: str, *, most_bytes: int, seconds: float) -> bytes:
    """Return what stands at an http(s) address. `seconds` is for all of it, redirects included.

    Raises FetchFailed: an address that cannot be used or leads to an inner one, no answer in time, another status than
    200, more than `most_bytes`.
    """
    until = time.monotonic() + seconds
    for _ in range(MAX_REDIRECTS + 1):
        found = _once(address, most_bytes, until)
        if isinstance(found, bytes):
            return found
        if address.startswith("https:") and not found.startswith("https:"):
            raise FetchFailed("Adressen viderestiller fra https til en usikker forbindelse.")
        address = found
    raise FetchFailed("Adressen viderestiller for mange gange.")


def _once(address: str, most_bytes: int, until: float) -> bytes | str:
    """Return what one server gives: the file, or the address it sends us on to."""
    parts = checked(address)
    connection = _connect(parts, until)
    # A time-out of the socket starts afresh with every byte; this one does not.
    bell = threading.Timer(max(0.0, until - time.monotonic()), _hang_up, [connection.sock])
    bell.daemon = True
    bell.start()
    try:
        _ask(connection, parts)
        response = connection.getresponse()
        if response.status in (301, 302, 303, 307, 308):
            return urljoin(address, response.getheader("Location") or "")
        content = _body(response, most_bytes)
        if time.monotonic() >= until:  # we hung up: what had come by then is not all of it
            raise TimeoutError
        return content
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise FetchFailed(_named(TimeoutError() if time.monotonic() >= until else error)) from None
    finally:
        bell.cancel()
        connection.close()


def _hang_up(connected: socket.socket) -> None:
    try:
        socket.socket.shutdown(connected, socket.SHUT_RDWR)
    except OSError:
        pass  # it has ended by itself


def checked(address: str) -> SplitResult:
    """Return an address in its parts. Raises FetchFailed when it is none that may be fetched from."""
    try:
        parts = urlsplit(address.strip())
        port = parts.port
        host = (parts.hostname or "").encode("idna").decode()
    except (ValueError, UnicodeError):
        raise FetchFailed("Adressen kan ikke læses. Den skal begynde med https://") from None
    if parts.scheme not in SCHEMES or not host or port == 0 or len(address) > MAX_ADDRESS:
        raise FetchFailed("Adressen skal begynde med https:// eller http://")
    if parts.username is not None or parts.password is not None:
        raise FetchFailed("Adressen må ikke indeholde brugernavn og adgangskode.")
    return parts


def is_outside(address: str) -> bool:
    """Return whether an IP address is a public one: not loopback, link-local, private, multicast or reserved, nor one
    of them in another dress."""
    ip = ipaddress.ip_address(address)
    ip = getattr(ip, "ipv4_mapped", None) or ip
    if any(ip.version == net.version and ip in net for net in _DISGUISES):
        return False
    return ip.is_global and not (ip.is_multicast or ip.is_reserved or getattr(ip, "is_site_local", False))


def _connect(parts: SplitResult, until: float) -> http.client.HTTPConnection:
    """Return a connection to an address that has been checked; the name is only used for the certificate and Host."""
    host, port = parts.hostname.encode("idna").decode(), parts.port or SCHEMES[parts.scheme]
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise FetchFailed("Adressens server kan ikke findes.") from None
    if not _is_allowed(host, port) and not all(is_outside(entry[4][0]) for entry in found):
        raise FetchFailed("Adressen peger ind på et lukket net. Den må ikke hentes herfra.")
    trouble: OSError = OSError()
    for family, kind, protocol, _, target in found:
        raw = socket.socket(family, kind, protocol)
        try:
            raw.settimeout(_left(until))
            raw.connect(target)
            if parts.scheme == "https":
                connection = http.client.HTTPSConnection(host, port)
                raw = ssl.create_default_context().wrap_socket(raw, server_hostname=host)
            else:
                connection = http.client.HTTPConnection(host, port)
            connection.sock = raw
            return connection
        except OSError as error:
            raw.close()
            trouble = error
    raise FetchFailed(_named(trouble))


def _is_allowed(host: str, port: int) -> bool:
    """Return whether whoever runs the system has named this host on the inner net as one to fetch from."""
    return bool({host.lower(), f"{host.lower()}:{port}"} & set(current().calendar_hosts))


def _ask(connection: http.client.HTTPConnection, parts: SplitResult) -> None:
    path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._")
    query = quote(parts.query, safe="/%:@!$&'()*+,;=~-._?")
    headers = {"Accept": "text/calendar, */*;q=0.5", "Accept-Encoding": "identity", "User-Agent": "Vejviser"}
    connection.request("GET", f"{path}?{query}" if query else path, headers=headers)


def _body(response: http.client.HTTPResponse, most_bytes: int) -> bytes:
    if response.status != 200:
        raise FetchFailed(f"Serveren svarede {response.status}.")
    if response.getheader("Content-Encoding", "identity").lower() != "identity":
        raise FetchFailed("Serveren sendte filen pakket.")  # a small packed file can be a very large one
    parts, size = [], 0
    while part := response.read1(_CHUNK):
        parts.append(part)
        size += len(part)
        if size > most_bytes:
            raise FetchFailed(f"Filen er for stor. Den må højst fylde {most_bytes // 1_000_000} MB.")
    if response.length:
        raise FetchFailed("Forbindelsen blev afbrudt.")
    return b"".join(parts)


def _left(until: float) -> float:
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _named(error: Exception) -> str:
    if isinstance(error, (TimeoutError, socket.timeout)):
        return "Serveren svarede ikke i tide."
    if isinstance(error, ssl.SSLError):
        return "Serverens certifikat kan ikke godkendes."
    if isinstance(error, ConnectionRefusedError):
        return "Serveren tager ikke imod."
    return f"Filen kunne ikke hentes ({type(error).__name__})."
