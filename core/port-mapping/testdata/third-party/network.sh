#!/usr/bin/env bash
# A home behind a Linux router, in network namespaces of its own, for the time of one test. Run it by
#   unshare -Urnmpf --mount-proc --kill-child bash network.sh miniupnpd|own NODE DIST SCRATCH CLIENT...
# so that nothing of it is left when it ends, however it ends, and nothing leaves the machine.
set -euo pipefail
kind=$1 node=$2 dist=$3 scratch=$4
shift 4
here=$(dirname "${BASH_SOURCE[0]}")
mount -t tmpfs none /run
mkdir -p /run/netns
for name in inet router client; do
  ip netns add "$name"
  ip -n "$name" link set lo up
done
ip link add name ia netns inet type veth peer name wan netns router
ip link add name lan netns router type veth peer name eth0 netns client
# miniupnpd wants an address that could be public; nobody is there, and no route leads out.
ip -n inet addr add 11.0.0.1/24 dev ia
ip -n inet addr add 2001:db8::1/64 dev ia nodad
ip -n router addr add 11.0.0.10/24 dev wan
ip -n router addr add 2001:db8::10/64 dev wan nodad
ip -n router addr add 10.0.1.1/24 dev lan
ip -n router addr add 2001:db8:1::1/64 dev lan nodad
ip -n client addr add 10.0.1.2/24 dev eth0
ip -n client addr add 10.0.1.3/24 dev eth0
ip -n client addr add 2001:db8:1::2/64 dev eth0 nodad
for end in 'inet ia' 'router wan' 'router lan' 'client eth0'; do
  read -r name device <<<"$end"
  ip -n "$name" link set "$device" up
done
ip -n client route add default via 10.0.1.1
ip -n client route add default via 2001:db8:1::1
ip -n inet route add 2001:db8:1::/64 via 2001:db8::10
ip -n router route add default via 11.0.0.1
ip -n router route add default via 2001:db8::1
ip netns exec router sh -ec '
  echo 1 >/proc/sys/net/ipv4/ip_forward
  echo 1 >/proc/sys/net/ipv6/conf/all/forwarding'
ip netns exec router nft -f - <<'RULES'
table inet filter {
  chain miniupnpd { }
  chain prerouting_miniupnpd { }
  chain postrouting_miniupnpd { }
  chain forward {
    type filter hook forward priority filter; policy accept;
    ct state established,related accept
    jump miniupnpd
    meta l4proto ipv6-icmp accept
    iifname "wan" drop
  }
  chain prerouting {
    type nat hook prerouting priority dstnat; policy accept;
    jump prerouting_miniupnpd
  }
  chain postrouting {
    type nat hook postrouting priority srcnat; policy accept;
    jump postrouting_miniupnpd
    oifname "wan" meta nfproto ipv4 masquerade
  }
}
RULES
if [[ $kind == miniupnpd ]]; then
  cat >"$scratch/miniupnpd.conf" <<CONF
ext_ifname=wan
ext_ifname6=wan
listening_ip=lan
port=5000
enable_natpmp=yes
enable_upnp=yes
secure_mode=yes
min_lifetime=10
max_lifetime=86400
uuid=00000000-0000-4000-8000-000000000001
upnp_table_name=filter
upnp_nat_table_name=filter
upnp_forward_chain=miniupnpd
upnp_nat_chain=prerouting_miniupnpd
upnp_nat_postrouting_chain=postrouting_miniupnpd
lease_file=$scratch/leases
allow 1024-65535 10.0.1.0/24 1024-65535
deny 0-65535 0.0.0.0/0 0-65535
CONF
  ip netns exec router miniupnpd -d -f "$scratch/miniupnpd.conf" -P "$scratch/pid" >"$scratch/gateway.log" 2>&1 &
else
  ip netns exec router "$node" "$here/gateway.mjs" "$dist" >"$scratch/gateway.log" 2>&1 &
fi
# The gateway is there once it listens for NAT-PMP and HTTP.
for _ in $(seq 100); do
  ports=$(ip netns exec router cat /proc/net/udp /proc/net/tcp /proc/net/tcp6)
  [[ $ports == *:14E7* && $ports == *:1388* ]] && break
  sleep 0.1
done
status=0
ip netns exec client "$@" || status=$?
echo '--- gateway' && cat "$scratch/gateway.log"
exit "$status"
