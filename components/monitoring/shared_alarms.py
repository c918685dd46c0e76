"""The alarms of VPN links, NAT gateways, single servers and the certificate, as values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pulumi

from components.monitoring.alarm import Alarm, AlarmGroup, Comparison, Metric, MissingData, Statistic
from components.network.vpn_link import VpnTunnels
from components.servers import boot_status, usage
from components.servers.open_vpn_server import AUTHORITY_METRIC, CERTIFICATES_METRIC
from settings.monitoring import ThresholdSettings

_FIVE_MINUTES, _ONE_DAY = 300, 86_400


def of_vpn_link(name: str, link: VpnTunnels) -> tuple[Alarm, AlarmGroup]:
    """The link is down, and the link has lost a tunnel.

    A link on its last tunnel has already sent a mail about the other. If it goes down, it sends another mail.
    """
    down = Alarm(
        key=f"vpn-{name}-down",
        description=f"Both tunnels of the VPN link {name} have been down for 15 minutes",
        # The maximum of its tunnels, each 0 (down) or 1 (up).
        metric=_tunnel_state({"VpnId": link.connection_id}),
        comparison=Comparison.BELOW,
        threshold=1,
        missing_data=MissingData.BREACHING,
        period_seconds=_FIVE_MINUTES,
    )
    tunnels = tuple(
        Alarm(
            key=f"vpn-{name}-tunnel-{number}",
            description=f"Tunnel {number} of the VPN link {name} has been down for 15 minutes",
            metric=_tunnel_state({"VpnId": link.connection_id, "TunnelIpAddress": address}),
            comparison=Comparison.BELOW,
            threshold=1,
            missing_data=MissingData.BREACHING,
            period_seconds=_FIVE_MINUTES,
        )
        for number, address in enumerate(link.tunnel_addresses, start=1)
    )
    redundancy = AlarmGroup(
        key=f"vpn-{name}-redundancy",
        description=f"The VPN link {name} is up, but on one tunnel: when that goes, so does the link",
        alarms=tunnels,
        follows=down.key,
    )
    return down, redundancy


def of_server(name: str, instance_id: pulumi.Input[str]) -> tuple[Alarm, AlarmGroup]:
    """The status checks of a single server, and its boot. A server that does not run sends no mail about its boot."""
    status = Alarm(
        key=f"server-{name}-status",
        description=f"The {name} server has failed its status checks, or has not run, for five minutes",
        metric=Metric(
            namespace="AWS/EC2",
            name="StatusCheckFailed",
            dimensions={"InstanceId": instance_id},
            statistic=Statistic.MAXIMUM,
        ),
        comparison=Comparison.ABOVE,
        threshold=0,
        missing_data=MissingData.BREACHING,
        datapoints=5,
    )
    boot = Alarm(
        key=f"server-{name}-ready",
        description=f"For 30 minutes, the {name} server has not booted, served or applied its newest configuration",
        metric=Metric(
            namespace=boot_status.NAMESPACE,
            name=boot_status.METRIC,
            dimensions={"InstanceId": instance_id},
            statistic=Statistic.MINIMUM,
        ),
        comparison=Comparison.BELOW,
        threshold=1,
        # A server whose packages could not be installed publishes nothing.
        missing_data=MissingData.BREACHING,
        period_seconds=_FIVE_MINUTES,
        datapoints=6,
    )
    return status, AlarmGroup(
        key=f"server-{name}-boot",
        description=f"The {name} server runs, but is not ready, or does not serve: ./shop servers says why",
        alarms=(boot,),
        follows=status.key,
    )


def of_shares(name: str, instance_id: pulumi.Input[str]) -> Alarm:
    """A file server that lacks a volume, and serves the shares of all others."""
    return Alarm(
        key=f"server-{name}-volumes",
        description=f"For ten minutes, a volume of the {name} server has not been mounted, and clients of its share "
        "wait: ./shop servers names it. Attach it",
        metric=Metric(
            namespace=boot_status.NAMESPACE,
            name=usage.MISSING_VOLUMES,
            dimensions={"InstanceId": instance_id},
            statistic=Statistic.MAXIMUM,
        ),
        comparison=Comparison.ABOVE,
        threshold=0,
        # It is published while a volume is missing.
        missing_data=MissingData.NOT_BREACHING,
        period_seconds=_FIVE_MINUTES,
        # Volumes are attached to a new server once it runs.
        datapoints=2,
    )


def of_usage(name: str, instance_id: pulumi.Input[str], thresholds: ThresholdSettings) -> Iterator[Alarm]:
    """A server's fullest file system, in two steps, and its memory. Each sends its own mail: it tells what to do."""
    warned, full = thresholds.server_disk_percent, thresholds.server_full_percent
    for key, metric, threshold, what in (
        ("disk", usage.DISK, warned, "A file system"),
        ("disk-full", usage.DISK, full, "A file system"),
        ("inodes", usage.INODES, warned, "The number of files in a file system"),
        ("inodes-full", usage.INODES, full, "The number of files in a file system"),
        ("memory", usage.MEMORY, full, "The memory"),
        ("swap", usage.SWAP, full, "The swap space"),
    ):
        yield Alarm(
            key=f"server-{name}-{key}",
            description=f"{what} of the {name} server has been more than {threshold} % used for 15 minutes: "
            "./shop servers names full file systems",
            metric=Metric(
                namespace=boot_status.NAMESPACE,
                name=metric,
                dimensions={"InstanceId": instance_id},
                statistic=Statistic.MAXIMUM,
            ),
            comparison=Comparison.ABOVE,
            threshold=threshold,
            # A server that publishes nothing has an alarm of its own.
            missing_data=MissingData.NOT_BREACHING,
            period_seconds=_FIVE_MINUTES,
        )


