import { NetError, type NetErrorCode } from '../net/error.ts';

const OWN = new Set<string>([
  'EACCES',
  'EADDRINUSE',
  'EADDRNOTAVAIL',
  'ECANCELED',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'EINVAL',
  'EMSGSIZE',
  'ENETUNREACH',
  'ENOBUFS',
  'EPIPE',
  'EPROTO',
  'ETIMEDOUT',
] satisfies NetErrorCode[]);

/** What systems call the same facts by other names. */
const ALIASES = new Map<string, NetErrorCode>([
  ['EPERM', 'EACCES'], // Linux: the packet filter of this very host refused it
  ['EAFNOSUPPORT', 'EADDRNOTAVAIL'], // no IPv6 here
  ['EHOSTDOWN', 'EHOSTUNREACH'],
  ['ENETDOWN', 'ENETUNREACH'],
  ['ENONET', 'ENETUNREACH'],
  ['ECONNABORTED', 'ECONNRESET'],
  ['EMFILE', 'ENOBUFS'],
  ['ENFILE', 'ENOBUFS'],
  ['ENOMEM', 'ENOBUFS'],
  ['ABORT_ERR', 'ECANCELED'],
]);

/**
 * The error of a Node socket as the ports name it, with the original as its `cause`. A code that has no counterpart
 * becomes EINVAL: the request made no sense to the system.
 */
export function netError(cause: unknown): NetError {
  if (cause instanceof NetError) return cause;
  const { code = '', message = String(cause) } = (cause ?? {}) as { code?: string; message?: string };
  const known = OWN.has(code) ? (code as NetErrorCode) : (ALIASES.get(code) ?? 'EINVAL');
  return new NetError(known, message, { cause });
}
