"""``aws.rds.Instance``: one database server."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from sandbox.provider.adapter import TAGS, Adapter, AutoName, Aws, Property, Values, adapter
from sandbox.provider.aws.blocks import Shape
from sandbox.provider.aws.data_stores import tagging
from sandbox.provider.aws.rds.versions import spelled_version
from sandbox.provider.aws.tags import from_records, to_records

RESOURCE_ID = re.compile(r"db-[A-Z0-9]{24,26}")
"""The id that survives a change of an instance's identifier (``DbiResourceId``). An import gives the identifier."""

READ_AS_WRITTEN = Shape(
    {
        "allocatedStorage": "AllocatedStorage",
        "autoMinorVersionUpgrade": "AutoMinorVersionUpgrade",
        "availabilityZone": "AvailabilityZone",
        "backupRetentionPeriod": "BackupRetentionPeriod",
        "backupWindow": "PreferredBackupWindow",
        "caCertIdentifier": "CACertificateIdentifier",
        "copyTagsToSnapshot": "CopyTagsToSnapshot",
        "databaseInsightsMode": "DatabaseInsightsMode",
        "dbName": "DBName",
        "deletionProtection": "DeletionProtection",
        "engine": "Engine",
        "engineLifecycleSupport": "EngineLifecycleSupport",
        "engineVersion": "EngineVersion",
        "identifier": "DBInstanceIdentifier",
        "instanceClass": "DBInstanceClass",
        "iops": "Iops",
        "kmsKeyId": "KmsKeyId",
        "maintenanceWindow": "PreferredMaintenanceWindow",
        "maxAllocatedStorage": "MaxAllocatedStorage",
        "monitoringInterval": "MonitoringInterval",
        "monitoringRoleArn": "MonitoringRoleArn",
        "multiAz": "MultiAZ",
        "performanceInsightsKmsKeyId": "PerformanceInsightsKMSKeyId",
        "performanceInsightsRetentionPeriod": "PerformanceInsightsRetentionPeriod",
        "publiclyAccessible": "PubliclyAccessible",
        "storageEncrypted": "StorageEncrypted",
        "storageThroughput": "StorageThroughput",
        "storageType": "StorageType",
        "username": "MasterUsername",
    }
)
"""What CreateDBInstance takes and DescribeDBInstances answers under one name."""

WRITTEN_OTHERWISE = Shape(
    {
        "dbSubnetGroupName": "DBSubnetGroupName",
        "enabledCloudwatchLogsExports": "EnableCloudwatchLogsExports",
        "iamDatabaseAuthenticationEnabled": "EnableIAMDatabaseAuthentication",
        "manageMasterUserPassword": "ManageMasterUserPassword",
        "masterUserSecretKmsKeyId": "MasterUserSecretKmsKeyId",
        "parameterGroupName": "DBParameterGroupName",
        "password": "MasterUserPassword",
        "performanceInsightsEnabled": "EnablePerformanceInsights",
        "port": "Port",
        "vpcSecurityGroupIds": "VpcSecurityGroupIds",
    }
)
"""What CreateDBInstance takes and DescribeDBInstances answers in another shape, or not at all."""

NAME_IN_MODIFY = {"DBInstanceIdentifier": "NewDBInstanceIdentifier", "Port": "DBPortNumber"}
"""The arguments that ModifyDBInstance calls otherwise than CreateDBInstance."""

AT_DELETION_ONLY = {"deleteAutomatedBackups", "finalSnapshotIdentifier", "skipFinalSnapshot"}
HOW_TO_MODIFY = {"allowMajorVersionUpgrade", "applyImmediately"}

