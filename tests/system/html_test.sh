#!/bin/bash
# Checks the page of 'report --format=html', of boots with records that this test makes.
#
#   tests/system/html_test.sh PROGRAM [--browser]
#
# Without --browser: the markup, the comparison as text, and what -o does. With it: looks at the pages in Chromium, 390 and 1280
# pixels wide, light and dark; no text may overlap another, leave its picture or be cut. Saves screenshots below build/html, and
# validates the pages by html-validate, which npm installs there. Exit status 77: a program is missing, skipped.
set -euo pipefail

program=$(realpath "$1")
browser=false
[[ ${2-} != --browser ]] || browser=true
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=$here/../../build/html
# The last major version that runs on Debian 12's nodejs.
validator=html-validate@8.29.0
first=11111111-1111-4111-8111-111111111111
second=22222222-2222-4222-8222-222222222222
hostile=33333333-3333-4333-8333-333333333333

needed=(python3)
if $browser; then needed=(python3 chromium node npm); fi
for each in "${needed[@]}"; do
  command -v "$each" >/dev/null || { echo "skipped: $each is not installed; 'tests/setup browser' installs it"; exit 77; }
done
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# shellcheck source=tests/system/checks.sh
source "$here/checks.sh"
# shellcheck source=tests/system/npm.sh
source "$here/npm.sh"

report() { "$program" report --root "$work/tree" "$@"; }
# status_of COMMAND…: prints the exit status, and keeps what the command printed.
status_of() {
  local status=0
  "$@" >"$work/out" 2>"$work/err" || status=$?
  echo "$status"
}

mkdir "$work/tree" "$work/pages"
python3 "$here/boot_records.py" "$work/tree"
report --boot="$first" --format=html -o "$work/pages/first.html"
report --boot="$second" --compare="$first" --system-times="$work/tree/times.json" --format=html -o "$work/pages/second.html"
report --boot="$hostile" --compare="$second" --format=html -o "$work/pages/hostile.html"
mkdir "$work/empty"
"$program" report --root "$work/empty" --format=html >"$work/pages/empty.html"
pages=(first second hostile empty)

test_markup() {
  check 'the markup of all pages is right' '' "$(python3 "$here/html/check_markup.py" "$work"/pages/*.html 2>&1)"
  check 'the picture has the kernel and sshd' 2 "$(grep -cE '<title>(kernel|ssh.service): .*critical path</title>' "$work/pages/second.html" | awk '{ print ($1 > 2) ? 2 : $1 }')"
  check 'without the times of systemd the page says so' 1 "$(grep -c 'systemd knows those of a running boot only' "$work/pages/first.html")"
  check 'a page is small' true "$([[ $(stat -c %s "$work/pages/second.html") -lt 150000 ]] && echo true)"
}

test_comparison() {
  report --boot="$second" --compare="$first" >"$work/text"
  check 'the text has both boots' "2" "$(grep -cE "^  (Here|There) +boot ($first|$second)$" "$work/text")"
  check 'the text marks what got slower' 'stage main lease' \
    "$(awk '/slower$/ && !/steps/ { print $1 == "stage" ? $1 " " $2 : $1 }' "$work/text" | xargs)"
  check 'a boot beside itself is refused' 1 "$(status_of report --boot="$first" --compare="$first")"
  check 'the refusal says why' 1 "$(grep -c 'cannot be compared with itself' "$work/err")"
  check 'a boot that there is not is refused' 1 "$(status_of report --compare=-9)"
}

