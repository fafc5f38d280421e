// Importing this file registers the plugins that come with the engine, in the order in which accounts list them.
import './direct-connect/direct-connect.ts';
import './reverse-connect/reverse-connect.ts';
import './udp-punch/udp-punch.ts';
import './random-probe/random-probe.ts';
import './tcp-punch/tcp-punch.ts';
import './port-mapping/port-mapping.ts';
import './turn-relay/turn-relay.ts';