CHANGED_AFTER_A_RESTORE = (
    "allocatedStorage",
    "backupRetentionPeriod",
    "backupWindow",
    "engineVersion",
    "maintenanceWindow",
    "maxAllocatedStorage",
    "monitoringInterval",
    "monitoringRoleArn",
    "password",
    "performanceInsightsEnabled",
    "performanceInsightsKmsKeyId",
    "performanceInsightsRetentionPeriod",
)
"""What RestoreDBInstanceFromDBSnapshot does not take. The official provider changes it in a second step too."""
FROM_THE_SNAPSHOT = ("dbName", "kmsKeyId", "storageEncrypted", "username")
"""What a restored instance has from its snapshot."""


@adapter
class Instance(Adapter):
    """Its id is AWS's resource id."""

    token = "aws:rds/instance:Instance"
    service = "rds"
    tagging = tagging("rds")
    not_found = ("DBInstanceNotFound", "DBInstanceNotFoundFault")
    emulation = (
        "no database server runs: settings, endpoint and snapshots are kept, and nothing answers at the endpoint"
    )
    properties = {
        "allocatedStorage": Property(computed=True),
        "allowMajorVersionUpgrade": Property(write_only=True),
        "applyImmediately": Property(default=False, write_only=True),
        "autoMinorVersionUpgrade": Property(default=True),
        "availabilityZone": Property(computed=True, replaces=True),
        "backupRetentionPeriod": Property(computed=True),
        "backupWindow": Property(computed=True),
        "blueGreenUpdate": Property(kept="The embedded AWS changes a database in its place."),
        "caCertIdentifier": Property(computed=True),
        "copyTagsToSnapshot": Property(default=False),
        "databaseInsightsMode": Property(computed=True),
        "dbName": Property(computed=True, replaces=True),
        "dbSubnetGroupName": Property(computed=True),
        "deleteAutomatedBackups": Property(default=True, write_only=True),
        "deletionProtection": Property(default=False),
        "enabledCloudwatchLogsExports": Property(unordered=True),
        "engine": Property(required=True, replaces=True),
        "engineLifecycleSupport": Property(computed=True, replaces=True),
        "engineVersion": Property(computed=True),
        "finalSnapshotIdentifier": Property(write_only=True),
        "iamDatabaseAuthenticationEnabled": Property(default=False),
        "identifier": Property(autoname=AutoName(max_length=63, lowercase=True)),
        "instanceClass": Property(required=True),
        "iops": Property(computed=True),
        "kmsKeyId": Property(computed=True, replaces=True),
        "maintenanceWindow": Property(computed=True),
        "manageMasterUserPassword": Property(),
        "masterUserSecretKmsKeyId": Property(computed=True),
        "maxAllocatedStorage": Property(),
        "monitoringInterval": Property(default=0),
        "monitoringRoleArn": Property(computed=True),
        "multiAz": Property(computed=True),
        "parameterGroupName": Property(computed=True),
        "password": Property(secret=True, write_only=True),
        "performanceInsightsEnabled": Property(default=False),
        "performanceInsightsKmsKeyId": Property(computed=True),
        "performanceInsightsRetentionPeriod": Property(computed=True),
        "port": Property(computed=True),
        "publiclyAccessible": Property(default=False),
        "skipFinalSnapshot": Property(default=False, write_only=True),
        "snapshotIdentifier": Property(replaces=True, write_only=True),
        "storageEncrypted": Property(default=False, replaces=True),
        "storageThroughput": Property(computed=True),
        "storageType": Property(computed=True),
        "tags": TAGS,
        "username": Property(computed=True, replaces=True),
        "vpcSecurityGroupIds": Property(computed=True, unordered=True),
    }
    outputs = (
        "address",
        "arn",
        "endpoint",
        "engineVersionActual",
        "hostedZoneId",
        "latestRestorableTime",
        "listenerEndpoints",
        "masterUserSecrets",
        "replicas",
        "resourceId",
        "status",
    )
    volatile_outputs = ("engineVersionActual", "latestRestorableTime", "status")

    def check(self, inputs: Values) -> list[tuple[str, str]]:
        if "password" in inputs and inputs.get("manageMasterUserPassword"):
            return [("password", "got a value beside manageMasterUserPassword, expected only one of the two")]
        return []

    def create(self, aws: Aws, inputs: Values) -> str:
        tags = to_records(inputs["tagsAll"])
        if snapshot := inputs.get("snapshotIdentifier"):
            left_out = {*CHANGED_AFTER_A_RESTORE, *FROM_THE_SNAPSHOT}
            taken = {name: value for name, value in inputs.items() if name not in left_out}
            answer = aws.client("rds").restore_db_instance_from_db_snapshot(
                DBSnapshotIdentifier=snapshot, **_written(taken), Tags=tags
            )
        else:
            answer = aws.client("rds").create_db_instance(**_written(inputs), Tags=tags)
        return str(answer["DBInstance"]["DbiResourceId"])

    def configure(self, aws: Aws, id: str, inputs: Values) -> None:
        self._wait_available(aws, id)
        if inputs.get("snapshotIdentifier"):
            changed = frozenset(name for name in CHANGED_AFTER_A_RESTORE if inputs.get(name) is not None)
            aws.client("rds").modify_db_instance(
                DBInstanceIdentifier=inputs["identifier"],
                ApplyImmediately=True,
                **_modification({}, inputs, changed),
            )
            self._wait_available(aws, id)

    def read(self, aws: Aws, id: str, state: Values) -> Values | None:
        instance = _find(aws, id)
        if instance is None:
            return None
        endpoint = instance.get("Endpoint", {})
        secret = instance.get("MasterUserSecret", {})
        logs = instance.get("EnabledCloudwatchLogsExports", [])
        return {
            **READ_AS_WRITTEN.from_aws(instance),
            "dbSubnetGroupName": instance.get("DBSubnetGroup", {}).get("DBSubnetGroupName"),
            "enabledCloudwatchLogsExports": logs,
            "engineVersion": spelled_version(instance["EngineVersion"], state.get("engineVersion")),
            "iamDatabaseAuthenticationEnabled": instance.get("IAMDatabaseAuthenticationEnabled", False),
            "manageMasterUserPassword": True if secret else None,
            "masterUserSecretKmsKeyId": secret.get("KmsKeyId"),
            "parameterGroupName": _first(instance, "DBParameterGroups", "DBParameterGroupName"),
            "performanceInsightsEnabled": instance.get("PerformanceInsightsEnabled", False),
            "port": endpoint.get("Port"),
            "vpcSecurityGroupIds": [group["VpcSecurityGroupId"] for group in instance["VpcSecurityGroups"]],
            "tags": from_records(instance.get("TagList")),
            **_outputs(instance),
        }

    def update(self, aws: Aws, id: str, old: Values, new: Values, changed: frozenset[str]) -> None:
        changes = changed - AT_DELETION_ONLY - HOW_TO_MODIFY
        if not changes:
            return
        aws.client("rds").modify_db_instance(
            DBInstanceIdentifier=old["identifier"],
            ApplyImmediately=new["applyImmediately"],
            **_modification(old, new, changes),
        )
        self._wait_available(aws, id)

    def delete(self, aws: Aws, id: str, state: Values) -> None:
        instance = _find(aws, id)
        if instance is None:
            return
        snapshot: dict[str, Any] = {"SkipFinalSnapshot": bool(state.get("skipFinalSnapshot"))}
        if not snapshot["SkipFinalSnapshot"] and state.get("finalSnapshotIdentifier"):
            snapshot["FinalDBSnapshotIdentifier"] = state["finalSnapshotIdentifier"]
        aws.client("rds").delete_db_instance(
            DBInstanceIdentifier=instance["DBInstanceIdentifier"],
            DeleteAutomatedBackups=state.get("deleteAutomatedBackups", True),
            **snapshot,
        )
        aws.wait(f"deletion of database {instance['DBInstanceIdentifier']}", lambda: _find(aws, id) is None)

    def _wait_available(self, aws: Aws, id: str) -> None:
        def available() -> bool:
            instance = _find(aws, id)
            return instance is not None and instance["DBInstanceStatus"] == "available"

        aws.wait(f"database {id} to be available", available)


