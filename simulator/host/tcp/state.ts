/**
 * The synchronized states of RFC 9293 section 3.3.2, and CLOSED. SYN-SENT and SYN-RECEIVED belong to an opening,
 * LISTEN to a listener, TIME-WAIT goes on without the connection.
 */
export type State =
  | 'ESTABLISHED'
  | 'FIN-WAIT-1'
  | 'FIN-WAIT-2'
  | 'CLOSE-WAIT'
  | 'CLOSING'
  | 'LAST-ACK'
  | 'TIME-WAIT'
  | 'CLOSED';

/** `end`: our side closes its half. `fin`: the peer's FIN is reached. `fin-acknowledged`: the peer has ours. */
export type CloseEvent = 'end' | 'fin' | 'fin-acknowledged';

/** RFC 9293 figure 5, from ESTABLISHED down. An event that a state has no arrow for leaves it as it is. */
export function nextState(state: State, event: CloseEvent): State {
  switch (state) {
    case 'ESTABLISHED':
      return event === 'end' ? 'FIN-WAIT-1' : event === 'fin' ? 'CLOSE-WAIT' : state;
    case 'FIN-WAIT-1':
      return event === 'fin' ? 'CLOSING' : event === 'fin-acknowledged' ? 'FIN-WAIT-2' : state;
    case 'FIN-WAIT-2':
      return event === 'fin' ? 'TIME-WAIT' : state;
    case 'CLOSE-WAIT':
      return event === 'end' ? 'LAST-ACK' : state;
    case 'CLOSING':
      return event === 'fin-acknowledged' ? 'TIME-WAIT' : state;
    case 'LAST-ACK':
      return event === 'fin-acknowledged' ? 'CLOSED' : state;
    case 'TIME-WAIT':
    case 'CLOSED':
      return state;
  }
}

export function canSend(state: State): boolean {
  return state === 'ESTABLISHED' || state === 'CLOSE-WAIT';
}

/** Is the connection still there for segments? */
export function isOpen(state: State): boolean {
  return state !== 'CLOSED' && state !== 'TIME-WAIT';
}

/** Both halves are closed and only the last acknowledgement is missing: a reset harms nobody (section 3.10.7.4). */
export function isLeaving(state: State): boolean {
  return state === 'CLOSING' || state === 'LAST-ACK';
}
