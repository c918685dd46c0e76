"""The Pulumi plugin of the sandbox: the resource types of pulumi-aws and pulumi-random, over boto3."""
