/** A kernel may have been built without. */
export const IF_IPV6 = '[ ! -e /proc/sys/net/ipv6 ] ||';

/**
 * A script for a network namespace in which no device has been made: its IPv6 addresses are usable at once, since nobody
 * asks whether somebody else has them (RFC 4862 section 5.4), and nobody waits for a router to advertise itself.
 */
export const QUICK_IPV6 = `for all in /proc/sys/net/ipv6/conf/all /proc/sys/net/ipv6/conf/default; do
  [ ! -e $all ] || for off in disable_ipv6 accept_dad dad_transmits accept_ra router_solicitations; do echo 0 > $all/$off; done
done`;
