# Makes IIS's FTP service fit for clients behind the gateway: data connections on the ports that it forwards, and its
# public address in the answers to PASV. Every FTP site inherits both, those made later by hand too. Safe to run again.
param(
    # The address that FTP clients connect to: the gateway's.
    [Parameter(Mandatory)] [ipaddress] $PublicAddress,
    # IIS takes ports from 1025 ("FTP Firewall Support"); left alone, it uses 49152 and up, which nothing forwards.
    [Parameter(Mandatory)] [ValidateRange(1025, 65535)] [int] $FirstPort,
    [Parameter(Mandatory)] [ValidateRange(1025, 65535)] [int] $LastPort
)
Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'

Install-WindowsFeature -Name 'Web-Ftp-Server', 'Web-Scripting-Tools', 'Web-Mgmt-Console' | Out-Null
Import-Module WebAdministration

$server = 'MACHINE/WEBROOT/APPHOST'
$ports = 'system.ftpServer/firewallSupport'
$everySite = 'system.applicationHost/sites/siteDefaults/ftpServer/firewallSupport'
Set-WebConfigurationProperty -PSPath $server -Filter $ports -Name lowDataChannelPort -Value $FirstPort
Set-WebConfigurationProperty -PSPath $server -Filter $ports -Name highDataChannelPort -Value $LastPort
Set-WebConfigurationProperty -PSPath $server -Filter $everySite -Name externalIp4Address -Value "$PublicAddress"

# The service reads its ports when it starts.
Restart-Service -Name ftpsvc
