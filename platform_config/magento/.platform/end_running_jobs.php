<?php
// Marks the cron jobs that the database still has as running, once no process of cron is left, and prints them:
//
//   php .platform/end_running_jobs.php <release>
//
// A job whose process was ended stays "running" for ever. The release tool runs it in the candidate's directory, after it
// has stopped cron.
declare(strict_types=1);

require __DIR__ . '/database.php';

$env = require dirname(__DIR__) . '/app/etc/env.php';
$database = connect($env);
$table = ($env['db']['table_prefix'] ?? '') . 'cron_schedule';
// Before the first installation, the database is empty.
if ($database->query("SHOW TABLES LIKE '$table'")->fetchColumn() === false) {
    exit(0);
}
$running = $database->query("SELECT schedule_id, job_code, executed_at FROM `$table` WHERE status = 'running'");
$end = $database->prepare(
    "UPDATE `$table` SET status = 'error', messages = ?, finished_at = NOW() WHERE schedule_id = ? AND status = 'running'"
);
foreach ($running->fetchAll(PDO::FETCH_ASSOC) as $job) {
    $end->execute(["ended by release {$argv[1]}", $job['schedule_id']]);
    echo "{$job['job_code']}, running since {$job['executed_at']}\n";
}
