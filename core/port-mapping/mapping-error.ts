/**
 * `no-gateway`: nobody answers, or there is no gateway to ask. `refused`: the gateway will not. `conflict`: every port that we
 * asked for belongs to another host. `malformed`: what answers does not speak the protocol. `unsupported`: it speaks
 * another one. `double-nat`: there is a NAT beyond the gateway, so its mapping leads nowhere.
 */
export type MappingErrorCode = 'no-gateway' | 'refused' | 'conflict' | 'malformed' | 'unsupported' | 'double-nat';

/** Why there is no mapping. Match on `code`; the text is for people. */
export class MappingError extends Error {
  override readonly name = 'MappingError';
  readonly code: MappingErrorCode;
  /** With `no-gateway`: the network says that nobody is there, rather than nobody saying anything. */
  readonly unreachable: boolean;

  constructor(code: MappingErrorCode, message: string, options: { readonly unreachable?: boolean } = {}) {
    super(message);
    this.code = code;
    this.unreachable = options.unreachable ?? false;
  }
}

export function isMappingError(error: unknown, code?: MappingErrorCode): error is MappingError {
  return error instanceof MappingError && (code === undefined || error.code === code);
}
