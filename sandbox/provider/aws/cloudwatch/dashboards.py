"""``aws.cloudwatch.Dashboard``: a page of graphs, as a JSON document."""

from __future__ import annotations

from sandbox.provider.adapter import Adapter, Aws, Property, Values, adapter


@adapter
class Dashboard(Adapter):
    """Its id is its name."""

    token = "aws:cloudwatch/dashboard:Dashboard"
    service = "cloudwatch"
    not_found = ("ResourceNotFound", "DashboardNotFoundError")
    properties = {
        "dashboardName": Property(required=True, replaces=True),
        "dashboardBody": Property(required=True, json=True),
    }
    outputs = ("dashboardArn",)
    emulation = "The body is checked and kept; there is nothing to draw."

    def create(self, aws: Aws, inputs: Values) -> str:
        self._put(aws, inputs)
        return str(inputs["dashboardName"])

    def read(self, aws: Aws, id: str, state: Values) -> Values | None:
        dashboard = aws.client("cloudwatch").get_dashboard(DashboardName=id)
        return {
            "dashboardName": dashboard["DashboardName"],
            "dashboardBody": dashboard["DashboardBody"],
            "dashboardArn": dashboard["DashboardArn"],
        }

    def update(self, aws: Aws, id: str, old: Values, new: Values, changed: frozenset[str]) -> None:
        self._put(aws, new)

    def delete(self, aws: Aws, id: str, state: Values) -> None:
        aws.client("cloudwatch").delete_dashboards(DashboardNames=[id])

    def _put(self, aws: Aws, inputs: Values) -> None:
        aws.client("cloudwatch").put_dashboard(
            DashboardName=inputs["dashboardName"], DashboardBody=inputs["dashboardBody"]
        )
