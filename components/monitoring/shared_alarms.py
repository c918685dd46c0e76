"""The alarms of VPN links, single servers and the certificate, as values."""

from __future__ import annotations

import pulumi

from components.monitoring.alarm import Alarm, AlarmGroup, Comparison, Metric, MissingData, Statistic
from components.network.vpn_link import VpnTunnels
from settings.monitoring import ThresholdSettings

_FIVE_MINUTES, _ONE_DAY = 300, 86_400


def of_vpn_link(name: str, link: VpnTunnels) -> tuple[AlarmGroup, AlarmGroup]:
    """Two groups: the link is down, and the link has lost a tunnel.

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
    return (
        AlarmGroup(key=f"vpn-{name}", description=f"The VPN link {name} is down", alarms=(down,)),
        AlarmGroup(
            key=f"vpn-{name}-redundancy",
            description=f"The VPN link {name} is up, but on one tunnel: when that goes, so does the link",
            alarms=tunnels,
            suppressed_by=f"vpn-{name}",
        ),
    )


def of_server(name: str, instance_id: pulumi.Input[str]) -> AlarmGroup:
    """The status checks of a single server."""
    return AlarmGroup(
        key=f"server-{name}",
        description=f"The {name} server is broken, stopped or gone",
        alarms=(
            Alarm(
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
            ),
        ),
    )


def of_certificate(certificate_arn: pulumi.Input[str], thresholds: ThresholdSettings) -> AlarmGroup:
    """The expiry of an imported certificate, which AWS does not renew."""
    return AlarmGroup(
        key="certificate",
        description="The certificate expires soon: import its successor",
        alarms=(
            Alarm(
                key="certificate-expiry",
                description=f"The certificate expires in less than {thresholds.certificate_days} days",
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
            ),
        ),
    )


def _tunnel_state(dimensions: dict[str, pulumi.Input[str]]) -> Metric:
    return Metric(namespace="AWS/VPN", name="TunnelState", dimensions=dimensions, statistic=Statistic.MAXIMUM)
