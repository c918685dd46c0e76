<?php
declare(strict_types=1);

namespace StandIn;

/** The flag file var/.maintenance.flag of this host, and the addresses that it does not hold for. */
final class Maintenance
{
    private const FLAG = BP . '/var/.maintenance.flag';
    private const ADDRESSES = BP . '/var/.maintenance.ip';

    public function isOn(string $remoteAddress = ''): bool
    {
        return is_file(self::FLAG) && !in_array($remoteAddress, $this->addresses(), true);
    }

    public function set(bool $on): void
    {
        Files::ensureDirectory(BP . '/var');
        if ($on) {
            touch(self::FLAG);
        } elseif (is_file(self::FLAG)) {
            unlink(self::FLAG);
        }
    }

    /** @return list<string> */
    public function addresses(): array
    {
        $text = is_file(self::ADDRESSES) ? trim((string) file_get_contents(self::ADDRESSES)) : '';
        return $text === '' ? [] : explode(',', $text);
    }

    /** @param list<string> $addresses */
    public function setAddresses(array $addresses): void
    {
        Files::ensureDirectory(BP . '/var');
        if ($addresses === []) {
            is_file(self::ADDRESSES) && unlink(self::ADDRESSES);
        } else {
            file_put_contents(self::ADDRESSES, implode(',', $addresses));
        }
    }
}
