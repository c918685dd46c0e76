"""The option groups of a search domain, between pulumi-aws's shape and AWS's."""

from __future__ import annotations

from sandbox.provider.aws.blocks import Leaf, Nested, Shape

CLUSTER_CONFIG = Shape(
    {
        "coldStorageOptions": Nested("ColdStorageOptions", Shape({"enabled": Leaf("Enabled", default=False)})),
        "dedicatedMasterCount": "DedicatedMasterCount",
        "dedicatedMasterEnabled": Leaf("DedicatedMasterEnabled", default=False),
        "dedicatedMasterType": "DedicatedMasterType",
        "instanceCount": Leaf("InstanceCount", default=1),
        "instanceType": "InstanceType",
        "multiAzWithStandbyEnabled": Leaf("MultiAZWithStandbyEnabled", default=False),
        "warmCount": "WarmCount",
        "warmEnabled": Leaf("WarmEnabled", default=False),
        "warmType": "WarmType",
        "zoneAwarenessConfig": Nested(
            "ZoneAwarenessConfig", Shape({"availabilityZoneCount": Leaf("AvailabilityZoneCount", default=2)})
        ),
        "zoneAwarenessEnabled": Leaf("ZoneAwarenessEnabled", default=False),
    }
)

EBS = Shape(
    {
        "ebsEnabled": "EBSEnabled",
        "iops": Leaf("Iops", computed=True),
        "throughput": Leaf("Throughput", computed=True),
        "volumeSize": "VolumeSize",
        "volumeType": Leaf("VolumeType", computed=True),
    }
)

ADVANCED_SECURITY = Shape(
    {
        "anonymousAuthEnabled": Leaf("AnonymousAuthEnabled", default=False),
        "enabled": Leaf("Enabled"),
        "internalUserDatabaseEnabled": Leaf("InternalUserDatabaseEnabled", default=False),
        "masterUserOptions": Nested(
            "MasterUserOptions",
            Shape(
                {
                    "masterUserArn": "MasterUserARN",
                    "masterUserName": "MasterUserName",
                    "masterUserPassword": "MasterUserPassword",
                }
            ),
            write_only=True,
        ),
    }
)


ENDPOINT = Shape(
    {
        "customEndpoint": "CustomEndpoint",
        "customEndpointCertificateArn": "CustomEndpointCertificateArn",
        "customEndpointEnabled": Leaf("CustomEndpointEnabled", default=False),
        "enforceHttps": Leaf("EnforceHTTPS", default=True),
        "tlsSecurityPolicy": Leaf("TLSSecurityPolicy", computed=True),
    }
)

OFF_PEAK_WINDOW = Shape(
    {
        "enabled": Leaf("Enabled", default=True),
        "offPeakWindow": Nested(
            "OffPeakWindow",
            Shape({"windowStartTime": Nested("WindowStartTime", Shape({"hours": "Hours", "minutes": "Minutes"}))}),
        ),
    }
)

DOMAIN = Shape(
    {
        "accessPolicies": "AccessPolicies",
        "advancedOptions": "AdvancedOptions",
        "advancedSecurityOptions": Nested("AdvancedSecurityOptions", ADVANCED_SECURITY),
        "clusterConfig": Nested("ClusterConfig", CLUSTER_CONFIG),
        "domainEndpointOptions": Nested("DomainEndpointOptions", ENDPOINT),
        "ebsOptions": Nested("EBSOptions", EBS),
        "encryptAtRest": Nested(
            "EncryptionAtRestOptions", Shape({"enabled": "Enabled", "kmsKeyId": Leaf("KmsKeyId", computed=True)})
        ),
        "nodeToNodeEncryption": Nested("NodeToNodeEncryptionOptions", Shape({"enabled": "Enabled"})),
        "offPeakWindowOptions": Nested("OffPeakWindowOptions", OFF_PEAK_WINDOW),
        "softwareUpdateOptions": Nested(
            "SoftwareUpdateOptions", Shape({"autoSoftwareUpdateEnabled": "AutoSoftwareUpdateEnabled"})
        ),
        "vpcOptions": Nested("VPCOptions", Shape({"securityGroupIds": "SecurityGroupIds", "subnetIds": "SubnetIds"})),
    }
)
"""What CreateDomain and UpdateDomainConfig take and DescribeDomain answers in the same structure."""

AUTO_TUNE = Shape({"desiredState": "DesiredState", "rollbackOnDisable": "RollbackOnDisable"})
"""Taken like the rest, but answered by DescribeDomainConfig only."""
