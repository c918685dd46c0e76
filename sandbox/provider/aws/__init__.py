"""The adapters of pulumi-aws's resource types, a module or package a service."""
