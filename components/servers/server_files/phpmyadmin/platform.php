<?php
// Read after Debian's own configuration, whose list of servers it replaces.
$cfg['Servers'] = require '/etc/phpmyadmin/databases.php';
$cfg['SendErrorReports'] = 'never';