def of_vpn_certificates(instance_id: pulumi.Input[str], thresholds: ThresholdSettings) -> tuple[Alarm, Alarm]:
    """The first certificate of the OpenVPN server or of its users that ends, and its authority.

    When the authority is renewed, each user needs a new profile.
    """
    days, authority_days = thresholds.vpn_certificate_days, thresholds.vpn_authority_days
    return (
        _days_left(
            instance_id,
            key="vpn-certificates",
            description=f"A certificate of the OpenVPN server ends in less than {days} days: "
            "list_users.sh there says whose. Renew or revoke the user",
            metric=CERTIFICATES_METRIC,
            threshold=days,
        ),
        _days_left(
            instance_id,
            key="vpn-authority",
            description=f"The authority of the OpenVPN server ends in less than {authority_days} days: "
            "renew it with renew_authority.sh there, and send each user a new profile",
            metric=AUTHORITY_METRIC,
            threshold=authority_days,
        ),
    )


def _days_left(instance_id: pulumi.Input[str], *, key: str, description: str, metric: str, threshold: int) -> Alarm:
    return Alarm(
        key=key,
        description=description,
        metric=Metric(
            namespace=boot_status.NAMESPACE,
            name=metric,
            dimensions={"InstanceId": instance_id},
            statistic=Statistic.MINIMUM,
        ),
        comparison=Comparison.BELOW,
        threshold=threshold,
        # Published once a day. A server that does not run or boot has alarms of its own.
        missing_data=MissingData.IGNORE,
        period_seconds=_ONE_DAY,
        datapoints=1,
    )


def of_nat_gateways(gateways: Mapping[str, pulumi.Input[str]]) -> AlarmGroup:
    """NAT gateways that have no port left for a connection, by the letters of their zones.

    AWS recommends an alarm on dropped packets too ("Recommended alarms", NAT gateway), above 0.01 % of the traffic,
    which a quiet night exceeds with one packet.
    """
    return AlarmGroup(
        key="nat",
        description="A NAT gateway has no port left: connections of instances to the internet fail",
        alarms=tuple(
            Alarm(
                key=f"nat-{letter}-ports",
                description=f"The NAT gateway of zone {letter} has refused connections for 15 minutes",
                metric=Metric(
                    namespace="AWS/NATGateway",
                    name="ErrorPortAllocation",
                    dimensions={"NatGatewayId": gateway},
                    statistic=Statistic.SUM,
                ),
                comparison=Comparison.ABOVE,
                threshold=0,
                missing_data=MissingData.NOT_BREACHING,
                period_seconds=_FIVE_MINUTES,
            )
            for letter, gateway in gateways.items()
        ),
    )


def of_certificate(certificate_arn: pulumi.Input[str], thresholds: ThresholdSettings) -> Alarm:
    """The expiry of an imported certificate, which AWS does not renew."""
    return Alarm(
        key="certificate-expiry",
        description=f"The certificate expires in less than {thresholds.certificate_days} days: import its successor",
        metric=Metric(
            namespace="AWS/CertificateManager",
            name="DaysToExpiry",
            dimensions={"CertificateArn": certificate_arn},
            statistic=Statistic.MINIMUM,
        ),
        comparison=Comparison.BELOW,
        threshold=thresholds.certificate_days,
        # Published twice a day, until the certificate expires. The alarm must not end then.
        missing_data=MissingData.IGNORE,
        period_seconds=_ONE_DAY,
        datapoints=1,
    )


def _tunnel_state(dimensions: dict[str, pulumi.Input[str]]) -> Metric:
    return Metric(namespace="AWS/VPN", name="TunnelState", dimensions=dimensions, statistic=Statistic.MAXIMUM)
