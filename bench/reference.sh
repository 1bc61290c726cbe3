#!/usr/bin/env bash
# Takes reference results: this hub beside floor, plain, nchan, Pushpin and Centrifugo.
#
#   bench/reference.sh                 all scenarios
#   bench/reference.sh fanout hold     some of them
#
# CONNS=10000 RUNS=5 PEERS=nchan,pushpin,centrifugo BASELINES=floor,plain OUT=bench/results/<date>-<machine>
# RATE=3000 has unicast and topics measure at that rate instead of half of each server's highest.
# QUIET=60s waits so long at most, before each run, until the machine has nothing else to do.
# JSON, CSV, .hgrm and HTML of each scenario are written to OUT, and a table to OUT/README.md.
set -euo pipefail
cd "$(dirname "$0")/.."
export GOFLAGS="${GOFLAGS:-} -buildvcs=false" PATH="$PWD/bin:$PATH"
quiet=${QUIET:-0s} conns=${CONNS:-10000} runs=${RUNS:-5} peers=${PEERS-nchan,pushpin,centrifugo} baselines=${BASELINES:-floor,plain}
cpu=$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1 | tr -cs '[:alnum:]' '-' | tr '[:upper:]' '[:lower:]')
out=${OUT:-bench/results/$(date +%F)-${cpu%-}-$(nproc)cpu}
mkdir -p "$out" bin
CGO_ENABLED=0 go build -trimpath -o bin/hub ./cmd/hub
CGO_ENABLED=0 go build -trimpath -o bin/bench ./bench
[ $# -gt 0 ] || set -- hold fanout unicast topics connect
failed=0
for scenario in "$@"; do
	extra=()
	[ "$scenario" = fanout ] && extra=(--events=30)
	[ "$scenario" = hold ] && extra=(--idle=16s)
	case $scenario in unicast | topics) extra=(--for=3s ${RATE:+"--rate=$RATE"}) ;; esac
	bin/bench "$scenario" --start-hub bin/hub --baselines "$baselines" ${peers:+--peers "$peers"} \
		--conns "$conns" --runs "$runs" --quiet "$quiet" --settle=1s --out "$out" "${extra[@]}" || failed=1
done
{ printf '# Reference results\n\nMedians of %s rounds [least..greatest], %s connections.\n\n' "$runs" "$conns"; cat "$out"/*-*.md; } >"$out/README.md"
echo "results are in $out"
exit $failed
