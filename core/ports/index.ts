/**
 * What the engine asks of the world: a {@link Host} with its clock, sockets, randomness and keys. `punchlab/real` has one
 * over the system's sockets, `punchlab/simulator` one on a network of its own.
 *
 * @packageDocumentation
 */
export type { Family } from '../net/endpoint.ts';
export type { Clock, Timer } from './clock.ts';
export type { Events } from './events.ts';
export type { Host, InterfaceAddress, NetworkInterface } from './host.ts';
export type { Journal } from './journal.ts';
export type { Random } from './random.ts';
export type { KeyPair, Signer } from './signer.ts';
export type { Tcp, TcpConnection, TcpDialOptions, TcpListener, TcpListenOptions, TcpSink } from './tcp.ts';
export type { Tls, TlsCertificate, TlsDialOptions, TlsListener } from './tls.ts';
export type { MulticastGroup, Udp, UdpBindOptions, UdpSocket } from './udp.ts';
