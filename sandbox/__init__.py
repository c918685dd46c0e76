"""An AWS account on one machine for Pulumi programs: the CLI, an embedded AWS and a provider plugin. See README.md."""
