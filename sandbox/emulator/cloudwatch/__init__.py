"""CloudWatch: composite alarms, actions of alarms that change their state, and checked dashboards."""

from sandbox.emulator.cloudwatch import alarms, dashboards

__all__ = ["alarms", "dashboards"]