def _written(inputs: Values) -> dict[str, Any]:
    """The arguments of CreateDBInstance."""
    return READ_AS_WRITTEN.to_aws(inputs) | WRITTEN_OTHERWISE.to_aws(inputs)


def _modification(old: Values, new: Values, changed: frozenset[str]) -> dict[str, Any]:
    """The arguments of ModifyDBInstance for the properties that change."""
    wanted = {name: new.get(name) for name in changed - {"enabledCloudwatchLogsExports"}}
    if "maxAllocatedStorage" in wanted and wanted["maxAllocatedStorage"] is None:
        # RDS has no other way to say "no autoscaling of the storage".
        wanted["maxAllocatedStorage"] = new.get("allocatedStorage") or old["allocatedStorage"]
    if "manageMasterUserPassword" in wanted and wanted["manageMasterUserPassword"] is None:
        wanted |= {"manageMasterUserPassword": False, "password": new.get("password")}
    if wanted.keys() & {"iops", "storageThroughput", "storageType"}:
        # A change of one is refused unless the size of the volume is given too.
        wanted["allocatedStorage"] = new.get("allocatedStorage")
    written = READ_AS_WRITTEN.to_aws(wanted) | WRITTEN_OTHERWISE.to_aws(wanted)
    arguments = {NAME_IN_MODIFY.get(name, name): value for name, value in written.items()}
    if "engineVersion" in changed and "allowMajorVersionUpgrade" in new:
        arguments["AllowMajorVersionUpgrade"] = new["allowMajorVersionUpgrade"]
    if "enabledCloudwatchLogsExports" in changed:
        before, after = (set(values.get("enabledCloudwatchLogsExports") or ()) for values in (old, new))
        arguments["CloudwatchLogsExportConfiguration"] = {
            "EnableLogTypes": sorted(after - before),
            "DisableLogTypes": sorted(before - after),
        }
    return arguments


