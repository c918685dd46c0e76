# Gives each data volume its drive letter. Only a disk without any partition table (RAW) is initialised and formatted:
# one that holds data keeps it, and one that holds anything unexpected ends the script, for a person to look at.
# Safe to run again, also after a volume was made larger.
param(
    # Volume ids (vol-...) by the volume's name.
    [Parameter(Mandatory)] [hashtable] $VolumeIds,
    # Drive letters by the volume's name.
    [Parameter(Mandatory)] [hashtable] $DriveLetters,
    # Volumes are attached once the instance runs; one made from a large snapshot takes its time.
    [int] $WaitSeconds = 600
)
Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

function Wait-Disk([string] $VolumeId) {
    # A disk's serial number begins with its volume's id without the hyphen ("Map NVMe disks to volumes").
    $serial = $VolumeId.Replace('-', '')
    $deadline = (Get-Date).AddSeconds($WaitSeconds)
    while ($true) {
        Update-HostStorageCache
        $disk = Get-Disk | Where-Object { "$($_.SerialNumber)".Trim().StartsWith($serial) }
        if ($disk) { return $disk }
        if ((Get-Date) -gt $deadline) { throw "$VolumeId did not appear in $WaitSeconds seconds: is it attached?" }
        Start-Sleep -Seconds 2
    }
}

foreach ($name in $DriveLetters.Keys) {
    $letter = $DriveLetters[$name]
    $number = (Wait-Disk $VolumeIds[$name]).Number
    Set-Disk -Number $number -IsOffline $false
    Set-Disk -Number $number -IsReadOnly $false
    if ((Get-Disk -Number $number).PartitionStyle -eq 'RAW') {
        Write-Output "$name is blank: making a file system on ${letter}:"
        Initialize-Disk -Number $number -PartitionStyle GPT
        New-Partition -DiskNumber $number -UseMaximumSize -DriveLetter $letter |
            Format-Volume -FileSystem NTFS -NewFileSystemLabel $name -Confirm:$false | Out-Null
        continue
    }
    $partitions = @(Get-Partition -DiskNumber $number | Where-Object Type -EQ 'Basic')
    if ($partitions.Count -ne 1) { throw "$name has $($partitions.Count) data partitions instead of one: left as it is" }
    $partition = $partitions[0]
    if ($partition.DriveLetter -ne $letter) {
        Set-Partition -DiskNumber $number -PartitionNumber $partition.PartitionNumber -NewDriveLetter $letter
    }
    $largest = (Get-PartitionSupportedSize -DriveLetter $letter).SizeMax
    if ($partition.Size -lt $largest) { Resize-Partition -DriveLetter $letter -Size $largest }
    Write-Output "$name is at ${letter}:"
}
