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

# A blank disk has no partition yet.
$disks = foreach ($name in $DriveLetters.Keys) {
    $number = (Wait-Disk $VolumeIds[$name]).Number
    Set-Disk -Number $number -IsOffline $false
    Set-Disk -Number $number -IsReadOnly $false
    $partition = $null
    if ((Get-Disk -Number $number).PartitionStyle -ne 'RAW') {
        $found = @(Get-Partition -DiskNumber $number | Where-Object Type -EQ 'Basic')
        if ($found.Count -ne 1) { throw "$name has $($found.Count) data partitions instead of one: left as it is" }
        $partition = $found[0].PartitionNumber
    }
    [pscustomobject] @{ Name = $name; Letter = $DriveLetters[$name]; Number = $number; Partition = $partition }
}

# Windows gives letters in the order in which disks come, so that one may have another's. A letter that is in use is
# given to no one else: all are free before the first is given.
foreach ($disk in $disks) {
    $holder = Get-Partition -DriveLetter $disk.Letter -ErrorAction SilentlyContinue
    if ($holder -and $holder.DiskNumber -ne $disk.Number) {
        Write-Output "$($disk.Letter): is disk $($holder.DiskNumber): taken away, for $($disk.Name)"
        Remove-PartitionAccessPath -DiskNumber $holder.DiskNumber -PartitionNumber $holder.PartitionNumber `
            -AccessPath "$($disk.Letter):\"
    }
}

foreach ($disk in $disks) {
    $letter = $disk.Letter
    if ((Get-Disk -Number $disk.Number).PartitionStyle -eq 'RAW') {
        Write-Output "$($disk.Name) is blank: making a file system on ${letter}:"
        Initialize-Disk -Number $disk.Number -PartitionStyle GPT
        New-Partition -DiskNumber $disk.Number -UseMaximumSize -DriveLetter $letter |
            Format-Volume -FileSystem NTFS -NewFileSystemLabel $disk.Name -Confirm:$false | Out-Null
        continue
    }
    $partition = Get-Partition -DiskNumber $disk.Number -PartitionNumber $disk.Partition
    if ($partition.DriveLetter -ne $letter) {
        Set-Partition -DiskNumber $disk.Number -PartitionNumber $disk.Partition -NewDriveLetter $letter
    }
    $largest = (Get-PartitionSupportedSize -DriveLetter $letter).SizeMax
    if ($partition.Size -lt $largest) { Resize-Partition -DriveLetter $letter -Size $largest }
    Write-Output "$($disk.Name) is at ${letter}:"
}
