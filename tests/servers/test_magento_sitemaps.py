"""Row 3: sitemaps that Magento writes below pub are on the share, for all instances."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers.beanstalk_instance import BeanstalkInstance
from tests.servers.release import magento_bundle, write

SERVE = "hooks/predeploy/40_serve_sitemaps.sh"


@pytest.fixture
def front(tmp_path: Path) -> Iterator[BeanstalkInstance]:
    """An instance with a release of Magento that is about to go live."""
    with BeanstalkInstance(tmp_path, properties={}) as instance:
        instance.stage(magento_bundle(tmp_path / "bundle", "r1"))
        yield instance


def test_pub_sitemap_leads_to_the_share(front: BeanstalkInstance) -> None:
    """Also after the release has moved to its place, and after the hook ran twice."""
    front.run("mkdir", "--parents", "/mnt/nfs/magento-sitemap")
    front.run("ln", "--symbolic", "/mnt/nfs/magento-sitemap", "/var/app/staging/sitemap")
    for _ in range(2):
        front.hook(SERVE)
    front.flip()
    front.run("tee", "/var/app/current/pub/sitemap/sitemap.xml")
    assert front.exists("/mnt/nfs/magento-sitemap/sitemap.xml")


def test_without_the_share_there_is_no_link(front: BeanstalkInstance) -> None:
    front.hook(SERVE)
    assert not front.exists("/var/app/staging/pub/sitemap")


def test_a_directory_of_the_bundle_stays(front: BeanstalkInstance, tmp_path: Path) -> None:
    write(tmp_path / "bundle/pub/sitemap/own.xml", "<urlset/>")
    front.stage(tmp_path / "bundle")
    front.run("ln", "--symbolic", "/mnt/nfs/magento-sitemap", "/var/app/staging/sitemap")
    front.hook(SERVE)
    assert front.read("/var/app/staging/pub/sitemap/own.xml") == "<urlset/>"
