import { createHash, timingSafeEqual } from 'node:crypto';
import type { AedesOptions, AuthenticateError, Client } from 'aedes';

export interface MqttCredentials {
  readonly username: string;
  readonly password: string;
}

export interface MqttPolicy {
  /** Who may connect. @default anyone */
  readonly credentials: readonly MqttCredentials[] | undefined;
  /** What every topic must begin with. */
  readonly topicPrefix: string;
  /** Longest payload in bytes. */
  readonly maxPayloadLength: number;
  /** Topics that one client may subscribe to. */
  readonly maxSubscriptions: number;
}

type Handlers = Pick<AedesOptions, 'preConnect' | 'authenticate' | 'authorizePublish' | 'authorizeSubscribe'>;

const NOT_AUTHORIZED = 5; // MQTT 3.1.1 section 3.2.2.3

/** A broker that passes messages on and keeps nothing: no sessions, no wills, no retained messages, no wildcards. */
export function handlersOf(policy: MqttPolicy): Handlers {
  const { topicPrefix, maxPayloadLength, maxSubscriptions } = policy;
  return {
    preConnect(_client, packet, done) {
      if (packet.clean && !packet.will) done(null, true);
      else done(new Error('sessions and wills are not kept here'), false);
    },
    authenticate(_client, username, password, done) {
      if (isAllowed(policy.credentials, username, password)) done(null, true);
      else done(refusal(), false);
    },
    authorizePublish(_client, { topic, payload, retain, qos }, done) {
      if (retain || qos > 1) done(new Error('only messages at QoS 0 and 1, not retained, are passed on'));
      else if (!topic.startsWith(topicPrefix)) done(new Error('the topic is none of ours'));
      else if (payload.length > maxPayloadLength) done(new Error(`a payload of ${payload.length} bytes`));
      else done(null);
    },
    authorizeSubscribe(client, subscription, done) {
      const { topic } = subscription;
      const allowed = topic.startsWith(topicPrefix) && !/[+#]/.test(topic) && hasRoom(client, topic, maxSubscriptions);
      done(null, allowed ? subscription : null);
    },
  };
}

/** aedes keeps them by topic, but does not say so in its types. */
function hasRoom(client: Client, topic: string, limit: number): boolean {
  const { subscriptions } = client as Client & { readonly subscriptions: Readonly<Record<string, unknown>> };
  return topic in subscriptions || Object.keys(subscriptions).length < limit;
}

function isAllowed(
  credentials: MqttPolicy['credentials'],
  username: string | undefined,
  password: Uint8Array | undefined,
): boolean {
  if (!credentials) return true;
  if (username === undefined || password === undefined) return false;
  const given = fingerprint(username, password);
  return credentials.some((known) => timingSafeEqual(given, fingerprint(known.username, Buffer.from(known.password))));
}

/** Both of any length, told apart, in a form whose comparison takes the same time wherever they differ. */
function fingerprint(username: string, password: Uint8Array): Buffer {
  const name = createHash('sha256').update(username).digest();
  return createHash('sha256').update(name).update(password).digest();
}

function refusal(): AuthenticateError {
  return Object.assign(new Error('not authorized'), { returnCode: NOT_AUTHORIZED });
}
