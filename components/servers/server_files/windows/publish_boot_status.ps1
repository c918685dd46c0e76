# Publishes the metric BootReady of this server, as the Linux servers do: 1 when its boot went well, 0 when it failed or
# is not over. A scheduled task runs it every five minutes.
Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'
$metadata = 'http://169.254.169.254/latest'
$lifetime = @{ 'X-aws-ec2-metadata-token-ttl-seconds' = '60' }
$token = @{ 'X-aws-ec2-metadata-token' = Invoke-RestMethod -Method Put -Headers $lifetime "$metadata/api/token" }
$instance = Invoke-RestMethod -Headers $token "$metadata/meta-data/instance-id"
$region = Invoke-RestMethod -Headers $token "$metadata/meta-data/placement/region"
$status = Get-Content -ErrorAction SilentlyContinue 'C:\ProgramData\Platform\status'
Write-CWMetricData -Region $region -Namespace 'Servers' -MetricData @{
    MetricName = 'BootReady'
    Dimensions = @(@{ Name = 'InstanceId'; Value = $instance })
    Value = [int]($status -eq 'ready')
}
& "$PSScriptRoot\publish_usage.ps1" -Region $region -Instance $instance
