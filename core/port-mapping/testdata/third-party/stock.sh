#!/usr/bin/env bash
# Clients that others wrote ask the gateway of network.sh. Each says what it got; one that is missing says that.
#   stock.sh NODE PACKAGES
set -uo pipefail
node=$1
ask() {
  echo "--- $1"
  command -v "$2" >/dev/null || { echo 'missing'; return; }
  timeout 20 "${@:2}" 2>&1
}
ask 'upnpc adds' upnpc -e test -a 10.0.1.2 6001 6001 UDP 600
ask 'upnpc lists' upnpc -l
ask 'upnpc deletes' upnpc -d 6001 UDP
# It takes the first device that answers; these want the second version.
ask 'upnpc any' upnpc -u http://10.0.1.1:5000/igd2.xml -e test -n 10.0.1.2 6002 6002 TCP 600
ask 'upnpc pinhole' upnpc -6 -u 'http://[2001:db8:1::1]:5000/igd2.xml' -A :: 0 2001:db8:1::2 6003 UDP 600
ask 'natpmpc adds' natpmpc -g 10.0.1.1 -a 6004 6004 tcp 600
ask 'natpmpc deletes' natpmpc -g 10.0.1.1 -a 6004 6004 tcp 0
ask 'nat-upnp' "$node" "$(dirname "${BASH_SOURCE[0]}")/nat-upnp.mjs"
ask 'nat-port-mapper' "$node" "$(dirname "${BASH_SOURCE[0]}")/nat-port-mapper.mjs"
