"""The state document: everything that the fleet runs, in the shapes of AWS.

It is read from moto's backends without a request, so that it costs a few milliseconds. The caller holds the lock of the
application.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from moto.acm.models import acm_backends
from moto.ec2.models import ec2_backends
from moto.elasticache.models import elasticache_backends
from moto.elbv2.models import FakeListener, FakeTargetGroup, elbv2_backends
from moto.rds.models import rds_backends
from moto.route53.models import route53_backends

from sandbox.emulator.elasticache.state import parameter_groups
from sandbox.emulator.elasticbeanstalk.configuration import LAUNCH
from sandbox.emulator.elasticbeanstalk.environments import Environment
from sandbox.emulator.elasticbeanstalk.hosts import host_deployment, host_settings
from sandbox.emulator.elasticbeanstalk.models import eb_backends
from sandbox.emulator.elbv2.targets import draining
from sandbox.emulator.fleet.registration import TIME
from sandbox.emulator.rds import snapshots
from sandbox.emulator.rds.instances import restarts

Document = dict[str, Any]


def document() -> Document:
    """The state of every account and region, without its digest."""
    return {
        "TimeScale": TIME.factor,
        "Instances": list(_instances()),
        "LoadBalancers": list(_load_balancers()),
        "TargetGroups": list(_target_groups()),
        "Certificates": dict(_certificates()),
        "Databases": list(_databases()),
        "DatabaseSnapshots": [name for backend in _backends(rds_backends) for name in backend.database_snapshots],
        "Caches": list(_caches()),
        "FileServers": list(_file_servers()),
        "Records": list(_records()),
    }


def _backends(backends: Any) -> Iterator[Any]:
    """The backends that are in use, of all accounts and regions."""
    for regions in list(backends.values()):
        yield from list(regions.values())


def _instances() -> Iterator[Document]:
    for backend in _backends(eb_backends):
        for environment in backend.environments:
            if environment.status != "Terminated" and environment.capacity.group_name:
                settings = host_settings(environment.configuration)
                for instance in environment.capacity.running():
                    yield {
                        "InstanceId": instance.id,
                        "PrivateIpAddress": instance.private_ip,
                        "VpcId": instance.vpc_id,
                        "SubnetId": instance.subnet_id,
                        "AvailabilityZone": instance.availability_zone,
                        "Region": backend.region_name,
                        "AccountId": backend.account_id,
                        "InstanceType": instance.instance_type,
                        "HttpTokens": instance.metadata_options.http_tokens,
                        "EnvironmentName": environment.environment_name,
                        "EnvironmentId": environment.environment_id,
                        "ApplicationName": environment.application_name,
                        "SolutionStackName": environment.solution_stack_name,
                        "InstanceProfile": environment.configuration.given(LAUNCH, "IamInstanceProfile"),
                        "Deployment": _running_version(environment, instance.id),
                        **settings,
                    }


def _running_version(environment: Environment, instance_id: str) -> Document | None:
    """What the instance runs, or what a new one starts with. None: a deployment will bring its first version."""
    running = environment.running_version(instance_id)
    return host_deployment(environment, *running) if running else None


def _load_balancers() -> Iterator[Document]:
    for backend in _backends(elbv2_backends):
        for balancer in backend.load_balancers.values():
            yield {
                "Arn": balancer.arn,
                "Name": balancer.name,
                "Scheme": balancer.scheme,
                "VpcId": balancer.vpc_id,
                "DNSName": balancer.dns_name,
                "Attributes": dict(balancer.attrs),
                "Listeners": [_listener(listener) for listener in balancer.listeners.values()],
            }


def _listener(listener: FakeListener) -> Document:
    rules = sorted(listener.rules.values(), key=lambda rule: (rule.is_default, _priority(rule.priority)))
    return {
        "Arn": listener.arn,
        "Port": int(listener.port),
        "Protocol": listener.protocol,
        "SslPolicy": listener.ssl_policy,
        "Certificates": _certificates_of(listener),
        "Rules": [
            {
                "Priority": str(rule.priority),
                "Conditions": list(rule.conditions),
                "Actions": [dict(action.data) for action in rule.actions],
            }
            for rule in rules
        ],
    }


def _priority(priority: Any) -> int:
    return 0 if priority == "default" else int(priority)


def _certificates_of(listener: FakeListener) -> list[str]:
    """ARNs, the default certificate first."""
    arns = [entry if isinstance(entry, str) else entry.get("CertificateArn") for entry in listener.certificates]
    return list(dict.fromkeys(arn for arn in arns if arn))


def _target_groups() -> Iterator[Document]:
    for backend in _backends(elbv2_backends):
        for group in backend.target_groups.values():
            yield {
                "Arn": group.arn,
                "Name": group.name,
                "VpcId": group.vpc_id,
                "Port": int(group.port) if group.port else None,
                "Protocol": group.protocol,
                "HealthCheck": {
                    "HealthCheckEnabled": group.health_check_enabled,
                    "HealthCheckProtocol": group.health_check_protocol,
                    "HealthCheckPort": group.health_check_port,
                    "HealthCheckPath": group.health_check_path,
                    "HealthCheckIntervalSeconds": int(group.health_check_interval_seconds),
                    "HealthCheckTimeoutSeconds": int(group.health_check_timeout_seconds),
                    "HealthyThresholdCount": int(group.healthy_threshold_count),
                    "UnhealthyThresholdCount": int(group.unhealthy_threshold_count),
                    "Matcher": getattr(group, "matcher", {}),
                },
                "Attributes": dict(group.attributes),
                "DeregistrationDelaySeconds": int(group.attributes["deregistration_delay.timeout_seconds"]),
                "Targets": list(_targets(group, backend.ec2_backend)),
            }


def _targets(group: FakeTargetGroup, ec2: Any) -> Iterator[Document]:
    states: Iterable[tuple[str, Iterable[Document]]] = (
        ("registered", group.targets.values()),
        ("draining", draining(group)),
    )
    for state, targets in states:
        for target in targets:
            instance = ec2.get_instance_by_id(target["Id"]) if target["Id"].startswith("i-") else None
            yield {
                "Id": target["Id"],
                "Address": instance.private_ip if instance else target["Id"],
                "Port": int(target["Port"]),
                "State": state,
            }


def _certificates() -> Iterator[tuple[str, Document]]:
    """Those that listeners use."""
    for backend in _backends(elbv2_backends):
        known = acm_backends[backend.account_id][backend.region_name]._certificates
        for balancer in backend.load_balancers.values():
            for listener in balancer.listeners.values():
                for arn in _certificates_of(listener):
                    if bundle := known.get(arn):
                        yield (
                            arn,
                            {
                                "Certificate": _text(bundle.cert),
                                "Chain": _text(bundle.chain),
                                "PrivateKey": _text(bundle.key),
                            },
                        )


def _text(pem: Any) -> str | None:
    return pem.decode() if isinstance(pem, bytes) else pem


def _databases() -> Iterator[Document]:
    for backend in _backends(rds_backends):
        for database in (*backend.databases.values(), *snapshots.copied(backend)):
            endpoint = database.endpoint
            values = [group.parameters for group in database.db_parameter_groups()]
            yield {
                "Identifier": database.db_instance_identifier,
                "Host": endpoint["Address"],
                "Port": int(endpoint["Port"]),
                "Engine": database.engine,
                "EngineVersion": database.engine_version,
                "MasterUser": database.master_username,
                "MasterPassword": database._master_user_password,
                "DatabaseName": database.db_name,
                "RestoredFrom": getattr(database, "restored_from", ""),
                "Restarts": restarts(database),
                "Parameters": {name: value.get("ParameterValue") for group in values for name, value in group.items()},
            }


def _caches() -> Iterator[Document]:
    for backend in _backends(elasticache_backends):
        for group in backend.replication_groups.values():
            endpoint = group.endpoint("clustercfg" if group.cluster_enabled else "master")
            values = parameter_groups(backend).get(group.cache_parameter_group_name)
            yield {
                "ReplicationGroupId": group.replication_group_id,
                "Host": endpoint["Address"],
                "ReaderHost": group.endpoint("replica")["Address"],
                "Port": int(endpoint["Port"]),
                "Engine": group.release.engine,
                "EngineVersion": group.release.running,
                "AuthToken": group.auth_token,
                "TransitEncryption": group.transit_encryption_enabled,
                "Failovers": group.failovers,
                "Parameters": dict(values.values) if values else {},
            }


def _file_servers() -> Iterator[Document]:
    """Instances with volumes that outlive them."""
    for backend in _backends(ec2_backends):
        for reservation in list(backend.reservations.values()):
            for instance in reservation.instances:
                volumes = [
                    {
                        "VolumeId": device.volume_id,
                        "Name": _name(backend, device.volume_id),
                        "Device": path,
                        "SizeGiB": backend.volumes[device.volume_id].size,
                    }
                    for path, device in instance.block_device_mapping.items()
                    if not device.delete_on_termination and device.volume_id in backend.volumes
                ]
                if volumes and instance.state in ("pending", "running"):
                    yield {
                        "InstanceId": instance.id,
                        "Name": _name(backend, instance.id),
                        "PrivateIpAddress": instance.private_ip,
                        "Volumes": volumes,
                    }


def _name(ec2: Any, resource_id: str) -> str | None:
    """The value of the tag Name."""
    name = ec2.tags.get(resource_id, {}).get("Name")
    return str(name) if name is not None else None


def _records() -> Iterator[Document]:
    """The records of private zones. An alias has the name of its target as its value."""
    for backend in _backends(route53_backends):
        for zone in backend.zones.values():
            if zone.private_zone:
                for record in zone.rrsets:
                    alias = record.alias_target
                    yield {
                        "Zone": zone.name,
                        "VpcIds": sorted(vpc["vpc_id"] for vpc in zone.vpcs if "vpc_id" in vpc),
                        "Name": record.name,
                        "Type": record.type,
                        "Alias": bool(alias),
                        "Values": [alias["DNSName"]] if alias else list(record.records or ()),
                    }
