"""Whom TLS trusts: real servers, whose certificates an authority of the test's vouches for, or nobody (C144, C149)."""

from __future__ import annotations

import os
import re

import pytest

from profiles.errors import CertificateUnknown, IssuerUnreachable
from profiles.model import Secret
from profiles.oauth.http import open_wire
from profiles.oauth.trust import trusting
from profiles.oauth.variables import variables_of
from tests.oauth.wires import SHORT, check_silence, surroundings, write
from tests.support.certificates import Authority, Certificate, self_signed
from tests.support.proxies import Babbler
from tui.simulator.server import Simulator

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tests.conftest import Box

SENT = "rt_S3cretThatIsNeverSentToAStranger"


async def ask(box: Box, certificate: Certificate, host: str = "127.0.0.1", **environ: str) -> int:
    """Ask an issuer that shows this certificate; return its status."""
    with Simulator(tls=certificate.server()) as simulator:
        url = simulator.url.replace("127.0.0.1", host)
        context = surroundings(box, **environ)
        async with open_wire(context, timeouts=SHORT._replace(connect=5, whole=10)) as wire:
            try:
                answer = await wire.post_json(f"{url}/oauth/token", {"code": Secret(SENT)})
            finally:
                heard = len(simulator.log)
    assert heard == 1
    return answer.status


async def refusal(
    box: Box, certificate: Certificate, host: str = "127.0.0.1", **environ: str
) -> CertificateUnknown:
    """Return how it is told that nobody vouches for the issuer: with a next step."""
    with pytest.raises(CertificateUnknown) as caught:
        await ask(box, certificate, host, **environ)
    check_silence(caught.value, [SENT])
    assert caught.value.__context__ is None
    assert "nothing was sent" in caught.value.message
    return caught.value


async def test_a_self_signed_server(box: Box) -> None:
    """Nobody vouches for it: said with the host, the cause, and the variable that would change it."""
    error = await refusal(box, self_signed(box.path))
    assert re.fullmatch(
        r"https://127\.0\.0\.1:\d+ shows a certificate that cannot be trusted: self-signed certificate; "
        "nothing was sent",
        error.message,
    )
    assert error.hint is not None
    assert error.hint.endswith("export CODEX_CA_CERTIFICATE=/path/to/company-root.pem")


async def test_an_authority_that_was_added(box: Box) -> None:
    """CODEX_CA_CERTIFICATE adds a company's root; without it the same server is refused."""
    authority = Authority(box.path)
    certificate = authority.vouch()
    assert await ask(box, certificate, CODEX_CA_CERTIFICATE=authority.path) == 400
    error = await refusal(box, certificate)
    assert "unable to get local issuer certificate" in error.message
    assert error.hint is not None
    assert "CODEX_CA_CERTIFICATE" in error.hint


async def test_what_stands_in_the_place_of_the_system(box: Box) -> None:
    """SSL_CERT_FILE and SSL_CERT_DIR are trusted, also from the `.env`; and CODEX_CA_CERTIFICATE adds to them."""
    authority, other = Authority(box.path), Authority(box.path, "other")
    certificate = authority.vouch()
    assert await ask(box, certificate, SSL_CERT_FILE=authority.path) == 400
    assert await ask(box, certificate, SSL_CERT_DIR=f"/nowhere:{authority.folder()}") == 400
    both = {"SSL_CERT_FILE": other.path, "CODEX_CA_CERTIFICATE": authority.path}
    assert await ask(box, certificate, **both) == 400
    both = {"SSL_CERT_FILE": authority.path, "CODEX_CA_CERTIFICATE": other.path}
    assert await ask(box, certificate, **both) == 400
    write(f"{box.codex}/.env", f"SSL_CERT_FILE={authority.path}\n")
    assert await ask(box, certificate) == 400


async def test_the_wrong_one_in_its_place(box: Box) -> None:
    """The variable in force is named, with the value, for it hides the system's certificates."""
    authority, other = Authority(box.path), Authority(box.path, "other")
    error = await refusal(box, authority.vouch(), SSL_CERT_FILE=other.path)
    assert "(SSL_CERT_FILE of the environment stands in the place" in error.message
    assert error.hint == f"unset SSL_CERT_FILE, or add what is missing to {other.path}"


