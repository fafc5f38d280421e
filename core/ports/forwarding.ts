import type { Endpoint } from '../net/endpoint.ts';
import type { TcpConnection, TcpSink } from './tcp.ts';
import type { UdpSocket } from './udp.ts';

/** A socket in front of another one, of which a subclass changes what it cares about. */
export class ForwardingSocket implements UdpSocket {
  protected readonly inner: UdpSocket;

  constructor(inner: UdpSocket) {
    this.inner = inner;
  }

  get local(): Endpoint {
    return this.inner.local;
  }

  get onMessage(): UdpSocket['onMessage'] {
    return this.inner.onMessage;
  }

  set onMessage(handler: UdpSocket['onMessage']) {
    this.inner.onMessage = handler;
  }

  get onError(): UdpSocket['onError'] {
    return this.inner.onError;
  }

  set onError(handler: UdpSocket['onError']) {
    this.inner.onError = handler;
  }

  send(data: Uint8Array, to: Endpoint, ttl?: number): void {
    this.inner.send(data, to, ttl);
  }

  close(): void {
    this.inner.close();
  }
}

/** A connection in front of another one, of which a subclass changes what it cares about. */
export class ForwardingConnection implements TcpConnection {
  protected readonly inner: TcpConnection;

  constructor(inner: TcpConnection) {
    this.inner = inner;
  }

  get local(): Endpoint {
    return this.inner.local;
  }

  get remote(): Endpoint {
    return this.inner.remote;
  }

  start(sink: TcpSink): void {
    this.inner.start(sink);
  }

  send(bytes: Uint8Array): boolean {
    return this.inner.send(bytes);
  }

  pause(): void {
    this.inner.pause();
  }

  resume(): void {
    this.inner.resume();
  }

  end(): void {
    this.inner.end();
  }

  reset(): void {
    this.inner.reset();
  }
}
