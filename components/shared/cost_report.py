"""The Cost and Usage Report 2.0: each item that AWS charges, as files in a bucket."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.shared.context import Context
from settings.cost_report import CostReportSettings

_TABLE = "COST_AND_USAGE_REPORT"
_PREFIX = "cost-reports"
_COLUMNS = (
    "bill_billing_entity",
    "bill_billing_period_start_date",
    "bill_invoice_id",
    "bill_payer_account_id",
    "line_item_availability_zone",
    "line_item_currency_code",
    "line_item_line_item_description",
    "line_item_line_item_type",
    "line_item_operation",
    "line_item_product_code",
    "line_item_unblended_cost",
    "line_item_usage_account_id",
    "line_item_usage_amount",
    "line_item_usage_end_date",
    "line_item_usage_start_date",
    "line_item_usage_type",
    "pricing_term",
    "pricing_unit",
    "product_region_code",
    "product_servicecode",
    "reservation_effective_cost",
    "resource_tags",
    "savings_plan_savings_plan_effective_cost",
)
"""The columns that answer "who, what, when, how much" ("Cost and Usage Report (CUR) 2.0"). Each one costs storage."""
_RESOURCE_COLUMN = "line_item_resource_id"
"""This column exists only in a report by resource."""


@dataclass(frozen=True, kw_only=True)
class CostReportArgs:
    """The settings of the report, and where it goes."""

    context: Context
    report: CostReportSettings
    bucket_name: pulumi.Input[str]
    """A bucket to which AWS's billing may write. AWS tests it when the export is made."""


class CostReport(pulumi.ComponentResource):
    """A data export, the successor of the Cost and Usage Report ("What are AWS Data Exports?").

    Produces the export: Parquet files under ``cost-reports/<name>/``, which AWS replaces up to three times a day.
    """

    arn: pulumi.Output[str]

    def __init__(self, name: str, args: CostReportArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("magento:shared:CostReport", name, {"report": args.report.name}, opts)
        s3 = aws.bcmdata.ExportExportDestinationConfigurationS3DestinationArgs
        export = aws.bcmdata.Export(
            name,
            export=aws.bcmdata.ExportExportArgs(
                name=args.report.name,
                description="What the platform costs",
                data_queries=[
                    aws.bcmdata.ExportExportDataQueryArgs(
                        query_statement=_query(args.report),
                        table_configurations={_TABLE: _table(args.report, args.context.account_id)},
                    )
                ],
                destination_configurations=[
                    aws.bcmdata.ExportExportDestinationConfigurationArgs(
                        s3_destinations=[
                            s3(
                                s3_bucket=args.bucket_name,
                                s3_prefix=_PREFIX,
                                s3_region=args.context.region,
                                s3_output_configurations=[_files()],
                            )
                        ]
                    )
                ],
                refresh_cadences=[aws.bcmdata.ExportExportRefreshCadenceArgs(frequency="SYNCHRONOUS")],
            ),
            tags=args.context.tags.named(name),
            # Another table replaces the export. Two exports must not write to the same folder.
            opts=pulumi.ResourceOptions(parent=self, delete_before_replace=True),
        )
        self.arn = export.arn
        self.register_outputs({"arn": self.arn})


def _query(report: CostReportSettings) -> str:
    columns = sorted([*_COLUMNS, *([_RESOURCE_COLUMN] if report.by_resource else [])])
    return f"SELECT {', '.join(columns)} FROM {_TABLE}"


def _table(report: CostReportSettings, account_id: pulumi.Input[str]) -> dict[str, pulumi.Input[str]]:
    """Every setting of the table. AWS fills in missing ones, which the provider would then see as a change."""
    return {
        "BILLING_VIEW_ARN": pulumi.Output.concat("arn:aws:billing::", account_id, ":billingview/primary"),
        "INCLUDE_MANUAL_DISCOUNT_COMPATIBILITY": "FALSE",
        "INCLUDE_RESOURCES": str(report.by_resource).upper(),
        "INCLUDE_SPLIT_COST_ALLOCATION_DATA": "FALSE",
        "TIME_GRANULARITY": report.granularity.value.upper(),
    }


def _files() -> aws.bcmdata.ExportExportDestinationConfigurationS3DestinationS3OutputConfigurationArgs:
    return aws.bcmdata.ExportExportDestinationConfigurationS3DestinationS3OutputConfigurationArgs(
        output_type="CUSTOM", format="PARQUET", compression="PARQUET", overwrite="OVERWRITE_REPORT"
    )
