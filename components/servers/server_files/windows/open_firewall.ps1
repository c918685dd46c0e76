# Lets the ports of the server's services through Windows' own firewall. Who may come that far is the security group's
# to say. Safe to run again.
param(
    # Ports and ranges, such as 3389 and 8700-8800.
    [Parameter(Mandatory)] [string[]] $Ports
)
Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

$rule = 'Platform: what the security group admits'
Remove-NetFirewallRule -DisplayName $rule -ErrorAction SilentlyContinue
New-NetFirewallRule -DisplayName $rule -Direction Inbound -Action Allow -Protocol TCP -LocalPort $Ports | Out-Null