test_output() {
  check 'a directory is refused' 1 "$(status_of report --format=html -o "$work/pages")"
  check 'the refusal names it' 1 "$(grep -c 'is a directory' "$work/err")"
  check '- is standard output' 0 "$(status_of report --boot="$first" --format=html -o -)"
  check 'it is the same page' same "$(cmp -s "$work/out" "$work/pages/first.html" && echo same)"
  echo old >"$work/file"
  chmod 600 "$work/file"
  check 'a file is replaced' 0 "$(status_of report --boot="$first" --format=html -o "$work/file")"
  check 'it keeps its mode' 600 "$(stat -c %a "$work/file")"
  check 'nothing is left beside it' '' "$(find "$work" -maxdepth 1 -name '*azl-new*')"
  check 'a pipe is written to' same "$(report --boot="$first" --format=html -o /dev/stdout | cmp -s - "$work/pages/first.html" && echo same)"
  echo '{"units": 5}' >"$work/bad.json"
  check 'wrong times of systemd are refused' 1 "$(status_of report --format=html --system-times="$work/bad.json")"
}

# chrome WIDTH HEIGHT SCHEME ARGUMENT…
chrome() {
  local width=$1 height=$2 scheme=$3
  shift 3
  timeout 120 chromium --headless --no-sandbox --disable-gpu --hide-scrollbars --user-data-dir="$work/chromium" --virtual-time-budget=5000 \
    --blink-settings=preferredColorScheme="$([[ $scheme == dark ]] && echo 0 || echo 1)" --window-size="$width,$height" "$@" 2>/dev/null
}

# attribute NAME: prints an attribute of the page on standard input.
attribute() {
  python3 -c 'import html, re, sys
found = re.search(sys.argv[1] + "=\"([^\"]*)\"", sys.stdin.read())
print(html.unescape(found.group(1)) if found else "nothing was told")' "$1"
}

test_looks() {
  local page width scheme frame looked
  mkdir -p "$cache"
  for page in "${pages[@]}"; do
    for width in 390 1280; do
      for scheme in light dark; do
        frame=$work/$page-$width-$scheme.html
        python3 "$here/html/frame.py" "$work/pages/$page.html" "$here/html/look.js" "$width" 3000 "$frame"
        chrome 1280 3000 "$scheme" --dump-dom "file://$frame" >"$work/dom"
        looked=$(attribute data-looked <"$work/dom")
        check "$page, $width pixels wide, $scheme, was looked at" "$width $scheme" "${looked%%:*}"
        check "$page, $width pixels wide, $scheme, looks right" '' "$(attribute data-wrong <"$work/dom")"
        chrome "$((width < 500 ? 500 : width))" 3000 "$scheme" --screenshot="$cache/$page-$width-$scheme.png" "file://$frame" >/dev/null
        check "$page, $width pixels wide, $scheme, has a screenshot" true "$([[ -s $cache/$page-$width-$scheme.png ]] && echo true)"
      done
    done
  done
}

# What is wrong on purpose must be found.
test_eyes() {
  sed 's|</main>|<p>x</p><p style="margin-top: -20px">y</p><p style="width: 3000px">z</p></main>|' "$work/pages/first.html" >"$work/wrong.html"
  python3 "$here/html/frame.py" "$work/wrong.html" "$here/html/look.js" 390 3000 "$work/frame.html"
  chrome 1280 3000 light --dump-dom "file://$work/frame.html" | attribute data-wrong >"$work/wrong"
  check 'texts that overlap are seen' 1 "$(grep -c "'x' and 'y' overlap" "$work/wrong")"
  check 'a page that is too wide is seen' 1 "$(grep -c '^the page is .* wide' "$work/wrong")"
}

test_validator() {
  npm_package "$cache" "$validator"
  check 'html-validate finds nothing' 0 "$(status_of "$cache/node_modules/.bin/html-validate" "$work"/pages/*.html)"
  cat "$work/out"
  echo '<html lang="en"><head><title>x</title></head><body><p><div></div></p></body></html>' >"$work/broken.html"
  check 'html-validate finds what is wrong' 1 "$(status_of "$cache/node_modules/.bin/html-validate" "$work/broken.html")"
}

if $browser; then
  test_looks
  test_eyes
  test_validator
else
  test_markup
  test_comparison
  test_output
fi
((failures == 0)) || { echo "$failures failed"; exit 1; }
echo "html: ok"
