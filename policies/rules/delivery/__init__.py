"""CloudFront, certificates and DNS."""
