#!/bin/sh
# Makes the fonts beside this script out of Debian's fonts-noto-core: Latin, and Devanagari with its shaping tables.
# Needs the package, and fonttools from pip. Usage: subset.sh [folder of the Noto fonts]
set -eu
from=${1:-/usr/share/fonts/truetype/noto}
cd "$(dirname "$0")"
latin='U+0020-007E,U+00A0-017F,U+0192,U+01A0-01A1,U+01AF-01B0,U+0218-021B,U+02C6,U+02DC,U+1E00-1EFF,U+2010-2015,U+2018-201E,U+2020-2022,U+2026,U+202F,U+2030,U+2039-203A,U+20A0-20BF,U+2116,U+2122,U+2212'
devanagari='U+0900-097F,U+200C,U+200D,U+20B9,U+25CC'
for weight in Regular Bold; do
    pyftsubset "$from/NotoSans-$weight.ttf" --unicodes="$latin" --no-hinting \
        --layout-features='kern,mark,mkmk,ccmp,locl' --output-file="NotoSans-$weight.ttf"
    pyftsubset "$from/NotoSansDevanagari-$weight.ttf" --unicodes="$devanagari" --no-hinting \
        --layout-features='*' --output-file="NotoSansDevanagari-$weight.ttf"
done
