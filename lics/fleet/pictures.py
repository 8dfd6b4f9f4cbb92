"""Photographs to send: petri dishes, drawn. Real JPEG files of the size that an OV2640 makes."""

import datetime as dt
import io
import math
import random

from PIL import Image, ImageChops, ImageDraw, ImageFilter

WIDTH, HEIGHT = 800, 600
SMALLEST, LARGEST = 60_000, 92_000
"""Bytes, as the field's cameras send them: 59 to 90 chunks of 1,024."""

COLONIES = ((214, 206, 178), (148, 160, 106), (92, 112, 84), (196, 164, 98), (226, 222, 210))


def draw(seed: int, caption: str, at: dt.datetime) -> bytes:
    """One picture: the same seed, caption and time give the same bytes. `at`: the time written into it."""
    rng = random.Random(seed)
    image = Image.new("RGB", (WIDTH, HEIGHT), (44 + rng.randrange(12), 42, 40))
    pen = ImageDraw.Draw(image)
    x, y, radius = WIDTH // 2 + rng.randint(-20, 20), HEIGHT // 2 + rng.randint(-12, 12), 262
    pen.ellipse(_box(x, y, radius + 12), fill=(120, 124, 126))
    pen.ellipse(_box(x, y, radius), fill=(206 + rng.randrange(16), 188 + rng.randrange(16), 142))
    for _ in range(rng.randint(3, 16)):
        _colony(pen, rng, x, y, radius)
    image = image.filter(ImageFilter.GaussianBlur(1.2))
    pen = ImageDraw.Draw(image)
    pen.arc(_box(x, y, radius + 6), 200, 255, fill=(236, 238, 240), width=5)
    pen.rectangle((0, HEIGHT - 26, WIDTH, HEIGHT), fill=(16, 16, 16))
    pen.text((10, HEIGHT - 20), f"{caption}   {at.astimezone(dt.UTC):%Y-%m-%d %H:%M:%S} UTC", fill=(240, 240, 240))
    grain = Image.frombytes("L", (WIDTH, HEIGHT), rng.randbytes(WIDTH * HEIGHT)).convert("RGB")
    return _encode(ImageChops.add(image, grain.point(lambda value: value // 11), offset=-11))


def _box(x: float, y: float, radius: float) -> tuple[float, float, float, float]:
    return x - radius, y - radius, x + radius, y + radius


def _colony(pen: ImageDraw.ImageDraw, rng: random.Random, x: int, y: int, radius: int) -> None:
    """A round growth of rings somewhere inside the dish."""
    angle, reach, size = rng.uniform(0, 2 * math.pi), radius * math.sqrt(rng.uniform(0, 0.6)), rng.uniform(9, 52)
    colour = rng.choice(COLONIES)
    middle = (x + reach * math.cos(angle), y + reach * math.sin(angle))
    for ring in range(4):
        shade = tuple(max(0, min(255, part - 18 * ring + rng.randint(-8, 8))) for part in colour)
        pen.ellipse(_box(*middle, size * (1 - ring * 0.23)), fill=shade)


def _encode(image: Image.Image) -> bytes:
    """A JPEG between SMALLEST and LARGEST, the finest that fits."""
    low, high, best = 20, 95, b""
    while low <= high:
        quality = (low + high) // 2
        target = io.BytesIO()
        image.save(target, "JPEG", quality=quality)
        data = target.getvalue()
        if len(data) <= LARGEST:
            best, low = data, quality + 1
        else:
            high = quality - 1
        if SMALLEST <= len(data) <= LARGEST:
            break
    return best
