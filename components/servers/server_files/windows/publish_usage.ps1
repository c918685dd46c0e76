# Publishes how much this server uses: of its drives, memory and page files, in percent, as the Linux servers do.
param(
    [Parameter(Mandatory)] [string] $Region,
    # The instance's id.
    [Parameter(Mandatory)] [string] $Instance
)
Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

$server = @{ Name = 'InstanceId'; Value = $Instance }
function Get-Datum([string] $Name, [double] $Free, [double] $Total, [hashtable[]] $Dimensions) {
    $used = if ($Total -gt 0) { [math]::Round(100 * ($Total - $Free) / $Total, 1) } else { 0 }
    @{ MetricName = $Name; Value = $used; Unit = 'Percent'; Dimensions = $Dimensions }
}

# Fixed disks alone: an empty DVD drive would be full.
$data = @(foreach ($drive in Get-CimInstance Win32_LogicalDisk -Filter 'DriveType = 3') {
    $place = @{ Name = 'Directory'; Value = $drive.DeviceID }
    Get-Datum 'DiskUsedPercent' $drive.FreeSpace $drive.Size @($server)
    Get-Datum 'DiskUsedPercent' $drive.FreeSpace $drive.Size @($server, $place)
})
# In KiB, all of it ("Win32_OperatingSystem class").
$system = Get-CimInstance Win32_OperatingSystem
$data += Get-Datum 'MemoryUsedPercent' $system.FreePhysicalMemory $system.TotalVisibleMemorySize @($server)
$data += Get-Datum 'SwapUsedPercent' $system.FreeSpaceInPagingFiles $system.SizeStoredInPagingFiles @($server)
Write-CWMetricData -Region $Region -Namespace 'Servers' -MetricData $data
