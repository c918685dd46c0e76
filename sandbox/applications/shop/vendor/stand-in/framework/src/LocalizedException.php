<?php
declare(strict_types=1);

namespace StandIn;

/** An error whose message is for the person who runs the shop. */
class LocalizedException extends \Exception
{
}
