"""CloudWatch: alarms that follow data, composite alarms, actions of alarms, and checked dashboards."""

from sandbox.emulator.cloudwatch import alarms, dashboards, evaluation

__all__ = ["alarms", "dashboards", "evaluation"]
