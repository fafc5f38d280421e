/** Counters of refused packets in a compiled ruleset, each with its reason in the words of the simulator's results. */
export const DROPS: ReadonlyMap<string, string> = new Map([
  ['policy_udp', 'policy: udp blocked'],
  ['policy_tcp', 'policy: tcp blocked'],
  ['policy_tcp_in', 'policy: tcp-in blocked'],
  ['policy_icmp', 'policy: icmp blocked'],
  ['policy_port', 'policy: port not allowed'],
  // The kernel sees no difference between a filter that refuses and a mapping that is not there.
  ['filter_udp', 'nat: udp not admitted'],
  ['filter_tcp', 'nat: tcp not admitted'],
  ['nat_no_mapping', 'nat: no mapping'],
  ['firewall_udp', 'firewall: udp not admitted'],
  ['firewall_tcp', 'firewall: tcp not admitted'],
  ['firewall_no_state', 'firewall: no state'],
  ['nat_hairpin_off', 'nat: hairpin off'],
  ['tcp_unsolicited_syn', 'tcp: unsolicited syn'],
  ['tcp_no_session', 'tcp: no session'],
  ['tcp_simultaneous_open', 'tcp: simultaneous open refused'],
  ['router_isolated', 'router: isolated segment'],
]);
