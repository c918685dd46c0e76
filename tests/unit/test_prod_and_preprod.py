"""How pre-production differs from production, as one list that a person can read: nothing else differs."""

from __future__ import annotations

import base64
import gzip
import re
from collections.abc import Iterator, Mapping
from typing import Any

from tests.unit.graph import Graph, Resource
from tests.unit.program import program

WHAT_DIFFERS = """\
site-admin-credentials-secret.protect: True -> False
site-admin-credentials-secret.recoveryWindowInDays: 30 -> 0
site-back-office-environment.settings.instances.InstanceTypes: c7g.xlarge -> c7g.large
site-back-office-environment.settings.launchconfiguration.RootVolumeSize: 100 -> 30
site-cache-cluster.automaticFailoverEnabled: True -> False
site-cache-cluster.multiAzEnabled: True -> False
site-cache-cluster.nodeType: cache.r7g.large -> cache.t4g.small
site-cache-cluster.numCacheClusters: 2 -> 1
site-cache-cluster.protect: True -> False
site-cache-credentials-secret.protect: True -> False
site-cache-credentials-secret.recoveryWindowInDays: 30 -> 0
site-cache-subnets.protect: True -> False
site-configuration-crypt-key.protect: True -> False
site-configuration-crypt-secret.protect: True -> False
site-configuration-crypt-secret.recoveryWindowInDays: 30 -> 0
site-database-credentials-secret.protect: True -> False
site-database-credentials-secret.recoveryWindowInDays: 30 -> 0
site-database-instance.allocatedStorage: 500 -> 100
site-database-instance.deleteAutomatedBackups: False -> True
site-database-instance.deletionProtection: True -> False
site-database-instance.finalSnapshotIdentifier: client-prod-site-database-d5a76e12-final -> None
site-database-instance.instanceClass: db.r8g.4xlarge -> db.r8g.large
site-database-instance.iops: 12000 -> None
site-database-instance.maxAllocatedStorage: 1000 -> 200
site-database-instance.multiAz: True -> False
site-database-instance.protect: True -> False
site-database-instance.skipFinalSnapshot: False -> True
site-database-instance.storageThroughput: 500 -> None
site-database-password.protect: True -> False
site-database-subnets.protect: True -> False
site-files-client-media.finalSnapshot: True -> False
site-files-client-media.protect: True -> False
site-files-client-media.size: 200 -> 50
site-files-instance.instanceType: t4g.large -> t4g.small
site-files-locks.finalSnapshot: True -> False
site-files-locks.protect: True -> False
site-files-magento-client.finalSnapshot: True -> False
site-files-magento-client.protect: True -> False
site-files-magento-client.size: 20 -> 5
site-files-magento-sitemap.finalSnapshot: True -> False
site-files-magento-sitemap.protect: True -> False
site-files-magento-statics.finalSnapshot: True -> False
site-files-magento-statics.protect: True -> False
site-files-magento-statics.size: 20 -> 10
site-front-environment.settings.asg.MaxSize: 4 -> 1
site-front-environment.settings.asg.MinSize: 4 -> 1
site-front-environment.settings.instances.InstanceTypes: c7g.xlarge -> c7g.large
site-front-environment.settings.launchconfiguration.RootVolumeSize: 50 -> 30
site-front-environment.settings.rollingupdate.MaxBatchSize: 1 -> None
site-front-environment.settings.rollingupdate.MinInstancesInService: 3 -> None
site-front-environment.settings.rollingupdate.RollingUpdateEnabled: true -> false
site-front-environment.settings.rollingupdate.RollingUpdateType: Health -> None
site-front-environment.waitForReadyTimeout: 300m -> 120m
site-load-balancer.accessLogs.bucket: client-magento-elb-logs -> None
site-load-balancer.accessLogs.enabled: True -> None
site-load-balancer.accessLogs.prefix: prod -> None
site-load-balancer.enableDeletionProtection: True -> False
site-search-credentials-secret.protect: True -> False
site-search-credentials-secret.recoveryWindowInDays: 30 -> 0
site-search-domain.clusterConfig.instanceCount: 3 -> 1
site-search-domain.clusterConfig.instanceType: r7g.large.search -> t3.medium.search
site-search-domain.clusterConfig.zoneAwarenessConfig.availabilityZoneCount: 3 -> None
site-search-domain.clusterConfig.zoneAwarenessEnabled: True -> False
site-search-domain.ebsOptions.volumeSize: 100 -> 20
site-search-domain.protect: True -> False
site-search-domain.vpcOptions.subnetIds.length: 3 -> 1
"""


def site(graph: Graph) -> dict[str, Resource]:
    """The resources of the site, by name: the same names in both stacks, but for the records of host names."""
    found = graph.descendants(graph.one("magento:site:MagentoPlatform"))
    return {each.name: each for each in found if each.custom and each.type != "aws:route53/record:Record"}


def scalars(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Every plain value with its path; option settings go by the end of their namespace, lists by their length."""
    if isinstance(value, Mapping):
        for key, each in value.items():
            yield from scalars(each, f"{path}.{key}")
    elif isinstance(value, list) and value and "namespace" in value[0]:
        for each in value:
            namespace = each["namespace"].rpartition(":")[2]
            yield from scalars(each["value"], f"{path}.{namespace}.{each['name']}")
    elif isinstance(value, list):
        yield f"{path}.length", len(value)
    elif path.endswith(".userDataBase64"):
        # Each names the log group of its own stack, which no one sees in what is compressed.
        yield path, gzip.decompress(base64.b64decode(value)).decode().replace("preprod", "prod")
    elif isinstance(value, str) and _ITS_OWN.search(path):
        yield path, "its own"
    else:
        yield path, value.replace("preprod", "prod") if isinstance(value, str) else value


_ITS_OWN = re.compile(
    r"\.(content|secretString|policy|password|authToken|masterUserPassword|HostHeaders|MAGENTO_NFS_SERVER)$"
)
"""Values that hold what each stack made for itself, and the names that it answers to."""


def differences(one: Mapping[str, Resource], other: Mapping[str, Resource]) -> Iterator[str]:
    for name, resource in sorted(one.items()):
        before = dict(scalars({**resource.inputs, "protect": resource.protect}, name))
        after = dict(scalars({**other[name].inputs, "protect": other[name].protect}, name))
        for path in sorted(before.keys() | after.keys()):
            if before.get(path) != after.get(path):
                yield f"{path}: {before.get(path)} -> {after.get(path)}"


def test_preprod_is_a_smaller_production_and_nothing_else() -> None:
    """A difference that is not written down here is not intended."""
    prod, preprod = site(program("prod")), site(program("preprod"))
    assert prod.keys() <= preprod.keys()
    # No command replaces the data of a stack that is protected.
    assert preprod.keys() - prod.keys() == {"site-release-load-copy"}
    assert "".join(f"{line}\n" for line in differences(prod, preprod)) == WHAT_DIFFERS
