<?php
declare(strict_types=1);

namespace StandIn;

final class Xml
{
    public static function load(string $file): \SimpleXMLElement
    {
        $previous = libxml_use_internal_errors(true);
        $xml = simplexml_load_string((string) file_get_contents($file));
        libxml_use_internal_errors($previous);
        return $xml === false ? throw new LocalizedException("The XML in file \"$file\" is invalid.") : $xml;
    }
}
