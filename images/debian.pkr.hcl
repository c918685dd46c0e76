# An image of one of the Debian servers with its packages in it: README.md says how to make and to use one.

variable "server" {
  type        = string
  description = "A folder of components/servers/server_files: gateway, nfs_server, openvpn, phpmyadmin or rundeck."
}

variable "region" {
  type        = string
  description = "The stack's region."
}

variable "architecture" {
  type        = string
  default     = "arm64"
  description = "Of the server's instance type: arm64 for AWS's own Graviton processors, such as t4g, and else amd64."
}

variable "subnet_id" {
  type        = string
  description = "A private subnet of the stack: the instance needs egress to the internet, and no ingress."
}

variable "kms_key_id" {
  type        = string
  description = "What the image is encrypted with, such as alias/client-prod: the stack's key."
}

variable "client" {
  type        = string
  description = "The stack's `client`, for the image's name and tags."
}

variable "release" {
  type        = string
  default     = "13"
  description = "Debian's release: 12 for rundeck, whose Java Debian 13 does not have."
}

variable "rundeck_version" {
  type        = string
  default     = "5.*"
  description = "The stack's `rundeck.version`; a boot replaces another one."
}

locals {
  # Only what makes the image: a server of any size boots it.
  instance_types = { arm64 = "t4g.medium", amd64 = "t3.medium" }
  server_files   = "${path.root}/../components/servers/server_files"
  tags = {
    Client       = var.client
    System       = var.server
    Release      = var.release
    Architecture = var.architecture
    ManagedBy    = "packer"
  }
}

source "amazon-ebs" "debian" {
  region        = var.region
  instance_type = local.instance_types[var.architecture]
  subnet_id     = var.subnet_id

  source_ami_filter {
    most_recent = true
    # Debian's account, as in components/servers/image.py.
    owners = ["136693071363"]
    filters = {
      name                = "debian-${var.release}-${var.architecture}-*"
      virtualization-type = "hvm"
    }
  }

  # build_all.sh makes those of one server at the same time, and two images of an account cannot have one name.
  ami_name     = "${var.client}-${var.server}-${var.release}-${var.architecture}-${formatdate("YYYYMMDD-hhmmss", timestamp())}"
  encrypt_boot = true
  kms_key_id   = var.kms_key_id
  imds_support = "v2.0"

  metadata_options {
    http_endpoint               = "enabled"
    http_tokens                 = "required"
    http_put_response_hop_limit = 1
  }

  # SSH inside a session of Session Manager: no port is open. Debian's image lacks the agent, so the
  # instance installs it as it boots, with the script of every server.
  communicator                = "ssh"
  ssh_interface               = "session_manager"
  ssh_username                = "admin"
  ssh_timeout                 = "10m"
  ssh_clear_authorized_keys   = true
  temporary_key_pair_type     = "ed25519"
  associate_public_ip_address = false
  # Packer would add an ingress rule for SSH; with this source it admits no address.
  temporary_security_group_source_cidrs = ["127.0.0.1/32"]

  user_data = join("\n", ["#cloud-config", jsonencode({
    write_files = [
      {
        path        = "/usr/local/bin/instance-metadata"
        permissions = "0755"
        content     = file("${local.server_files}/boot/instance_metadata.sh")
      },
      {
        path        = "/usr/local/sbin/install-session-manager"
        permissions = "0755"
        content     = file("${local.server_files}/boot/install_session_manager.sh")
      },
    ]
    runcmd = [["/usr/local/sbin/install-session-manager"]]
  })])

  # What AWS's own policy AmazonSSMManagedInstanceCore gives for sessions, and no more.
  temporary_iam_instance_profile_policy_document {
    Version = "2012-10-17"
    Statement {
      Effect = "Allow"
      Action = [
        "ssm:UpdateInstanceInformation",
        "ssmmessages:CreateControlChannel",
        "ssmmessages:CreateDataChannel",
        "ssmmessages:OpenControlChannel",
        "ssmmessages:OpenDataChannel",
      ]
      Resource = ["*"]
    }
  }

  tags            = merge(local.tags, { Name = "${var.client}-${var.server}", SourceImage = "{{ .SourceAMIName }}" })
  snapshot_tags   = merge(local.tags, { Name = "${var.client}-${var.server}" })
  run_tags        = merge(local.tags, { Name = "${var.client}-${var.server}-image" })
  run_volume_tags = merge(local.tags, { Name = "${var.client}-${var.server}-image" })
}

build {
  sources = ["source.amazon-ebs.debian"]

  provisioner "shell" {
    inline = ["mkdir --parents /tmp/platform"]
  }

  provisioner "file" {
    sources     = ["${local.server_files}/boot", "${local.server_files}/${var.server}", "${path.root}/install.sh"]
    destination = "/tmp/platform/"
  }

  provisioner "shell" {
    execute_command  = "chmod +x {{ .Path }}; sudo env {{ .Vars }} {{ .Path }}"
    environment_vars = ["RUNDECK_VERSION=${var.rundeck_version}"]
    inline           = ["bash /tmp/platform/install.sh ${var.server}"]
  }

  provisioner "shell" {
    execute_command = "chmod +x {{ .Path }}; sudo env {{ .Vars }} {{ .Path }}"
    script          = "${path.root}/forget.sh"
  }
}
