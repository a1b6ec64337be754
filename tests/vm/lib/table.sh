# shellcheck shell=bash
# Tables and a plot of the measurements of tests/vm/compare. A measurement is a line with ROUND, AGENT, NAME and VALUE,
# separated by tabs.
#
# Uses the variables measurements and compared.

# of WHAT AGENT NAME: prints the median, least or most of the measured values. Prints nothing if there are none.
of() {
  awk -F '\t' -v agent="$2" -v name="$3" '$2 == agent && $3 == name { print $4 }' "$measurements" | sort -n |
    awk -v what="$1" '{ value[NR] = $1 }
      END {
        if (NR == 0) exit
        if (what == "least") print value[1]
        else if (what == "most") print value[NR]
        else print (value[int((NR + 1) / 2)] + value[int(NR / 2) + 1]) / 2
      }'
}

# scaled VALUE DIVISOR DIGITS: prints the quotient with this many decimal digits.
scaled() { [[ -z $1 ]] && echo '–' || awk -v value="$1" -v divisor="$2" -v digits="$3" 'BEGIN { printf "%.*f\n", digits, value / divisor }'; }
ratio() { [[ -z $1 || -z $2 || $2 == 0 ]] && echo '–' || awk -v a="$1" -v b="$2" 'BEGIN { r = a / b; printf (r < 0.1 ? "%.3f\n" : "%.2f\n"), r }'; }

# row TITLE NAME DIVISOR DIGITS: prints the median, least and most of each agent.
row() {
  local title=$1 name=$2 divisor=$3 digits=$4 agent value cells=''
  for agent in "${compared[@]}"; do
    value=$(of median "$agent" "$name")
    if [[ -z $value ]]; then
      cells+=' – |'
    else
      cells+=" $(scaled "$value" "$divisor" "$digits") ($(scaled "$(of least "$agent" "$name")" "$divisor" "$digits")–$(scaled "$(of most "$agent" "$name")" "$divisor" "$digits")) |"
    fi
  done
  echo "| $title |$cells"
}

ratio_row() {
  local title=$1 name=$2 to=$3 agent cells='' base
  [[ " ${compared[*]} " == *" $to "* ]] || return 0
  base=$(of median "$to" "$name")
  for agent in "${compared[@]}"; do cells+=" $(ratio "$(of median "$agent" "$name")" "$base") |"; done
  echo "| $title, relative to $to |$cells"
}

rounds_measured() { cut -f 1 "$measurements" | sort -n | tail -n 1; }

tables() {
  local agent head rule='|---|'
  head="| median of $(rounds_measured) (least–most) |"
  for agent in "${compared[@]}"; do head+=" $agent |"; rule+='---|'; done
  echo "$head"
  echo "$rule"
  row 'from switching on to sshd accepting [s]' sshd_ms 1000 1
  row 'to Ready received by the platform [s]' ready_ms 1000 1
  row 'to multi-user.target [s]' multi_user_ms 1000 1
  row "CPU of the agent's own processes [s]" own_cpu_ms 1000 2
  row 'CPU of the programs that they run [s]' children_cpu_ms 1000 2
  row 'peak RSS of its largest process [MiB]' peak_rss_kib 1024 1
  row 'requests to the platform' requests 1 0
  row 'installed size with its dependencies [MiB]' installed_kib 1024 1
  echo
  echo "| ratio of medians |${head#*|*|}"
  echo "$rule"
  ratio_row 'to sshd' sshd_ms without-disk
  ratio_row 'to sshd' sshd_ms disk-left
  ratio_row 'to sshd' sshd_ms none
  ratio_row 'to sshd' sshd_ms cloud-init
  ratio_row 'to Ready' ready_ms cloud-init
  ratio_row 'to multi-user.target' multi_user_ms none
  ratio_row 'own CPU' own_cpu_ms cloud-init
  ratio_row 'peak RSS' peak_rss_kib cloud-init
}

# Plots the boots of all agents. Each has a bar from switching on to multi-user.target, with marks for the kernel's start, Ready
# and sshd, and a line from the least to the most for sshd.
plot_boots() {
  local agent y=70 most=0 value
  for agent in "${compared[@]}"; do
    value=$(of most "$agent" multi_user_ms)
    ((${value%.*} <= most)) || most=${value%.*}
    value=$(of most "$agent" ready_ms)
    [[ -z $value ]] || ((${value%.*} <= most)) || most=${value%.*}
  done
  most=$((most / 5000 * 5000 + 5000))
  # x MILLISECONDS: prints the x coordinate. The longest boot fills the width.
  x() { awk -v ms="$1" -v most="$most" 'BEGIN { printf "%.1f", 130 + ms / most * 640 }'; }
  cat <<EOT
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 800 $((110 + 60 * ${#compared[@]}))" font-family="sans-serif" font-size="13">
<rect width="100%" height="100%" fill="white"/>
<text x="20" y="24" font-size="16">Time since switching on, medians of $(rounds_measured) boots; the thin line is the range for sshd</text>
<g><rect x="130" y="38" width="12" height="12" fill="#9ab"/><text x="148" y="49">firmware, kernel loading</text>
<rect x="330" y="38" width="12" height="12" fill="#cde"/><text x="348" y="49">to multi-user.target</text>
<circle cx="506" cy="44" r="6" fill="#184"/><text x="518" y="49">sshd accepts</text>
<path d="M626 38 l6 12 l-12 0 z" fill="#c60"/><text x="640" y="49">Ready received</text></g>
EOT
  local second
  for ((second = 0; second <= most / 1000; second += most > 60000 ? 20 : 5)); do
    echo "<line x1=\"$(x $((second * 1000)))\" x2=\"$(x $((second * 1000)))\" y1=\"60\" y2=\"$((70 + 60 * ${#compared[@]}))\" stroke=\"#ddd\"/><text x=\"$(x $((second * 1000)))\" y=\"$((90 + 60 * ${#compared[@]}))\" text-anchor=\"middle\">$second s</text>"
  done
  for agent in "${compared[@]}"; do
    local kernel end sshd ready middle=$((y + 22))
    kernel=$(x "$(of median "$agent" kernel_ms)")
    end=$(x "$(of median "$agent" multi_user_ms)")
    sshd=$(x "$(of median "$agent" sshd_ms)")
    ready=$(of median "$agent" ready_ms)
    echo "<text x=\"120\" y=\"$((middle + 5))\" text-anchor=\"end\">$agent</text>"
    echo "<rect x=\"130\" y=\"$((y + 10))\" width=\"$(awk -v a="$kernel" 'BEGIN { print a - 130 }')\" height=\"24\" fill=\"#9ab\"/>"
    echo "<rect x=\"$kernel\" y=\"$((y + 10))\" width=\"$(awk -v a="$kernel" -v b="$end" 'BEGIN { print b - a }')\" height=\"24\" fill=\"#cde\"/>"
    echo "<line x1=\"$(x "$(of least "$agent" sshd_ms)")\" x2=\"$(x "$(of most "$agent" sshd_ms)")\" y1=\"$middle\" y2=\"$middle\" stroke=\"#184\"/>"
    echo "<circle cx=\"$sshd\" cy=\"$middle\" r=\"6\" fill=\"#184\"><title>sshd accepts: $(scaled "$(of median "$agent" sshd_ms)" 1000 1) s</title></circle>"
    [[ -z $ready ]] || echo "<path d=\"M$(x "$ready") $((middle - 7)) l6 13 l-12 0 z\" fill=\"#c60\"><title>Ready received: $(scaled "$ready" 1000 1) s</title></path>"
    y=$((y + 60))
  done
  echo '</svg>'
}
