# Opens Windows' firewall for the ports that the stack keeps in a parameter of Systems Manager, if it has another version
# than the last one. A scheduled task runs it each minute, and each boot runs it with -AtBoot. The instance's tag
# Configuration says which version was tried last, and how that went, as on the Linux servers.
param(
    [Parameter(Mandatory)] [string] $Name,
    [switch] $AtBoot
)
Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'
$outcome = "$PSScriptRoot\configuration"
$metadata = 'http://169.254.169.254/latest'
$lifetime = @{ 'X-aws-ec2-metadata-token-ttl-seconds' = '60' }

$parameter = $null
$attempts = if ($AtBoot) { 10 } else { 1 }
foreach ($attempt in 1..$attempts) {
    try {
        $token = @{ 'X-aws-ec2-metadata-token' = Invoke-RestMethod -Method Put -Headers $lifetime "$metadata/api/token" }
        $instance = Invoke-RestMethod -Headers $token "$metadata/meta-data/instance-id"
        $region = Invoke-RestMethod -Headers $token "$metadata/meta-data/placement/region"
        $parameter = Get-SSMParameter -Region $region -Name $Name -WithDecryption $true
        break
    } catch {
        Write-Host "$Name could not be read, attempt ${attempt}: $_"
        if ($attempt -lt $attempts) { Start-Sleep -Seconds 6 }
    }
}
if (-not $parameter) {
    # The firewall keeps what was applied last, over reboots too.
    if (Test-Path $outcome) { return }
    throw "$Name could not be read"
}
$version = "$($parameter.Version)"
$last = "$(Get-Content -ErrorAction SilentlyContinue -Path $outcome)"
if (-not $AtBoot -and $last.StartsWith("$version ")) {
    # That it was looked for counts too: publish_boot_status.ps1 watches the file's time.
    (Get-Item $outcome).LastWriteTimeUtc = [DateTime]::UtcNow
    return
}

$refused = $null
$result = "$version applied"
try {
    $packed = New-Object IO.MemoryStream (, [Convert]::FromBase64String($parameter.Value))
    $unpacked = New-Object IO.Compression.GZipStream ($packed, [IO.Compression.CompressionMode]::Decompress)
    $document = (New-Object IO.StreamReader ($unpacked)).ReadToEnd() | ConvertFrom-Json
    & "$PSScriptRoot\open_firewall.ps1" -Ports @($document.files[0].content -split '\s+' | Where-Object { $_ })
} catch {
    $refused = $_
    # A tag has at most 256 characters, and not every service takes all of them.
    $result = "$version refused: $_" -replace '[^a-zA-Z0-9 +=._:/@-]+', ' '
    if ($result.Length -gt 256) { $result = $result.Substring(0, 256) }
}
try {
    New-EC2Tag -Region $region -Resource $instance -Tag @{ Key = 'Configuration'; Value = $result }
    Set-Content -Path $outcome -Value $result
} catch {
    Write-Host "The tag Configuration could not be set: the next run tries again: $_"
}
# A new server has no ports that are open as before.
if ($refused -and -not $last) { throw $refused }
