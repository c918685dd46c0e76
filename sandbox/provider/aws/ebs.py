"""EBS's types are EC2's API: importing this makes the adapters of volumes known."""

from sandbox.provider.aws.ec2 import volumes

__all__ = ["volumes"]