def _outputs(instance: Mapping[str, Any]) -> Values:
    endpoint = instance.get("Endpoint", {})
    secret = instance.get("MasterUserSecret")
    restorable = instance.get("LatestRestorableTime")
    return {
        "address": endpoint.get("Address"),
        "arn": instance["DBInstanceArn"],
        "endpoint": f"{endpoint['Address']}:{endpoint['Port']}" if endpoint else None,
        "engineVersionActual": instance["EngineVersion"],
        "hostedZoneId": endpoint.get("HostedZoneId"),
        "latestRestorableTime": restorable.isoformat() if restorable else None,
        "listenerEndpoints": [],
        "masterUserSecrets": [
            {
                "kmsKeyId": secret.get("KmsKeyId"),
                "secretArn": secret["SecretArn"],
                "secretStatus": secret["SecretStatus"],
            }
        ]
        if secret
        else [],
        "replicas": instance.get("ReadReplicaDBInstanceIdentifiers", []),
        "resourceId": instance["DbiResourceId"],
        "status": instance["DBInstanceStatus"],
    }


def _find(aws: Aws, id: str) -> Mapping[str, Any] | None:
    """The instance with a resource id or an identifier, or ``None``."""
    by_resource_id = {"Filters": [{"Name": "dbi-resource-id", "Values": [id]}]}
    chosen = by_resource_id if RESOURCE_ID.fullmatch(id) else {"DBInstanceIdentifier": id}
    try:
        instances = aws.client("rds").describe_db_instances(**chosen)["DBInstances"]
    except ClientError as error:
        if error.response["Error"]["Code"] in Instance.not_found:
            return None
        raise
    return instances[0] if instances else None


def _first(instance: Mapping[str, Any], members: str, name: str) -> str | None:
    groups = instance.get(members, [])
    return groups[0][name] if groups else None
