# Publishes the metric BootReady of this server, as the Linux servers do: 1 when its boot went well, the agent that sends
# its logs runs and its newest configuration is in effect, 0 when the boot failed or is not over, the agent does not run,
# or the configuration was refused or is out of reach. A scheduled task runs it every five minutes.
Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'
$metadata = 'http://169.254.169.254/latest'
$lifetime = @{ 'X-aws-ec2-metadata-token-ttl-seconds' = '60' }
$token = @{ 'X-aws-ec2-metadata-token' = Invoke-RestMethod -Method Put -Headers $lifetime "$metadata/api/token" }
$instance = Invoke-RestMethod -Headers $token "$metadata/meta-data/instance-id"
$region = Invoke-RestMethod -Headers $token "$metadata/meta-data/placement/region"
$status = Get-Content -ErrorAction SilentlyContinue 'C:\ProgramData\Platform\status'
# It is looked for each minute, which sets the time of the outcome.
$outcome = Get-Item -ErrorAction SilentlyContinue 'C:\ProgramData\Platform\configuration'
$isConfigured = $outcome -and $outcome.LastWriteTimeUtc -gt [DateTime]::UtcNow.AddMinutes(-15) -and
    "$(Get-Content $outcome.FullName)".EndsWith(' applied')
# State Manager installs it, and tells nobody when it could not.
$agent = Get-Service -ErrorAction SilentlyContinue AmazonCloudWatchAgent
$sendsLogs = $agent -and $agent.Status -eq 'Running'
Write-CWMetricData -Region $region -Namespace 'Servers' -MetricData @{
    MetricName = 'BootReady'
    Dimensions = @(@{ Name = 'InstanceId'; Value = $instance })
    Value = [int]($status -eq 'ready' -and $sendsLogs -and $isConfigured)
}
& "$PSScriptRoot\publish_usage.ps1" -Region $region -Instance $instance
