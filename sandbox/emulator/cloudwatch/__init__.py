"""CloudWatch: composite alarms that follow their children and tell their topics, and dashboards that are checked."""

from sandbox.emulator.cloudwatch import alarms, dashboards

__all__ = ["alarms", "dashboards"]