async def test_a_folder_alone_leaves_the_system_in_force(box: Box) -> None:
    """SSL_CERT_DIR alone hides no bundle of the system's, whatever lies there."""
    other = Authority(box.path, "other")
    certificate = Authority(box.path, "third").vouch()
    folder = other.folder()
    for value in (folder, "/nowhere", f"{folder}:/nowhere"):
        trusted = trusting(variables_of(surroundings(box, SSL_CERT_DIR=value)))
        assert len(trusted.get_ca_certs()) > 50
        error = await refusal(box, certificate, SSL_CERT_DIR=value)
        assert "stands in the place" not in error.message


async def test_a_pipe_is_not_waited_at(box: Box) -> None:
    """Nobody writes into it: OpenSSL would read for ever."""
    path = f"{box.path}/pipe"
    os.mkfifo(path)
    for name in ("SSL_CERT_FILE", "CODEX_CA_CERTIFICATE"):
        error = await refusal(box, self_signed(box.path), **{name: path})
        assert f"{name}={path} (of the environment) is no file" in error.message


async def test_the_wrong_one_added(box: Box) -> None:
    """A root that was added and does not vouch is named."""
    authority, other = Authority(box.path), Authority(box.path, "other")
    error = await refusal(box, authority.vouch(), CODEX_CA_CERTIFICATE=other.path)
    assert f"(CODEX_CA_CERTIFICATE={other.path} does not vouch for it either)" in error.message


async def test_a_certificate_that_is_over(box: Box) -> None:
    """Expired: the clock may be wrong."""
    authority = Authority(box.path)
    certificate = authority.vouch(days=-1)
    error = await refusal(box, certificate, CODEX_CA_CERTIFICATE=authority.path)
    assert "certificate has expired" in error.message
    assert error.hint is not None
    assert "clock" in error.hint


async def test_a_certificate_of_another(box: Box) -> None:
    """The authority is trusted, the name is another's."""
    authority = Authority(box.path)
    certificate = authority.vouch(names="DNS:other.example.com")
    error = await refusal(box, certificate, "localhost", CODEX_CA_CERTIFICATE=authority.path)
    assert re.match(r"https://localhost:\d+ shows a certificate", error.message)
    assert "ostname mismatch" in error.message


@pytest.mark.parametrize("name", ["CODEX_CA_CERTIFICATE", "SSL_CERT_FILE"])
@pytest.mark.parametrize(
    ("what", "why"),
    [
        ("missing", "cannot be read: No such file or directory"),
        ("empty", "holds no certificate"),
        ("no PEM", "holds no certificate"),
        ("broken", "holds no certificate"),
        ("folder", "is a directory"),
    ],
)
async def test_a_file_without_certificates(box: Box, name: str, what: str, why: str) -> None:
    """Said before anything is sent: which variable, which path, what is wrong with it."""
    path = f"{box.path}/company.pem"
    broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
    contents = {"empty": "", "no PEM": "\x30\x02\x01", "broken": broken}
    if what in contents:
        write(path, contents[what])
    elif what == "folder":
        os.mkdir(path)
    error = await refusal(box, self_signed(box.path), **{name: path})
    assert f"{name}={path} (of the environment)" in error.message
    assert why in error.message
    assert error.hint is not None
    assert name in error.hint


async def test_a_bad_file_is_not_minded_beside_codex_own(box: Box) -> None:
    """With CODEX_CA_CERTIFICATE, a missing SSL_CERT_FILE or folder does no harm; empty counts as unset."""
    authority = Authority(box.path)
    certificate = authority.vouch()
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR"):
        both = {name: "/nowhere", "CODEX_CA_CERTIFICATE": authority.path}
        assert await ask(box, certificate, **both) == 400
    empty = {"SSL_CERT_FILE": "", "CODEX_CA_CERTIFICATE": authority.path}
    assert await ask(box, certificate, **empty) == 400


async def test_no_tls_at_all(box: Box) -> None:
    """Plain HTTP where TLS is expected: no connection, and no certificate's fault."""
    with Babbler(b"HTTP/1.1 400 Bad Request\r\n\r\n") as other:
        url = other.url.replace("http:", "https:")
        async with open_wire(surroundings(box), timeouts=SHORT._replace(connect=5)) as wire:
            with pytest.raises(IssuerUnreachable) as caught:
                await wire.post_json(url, {"code": Secret(SENT)})
        assert not any(SENT.encode() in heard for heard in other.heard)
    assert type(caught.value) is IssuerUnreachable
    assert "speaks no TLS" in caught.value.message
