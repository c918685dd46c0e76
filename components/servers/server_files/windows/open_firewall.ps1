# Lets the ports of the server's services through Windows' own firewall. Who may come that far is the security group's
# to say. Safe to run again.
param(
    # Ports and ranges, such as 3389 and 8700-8800, or none.
    [Parameter(Mandatory)] [AllowEmptyCollection()] [string[]] $Ports
)
Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

$rule = 'Platform: what the security group admits'
# One that is there is changed and not made anew: ports that Windows refuses leave it as it was.
$found = Get-NetFirewallRule -DisplayName $rule -ErrorAction SilentlyContinue
if ($Ports.Count -eq 0) {
    # A rule without ports would let all of them through.
    if ($found) { Set-NetFirewallRule -DisplayName $rule -Enabled False }
} elseif ($found) {
    Set-NetFirewallRule -DisplayName $rule -Enabled True -Protocol TCP -LocalPort $Ports
} else {
    New-NetFirewallRule -DisplayName $rule -Direction Inbound -Action Allow -Protocol TCP -LocalPort $Ports | Out-Null
}
