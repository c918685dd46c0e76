"""The root image, and hosts made of it."""

from __future__ import annotations

import itertools
import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from sandbox.hosts.host import Host, HostArgs
from sandbox.hosts.machine import MachineArgs
from sandbox.hosts.root_image import RootImage, RootImageError
from sandbox.tests.hosts.programs import unavailable
from sandbox.toolchain.cache import default_cache_directory

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def images() -> Path:
    """The directory of the images, in the user's cache: one build serves all test runs, and the sandbox."""
    return default_cache_directory(os.environ) / "hosts"


@pytest.fixture(scope="session")
def image(images: Path) -> RootImage:
    try:
        return RootImage.ensure(images)
    except RootImageError as error:
        unavailable(str(error))


@pytest.fixture(scope="module")
def network_namespace() -> Iterator[str]:
    """A network with nothing in it but the machine itself."""
    name = f"sandbox-test-{os.getpid()}-{next(_numbers)}"
    subprocess.run(["ip", "netns", "add", name], check=True)
    subprocess.run(["ip", "-n", name, "link", "set", "lo", "up"], check=True)
    yield name
    subprocess.run(["ip", "netns", "delete", name], check=True)


@pytest.fixture(scope="module")
def machine_args(
    image: RootImage, tmp_path_factory: pytest.TempPathFactory, network_namespace: str
) -> Callable[[str], MachineArgs]:
    """What a machine with this name is made of. Its files are in a directory that did not exist before."""

    def args(name: str) -> MachineArgs:
        return MachineArgs(
            name=name,
            directory=tmp_path_factory.mktemp("machine") / name,
            image=image,
            network_namespace=network_namespace,
            hosts=f"127.0.0.1 localhost {name}\n",
            environment={
                "AWS_ENDPOINT_URL": "http://127.0.0.1:5000",
                "AWS_DEFAULT_REGION": "eu-west-3",
                "AWS_ACCESS_KEY_ID": "test",
                "AWS_SECRET_ACCESS_KEY": "test",
            },
        )

    return args


@pytest.fixture(scope="module")
def host(machine_args: Callable[[str], MachineArgs]) -> Iterator[Host]:
    """A host that runs, without an application."""
    host = Host(HostArgs(machine=machine_args("i-0123"), environment_name="prod-front", application_name="prod"))
    with ExitStack() as stack:
        stack.callback(host.stop)
        host.start()
        yield host
