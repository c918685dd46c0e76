<?php
declare(strict_types=1);

namespace StandIn;

/**
 * pub/get.php: makes a product image of the size that a page asks for.
 *
 * /media/catalog/product/cache/<hash>/linen-shirt.png comes from pub/media/catalog/product/linen-shirt.png and is kept,
 * so that the web server finds it the next time. A product image that is missing is answered with a placeholder.
 */
final class MediaFiles
{
    /** Pixels, by the hash that Magento derives from a theme's view.xml. */
    public const WIDTHS = ['a1b2c3d4' => 240, 'e5f60718' => 75];

    public function serve(string $path): void
    {
        Release::sendHeaders();
        $file = preg_replace('~^/(pub/)?media/~', '', $path);
        if (!preg_match('~^catalog/product/cache/(\w+)/([\w./-]+\.png)$~', (string) $file, $found)
            || str_contains($path, '..') || !isset(self::WIDTHS[$found[1]])) {
            (new ErrorPages())->notFound()->send();
            return;
        }
        $source = BP . "/pub/media/catalog/product/{$found[2]}";
        header('Content-Type: image/png');
        if (!is_file($source)) {
            readfile(BP . '/pub/errors/default/placeholder.png');
            return;
        }
        $target = BP . "/pub/media/$file";
        Files::write($target, self::resized($source, self::WIDTHS[$found[1]]));
        header('Cache-Control: public, max-age=31536000');
        readfile($target);
    }

    private static function resized(string $source, int $width): string
    {
        $image = imagecreatefrompng($source);
        $scaled = $image === false ? false : imagescale($image, $width);
        if ($scaled === false) {
            throw new LocalizedException("The image $source cannot be resized.");
        }
        ob_start();
        imagepng($scaled);
        return (string) ob_get_clean();
    }
}
