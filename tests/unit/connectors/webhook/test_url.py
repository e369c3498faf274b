"""Addresses of webhooks: which are taken, which are refused, and what is shown of them."""

from ipaddress import ip_address

import pytest
from pack_connectors.webhook.url import host_of, is_usable, parse_webhook_url

from pack.errors import InvalidConfig

REFUSED = [
    "http://example.com/x",
    "ftp://example.com/x",
    "file:///etc/passwd",
    "https://",
    "https:///x",
    "example.com",
    "https://user:canary@example.com/",
    "https://canary@example.com/",
    "https://exa mple.com/",
    "https://example.com/\n",
    "https://example.com\\@127.0.0.1/",
    "https://127.0.0.1/",
    "https://127.0.0.1./",
    "https://127.1/",
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0x7f.0.0.1/",
    "https://0177.0.0.1/",
    "https://127.0.0.0x1/",
    "https://134744072/",
    "https://010.8.8.8/",
    "https://1.2.3/",
    "https://1.2.3.4.5/",
    "https://0.0.0.0/",
    "https://10.0.0.1/",
    "https://172.16.0.1/",
    "https://192.168.1.1/",
    "https://100.64.0.1/",
    "https://169.254.169.254/latest/meta-data/",
    "https://224.0.0.1/",
    "https://255.255.255.255/",
    "https://[::1]/",
    "https://[::]/",
    "https://[fe80::1]/",
    "https://[fec0::1]/",
    "https://[::7f00:1]/",
    "https://[64:ff9b:1::a00:1]/",
    "https://[fe80::1%25eth0]/",
    "https://[fd00:ec2::254]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:8.8.8.8]/",
    "https://[::ffff:a9fe:a9fe]/",
    "https://[64:ff9b::7f00:1]/",
    "https://[2002:7f00:1::]/",
    "https://[2001:0:7f00:1::]/",
    "https://[::1/",
    "https://example.com:99999/",
    "https://example.com:x/",
    "https://-.com/",
    "https://ex*mple.com/",
    "https://exämple.com/",
]


@pytest.mark.parametrize("url", REFUSED)
def test_an_address_that_is_refused(url):
    with pytest.raises(InvalidConfig, match="PACK_WEBHOOK_URL") as raised:
        parse_webhook_url(url)
    assert "canary" not in str(raised.value)


@pytest.mark.parametrize(
    ("url", "authority", "target"),
    [
        ("https://example.com", "example.com", "/"),
        ("https://Example.COM:8443/a?b=c#d", "example.com:8443", "/a?b=c"),
        ("https://example.com?b", "example.com", "/?b"),
        ("https://8.8.8.8/x", "8.8.8.8", "/x"),
        ("https://[2606:4700::1111]:444/x", "[2606:4700::1111]:444", "/x"),
        ("https://xn--exmple-cua.com/%20", "xn--exmple-cua.com", "/%20"),
        ("https://a_b.n8n.cloud/x", "a_b.n8n.cloud", "/x"),
    ],
)
def test_an_address_that_is_taken(url, authority, target):
    found = parse_webhook_url(url)
    assert (found.authority, found.target, found.is_tls) == (authority, target, True)
    assert not found.is_allowed
    assert "/x" not in repr(found)


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("http://127.0.0.1:8000/x", "127.0.0.1"),
        ("http://localhost/x", "localhost"),
        ("http://[::1]:8000/x", "[::1]"),
        ("http://[::1]:8000/x", "::1"),
        ("https://192.168.1.5/x", "192.168.1.5"),
        ("https://N8N.lan/x", "n8n.lan"),
    ],
)
def test_an_address_that_was_allowed_by_name(url, allowed):
    assert parse_webhook_url(url, ["other", allowed]).is_allowed
    if "n8n" not in allowed:
        with pytest.raises(InvalidConfig):
            parse_webhook_url(url, ["other"])


@pytest.mark.parametrize("host", ["169.254.169.254", "[fe80::1]", "0.0.0.0", "[::ffff:7f00:1]"])
def test_some_addresses_cannot_be_allowed(host):
    with pytest.raises(InvalidConfig):
        parse_webhook_url(f"https://{host}/", [host, host.strip("[]")])


def test_only_the_host_of_an_address_is_shown():
    assert host_of("https://me:canary@hooks.example.com/canary") == "hooks.example.com"
    assert host_of("canary") is None
    assert host_of("https://[canary") is None


@pytest.mark.parametrize("is_allowed", [True, False])
def test_link_local_addresses_are_never_usable(is_allowed):
    assert not is_usable(ip_address("169.254.169.254"), is_allowed=is_allowed)
    assert not is_usable(ip_address("fe80::1"), is_allowed=is_allowed)
